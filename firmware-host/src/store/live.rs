//! Which flight files are being written, by this process and by others.
//!
//! DuckDB's lock is `fcntl`'s: closing *any* handle of the file in the writing process drops it, silently. So files
//! that this process records are listed here and never opened again by it; those of others show by asking for their lock.

use super::place::real_or_given;
use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Keeps a file listed as being written by this process.
pub(super) struct LiveFile(PathBuf);

impl LiveFile {
    pub(super) fn register(path: &Path) -> LiveFile {
        let path = real_or_given(path);
        live().push(path.clone());
        LiveFile(path)
    }
}

impl Drop for LiveFile {
    fn drop(&mut self) {
        live().retain(|path| *path != self.0);
    }
}

/// Whether this process writes `path`.
pub(super) fn is_live_here(path: &Path) -> bool {
    live().contains(&real_or_given(path))
}

/// Whether any process records the file at `path`.
pub fn is_recorded(path: &Path) -> bool {
    is_live_here(path) || writer_of(path).is_ok_and(|writer| writer.is_some())
}

/// The process that writes `path`, if another one does. Must not be asked for files of [`is_live_here`].
pub(super) fn writer_of(path: &Path) -> std::io::Result<Option<i32>> {
    // A read lock would be refused exactly by a writer.
    holder(path, FlockType::ReadLock)
}

/// A process that writes or reads `path`, if another one does. Must not be asked for files of [`is_live_here`].
pub(super) fn user_of(path: &Path) -> std::io::Result<Option<i32>> {
    holder(path, FlockType::WriteLock)
}

/// Who would refuse a lock of this kind. A process in another container has no pid here, but its lock shows: as 0.
fn holder(path: &Path, typ: FlockType) -> std::io::Result<Option<i32>> {
    let file = File::open(path)?;
    let wanted = Flock { start: 0, length: 0, pid: None, typ, offset_type: FlockOffsetType::Set };
    let holder = fcntl_getlk(&file, &wanted)?;
    Ok(holder.map(|lock| lock.pid.map_or(0, |pid| pid.as_raw_nonzero().get())))
}

fn live() -> MutexGuard<'static, Vec<PathBuf>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
