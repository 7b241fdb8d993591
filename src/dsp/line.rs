//! Lines in whitened spectra: sums over 1, 2, 4 … frames along straight tracks in time and frequency.
//!
//! A sum over 2ⁿ frames is one of two sums over half as many, the second shifted by half the drift: all drifts of all cells
//! cost n additions a cell and frame (Taylor, A&AS 15, 1974). Of each length the newest 2ⁿ frames are looked at each time
//! another quarter is complete, so a line of whatever begin is lost by no more than that. A strong line shows in the short
//! sums at once, a weak one later in the long ones.
//!
//! What passes the threshold must last through its time: see [`LineSearch::is_steady`]; drift no faster than is looked for, and not fill more
//! cells than it may: a comb of impulses has lines everywhere. A missing frame begins everything anew. Thresholds are given from outside. Nothing is allocated after [`LineSearch::new`].

use crate::dsp::kernel;

/// Largest drift within a sum, cells either way.
const DRIFT_MAX: i32 = 8;

/// A line found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Line {
    /// Its newest frame.
    pub last_frame: u64,
    /// log₂ of the frames summed.
    pub level: usize,
    /// Cell where it is at the middle of that time, by parabola between cells.
    pub cell: f64,
    /// Cells that it drifted from the first frame to the last.
    pub drift_cells: i32,
    /// Sum of its cells, noise being 1 each.
    pub sum: f32,
}

impl Line {
    /// Frames summed.
    pub fn frame_count(&self) -> u64 {
        1 << self.level
    }

    /// Power over the noise, in noise.
    pub fn excess(&self) -> f64 {
        f64::from(self.sum) / self.frame_count() as f64 - 1.0
    }
}

/// Sums of one length: the newest three, each half of their length after the one before; cells of one drift together.
struct Level {
    drift_max: i32,
    /// Frames from one of them to the next.
    apart: u64,
    kept: [Vec<f32>; 3],
    threshold: f32,
}

impl Level {
    /// Those over the frames up to the `end`th.
    fn sums(&self, end: u64, drift: i32, cells: usize) -> &[f32] {
        let from = (drift + self.drift_max) as usize * cells;
        &self.kept[(end / self.apart % 3) as usize][from..from + cells]
    }
}

/// What a sum along a track is made of: all cells of its first half, and those of its second half that go with some of these. At the edges
/// the track leaves the channel.
struct Halves<'a> {
    early: &'a [f32],
    late: &'a [f32],
    both: std::ops::Range<usize>,
}

/// The search in one channel.
pub struct LineSearch {
    cells: usize,
    /// Of so many neighbouring cells the strongest line is told.
    segment: usize,
    levels: Vec<Level>,
    /// Sums of a block across the grid, or of the longest.
    across: Vec<f32>,
    /// The newest frames, for what is looked at along a track.
    frames: Vec<f32>,
    frames_kept: u64,
    /// Cells that a line may fill to half its power.
    filled_max: usize,
    /// The first frame without one missing since, and the next.
    begun: u64,
    next_frame: Option<u64>,
}

impl LineSearch {
    /// For frames of `cells`; `thresholds` of the sums over 1, 2, 4 … frames. Infinity: sums of that length tell nothing. What fills more
    /// than `filled_max` cells to half its power is no line.
    pub fn new(cells: usize, thresholds: &[f64], filled_max: usize) -> LineSearch {
        let top = thresholds.len() - 1;
        let level = |(level, threshold): (usize, &f64)| {
            let drift_max = drift_max(level);
            let len = if level == top { 0 } else { cells * (2 * drift_max + 1) as usize };
            Level {
                drift_max,
                apart: 1 << level.saturating_sub(1),
                kept: [vec![0.0; len], vec![0.0; len], vec![0.0; len]],
                threshold: *threshold as f32,
            }
        };
        LineSearch {
            cells,
            segment: cells,
            levels: thresholds.iter().enumerate().map(level).collect(),
            across: vec![0.0; cells * (2 * drift_max(top) + 1) as usize],
            frames: vec![0.0; cells << top],
            frames_kept: 1 << top,
            filled_max,
            begun: 0,
            next_frame: None,
        }
    }

    /// The same that tells a line of each `segment` of cells, and not only the strongest of all.
    pub fn in_segments(mut self, segment: usize) -> LineSearch {
        self.segment = segment.clamp(1, self.cells);
        self
    }

