//! A batch's rows → columns, in the order of `schema.sql`, as Arrow record batches for DuckDB's appender.
//!
//! Column by column from `Copy` rows: DuckDB takes whole data chunks, twice as fast as row by row (bench `recorder`).
//! Times become BIGINT; powers, poses and facts whole steps, which `schema.sql` reads as DOUBLE. What is derived (a reading's
//! pose, facts, commands) is rounded; the aircraft's parts are inputs: see `append_vehicle`.

use super::append_estimate;
use super::append_log;
use super::append_message;
use super::append_rates;
use super::append_search;
use super::append_vehicle::{self, PART_TABLES};
use super::batch::{Batch, Health};
use super::columns::{all, some, text, times, truth};
use super::switch;
use duckdb::arrow::array::{ArrayRef, FixedSizeListArray, PrimitiveArray, StringArray};
use duckdb::arrow::datatypes::{
    DataType, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type,
};
use duckdb::arrow::error::ArrowError;
use duckdb::arrow::record_batch::RecordBatch;
use skyhound::command::{Command, Course, OperatorAct, Reason, StateChange, Trip};
use skyhound::facts::{Detection, Facts, Floor, Gradient};
use skyhound::limits::SPECTRUM_BINS;
use skyhound::record::{Event, LinkReport, PlacedReading, Taken};
use skyhound::signal::{Flags, Hearing, Pulse, Spectrum};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound::vehicle::Pose;
use std::sync::Arc;

/// The columns of all tables that have rows, with the tables' names.
///
/// # Errors
/// Never with the tables as they are: only columns of unequal length would be refused.
pub fn columns(batch: &Batch) -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
    let mut tables = Vec::new();
    let mut add = |table: &'static str, empty: bool, columns: &dyn Fn() -> Vec<ArrayRef>| {
        if empty {
            return Ok(());
        }
        // The appender goes by position; names serve messages only.
        let named =
            columns().into_iter().enumerate().map(|(at, column)| (format!("{table}.{at}"), column, true));
        tables.push((table, RecordBatch::try_from_iter_with_nullable(named)?));
        Ok::<(), ArrowError>(())
    };
    add("reading", batch.readings.is_empty(), &|| reading(&batch.readings))?;
    add("spectrum", batch.spectra.is_empty(), &|| spectrum(&batch.spectra))?;
    add("signal", batch.facts.is_empty(), &|| signal(&batch.facts))?;
    add("detection", batch.detections.is_empty(), &|| detection(&batch.detections))?;
    add("pulse", batch.pulses.is_empty(), &|| pulse(&batch.pulses))?;
    add("hearing", batch.hearings.is_empty(), &|| hearing(&batch.hearings))?;
    add("beacon_message", batch.messages.is_empty(), &|| append_message::columns(&batch.messages))?;
    add("command", batch.commands.is_empty(), &|| command(&batch.commands))?;
    add("state_change", batch.state_changes.is_empty(), &|| state_change(&batch.state_changes))?;
    add("event", batch.events.is_empty(), &|| event(&batch.events))?;
    add("operator", batch.operators.is_empty(), &|| operator(&batch.operators))?;
    add("health", batch.healths.is_empty(), &|| health(&batch.healths))?;
    add("link", batch.links.is_empty(), &|| link(&batch.links))?;
    add("estimate", batch.estimates.is_empty(), &|| append_estimate::estimate(&batch.estimates))?;
    add("estimate_region", batch.regions.is_empty(), &|| append_estimate::region(&batch.regions))?;
    add("search", batch.searches.is_empty(), &|| append_search::search(&batch.searches))?;
    add("search_cell", batch.search_cells.is_empty(), &|| append_search::cells(&batch.search_cells))?;
    add("vehicle_motion", batch.motions.is_empty(), &|| append_rates::motion(&batch.motions))?;
    add("vehicle_status", batch.statuses.is_empty(), &|| append_rates::status(&batch.statuses))?;
    add("pass", batch.passes.is_empty(), &|| pass(&batch.passes))?;
    add("log", batch.log.entries.is_empty(), &|| append_log::columns(&batch.log.entries))?;
    add("switch", batch.switches.is_empty(), &|| switch::columns(&batch.switches))?;
    for (place, (table, rows)) in PART_TABLES.into_iter().zip(&batch.parts).enumerate() {
        add(table, rows.is_empty(), &|| append_vehicle::columns(place, rows))?;
    }
    Ok(tables)
}

