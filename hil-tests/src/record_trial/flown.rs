//! The flight: alone, with clients, with a backup, on a disk that stalls; killed.

use super::{Plan, STALL, Step, Steps};
use crate::daemon::{Daemon, Site, run};
use crate::machine::Shim;
use crate::shared::lock;
use crate::{sample_flight, tlog};
use serde_json::Value;
use skyhound_host::autopilot::Address;
use skyhound_host::autopilot::line::Line;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What is played over and over.
const RECORDED_S: f64 = 20.0;
const PATIENCE: Duration = Duration::from_secs(60);
/// Most that the daemon may take.
const PEAK_MB_MAX: f64 = 160.0;

/// A reading each millisecond.
const SETTINGS: [&str; 8] = [
    "sdr.file.repeat=true",
    "sense.hop_ms=1",
    "sense.fft_len=128",
    "beacon.0.bandwidth_hz=20000",
    "beacon.0.offset_hz=40000",
    "recorder.disk_reserve_mb=16",
    "retention.free_mb=0",
    "daemon.realtime=true",
];

/// What the clients ask, each over and over.
const QUESTIONS: [&str; 5] = [
    "SELECT count(*) FROM reading",
    "SELECT acquired_us // 60000000 AS minute, quantile_cont(mean_dbfs, 0.1) FROM reading GROUP BY 1 ORDER BY 1",
    "SELECT regr_slope(mean_dbfs, acquired_us / 1e6) FROM reading
     WHERE acquired_us > (SELECT max(acquired_us) FROM reading) - 10000000",
    "SELECT kind, count(*) FROM event GROUP BY 1 ORDER BY 2 DESC",
    "SELECT * FROM reading ORDER BY acquired_us DESC LIMIT 1000",
];

/// What the kill left.
pub struct Left {
    /// The flight file.
    pub file: PathBuf,
    /// A copy from the middle of the flight.
    pub backup: PathBuf,
    /// Rows that the daemon had told as committed.
    pub committed_count: u64,
}

/// Flies.
///
/// # Errors
/// The daemon does not start, does not answer, or ends by itself.
pub fn fly(plan: &Plan, site: &Site, steps: &mut Steps) -> Result<Left, String> {
    let inputs = site.root().join("inputs");
    let source = sample_flight::write(&inputs, RECORDED_S).map_err(|error| error.to_string())?;
    let log = inputs.join("flight.tlog");
    let told = |error: std::io::Error| format!("{}: {error}", log.display());
    sample_flight::write_log(&log, (plan.flown + STALL).as_secs_f64() + 60.0).map_err(told)?;
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(told)?.port();

    let mut shim = Shim::new(site.root())?;
    let mut daemon = site.start(flight(site, &source, port, &shim)?)?;
    play(&log, port)?;
    daemon.until("something is recorded", PATIENCE, |daemon| {
        daemon.status().filter(|status| status.recorder.rows_total > 0 && status.link.received_total > 0)
    })?;
    let clients = Clients::default();
    let mut flying = Flying::new(&daemon)?;
    steps.add(Step { what: "started".into(), ..flying.step(&daemon)? });
    std::thread::sleep(plan.flown.mul_f64(0.2));
    steps.add(Step { what: "flown alone".into(), ..flying.step(&daemon)? });
    let backup = site.root().join("backup");
    let asked = std::thread::scope(|scope| {
        let over = Over(&clients.over);
        QUESTIONS.iter().for_each(|sql| {
            scope.spawn(|| clients.ask(&site.socket(), sql));
        });
        std::thread::sleep(plan.flown.mul_f64(0.3));
        steps.add(Step { what: "flown with five SQL clients".into(), ..flying.step(&daemon)? });
        let told = back_up(&flying.file, &backup)?;
        steps.add(Step { what: "backed up as it flies, clients on".into(), told, ..flying.step(&daemon)? });
        std::thread::sleep(plan.flown.mul_f64(0.25));
        steps.add(Step { what: "flown on".into(), ..flying.step(&daemon)? });
        shim.stall(true)?;
        std::thread::sleep(STALL);
        shim.stall(false)?;
        let what = format!("flown on a disk stalled for {} s", STALL.as_secs());
        steps.add(Step { what, ..flying.step(&daemon)? });
        std::thread::sleep(plan.flown.mul_f64(0.25));
        let last = flying.step(&daemon)?;
        drop(over);
        daemon.kill();
        Ok::<_, String>(last)
    });
    let last = asked?;
    let committed_count = last.row_count.unwrap_or_default();
    let fault = last.fault.clone().or_else(|| clients.fault());
    let size_bytes = Some(size_bytes(&flying.file));
    let what = "flown on, and SIGKILL".into();
    steps.add(Step { what, told: clients.told(), fault, size_bytes, ..last });
    let backup = backup.join(flying.file.file_name().unwrap_or_default());
    Ok(Left { file: flying.file, backup, committed_count })
}

/// The daemon's command line.
fn flight(site: &Site, source: &str, port: u16, shim: &Shim) -> Result<Command, String> {
    let autopilot = format!("udpin:127.0.0.1:{port}");
    let mut command = site.fly(&["--sdr", source, "--autopilot", &autopilot, "--pace", "realtime"])?;
    SETTINGS.iter().for_each(|set| {
        command.args(["--set", set]);
    });
    shim.around(&mut command);
    Ok(command)
}

