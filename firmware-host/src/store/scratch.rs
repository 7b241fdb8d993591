//! Where copies, spilled rows and answers on their way lie for a while: where there is room, and never in the room that the
//! recorder needs.
//!
//! Looked at in this order: `TMPDIR` alone where it is set, else `/var/tmp`, `/tmp`, `/dev/shm` (on many boards the last two
//! are memory: it is asked last, and serves when the card is nearly full). On the flight's own file system the reserve stays
//! free. What a killed process left there goes when the next one looks for room.

use super::error::StoreError;
use super::live::user_of;
use super::place::{is_plain, real};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const FOLDERS: [&str; 3] = ["/var/tmp", "/tmp", MEMORY];
const MEMORY: &str = "/dev/shm";
/// What lies in memory for a moment takes this part of what is free there, at most.
const MEMORY_SHARE: u64 = 16;
const PREFIX: &str = "skyhound-";
const ENDINGS: [&str; 4] = ["duckdb", "spill", "parquet", "part"];
/// Kept free on file systems that the recorder does not write to: others live there too.
const FOREIGN_RESERVE_BYTES: u64 = 16 << 20;

/// A folder with room for something beside a flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The folder.
    pub folder: PathBuf,
    /// Bytes that may be written there.
    pub free_bytes: u64,
}

impl Room {
    /// The first folder with room for `needed_bytes` beside the flight at `flight`, whose file system keeps `reserve_mb` MB
    /// free.
    ///
    /// # Errors
    /// There is none: [`StoreError::NoRoom`] of the first folder.
    pub fn beside(flight: &Path, needed_bytes: u64, reserve_mb: u32) -> Result<Room, StoreError> {
        remove_leftovers();
        Room::among(&folders(), flight, needed_bytes, reserve_mb)
    }

    /// As [`Room::beside`], in memory where that has plenty: what lies there costs the recorder's disk neither writes nor syncs.
    ///
    /// # Errors
    /// As [`Room::beside`].
    pub fn for_a_moment(flight: &Path, needed_bytes: u64, reserve_mb: u32) -> Result<Room, StoreError> {
        let memory = [PathBuf::from(MEMORY)];
        let plenty_bytes = needed_bytes.saturating_mul(MEMORY_SHARE);
        match Room::among(&memory, flight, plenty_bytes, reserve_mb) {
            Ok(room) if std::env::var_os("TMPDIR").is_none() => Ok(room),
            _ => Room::beside(flight, needed_bytes, reserve_mb),
        }
    }

    /// The folder of `file`, with room for `needed_bytes`; on the flight's own file system `reserve_mb` MB stay free.
    ///
    /// # Errors
    /// There is none.
    pub fn at(file: &Path, flight: &Path, needed_bytes: u64, reserve_mb: u32) -> Result<Room, StoreError> {
        let folder = file.parent().unwrap_or(Path::new("/"));
        Room::among(&[folder.to_path_buf()], flight, needed_bytes, reserve_mb).map_err(|error| match error {
            StoreError::NoRoom { folder, needed_bytes, free_bytes, reserve_bytes, .. } => {
                let mend = "name another folder, or free some disk";
                StoreError::NoRoom { folder, needed_bytes, free_bytes, reserve_bytes, mend }
            }
            error => error,
        })
    }

    fn among(
        folders: &[PathBuf],
        flight: &Path,
        needed_bytes: u64,
        reserve_mb: u32,
    ) -> Result<Room, StoreError> {
        let reserve_bytes = u64::from(reserve_mb) << 20;
        let mut refused = None;
        for folder in folders {
            let Ok(free) = free_bytes(folder) else { continue };
            let reserve_bytes =
                if is_same_disk(folder, flight) { reserve_bytes } else { FOREIGN_RESERVE_BYTES };
            let room = Room { folder: folder.clone(), free_bytes: free.saturating_sub(reserve_bytes) };
            if room.free_bytes >= needed_bytes {
                return Ok(room);
            }
            refused.get_or_insert(StoreError::NoRoom {
                folder: folder.clone(),
                needed_bytes,
                free_bytes: free,
                reserve_bytes,
                mend: "name another folder with TMPDIR, or free some disk",
            });
        }
        let nowhere = std::io::Error::from(std::io::ErrorKind::NotFound);
        let first = folders.first().map_or_else(|| PathBuf::from("/tmp"), Clone::clone);
        Err(refused.unwrap_or_else(|| StoreError::io(&first, "cannot ask for free disk")(nowhere)))
    }

    /// A path in the folder that nobody else uses.
    pub fn path(&self, ending: &str) -> PathBuf {
        path_in(&self.folder, ending)
    }
}

/// A path in the usual folder that nobody else uses, without asking for room: for what is capped and hardly ever written.
pub fn scratch_path(ending: &str) -> PathBuf {
    let folders = folders();
    let usual = folders.iter().find(|folder| folder.is_dir()).or(folders.first());
    path_in(usual.map_or(Path::new("/tmp"), PathBuf::as_path), ending)
}

