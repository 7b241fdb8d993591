//! The two codes of a message: BCH (82,61), which corrects three bits of 25 to 106, and BCH (38,26), which corrects two of 107 to 144.
//!
//! Generators of C/S T.001 annex B: (127,106) and (63,51) shortened. A pattern of up to t errors is the one set of bits whose remainders
//! sum to the word's own; it is looked for among all sets, which a message a second allows.

/// A cyclic code, shortened.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Bits of a word.
    pub length: usize,
    /// Of these, bits that are checked against.
    pub parity: usize,
    /// Bits that it corrects.
    pub corrects: usize,
    generator: u128,
}

/// BCH-1: bits 25 to 106.
pub const FIRST: Code =
    Code { length: 82, parity: 21, corrects: 3, generator: 0b10_0110_1101_1001_1110_0011 };
/// BCH-2: bits 107 to 144.
pub const SECOND: Code = Code { length: 38, parity: 12, corrects: 2, generator: 0b1_0101_0011_1001 };

/// What a code says of its bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The bits are not there.
    Absent,
    /// They are right, after so many were corrected.
    Right(u8),
    /// More are wrong than can be corrected.
    Wrong,
}

impl Code {
    /// Remainder of a word by the generator; 0 of a right one.
    pub fn remainder(&self, word: u128) -> u128 {
        (self.parity..self.length).rev().fold(word, |rest, bit| {
            if rest >> bit & 1 == 1 { rest ^ (self.generator << (bit - self.parity)) } else { rest }
        })
    }

    /// The word whose first bits are `content`.
    pub fn word(&self, content: u128) -> u128 {
        let shifted = content << self.parity;
        shifted | self.remainder(shifted)
    }

    /// The word that `word` was, if no more bits are wrong than can be told.
    pub fn correct(&self, word: u128) -> Option<(u128, u8)> {
        let rest = self.remainder(word);
        let mut single = [0; 128];
        for (bit, remainder) in single[..self.length].iter_mut().enumerate() {
            *remainder = self.remainder(1 << bit);
        }
        let single = &single[..self.length];
        (0..=self.corrects).find_map(|count| {
            let flips = pattern(single, rest, count, self.length)?;
            Some((word ^ flips, count as u8))
        })
    }
}

/// `count` bits under `below` whose remainders sum to `rest`.
fn pattern(single: &[u128], rest: u128, count: usize, below: usize) -> Option<u128> {
    match count {
        0 => (rest == 0).then_some(0),
        1 => single[..below].iter().position(|own| *own == rest).map(|bit| 1 << bit),
        _ => (0..below).find_map(|bit| {
            pattern(single, rest ^ single[bit], count - 1, bit).map(|others| others | 1 << bit)
        }),
    }
}
