//! Which cells of a spectrum are the channel's, and which lie beside it and tell its noise.
//!
//! On either side up to eight equal groups, the nearest first, so that what stands beside the channel does not pass for noise: of a
//! side's groups the lower quartile counts. The noise under the channel is taken to be the higher of the two sides, or what a
//! dome through both says if that is more: no slope that rises or falls over the channel (a neighbour's skirts, the edge of the receiver's
//! filter) and no dome of its passband stands over that; only what is above *both* sides is an emission.
//!
//! What a receiver's ripple may add is left over ([`Layout::wall`]): noise that is known no better hides what is weaker, however long it is
//! listened to (Tandra & Sahai, IEEE J. Sel. Top. Signal Process. 2, 2008).

use crate::dsp::layout::Run;

/// Groups of one side at most, and at least.
const GROUPS: usize = 8;
const GROUPS_MIN: usize = 4;
/// Cells of a group at least.
const GROUP_CELLS_MIN: usize = 2;
/// Width of a side at most, and what is left free between it and the channel, of the channel's width.
const SIDE: f64 = 1.45;
const GUARD: f64 = 0.05;
/// And in cells: a Hann window's main lobe.
const GUARD_CELLS: f64 = 2.0;
/// Expected lower quartile of some normal deviates, in deviations (Blom 1958: 3rd of 8, 2nd of 4).
const QUARTILE: f64 = -0.45;
/// Variance of that quartile over that of the mean.
pub const QUARTILE_VARIANCE: f64 = 1.9;
/// From a side's near half to its far half a dome falls on both sides: so much more on one than on the other, and by this share of the noise, at most.
const DOME_UNEVEN: f64 = 3.0;
const DOME_SLACK: f64 = 0.03;
/// The receiver's ripple, as a share of the noise: at least, and over a span as wide as the band.
const RIPPLE: f64 = 0.002;
const RIPPLE_OF_BAND: f64 = 0.01;
/// Fall of a filter's edges where it begins and at which share of the half band.
const EDGE_FALL: f64 = 0.1;
const EDGE_FROM: f64 = 0.7;
const EDGE_TO: f64 = 0.9;
/// Share of the band that is looked at.
const BAND: f64 = 0.98;
/// Of a channel of more than this share of it the noise is told by what lies beside each window.
const MOST: f64 = 0.4;

/// Where things are in the stream whose spectra are looked at, Hz from its middle.
#[derive(Copy, Clone, Debug)]
pub struct Where {
    /// Middle of the channel.
    pub channel_hz: f64,
    /// Width of the channel.
    pub width_hz: f64,
    /// The tuned frequency of the receiver.
    pub zero_hz: f64,
    /// Half of what about it tells nothing.
    pub zero_half_hz: f64,
    /// Half of the receiver's band.
    pub half_band_hz: f64,
    /// Half of what the stream holds undamped.
    pub half_held_hz: f64,
}

/// The cells that are looked at, numbered from the lowest.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Distance between cells, Hz.
    pub cell_hz: f64,
    /// The lowest cell, in cells from the middle of the stream.
    pub low: i64,
    /// Cells from the lowest to the highest.
    pub count: usize,
    /// The channel's.
    pub channel: std::ops::Range<usize>,
    /// Those that hold the receiver's 0 Hz.
    pub masked: std::ops::Range<usize>,
    /// Groups below the channel, from the nearest on.
    pub below: Vec<Run>,
    /// And above it.
    pub above: Vec<Run>,
    /// What the receiver's ripple may add to the noise beside the channel, ratio.
    pub wall: f64,
    /// Whether the channel is so much of the band that what lies beside it tells nothing of its middle.
    pub is_most: bool,
}

/// The noise under a channel, per cell.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Noise {
    /// What an emission has to stand over.
    pub most: f64,
    /// Without regard to that.
    pub mean: f64,
}

