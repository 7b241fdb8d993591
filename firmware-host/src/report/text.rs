//! A report → text for a terminal: sections with aligned columns, units in the headings, at most 100 columns.

use super::facts::{LaneLine, Report};
use std::fmt::Write as _;

/// Columns at most.
const WIDTH: usize = 100;
/// Minutes shown; of longer flights the noisiest would drown, JSON has all.
const MINUTES_MAX: usize = 60;

/// Of a flight that was made of positions alone.
pub(super) const NO_READINGS: &str = "there are no readings: nothing was listened to";

/// The whole report.
pub(super) fn print(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    minutes(&mut out, report);
    detections(&mut out, report);
    estimates(&mut out, report);
    search(&mut out, report);
    messages(&mut out, report);
    states(&mut out, report);
    passes(&mut out, report);
    events(&mut out, report);
    let lines = out.lines().map(|line| cut(line.trim_end(), WIDTH));
    lines.map(|line| line + "\n").collect()
}

fn head(out: &mut String, r: &Report) {
    let live = if r.is_live { ", still being recorded" } else { "" };
    line(out, format_args!("Flight {}{live}", r.name));
    if let Some(why) = &r.unread {
        line(out, format_args!("  NOT WHOLE  {why}"));
    }
    if let Some(replayed) = &r.replayed {
        line(out, format_args!("  REPLAYED   {replayed}"));
    }
    line(out, format_args!("  start      {} ({})", r.started_utc, r.utc_source));
    line(out, format_args!("  duration   {}", length(r.duration_s)));
    let (rate, tuned) = (r.sample_rate_sps / 1e6, r.frequency_hz / 1e6);
    line(out, format_args!("  sdr        {} at {tuned:.4} MHz, {rate:.3} MS/s", r.sdr));
    line(out, format_args!("  autopilot  {}", r.autopilot));
    let placed = r.placed_ratio.map_or(String::new(), |ratio| format!(", {:.1} % with pose", ratio * 100.0));
    line(out, format_args!("  readings   {}{placed}; pulses {}", r.reading_count, r.pulse_count));
    line(
        out,
        format_args!(
            "  flagged    {} unusable, {} overflow, {} gap, {} clipped",
            r.unusable_count, r.overflow_count, r.gap_count, r.clipped_count
        ),
    );
    let lost: Vec<_> = r.lanes.iter().filter(|lane| lane.dropped_count > 0).collect();
    if r.lanes.is_empty() {
        line(out, format_args!("  losses     not recorded"));
    } else if lost.is_empty() {
        line(out, format_args!("  losses     none in {} lanes", r.lanes.len()));
    }
    for lane in lost {
        let LaneLine { name, pushed_count, dropped_count } = lane;
        if *pushed_count == 0 {
            line(out, format_args!("  losses     {dropped_count} {name}"));
            continue;
        }
        let all = dropped_count + pushed_count;
        line(out, format_args!("  losses     {dropped_count} of {all} in lane {name}"));
    }
    if let Some(link) = &r.link {
        line(
            out,
            format_args!(
                "  link       {} frames in, {} lost, {} CRC errors, {} garbage bytes, {} foreign",
                link.received_count,
                link.sequence_lost_count,
                link.crc_error_count,
                link.garbage_bytes,
                link.foreign_count
            ),
        );
        line(
            out,
            format_args!(
                "             {} came late, {} reads lost; {} frames out, {} not sent, {} reconnects",
                link.late_count,
                link.unread_count,
                link.sent_count,
                link.send_dropped_count,
                link.reconnect_count
            ),
        );
    }
}

