//! A message as it was received, or as people write it down: in hexadecimal, of one of five lengths.

use super::bch::{FIRST, SECOND};
use super::bits::Bits;
use std::fmt;

/// Bit and frame synchronisation: fifteen ones, then 000101111 of a distress message, 011010000 of a self-test.
const SYNC_DISTRESS: u128 = 0xFF_FE2F;
const SYNC_SELF_TEST: u128 = 0xFF_FED0;

/// Bits of the synchronisation.
pub const SYNC_BITS: u32 = 24;

/// Bit `number` of the synchronisation, 1 to 24.
pub fn sync_bit(is_self_test: bool, number: u32) -> bool {
    let sync = if is_self_test { SYNC_SELF_TEST } else { SYNC_DISTRESS };
    sync >> (SYNC_BITS - number) & 1 == 1
}

/// How much of a message there is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    /// Bits 26 to 85: the identification by which beacons are registered.
    Id,
    /// Bits 25 to 112.
    Short,
    /// Bits 25 to 144.
    Long,
}

/// A message before it is checked.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its bits.
    pub bits: Bits,
    /// How many of them there are.
    pub held: Held,
    /// Whether its frame synchronisation is that of a self-test; `None` where it did not come along.
    pub is_self_test: Option<bool>,
}

/// Why a text is no message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum HexError {
    /// A character that is no hexadecimal digit.
    Digit(char),
    /// Of the second generation, by its length.
    SecondGeneration(usize),
    /// Of no length that a message has.
    Length(usize),
    /// The first six digits are no synchronisation.
    Sync(u32),
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HexError::Digit(digit) => write!(f, "'{digit}' is no hexadecimal digit; write 0 to 9 and A to F"),
            HexError::SecondGeneration(count) => write!(
                f,
                "{count} digits are of a beacon of the second generation (C/S T.018), which is not decoded here; {LENGTHS}"
            ),
            HexError::Length(count) => write!(f, "{count} digits are no message; {LENGTHS}"),
            HexError::Sync(sync) => write!(
                f,
                "it begins with {sync:06X}, which is no synchronisation; write FFFE2F (FFFED0 of a self-test) before the message, or the message alone"
            ),
        }
    }
}

const LENGTHS: &str = "write 30 of a long message, 22 of a short one, 36 or 28 with the synchronisation before them, or 15 of an identification";

impl Frame {
    /// Reads 15, 22, 28, 30 or 36 hexadecimal digits; spaces, points and dashes between them do not count.
    ///
    /// # Errors
    /// What it is instead.
    pub fn from_hex(text: &str) -> Result<Frame, HexError> {
        let (mut digits, mut count) = ([0_u8; 64], 0);
        for character in text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | ':')) {
            let digit = character.to_digit(16).ok_or(HexError::Digit(character))?;
            if let Some(place) = digits.get_mut(count) {
                *place = digit as u8;
            }
            count += 1;
        }
        let value = |from: usize, to: usize| {
            digits[from..to].iter().fold(0_u128, |value, digit| value << 4 | u128::from(*digit))
        };
        match count {
            15 => Ok(Frame {
                bits: Bits::default().with(26, 85, value(0, 15)),
                held: Held::Id,
                is_self_test: None,
            }),
            22 | 30 => Ok(Frame::of(value(0, count), count, None)),
            28 | 36 => {
                let (sync, rest) = (value(0, 6), value(6, count));
                // Of a receiver that turns the spectrum round, all bits are the other way.
                let (sync, rest) = if sync >> 23 == 0 { (sync ^ 0xFF_FFFF, !rest) } else { (sync, rest) };
                let is_self_test = match sync {
                    SYNC_DISTRESS => false,
                    SYNC_SELF_TEST => true,
                    _ => return Err(HexError::Sync(value(0, 6) as u32)),
                };
                Ok(Frame::of(rest, count - 6, Some(is_self_test)))
            }
            23 | 51 | 63 => Err(HexError::SecondGeneration(count)),
            _ => Err(HexError::Length(count)),
        }
    }

    /// The message of these bits, with the check bits that belong to them.
    pub fn sealed(bits: Bits, is_self_test: bool) -> Frame {
        let bits = bits.with(25, 106, FIRST.word(bits.wide(25, 85)));
        let is_self_test = Some(is_self_test);
        match bits.is_set(25) {
            true => Frame {
                bits: bits.with(107, 144, SECOND.word(bits.wide(107, 132))),
                held: Held::Long,
                is_self_test,
            },
            false => Frame { bits: bits.with(113, 144, 0), held: Held::Short, is_self_test },
        }
    }

    /// Bit `number` of what is sent, 1 to 144.
    pub fn bit(&self, number: u32) -> bool {
        if number <= SYNC_BITS {
            sync_bit(self.is_self_test == Some(true), number)
        } else {
            self.bits.is_set(number)
        }
    }

    /// Bits that are sent.
    pub fn bit_count(&self) -> u32 {
        if self.held == Held::Long { 144 } else { 112 }
    }

    /// Of `digits` digits from bit 25 on. The format flag says what of them is the message.
    fn of(value: u128, digits: usize, is_self_test: Option<bool>) -> Frame {
        let bits = Bits::new(value << (4 * (30 - digits)));
        let held = if digits == 30 && bits.is_set(25) { Held::Long } else { Held::Short };
        Frame { bits: if held == Held::Long { bits } else { bits.with(113, 144, 0) }, held, is_self_test }
    }
}