    /// Takes the cells of a frame; gives what is found in the sums that it completes, the shortest first.
    pub fn push(&mut self, frame: u64, cells: &[f32], mut out: impl FnMut(&Line)) {
        if self.next_frame != Some(frame) {
            self.begun = frame;
        }
        self.next_frame = Some(frame + 1);
        let from = (frame % self.frames_kept) as usize * self.cells;
        self.frames[from..from + self.cells].copy_from_slice(cells);
        let end = frame - self.begun + 1;
        self.levels[0].kept[(end % 3) as usize].copy_from_slice(cells);
        if kernel::largest(cells) >= self.levels[0].threshold {
            self.each_strongest(0, frame, cells, &mut out);
        }
        for level in 1..self.levels.len() {
            let Level { apart, drift_max, threshold, .. } = self.levels[level];
            if end < 1 << level || !end.is_multiple_of(self.levels[level - 1].apart) {
                return;
            }
            let is_kept = level + 1 < self.levels.len() && end.is_multiple_of(apart);
            let slot = (end / apart % 3) as usize;
            // What is not kept is made only where something is found, which is nearly never.
            if !is_kept && self.largest(level, end) < threshold {
                continue;
            }
            let place = if is_kept { &mut self.levels[level].kept[slot] } else { &mut self.across };
            let mut sums = std::mem::take(place);
            let len = self.cells * (2 * drift_max + 1) as usize;
            if self.join(level, end, &mut sums[..len]) >= threshold {
                self.each_strongest(level, frame, &sums[..len], &mut out);
            }
            let place = if is_kept { &mut self.levels[level].kept[slot] } else { &mut self.across };
            *place = sums;
        }
    }

    /// Sums of `level` over the frames up to the `end`th, from two of the level below; the largest of them.
    fn join(&self, level: usize, end: u64, sums: &mut [f32]) -> f32 {
        let mut largest = 0.0_f32;
        for (halves, out) in self.halves(level, end).zip(sums.chunks_exact_mut(self.cells)) {
            let Halves { early, late, both } = halves;
            let (before, rest) = out.split_at_mut(both.start);
            let (sums, after) = rest.split_at_mut(both.len());
            before.copy_from_slice(&early[..both.start]);
            after.copy_from_slice(&early[both.end..]);
            let edges = kernel::largest(before).max(kernel::largest(after));
            largest = largest.max(edges).max(kernel::add_up(&early[both], late, sums));
        }
        largest
    }