fn power<R>(rows: &[R], value: impl Fn(&R) -> CentiDb) -> ArrayRef {
    all::<Int16Type, R>(rows, |row| value(row).hundredths())
}

fn reading(rows: &[PlacedReading]) -> Vec<ArrayRef> {
    let posed = |value: &dyn Fn(&Pose) -> Option<f64>| {
        some::<Int32Type, _>(rows, |row| row.pose.as_ref().and_then(value).map(|steps| steps.round() as i32))
    };
    vec![
        times(rows, |row| row.reading.acquired_us),
        all::<Int64Type, _>(rows, |row| row.reading.sample_index as i64),
        all::<UInt8Type, _>(rows, |row| row.reading.channel),
        power(rows, |row| row.reading.mean),
        power(rows, |row| row.reading.peak),
        some::<Int16Type, _>(rows, |row| {
            (!row.reading.flags.any(Flags::NO_QUIET)).then(|| row.reading.quiet.hundredths())
        }),
        all::<UInt16Type, _>(rows, |row| row.reading.clipping_e4),
        all::<UInt16Type, _>(rows, |row| row.reading.flags.0),
        all::<UInt16Type, _>(rows, |row| row.reading.frame_count),
        posed(&|pose| Some(pose.place.lat_deg * 1e7)),
        posed(&|pose| Some(pose.place.lon_deg * 1e7)),
        posed(&|pose| Some(pose.alt_rel_m * 1e2)),
        some::<Int16Type, _>(rows, |row| {
            row.pose?.attitude.map(|attitude| (attitude.yaw_rad.to_degrees() * 1e2).round() as i16)
        }),
        some::<UInt32Type, _>(rows, |row| row.pose.map(|pose| pose.gap_us)),
    ]
}

fn spectrum(rows: &[Spectrum]) -> Vec<ArrayRef> {
    let powers: PrimitiveArray<Int16Type> = rows
        .iter()
        .flat_map(|row| {
            let bins = usize::from(row.bin_count);
            row.power
                .iter()
                .enumerate()
                .map(move |(bin, power)| (bin < bins).then(|| (power.db() * 1e1).round() as i16))
        })
        .collect();
    // A list of changing length would cost the WAL a hundred bytes for each bin.
    let field = Arc::new(Field::new("power_e1", DataType::Int16, true));
    vec![
        times(rows, |row| row.acquired_us),
        all::<Float64Type, _>(rows, |row| row.first_bin_hz),
        all::<Float64Type, _>(rows, |row| row.bin_hz),
        all::<UInt16Type, _>(rows, |row| row.bin_count),
        Arc::new(FixedSizeListArray::new(field, SPECTRUM_BINS as i32, Arc::new(powers), None)),
    ]
}

