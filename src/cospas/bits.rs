//! The bits of a message by their numbers in C/S T.001.

use std::fmt;

/// Number of the first bit that is kept: those before it are synchronisation.
const FIRST: u32 = 25;
/// Number of the last bit of a long message.
const LAST: u32 = 144;
const COUNT: u32 = LAST - FIRST + 1;

/// Bits 25 to 144; what a shorter message lacks is 0.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bits(u128);

impl Bits {
    /// Of the lowest 120 bits of `value`, bit 25 the highest.
    pub fn new(value: u128) -> Bits {
        Bits(value & ((1 << COUNT) - 1))
    }

    /// All of them, bit 25 the highest of 120.
    pub fn value(self) -> u128 {
        self.0
    }

    /// Bits `from` to `to`, both included and at most 128 of them, the last one lowest.
    pub fn wide(self, from: u32, to: u32) -> u128 {
        (self.0 >> (LAST - to)) & ((1 << (to - from + 1)) - 1)
    }

    /// Bits `from` to `to`, both included and at most 64 of them.
    pub fn get(self, from: u32, to: u32) -> u64 {
        self.wide(from, to) as u64
    }

    /// Whether a bit is 1.
    pub fn is_set(self, number: u32) -> bool {
        self.get(number, number) == 1
    }

    /// The same with bits `from` to `to` replaced.
    pub fn with(self, from: u32, to: u32, value: u128) -> Bits {
        let mask = ((1 << (to - from + 1)) - 1) << (LAST - to);
        Bits(self.0 & !mask | (value << (LAST - to)) & mask)
    }

    /// Bits 25 to 112 of a short message, to 144 of a long one, in hexadecimal.
    pub fn hex(self, is_long: bool) -> impl fmt::Display {
        fmt::from_fn(move |f| match is_long {
            true => write!(f, "{:030X}", self.0),
            false => write!(f, "{:022X}", self.wide(FIRST, 112)),
        })
    }
}
