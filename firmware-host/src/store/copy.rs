//! A copy of a flight file for reading: with as much of its side files as can be read, removed when dropped.

use super::error::StoreError;
use super::head::read_headers;
use super::place::{BLOCKS, SIDE_SUFFIXES, flight_bytes, side_files, with_suffix};
use super::scratch::Room;
use super::sides::{Kept, Sides};
use crate::progress::{self, Unit};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Copies tried while checkpoints come between; at 1 kHz one comes every few minutes.
const COPY_TRIES: u32 = 20;
const COPY_WAIT: Duration = Duration::from_millis(100);
/// On top of a copy's size.
const COPY_MARGIN_BYTES: u64 = 4 << 20;
/// Copied at once.
const PIECE_BYTES: u64 = 16 << 20;

/// A copy of a flight file with its side files.
pub struct Copied {
    /// Where it is.
    pub file: PathBuf,
    is_kept: bool,
}

impl Copied {
    /// Copies what `sides` finds beside the file at `real`, to `file` or to where there is room.
    ///
    /// # Errors
    /// There is no room, or it cannot be read.
    pub fn of(
        real: &Path,
        file: Option<&Path>,
        reserve_mb: u32,
        sides: impl Fn() -> Result<Sides, StoreError>,
    ) -> Result<(Copied, Sides), StoreError> {
        // Meanwhile the WAL grows by some commits.
        let needed_bytes = flight_bytes(real) + COPY_MARGIN_BYTES;
        let file = match file {
            Some(file) => {
                Room::at(file, real, needed_bytes, reserve_mb)?;
                file.to_path_buf()
            }
            None => Room::beside(real, needed_bytes, reserve_mb)?.path("duckdb"),
        };
        Copied::at(file, real, sides)
    }

    /// Copies to `file`, whatever room there is.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn at(
        file: PathBuf,
        real: &Path,
        sides: impl Fn() -> Result<Sides, StoreError>,
    ) -> Result<(Copied, Sides), StoreError> {
        let copy = Copied { file, is_kept: false };
        for _ in 0..COPY_TRIES {
            let sides = sides()?;
            if copy.take(real, &sides.kept).map_err(StoreError::io(real, "cannot copy for reading"))? {
                return Ok((copy, sides));
            }
            std::thread::sleep(COPY_WAIT);
        }
        let why = std::io::Error::other("it is checkpointed over and over; try again");
        Err(StoreError::io(real, "cannot copy for reading")(why))
    }

    /// `false` when a checkpoint came between. File first, then the WAL: what the WAL gained meanwhile is only more commits,
    /// and a torn last one is no commit.
    fn take(&self, real: &Path, kept: &[Kept]) -> std::io::Result<bool> {
        self.remove();
        let before = (read_headers(real)?, side_files(real));
        // A checkpoint is at work, or died: of a file that is recorded it is done soon.
        if before.1.iter().any(|side| side.suffix == BLOCKS) && kept.iter().any(|kept| kept.suffix == BLOCKS)
        {
            return Ok(false);
        }
        copy(real, &self.file)?;
        for side in kept {
            let from = match File::open(&side.from) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                from => from?,
            };
            let mut to = File::create(with_suffix(&self.file, side.suffix))?;
            std::io::copy(&mut from.take(side.bytes), &mut to)?;
        }
        let after = (read_headers(real)?, side_files(real));
        let same_files = before.1.len() == after.1.len()
            && before
                .1
                .iter()
                .zip(&after.1)
                .all(|(a, b)| a.suffix == b.suffix && a.inode == b.inode && a.bytes <= b.bytes);
        Ok(before.0 == after.0 && same_files)
    }

    /// Leaves it there for others.
    pub fn keep(mut self) {
        self.is_kept = true;
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.file);
        for suffix in SIDE_SUFFIXES {
            let _ = std::fs::remove_file(with_suffix(&self.file, suffix));
        }
    }
}

/// Copies a file, a piece at a time.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let (from, mut to) = (File::open(from)?, File::create(to)?);
    let metadata = from.metadata()?;
    to.set_permissions(metadata.permissions())?;
    progress::part("copying", Some(metadata.len()), Unit::Bytes);
    loop {
        // The system copies it, without our memory, where it can.
        let copied = std::io::copy(&mut (&from).take(PIECE_BYTES), &mut to)?;
        progress::done(copied);
        if copied == 0 {
            return Ok(());
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if !self.is_kept {
            self.remove();
        }
    }
}
