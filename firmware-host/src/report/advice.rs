//! What to do next time, or now: each recommendation is one function, which names the number that it rests on.

use super::debrief::Debrief;
use serde::Serialize;

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// What to do, and why.
    pub says: String,
    /// The number behind it, by its name in the JSON of the report.
    pub number: &'static str,
    /// Its value.
    pub value: f64,
    /// What it should be, in words.
    pub wanted: &'static str,
}

type Rule = fn(&Debrief) -> Option<Advice>;

/// All of them, what concerns the search first.
const RULES: [Rule; 16] = [
    unread,
    distress,
    still_unsure,
    search_on,
    came_off,
    trips,
    battery,
    late,
    lost,
    overflow,
    clipping,
    unplaced,
    noise_rises,
    noisy_low,
    link,
    roundabout,
];

/// What holds for this flight.
pub fn advice(flight: &Debrief) -> Vec<Advice> {
    RULES.iter().filter_map(|rule| rule(flight)).collect()
}

fn told(is: bool, number: &'static str, value: f64, wanted: &'static str, says: String) -> Option<Advice> {
    is.then_some(Advice { says, number, value, wanted })
}

/// Share of a whole; 0 of nothing.
fn share(part: i64, whole: i64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}

fn unread(flight: &Debrief) -> Option<Advice> {
    let why = flight.report.unread.as_ref()?;
    let says = format!(
        "The file is not whole ({why}): mend it with `skyhound verify` and read the report anew before deciding on it."
    );
    told(true, "unread", 1.0, "null", says)
}

fn distress(flight: &Debrief) -> Option<Advice> {
    let real = flight.report.messages.iter().filter(|message| !message.test);
    let ids: Vec<&str> = real.map(|message| message.id.as_str()).collect();
    let says = format!(
        "A distress beacon that is no test was read ({}): pass its identification to the rescue coordination centre.",
        ids.join(", ")
    );
    told(!ids.is_empty(), "messages", ids.len() as f64, "0", says)
}

/// The region is larger than a team on foot searches in some minutes.
fn still_unsure(flight: &Debrief) -> Option<Advice> {
    let widest = flight.places.iter().max_by(|a, b| a.radius_95_m.total_cmp(&b.radius_95_m))?;
    let (beacon, radius_m) = (&widest.beacon, widest.radius_95_m);
    let says = format!(
        "The region of {beacon} is as large as a circle of {radius_m:.0} m radius: fly round its estimate once more, from other sides, before a team walks."
    );
    told(radius_m > 60.0, "places.radius_95_m", radius_m, "at most 60 m", says)
}

fn search_on(flight: &Debrief) -> Option<Advice> {
    let coverage = flight.coverage.as_ref()?;
    let worst = coverage.classes.first().map_or(0.0, |class| class.area_km2);
    let says = format!(
        "Nothing was heard and the probability of success is {:.0} %: search on where POD is lowest ({worst:.3} km²), the map has it.",
        100.0 * coverage.pos
    );
    let is = flight.report.detections.is_empty() && coverage.pos < 0.9;
    told(is, "coverage.pos", coverage.pos, "at least 0.9", says)
}

/// Heard and homed on, and not held.
fn came_off(flight: &Debrief) -> Option<Advice> {
    let approach = flight.approach.as_ref()?;
    let count = flight.report.trips.iter().map(|trip| trip.count).sum::<i64>();
    let says = format!(
        "Homing did not end over the beacon: {count} interlock trips; read the safety events from {:.0} s on.",
        approach.began_s
    );
    told(!approach.is_held, "approach.is_held", 0.0, "true", says)
}

fn trips(flight: &Debrief) -> Option<Advice> {
    let most = flight.report.trips.iter().max_by_key(|trip| trip.count)?;
    let (name, fault) = (&most.interlock, &most.fault);
    let says = format!(
        "Interlock {name} ({fault}) ended a state {} ×, first at {:.0} s: mend that before the next flight (handbook: homing stays locked).",
        most.count, most.first_s
    );
    told(true, "trips.count", most.count as f64, "0", says)
}

fn battery(flight: &Debrief) -> Option<Advice> {
    let left = flight.battery.as_ref()?.last_ratio?;
    let says = format!(
        "It landed with {:.0} % of its charge: plan shorter legs, or change the battery earlier.",
        100.0 * left
    );
    told(left < 0.25, "battery.last_ratio", left, "at least 0.25", says)
}

fn late(flight: &Debrief) -> Option<Advice> {
    let of = |pass: &super::PassLine| share(pass.miss_count, pass.pass_count);
    let worst = flight.report.passes.iter().max_by(|a, b| of(a).total_cmp(&of(b)))?;
    let says = format!(
        "{} of {} passes of {} were late (longest {:.1} ms of {:.1} ms): take load off the machine, or look at its temperature.",
        worst.miss_count, worst.pass_count, worst.name, worst.longest_ms, worst.budget_ms
    );
    told(of(worst) > 1e-3, "passes.miss_count", worst.miss_count as f64, "at most 0.1 % of passes", says)
}

