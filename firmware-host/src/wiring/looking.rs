//! The page of a flying daemon, or of flights that have ended: the server of `ground` joined to the flight and to those who know flight files.

use crate::clock::Clock;
use crate::ctl::{
    Answering, Door, EstimateLine, Picture, Prepared, Question, RegionLine, RegionRow, SpectrumLine,
};
use crate::failure::Failure;
use crate::ground::{Bound, Flying, RecipeLine, Served, Server, Shelf};
use crate::realtime::Body;
use crate::settings::{DaemonSettings, Settings};
use crate::store::{self, ANSWER_COMMAND, Format, Newest, Snapshots};
use skyhound::facts::RegionRun;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::record::{Event, Severity, Text};
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The hidden subcommand that gives way to the flight and does what is told behind it.
pub const ASIDE_COMMAND: &str = "__aside";

/// Serves the flight behind `door`, and older ones; `None` where there is to be no page, or its address is taken, which is told.
///
/// # Errors
/// Mistakes in `[ground]`.
pub fn serve(
    settings: &Settings,
    door: Door,
    snapshots: &Arc<Snapshots>,
    clock: Clock,
    start: impl FnOnce(Body) -> io::Result<JoinHandle<()>>,
) -> Result<Option<Server>, Failure> {
    let bound = match Bound::open(&settings.ground) {
        Ok(bound) => bound,
        Err(mistake @ Failure::Usage(_)) => return Err(mistake),
        Err(failure) => {
            tracing::warn!("flies without its page: {}", failure.message().unwrap_or_default());
            None
        }
    };
    let Some(bound) = bound else { return Ok(None) };
    let told = Arc::clone(snapshots);
    let flying = Flying {
        door,
        tell: Box::new(move |text| {
            tracing::info!("page: {text}");
            let event =
                Event { at: clock.now(), severity: Severity::Note, kind: "page", text: Text::new(text) };
            told.recorder().map(|recorder| recorder.note(event));
        }),
        now_s: Box::new(move || clock.now().0 as f64 / 1e6),
        settings: (settings.to_toml(), settings.hash_sha256()),
    };
    let fingerprint =
        bound.fingerprint().map(|hex| format!(", certificate SHA-256 {hex}")).unwrap_or_default();
    let server = bound.serve(served(settings, Some(flying)), start)?;
    tracing::info!("page at {}{fingerprint}", server.url());
    Ok(Some(server))
}

/// Flights of the settings' folder, and what flies, if anything does.
pub fn served(settings: &Settings, flying: Option<Flying>) -> Served {
    let reserve_mb = settings.recorder.disk_reserve_mb;
    let recipe = |recipe: store::Recipe| RecipeLine {
        name: recipe.name.to_string(),
        about: recipe.question.to_string(),
        sql: recipe.sql.to_string(),
    };
    let (folder, settings_toml) = (settings.recorder.flights.clone(), settings.to_toml());
    let shelf = Shelf {
        list: Box::new({
            let folder = folder.clone();
            move |text| {
                let mut command = aside(&["flights", "--json", "--flights"]);
                command.arg(&folder).arg(format!("--text={text}"));
                command
            }
        }),
        folder,
        report: Box::new(|file, out| {
            let mut command = aside(&["report", "--output"]);
            command.args([out, file]);
            command
        }),
        what_if: Box::new(|file, sets, into| {
            let mut command = aside(&["replay", "--into"]);
            command.args([into, file]).args(sets.iter().map(|set| format!("--set={set}")));
            command
        }),
        about: Box::new(|file, tags, note| {
            let mut command = aside(&["catalog", "about"]);
            command.arg(file).args(tags.iter().map(|tag| format!("--tag={tag}")));
            command.arg(format!("--note={note}"));
            command
        }),
        plan: Box::new(move |folder, words| {
            let config = folder.join("skyhound.toml");
            std::fs::write(&config, &settings_toml)?;
            let mut command = aside(&["search", "plan", "--config"]);
            command.arg(config).args(words);
            Ok(command)
        }),
        cookbook: store::cookbook().map(recipe).collect(),
        is_recorded: Box::new(store::is_recorded),
    };
    let daemon = settings.daemon.clone();
    let questions = (daemon.query_clients.max(1), daemon.query_max_s);
    Served { flying, shelf, answering: Arc::new(Closed { daemon, reserve_mb }), questions }
}

