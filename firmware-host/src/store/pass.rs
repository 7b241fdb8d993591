//! The recorder's thread.
//!
//! ```text
//!               less free than the reserve, or a commit that meets the end of the disk
//!   recording ──────────────────────────────────────────────────────────────────────────→ paused: what comes is counted
//!       ↑                                                                                  │  and thrown away
//!       └───────── the reserve and a margin free again: a next file of the same flight ────┘
//! ```
//! It takes what the lanes hold, keeps it until COMMIT answered, and tries again (file opened anew, waiting longer each time)
//! when it did not; meanwhile the lanes hold what comes. A next file begins with the aircraft as it is known by then, so that
//! it can be read without the file before it.

use super::batch::{Batch, Health, TABLE_COUNT};
use super::catalog;
use super::error::StoreError;
use super::file::{About, Continues, FlightFile, wal_bytes};
use super::lanes::Outlets;
use super::scratch::free_bytes;
use super::watch::{Order, Watch};
use crate::clock::Clock;
use crate::settings::RecorderSettings;
use skyhound::budget::Budget;
use skyhound::record::{Event, LaneReport, Name, Record, Severity, Text};
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
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
/// A next file is begun with a tenth of the reserve on top of it, this at least: about half an hour of flight.
const MARGIN_BYTES_MIN: u64 = 8 << 20;
/// Batches taken after the order to stop, so that a producer that goes on cannot keep us.
const LAST_BATCHES: u32 = 1_000;

pub(super) struct Pass {
    /// `None`: paused.
    file: Option<FlightFile>,
    /// Since when nothing is recorded.
    paused_at: TimeUs,
    outlets: Outlets,
    batch: Batch,
    /// Rows per table that COMMIT answered for, of this file.
    committed: [u64; TABLE_COUNT],
    budget: Budget,
    settings: RecorderSettings,
    about: About,
    clock: Clock,
    started_utc_us: Option<i64>,
    watch: Arc<Watch>,
}

impl Pass {
    /// With its file, or paused when there is no room for one.
    pub(super) fn begin(
        settings: &RecorderSettings,
        about: &About,
        outlets: Outlets,
        clock: Clock,
        watch: Arc<Watch>,
    ) -> Result<Pass, StoreError> {
        let mut pass = Pass {
            file: None,
            paused_at: clock.now(),
            outlets,
            batch: Batch::default(),
            committed: [0; TABLE_COUNT],
            budget: Budget::new(settings.commit_interval_us),
            settings: settings.clone(),
            about: about.clone(),
            clock,
            started_utc_us: None,
            watch,
        };
        match pass.short_of_disk(0)? {
            None => pass.next_file(None)?,
            Some(why) => {
                pass.watch.pause(&why);
                tracing::error!("not recording: {why}");
            }
        }
        Ok(pass)
    }

    pub(super) fn run(mut self, orders: &Receiver<Order>) -> Result<(), StoreError> {
        let outcome = self.record(orders);
        let why = match &outcome {
            Ok(()) => "told to stop".to_string(),
            Err(error) => error.to_string(),
        };
        if outcome.is_err() {
            tracing::error!(%why, "the recorder stops");
        }
        if self.is_paused() {
            self.watch.count_pause(self.clock.now().since_us(self.paused_at));
        }
        let closed = self.close_file();
        self.watch.stop(&why);
        outcome?;
        closed
    }

    fn is_paused(&self) -> bool {
        self.file.is_none()
    }

