//! The command line: `skyhound-rig run|show|list|metrics|…`.
//!
//! One file per command, each with its `Args` (clap) and `run(Args) -> Result<(), Failure>`. Data goes to stdout by [`print`], talk to stderr by [`say`], which outlive their readers,
//! unlike std's macros. Exit codes: 0 done, 1 failed, 2 wrong use.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod autopilot;
mod campaign;
mod ground_cost;
mod hearing;
mod list;
mod play_tlog;
mod record_trial;
mod run;
mod sample_flight;
mod show;
mod statistics;
mod timing;
mod world;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Parser, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use skyhound_host::signals;

use crate::judge;
use crate::scenario::{self, Scenario};
use crate::shared::cpu_s;

/// Why a command ended without its result.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    /// Wrong use: what is wrong and what to write instead. Exit code 2.
    Usage(String),
    /// It did not work: what, and what to do about it. Exit code 1.
    Failed(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Failed(why)
    }
}

/// Writes to stdout as it is. A reader that has enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// A line on stderr. Nothing is lost where nobody reads it.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// A built-in scenario or a file, which expects nothing that nobody counts.
fn found(name: &str) -> Result<Scenario, Failure> {
    let scenario =
        scenario::find(name).and_then(|scenario| judge::metrics::check(&scenario).map(|()| scenario));
    scenario.map_err(Failure::Usage)
}

/// Makes the folder `out`; set when a signal asks for the end.
fn begin(out: &Path) -> Result<Arc<AtomicBool>, String> {
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    signals::watch().map_err(|error| format!("no signals: {error}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// How much of long work is done, on stderr where that is a terminal.
struct Count {
    of: String,
    on_terminal: bool,
}

impl Count {
    /// `of`: how many of what.
    fn new(of: String) -> Count {
        Count { of, on_terminal: std::io::stderr().is_terminal() }
    }

    fn tell(&self, done: u64) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r{done} of {}", self.of);
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if self.on_terminal {
            say("");
        }
    }
}

/// How many times faster than they were `flown_s` were flown on one core since `begun_s` of this process's CPU time.
fn pace(flown_s: f64, begun_s: f64) -> String {
    format!("{:.0} × real time per core", flown_s / (cpu_s() - begun_s))
}

/// A table for people, of words alone.
fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(110).set_header(header);
    table
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+,:=@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Rigs for Skyhound: they stand in for the world around the daemon.
#[derive(Parser)]
#[command(name = "skyhound-rig", version, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong use.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fly scenarios and judge them
    Run(run::Args),
    /// Fly one scenario with a map and instruments as it goes
    Show(show::Args),
    /// List the scenarios and the rigs
    List,
    /// Fly random mixes of faults at depth a and check the invariants after every step
    Campaign(campaign::Args),
    /// Hear emissions in noise, weaker and weaker, beside the ideal detectors
    Hearing(hearing::Args),
    /// Measure how fast the daemon stops, from each cause to the last movement received
    Timing(timing::Args),
    /// Live through the whole life of a record: flown, asked, kept, killed, mended, moved, restored; and find every row again
    RecordTrial(record_trial::Args),
    /// Measure what the page and the reports cost: bytes, memory, processor, time
    GroundCost(ground_cost::Args),
    /// List the numbers that scenarios may expect, with their definitions
    Metrics,
    /// Fly the simulated aircraft alone, for a daemon, a ground station or a script to meet
    Autopilot(autopilot::Args),
    /// Fly a scenario many times at depth a: success rate, error and time against two baselines
    Statistics(statistics::Args),
    /// Make a recording of a beacon and the log of the flight that heard it: iq.sigmf-meta, iq.sigmf-data, flight.tlog
    SampleFlight(sample_flight::Args),
    /// Play a recorded flight's MAVLink (.tlog) to the daemon, at its own pace; answers are ignored
    PlayTlog(play_tlog::Args),
    /// Write what the drone's SDR would hear in a scenario's world as a SigMF recording
    World(world::Args),
}

impl Cli {
    /// Does what is asked. What went wrong is on stderr.
    pub fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Run(args) => run::run(args),
            Command::Show(args) => show::run(args),
            Command::List => list::scenarios(),
            Command::Campaign(args) => campaign::run(args),
            Command::Statistics(args) => statistics::run(args),
            Command::Hearing(args) => hearing::run(args),
            Command::Timing(args) => timing::run(args),
            Command::RecordTrial(args) => record_trial::run(args),
            Command::GroundCost(args) => ground_cost::run(args),
            Command::Metrics => list::numbers(),
            Command::Autopilot(args) => autopilot::run(args),
            Command::SampleFlight(args) => sample_flight::run(args),
            Command::PlayTlog(args) => play_tlog::run(args),
            Command::World(args) => world::run(args),
        };
        let (why, code) = match done {
            Ok(()) => return ExitCode::SUCCESS,
            Err(Failure::Failed(why)) => (why, 1),
            Err(Failure::Usage(why)) => (why, 2),
        };
        say(&format!("skyhound-rig: {why}"));
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
    #[test]
    fn a_word_is_what_a_shell_takes() {
        assert_eq!(quoted("rigs/sitl.toml"), "rigs/sitl.toml");
        assert_eq!(quoted("my rigs/it's.toml"), r"'my rigs/it'\''s.toml'");
        assert_eq!(quoted(""), "''");
    }
}
