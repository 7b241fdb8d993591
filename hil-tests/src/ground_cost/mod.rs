//! What the ground crew's part costs: bytes of the page, what a flight takes with nobody and with five who look on, and time and size of
//! each form of a report of an hour. The real daemon, real clients on loopback, `/proc`.

mod hour;
mod page;

use crate::daemon::client;
use crate::daemon::{Daemon, Site, run};
use crate::programs;
use crate::record_trial::play;
use crate::sample_flight;
use crate::timing::{Crew, VIEWERS};
use serde::Serialize;
use skyhound_host::report::Form;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is played over and over, s.
const RECORDED_S: f64 = 20.0;
const PATIENCE: Duration = Duration::from_secs(60);
/// What the start takes is no part of what is measured.
const SETTLED: Duration = Duration::from_secs(3);
const KB: f64 = 1e3;

/// Goals: memory with nobody; memory and share of a core more with five; to each; a report as a page.
const ALONE_MB_MAX: f64 = 96.0;
const MORE_MB_MAX: f64 = 32.0;
const MORE_PERCENT_MAX: f64 = 8.0;
const EACH_KB_S_MAX: f64 = 150.0;
const PAGE_KB_MAX: f64 = 2_000.0;

/// How fast it reads, with the settings for it, and how long a report of an hour as a page may take, s.
const RATES: [(&str, &[&str], f64); 2] = [
    ("100 Hz", &["beacon.0.bandwidth_hz=1000"], 1.0),
    ("1 kHz", &["sense.hop_ms=1", "sense.fft_len=128", "beacon.0.bandwidth_hz=20000"], 3.0),
];

/// What is measured.
#[derive(Copy, Clone, Debug)]
pub struct Plan {
    /// Each flight; half of the first alone, half with five who look on.
    pub flown: Duration,
    /// Of how long a flight reports are made.
    pub reported: Duration,
}

/// A number with its goal.
#[derive(Clone, Debug, Serialize)]
pub struct Number {
    /// It.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// At most; `None`: no goal.
    pub most: Option<f64>,
}

/// One thing, and what it costs.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// It.
    pub what: String,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

impl Row {
    fn new(what: impl Into<String>, numbers: Vec<Number>) -> Row {
        Row { what: what.into(), numbers }
    }

    /// Whether every goal is met.
    pub fn holds(&self) -> bool {
        self.numbers.iter().all(|number| number.most.is_none_or(|most| number.value <= most))
    }
}

fn number(value: f64, unit: &'static str) -> Number {
    Number { value, unit, most: None }
}

fn at_most(value: f64, unit: &'static str, most: f64) -> Number {
    Number { value, unit, most: Some(most) }
}

/// Measures; `tell` hears what is begun.
///
/// # Errors
/// A flight or a report that fails, with what it said.
pub fn measure(plan: &Plan, tell: &dyn Fn(&str)) -> Result<Vec<Row>, String> {
    let site = Site::temporary().map_err(|error| format!("a folder for the flights: {error}"))?;
    let inputs = site.root().join("inputs");
    let log_s = (plan.flown + SETTLED + PATIENCE).as_secs_f64();
    let written = |error: std::io::Error| format!("{}: {error}", inputs.display());
    let source = sample_flight::write(&inputs, RECORDED_S).map_err(written)?;
    let log = inputs.join("flight.tlog");
    sample_flight::write_log(&log, log_s).map_err(written)?;
    let mut rows = Vec::new();
    let mut files = Vec::new();
    for (index, (rate, settings, _)) in RATES.iter().enumerate() {
        tell(&format!("flies at {rate} for {:.0} s", plan.flown.as_secs_f64()));
        let mut daemon = fly(&site, &source, &log, settings)?;
        std::thread::sleep(SETTLED);
        if index == 0 {
            watched(&daemon, plan.flown / 2, &mut rows)?;
            rows.splice(0..0, page::sizes(client::page(&daemon)?)?);
        } else {
            std::thread::sleep(plan.flown);
        }
        let file = daemon.status().and_then(|status| status.recorder.file);
        files.push(PathBuf::from(file.ok_or("the daemon has no flight file")?));
        let ended = daemon.stop(PATIENCE)?;
        if !ended.success() {
            return Err(format!("the flight ended with {ended}: {}", daemon.said().trim()));
        }
    }
    for ((rate, _, page_s_max), file) in RATES.iter().zip(&files) {
        tell(&format!("makes reports of {:.0} s at {rate}", plan.reported.as_secs_f64()));
        let flight = hour::of(file, &site.root().join("hour"), plan.reported)?;
        rows.extend(reports(&flight, rate, *page_s_max)?);
    }
    Ok(rows)
}