fn signal(rows: &[Facts]) -> Vec<ArrayRef> {
    let steps = |value: f64, per: f64| value.is_finite().then(|| (value * per).round() as i32);
    let db = |value: &dyn Fn(&Facts) -> Option<f64>| {
        some::<Int32Type, _>(rows, |row| value(row).and_then(|value| steps(value, 1e3)))
    };
    let float = |value: &dyn Fn(&Facts) -> Option<f64>| {
        some::<Float32Type, _>(rows, |row| value(row).map(|value| value as f32))
    };
    let gradient = |value: &dyn Fn(&Gradient) -> f64| float(&|row| row.gradient.as_ref().ok().map(value));
    vec![
        times(rows, |row| row.at),
        times(rows, |row| row.newest_reading_us),
        all::<UInt8Type, _>(rows, |row| row.channel),
        all::<UInt32Type, _>(rows, |row| row.reading_count),
        some::<Int16Type, _>(rows, |row| row.power_dbfs.map(|power| (power * 1e2).round() as i16)),
        db(&|row| row.floor_temporal_dbfs),
        db(&|row| row.floor_spectral_dbfs),
        db(&|row| row.snr_db),
        text(rows, |row| {
            row.snr_db?;
            Some(match row.snr_floor {
                Floor::Spectral => "spectral",
                Floor::Temporal => "temporal",
            })
        }),
        db(&|row| row.rolling_mean_dbfs),
        db(&|row| row.volatility_db),
        db(&|row| row.delta_db),
        db(&|row| row.ewma_dbfs),
        db(&|row| row.trend.map(|trend| trend.slope_db_s)),
        some::<Int16Type, _>(rows, |row| row.trend?.r2.map(|r2| (r2 * 1e4).round() as i16)),
        gradient(&|gradient| gradient.north_db_m),
        gradient(&|gradient| gradient.east_db_m),
        gradient(&|gradient| gradient.north_variance),
        gradient(&|gradient| gradient.east_variance),
        gradient(&|gradient| gradient.covariance),
        gradient(&|gradient| gradient.bearing_rad),
        gradient(&|gradient| gradient.bearing_sigma_rad),
        gradient(&|gradient| gradient.r2),
        text(rows, |row| row.gradient.err().map(|why| why.name())),
        all::<UInt16Type, _>(rows, |row| row.pattern.pulse_count),
        some::<UInt32Type, _>(rows, |row| row.pattern.width_us),
        float(&|row| row.pattern.period_us),
        float(&|row| row.pattern.jitter_us),
        truth(rows, |row| Some(row.heard)),
    ]
}

fn detection(rows: &[Detection]) -> Vec<ArrayRef> {
    vec![
        all::<UInt32Type, _>(rows, |row| row.id),
        all::<UInt8Type, _>(rows, |row| row.channel),
        text(rows, |row| Some(row.kind.name())),
        times(rows, |row| row.began_us),
        times(rows, |row| row.confirmed_us),
        some::<Int64Type, _>(rows, |row| row.ended_us.map(|at| at.0 as i64)),
        all::<Float64Type, _>(rows, |row| row.snr_peak_db),
        all::<Float64Type, _>(rows, |row| row.power_peak_dbfs),
        some::<Float64Type, _>(rows, |row| row.heard.map(|heard| heard.frequency_hz)),
        some::<Float64Type, _>(rows, |row| row.heard.map(|heard| heard.cn0_db_hz)),
        all::<UInt16Type, _>(rows, |row| row.pattern.pulse_count),
        some::<UInt32Type, _>(rows, |row| row.pattern.width_us),
        some::<Float64Type, _>(rows, |row| row.pattern.period_us),
        some::<UInt32Type, _>(rows, |row| row.pattern.period_span_us.map(|(shortest, _)| shortest)),
        some::<UInt32Type, _>(rows, |row| row.pattern.period_span_us.map(|(_, longest)| longest)),
        some::<Float64Type, _>(rows, |row| row.pattern.jitter_us),
        all::<Float64Type, _>(rows, |row| row.false_alarm_probability),
        Arc::new(
            rows.iter().map(|row| row.beacon_id.map(|id| format!("{id:015X}"))).collect::<StringArray>(),
        ),
    ]
}

fn pulse(rows: &[Pulse]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.start_us),
        all::<UInt32Type, _>(rows, |row| row.width_us),
        all::<UInt8Type, _>(rows, |row| row.channel),
        all::<UInt16Type, _>(rows, |row| row.flags.0),
        power(rows, |row| row.mean),
        power(rows, |row| row.peak),
        power(rows, |row| row.floor),
    ]
}

