//! What-ifs that were flown: flight files in folders that vanish with the server, or when there are too many.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// At most so many; the oldest goes.
const KEPT_MAX: usize = 8;
/// And so much of the disk together, bytes.
const KEPT_BYTES_MAX: u64 = 2 << 30;
/// How the name of each begins. The x keeps chance from making a number of its end, which would be that of a flight of several files.
const NAME: &str = "what-if-x";
/// Before that in the name of its folder.
const FOLDER: &str = "skyhound-";

/// Those that there are, the oldest first.
#[derive(Default)]
pub struct WhatIfs(Mutex<Vec<Kept>>);

/// One that is being made, or is kept: its folder goes with it.
pub struct Kept {
    name: String,
    folder: TempDir,
    file_bytes: u64,
}

impl Kept {
    /// A name that nobody has, and a folder for its file.
    ///
    /// # Errors
    /// The system gives no folder.
    pub fn begin() -> std::io::Result<Kept> {
        let folder = tempfile::Builder::new().prefix(&format!("{FOLDER}{NAME}")).tempdir()?;
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy();
        let name = name.trim_start_matches(FOLDER).to_string();
        Ok(Kept { name, folder, file_bytes: 0 })
    }

    /// By which it is asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its file, which may not be there yet.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.duckdb", self.name))
    }
}

impl WhatIfs {
    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of the one with this name.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.kept().iter().find(|kept| kept.name == name).map(Kept::file)
    }

    /// Keeps one that was made; the oldest ones make room.
    pub fn keep(&self, mut made: Kept) {
        made.file_bytes = std::fs::metadata(made.file()).map_or(0, |about| about.len());
        let mut kept = self.kept();
        kept.push(made);
        let is_over = |kept: &[Kept]| {
            kept.len() > KEPT_MAX || kept.iter().map(|one| one.file_bytes).sum::<u64>() > KEPT_BYTES_MAX
        };
        while kept.len() > 1 && is_over(&kept) {
            kept.remove(0);
        }
    }
}
