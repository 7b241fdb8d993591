//! The recorder: records from the lanes → rows of the flight file, a COMMIT at most every `commit_interval_us`.
//!
//! A thread of its own takes what the lanes hold, keeps it until COMMIT answered, and tries again (file opened anew,
//! waiting longer each time) when it did not; meanwhile the lanes hold what comes. Below the disk reserve it
//! writes an event, commits, closes and says so through [`RecorderHandle::state`]. It never blocks a producer. It does
//! not ask for its own scheduling or IO class: `realtime` does.

use super::batch::{Batch, Health, TABLES};
use super::catalog;
use super::error::StoreError;
use super::file::{About, FlightFile, free_bytes, wal_path};
use super::lanes::Outlets;
use super::watch::{RecorderState, RecorderTotals, Watch};
use crate::clock::Clock;
use crate::settings::RecorderSettings;
use skyhound::budget::Budget;
use skyhound::record::{Event, LaneReport, Name, Severity, Text};
use skyhound::ring::Gauge;
use skyhound::time::TimeUs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between looks into the lanes: a tenth of the shortest commit interval that makes sense.
const POLL: Duration = Duration::from_millis(20);
/// Between health rows and looks at the free disk.
const HEALTH_US: u64 = 1_000_000;
/// Tries of one batch, with waits of 0.1, 0.2, … 3 s: 12 s in all, about what the lanes bridge.
const COMMIT_TRIES: u32 = 8;
const RETRY_WAIT_MIN: Duration = Duration::from_millis(100);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(3);
/// A checkpoint is only begun with this much disk besides the WAL's own size.
const CHECKPOINT_ROOM_BYTES: u64 = 4 << 20;
/// Batches taken after the order to stop, so that a producer that goes on cannot keep us.
const LAST_BATCHES: u32 = 1_000;

enum Order {
    Utc { started_utc_us: i64 },
    Landed,
    Stop,
}

/// A flight file being recorded.
pub struct Recorder {
    handle: RecorderHandle,
    gauges: [Arc<Gauge>; 5],
    thread: Option<JoinHandle<Result<bool, StoreError>>>,
}

/// What other threads may ask and tell the recorder. Never blocks.
#[derive(Clone)]
pub struct RecorderHandle {
    watch: Arc<Watch>,
    orders: SyncSender<Order>,
    path: Arc<Path>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecorderSummary {
    /// The flight file.
    pub path: PathBuf,
    /// Its size, bytes.
    pub file_bytes: u64,
    /// Whether all is in the file itself and nothing waits in a WAL.
    pub is_clean: bool,
    /// Counters.
    pub totals: RecorderTotals,
    /// Records that did not fit, (lane, count), only lanes that lost some.
    pub dropped: Vec<(&'static str, u64)>,
    /// Why it stopped before it was told to, if it did.
    pub stopped_early: Option<String>,
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

    /// The flight file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// GPS time came: `at` was `utc_us` (µs since 1970). The flight's start in UTC is set from it.
    pub fn utc(&self, at: TimeUs, utc_us: u64) {
        let started_utc_us = utc_us as i64 - at.0 as i64;
        // With 16 orders waiting the disk stalls; the next GPS time will do.
        let _ = self.orders.try_send(Order::Utc { started_utc_us });
    }

    /// The aircraft is disarmed: commit and checkpoint now, while nothing depends on us.
    pub fn landed(&self) {
        let _ = self.orders.try_send(Order::Landed);
    }
}

impl Recorder {
    /// Creates the flight file and starts the thread. Left-overs of creations that died are removed from the folder.
    ///
    /// # Errors
    /// When the folder cannot be written, has less room than the reserve, or DuckDB refuses.
    pub fn start(
        settings: &RecorderSettings,
        about: &About,
        outlets: Outlets,
        clock: Clock,
    ) -> Result<Recorder, StoreError> {
        let folder = &settings.flights;
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder, "cannot create the folder"))?;
        catalog::remove_leftovers(folder)?;
        let (free_mb, reserve_mb) = (free_bytes(folder)? >> 20, u64::from(settings.disk_reserve_mb));
        if free_mb < reserve_mb {
            return Err(StoreError::DiskReserve { path: folder.clone(), free_mb, reserve_mb });
        }
        let file = FlightFile::create(settings, about, clock)?;
        let (orders, received) = sync_channel(16);
        let watch = Arc::new(Watch::default());
        let handle = RecorderHandle { watch: Arc::clone(&watch), orders, path: file.path().into() };
        let gauges = outlets.gauges();
        let pass = Pass {
            file,
            outlets,
            batch: Batch::default(),
            committed: [0; TABLES.len()],
            budget: Budget::new(settings.commit_interval_us),
            settings: settings.clone(),
            clock,
            watch: Arc::clone(&watch),
        };
        let thread = std::thread::Builder::new()
            .name("recorder".to_string())
            .spawn(move || {
                let _gone = Gone(watch);
                pass.run(&received)
            })
            .map_err(StoreError::io(folder, "cannot start the recorder's thread"))?;
        Ok(Recorder { handle, gauges, thread: Some(thread) })
    }