fn minutes(out: &mut String, r: &Report) {
    if r.minutes.is_empty() {
        return;
    }
    line(out, format_args!("\nNoise and SNR per minute (power in dBFS, SNR in dB)"));
    line(
        out,
        format_args!(
            "  {:>6}  {:<16} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7}",
            "minute", "beacon", "readings", "p10", "p50", "p90", "floor", "SNR p50", "p90", "max"
        ),
    );
    for m in r.minutes.iter().take(MINUTES_MAX) {
        line(
            out,
            format_args!(
                "  {:>6}  {:<16} {:>8} {:>8.2} {:>8.2} {:>8.2} {:>8} {:>7} {:>7} {:>7}",
                m.minute,
                cut(&m.beacon, 16),
                m.reading_count,
                m.p10_dbfs,
                m.p50_dbfs,
                m.p90_dbfs,
                number(m.floor_dbfs, 2),
                number(m.snr_p50_db, 1),
                number(m.snr_p90_db, 1),
                number(m.snr_max_db, 1)
            ),
        );
    }
    if r.minutes.len() > MINUTES_MAX {
        line(
            out,
            format_args!("  … and {} more lines; the JSON report has all", r.minutes.len() - MINUTES_MAX),
        );
    }
}

fn detections(out: &mut String, r: &Report) {
    if r.reading_count == 0 {
        return line(out, format_args!("\nDetections: nothing heard; {NO_READINGS}"));
    }
    if r.detections.is_empty() {
        let floor = r.minutes.iter().filter_map(|m| m.floor_dbfs.or(Some(m.p10_dbfs))).reduce(f64::max);
        let floor =
            floor.map_or(String::new(), |dbfs| format!("; the noise floor was at most {dbfs:.2} dBFS"));
        return line(out, format_args!("\nDetections: nothing heard{floor}"));
    }
    line(out, format_args!("\nDetections"));
    line(
        out,
        format_args!(
            "  {:>3}  {:<10} {:<11} {:>7} {:>6} {:>6} {:>6} {:>8} {:>9}  {}",
            "id",
            "beacon",
            "kind",
            "began s",
            "long s",
            "SNR dB",
            "pulses",
            "width ms",
            "period ms",
            "strongest at"
        ),
    );
    for d in &r.detections {
        let place = match (d.lat_deg, d.lon_deg) {
            (Some(lat_deg), Some(lon_deg)) => format!("{lat_deg:.5} {lon_deg:.5}"),
            _ => "-".to_string(),
        };
        line(
            out,
            format_args!(
                "  {:>3}  {:<10} {:<11} {:>7.1} {:>6} {:>6.1} {:>6} {:>8} {:>9}  {place}",
                d.id,
                cut(&d.beacon, 10),
                d.kind,
                d.began_s,
                d.length_s.map_or("open".to_string(), |s| format!("{s:.1}")),
                d.snr_peak_db,
                d.pulse_count,
                number(d.pulse_width_ms, 2),
                number(d.pulse_period_ms, 2)
            ),
        );
    }
}

fn estimates(out: &mut String, r: &Report) {
    if r.estimates.is_empty() {
        return;
    }
    line(
        out,
        format_args!("\nLast estimate of where the beacon is (radius of a circle as large as the region)"),
    );
    line(
        out,
        format_args!(
            "  {:<10} {:>8}  {:<20} {:>6} {:>7} {:>7} {:>8} {:>9} {:>6}",
            "beacon", "at s", "lat lon", "± m", "50 % m", "95 % m", "exponent", "spread dB", "places"
        ),
    );
    for e in &r.estimates {
        line(
            out,
            format_args!(
                "  {:<10} {:>8.1}  {:<20} {:>6.0} {:>7.0} {:>7.0} {:>8.1} {:>9.1} {:>6}",
                cut(&e.beacon, 10),
                e.at_s,
                format!("{:.5} {:.5}", e.lat_deg, e.lon_deg),
                e.deviation_m,
                e.radius_50_m,
                e.radius_95_m,
                e.exponent,
                e.spread_db,
                e.observation_count
            ),
        );
    }
}

fn search(out: &mut String, r: &Report) {
    let Some(s) = &r.search else { return };
    let spacing = s.spacing_m.map_or(String::new(), |m| format!(", spacing {m:.0} m"));
    let flown =
        if s.is_flown { format!(", {:.0} % of the route flown", 100.0 * s.progress) } else { String::new() };
    line(out, format_args!("\nSearch: {}{spacing}{flown}, {} listenings", s.pattern, s.listening_count));
    line(
        out,
        format_args!(
            "  searched {:.3} of {:.3} km² (POD a half or more), floor {:.1} dBm/Hz; POS so far {:.1} %",
            s.searched_km2,
            s.area_km2,
            s.floor_dbm_hz,
            100.0 * s.pos
        ),
    );
    if s.detection_count == 0 {
        line(
            out,
            format_args!(
                "  nothing heard: what was there with even odds before is not there with {:.1} %",
                100.0 * s.not_there
            ),
        );
    }
}