    /// The largest of those sums.
    fn largest(&self, level: usize, end: u64) -> f32 {
        let of = |Halves { early, late, both }: Halves<'_>| {
            let edges = kernel::largest(&early[..both.start]).max(kernel::largest(&early[both.end..]));
            edges.max(kernel::largest_sum(&early[both], late))
        };
        self.halves(level, end).map(of).fold(0.0, f32::max)
    }

    /// What those sums are made of, by drift.
    fn halves(&self, level: usize, end: u64) -> impl Iterator<Item = Halves<'_>> {
        let (cells, below, drift_max) = (self.cells, &self.levels[level - 1], self.levels[level].drift_max);
        let middle = end - (1 << (level - 1));
        (-drift_max..=drift_max).map(move |drift| {
            let (half, shift) = (drift / 2, drift - drift / 2);
            let (from, to) = (shift.max(0) as usize, (cells as i32 + shift.min(0)) as usize);
            Halves {
                early: below.sums(middle, half, cells),
                late: &below.sums(end, half, cells)[from..to],
                both: (from as i32 - shift) as usize..(to as i32 - shift) as usize,
            }
        })
    }

    fn each_strongest(&self, level: usize, frame: u64, sums: &[f32], out: &mut impl FnMut(&Line)) {
        for from in (0..self.cells).step_by(self.segment) {
            let among = from..(from + self.segment).min(self.cells);
            self.strongest(level, frame, sums, among).iter().for_each(&mut *out);
        }
    }

    /// The strongest of these sums among some cells, if it passes and is no flank of what is beside them.
    fn strongest(
        &self,
        level: usize,
        frame: u64,
        sums: &[f32],
        among: std::ops::Range<usize>,
    ) -> Option<Line> {
        let Level { drift_max, threshold, .. } = self.levels[level];
        if threshold == f32::INFINITY {
            return None;
        }
        let mut best = (threshold, None);
        for (drift, sums) in (-drift_max..=drift_max).zip(sums.chunks_exact(self.cells)) {
            let largest = kernel::largest(&sums[among.clone()]);
            if largest >= best.0 {
                best = (largest, Some(drift));
            }
        }
        let drift = best.1?;
        let sums = sums.chunks_exact(self.cells).nth((drift + drift_max) as usize)?;
        let cell = among.start + sums[among.clone()].iter().position(|sum| *sum == best.0)?;
        if sums[cell.saturating_sub(1)..(cell + 2).min(self.cells)].iter().any(|beside| *beside > best.0) {
            return None;
        }
        let line = Line {
            last_frame: frame,
            level,
            cell: cell as f64 + between(sums, cell) + f64::from(drift) / 2.0,
            drift_cells: drift,
            sum: best.0,
        };
        let half = line.frame_count() as f32 * (1.0 + line.excess() as f32 / 2.0);
        let is_slow = level < 2 || drift.abs() < drift_max;
        let is_narrow = || sums[among].iter().filter(|sum| **sum > half).count() <= self.filled_max;
        (is_slow && is_narrow() && self.is_steady(&line, cell)).then_some(line)
    }

    /// Whether a line is there in all quarters of its time and not only in some of its frames: what is on now and then is no
    /// line, nor what has ended. A quarter may lack half of the mean, and twice what noise makes of it.
    fn is_steady(&self, line: &Line, cell: usize) -> bool {
        if line.level < 2 {
            return true;
        }
        let (mut quarters, mut lifted) = ([0.0_f64; 4], 0_u32);
        let excess = line.excess();
        for at in 0..line.frame_count() {
            let frame = line.last_frame + 1 - line.frame_count() + at;
            let place = cell as i32 + offset(line.level, line.drift_cells, at);
            let row = (frame % self.frames_kept) as usize * self.cells;
            let power = usize::try_from(place).ok().filter(|place| *place < self.cells);
            let power = f64::from(power.map_or(0.0, |place| self.frames[row + place]));
            quarters[(4 * at / line.frame_count()) as usize] += power;
            lifted += u32::from(power > 1.0 + LIFTED_SHARE * excess);
        }
        let each = line.frame_count() as f64 / 4.0;
        let spread = 2.0 * ((1.0 + 2.0 * excess) / each).sqrt();
        let is_through = quarters.iter().all(|sum| sum / each - 1.0 >= 0.5 * excess - spread);
        let frames = line.frame_count() as f64;
        is_through && f64::from(lifted) >= (lifted_share(excess) - frames.sqrt().recip()) * frames
    }
}

/// A frame is lifted when it holds more than this share of the mean excess.
const LIFTED_SHARE: f64 = 0.25;

/// Share of the frames of a steady line that are: Marcum's Q₁(√2e, √(2 + e/2)) for an excess e in every frame, to 0.03. Of
/// n frames it is off by 1/√n at two sigma.
fn lifted_share(excess: f64) -> f64 {
    1.0 - 0.62 * (-excess / 2.2).exp()
}

/// Drifts that are told apart by a sum over 2^level frames, cells either way: one a frame at most.
fn drift_max(level: usize) -> i32 {
    ((1_i32 << level) - 1).min(DRIFT_MAX)
}

/// Sums of one length: cells times drifts.
pub fn tracks(level: usize) -> f64 {
    f64::from(2 * drift_max(level) + 1)
}

/// Cells that the track of `drift` is off its first frame at frame `at`: the shifts by which its sum was made.
fn offset(level: usize, mut drift: i32, at: u64) -> i32 {
    let mut cells = 0;
    for below in (0..level).rev() {
        if at >> below & 1 == 1 {
            cells += drift - drift / 2;
        }
        drift /= 2;
    }
    cells
}

