//! What was said of the beacon's place at a time, beside what could be known of it: the oracle's on the same path, and the bound.
//!
//! Said = the newest estimate in the trace ([`Trace::estimates`]). Who makes none is taken at the word of its flying: where it is, or
//! where its last leading ended. Efficiency = RMSE of the oracle / RMSE of what was said; 1 is all that there is.

use super::Outcome;
use super::numbers::Share;
use crate::judge::metrics::{commands, pose_at, spans};
use crate::oracle::{self, Area, Limit, Listener, bound_m};
use crate::scenario::{Beacon, Scenario};
use crate::shared::quantile;
use crate::trace::Trace;
use serde::{Deserialize, Serialize};
use skyhound::config::Config;
use skyhound::geo::NorthEast;

/// When it is asked: as the AERPAW "Find a Rover" challenge was scored.
const TIMES_S: [f64; 2] = [180.0, 600.0];
/// So near counts.
const WITHIN_M: [f64; 2] = [15.0, 25.0];

/// One flight at one time.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct At {
    pub at_s: f64,
    /// Of what was said.
    pub error_m: f64,
    /// Whether the 95 % region held the truth, where one was told.
    pub in_region: Option<bool>,
    /// Where the oracle was asked.
    pub limit: Option<Limit>,
}

/// How near many estimates were.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct Nearness {
    pub median_m: Option<f64>,
    pub within_15_m: Share,
    pub within_25_m: Share,
    pub rmse_m: Option<f64>,
}

/// All flights of a policy at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    pub at_s: f64,
    pub said: Nearness,
    /// Of truths in the 95 % regions that were told.
    pub in_region: Option<Share>,
    /// Of those flights of which it was asked, as are bound and efficiency.
    pub oracle: Nearness,
    /// Least RMSE of any estimator.
    pub bound_m: Option<f64>,
    pub efficiency: Option<f64>,
}

/// Where the oracle looks: where `scenario` draws its beacon from, else all that the fence holds.
pub(super) fn area(scenario: &Scenario, config: &Config) -> Area {
    let drawn = scenario.world.beacon[0].draw.and_then(|draw| draw.distance_m);
    let (inner_m, half_m) = drawn.map_or((0.0, config.interlock.fence.radius_m), |ring| (ring.min, ring.max));
    Area { centre: NorthEast::default(), half_m, inner_m: Some(inner_m) }
}

/// The last of them: who wants to know all of them flies for so long.
pub const LAST_S: f64 = TIMES_S[1];

/// Those of the times that the scenario lasts for; else its end.
pub(super) fn times_s(scenario: &Scenario) -> Vec<f64> {
    let within: Vec<f64> = TIMES_S.into_iter().filter(|at_s| *at_s <= scenario.duration_s).collect();
    if within.is_empty() { vec![scenario.duration_s] } else { within }
}

/// A flight of `scenario`, as it is flown, at `at_s`, and what the oracle knows of it then, if it is asked.
pub(super) fn at(scenario: &Scenario, trace: &Trace, oracle: Option<(&Listener, &Area)>, at_s: f64) -> At {
    let at_us = (at_s * 1e6) as u64;
    let beacon = &scenario.world.beacon[0];
    let estimate = trace.estimates.iter().take_while(|row| row.at_us <= at_us).last();
    let [north_m, east_m] = beacon.at_m(at_us);
    let said = estimate.map(|row| (row.north_m - north_m).hypot(row.east_m - east_m));
    let led =
        spans(&trace.states, at_us, commands).into_iter().take_while(|span| span.begin_us <= at_us).last();
    let flown = pose_at(trace, led.map_or(at_us, |span| span.end_us.min(at_us)));
    At {
        at_s,
        error_m: said
            .or(flown.map(|pose| pose.distance_m(north_m, east_m)))
            .unwrap_or_else(|| north_m.hypot(east_m)),
        in_region: in_region(trace, at_us, beacon),
        limit: oracle.map(|(listener, area)| oracle::limit(scenario, listener, at_us, area)),
    }
}

/// Whether the newest 95 % region that was told holds the beacon; none before the first.
fn in_region(trace: &Trace, at_us: u64, beacon: &Beacon) -> Option<bool> {
    let [north_m, east_m] = beacon.at_m(at_us);
    let mut region = trace.region(95, at_us).peekable();
    region.peek()?;
    Some(region.any(|row| row.holds(north_m, east_m)))
}

/// All flights together, by time.
pub(super) fn all(flights: &[Outcome], area: &Area) -> Vec<Limits> {
    let times = flights.first().map_or(0, |flight| flight.at.len());
    (0..times)
        .map(|time| together(&flights.iter().map(|flight| flight.at[time]).collect::<Vec<At>>(), area))
        .collect()
}

fn together(flights: &[At], area: &Area) -> Limits {
    let asked: Vec<(&At, Limit)> = flights.iter().filter_map(|at| Some((at, at.limit?))).collect();
    let oracle = Nearness::of(asked.iter().map(|(_, limit)| limit.error_m));
    let beside_it = Nearness::of(asked.iter().map(|(at, _)| at.error_m));
    let regions: Vec<bool> = flights.iter().filter_map(|at| at.in_region).collect();
    let information: Vec<_> = asked.iter().map(|(_, limit)| limit.information).collect();
    Limits {
        at_s: flights[0].at_s,
        said: Nearness::of(flights.iter().map(|at| at.error_m)),
        in_region: (!regions.is_empty())
            .then(|| Share::of(regions.iter().filter(|holds| **holds).count(), regions.len())),
        bound_m: bound_m(&information, area),
        efficiency: oracle.rmse_m.zip(beside_it.rmse_m).map(|(oracle_m, said_m)| oracle_m / said_m),
        oracle,
    }
}

impl Nearness {
    fn of(errors_m: impl Iterator<Item = f64>) -> Nearness {
        let mut sorted: Vec<f64> = errors_m.collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let square = sorted.iter().map(|error_m| error_m * error_m).sum::<f64>() / count as f64;
        let within = |most_m: f64| Share::of(sorted.partition_point(|error_m| *error_m <= most_m), count);
        Nearness {
            median_m: quantile(&sorted, 0.5),
            within_15_m: within(WITHIN_M[0]),
            within_25_m: within(WITHIN_M[1]),
            rmse_m: (count > 0).then(|| square.sqrt()),
        }
    }
}
