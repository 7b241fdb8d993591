//! What the recorder thread is told, and what it is doing, readable from any thread.

use super::batch::Batch;
use super::log::{LogEntry, LogTail};
use super::monitor::Database;
use super::newest::{Newest, Seen};
use super::totals::RecorderTotals;
use skyhound::record::Event;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the recorder thread is told.
pub(super) enum Order {
    Utc { started_utc_us: i64 },
    Landed,
    Note(Box<Event>),
    Stop,
}

/// What the recorder thread is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecorderState {
    /// Recording.
    #[default]
    Recording,
    /// Not recording, because the disk has less room than the reserve or takes nothing; goes on in a next file when it does.
    Paused {
        /// Why, for people.
        why: String,
    },
    /// Not recording any more.
    Stopped {
        /// Why, for people.
        why: String,
    },
}

#[derive(Default)]
pub(super) struct Watch {
    shown: Mutex<(RecorderState, Vec<PathBuf>)>,
    database: Mutex<Database>,
    paused_by: Mutex<Option<String>>,
    log: Mutex<LogTail>,
    newest: Mutex<Newest>,
    commit_total: AtomicU64,
    row_total: AtomicU64,
    reading_total: AtomicU64,
    retry_total: AtomicU64,
    commit_longest_us: AtomicU64,
    checkpoint_total: AtomicU64,
    checkpoint_longest_us: AtomicU64,
    unrecorded_total: AtomicU64,
    unrecorded_us: AtomicU64,
}

impl Watch {
    fn shown(&self) -> MutexGuard<'_, (RecorderState, Vec<PathBuf>)> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> RecorderState {
        self.shown().0.clone()
    }

    /// As [`Watch::state`], and the newest file; `None` while they are being written, for who must not wait.
    pub(super) fn glance(&self) -> Option<(RecorderState, Option<PathBuf>)> {
        let shown = self.shown.try_lock().ok()?;
        Some((shown.0.clone(), shown.1.last().cloned()))
    }

    /// The files so far, oldest first.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.shown().1.clone()
    }

    pub(super) fn record_to(&self, file: PathBuf) {
        // Whoever is told of it may be in another folder.
        let file = std::path::absolute(&file).unwrap_or(file);
        let mut shown = self.shown();
        shown.1.push(file);
        shown.0 = RecorderState::Recording;
    }

    /// A file that was removed again.
    pub(super) fn forget(&self, file: &Path) {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
        self.shown().1.retain(|known| *known != file);
    }

    pub(super) fn pause(&self, why: &str) {
        self.shown().0 = RecorderState::Paused { why: why.to_string() };
        *self.paused_by.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_string());
    }

    /// Why nothing was recorded for a while, the last time.
    pub(super) fn paused_by(&self) -> Option<String> {
        self.paused_by.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first reason stays.
    pub(super) fn stop(&self, why: &str) {
        let mut shown = self.shown();
        if !matches!(shown.0, RecorderState::Stopped { .. }) {
            shown.0 = RecorderState::Stopped { why: why.to_string() };
        }
    }

    pub(super) fn count_commit(&self, rows: u64, readings: u64, took_us: u64) {
        self.row_total.fetch_add(rows, Ordering::Relaxed);
        self.reading_total.fetch_add(readings, Ordering::Relaxed);
        self.commit_longest_us.fetch_max(took_us, Ordering::Relaxed);
        self.commit_total.fetch_add(1, Ordering::Release);
    }

    pub(super) fn count_checkpoint(&self, took_us: u64) {
        self.checkpoint_longest_us.fetch_max(took_us, Ordering::Relaxed);
        self.checkpoint_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn see_database(&self, seen: Database) {
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    /// `None` while it is being written, for who must not wait.
    pub(super) fn database(&self) -> Option<Database> {
        Some(self.database.try_lock().ok()?.clone())
    }

    /// Keeps entries of the log that are durable now.
    pub(super) fn keep_log(&self, entries: &[LogEntry]) {
        if !entries.is_empty() {
            self.log.lock().unwrap_or_else(PoisonError::into_inner).keep(entries);
        }
    }

    /// Entries after `id`; `None` when some of them are in the file only.
    pub(super) fn log_after(&self, id: u64) -> Option<Vec<LogEntry>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).after(id)
    }

    pub(super) fn log_forgotten(&self) -> u64 {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).forgotten()
    }

    /// Takes in what came to `batch` since it was `seen`.
    pub(super) fn see(&self, batch: &Batch, seen: &mut Seen) {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).see(batch, seen);
    }

    /// Channels are called so, by their numbers.
    pub(super) fn call(&self, names: &[String]) {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).names = names.to_vec();
    }

    /// What was recorded last.
    pub(super) fn newest(&self) -> Newest {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn count_retry(&self) {
        self.retry_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_unrecorded(&self, rows: u64) {
        self.unrecorded_total.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn count_pause(&self, took_us: u64) {
        self.unrecorded_us.fetch_add(took_us, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> RecorderTotals {
        RecorderTotals {
            commit_total: self.commit_total.load(Ordering::Acquire),
            row_total: self.row_total.load(Ordering::Relaxed),
            reading_total: self.reading_total.load(Ordering::Relaxed),
            retry_total: self.retry_total.load(Ordering::Relaxed),
            commit_longest_us: self.commit_longest_us.load(Ordering::Relaxed),
            checkpoint_total: self.checkpoint_total.load(Ordering::Relaxed),
            checkpoint_longest_us: self.checkpoint_longest_us.load(Ordering::Relaxed),
            unrecorded_total: self.unrecorded_total.load(Ordering::Relaxed),
            unrecorded_us: self.unrecorded_us.load(Ordering::Relaxed),
        }
    }
}
