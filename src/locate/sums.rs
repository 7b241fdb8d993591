//! What observations say of a row of particles: the normal equations of the whitened linear model, of which everything else is marginal in
//! closed form.
#![allow(clippy::needless_range_loop, reason = "several rows and matrices are walked at once by one index")]

use super::Antenna;
use super::lanes::{Row, SIDE, ln};
use super::memory::{Kept, Memory, NEIGHBOURS, TEXTURES, Texture, Textured};
use super::pattern::{COLUMNS, HIDDEN, Lies, Seen};

/// Numbers of the lower triangle of a matrix.
pub(super) const TRIANGLE: usize = COLUMNS * (COLUMNS + 1) / 2;

/// What the observations so far say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    /// Lower triangle of the matrix.
    pub(super) matrix: [Row; TRIANGLE],
    pub(super) right: [Row; COLUMNS],
    /// Square of the data.
    pub(super) square: Row,
    /// ½ Σ ln of the variances, of σ² = 1.
    pub(super) log_deviations: Row,
    /// Square of the least distance over ground to where it was listened, m².
    pub(super) near2: Row,
}

impl Sums {
    pub(super) const NONE: Sums = Sums {
        matrix: [[0.0; SIDE]; TRIANGLE],
        right: [[0.0; SIDE]; COLUMNS],
        square: [0.0; SIDE],
        log_deviations: [0.0; SIDE],
        near2: [f32::INFINITY; SIDE],
    };

    /// Puts one particle's of another row in place of one of this.
    pub(super) fn put(&mut self, to: usize, other: &Sums, from: usize) {
        self.matrix.iter_mut().zip(&other.matrix).for_each(|(row, other)| row[to] = other[from]);
        self.right.iter_mut().zip(&other.right).for_each(|(row, other)| row[to] = other[from]);
        self.square[to] = other.square[from];
        self.log_deviations[to] = other.log_deviations[from];
        self.near2[to] = other.near2[from];
    }

    /// Takes one observation; `seen` gives its own columns and those of its neighbours, `of` the texture of each particle.
    pub(super) fn take(
        &mut self,
        kept: &Kept,
        textures: &[Texture; TEXTURES],
        of: &[u8; SIDE],
        seen: &[&Seen],
    ) {
        let textured = Textured::of(textures, of);
        let mut whitened = [[0.0; SIDE]; COLUMNS + 1];
        let mut own = [1.0; SIDE];
        for (n, seen) in seen.iter().enumerate() {
            let (scale, hidden) = (textured.calm(&seen.sine2), textured.hidden(&seen.sine2));
            let mut factor = match n {
                0 => [1.0; SIDE],
                n => of.map(|texture| -kept.weights[usize::from(texture)][n - 1]),
            };
            for k in 0..SIDE {
                factor[k] /= scale[k];
            }
            if n == 0 {
                own = scale;
            }
            for (p, to) in whitened.iter_mut().enumerate() {
                // Copies: what may be the same memory is no vector to a compiler.
                let (from, mut sum): (Row, Row) = match p {
                    HIDDEN => (hidden, *to),
                    COLUMNS => (seen.power, *to),
                    p => (seen.columns[p], *to),
                };
                for k in 0..SIDE {
                    sum[k] += factor[k] * from[k];
                }
                *to = sum;
            }
        }
        let precision = of.map(|texture| kept.precision[usize::from(texture)]);
        let (mut deviations, mut near2) = (self.log_deviations, self.near2);
        for k in 0..SIDE {
            deviations[k] += ln(own[k]) - 0.5 * ln(precision[k]);
        }
        for k in 0..SIDE {
            near2[k] = near2[k].min(seen[0].ground2[k]);
        }
        (self.log_deviations, self.near2) = (deviations, near2);
        self.add(&whitened, &precision);
    }

    fn add(&mut self, whitened: &[Row; COLUMNS + 1], precision: &Row) {
        let power = &whitened[COLUMNS];
        let mut at = 0;
        for p in 0..COLUMNS {
            let mut weighed = whitened[p];
            weighed.iter_mut().zip(precision).for_each(|(value, precision)| *value *= precision);
            for q in 0..=p {
                for k in 0..SIDE {
                    self.matrix[at][k] += weighed[k] * whitened[q][k];
                }
                at += 1;
            }
            for k in 0..SIDE {
                self.right[p][k] += weighed[k] * power[k];
            }
        }
        for k in 0..SIDE {
            self.square[k] += precision[k] * power[k] * power[k];
        }
    }
}

/// Takes the observation of this number for particles that lie so.
pub(super) fn absorb(
    sums: &mut Sums,
    (lies, of): (&Lies, &[u8; SIDE]),
    antenna: Antenna,
    memory: &Memory,
    number: usize,
) {
    let kept = memory.get(number);
    let mut seen = [Seen::NONE; 1 + NEIGHBOURS];
    seen[0].look(lies, antenna, &kept.observation);
    for (seen, number) in seen[1..].iter_mut().zip(kept.neighbours()) {
        seen.look(lies, antenna, &memory.get(usize::from(*number)).observation);
    }
    let seen = seen.each_ref();
    sums.take(kept, &memory.textures, of, &seen[..1 + kept.neighbours().len()]);
}
