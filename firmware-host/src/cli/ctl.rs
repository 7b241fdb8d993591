//! `skyhound ctl`: the operator's words to the skyhound that is flying.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::failure::{Failure, output_failure, print};
use super::query::by_door;
use crate::ctl::{
    Ask, ChannelStatus, LinkStatus, ProfileStatus, RecorderStatus, SearchStatus, Status, VehicleStatus, ask,
    socket_found,
};
use crate::store::Format;

/// Arguments of `skyhound ctl`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The daemon's socket; without it the system's, else yours
    #[arg(long, global = true, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What the operator wants.
#[derive(Clone, Debug, Subcommand)]
pub enum Act {
    /// How it goes
    Status,
    /// Allow homing, or stop it
    Homing {
        /// on: until something stops it; off: now
        #[arg(value_enum)]
        to: OnOff,
    },
    /// Tell which profile is in force and which there are; with NAME seek by that one from now on. Not while homing is on
    Profile {
        /// Which; "none": the flight's own settings, without one
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// A key that profiles hold, over it: section.key=value, for example beacon.0.frequency_hz=150.1e6
        #[arg(long = "set", value_name = "KEY=VALUE", requires = "name")]
        sets: Vec<String>,
    },
    /// Ask the flight that is being recorded with SQL
    Query {
        /// Question in SQL, for example "select * from detections"
        #[arg(value_name = "SQL")]
        sql: String,
        /// Form of the answer
        #[arg(long, default_value = "table", conflicts_with = "json", value_name = "table|csv|json|parquet")]
        format: Format,
    },
    /// End the daemon; the flight file is closed cleanly
    Stop,
}

/// On or off.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

/// Runs it.
///
/// # Errors
/// Nobody answers, or the daemon refuses: with its reason.
pub fn run(args: Args) -> Result<(), Failure> {
    let found = || {
        socket_found().ok_or_else(|| {
            Failure::Failed("no skyhound flies here; start one (`skyhound fly`) or name its --socket".into())
        })
    };
    let path = args.socket.map_or_else(found, Ok)?;
    let question = match &args.act {
        Act::Status => Ask::Status,
        Act::Homing { to } => Ask::Homing { on: *to == OnOff::On },
        Act::Stop => Ask::Stop,
        Act::Profile { name, sets } => Ask::Profile { name: name.clone(), sets: sets.clone() },
        Act::Query { sql, .. } if args.json => return question(&path, sql, Format::Json),
        Act::Query { sql, format } => return question(&path, sql, *format),
    };
    let answer = ask(&path, question).map_err(Failure::Failed)?;
    if !answer.ok {
        return Err(Failure::Failed(answer.said.unwrap_or_else(|| "refused".into())));
    }
    print(&match (&answer.status, &answer.profiles) {
        (Some(status), _) if args.json => format!("{:#}\n", serde_json::json!(status)),
        _ if args.json => format!("{:#}\n", serde_json::json!(answer)),
        (Some(status), _) => text(status),
        (None, Some(profiles)) => profiles_text(profiles),
        (None, None) => format!("{}\n", answer.said.unwrap_or_else(|| "done".into())),
    })
}

fn question(door: &Path, sql: &str, format: Format) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    if let Some(why) = by_door(door, sql, format, None, &mut out)? {
        return Err(Failure::Failed(why));
    }
    out.flush().map_err(|error| output_failure(&error))
}

/// The one in force is marked.
fn profiles_text(profiles: &[ProfileStatus]) -> String {
    let width = profiles.iter().map(|profile| profile.name.len()).max().unwrap_or(0);
    let none = if profiles.iter().any(|profile| profile.in_force) { "" } else { "no profile is in force\n" };
    let line = |profile: &ProfileStatus| {
        let (mark, own) =
            (if profile.in_force { ">" } else { " " }, if profile.built_in { "" } else { " (your own)" });
        format!("{mark} {:<width$}  {}{own}\n", profile.name, profile.description)
    };
    profiles.iter().map(line).fold(none.to_string(), |text, line| text + &line)
}

