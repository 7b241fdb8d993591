//! What the recorder thread is doing, readable from any thread without a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the recorder thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecorderState {
    /// Recording.
    Recording,
    /// Not recording any more.
    Stopped {
        /// Why, for people.
        why: String,
    },
}

/// Counters of the recorder thread since the start.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderTotals {
    /// Commits that answered.
    pub commit_total: u64,
    /// Rows in them, all tables.
    pub row_total: u64,
    /// Readings in them.
    pub reading_total: u64,
    /// Commits that failed and were tried again.
    pub retry_total: u64,
    /// Longest commit, µs.
    pub commit_longest_us: u64,
}

#[derive(Default)]
pub(super) struct Watch {
    stopped: OnceLock<String>,
    commit_total: AtomicU64,
    row_total: AtomicU64,
    reading_total: AtomicU64,
    retry_total: AtomicU64,
    commit_longest_us: AtomicU64,
}

impl Watch {
    pub(super) fn state(&self) -> RecorderState {
        match self.stopped.get() {
            None => RecorderState::Recording,
            Some(why) => RecorderState::Stopped { why: why.clone() },
        }
    }

    /// The first reason stays.
    pub(super) fn stop(&self, why: &str) {
        self.stopped.get_or_init(|| why.to_string());
    }

    pub(super) fn count_commit(&self, rows: u64, readings: u64, took_us: u64) {
        self.row_total.fetch_add(rows, Ordering::Relaxed);
        self.reading_total.fetch_add(readings, Ordering::Relaxed);
        self.commit_longest_us.fetch_max(took_us, Ordering::Relaxed);
        self.commit_total.fetch_add(1, Ordering::Release);
    }

    pub(super) fn count_retry(&self) {
        self.retry_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> RecorderTotals {
        RecorderTotals {
            commit_total: self.commit_total.load(Ordering::Acquire),
            row_total: self.row_total.load(Ordering::Relaxed),
            reading_total: self.reading_total.load(Ordering::Relaxed),
            retry_total: self.retry_total.load(Ordering::Relaxed),
            commit_longest_us: self.commit_longest_us.load(Ordering::Relaxed),
        }
    }
}
