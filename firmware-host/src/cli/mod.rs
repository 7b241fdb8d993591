//! The command line: `skyhound fly|ground|watch|probe|scan|range|search|locate|replay|at|ctl|query|events|forward|flights|backup|restore|verify|archive|
//! export|import|migrate|compact|catalog|report|cot|message|profile|config|handbook|
//! completions|man`.
//!
//! One file per command, each with its `Args` and `run(Args) -> Result<(), Failure>`. Data goes to stdout, talk to stderr.
//! Exit codes: 0 done, 1 failed, 2 wrong use; a reader that closes stdout early ends us quietly.

pub mod archive;
pub mod at;
pub mod backup;
pub mod catalog;
mod child;
pub mod compact;
pub mod completions;
pub mod config;
pub mod cot;
pub mod ctl;
pub mod duration;
pub mod events;
pub mod export;
pub mod flights;
pub mod fly;
mod following;
pub mod forward;
pub mod ground;
pub mod handbook;
mod homes;
pub mod import;
pub mod locate;
pub mod message;
pub mod migrate;
pub mod open;
mod play;
pub mod probe;
pub mod profile;
mod progress;
pub mod query;
pub mod range;
pub mod replay;
pub mod report;
pub mod restore;
pub mod scan;
pub mod search;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use crate::failure::{self, Failure};

use crate::profiles::{self, Folder};
use crate::settings::{Flags, Settings};
use crate::store::{ANSWER_COMMAND, OPEN_COMMAND, SNAPSHOT_COMMAND};
use crate::wiring::ASIDE_COMMAND;

/// Finds a radio beacon from a drone.
#[derive(Debug, Parser)]
#[command(name = "skyhound", version = crate::version::VERSION, arg_required_else_help = true)]
#[command(
    after_help = "Settings: `skyhound config init` writes a file with every key. How it is all used: `skyhound handbook`. Exit codes: 0 done, 1 failed, 2 wrong use."
)]
pub struct Cli {
    /// How much is said on stderr: error, warn, info, debug, trace, or as RUST_LOG (which it goes before)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fly: samples to readings, detections and commands, everything into one flight file
    Fly(Box<fly::Args>),
    /// List the devices that SoapySDR sees and what each offers
    Probe(probe::Args),
    /// Show which channels of a source are active: what to know before choosing a beacon
    Scan(Box<scan::Args>),
    /// Tell from how far a beacon is heard, and how far apart to fly: for planning a search
    Range(Box<range::Args>),
    /// Plan a search before anything is heard: a pattern over an area, and how likely it finds
    Search(search::Args),
    /// Tell where a beacon is from a flight file or a table, and how sure that is
    Locate(locate::Args),
    /// Fly a flight again from what it was given: is all it made made again, and what if a setting had been another
    Replay(replay::Args),
    /// Tell what was true at a moment of a flight: state, interlocks, aircraft, what was heard, the estimate
    At(at::Args),
    /// Show flights that have ended in the page, as a flying daemon shows its own
    Ground(ground::Args),
    /// Ask a flight file with SQL
    Query(query::Args),
    /// Print what happened to a flight in one order, also as it goes on
    Events(events::Args),
    /// Hand what happens on to Redis Streams or NATS JetStream, each entry at least once
    Forward(forward::Args),
    /// Sum a flight up on one page
    Report(report::Args),
    /// Send what a flight found to TAK, as Cursor-on-Target
    Cot(cot::Args),
    /// List the flight files
    Flights(flights::Args),
    /// Copy flights elsewhere, also while they are recorded; each copy is checked
    Backup(backup::Args),
    /// Make a flight file again of what was kept
    Restore(restore::Args),
    /// Read all of flight files: is every row there, and is it what was recorded
    Verify(verify::Args),
    /// Write flights as Parquet files that any tool reads; each is checked row for row
    Archive(archive::Args),
    /// Write a flight for other programs: a DuckDB export, CSV or JSON lines
    Export(export::Args),
    /// Take what others wrote down: logs and annotations, joined to a flight by GPS time; PISAD's database and telemetry; every record is
    /// accounted for
    Import(import::Args),
    /// Make flight files of an earlier version into new ones of the present version, with the same rows
    Migrate(migrate::Args),
    /// Make flight files smaller, with the same rows
    Compact(compact::Args),
    /// Know which flights there are, and every place where they lie
    Catalog(catalog::Args),
    /// Read the message of a 406 MHz distress beacon
    Message(message::Args),
    /// Open a doubtful flight file in a process of its own
    #[command(name = OPEN_COMMAND, hide = true)]
    Open(open::Args),
    /// Take a snapshot of a flight that is being recorded
    #[command(name = SNAPSHOT_COMMAND, hide = true)]
    Snapshot(child::SnapshotArgs),
    /// Answer a question of such a snapshot
    #[command(name = ANSWER_COMMAND, hide = true)]
    Answer(child::AnswerArgs),
    /// Do what stands behind it, giving way to the flight
    #[command(name = ASIDE_COMMAND, hide = true)]
    Aside(child::AsideArgs),
    /// Talk to the skyhound that is flying: status, questions, homing on or off, stop
    Ctl(ctl::Args),
    /// Watch the flight in this terminal, and stop it from here
    Watch(watch::Args),
    /// Keep profiles: named sets of what is sought and how it is heard, for `--profile`
    Profile(profile::Args),
    /// Write, check or show settings
    Config(config::Args),
    /// Read the handbook: in a browser, or as text; it is in the program, and needs no network
    Handbook(handbook::Args),
    /// Print what completes these commands in a shell
    Completions(completions::Args),
    /// Write the pages of the manual
    Man(completions::ManArgs),
}

