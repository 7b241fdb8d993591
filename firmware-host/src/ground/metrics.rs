//! Figures of the flight for Prometheus, in its text format 0.0.4: base units, totals that only grow, names of what there are several of as labels.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;

use super::Shared;
use super::reply::typed;
use crate::ctl::Status;

/// Figures, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, description = "Prometheus' text format 0.0.4", body = String)))]
pub async fn metrics(State(site): State<Shared>) -> Response {
    let text = site.status().map_or_else(String::new, |(status, _)| written(&status));
    typed("text/plain; version=0.0.4; charset=utf-8", text)
}

/// One family after the other, each with what it is.
struct Page(String);

impl Page {
    fn family<'a>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        samples: impl IntoIterator<Item = (Option<(&'a str, &'a str)>, Option<f64>)>,
    ) {
        let mut samples = samples.into_iter().filter_map(|(label, value)| Some((label, value?))).peekable();
        if samples.peek().is_none() {
            return;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP skyhound_{name} {help}\n# TYPE skyhound_{name} {kind}");
        for (label, value) in samples {
            let label =
                label.map(|(name, value)| format!("{{{name}=\"{}\"}}", escaped(value))).unwrap_or_default();
            let _ = writeln!(self.0, "skyhound_{name}{label} {value}");
        }
    }

    fn one(&mut self, what: (&str, &str, &str), value: Option<f64>) {
        self.family(what, [(None, value)]);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn written(status: &Status) -> String {
    let mut page = Page(String::new());
    page.family(
        ("info", "gauge", "Version of the daemon."),
        [(Some(("version", status.version.as_str())), Some(1.0))],
    );
    page.one(("uptime_seconds", "gauge", "Time since the start."), Some(status.uptime_s));
    page.family(
        ("state", "gauge", "Our state, 1 for the one we are in."),
        [(Some(("state", status.state.as_str())), Some(1.0))],
    );
    page.one(
        ("homing_enabled", "gauge", "Whether the operator has enabled homing."),
        Some(is(status.homing_enabled)),
    );
    page.one(
        ("homing_locked", "gauge", "Whether homing cannot be enabled or cannot command now."),
        Some(is(status.locked.is_some())),
    );
    channels(&mut page, status);
    vehicle(&mut page, status);
    totals(&mut page, status);
    recorder(&mut page, status);
    threads(&mut page, status);
    page.0
}

fn is(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn channels(page: &mut Page, status: &Status) {
    let channels =
        || status.channels.iter().map(|channel| (Some(("beacon", channel.name.as_str())), channel));
    page.family(
        ("channel_power_dbfs", "gauge", "Newest power of a beacon's channel."),
        channels().map(|(label, channel)| (label, channel.power_dbfs)),
    );
    page.family(
        ("channel_floor_dbfs", "gauge", "Noise floor of a beacon's channel."),
        channels().map(|(label, channel)| (label, channel.floor_dbfs)),
    );
    page.family(
        ("channel_snr_db", "gauge", "Power over that floor."),
        channels().map(|(label, channel)| (label, channel.snr_db)),
    );
    page.family(
        ("channel_heard", "gauge", "Whether the beacon is heard."),
        channels().map(|(label, channel)| (label, Some(is(channel.heard)))),
    );
}

fn vehicle(page: &mut Page, status: &Status) {
    let vehicle = &status.vehicle;
    page.one(("vehicle_armed", "gauge", "Motors armed."), vehicle.armed.map(is));
    page.one(("vehicle_battery_ratio", "gauge", "Remaining battery, 0 to 1."), vehicle.battery_ratio);
    page.one(("vehicle_altitude_meters", "gauge", "Altitude above home."), vehicle.alt_rel_m);
    page.one(
        ("vehicle_heartbeat_age_seconds", "gauge", "Age of the autopilot's heartbeat."),
        vehicle.heartbeat_age_s,
    );
    page.one(("vehicle_position_age_seconds", "gauge", "Age of its position."), vehicle.position_age_s);
}

fn totals(page: &mut Page, status: &Status) {
    let link = &status.link;
    for (name, help, value) in [
        ("link_received_total", "Messages of the autopilot.", link.received_total),
        ("link_crc_error_total", "Frames whose checksum was wrong.", link.crc_error_total),
        ("link_sequence_lost_total", "Messages lost by their sequence numbers.", link.sequence_lost_total),
        ("link_sent_total", "Messages sent.", link.sent_total),
        ("link_send_dropped_total", "Messages that the line did not take.", link.send_dropped_total),
        ("link_reconnect_total", "Times the line was opened again.", link.reconnect_total),
        ("sdr_lost_samples_total", "Samples lost.", status.sdr.lost_samples_total),
        ("sdr_reopen_total", "Times the SDR was opened again.", status.sdr.reopen_total),
        ("recorder_rows_total", "Rows committed.", status.recorder.rows_total),
    ] {
        page.one((name, "counter", help), Some(value as f64));
    }
}

fn recorder(page: &mut Page, status: &Status) {
    page.one(("sdr_alive", "gauge", "Whether samples come."), Some(is(status.sdr.alive)));
    page.one(
        ("recorder_recording", "gauge", "Whether the flight is being recorded."),
        Some(is(status.recorder.state == "recording")),
    );
    page.one(
        ("recorder_file_bytes", "gauge", "Size of the flight file."),
        Some(status.recorder.file_mb * 1e6),
    );
    page.one(
        ("recorder_wal_bytes", "gauge", "Size of its write-ahead log."),
        Some(status.recorder.wal_mb * 1e6),
    );
    page.one(
        ("process_resident_bytes", "gauge", "Memory of the daemon."),
        Some(status.recorder.resident_mb * 1e6),
    );
    page.one(
        ("recorder_left_seconds", "gauge", "Time until the disk has its reserve only."),
        status.recorder.left_h.map(|hours| hours * 3600.0),
    );
    page.one(
        ("recorder_commit_longest_seconds", "gauge", "Longest commit."),
        Some(status.recorder.commit_longest_ms / 1e3),
    );
}

fn threads(page: &mut Page, status: &Status) {
    let lanes = || status.lanes.iter().map(|lane| (Some(("lane", lane.name.as_str())), lane));
    page.family(
        ("lane_pushed_total", "counter", "Records put into a lane."),
        lanes().map(|(label, lane)| (label, Some(lane.pushed_total as f64))),
    );
    page.family(
        ("lane_dropped_total", "counter", "Records that found no room in it."),
        lanes().map(|(label, lane)| (label, Some(lane.dropped_total as f64))),
    );
    let passes = || status.passes.iter().map(|pass| (Some(("thread", pass.name.as_str())), pass));
    page.family(
        ("pass_late_total", "counter", "Passes over their budget."),
        passes().map(|(label, pass)| (label, Some(pass.miss_total as f64))),
    );
    page.family(
        ("pass_longest_seconds", "gauge", "Longest pass of the last second."),
        passes().map(|(label, pass)| (label, Some(f64::from(pass.longest_us) / 1e6))),
    );
}