/// Where the top of the parabola through a cell and its neighbours is, cells from it.
pub fn between(sums: &[f32], cell: usize) -> f64 {
    let at = |cell: usize| sums.get(cell).map(|sum| f64::from(*sum));
    let (Some(low), Some(middle), Some(high)) = (cell.checked_sub(1).and_then(at), at(cell), at(cell + 1))
    else {
        return 0.0;
    };
    let bend = low + high - 2.0 * middle;
    if bend < 0.0 { (0.5 * (low - high) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: usize = 64;

    /// Lines found in frames whose cells are 1 but for a track.
    fn found(
        frames: std::ops::Range<u64>,
        thresholds: &[f64],
        at: impl Fn(u64) -> Option<usize>,
    ) -> Vec<Line> {
        let mut search = LineSearch::new(CELLS, thresholds, CELLS);
        let mut lines = Vec::new();
        for frame in frames {
            let mut cells = [1.0; CELLS];
            if let Some(cell) = at(frame) {
                cells[cell] = 3.0;
            }
            search.push(frame, &cells, |line| lines.push(*line));
        }
        lines
    }

    const NEVER: f64 = f64::INFINITY;

    #[test]
    fn a_track_is_summed_whole_along_its_drift() {
        for drift in [-6_i32, -3, 0, 1, 5, 6] {
            let at = |frame: u64| usize::try_from(30 + offset(3, drift, frame - 8)).ok();
            let lines = found(8..16, &[NEVER, NEVER, NEVER, 23.9], at);
            let [line] = lines[..] else { panic!("{drift}: {lines:?}") };
            assert_eq!(
                (line.sum, line.drift_cells, line.frame_count(), line.last_frame),
                (24.0, drift, 8, 15)
            );
            assert!((line.cell - 30.0 - f64::from(drift) / 2.0).abs() <= 0.5, "{drift}: {line:?}");
            assert_eq!(line.excess(), 2.0);
            // Straight: at every frame within a cell of the line from first to last.
            for frame in 0..8 {
                let straight = f64::from(drift) * frame as f64 / 7.0;
                assert!((f64::from(offset(3, drift, frame)) - straight).abs() <= 1.0, "{drift} {frame}");
            }
        }
    }

    #[test]
    fn sums_end_at_every_quarter_and_begin_anew_after_a_gap() {
        let ends = |lines: &[Line]| lines.iter().map(|line| line.last_frame).collect::<Vec<_>>();
        let thresholds = [NEVER, NEVER, 11.9];
        assert_eq!(ends(&found(0..12, &thresholds, |_| Some(9))), [3, 4, 5, 6, 7, 8, 9, 10, 11]);
        let mut search = LineSearch::new(CELLS, &thresholds, CELLS);
        let mut lines = Vec::new();
        for frame in (0..7).chain(8..16) {
            let mut cells = [1.0; CELLS];
            cells[9] = 3.0;
            search.push(frame, &cells, |line| lines.push(*line));
        }
        assert_eq!(ends(&lines), [3, 4, 5, 6, 11, 12, 13, 14, 15]);
    }

    #[test]
    fn a_comb_and_what_drifts_too_fast_are_no_line() {
        let is_found = |filled_max: usize, apart: usize| {
            let mut search = LineSearch::new(CELLS, &[NEVER, NEVER, 11.9], filled_max);
            let (mut cells, mut count) = ([1.0; CELLS], 0);
            cells.iter_mut().step_by(apart).for_each(|cell| *cell = 3.0);
            (0..4).for_each(|frame| search.push(frame, &cells, |_| count += 1));
            count > 0
        };
        assert!(is_found(4, CELLS) && is_found(4, 16) && !is_found(4, 8) && is_found(8, 8));
        let at = |frame: u64| usize::try_from(30 + offset(3, 7, frame)).ok();
        assert_eq!(found(0..8, &[NEVER, NEVER, NEVER, 23.9], at), []);
    }

    #[test]
    fn what_has_ended_or_comes_now_and_then_is_no_line() {
        let thresholds = [NEVER, NEVER, NEVER, NEVER, 23.9];
        assert_eq!(found(0..32, &thresholds, |_| Some(5)).len(), 5);
        // On for the first two of four quarters, and in every fourth frame with four times the excess.
        let mut search = LineSearch::new(CELLS, &thresholds, CELLS);
        for frame in 0..16_u64 {
            let mut cells = [1.0; CELLS];
            cells[5] = if frame < 8 { 9.0 } else { 1.0 };
            search.push(frame, &cells, |line| panic!("{line:?}"));
        }
        let mut search = LineSearch::new(CELLS, &thresholds, CELLS);
        for frame in 0..32_u64 {
            let mut cells = [1.0; CELLS];
            cells[5] = if frame.is_multiple_of(4) { 9.0 } else { 1.0 };
            search.push(frame, &cells, |line| panic!("{line:?}"));
        }
    }
}
