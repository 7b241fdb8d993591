//! Snapshots of the flight that is being recorded, for who asks while it flies.
//!
//! A child process that gives way to the flight copies the file with its WAL and moves the WAL into the copy; questions then
//! open that read-only, each in a child of its own. One snapshot serves all who ask within [`AGE_US`].
//!
//! Why not connections of the recorder's own database: measured with `memory_limit` 32 MB and five clients (an endless count, a
//! sort, a join, two aggregates), a commit of 250 rows took 35 ms instead of 7 in the median and 286 instead of 58 at most, and 9 of 280
//! failed because a question had taken the memory. A snapshot of 8 MB of WAL takes 0.5 s of an idle core, a question of it 0.06 s.

use super::copy::Copied;
use super::error::StoreError;
use super::format::Format;
use super::place::{self, SIDE_SUFFIXES, flight_bytes, with_suffix};
use super::query::{self, Answered};
use super::read::{Bounds, connect, open_snapshot};
use super::recorder::RecorderHandle;
use super::scratch::Room;
use super::sides::Sides;
use crate::clock::Clock;
use duckdb::AccessMode;
use skyhound::time::TimeUs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The hidden subcommand of the child: `__snapshot FLIGHT TARGET`.
pub const SNAPSHOT_COMMAND: &str = "__snapshot";
/// The hidden subcommand of a child that answers: `__answer SNAPSHOT FLIGHT`, with the SQL on stdin.
pub const ANSWER_COMMAND: &str = "__answer";
/// A snapshot serves for this long, counted from the begin of its copy; and for four times as long as it took, so that many
/// questions keep no core busy with snapshots.
const AGE_US: u64 = 1_000_000;
/// How long the child may take: a whole WAL takes a second.
const TAKE_MAX_US: u64 = 60_000_000;
const POLL: Duration = Duration::from_millis(5);
/// Of the copy and its WAL, which becomes part of it, and what the WAL gains meanwhile.
const ROOM_FACTOR: u64 = 2;
const MARGIN_BYTES: u64 = 4 << 20;
/// For the replay of a WAL of 16 MB.
const TAKING: Bounds = Bounds { memory_mb: 256, spill_bytes: 64 << 20, threads: Some(1) };
/// Spill of a question over its memory, at most.
const SPILL_FACTOR: u64 = 2;

/// A copy of the flight as it was committed when it was taken; removed when nobody holds it any more.
#[derive(Debug)]
pub struct Snapshot {
    /// Where it is.
    pub file: PathBuf,
    /// The flight's file.
    pub of: PathBuf,
    taken_at: TimeUs,
    serves_us: u64,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        remove(&self.file);
    }
}

/// Who has snapshots of the flight that this process records.
pub struct Snapshots {
    clock: Clock,
    reserve_mb: u32,
    recorder: OnceLock<RecorderHandle>,
    newest: Mutex<Option<Arc<Snapshot>>>,
}

impl Snapshots {
    /// Of nothing yet. The disk of the flight keeps `reserve_mb` MB free.
    pub fn new(clock: Clock, reserve_mb: u32) -> Snapshots {
        Snapshots { clock, reserve_mb, recorder: OnceLock::new(), newest: Mutex::new(None) }
    }

    /// From now on of what `recorder` records.
    pub fn follow(&self, recorder: RecorderHandle) {
        let _ = self.recorder.set(recorder);
    }

    /// The newest file of the flight, absolute, if there is one. It is not opened.
    pub fn file(&self) -> Option<PathBuf> {
        Some(place::real_or_given(&self.recorder.get()?.files().pop()?))
    }

    /// The flight's recorder, if it has begun.
    pub fn recorder(&self) -> Option<&RecorderHandle> {
        self.recorder.get()
    }

    /// Entries of the log after `id` as lines of JSON with their ids; `None` when some of them are in the file only.
    pub fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>> {
        let entries = self.recorder.get().map_or(Some(Vec::new()), |recorder| recorder.log_after(id))?;
        Some(entries.iter().map(|entry| (entry.id, entry.json())).collect())
    }