fn hearing(rows: &[Hearing]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.until_us),
        all::<UInt32Type, _>(rows, |row| row.span_us),
        all::<UInt8Type, _>(rows, |row| row.channel),
        text(rows, |row| Some(row.kind.name())),
        all::<Float64Type, _>(rows, |row| row.frequency_hz),
        all::<Float64Type, _>(rows, |row| row.drift_hz_s),
        some::<UInt32Type, _>(rows, |row| row.period_us),
        all::<UInt16Type, _>(rows, |row| row.pulse_count),
        all::<UInt32Type, _>(rows, |row| row.width_us),
        power(rows, |row| row.cn0),
        power(rows, |row| row.cn0_sigma),
        power(rows, |row| row.power),
        all::<Float64Type, _>(rows, |row| row.statistic),
        all::<Float64Type, _>(rows, |row| row.threshold),
        all::<Float64Type, _>(rows, |row| row.ln_false_alarms_per_hour),
    ]
}

fn command(rows: &[(TimeUs, Command, Option<Course>)]) -> Vec<ArrayRef> {
    let velocity = |(_, command, _): &(TimeUs, Command, Option<Course>)| match command {
        Command::Velocity(velocity) => Some(*velocity),
        Command::Stop | Command::Silence(_) => None,
    };
    let trip = |(_, command, _): &(TimeUs, Command, Option<Course>)| match command {
        Command::Silence(trip) => Some(*trip),
        Command::Velocity(_) | Command::Stop => None,
    };
    let to = |row: &(TimeUs, Command, Option<Course>)| row.2.and_then(|course| course.to);
    vec![
        times(rows, |row| row.0),
        text(rows, |row| {
            Some(match row.1 {
                Command::Velocity(_) => "velocity",
                Command::Stop => "stop",
                Command::Silence(_) => "silence",
            })
        }),
        some::<Float32Type, _>(rows, |row| velocity(row).map(|v| v.north_mps as f32)),
        some::<Float32Type, _>(rows, |row| velocity(row).map(|v| v.east_mps as f32)),
        some::<Float32Type, _>(rows, |row| velocity(row).map(|v| v.down_mps as f32)),
        some::<Float32Type, _>(rows, |row| velocity(row).map(|v| v.yaw_rate_rad_s as f32)),
        text(rows, |row| trip(row).map(|trip| trip.interlock.name())),
        text(rows, |row| trip(row).map(|trip| trip.fault.name())),
        text(rows, |row| trip(row).map(|trip| trip.detail)),
        text(rows, |row| row.2.map(|course| course.aim.words())),
        some::<Int32Type, _>(rows, |row| to(row).map(|to| (to.lat_deg * 1e7).round() as i32)),
        some::<Int32Type, _>(rows, |row| to(row).map(|to| (to.lon_deg * 1e7).round() as i32)),
    ]
}

fn state_change(rows: &[StateChange]) -> Vec<ArrayRef> {
    let trip = |row: &StateChange| -> Option<Trip> {
        if let Reason::Interlock(trip) = row.reason { Some(trip) } else { None }
    };
    let reasons: StringArray = rows.iter().map(|row| Some(row.reason.to_string())).collect();
    vec![
        times(rows, |row| row.at),
        text(rows, |row| Some(row.from.name())),
        text(rows, |row| Some(row.to.name())),
        Arc::new(reasons),
        text(rows, |row| trip(row).map(|trip| trip.interlock.name())),
        text(rows, |row| trip(row).map(|trip| trip.fault.name())),
    ]
}

fn event(rows: &[Event]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.at),
        text(rows, |row| Some(row.severity.name())),
        text(rows, |row| Some(row.kind)),
        text(rows, |row| Some(row.text.as_str())),
    ]
}

