//! Tables of what was heard and of how the machine did.

use super::super::debrief::Debrief;
use super::{DEGREES, Sheet, count, maybe, n, sheet, t};

/// Time in each state.
pub fn states(flight: &Debrief) -> Sheet {
    sheet("States", &["state", "entered", "time_s"], &flight.report.states, |s| {
        vec![t(&s.state), count(s.entered_count), n(s.time_s, 1)]
    })
}

/// Each detection.
pub fn detections(flight: &Debrief) -> Sheet {
    let columns = [
        "id",
        "beacon",
        "kind",
        "began_s",
        "length_s",
        "snr_peak_db",
        "power_peak_dbfs",
        "pulses",
        "width_ms",
        "period_ms",
        "lat_deg",
        "lon_deg",
    ];
    sheet("Detections", &columns, &flight.report.detections, |d| {
        vec![
            count(d.id),
            t(&d.beacon),
            t(&d.kind),
            n(d.began_s, 1),
            maybe(d.length_s, 1),
            n(d.snr_peak_db, 1),
            n(d.power_peak_dbfs, 1),
            count(d.pulse_count),
            maybe(d.pulse_width_ms, 2),
            maybe(d.pulse_period_ms, 2),
            maybe(d.lat_deg, DEGREES),
            maybe(d.lon_deg, DEGREES),
        ]
    })
}

/// Noise and SNR of each channel by minute.
pub fn minutes(flight: &Debrief) -> Sheet {
    let columns = [
        "minute",
        "beacon",
        "readings",
        "p10_dbfs",
        "p50_dbfs",
        "p90_dbfs",
        "floor_dbfs",
        "snr_p50_db",
        "snr_p90_db",
        "snr_max_db",
    ];
    sheet("Noise and SNR by minute", &columns, &flight.report.minutes, |m| {
        vec![
            count(m.minute),
            t(&m.beacon),
            count(m.reading_count),
            n(m.p10_dbfs, 2),
            n(m.p50_dbfs, 2),
            n(m.p90_dbfs, 2),
            maybe(m.floor_dbfs, 2),
            maybe(m.snr_p50_db, 1),
            maybe(m.snr_p90_db, 1),
            maybe(m.snr_max_db, 1),
        ]
    })
}

/// Noise of each channel by height.
pub fn heights(flight: &Debrief) -> Sheet {
    let columns = [
        "beacon",
        "height_from_m",
        "height_to_m",
        "readings",
        "floor_p10_dbfs",
        "floor_p50_dbfs",
        "floor_p90_dbfs",
    ];
    sheet("Noise by height", &columns, &flight.noise_by_height, |h| {
        vec![
            t(&h.beacon),
            n(h.height_from_m, 0),
            n(h.height_to_m, 0),
            count(h.reading_count),
            n(h.floor_p10_dbfs, 2),
            n(h.floor_p50_dbfs, 2),
            n(h.floor_p90_dbfs, 2),
        ]
    })
}

/// Threads against their budgets.
pub fn passes(flight: &Debrief) -> Sheet {
    let columns = ["thread", "passes", "late", "budget_ms", "mean_ms", "longest_ms"];
    sheet("Deadlines", &columns, &flight.report.passes, |p| {
        vec![
            t(&p.name),
            count(p.pass_count),
            count(p.miss_count),
            n(p.budget_ms, 3),
            maybe(p.mean_ms, 3),
            n(p.longest_ms, 3),
        ]
    })
}

/// What did not fit.
pub fn losses(flight: &Debrief) -> Sheet {
    sheet("Losses", &["lane", "fitted", "lost"], &flight.report.lanes, |lane| {
        vec![t(&lane.name), count(lane.pushed_count), count(lane.dropped_count)]
    })
}

/// Events by kind.
pub fn events(flight: &Debrief) -> Sheet {
    sheet("Events", &["severity", "kind", "count", "first_s", "last"], &flight.report.events, |e| {
        vec![t(&e.severity), t(&e.kind), count(e.count), n(e.first_s, 1), t(&e.last_text)]
    })
}