    /// The newest snapshot; a new one when that is too old. Waits for the child that takes it.
    ///
    /// # Errors
    /// Nothing is recorded, there is no room without the recorder's reserve, or it did not come in time.
    pub fn current(&self) -> Result<Arc<Snapshot>, StoreError> {
        let of = self.file().ok_or_else(|| StoreError::NotFound(PathBuf::from("the flight")))?;
        let mut newest = self.newest();
        if let Some(snapshot) = newest.as_ref().filter(|found| found.of == of && self.serves(found)) {
            return Ok(Arc::clone(snapshot));
        }
        // Those who still read it keep it.
        *newest = None;
        let needed_bytes = flight_bytes(&of) * ROOM_FACTOR + MARGIN_BYTES;
        let file = Room::for_a_moment(&of, needed_bytes, self.reserve_mb)?.path("duckdb");
        let taken_at = self.clock.now();
        let taken = self.take(&of, &file, taken_at);
        let serves_us = AGE_US.max(4 * self.clock.now().since_us(taken_at));
        let snapshot = Arc::new(Snapshot { file, of, taken_at, serves_us });
        taken?;
        *newest = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Lets go of a snapshot that is too old to serve anybody.
    pub fn let_go(&self) {
        // While it is locked, a new one is being taken.
        let Ok(mut newest) = self.newest.try_lock() else { return };
        if newest.as_ref().is_some_and(|found| !self.serves(found)) {
            *newest = None;
        }
    }

    fn serves(&self, snapshot: &Snapshot) -> bool {
        self.clock.now().since_us(snapshot.taken_at) < snapshot.serves_us
    }

    fn newest(&self) -> MutexGuard<'_, Option<Arc<Snapshot>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, of: &Path, file: &Path, begun: TimeUs) -> Result<(), StoreError> {
        let program = Path::new("/proc/self/exe");
        let failed = || StoreError::io(of, "cannot take a snapshot");
        let mut child = Command::new(program)
            .args(["--log", "error", SNAPSHOT_COMMAND])
            .arg(of)
            .arg(file)
            .args(["--reserve-mb", &self.reserve_mb.to_string()])
            .args(["--parent", &std::process::id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed())?;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(failed())? {
                break status;
            }
            if self.clock.now().since_us(begun) > TAKE_MAX_US {
                let _ = child.kill();
                break child.wait().map_err(failed())?;
            }
            std::thread::sleep(POLL);
        };
        if status.success() {
            return Ok(());
        }
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut said);
        }
        let why = format!("{} ({status})", said.trim().trim_start_matches("skyhound: "));
        Err(failed()(std::io::Error::other(why)))
    }
}

/// Takes a snapshot of the flight at `flight`, which another process may be recording, as the file `target`: what the child does.
///
/// # Errors
/// It cannot be copied, or does not open.
pub fn take_snapshot(flight: &Path, target: &Path, reserve_mb: u32) -> Result<(), StoreError> {
    let real = place::existing(flight)?;
    let (copy, _) = Copied::at(target.to_path_buf(), &real, || Ok(Sides::live(&real)))?;
    let spill = Room::beside(&real, 0, reserve_mb)?;
    let folded = connect(target, &spill, AccessMode::ReadWrite, TAKING).and_then(|connection| {
        connection.execute_batch("CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)
    });
    folded.map_err(StoreError::database(flight, "cannot read its copy"))?;
    copy.keep();
    Ok(())
}

/// Answers `sql` over `snapshot`, which is of `flight`, into `out`, with `memory_mb` MB of memory and twice that of disk. The disk
/// of the flight keeps `reserve_mb` MB free.
///
/// # Errors
/// The SQL is wrong, writes or takes more than that, or `out` does not take it.
pub fn answer_from(
    (snapshot, flight): (&Path, &Path),
    sql: &str,
    format: Format,
    reserve_mb: u32,
    memory_mb: u32,
    out: &mut dyn Write,
) -> Result<Answered, StoreError> {
    let spill_bytes = (u64::from(memory_mb) << 20) * SPILL_FACTOR;
    let bounds = Bounds { memory_mb, spill_bytes, threads: Some(1) };
    let spill = Room::beside(flight, 0, reserve_mb)?;
    let open = |output: Option<&Path>| open_snapshot(snapshot, &spill, bounds, output);
    query::ask(flight, sql, format, reserve_mb, &open, out)
}

fn remove(file: &Path) {
    let _ = std::fs::remove_file(file);
    for suffix in SIDE_SUFFIXES {
        let _ = std::fs::remove_file(with_suffix(file, suffix));
    }
}
