//! Groups of pulses at set offsets (coded tags): their mean is searched as one pulse is.
//!
//! The mean of G cells of noise is of the Gamma law of shape G: what G = 1 passes by some chance it passes far lower by the same one. Where a
//! group is, parts of it meet parts of the pattern at the differences of its offsets: side lobes, which are no pulses.

/// Of two cells that differ by an offset, the weaker is no pulse if it holds less than this many times what a side lobe of the stronger does.
const LOBE_MARGIN: f32 = 1.4;
/// And so much of the stronger at most.
const LOBE_SHARE_MAX: f32 = 0.9;

/// Where a group's pulses are. Of one pulse it is [`Group::default`].
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// From the first on, frames, ascending from 0.
    offsets: Vec<u64>,
    /// What they differ by.
    lags: Vec<u64>,
    /// What a cell at a lag must hold of the one that is there.
    lobe_share: f32,
}

impl Default for Group {
    fn default() -> Group {
        Group::new(std::iter::empty())
    }
}

impl Group {
    /// With pulses so many frames after the first, ascending.
    pub fn new(later: impl Iterator<Item = u64>) -> Group {
        let offsets: Vec<u64> = std::iter::once(0).chain(later).collect();
        let pairs =
            offsets.iter().enumerate().flat_map(|(n, to)| offsets[..n].iter().map(move |from| to - from));
        let mut lags: Vec<u64> = pairs.collect();
        lags.sort_unstable();
        let alike = lags.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
        lags.dedup();
        let lobe_share = (LOBE_MARGIN * alike as f32 / offsets.len() as f32).min(LOBE_SHARE_MAX);
        Group { offsets, lags, lobe_share }
    }

    /// Pulses of it.
    pub fn pulses(&self) -> usize {
        self.offsets.len()
    }

    /// From its first pulse to its last, frames.
    pub fn span(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// What the mean of its cells passes in noise as seldom as one cell passes `single`: e^−x·Σ x^k/k! = e^−single (Erlang), by bisection.
    pub(super) fn as_rare_as(&self, single: f32) -> f32 {
        let count = self.pulses() as i32;
        let ln_tail = |sum: f64| {
            let terms = (1..count).scan(1.0, |term, k| {
                *term *= sum / f64::from(k);
                Some(*term)
            });
            (1.0 + terms.sum::<f64>()).ln() - sum
        };
        let (mut low, mut high) = (0.0, f64::from(count) * f64::from(single) + f64::from(count));
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if ln_tail(middle) > -f64::from(single) { low = middle } else { high = middle }
        }
        (high / f64::from(count)) as f32
    }

    /// What it stands over what is before and after it: the noise of G cells deviates by 1/√G.
    pub(super) fn contrast(&self) -> f32 {
        1.0 + (self.pulses() as f32).sqrt().recip()
    }

    /// Whether the cell of `frame` is a side lobe, `power` being that of a frame.
    pub(super) fn is_lobe(&self, frame: u64, power: impl Fn(u64) -> f32) -> bool {
        let least = (power(frame) - 1.0) / self.lobe_share;
        self.lags.iter().any(|lag| power(frame - lag).max(power(frame + lag)) - 1.0 > least)
    }
}

/// The newest frames, as many as a group is long, and their sums by it.
pub(super) struct GroupSum {
    offsets: Vec<u64>,
    cells: usize,
    rows: Vec<f32>,
}

impl GroupSum {
    /// Of frames of `cells`.
    pub fn new(group: &Group, cells: usize) -> GroupSum {
        let rows = vec![0.0; cells * (group.span() as usize + 1)];
        GroupSum { offsets: group.offsets.clone(), cells, rows }
    }

    fn place(&self, frame: u64) -> std::ops::Range<usize> {
        let at = (frame % (self.rows.len() / self.cells) as u64) as usize * self.cells;
        at..at + self.cells
    }

    /// Where the cells of a frame go.
    pub fn row(&mut self, frame: u64) -> &mut [f32] {
        let place = self.place(frame);
        &mut self.rows[place]
    }

    /// Each cell's mean over the pulses of the group that begins in frame `first`, its last frame being the newest.
    pub fn mean(&self, first: u64, mean: &mut [f32]) {
        let share = (self.offsets.len() as f32).recip();
        mean.fill(0.0);
        for offset in &self.offsets {
            let row = &self.rows[self.place(first + offset)];
            mean.iter_mut().zip(row).for_each(|(mean, cell)| *mean += share * cell);
        }
    }
}
