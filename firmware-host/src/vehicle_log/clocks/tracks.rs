//! Two tracks of one aircraft by two clocks → the offset at which they lie best on each other.

use skyhound::geo::NorthEast;

/// Fixes further apart are not joined by a line, s.
const GAP_MAX_S: f64 = 2.0;
/// Fewer common points tell nothing.
const POINTS_MIN: usize = 30;
const PARTS: usize = 12;
const PART_POINTS_MIN: usize = 15;
const PART_WINDOW_S: f64 = 1.0;
/// Slower parts tell nothing about time, m/s.
const SPEED_MIN_MPS: f64 = 1.0;
const STEP_S: f64 = 0.25;
/// Where nothing is known of the offset: half of the time in which an aircraft turns.
const WIDE_STEP_S: f64 = 1.0;
const FINEST_S: f64 = 0.5e-3;
const STEPS_MAX: f64 = 50_000.0;

type Point = (f64, NorthEast);

/// The tracks, s and metres.
pub struct Tracks {
    log: Vec<Point>,
    flight: Vec<Point>,
}

/// Where they lie best on each other.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Best {
    /// Flight's time − log's, s.
    pub offset_s: f64,
    /// m rms.
    pub residual_m: f64,
}

impl Tracks {
    /// Of their points, put in order of time.
    pub fn of(log: &[Point], flight: &[Point]) -> Tracks {
        let sorted = |points: &[Point]| {
            let mut points = points.to_vec();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            points.dedup_by(|later, first| later.0 <= first.0);
            points
        };
        Tracks { log: sorted(log), flight: sorted(flight) }
    }

    /// Within `window_s` of `near_s`; of neither: wherever they overlap. `None`: they tell nothing, or the best is at an edge.
    pub fn best(&self, near_s: Option<f64>, window_s: Option<f64>) -> Option<Best> {
        let (log, flight) =
            ((self.log.first()?.0, self.log.last()?.0), (self.flight.first()?.0, self.flight.last()?.0));
        if speed_mps(&self.flight) < SPEED_MIN_MPS / 4.0 {
            return None;
        }
        let (from, to, step) = match (near_s, window_s) {
            (Some(near), Some(window)) => (near - window, near + window, STEP_S),
            _ => (flight.0 - log.1, flight.1 - log.0, WIDE_STEP_S),
        };
        let count_min = POINTS_MIN.max(self.flight.len().min(self.log.len()) / 4);
        self.search(&self.flight, count_min, from, to, step)
    }

    /// The offset of each part of the flight that moves, s.
    pub fn parts(&self, near_s: f64) -> Vec<f64> {
        let part = self.flight.len().div_ceil(PARTS).max(PART_POINTS_MIN);
        let moving = self.flight.chunks(part).filter(|points| speed_mps(points) >= SPEED_MIN_MPS);
        let found = moving.filter_map(|points| {
            self.search(points, PART_POINTS_MIN, near_s - PART_WINDOW_S, near_s + PART_WINDOW_S, STEP_S)
        });
        found.map(|best| best.offset_s).collect()
    }

    fn search(&self, points: &[Point], count_min: usize, from: f64, to: f64, step: f64) -> Option<Best> {
        let steps = ((to - from) / step).ceil().clamp(2.0, STEPS_MAX);
        let step = (to - from) / steps;
        let all = (0..=steps as usize).map(|n| from + n as f64 * step);
        let (mut best, mut variance) = self.least(points, count_min, all)?;
        if best - from < step / 2.0 || to - best < step / 2.0 {
            return None;
        }
        let mut step = step;
        while step > FINEST_S {
            let finer = step / 5.0;
            let around = (-5..=5).map(|n| best + f64::from(n) * finer);
            (best, variance) = self.least(points, count_min, around)?;
            step = finer;
        }
        Some(Best { offset_s: best, residual_m: variance.sqrt() })
    }

    fn least(
        &self,
        points: &[Point],
        count_min: usize,
        offsets: impl Iterator<Item = f64>,
    ) -> Option<(f64, f64)> {
        let known = offsets.filter_map(|offset| Some((offset, self.variance(points, count_min, offset)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Mean square of what is between the tracks, without its mean, m².
    fn variance(&self, points: &[Point], count_min: usize, offset_s: f64) -> Option<f64> {
        let mut at = self.log.partition_point(|(s, _)| *s <= points.first().map_or(0.0, |p| p.0) - offset_s);
        let (mut count, mut sum, mut square) = (0.0, NorthEast::default(), 0.0);
        for (s, place) in points {
            let s = s - offset_s;
            while self.log.get(at).is_some_and(|next| next.0 <= s) {
                at += 1;
            }
            let (Some(after), Some(before)) = (self.log.get(at), at.checked_sub(1).map(|at| &self.log[at]))
            else {
                continue;
            };
            let gap_s = after.0 - before.0;
            if gap_s > GAP_MAX_S {
                continue;
            }
            let share = (s - before.0) / gap_s;
            let between = |from: f64, to: f64| from + (to - from) * share;
            let north = place.north_m - between(before.1.north_m, after.1.north_m);
            let east = place.east_m - between(before.1.east_m, after.1.east_m);
            count += 1.0;
            sum = NorthEast { north_m: sum.north_m + north, east_m: sum.east_m + east };
            square += north * north + east * east;
        }
        let mean_square = (sum.north_m * sum.north_m + sum.east_m * sum.east_m) / (count * count);
        (count >= count_min as f64).then(|| (square / count - mean_square).max(0.0))
    }
}

/// Length of the way over its time.
fn speed_mps(points: &[Point]) -> f64 {
    let way_m: f64 = points.windows(2).map(|pair| pair[1].1.distance_m(pair[0].1)).sum();
    let time_s = points.last().map_or(0.0, |last| last.0 - points[0].0);
    if time_s > 0.0 { way_m / time_s } else { 0.0 }
}
