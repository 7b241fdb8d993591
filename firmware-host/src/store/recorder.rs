//! The recorder: records from the lanes → rows of the flight file, a COMMIT at most every `commit_interval_us`.
//!
//! A thread of its own does it ([`super::pass`]); here is what others see of it. It never blocks a producer.

use super::error::StoreError;
use super::file::{About, wal_bytes};
use super::lanes::Outlets;
use super::log::LogEntry;
use super::monitor::Database;
use super::newest::Newest;
use super::pass::Pass;
use super::scratch;
use super::totals::RecorderTotals;
use super::watch::{Order, RecorderState, Watch};
use crate::clock::Clock;
use crate::realtime::Body;
use crate::settings::RecorderSettings;
use skyhound::record::Event;
use skyhound::ring::Gauge;
use skyhound::time::TimeUs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A flight file being recorded.
pub struct Recorder {
    handle: RecorderHandle,
    gauges: [Arc<Gauge>; 5],
    thread: Option<JoinHandle<()>>,
    outcome: Receiver<Result<(), StoreError>>,
}

/// What other threads may ask and tell the recorder. Never blocks.
#[derive(Clone)]
pub struct RecorderHandle {
    watch: Arc<Watch>,
    orders: SyncSender<Order>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecorderSummary {
    /// The flight's files, oldest first: one, and one more after each pause; none when there never was room.
    pub files: Vec<PathBuf>,
    /// Their size, bytes.
    pub file_bytes: u64,
    /// Whether all is in the files themselves and nothing waits in a WAL.
    pub is_clean: bool,
    /// Why nothing was recorded for a while, the last time; `None`: it never was so.
    pub paused_by: Option<String>,
    /// Counters.
    pub totals: RecorderTotals,
    /// Records that did not fit, (lane, count), only lanes that lost some.
    pub dropped: Vec<(&'static str, u64)>,
}

impl RecorderHandle {
    /// What the thread is doing.
    pub fn state(&self) -> RecorderState {
        self.watch.state()
    }

    /// Counters since the start.
    pub fn totals(&self) -> RecorderTotals {
        self.watch.totals()
    }

    /// What the thread is doing, and the newest file; `None` while both are being written. Never waits.
    pub fn glance(&self) -> Option<(RecorderState, Option<PathBuf>)> {
        self.watch.glance()
    }

    /// What the database uses, as it was seen last; `None` while that is being written. Never waits.
    pub fn database(&self) -> Option<Database> {
        self.watch.database()
    }

    /// The flight's files so far, oldest first.
    pub fn files(&self) -> Vec<PathBuf> {
        self.watch.files()
    }

    /// Entries of the log after `id` that were committed; `None` when some of them are in the file only.
    pub fn log_after(&self, id: u64) -> Option<Vec<LogEntry>> {
        self.watch.log_after(id)
    }

    /// The newest entry of the log that is in the file only; 0 where there is none.
    pub fn log_forgotten(&self) -> u64 {
        self.watch.log_forgotten()
    }

    /// What was recorded last, before it is durable.
    pub fn newest(&self) -> Newest {
        self.watch.newest()
    }

    /// GPS time came: `at` was `utc_us` (µs since 1970). The flight's start in UTC is set from it.
    pub fn utc(&self, at: TimeUs, utc_us: u64) {
        let started_utc_us = utc_us as i64 - at.0 as i64;
        // With 16 orders waiting the disk stalls; the next GPS time will do.
        let _ = self.orders.try_send(Order::Utc { started_utc_us });
    }

    /// Something to be told in the file that no lane tells; false when it was not taken: with 16 orders waiting the disk stalls.
    pub fn note(&self, event: Event) -> bool {
        self.orders.try_send(Order::Note(Box::new(event))).is_ok()
    }

    /// The aircraft is disarmed: commit and checkpoint now, while nothing depends on us.
    pub fn landed(&self) {
        let _ = self.orders.try_send(Order::Landed);
    }
}

impl Recorder {
    /// Creates the flight file and gives the work to a thread of `start`. Left-overs of creations that died are removed from
    /// the folder. With less room than the reserve, or a disk that takes nothing, there is no file yet: see
    /// [`RecorderState::Paused`].
    ///
    /// # Errors
    /// The folder is not one that we may write to.
    pub fn start(
        settings: &RecorderSettings,
        about: &About,
        outlets: Outlets,
        clock: Clock,
        start: impl FnOnce(Body) -> std::io::Result<JoinHandle<()>>,
    ) -> Result<Recorder, StoreError> {
        let folder = &settings.flights;
        scratch::remove_leftovers();
        let (orders, received) = sync_channel(16);
        let watch = Arc::new(Watch::default());
        let handle = RecorderHandle { watch: Arc::clone(&watch), orders };
        let gauges = outlets.gauges();
        let pass = Pass::begin(settings, about, outlets, clock, Arc::clone(&watch))?;
        let (done, outcome) = sync_channel(1);
        let thread = start(Box::new(move || {
            let _gone = Gone(watch);
            // Nobody waits for it any more when the recorder was left behind.
            let _ = done.send(pass.run(&received));
        }))
        .map_err(StoreError::io(folder, "cannot start the recorder's thread"))?;
        Ok(Recorder { handle, gauges, thread: Some(thread), outcome })
    }

    /// The flight's newest file, if there is one.
    pub fn file(&self) -> Option<PathBuf> {
        self.handle.files().pop()
    }

    /// What the thread is doing.
    pub fn state(&self) -> RecorderState {
        self.handle.state()
    }

    /// For other threads.
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// See [`RecorderHandle::utc`].
    pub fn utc(&self, at: TimeUs, utc_us: u64) {
        self.handle.utc(at, utc_us);
    }

    /// See [`RecorderHandle::landed`].
    pub fn landed(&self) {
        self.handle.landed();
    }

    /// Takes all that waits in the lanes, commits, checkpoints and closes. Stop the producers first. Waits as long as the
    /// disk does.
    ///
    /// # Errors
    /// When something could not be made durable. A disk that had no room is not an error: see
    /// [`RecorderTotals::unrecorded_us`].
    pub fn stop(mut self) -> Result<RecorderSummary, StoreError> {
        self.join()?;
        let files = self.handle.files();
        let mut file_bytes = 0;
        for file in &files {
            file_bytes += std::fs::metadata(file).map_err(StoreError::io(file, "cannot look at"))?.len();
        }
        let dropped = self.gauges.iter().map(|gauge| (gauge.name(), gauge.dropped_total()));
        Ok(RecorderSummary {
            file_bytes,
            is_clean: files.iter().all(|file| wal_bytes(file) == 0),
            paused_by: self.handle.watch.paused_by(),
            totals: self.handle.totals(),
            dropped: dropped.filter(|(_, count)| *count > 0).collect(),
            files,
        })
    }

    fn join(&mut self) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        // The thread may be gone already; what it answered tells.
        let _ = self.handle.orders.send(Order::Stop);
        let _ = thread.join();
        self.outcome
            .try_recv()
            .unwrap_or_else(|_| Err(StoreError::Stopped("its thread panicked".to_string())))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Err(error) = self.join() {
            tracing::error!(%error, "the flight file was not closed cleanly");
        }
    }
}

/// Says that the thread is gone, also when it panics.
struct Gone(Arc<Watch>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.stop(if std::thread::panicking() { "its thread panicked" } else { "told to stop" });
    }
}