fn search_text(search: &SearchStatus) -> String {
    let flown = if search.flown { " (flying)" } else { "" };
    format!(
        "{} · {:.0} % flown{flown} · searched {:.3} of {:.3} km² · POS {:.1} %",
        search.pattern,
        100.0 * search.progress,
        search.searched_m2 / 1e6,
        search.area_m2 / 1e6,
        100.0 * search.pos
    )
}

/// Status for people. What is unknown is a dash.
fn text(status: &Status) -> String {
    flight_text(status) + &daemon_text(status)
}

/// Our state, the aircraft, the beacons and the search.
pub fn flight_text(status: &Status) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<10} {value}\n"));
    let homing = if status.homing_enabled { "on" } else { "off" };
    let target = known(Some(&status.target).filter(|target| !target.is_empty()));
    line("state", format!("{} · homing {homing} · target {target}", status.state));
    if let Some(course) = &status.course {
        line("flies", course.clone());
    }
    if let Some(profile) = &status.profile {
        line("seeks", profile.clone());
    }
    if status.is_bench {
        line("BENCH", "a recording may steer: never with an aircraft in the air".into());
    }
    if status.missing.is_empty()
        && let Some(why) = &status.locked
    {
        line("locked", why.clone());
    }
    for why in &status.missing {
        line("locked", why.clone());
    }
    if let Some(why) = &status.latched {
        line("stopped by", why.clone());
    }
    line("aircraft", aircraft_text(&status.vehicle));
    for channel in &status.channels {
        line("beacon", channel_text(channel));
    }
    if let Some(search) = &status.search {
        line("search", search_text(search));
    }
    lines.concat()
}

fn daemon_text(status: &Status) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<10} {value}\n"));
    let sdr = &status.sdr;
    let alive = if sdr.alive { "alive" } else { "NO SAMPLES" };
    line(
        "samples",
        format!("{} · {alive} · {} lost · {} reopened", sdr.source, sdr.lost_samples_total, sdr.reopen_total),
    );
    line("link", link_text(&status.link));
    for other in &status.link.others {
        line("also heard", other.clone());
    }
    let recorder = &status.recorder;
    let file = known(recorder.file.as_ref());
    line("file", format!("{} · {file} · {} rows", recorder.state, recorder.rows_total));
    line("database", database_text(recorder));
    for alarm in &recorder.alarms {
        line("ALARM", alarm.clone());
    }
    for lane in status.lanes.iter().filter(|lane| lane.dropped_total > 0) {
        let all = lane.pushed_total + lane.dropped_total;
        line("DROPPED", format!("{} of {all} in lane {}", lane.dropped_total, lane.name));
    }
    for pass in &status.passes {
        line("passes", format!("{}: longest {} µs, {} late", pass.name, pass.longest_us, pass.miss_total));
    }
    for refused in &status.refused {
        line("refused", refused.clone());
    }
    line("daemon", format!("{} · pid {} · up {:.0} s", status.version, status.pid, status.uptime_s));
    lines.concat()
}

fn database_text(recorder: &RecorderStatus) -> String {
    let growth = recorder.growth_mb_per_h.map_or_else(|| "—".into(), |growth| format!("{growth:.1}"));
    let left = recorder.left_h.map_or_else(|| "—".into(), |left| format!("{left:.0}"));
    format!(
        "{:.0} rows/s · {:.1} MB, {growth} MB/h, disk for {left} h · WAL {:.1} MB, {} checkpoints, longest {:.0} ms · longest \
         commit {:.0} ms · memory {:.0} MB of {:.0} MB, {} threads",
        recorder.rows_per_s,
        recorder.file_mb,
        recorder.wal_mb,
        recorder.checkpoint_total,
        recorder.checkpoint_longest_ms,
        recorder.commit_longest_ms,
        recorder.memory_mb,
        recorder.resident_mb,
        recorder.threads
    )
}