fn fly(site: &Site, source: &str, log: &Path, settings: &[&str]) -> Result<Daemon, String> {
    let socket = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = socket.map_err(|error| format!("no port for the aircraft: {error}"))?.port();
    let autopilot = format!("udpin:127.0.0.1:{port}");
    let mut command = site.fly(&["--sdr", source, "--autopilot", &autopilot, "--pace", "realtime"])?;
    let ours = [
        "sdr.file.repeat=true",
        "beacon.0.offset_hz=40000",
        "recorder.disk_reserve_mb=16",
        "retention.free_mb=0",
    ];
    for set in ours.iter().chain(settings) {
        command.args(["--set", set]);
    }
    let mut daemon = site.start(command)?;
    play(log, port)?;
    daemon.until("something is recorded", PATIENCE, |daemon| {
        daemon.status().filter(|status| status.recorder.rows_total > 0 && status.link.received_total > 0)
    })?;
    Ok(daemon)
}

/// What the daemon took so far.
struct Taken {
    at: Instant,
    cpu_s: f64,
    peak_mb: f64,
    late_count: u64,
}

impl Taken {
    fn of(daemon: &Daemon) -> Result<Taken, String> {
        let status =
            daemon.status().ok_or_else(|| format!("the daemon does not answer: {}", daemon.said()))?;
        let late_count = status.passes.iter().map(|pass| pass.miss_total).sum();
        Ok(Taken { at: Instant::now(), cpu_s: daemon.cpu_s()?, peak_mb: daemon.peak_mb()?, late_count })
    }

    /// Share of a core since then, per cent.
    fn percent(&self, since: &Taken) -> f64 {
        100.0 * (self.cpu_s - since.cpu_s) / (self.at - since.at).as_secs_f64()
    }
}

/// The flight with nobody, and with those who look on, each for `time`.
fn watched(daemon: &Daemon, time: Duration, rows: &mut Vec<Row>) -> Result<(), String> {
    let begun = Taken::of(daemon)?;
    std::thread::sleep(time);
    let alone = Taken::of(daemon)?;
    let late =
        |after: &Taken, before: &Taken| number((after.late_count - before.late_count) as f64, "late passes");
    let percent = alone.percent(&begun);
    rows.push(Row::new(
        "a flight, nobody looks on",
        vec![
            at_most(alone.peak_mb, "MB", ALONE_MB_MAX),
            number(percent, "% of a core"),
            late(&alone, &begun),
        ],
    ));
    let crew = Crew::looking_on(daemon)?;
    std::thread::sleep(SETTLED);
    let (begun, heard_bytes) = (Taken::of(daemon)?, crew.heard_bytes());
    std::thread::sleep(time);
    let (watched, heard_bytes) = (Taken::of(daemon)?, crew.heard_bytes() - heard_bytes);
    let each_kb_s = heard_bytes as f64 / KB / VIEWERS as f64 / (watched.at - begun.at).as_secs_f64();
    rows.push(Row::new(
        format!("{VIEWERS} look on, besides"),
        vec![
            at_most(watched.peak_mb - alone.peak_mb, "MB", MORE_MB_MAX),
            at_most(watched.percent(&begun) - percent, "% of a core", MORE_PERCENT_MAX),
            at_most(each_kb_s, "kB/s to each", EACH_KB_S_MAX),
            late(&watched, &begun),
        ],
    ));
    Ok(())
}

/// Each form of a report, by the program, wall time.
fn reports(flight: &Path, rate: &str, page_s_max: f64) -> Result<Vec<Row>, String> {
    let made = |ending: &'static str| {
        let out = flight.with_extension(ending);
        let begun = Instant::now();
        let said = run(&["report", &flight.to_string_lossy(), "-o", &out.to_string_lossy()])?;
        let took_s = begun.elapsed().as_secs_f64();
        if said.code != Some(0) {
            return Err(format!("report -o {}: {}", out.display(), said.err.trim()));
        }
        let size = fs::metadata(&out).map_err(|error| format!("{}: {error}", out.display()))?.len();
        let size_kb = size as f64 / KB;
        let numbers = match ending {
            "html" => vec![at_most(took_s, "s", page_s_max), at_most(size_kb, "kB", PAGE_KB_MAX)],
            _ => vec![number(took_s, "s"), number(size_kb, "kB")],
        };
        Ok(Row::new(format!("report at {rate}: {ending}"), numbers))
    };
    // Paper is set by a program of its own, which not every build has.
    let has_paper = programs::folder()?.join("skyhound-pdf").is_file();
    Form::endings().filter(|ending| has_paper || *ending != "pdf").map(made).collect()
}
