//! How each number of the table is counted.

use std::collections::BTreeMap;

use skyhound::command::State;
use skyhound::geo::{NorthEast, Origin, Wgs84};

use super::facts::{Facts, Span, is_ours, pose_at, stops};
use super::{CAUSE, STOP_DELAY, found_within_m};
use crate::scenario::Flavour;
use crate::scenario::zone::polygon_margin_m;
use crate::shared::quantile;
use crate::trace::{SetpointRow, TruthRow};
use crate::truth::TruePose;

/// A control pass.
const PERIOD_US: u64 = 50_000;
/// Setpoints further apart are no succession.
const SUCCESSION_US: u64 = 500_000;
/// A zero that has not come by then is missing.
const ZERO_WITHIN_US: u64 = 250_000;
/// At depth b the daemon's stamps and the wire's are of two clocks, joined this well at least.
const CLOCKS_US: u64 = 20_000;
/// Over which a floor's median is taken.
const FLOOR_WINDOW_US: u64 = 2_000_000;
/// After a stop zeros are sent for half a second, then nothing.
const SILENCE_AFTER_US: u64 = 1_000_000;

/// All that are defined.
pub(super) fn all(facts: &Facts<'_>) -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            numbers.insert(name.to_string(), value);
        }
    };
    let trace = facts.trace;
    let ours: Vec<_> = trace.setpoints.iter().filter(|row| is_ours(facts.scenario, row)).collect();
    place(facts, &mut put);
    heard(facts, &mut put);
    setpoints(facts, &ours, &mut put);
    stopping(facts, &ours, &mut put);
    put("violations_total", Some(trace.violations.len() as f64));
    put("deeds_total", Some(trace.deeds.len() as f64));
    put("flight_s", trace.truth.last().map(|row| seconds(row.pose.at_us)));
    numbers
}

fn commanding_us(facts: &Facts<'_>) -> u64 {
    facts.commanding.iter().map(|span| span.end_us - span.begin_us).sum()
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn milliseconds(us: u64) -> f64 {
    us as f64 / 1e3
}

type Put<'a> = dyn FnMut(&str, Option<f64>) + 'a;

/// Where the aircraft was led, and how quickly.
fn place(facts: &Facts<'_>, put: &mut Put<'_>) {
    let (homing, holding) = (facts.times_in(State::Homing), facts.times_in(State::Holding));
    let at = |at_us: u64| pose_at(facts.trace, at_us).and_then(|pose| facts.distance_m(pose));
    let begin_s = |spans: &[Span]| spans.first().map(|span| seconds(span.begin_us));
    put("time_to_homing_s", begin_s(&homing));
    put("time_to_holding_s", begin_s(&holding));
    put("homing_s", Some(seconds(commanding_us(facts))));
    put("homings_total", Some(facts.commanding.len() as f64));
    put("final_error_m", facts.commanding.last().and_then(|span| at(span.end_us)));
    let distances = facts.led().filter_map(|row| facts.distance_m(&row.pose));
    put("closest_m", distances.min_by(f64::total_cmp));

    let within_m = found_within_m(facts.scenario);
    let found =
        holding.iter().find(|span| at(span.begin_us).is_some_and(|distance_m| distance_m <= within_m));
    put("found", Some(f64::from(u8::from(found.is_some()))));
    put("time_ratio", found.zip(homing.first()).and_then(|(found, first)| time_ratio(facts, *first, *found)));

    put("ground_speed_max_mps", facts.led().map(|row| row.pose.speed_mps()).max_by(f64::total_cmp));
    put("fence_margin_min_m", fence_margin_min_m(facts));
    let ground = &facts.scenario.world.ground;
    let clearance_m = |pose: &TruePose| pose.up_m - ground.height_m(pose.north_m, pose.east_m);
    put("clearance_min_m", facts.led().map(|row| clearance_m(&row.pose)).min_by(f64::total_cmp));
}

fn time_ratio(facts: &Facts<'_>, first: Span, found: Span) -> Option<f64> {
    let to = pose_at(facts.trace, found.begin_us)?;
    let straight_m = pose_at(facts.trace, first.begin_us)?.distance_m(to.north_m, to.east_m);
    let speed_mps = facts.settings.as_ref()?.homing.speed_mps;
    let straight_s = straight_m / speed_mps;
    (straight_s > 0.0).then(|| seconds(found.begin_us.saturating_sub(first.begin_us)) / straight_s)
}

/// Of radius, polygon and the areas uploaded to the autopilot the nearest.
fn fence_margin_min_m(facts: &Facts<'_>) -> Option<f64> {
    let fence = &facts.settings.as_ref()?.interlock.fence;
    let place = &facts.scenario.place;
    let home = Origin::new(Wgs84 { lat_deg: place.lat_deg, lon_deg: place.lon_deg });
    let corners: Vec<NorthEast> = fence.polygon.iter().map(|corner| home.ned_from_wgs84(*corner)).collect();
    let margin_m = |pose: &TruePose| {
        let at = NorthEast { north_m: pose.north_m, east_m: pose.east_m };
        let own_m = (fence.radius_m - pose.distance_m(0.0, 0.0)).min(polygon_margin_m(&corners, at));
        let zones = facts.scenario.aircraft.zone.iter();
        zones.map(|zone| zone.margin_m([at.north_m, at.east_m])).fold(own_m, f64::min)
    };
    let moving = |row: &&TruthRow| facts.moving.iter().any(|span| span.holds(row.pose.at_us));
    facts.trace.truth.iter().filter(moving).map(|row| margin_m(&row.pose)).min_by(f64::total_cmp)
}

/// What was heard.
fn heard(facts: &Facts<'_>, put: &mut Put<'_>) {
    let mut heard = facts.trace.signal.iter().filter(|row| row.heard).peekable();
    let first_us = heard.peek().map(|row| row.at_us);
    put("time_to_heard_s", first_us.map(seconds));
    put(
        "heard_distance_m",
        first_us.and_then(|at_us| pose_at(facts.trace, at_us)).and_then(|pose| facts.distance_m(pose)),
    );
    put("snr_max_db", heard.filter_map(|row| row.snr_db).max_by(f64::total_cmp));
    put("floor_rise_db", floor_rise_db(facts));
    let told = |name: &str| facts.trace.numbers.get(name).copied();
    let hops = told("readings_lost_total").zip(told("readings_due_total"));
    put("readings_lost_ratio", hops.filter(|(_, due)| *due > 0.0).map(|(lost, due)| lost / due));
}

/// Medians, so that a fade or one odd hop is no rise.
fn floor_rise_db(facts: &Facts<'_>) -> Option<f64> {
    let mut windows: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for row in &facts.trace.signal {
        if let (true, Some(floor_dbfs)) = (facts.commands_at(row.at_us), row.floor_dbfs) {
            windows.entry(row.at_us / FLOOR_WINDOW_US).or_default().push(floor_dbfs);
        }
    }
    let medians = windows.into_values().filter_map(|mut floors_dbfs| {
        floors_dbfs.sort_by(f64::total_cmp);
        quantile(&floors_dbfs, 0.5)
    });
    let (low_dbfs, high_dbfs) = medians
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), median| (low.min(median), high.max(median)));
    (low_dbfs <= high_dbfs).then_some(high_dbfs - low_dbfs)
}