fn aside(words: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["--log", "error", ASIDE_COMMAND, "--parent", &std::process::id().to_string(), "--"]);
    command.args(words);
    command
}

/// Answers questions to flights that have ended.
struct Closed {
    daemon: DaemonSettings,
    reserve_mb: u32,
}

impl Answering for Closed {
    fn prepare(&self, question: &Question) -> Result<Prepared, String> {
        question.format.parse::<Format>()?;
        let file = question.file.as_ref().ok_or("which flight is asked?")?;
        let command = answer_command(file, file, &question.format, &self.daemon, self.reserve_mb);
        Ok(Prepared { command, keep: Box::new(()) })
    }

    fn is_recorded(&self, _: &Path) -> bool {
        false
    }

    fn log_after(&self, _: u64) -> Option<Vec<(u64, String)>> {
        None
    }

    fn rest(&self) {}
}

/// A process that answers a question on its stdin about `flight`, which it reads at `file`.
pub fn answer_command(
    file: &Path,
    flight: &Path,
    format: &str,
    daemon: &DaemonSettings,
    reserve_mb: u32,
) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(["--log", "error", ANSWER_COMMAND]).arg(file).arg(flight);
    command.args(["--format", format, "--parent", &std::process::id().to_string()]);
    for (name, value) in [
        ("--reserve-mb", reserve_mb),
        ("--memory-mb", daemon.query_memory_mb),
        ("--cpu-s", daemon.query_max_s + CPU_MARGIN_S),
    ] {
        command.args([name, &value.to_string()]);
    }
    command
}

/// On top of a question's time, which is of the clock: a child ends by itself when nobody is left to end it.
const CPU_MARGIN_S: u32 = 5;

/// In degrees and by name.
pub fn picture(newest: &Newest) -> Picture {
    let name = |channel: u8| {
        newest.names.get(usize::from(channel)).cloned().unwrap_or_else(|| format!("channel {channel}"))
    };
    let spectrum = newest.spectrum.map(|row| SpectrumLine {
        at_us: row.acquired_us.0,
        first_bin_hz: row.first_bin_hz,
        bin_hz: row.bin_hz,
        power_e1: row.power[..usize::from(row.bin_count).min(row.power.len())]
            .iter()
            .map(|power| (power.db() * 10.0).round() as i16)
            .collect(),
    });
    let estimates = newest.estimates.iter().map(|located| {
        let estimate = &located.estimate;
        let (mean, peak) = (place(located.origin, estimate.mean), place(located.origin, estimate.peak));
        EstimateLine {
            at_us: located.at.0,
            channel: located.channel,
            beacon: name(located.channel),
            lat_deg: mean.lat_deg,
            lon_deg: mean.lon_deg,
            peak_lat_deg: peak.lat_deg,
            peak_lon_deg: peak.lon_deg,
            variance_north_m2: estimate.covariance_m2[0],
            covariance_m2: estimate.covariance_m2[1],
            variance_east_m2: estimate.covariance_m2[2],
            radius_50_m: estimate.radius_50_m,
            radius_95_m: estimate.radius_95_m,
            observation_count: estimate.observation_count,
        }
    });
    let mut regions: Vec<RegionLine> = Vec::new();
    for run in &newest.regions {
        let is_its = |line: &&mut RegionLine| (line.channel, line.percent) == (run.channel, run.percent);
        match regions.iter_mut().find(is_its) {
            Some(line) => line.rows.push(row(run)),
            None => regions.push(RegionLine {
                at_us: run.at.0,
                channel: run.channel,
                beacon: name(run.channel),
                percent: run.percent,
                rows: vec![row(run)],
            }),
        }
    }
    Picture { spectrum, estimates: estimates.collect(), regions }
}

fn row(run: &RegionRun) -> RegionRow {
    let from = place(run.origin, run.run.from);
    RegionRow {
        lat_deg: from.lat_deg,
        lon_deg: from.lon_deg,
        size_m: run.run.size_m,
        square_count: run.run.count,
    }
}

fn place(origin: Wgs84, at: NorthEast) -> Wgs84 {
    Origin::new(origin).wgs84_from_ned(at)
}
