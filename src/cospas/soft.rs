//! The likeliest word of a code by how sure each of its bits is: ordered statistics (Fossorier & Lin, IEEE Trans. Inf. Theory 41, 1995).
//!
//! The surest bits that determine a word are taken as they are, and with one and two of them turned; of all words so made the one that
//! disagrees least with what was received wins. By how much it wins over the next says how sure that is: the logarithm of their odds.

use super::bch::Code;

/// A word by what was received.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Likely {
    /// The word, first bit highest.
    pub word: u128,
    /// Bits of it that are not as received.
    pub corrected: u8,
    /// ln of the odds against the next likeliest.
    pub margin: f32,
}

const LENGTH_MAX: usize = 82;
const CONTENT_MAX: usize = 61;

impl Code {
    /// `soft`: ln of the odds for a 1 of each of the code's bits, the first one first.
    pub fn likeliest(&self, soft: &[f32]) -> Likely {
        debug_assert!(soft.len() == self.length && self.length <= LENGTH_MAX);
        let n = self.length;
        let mut order = [0_u8; LENGTH_MAX];
        for (at, place) in order[..n].iter_mut().enumerate() {
            *place = at as u8;
        }
        order[..n].sort_unstable_by(|a, b| {
            let sure = |at: &u8| soft[usize::from(*at)].abs();
            sure(b).total_cmp(&sure(a))
        });
        let bit_of = |at: u8| 1_u128 << (n - 1 - usize::from(at));
        let (rows, basis) = self.rows(&order[..n], bit_of);
        let rows = &rows[..n - self.parity];
        let received =
            (0..n as u8).filter(|at| soft[usize::from(*at)] > 0.0).fold(0, |word, at| word | bit_of(at));
        let mut base = 0;
        for (row, pivot) in rows.iter().zip(&basis) {
            if received & pivot != 0 {
                base ^= row;
            }
        }
        let cost = |word: u128| {
            let (mut wrong, mut cost) = (word ^ received, 0.0);
            while wrong != 0 {
                let bit = wrong.trailing_zeros() as usize;
                cost += soft[n - 1 - bit].abs();
                wrong &= wrong - 1;
            }
            cost
        };
        let mut best = (cost(base), base);
        let mut next = f32::INFINITY;
        let mut try_word = |word: u128| {
            let cost = cost(word);
            if cost < best.0 {
                next = best.0;
                best = (cost, word);
            } else {
                next = next.min(cost);
            }
        };
        for (first, row) in rows.iter().enumerate() {
            try_word(base ^ row);
            rows[..first].iter().for_each(|other| try_word(base ^ row ^ other));
        }
        Likely { word: best.1, corrected: (best.1 ^ received).count_ones() as u8, margin: next - best.0 }
    }

    /// Words of which each alone has its pivot, the pivots being the surest bits that can be.
    fn rows(&self, order: &[u8], bit_of: impl Fn(u8) -> u128) -> ([u128; CONTENT_MAX], [u128; CONTENT_MAX]) {
        let count = self.length - self.parity;
        let (mut rows, mut pivots) = ([0; CONTENT_MAX], [0; CONTENT_MAX]);
        for (at, row) in rows[..count].iter_mut().enumerate() {
            *row = self.word(1 << at);
        }
        let mut found = 0;
        for pivot in order.iter().map(|at| bit_of(*at)) {
            let Some(at) = (found..count).find(|at| rows[*at] & pivot != 0) else { continue };
            rows.swap(found, at);
            let own = rows[found];
            for (other, row) in rows[..count].iter_mut().enumerate() {
                if other != found && *row & pivot != 0 {
                    *row ^= own;
                }
            }
            pivots[found] = pivot;
            found += 1;
            if found == count {
                break;
            }
        }
        (rows, pivots)
    }
}