/// Of a lane any, of what was discarded by its content a thousandth of the readings.
fn lost(flight: &Debrief) -> Option<Advice> {
    let readings = flight.report.reading_count;
    let is_lane = |lane: &&super::LaneLine| lane.pushed_count > 0;
    let lanes = flight.report.lanes.iter().filter(is_lane);
    if let Some(worst) = lanes.filter(|lane| lane.dropped_count > 0).max_by_key(|lane| lane.dropped_count) {
        let (lost, all) = (worst.dropped_count, worst.dropped_count + worst.pushed_count);
        let says = format!(
            "{lost} of {all} were lost in lane {}: the thread behind it was starved; close other programs or use a faster card.",
            worst.name
        );
        return told(true, "lanes.dropped_count", lost as f64, "0", says);
    }
    let discarded = flight.report.lanes.iter().filter(|lane| !is_lane(lane));
    let worst = discarded.max_by_key(|lane| lane.dropped_count)?;
    let (lost, name) = (worst.dropped_count, &worst.name);
    let says = format!(
        "{lost} were discarded as {name}, beside {readings} readings: look at the clock of the SDR and at the autopilot's position rate."
    );
    told(share(lost, readings) > 1e-3, "lanes.dropped_count", lost as f64, "at most 0.1 % of readings", says)
}

fn overflow(flight: &Debrief) -> Option<Advice> {
    let (count, all) = (flight.report.overflow_count, flight.report.reading_count);
    let says = format!(
        "The SDR lost samples in {count} of {all} readings: lower the sample rate, or use another USB port or cable."
    );
    told(share(count, all) > 1e-4, "overflow_count", count as f64, "at most 0.01 % of readings", says)
}

fn clipping(flight: &Debrief) -> Option<Advice> {
    let (count, all) = (flight.report.clipped_count, flight.report.reading_count);
    let says = format!(
        "{count} of {all} readings clipped: lower the gain by 10 dB; a clipped reading says only that it is near."
    );
    told(share(count, all) > 0.01, "clipped_count", count as f64, "at most 1 % of readings", says)
}

/// Of a receiver without an aircraft nobody asks where it was.
fn unplaced(flight: &Debrief) -> Option<Advice> {
    if flight.report.autopilot == "none" {
        return None;
    }
    let placed = flight.report.placed_ratio?;
    let says = format!(
        "{:.1} % of the readings have no position and tell nothing of where: ask the autopilot for position at 10 Hz and more, and look at its GPS.",
        100.0 * (1.0 - placed)
    );
    told(placed < 0.95, "placed_ratio", placed, "at least 0.95", says)
}

/// Over the flight, by its quietest and its loudest minute.
fn noise_rises(flight: &Debrief) -> Option<Advice> {
    let floors = |beacon: &str| {
        let own = flight.report.minutes.iter().filter(|minute| minute.beacon == beacon);
        let floors = own.map(|minute| minute.floor_dbfs.unwrap_or(minute.p10_dbfs));
        floors.fold(None, |range: Option<(f64, f64)>, dbfs| {
            Some(range.map_or((dbfs, dbfs), |(low, high)| (low.min(dbfs), high.max(dbfs))))
        })
    };
    let rise = |beacon: &String| floors(beacon).map(|(low, high)| (beacon.clone(), high - low));
    let (beacon, rise_db) = flight.beacons.iter().filter_map(rise).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let says = format!(
        "The noise floor of {beacon} moved by {rise_db:.1} dB between minutes: reach shrank by as much; learn the drone's own lines (`scan --own-noise`) and look where it was loud."
    );
    told(rise_db > 6.0, "minutes.floor_dbfs", rise_db, "within 6 dB", says)
}

/// Lower is louder: the surroundings, not the receiver.
fn noisy_low(flight: &Debrief) -> Option<Advice> {
    let bands = flight.noise_by_height.iter().filter(|band| band.reading_count >= 100);
    let (low, high) =
        bands.clone().zip(bands.skip(1)).filter(|(low, high)| low.beacon == high.beacon).max_by(|a, b| {
            (a.0.floor_p50_dbfs - a.1.floor_p50_dbfs).total_cmp(&(b.0.floor_p50_dbfs - b.1.floor_p50_dbfs))
        })?;
    let drop_db = low.floor_p50_dbfs - high.floor_p50_dbfs;
    let says = format!(
        "It is {drop_db:.1} dB quieter over {:.0} m than under it: search from there.",
        high.height_from_m
    );
    told(drop_db > 3.0, "noise_by_height.floor_p50_dbfs", drop_db, "at most 3 dB", says)
}

fn link(flight: &Debrief) -> Option<Advice> {
    let link = flight.report.link.as_ref()?;
    let lost = share(link.sequence_lost_count, link.sequence_lost_count + link.received_count);
    let says = format!(
        "{:.1} % of the autopilot's messages were lost: look at the cable, the rate of the line and its flow control.",
        100.0 * lost
    );
    told(lost > 0.01, "link.sequence_lost_count", link.sequence_lost_count as f64, "at most 1 %", says)
}

fn roundabout(flight: &Debrief) -> Option<Advice> {
    let approach = flight.approach.as_ref()?;
    let ratio = approach.efficiency_ratio?;
    let says = format!(
        "The approach took {:.0} m for {:.0} m: that is {:.0} % of a straight one; where the place allows, start it from another side or lower.",
        approach.flown_m,
        approach.straight_m,
        100.0 * ratio
    );
    told(ratio < 0.3 && approach.straight_m > 50.0, "approach.efficiency_ratio", ratio, "at least 0.3", says)
}

#[cfg(test)]
mod tests;
