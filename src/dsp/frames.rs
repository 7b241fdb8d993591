//! Pieces of a stream of samples, and the frames that they make: of one length, some samples apart, on the grid of the samples' numbers.

use rustfft::num_complex::Complex32;

/// Samples that follow one another.
#[derive(Copy, Clone, Debug)]
pub struct Piece<'a> {
    /// Number of the first.
    pub number: u64,
    /// Themselves.
    pub samples: &'a [Complex32],
}

impl<'a> Piece<'a> {
    /// Parts with the first `count`, or with all that there are.
    pub fn split_off(&mut self, count: usize) -> Piece<'a> {
        let (samples, rest) = self.samples.split_at(count.min(self.samples.len()));
        let first = Piece { number: self.number, samples };
        *self = Piece { number: self.number + samples.len() as u64, samples: rest };
        first
    }
}

/// Gathers frames.
pub struct Frames {
    /// The newest samples, of which the first in use is at `from`: there is room for half a frame more.
    samples: Vec<Complex32>,
    from: usize,
    held: usize,
    len: usize,
    hop: usize,
    /// Number of the sample at `from`.
    first: u64,
}

impl Frames {
    /// Of `len` samples each, that begin `hop` apart.
    pub fn new(len: usize, hop: usize) -> Frames {
        let samples = vec![Complex32::default(); len + (len / 2).max(hop)];
        Frames { samples, from: 0, held: 0, len, hop, first: 0 }
    }

    /// Samples of a frame, and from one to the next.
    pub fn shape(&self) -> (usize, usize) {
        (self.len, self.hop)
    }

    /// What comes next is not of this stream.
    pub fn forget(&mut self) {
        self.held = 0;
    }

    /// Takes of a piece what completes a frame, or all; the number of the frame, which is that of its first sample in hops, and its samples.
    /// A gap drops the frames across it.
    pub fn take(&mut self, piece: &mut Piece<'_>) -> Option<(u64, &[Complex32])> {
        if self.held == self.len {
            (self.from, self.first) = (self.from + self.hop, self.first + self.hop as u64);
            self.held -= self.hop;
        }
        if self.held == 0 || piece.number != self.first + self.held as u64 {
            let late = (piece.number.next_multiple_of(self.hop as u64) - piece.number) as usize;
            piece.split_off(late);
            (self.from, self.held, self.first) = (0, 0, piece.number);
        }
        if self.from + self.len > self.samples.len() {
            self.samples.copy_within(self.from..self.from + self.held, 0);
            self.from = 0;
        }
        let taken = piece.split_off(self.len - self.held).samples;
        self.samples[self.from + self.held..][..taken.len()].copy_from_slice(taken);
        self.held += taken.len();
        let frame = &self.samples[self.from..self.from + self.len];
        (self.held == self.len).then_some((self.first / self.hop as u64, frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_same_however_the_stream_is_cut_and_a_gap_drops_those_across_it() {
        let made = |pieces: &[(u64, u64)]| {
            let mut frames = Frames::new(6, 2);
            let mut made = Vec::new();
            for (from, to) in pieces {
                let samples: Vec<Complex32> = (*from..*to).map(|n| Complex32::new(n as f32, 0.0)).collect();
                let mut piece = Piece { number: *from, samples: &samples };
                while let Some((frame, samples)) = frames.take(&mut piece) {
                    let own = (2 * frame..2 * frame + 6).map(|n| n as f32);
                    assert!(samples.iter().map(|sample| sample.re).eq(own), "{frame}: {samples:?}");
                    made.push(frame);
                }
                assert!(piece.samples.is_empty());
            }
            made
        };
        let whole: Vec<u64> = (2..=22).collect();
        assert_eq!(made(&[(3, 50)]), whole);
        assert_eq!(made(&[(3, 4), (4, 9), (9, 10), (10, 43), (43, 50)]), whole);
        assert_eq!(made(&[(3, 20), (23, 30), (30, 31)]), [2, 3, 4, 5, 6, 7, 12]);
    }
}