/// Our setpoints.
fn setpoints(facts: &Facts<'_>, ours: &[&SetpointRow], put: &mut Put<'_>) {
    put("setpoints_total", Some(ours.len() as f64));
    let led = |row: &SetpointRow| facts.commands_at(row.at_us);
    put("setpoints_refused_total", Some(ours.iter().filter(|row| !row.taken && led(row)).count() as f64));
    put("setpoints_foreign_total", Some((facts.trace.setpoints.len() - ours.len()) as f64));
    put(
        "speed_max_mps",
        ours.iter().map(|row| row.velocity_mps[0].hypot(row.velocity_mps[1])).max_by(f64::total_cmp),
    );
    put(
        "slew_max_mps2",
        ours.windows(2).filter_map(|pair| slew_mps2(pair[0], pair[1])).max_by(f64::total_cmp),
    );

    let commanding_us = commanding_us(facts);
    if commanding_us == 0 {
        return;
    }
    let within = |span: &Span| -> Vec<u64> {
        ours.iter().map(|row| row.at_us).filter(|at_us| span.holds(*at_us)).collect()
    };
    let received: usize = facts.commanding.iter().map(|span| within(span).len()).sum();
    put("setpoint_rate_hz", Some(received as f64 / seconds(commanding_us)));
    let gaps = facts.commanding.iter().flat_map(|span| {
        let mut moments = vec![span.begin_us];
        moments.extend(within(span));
        moments.push(span.end_us);
        moments.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    });
    put("setpoint_gap_max_ms", gaps.max().map(milliseconds));
}

fn slew_mps2(before: &SetpointRow, after: &SetpointRow) -> Option<f64> {
    let apart_us = after.at_us.checked_sub(before.at_us)?;
    if !after.moves() || apart_us > SUCCESSION_US {
        return None;
    }
    let change: f64 = before
        .velocity_mps
        .iter()
        .zip(&after.velocity_mps)
        .map(|(before, after)| (after - before).powi(2))
        .sum();
    Some(change.sqrt() / seconds(apart_us.max(PERIOD_US)))
}

/// What came after the stops.
fn stopping(facts: &Facts<'_>, ours: &[&SetpointRow], put: &mut Put<'_>) {
    let mut delays_ms: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut stops_total, mut moves_total, mut late_total) = (0_u32, 0, 0);
    for (stop_us, cause) in stops(facts.trace) {
        stops_total += 1;
        let mut begins = facts.moving.iter().map(|span| span.begin_us);
        let again_us =
            begins.find(|begin_us| *begin_us > stop_us).unwrap_or(u64::MAX).saturating_sub(CLOCKS_US);
        let after = || ours.iter().filter(|row| (stop_us..again_us).contains(&row.at_us));
        let zero_us = after().find(|row| !row.moves()).map_or(u64::MAX, |row| row.at_us);
        let stands_us = zero_us.min(stop_us + ZERO_WITHIN_US);
        moves_total += after().filter(|row| row.moves() && row.at_us > stands_us).count();
        let counts =
            |row: &SetpointRow| row.moves() || facts.scenario.aircraft.flavour == Flavour::ArduCopter;
        late_total += after().filter(|row| row.at_us > stop_us + SILENCE_AFTER_US && counts(row)).count();
        let span = facts.moving.iter().find(|span| span.end_us == stop_us);
        let Some(deed_us) = span.and_then(|span| facts.deed_us(*span)) else { continue };
        let moving = ours.iter().filter(|row| row.moves() && (deed_us..again_us).contains(&row.at_us));
        let delay_ms = moving.map(|row| milliseconds(row.at_us - deed_us)).fold(0.0, f64::max);
        let worst_ms = delays_ms.entry(cause).or_insert(0.0);
        *worst_ms = worst_ms.max(delay_ms);
    }
    put("stops_total", Some(f64::from(stops_total)));
    put("moves_after_stop_total", Some(moves_total as f64));
    put("setpoints_late_total", Some(late_total as f64));
    put("stop_delay_max_ms", delays_ms.values().copied().max_by(f64::total_cmp));
    for (cause, delay_ms) in delays_ms {
        put(&STOP_DELAY.replace(CAUSE, cause), Some(delay_ms));
    }
}