/// A path in `folder` for what gets its own name when it is whole; what processes left there that are gone is removed.
pub fn part_in(folder: &Path) -> PathBuf {
    remove_leftovers_in(folder);
    path_in(folder, "part")
}

/// Absolute and without links; one that DuckDB cannot take as a plain path is not used.
fn folders() -> Vec<PathBuf> {
    let wished = match std::env::var_os("TMPDIR") {
        Some(folder) => vec![folder.into()],
        None => FOLDERS.iter().map(PathBuf::from).collect::<Vec<_>>(),
    };
    let usable =
        |folder: &PathBuf| real(folder).ok().filter(|real| is_plain(real) && real.to_str().is_some());
    let folders: Vec<PathBuf> = wished.iter().filter_map(usable).collect();
    if folders.is_empty() { FOLDERS.iter().map(PathBuf::from).collect() } else { folders }
}

/// Removes copies, spilled rows and answers of processes that are gone.
pub fn remove_leftovers() {
    folders().iter().for_each(|folder| remove_leftovers_in(folder));
}

fn remove_leftovers_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_left = entry.file_name().to_str().and_then(maker_of).is_some_and(is_gone);
        // One of another container has no process here, but a lock.
        if !is_left || user_of(&path).is_ok_and(|user| user.is_some()) {
            continue;
        }
        // Those of other users stay, and matter to them.
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
}

/// The process that made a file of this name, if it is one of [`path_in`].
fn maker_of(name: &str) -> Option<u32> {
    let (pid, rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let (count, ending) = rest.split_once('.')?;
    let is_ours = count.parse::<u32>().is_ok() && ENDINGS.contains(&ending.split('.').next()?);
    is_ours.then(|| pid.parse().ok()).flatten()
}

/// Where it cannot be told, it is not.
fn is_gone(pid: u32) -> bool {
    Path::new("/proc/self").exists() && !Path::new("/proc").join(pid.to_string()).exists()
}

fn path_in(folder: &Path, ending: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    debug_assert!(ENDINGS.contains(&ending));
    folder.join(format!("{PREFIX}{}-{count}.{ending}", std::process::id()))
}

/// Free bytes for us on the disk of `path`.
///
/// # Errors
/// There is no such path.
pub fn free_bytes(path: &Path) -> Result<u64, StoreError> {
    let disk =
        rustix::fs::statvfs(path).map_err(|e| StoreError::io(path, "cannot ask for free disk")(e.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Where it cannot be told, the reserve is kept.
fn is_same_disk(folder: &Path, flight: &Path) -> bool {
    let disk = |path: &Path| std::fs::metadata(path).map(|found| found.dev()).ok();
    disk(folder).zip(disk(flight)).is_none_or(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_left_behind_goes_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let (gone, here) = (child.id(), std::process::id());
        child.wait().unwrap();
        let names = |pid| {
            ["duckdb", "duckdb.wal", "parquet", "part"].map(|ending| format!("skyhound-{pid}-0.{ending}"))
        };
        let stay = ["skyhound-notes.txt", "skyhound-1x-0.duckdb"].map(String::from);
        let mine = format!("skyhound-{gone}-report.parquet");
        for name in names(gone).iter().chain(&names(here)).chain(&stay).chain([&mine]) {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let spill = folder.path().join(format!("skyhound-{gone}-1.spill"));
        std::fs::create_dir(&spill).unwrap();
        std::fs::write(spill.join("block"), b"x").unwrap();
        remove_leftovers_in(folder.path());
        let left = std::fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        let mut expected = [&names(here)[..], &stay, &[mine]].concat();
        expected.sort();
        assert_eq!(left, expected);
        assert_eq!(
            maker_of(path_in(folder.path(), "spill").file_name().unwrap().to_str().unwrap()),
            Some(here)
        );
    }

    #[test]
    fn the_reserve_of_the_flights_disk_stays_free() {
        let folder = tempfile::tempdir().unwrap();
        let flight = folder.path().join("flight.duckdb");
        std::fs::write(&flight, b"x").unwrap();
        let here = [folder.path().to_path_buf()];
        let free_mb = free_bytes(folder.path()).unwrap() >> 20;
        let reserve_mb = u32::try_from(free_mb + 1_000).unwrap();
        assert_eq!(Room::among(&here, &flight, 1, 0).unwrap().folder, here[0]);
        let refused = Room::among(&here, &flight, 5 << 20, reserve_mb).unwrap_err();
        let said = refused.to_string();
        for word in [folder.path().to_str().unwrap(), "5 MB", "TMPDIR", &format!("{reserve_mb} MB")] {
            assert!(said.contains(word), "{said}");
        }
        // Another file system has no such reserve, and is asked next.
        let memory = PathBuf::from("/dev/shm");
        if !memory.is_dir() || is_same_disk(&memory, &flight) {
            return println!("ignored, needs a file system of its own at /dev/shm");
        }
        let folders = [PathBuf::from("/none"), here[0].clone(), memory.clone()];
        assert_eq!(Room::among(&folders, &flight, 1, reserve_mb).unwrap().folder, memory);
        assert!(Room::among(&folders, &flight, u64::MAX, 0).is_err());
    }
}