    /// The flight file.
    pub fn path(&self) -> &Path {
        &self.handle.path
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
    /// When something could not be made durable. A stop for the disk reserve is not an error: see
    /// [`RecorderSummary::stopped_early`].
    pub fn stop(mut self) -> Result<RecorderSummary, StoreError> {
        let path = self.handle.path.to_path_buf();
        let early = match self.state() {
            RecorderState::Recording => None,
            RecorderState::Stopped { why } => Some(why),
        };
        let is_clean = self.join()?;
        let dropped = self.gauges.iter().map(|gauge| (gauge.name(), gauge.dropped_total()));
        Ok(RecorderSummary {
            file_bytes: std::fs::metadata(&path).map_err(StoreError::io(&path, "cannot look at"))?.len(),
            is_clean,
            totals: self.handle.totals(),
            dropped: dropped.filter(|(_, count)| *count > 0).collect(),
            stopped_early: early,
            path,
        })
    }

    fn join(&mut self) -> Result<bool, StoreError> {
        let Some(thread) = self.thread.take() else { return Ok(true) };
        // The thread may be gone already; what it answered tells.
        let _ = self.handle.orders.send(Order::Stop);
        thread.join().unwrap_or_else(|_| Err(StoreError::Stopped("its thread panicked".to_string())))
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

struct Pass {
    file: FlightFile,
    outlets: Outlets,
    batch: Batch,
    /// Rows per table that COMMIT answered for.
    committed: [u64; TABLES.len()],
    budget: Budget,
    settings: RecorderSettings,
    clock: Clock,
    watch: Arc<Watch>,
}

impl Pass {
    /// `Ok(true)`: all is in the file. `Ok(false)`: good, but a WAL stays beside it.
    fn run(mut self, orders: &Receiver<Order>) -> Result<bool, StoreError> {
        let outcome = self.record(orders);
        let why = match &outcome {
            Ok(None) => "told to stop".to_string(),
            Ok(Some(why)) => why.clone(),
            Err(error) => error.to_string(),
        };
        if !matches!(outcome, Ok(None)) {
            tracing::error!(%why, "the recorder stops");
        }
        let (path, watch) = (self.file.path().to_path_buf(), Arc::clone(&self.watch));
        let closed = self.close();
        watch.stop(&why);
        outcome?;
        closed?;
        let wal_bytes = std::fs::metadata(wal_path(&path)).map_or(0, |wal| wal.len());
        Ok(wal_bytes == 0)
    }

    /// `Ok(None)` when told to stop, `Ok(Some(why))` when there is a good reason to stop by itself.
    fn record(&mut self, orders: &Receiver<Order>) -> Result<Option<String>, StoreError> {
        let (mut committed_at, mut health_at) = (self.clock.now(), self.clock.now());
        let (mut more, mut due, mut last_batches) = (false, false, None);
        loop {
            // During a commit the lanes went on filling: no pause after it.
            let wait = if more || due || last_batches.is_some() { Duration::ZERO } else { POLL };
            let mut landed = false;
            match orders.recv_timeout(wait) {
                Ok(Order::Utc { started_utc_us }) => self.batch.started_utc_us = Some(started_utc_us),
                Ok(Order::Landed) => landed = true,
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    last_batches.get_or_insert(LAST_BATCHES);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            more = self.batch.fill(&mut self.outlets);
            let now = self.clock.now();
            let stopping = last_batches.is_some();
            if now.since_us(health_at) >= HEALTH_US || (stopping && !more) {
                health_at = now;
                self.note_health(now);
                if let Some(why) = self.short_of_disk()? {
                    let (severity, kind) = (Severity::Critical, "recorder_stopped");
                    self.batch.events.push(Event { at: now, severity, kind, text: Text::new(&why) });
                    self.commit()?;
                    return Ok(Some(why));
                }
            }
            let is_time = now.since_us(committed_at) >= u64::from(self.settings.commit_interval_us);
            due = is_time && !self.batch.is_empty();
            if due || self.batch.is_full() || landed || stopping {
                committed_at = now;
                self.commit()?;
            }
            if landed && let Err(error) = self.checkpoint() {
                tracing::warn!(%error, "the checkpoint after landing failed; the file is opened again");
                self.file.reopen()?;
            }
            if let Some(left) = &mut last_batches {
                if !more || *left == 0 {
                    return Ok(None);
                }
                *left -= 1;
            }
        }
    }

    fn note_health(&mut self, at: TimeUs) {
        for gauge in self.outlets.gauges() {
            let report = LaneReport {
                pushed_total: gauge.pushed_total(),
                dropped_total: gauge.dropped_total(),
                capacity_count: gauge.capacity_count() as u64,
            };
            self.batch.healths.push(Health::Lane(at, Name::new(gauge.name()), report));
        }
        self.batch.healths.push(Health::Pass(at, Name::new("recorder"), self.budget.report()));
    }

    fn short_of_disk(&self) -> Result<Option<String>, StoreError> {
        let free_bytes = free_bytes(&self.settings.flights)?;
        let reserve_bytes = u64::from(self.settings.disk_reserve_mb) << 20;
        Ok((free_bytes < reserve_bytes).then(|| {
            format!("disk reserve: {} MB free of {} MB", free_bytes >> 20, self.settings.disk_reserve_mb)
        }))
    }

    /// Commits the batch; tries again on failure. The batch is empty afterwards, or this is the end.
    fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let begun = self.clock.now();
        let mut wait = RETRY_WAIT_MIN;
        for tried in 1..=COMMIT_TRIES {
            let error = match self.file.commit(&self.batch) {
                Ok(()) => {
                    self.acknowledge(begun);
                    return Ok(());
                }
                Err(error) => error,
            };
            tracing::warn!(%error, tried, "a commit failed");
            if tried == COMMIT_TRIES {
                return Err(StoreError::database(self.file.path(), "cannot commit")(error));
            }
            self.watch.count_retry();
            std::thread::sleep(wait);
            wait = (wait * 2).min(RETRY_WAIT_MAX);
            if self.reopened_with_batch()? {
                self.acknowledge(begun);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Opens the file again; `true` when the batch is in it all the same, as after a COMMIT whose answer got lost.
    fn reopened_with_batch(&mut self) -> Result<bool, StoreError> {
        if let Err(error) = self.file.reopen() {
            tracing::warn!(%error, "the flight file does not open yet");
            return Ok(false);
        }
        let path = self.file.path();
        let counts = self.file.counts().map_err(StoreError::database(path, "cannot count the rows"))?;
        let mut expected = self.committed;
        expected.iter_mut().zip(self.batch.counts()).for_each(|(total, count)| *total += count);
        if counts == expected && counts != self.committed {
            return Ok(true);
        }
        if counts != self.committed {
            let why =
                format!("rows are missing after opening it again: {counts:?}, not {:?}", self.committed);
            return Err(StoreError::Damaged { path: path.to_path_buf(), why });
        }
        Ok(false)
    }

    fn acknowledge(&mut self, begun: TimeUs) {
        let counts = self.batch.counts();
        self.committed.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        let took_us = self.clock.now().since_us(begun);
        self.budget.count(took_us);
        self.watch.count_commit(counts.iter().sum(), counts[0], took_us);
        self.batch.clear();
    }

    /// Moves the WAL into the file where the disk has room for it.
    fn checkpoint(&self) -> Result<(), StoreError> {
        let path = self.file.path();
        let wal_bytes = std::fs::metadata(wal_path(path)).map_or(0, |wal| wal.len());
        if free_bytes(&self.settings.flights)? < wal_bytes + CHECKPOINT_ROOM_BYTES {
            return Ok(());
        }
        self.file.checkpoint().map_err(StoreError::database(path, "cannot checkpoint"))
    }

    fn close(self) -> Result<(), StoreError> {
        let checkpointed = self.checkpoint();
        self.file.close()?;
        checkpointed
    }
}