impl Layout {
    /// For cells `cell_hz` apart; `None` where too little of the band lies beside the channel.
    pub fn new(at: &Where, cell_hz: f64) -> Option<Layout> {
        let cell = |hz: f64| (hz / cell_hz).round() as i64;
        let (low_hz, high_hz) = (at.channel_hz - at.width_hz / 2.0, at.channel_hz + at.width_hz / 2.0);
        let seen_hz = BAND * at.half_band_hz;
        let (first_hz, last_hz) =
            ((at.zero_hz - seen_hz).max(-at.half_held_hz), (at.zero_hz + seen_hz).min(at.half_held_hz));
        let guard_hz = (GUARD * at.width_hz).max(GUARD_CELLS * cell_hz);
        let zero = (cell(at.zero_hz - at.zero_half_hz), cell(at.zero_hz + at.zero_half_hz) + 1);
        let side = |near_hz: f64, far_hz: f64, turn: i64| side(cell(near_hz), cell(far_hz), turn, zero);
        let below = side(low_hz - guard_hz, (low_hz - guard_hz - SIDE * at.width_hz).max(first_hz), -1);
        let above = side(high_hz + guard_hz, (high_hz + guard_hz + SIDE * at.width_hz).min(last_hz), 1);
        let channel = (cell(low_hz), cell(high_hz) + 1);
        let ends = below.iter().chain(&above).flat_map(|(first, length)| [*first, first + length]);
        let (low, high) = ends
            .chain([channel.0, channel.1])
            .fold((i64::MAX, i64::MIN), |(low, high), end| (low.min(end), high.max(end)));
        let farthest = |groups: &[(i64, i64)]| {
            let of = |(first, length): &(i64, i64)| {
                [*first, first + length].map(|end| (end as f64 * cell_hz - at.zero_hz).abs())
            };
            groups.iter().flat_map(of).fold(0.0, f64::max) / at.half_band_hz
        };
        if below.is_empty() && above.is_empty() {
            return None;
        }
        // A filter that falls on one side of the channel lifts nothing.
        let edge = farthest(&below).min(farthest(&above));
        let fall = ((edge - EDGE_FROM).max(0.0) / (EDGE_TO - EDGE_FROM)).powi(2);
        let span = ((2.0 * SIDE + 1.0) * at.width_hz / (2.0 * seen_hz)).min(1.0);
        let place = |at: i64| (at - low).max(0) as usize;
        let runs = |groups: Vec<(i64, i64)>| {
            groups.iter().map(|(first, length)| (place(*first) as u32, *length as u32)).collect()
        };
        let count = place(high);
        Some(Layout {
            cell_hz,
            low,
            count,
            channel: place(channel.0)..place(channel.1),
            masked: place(zero.0).min(count)..place(zero.1).min(count),
            below: runs(below),
            above: runs(above),
            wall: RIPPLE + RIPPLE_OF_BAND * span * span + EDGE_FALL * fall,
            is_most: at.width_hz > MOST * 2.0 * at.half_band_hz,
        })
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &Run> {
        self.below.iter().chain(&self.above)
    }

    /// Cells of the side that tells less.
    pub fn side_cells(&self) -> usize {
        let of = |groups: &[Run]| groups.iter().map(|(_, length)| *length as usize).sum::<usize>();
        [of(&self.below), of(&self.above)].into_iter().filter(|cells| *cells > 0).min().unwrap_or(0)
    }

    /// The noise under the channel where the groups hold `powers` per cell, in their order, each of which noise spreads by a share of
    /// `spread`.
    pub fn noise(&self, powers: &[f64], spread: f64) -> Noise {
        let (below, above) = powers.split_at(self.below.len());
        let quartile = |side: &[f64]| lower_quartile(side) / (1.0 + QUARTILE * spread);
        match (below.is_empty(), above.is_empty()) {
            (false, false) => {
                let (left, right) = (quartile(below), quartile(above));
                let ((near_left, far_left), (near_right, far_right)) = (halves(below), halves(above));
                let near = (near_left + near_right) / 2.0;
                let (left_fall, right_fall) =
                    ((near_left - far_left).max(0.0), (near_right - far_right).max(0.0));
                // A parabola would go on by half of this.
                let even = DOME_UNEVEN * left_fall.min(right_fall) + DOME_SLACK * near;
                let dome = near + ((left_fall + right_fall) / 2.0).min(even);
                let most = left.max(right).max(dome.min(2.0 * left.max(right)));
                let is_even = (left - right).abs() <= 4.0 * spread * left.min(right);
                Noise { most, mean: if is_even { (left + right) / 2.0 } else { most } }
            }
            _ => {
                let side = if below.is_empty() { above } else { below };
                let (near, far) = halves(side);
                // Straight on into the channel, as far as that rises.
                let level = quartile(side);
                let most = level.max(near + 1.2 * (near - far).max(0.0)).min(2.0 * level);
                Noise { most, mean: level }
            }
        }
    }
}

/// Equal groups of the cells from `near` to `far`, the nearest first; none where they are too few.
fn side(near: i64, far: i64, turn: i64, zero: (i64, i64)) -> Vec<(i64, i64)> {
    let cells = ((far - near) * turn).max(0) as usize;
    let count = (cells / GROUP_CELLS_MIN).min(GROUPS);
    let each = (cells / count.max(1)) as i64;
    let group = |n: i64| if turn > 0 { (near + n * each, each) } else { (near - (n + 1) * each + 1, each) };
    let is_clear = |(first, length): &(i64, i64)| first + length <= zero.0 || *first >= zero.1;
    let groups: Vec<(i64, i64)> = (0..count as i64).map(group).filter(is_clear).collect();
    if groups.len() < GROUPS_MIN { Vec::new() } else { groups }
}

fn sorted(values: &[f64]) -> ([f64; GROUPS], usize) {
    let mut sorted = [f64::INFINITY; GROUPS];
    sorted[..values.len()].copy_from_slice(values);
    sorted[..values.len()].sort_unstable_by(f64::total_cmp);
    (sorted, values.len())
}

fn lower_quartile(values: &[f64]) -> f64 {
    let (sorted, count) = sorted(values);
    sorted[count / 4]
}

/// Medians of the nearer and of the farther half.
fn halves(side: &[f64]) -> (f64, f64) {
    let middle = |half: &[f64]| {
        let (sorted, count) = sorted(half);
        (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0
    };
    let (near, far) = side.split_at(side.len() / 2);
    (middle(near), middle(far))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(channel_hz: f64, width_hz: f64) -> Where {
        Where {
            channel_hz,
            width_hz,
            zero_hz: 0.0,
            zero_half_hz: 100.0,
            half_band_hz: 12e3,
            half_held_hz: 12e3,
        }
    }

    /// The noise that the layout tells where the spectrum is `power`, and the channel's greatest.
    fn noise(at: &Where, power: impl Fn(f64) -> f64) -> (Noise, f64) {
        let layout = Layout::new(at, 50.0).expect("room beside");
        let of = |cell: usize| power((layout.low + cell as i64) as f64 * layout.cell_hz);
        let mean = |(first, length): &Run| {
            (0..*length).map(|n| of((first + n) as usize)).sum::<f64>() / f64::from(*length)
        };
        let powers: Vec<f64> = layout.groups().map(mean).collect();
        (layout.noise(&powers, 0.0), layout.channel.clone().map(of).fold(0.0, f64::max))
    }

    #[test]
    fn no_slope_and_no_dome_stands_over_what_is_beside() {
        type Shape = fn(f64) -> f64;
        let shapes: [(&str, Shape); 5] = [
            ("flat", |_| 1.0),
            ("a neighbour's skirt", |hz| 1.0 + 1e9 / (hz - 11e3).powi(2)),
            ("a filter's edge", |hz| 1.0 / (1.0 + (hz / 7e3).powi(8))),
            ("tilt", |hz| 1.0 + hz / 50e3),
            ("a dome", |hz| 1.0 - 1e-3 * (hz - 5e3).powi(2) / 16e6),
        ];
        for (name, shape) in shapes {
            for (channel_hz, width_hz) in [(5e3, 4e3), (-6e3, 2e3), (9.5e3, 2e3)] {
                let (noise, highest) = noise(&at(channel_hz, width_hz), shape);
                assert!(noise.most * 1.001 > highest, "{name} at {channel_hz}: {noise:?} {highest}");
                assert!(name != "flat" || noise == Noise { most: 1.0, mean: 1.0 });
            }
        }
    }

    #[test]
    fn what_stands_beside_does_not_pass_for_noise() {
        // Stations over less than three quarters of either side.
        let (noise, _) =
            noise(&at(2e3, 2e3), |hz| if (4_200.0..8e3).contains(&hz) || hz < -300.0 { 50.0 } else { 1.0 });
        assert!(noise.most < 1.1 && noise.mean < 1.1, "{noise:?}");
    }

    #[test]
    fn where_nothing_is_beside_nothing_is_told() {
        assert!(Layout::new(&at(0.0, 23e3), 50.0).is_none());
        let edge = Layout::new(&at(10.9e3, 2e3), 50.0).expect("one side");
        assert!(edge.above.is_empty() && edge.below.len() == 8 && edge.wall < 0.01, "{edge:?}");
        let wide = Layout::new(&at(0.0, 19e3), 50.0).expect("little beside");
        assert!(wide.wall > 0.1, "both sides lie where filters fall: {}", wide.wall);
    }
}
