//! What a flying daemon starts to answer a question: hidden commands that give way to the flight in all they do.

use std::ffi::OsString;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::realtime::give_way;
use crate::store::{self, Format, StoreError};
use clap::Parser as _;

/// A snapshot's bound of its own: the replay of a whole WAL takes a second and 100 MB.
const SNAPSHOT_CPU_S: u64 = 60;
const SNAPSHOT_MB: u64 = 1024;
/// Of a report: an hour at 1 kHz takes a second of an idle core.
const ASIDE_CPU_S: u64 = 120;
const ASIDE_MB: u64 = 2048;
/// What a question may allocate: its database's memory doubled, for what DuckDB keeps outside of its buffers, and what the
/// program itself needs.
const MEMORY_FACTOR: u64 = 2;
const OWN_MB: u64 = 256;

/// Arguments of `__snapshot`.
#[derive(Clone, Debug, clap::Args)]
pub struct SnapshotArgs {
    /// The flight that is being recorded.
    flight: PathBuf,
    /// The snapshot.
    target: PathBuf,
    #[command(flatten)]
    bounds: Bounds,
}

/// Arguments of `__answer`.
#[derive(Clone, Debug, clap::Args)]
pub struct AnswerArgs {
    /// What is asked.
    snapshot: PathBuf,
    /// What it is of.
    flight: PathBuf,
    /// Form of the answer.
    #[arg(long)]
    format: Format,
    /// Memory of the database, MB.
    #[arg(long)]
    memory_mb: u32,
    /// Time of a core, s.
    #[arg(long)]
    cpu_s: u64,
    #[command(flatten)]
    bounds: Bounds,
}

/// Arguments of `__aside`.
#[derive(Clone, Debug, clap::Args)]
pub struct AsideArgs {
    /// Whose child this is.
    #[arg(long)]
    parent: u32,
    /// The command.
    #[arg(last = true)]
    words: Vec<OsString>,
}

#[derive(Copy, Clone, Debug, clap::Args)]
struct Bounds {
    /// What the disk of the flight keeps free, MB.
    #[arg(long)]
    reserve_mb: u32,
    /// Whose child this is.
    #[arg(long)]
    parent: u32,
}

/// Gives way, and tells what is to be done.
///
/// # Errors
/// It is no command.
pub fn aside(args: AsideArgs) -> Result<super::Command, Failure> {
    give_way(args.parent, ASIDE_CPU_S, ASIDE_MB << 20);
    let words = std::iter::once(OsString::from("skyhound")).chain(args.words);
    let cli = super::Cli::try_parse_from(words).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(cli.command)
}

/// Takes a snapshot.
///
/// # Errors
/// It cannot be taken.
pub fn snapshot(args: &SnapshotArgs) -> Result<(), Failure> {
    give_way(args.bounds.parent, SNAPSHOT_CPU_S, SNAPSHOT_MB << 20);
    Ok(store::take_snapshot(&args.flight, &args.target, args.bounds.reserve_mb)?)
}

/// Answers the question on stdin.
///
/// # Errors
/// As `query`.
pub fn answer(args: &AnswerArgs) -> Result<(), Failure> {
    give_way(args.bounds.parent, args.cpu_s, (u64::from(args.memory_mb) * MEMORY_FACTOR + OWN_MB) << 20);
    let mut sql = String::new();
    std::io::stdin().read_to_string(&mut sql).map_err(|error| Failure::doing("the question", error))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let asked = (args.snapshot.as_path(), args.flight.as_path());
    store::answer_from(asked, &sql, args.format, args.bounds.reserve_mb, args.memory_mb, &mut out)?;
    Ok(out.flush().map_err(StoreError::io(Path::new("stdout"), "cannot write"))?)
}