/// An aircraft flies by the log, for the daemon that listens at `port`, until this process ends.
///
/// # Errors
/// The log cannot be read.
pub fn play(log: &Path, port: u16) -> Result<(), String> {
    let recording = tlog::read(log)?;
    let to: Address = format!("udpout:127.0.0.1:{port}").parse().map_err(|error| format!("{error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if let Ok(mut line) = Line::open(&to).await {
                // After the kill nobody listens.
                let _ = tlog::play(&recording, &mut line, 1.0).await;
            }
        });
    });
    Ok(())
}

fn back_up(file: &Path, to: &Path) -> Result<String, String> {
    let (file, to) = (file.to_string_lossy(), to.to_string_lossy());
    let said = run(&["backup", &file, &to, "--json", "--set", "recorder.disk_reserve_mb=16"])?;
    let copies: Value =
        serde_json::from_str(&said.out).map_err(|error| format!("backup: {error}: {}", said.err))?;
    match (said.code, copies[0]["rows"].as_u64()) {
        (Some(0), Some(rows)) => Ok(format!("the copy has {rows} rows")),
        _ => Err(format!("backup of {file}: {}", said.err.trim())),
    }
}

/// Of a file and its WAL.
pub fn size_bytes(file: &Path) -> u64 {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    bytes(file) + bytes(&file.with_extension("duckdb.wal"))
}

/// What the daemon had counted at the last look.
struct Flying {
    file: PathBuf,
    late_count: u64,
    dropped_count: u64,
}

impl Flying {
    fn new(daemon: &Daemon) -> Result<Flying, String> {
        let status = daemon.status().ok_or("the daemon does not answer")?;
        let file = status.recorder.file.ok_or("the daemon has no flight file")?;
        Ok(Flying { file: file.into(), late_count: 0, dropped_count: 0 })
    }

    /// What happened since the last look.
    fn step(&mut self, daemon: &Daemon) -> Result<Step, String> {
        let status =
            daemon.status().ok_or_else(|| format!("the daemon does not answer: {}", daemon.said()))?;
        let late_count: u64 = status.passes.iter().map(|pass| pass.miss_total).sum();
        let dropped_count: u64 = status.lanes.iter().map(|lane| lane.dropped_total).sum();
        let peak_mb = daemon.peak_mb()?;
        let (late, dropped) = (late_count - self.late_count, dropped_count - self.dropped_count);
        (self.late_count, self.dropped_count) = (late_count, dropped_count);
        let recorder = &status.recorder;
        let fault = if dropped > 0 {
            Some(format!("{dropped} records were dropped"))
        } else if recorder.file.as_deref().map(Path::new) != Some(&self.file) {
            Some(format!("the flight goes on in another file ({:?})", recorder.file))
        } else if peak_mb > PEAK_MB_MAX {
            Some(format!("the daemon had {peak_mb:.0} MB in memory, more than {PEAK_MB_MAX}"))
        } else {
            None
        };
        Ok(Step {
            row_count: Some(recorder.rows_total),
            size_bytes: Some(size_bytes(&self.file)),
            peak_mb: Some(peak_mb),
            late_count: Some(late),
            dropped_count: Some(dropped),
            fault,
            ..Step::default()
        })
    }
}

/// Set when dropped, so that clients end whatever ends the flight.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Clients {
    over: AtomicBool,
    tallies: Mutex<Vec<Tally>>,
}

#[derive(Default)]
struct Tally {
    answered_count: u64,
    refused_count: u64,
    longest_s: f64,
    /// The last reason.
    why: String,
}

impl Clients {
    /// One client: a process for each question, the next when the answer has come.
    fn ask(&self, door: &Path, sql: &str) {
        let (mut tally, door) = (Tally::default(), door.to_string_lossy());
        while !self.over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let said = run(&["ctl", "--socket", &door, "query", sql, "--format", "csv"]);
            match said {
                // Killed with the daemon.
                _ if self.over.load(Ordering::Relaxed) => break,
                Ok(said) if said.code == Some(0) => tally.answered_count += 1,
                Ok(said) => (tally.refused_count, tally.why) = (tally.refused_count + 1, said.err),
                Err(why) => (tally.refused_count, tally.why) = (tally.refused_count + 1, why),
            }
            tally.longest_s = tally.longest_s.max(begun.elapsed().as_secs_f64());
        }
        lock(&self.tallies).push(tally);
    }

    fn told(&self) -> String {
        let tallies = lock(&self.tallies);
        let answered: u64 = tallies.iter().map(|tally| tally.answered_count).sum();
        let refused: u64 = tallies.iter().map(|tally| tally.refused_count).sum();
        let longest_s = tallies.iter().map(|tally| tally.longest_s).fold(0.0, f64::max);
        let why = tallies.iter().find(|tally| tally.refused_count > 0);
        let why = why.map_or(String::new(), |tally| format!(": {}", tally.why.trim()));
        format!("{answered} answers, longest {longest_s:.1} s, {refused} refused{why}")
    }

    fn fault(&self) -> Option<String> {
        let unanswered = lock(&self.tallies).iter().filter(|tally| tally.answered_count == 0).count();
        (unanswered > 0).then(|| format!("{unanswered} of the clients were never answered"))
    }
}