/// Where settings come from, for every command that has some.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SettingsArgs {
    /// Settings file (TOML); without it the defaults hold
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting over the file's: section.key=value, for example beacon.0.frequency_hz=433.96e6
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

impl SettingsArgs {
    /// The settings in force.
    ///
    /// # Errors
    /// [`Failure::Usage`] with every mistake.
    pub fn load(&self, flags: &Flags) -> Result<Settings, Failure> {
        Ok(Settings::load(self.config.as_deref(), &self.sets, flags)?)
    }

    /// `recorder.disk_reserve_mb`: what a reader leaves free beside a recorder.
    ///
    /// # Errors
    /// As [`SettingsArgs::load`].
    pub fn disk_reserve_mb(&self) -> Result<u32, Failure> {
        Ok(self.load(&Flags::default())?.recorder.disk_reserve_mb)
    }
}

/// The same with a profile among them, for every command that listens, or reckons how it is listened.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProfiledArgs {
    /// Where the others come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What is sought, as `skyhound profile list` names it: over the file, under --set. "none": not even the default one
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl ProfiledArgs {
    /// The settings in force; without a profile named, with the one that is marked as the default, where no beacon is.
    ///
    /// # Errors
    /// As [`SettingsArgs::load`], and a profile that is not there.
    pub fn load(&self, flags: &Flags) -> Result<Settings, Failure> {
        if self.profile.as_deref() == Some(profiles::NONE) {
            return self.settings.load(flags);
        }
        let folder = Folder::of_environment();
        let profile = self.profile.as_deref().map(|name| folder.find(name)).transpose()?;
        let flags = Flags { profile, ..flags.clone() };
        let SettingsArgs { config, sets } = &self.settings;
        Settings::load_marked(config.as_deref(), sets, &flags, || folder.default_profile())
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Wrong use ends here with exit code 2, --help and --version with 0.
    let cli = Cli::parse();
    let _log = match crate::logging::start(cli.log.as_deref()) {
        Ok(log) => log,
        Err(failure) => return ended(Err(failure)),
    };
    ended(run(cli.command))
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Fly(args) => fly::run(*args),
        Command::Probe(args) => probe::run(args),
        Command::Scan(args) => scan::run(*args),
        Command::Range(args) => range::run(*args),
        Command::Search(args) => search::run(args),
        Command::Report(args) => report::run(args),
        Command::Cot(args) => cot::run(args),
        Command::Locate(args) => locate::run(args),
        Command::Replay(args) => replay::run(args),
        Command::At(args) => at::run(args),
        Command::Query(args) => query::run(args),
        Command::Events(args) => events::run(args),
        Command::Forward(args) => forward::run(args),
        Command::Flights(args) => flights::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Archive(args) => archive::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
        Command::Migrate(args) => migrate::run(args),
        Command::Compact(args) => compact::run(args),
        Command::Catalog(args) => catalog::run(args),
        Command::Message(args) => message::run(args),
        Command::Open(args) => open::run(&args),
        Command::Snapshot(args) => child::snapshot(&args),
        Command::Answer(args) => child::answer(&args),
        Command::Aside(args) => run(child::aside(args)?),
        Command::Ground(args) => ground::run(args),
        Command::Ctl(args) => ctl::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Profile(args) => profile::run(args),
        Command::Config(args) => config::run(args),
        Command::Handbook(args) => handbook::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => completions::man(&args),
    }
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if let Some(message) = failure.message() {
        failure::say(&format!("skyhound: {message}"));
    }
    failure.exit_code()
}