fn messages(out: &mut String, r: &Report) {
    if r.messages.is_empty() {
        return;
    }
    line(out, format_args!("\nMessages of distress beacons"));
    line(
        out,
        format_args!(
            "  {:<10} {:<15} {:>5} {:>8} {:>8} {:>8}  {}",
            "beacon", "id", "count", "first s", "last s", "dB-Hz", "says"
        ),
    );
    for m in &r.messages {
        let test = if m.test { ", a TEST" } else { "" };
        line(
            out,
            format_args!(
                "  {:<10} {:<15} {:>5} {:>8.1} {:>8.1} {:>8.1}  {}{test}, {}",
                cut(&m.beacon, 10),
                m.id,
                m.count,
                m.first_s,
                m.last_s,
                m.cn0_max_db_hz,
                m.kind,
                m.country
            ),
        );
        line(out, format_args!("  {:>59}  {}", "", m.identity));
        if let (Some(lat_deg), Some(lon_deg), Some(arcsec)) =
            (m.says_lat_deg, m.says_lon_deg, m.resolution_arcsec)
        {
            line(out, format_args!("  {:>59}  at {lat_deg:.5} {lon_deg:.5} to {arcsec}\" of arc", ""));
        }
    }
}

fn states(out: &mut String, r: &Report) {
    if r.states.is_empty() {
        line(out, format_args!("\nStates: no change"));
    } else {
        line(out, format_args!("\nStates"));
        line(out, format_args!("  {:<12} {:>8} {:>10}", "state", "entered", "time"));
    }
    for s in &r.states {
        line(out, format_args!("  {:<12} {:>8} {:>10}", s.state, s.entered_count, length(s.time_s)));
    }
    if r.trips.is_empty() {
        return line(out, format_args!("\nInterlock trips: none"));
    }
    line(out, format_args!("\nInterlock trips"));
    line(out, format_args!("  {:<16} {:<14} {:>6} {:>9}", "interlock", "fault", "count", "first s"));
    for t in &r.trips {
        line(out, format_args!("  {:<16} {:<14} {:>6} {:>9.1}", t.interlock, t.fault, t.count, t.first_s));
    }
}

fn passes(out: &mut String, r: &Report) {
    if r.passes.is_empty() {
        return;
    }
    line(out, format_args!("\nPasses against their budgets"));
    line(
        out,
        format_args!(
            "  {:<16} {:>10} {:>8} {:>10} {:>10} {:>10}",
            "thread", "passes", "late", "budget ms", "mean ms", "longest ms"
        ),
    );
    for p in &r.passes {
        line(
            out,
            format_args!(
                "  {:<16} {:>10} {:>8} {:>10.3} {:>10} {:>10.3}",
                cut(&p.name, 16),
                p.pass_count,
                p.miss_count,
                p.budget_ms,
                number(p.mean_ms, 3),
                p.longest_ms
            ),
        );
    }
}

fn events(out: &mut String, r: &Report) {
    if r.events.is_empty() {
        return line(out, format_args!("\nEvents: none"));
    }
    line(out, format_args!("\nEvents"));
    line(out, format_args!("  {:<9} {:<18} {:>6} {:>9}  {}", "severity", "kind", "count", "first s", "last"));
    for e in &r.events {
        line(
            out,
            format_args!(
                "  {:<9} {:<18} {:>6} {:>9.1}  {}",
                e.severity,
                cut(&e.kind, 18),
                e.count,
                e.first_s,
                e.last_text.replace(['\n', '\r', '\t'], " ")
            ),
        );
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

fn number(value: Option<f64>, places: usize) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.places$}"))
}

/// Seconds as people read them: `59.9 s`, `12 min 03 s`, `1 h 02 min`.
pub(super) fn length(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// At most `width` characters; what is cut shows as `…`.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}