fn aircraft_text(vehicle: &VehicleStatus) -> String {
    let armed = match vehicle.armed {
        Some(true) => "armed",
        Some(false) => "disarmed",
        None => "—",
    };
    let place = vehicle.lat_deg.zip(vehicle.lon_deg).map(|(lat, lon)| format!("{lat:.6} {lon:.6}"));
    format!(
        "{} {} {armed} · {} · {} m over home, {} m over ground · battery {} · heartbeat {} s, position {} s old",
        known(vehicle.firmware.as_ref()),
        known(vehicle.mode.as_ref()),
        known(place.as_ref()),
        rounded(vehicle.alt_rel_m),
        rounded(vehicle.height_m),
        known(vehicle.battery_ratio.map(|ratio| format!("{:.0} %", ratio * 100.0)).as_ref()),
        rounded(vehicle.heartbeat_age_s),
        rounded(vehicle.position_age_s),
    )
}

fn link_text(link: &LinkStatus) -> String {
    format!(
        "{} · {} in, {} lost, {} late, {} bad · {} out, {} dropped · {} reconnects",
        link.address,
        link.received_total,
        link.sequence_lost_total,
        link.late_total,
        link.crc_error_total,
        link.sent_total,
        link.send_dropped_total,
        link.reconnect_total,
    )
}

fn channel_text(channel: &ChannelStatus) -> String {
    let heard = if channel.heard { "HEARD" } else { "not heard" };
    let mut text = format!(
        "{} {:.3} MHz · {heard} · {} dBFS (filtered {}), floor {}, SNR {} dB",
        channel.name,
        channel.frequency_hz / 1e6,
        rounded(channel.power_dbfs),
        rounded(channel.ewma_dbfs),
        rounded(channel.floor_dbfs),
        rounded(channel.snr_db),
    );
    if let (Some(width_us), Some(period_us)) = (channel.pulse_width_us, channel.pulse_period_us) {
        let (width_ms, period_ms) = (f64::from(width_us) / 1e3, period_us / 1e3);
        let _ = write!(text, " · {} pulses of {width_ms:.1} ms every {period_ms:.1} ms", channel.pulse_count);
    }
    if let (Some(bearing), Some(sigma)) = (channel.bearing_deg, channel.bearing_sigma_deg) {
        let _ = write!(text, " · bearing {bearing:.0}° ± {sigma:.0}°");
    }
    text
}

fn known(text: Option<&String>) -> &str {
    text.map_or("—", String::as_str)
}

fn rounded(value: Option<f64>) -> String {
    value.map_or_else(|| "—".to_string(), |value| format!("{value:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_a_dash_and_what_is_wrong_stands_out() {
        let mut status = Status { state: "HOMING".into(), homing_enabled: true, ..Status::default() };
        status.channels =
            vec![ChannelStatus { name: "fox".into(), frequency_hz: 433.96e6, ..ChannelStatus::default() }];
        let unknown = text(&status);
        assert!(unknown.contains("state      HOMING · homing on · target —\n"), "{unknown}");
        assert!(
            unknown.contains("fox 433.960 MHz · not heard · — dBFS (filtered —), floor —, SNR — dB\n"),
            "{unknown}"
        );
        assert!(unknown.contains("NO SAMPLES"), "{unknown}");
        status.latched = Some("battery refused".into());
        status.course = Some("to where it is (47.30000 8.50000)".into());
        status.channels[0].pulse_width_us = Some(33_000);
        status.channels[0].pulse_period_us = Some(42_000.0);
        status.channels[0].pulse_count = 8;
        let told = text(&status);
        assert!(told.contains("stopped by battery refused\n"), "{told}");
        assert!(told.contains("flies      to where it is (47.30000 8.50000)\n"), "{told}");
        assert!(told.contains("8 pulses of 33.0 ms every 42.0 ms"), "{told}");
    }
}