fn pass(rows: &[(TimeUs, Taken)]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.0),
        all::<UInt32Type, _>(rows, |row| row.1.reading_count),
        all::<UInt32Type, _>(rows, |row| row.1.pulse_count),
        all::<UInt32Type, _>(rows, |row| row.1.hearing_count),
        truth(rows, |row| Some(row.1.sdr_alive)),
        truth(rows, |row| Some(row.1.is_end)),
    ]
}

fn operator(rows: &[(TimeUs, OperatorAct)]) -> Vec<ArrayRef> {
    vec![
        times(rows, |row| row.0),
        text(rows, |row| {
            Some(match row.1 {
                OperatorAct::HomingOn => "homing_on",
                OperatorAct::HomingOff => "homing_off",
            })
        }),
    ]
}

fn health(rows: &[Health]) -> Vec<ArrayRef> {
    let pass = |row: &Health| if let Health::Pass(_, _, report) = row { Some(*report) } else { None };
    let lane = |row: &Health| if let Health::Lane(_, _, report) = row { Some(*report) } else { None };
    vec![
        times(rows, |row| match row {
            Health::Pass(at, ..)
            | Health::Lane(at, ..)
            | Health::Discard(at, ..)
            | Health::Looked(at, ..) => *at,
        }),
        text(rows, |row| {
            Some(match row {
                Health::Pass(..) => "pass",
                Health::Lane(..) => "lane",
                Health::Discard(..) => "discard",
                Health::Looked(_, kind, ..) => kind,
            })
        }),
        text(rows, |row| match row {
            Health::Pass(_, name, _) | Health::Lane(_, name, _) | Health::Discard(_, name, _) => {
                Some(name.as_str())
            }
            Health::Looked(_, _, name, _) => Some(name),
        }),
        some::<UInt32Type, _>(rows, |row| pass(row).map(|p| p.budget_us)),
        some::<UInt32Type, _>(rows, |row| pass(row).map(|p| p.pass_count)),
        some::<UInt32Type, _>(rows, |row| pass(row).map(|p| p.miss_count)),
        some::<Int64Type, _>(rows, |row| pass(row).map(|p| p.busy_us as i64)),
        some::<UInt32Type, _>(rows, |row| pass(row).map(|p| p.longest_us)),
        some::<Int64Type, _>(rows, |row| pass(row).map(|p| p.miss_total as i64)),
        some::<Int64Type, _>(rows, |row| lane(row).map(|l| l.pushed_total as i64)),
        some::<Int64Type, _>(rows, |row| match row {
            Health::Pass(..) | Health::Looked(..) => None,
            Health::Lane(_, _, report) => Some(report.dropped_total as i64),
            Health::Discard(_, _, total) => Some(*total as i64),
        }),
        some::<Int64Type, _>(rows, |row| lane(row).map(|l| l.capacity_count as i64)),
        some::<Int64Type, _>(rows, |row| match row {
            Health::Looked(.., value) => Some(*value as i64),
            _ => None,
        }),
    ]
}

fn link(rows: &[(TimeUs, LinkReport)]) -> Vec<ArrayRef> {
    let total = |total: &dyn Fn(&LinkReport) -> u64| all::<Int64Type, _>(rows, |row| total(&row.1) as i64);
    vec![
        times(rows, |row| row.0),
        total(&|l| l.received_bytes_total),
        total(&|l| l.received_total),
        total(&|l| l.crc_error_total),
        total(&|l| l.unknown_total),
        total(&|l| l.sequence_lost_total),
        total(&|l| l.resync_total),
        total(&|l| l.garbage_bytes_total),
        total(&|l| l.foreign_total),
        total(&|l| l.sent_total),
        total(&|l| l.send_dropped_total),
        total(&|l| l.reconnect_total),
        total(&|l| l.late_total),
        total(&|l| l.unread_total),
        total(&|l| l.recalled_bytes_total),
    ]
}
