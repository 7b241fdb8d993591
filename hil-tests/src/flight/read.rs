//! What a flight file says of a flight, by `skyhound query`, with its times moved to the scenario's clock.

use crate::daemon::{ClockJoin, number, replay, rows};
use crate::trace::{COMPONENT, EstimateRow, EventRow, RegionRow, SetpointRow, SignalRow, StateRow, Trace};
use serde_json::Value;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use std::path::Path;

/// One row of facts per 100 ms is made; the beacon's channel is the one that is sought, by default the first.
const SIGNAL: &str = "select at_us, power_dbfs, snr_db, heard,
    case snr_floor when 'spectral' then floor_spectral_dbfs else floor_temporal_dbfs end as floor_dbfs
    from signal where channel = (select coalesce(
        (select channel from detection order by snr_peak_db desc nulls last limit 1), 0)) order by at_us";
const STATES: &str = "select at_us, from_state, to_state, reason, interlock from state_change order by at_us";
const EVENTS: &str = "select at_us, kind, text from event order by at_us";
/// Whether nothing was flown before it that it does not hold, and something was in it.
const FIRST: &str = "select count(*) from flight where continues is null and exists (from pass)";
const SEARCHED: &str = "select pos, progress from search order by at_us desc, rowid desc limit 1";
const DROPPED: &str = "select sum(most) from (select max(dropped_total) as most from health
    where kind = 'lane' and name like '%reading%' group by name)";
/// By their times, which follow the clock; the count of samples knows only the losses that the receiver saw.
const HOPS: &str = "with hop as (select acquired_us, acquired_us - lag(acquired_us) over (order by acquired_us) as hop_us
    from reading where channel = 0)
    select count(*) as came, round((max(acquired_us) - min(acquired_us)) / median(hop_us)) + 1 as due from hop";
const COMMANDS: &str = "select at_us, kind, north_mps, east_mps, down_mps, yaw_rate_rad_s from command
    where kind <> 'silence' order by at_us";

/// Where the beacon that is sought was said to be; its channel as for the facts.
const ESTIMATES: &str =
    "select at_us, lat_deg, lon_deg, radius_95_m from estimate where channel = (select coalesce(
        (select channel from detection order by snr_peak_db desc nulls last limit 1), 0)) order by at_us";
const REGIONS: &str = "select at_us, percent, lat_deg, lon_deg, size_m, square_count from estimate_region
    where channel = (select coalesce(
        (select channel from detection order by snr_peak_db desc nulls last limit 1), 0)) order by at_us";

/// Adds the rows of `file` to `trace`; `home` is what its metres are counted from.
///
/// # Errors
/// The file cannot be read, or was of a flight whose clock nobody saw.
pub fn read(file: &Path, clock: &ClockJoin, home: &Origin, trace: &mut Trace) -> Result<(), String> {
    let unseen = || format!("{}: the daemon never answered, so its clock is unknown", file.display());
    clock.scenario_us(0).ok_or_else(unseen)?;
    for row in rows(file, SIGNAL)? {
        trace.signal.push(SignalRow {
            at_us: at_us(&row, clock),
            power_dbfs: row["power_dbfs"].as_f64(),
            floor_dbfs: row["floor_dbfs"].as_f64(),
            snr_db: row["snr_db"].as_f64(),
            heard: row["heard"].as_bool().unwrap_or(false),
        });
    }
    for row in rows(file, STATES)? {
        trace.states.push(StateRow {
            at_us: at_us(&row, clock),
            from: text(&row["from_state"]),
            to: text(&row["to_state"]),
            reason: text(&row["reason"]),
            interlock: row["interlock"].as_str().map(str::to_owned),
        });
    }
    for row in rows(file, EVENTS)? {
        let (kind, said) = (text(&row["kind"]), text(&row["text"]));
        trace.events.push(EventRow { at_us: at_us(&row, clock), kind, text: said });
    }
    places(file, clock, home, trace)?;
    let mut add = |name: &str, more| *trace.numbers.entry(name.into()).or_default() += more;
    add("dropped_readings_total", number(file, DROPPED)?);
    for row in rows(file, HOPS)? {
        // With fewer than two readings nothing lies between them.
        if let (Some(due), Some(came)) = (row["due"].as_f64(), row["came"].as_f64()) {
            add("readings_due_total", due);
            add("readings_lost_total", (due - came).max(0.0));
        }
    }
    for row in rows(file, SEARCHED)? {
        for (name, column) in [("search_pos", "pos"), ("search_progress", "progress")] {
            trace.numbers.extend(row[column].as_f64().map(|value| (name.into(), value)));
        }
    }
    if number(file, FIRST)? > 0.0 {
        let told = replay(file)?.into_iter();
        trace.violations.extend(told.map(|told| format!("the record is not its replay: {told}")));
    }
    trace.files.push(file.to_owned());
    Ok(())
}

/// Estimates and regions.
fn places(file: &Path, clock: &ClockJoin, home: &Origin, trace: &mut Trace) -> Result<(), String> {
    let real = |row: &Value, name: &str| row[name].as_f64().unwrap_or(f64::NAN);
    let place = |row: &Value| {
        home.ned_from_wgs84(Wgs84 { lat_deg: real(row, "lat_deg"), lon_deg: real(row, "lon_deg") })
    };
    for row in rows(file, ESTIMATES)? {
        let NorthEast { north_m, east_m } = place(&row);
        let (at_us, radius_95_m) = (at_us(&row, clock), real(&row, "radius_95_m"));
        trace.estimates.push(EstimateRow { at_us, north_m, east_m, radius_95_m });
    }
    for row in rows(file, REGIONS)? {
        let NorthEast { north_m, east_m } = place(&row);
        trace.regions.push(RegionRow {
            at_us: at_us(&row, clock),
            percent: row["percent"].as_u64().unwrap_or(0) as u8,
            north_m,
            east_m,
            size_m: real(&row, "size_m"),
            count: row["square_count"].as_u64().unwrap_or(0) as u16,
        });
    }
    Ok(())
}

/// What the daemon says that it sent: where nobody of the rig stands at the autopilot's end of the line.
pub fn commands(file: &Path, clock: &ClockJoin, system: u8) -> Result<Vec<SetpointRow>, String> {
    let part = |row: &Value, name: &str| row[name].as_f64().unwrap_or(0.0);
    let setpoint = |row: &Value| SetpointRow {
        at_us: at_us(row, clock),
        velocity_mps: [part(row, "north_mps"), part(row, "east_mps"), part(row, "down_mps")],
        yaw_rate_rad_s: part(row, "yaw_rate_rad_s"),
        taken: true,
        from: (system, COMPONENT),
    };
    Ok(rows(file, COMMANDS)?.iter().map(setpoint).collect())
}

fn at_us(row: &Value, clock: &ClockJoin) -> u64 {
    let daemon_us = row["at_us"].as_u64().unwrap_or(0);
    clock.scenario_us(daemon_us).unwrap_or(daemon_us)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