    /// Returns when told to stop.
    fn record(&mut self, orders: &Receiver<Order>) -> Result<(), StoreError> {
        let (mut committed_at, mut health_at) = (self.clock.now(), self.clock.now());
        let (mut more, mut due, mut last_batches) = (false, false, None);
        loop {
            // During a commit the lanes went on filling: no pause after it.
            let wait = if more || due || last_batches.is_some() { Duration::ZERO } else { POLL };
            let mut landed = false;
            match orders.recv_timeout(wait) {
                Ok(Order::Utc { started_utc_us }) => {
                    self.started_utc_us = Some(started_utc_us);
                    self.batch.started_utc_us = Some(started_utc_us);
                }
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
                self.watch_the_disk(now, stopping)?;
            }
            let is_time = now.since_us(committed_at) >= u64::from(self.settings.commit_interval_us);
            due = is_time && !self.batch.is_empty();
            if due || self.batch.is_full() || landed || stopping {
                committed_at = now;
                self.commit()?;
            }
            if landed {
                self.checkpoint_after_landing();
            }
            if let Some(left) = &mut last_batches {
                if !more || *left == 0 {
                    return Ok(());
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
            self.batch.push(&Record::Lane(at, Name::new(gauge.name()), report));
        }
        self.batch.healths.push(Health::Pass(at, Name::new("recorder"), self.budget.report()));
    }

    /// Pauses and goes on.
    fn watch_the_disk(&mut self, now: TimeUs, stopping: bool) -> Result<(), StoreError> {
        if self.is_paused() {
            let margin_bytes = (u64::from(self.settings.disk_reserve_mb) << 20).div_euclid(10);
            if !stopping && self.short_of_disk(margin_bytes.max(MARGIN_BYTES_MIN))?.is_none() {
                self.go_on(now);
            }
        } else if let Some(why) = self.short_of_disk(0)? {
            self.batch.events.push(event(now, Severity::Critical, "recorder_paused", &why));
            self.commit()?;
            self.pause(now, &why);
        }
        Ok(())
    }

    fn short_of_disk(&self, margin_bytes: u64) -> Result<Option<String>, StoreError> {
        let free_bytes = free_bytes(&self.settings.flights)?;
        let reserve_bytes = u64::from(self.settings.disk_reserve_mb) << 20;
        Ok((free_bytes < reserve_bytes + margin_bytes).then(|| {
            let (free_mb, reserve_mb) = (free_bytes >> 20, self.settings.disk_reserve_mb);
            format!("disk reserve: {free_mb} MB free of {reserve_mb} MB (recorder.disk_reserve_mb)")
        }))
    }

    fn pause(&mut self, now: TimeUs, why: &str) {
        if let Err(error) = self.close_file() {
            tracing::warn!(%error, "the file was not closed cleanly; it is replayed when it is read");
        }
        self.paused_at = now;
        self.watch.pause(why);
        tracing::error!("not recording: {why}");
    }

    /// Begins the next file; where that fails, it is tried again a second later.
    fn go_on(&mut self, now: TimeUs) {
        let since = self.paused_at;
        let before = self.watch.files().pop();
        let continues = Continues { file: before.clone(), unrecorded_since: since };
        if let Err(error) = self.next_file(Some(&continues)) {
            tracing::error!(%error, "not recording: the next file cannot be made");
            self.watch.pause(&error.to_string());
            return;
        }
        let unrecorded_us = now.since_us(since);
        self.watch.count_pause(unrecorded_us);
        let after = before.map_or_else(String::new, |file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            format!("; continues {name}")
        });
        let text = format!("nothing was recorded for {:.1} s{after}", unrecorded_us as f64 / 1e6);
        tracing::warn!("recording again: {text}");
        self.batch.events.push(event(now, Severity::Warning, "recorder_resumed", &text));
        self.batch.started_utc_us = self.started_utc_us;
        let known = self.batch.vehicle();
        known.changes_since(&Vehicle::default(), &mut |part| self.batch.push(&Record::Vehicle(now, part)));
    }

    fn next_file(&mut self, continues: Option<&Continues>) -> Result<(), StoreError> {
        catalog::remove_leftovers(&self.settings.flights)?;
        let file = FlightFile::create(&self.settings, &self.about, self.clock, continues)?;
        tracing::info!("flight file {}", file.path().display());
        self.watch.record_to(file.path().to_path_buf());
        self.committed = [0; TABLE_COUNT];
        self.file = Some(file);
        Ok(())
    }

    /// Commits the batch; tries again on failure. The batch is empty afterwards, or this is the end.
    fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let begun = self.clock.now();
        let mut wait = RETRY_WAIT_MIN;
        for tried in 1..=COMMIT_TRIES {
            let Some(file) = &mut self.file else {
                self.discard_batch();
                return Ok(());
            };
            let error = match file.commit(&self.batch) {
                Ok(()) => {
                    self.acknowledge(begun);
                    return Ok(());
                }
                Err(error) => error,
            };
            let path = file.path().to_path_buf();
            tracing::warn!(%error, tried, "a commit failed");
            if tried == COMMIT_TRIES {
                return match self.short_of_disk(CHECKPOINT_ROOM_BYTES)? {
                    Some(why) => {
                        self.discard_batch();
                        self.pause(begun, &why);
                        Ok(())
                    }
                    None => Err(StoreError::database(&path, "cannot commit")(error)),
                };
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
        let Some(file) = &mut self.file else { return Ok(false) };
        if let Err(error) = file.reopen() {
            tracing::warn!(%error, "the flight file does not open yet");
            return Ok(false);
        }
        let counts = file.counts().map_err(StoreError::database(file.path(), "cannot count the rows"))?;
        let mut expected = self.committed;
        expected.iter_mut().zip(self.batch.counts()).for_each(|(total, count)| *total += count);
        if counts == expected && counts != self.committed {
            return Ok(true);
        }
        if counts != self.committed {
            let why =
                format!("rows are missing after opening it again: {counts:?}, not {:?}", self.committed);
            return Err(StoreError::Damaged { path: file.path().to_path_buf(), why });
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

    fn discard_batch(&mut self) {
        self.watch.count_unrecorded(self.batch.counts().iter().sum());
        self.batch.clear();
    }

    /// What fails here costs nothing that was committed, and is no end: the next commit opens the file again.
    fn checkpoint_after_landing(&mut self) {
        let Some(file) = &mut self.file else { return };
        let outcome = checkpoint(file, &self.settings).or_else(|error| {
            tracing::warn!(%error, "the checkpoint after landing failed; the file is opened again");
            file.reopen()
        });
        if let Err(error) = outcome.and_then(|()| file.begin()) {
            tracing::warn!(%error, "the file is not ready after landing; the next commit opens it again");
        }
    }

    fn close_file(&mut self) -> Result<(), StoreError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let marked = file.mark_closed();
        let checkpointed = checkpoint(&file, &self.settings);
        // On a full disk there may be room for it once the WAL is gone.
        if let Err(error) = marked.or_else(|_| file.mark_closed()) {
            tracing::warn!(%error, "the file does not say that it was closed");
        }
        file.close()?;
        checkpointed
    }
}

/// Moves the WAL into the file where the disk has room for it.
fn checkpoint(file: &FlightFile, settings: &RecorderSettings) -> Result<(), StoreError> {
    if free_bytes(&settings.flights)? < wal_bytes(file.path()) + CHECKPOINT_ROOM_BYTES {
        return Ok(());
    }
    file.checkpoint().map_err(StoreError::database(file.path(), "cannot checkpoint"))
}

fn event(at: TimeUs, severity: Severity, kind: &'static str, text: &str) -> Event {
    Event { at, severity, kind, text: Text::new(text) }
}
