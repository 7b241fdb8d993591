//! The recorder's thread.
//!
//! ```text
//!               less free than the reserve, or no file takes a commit any more ([`super::commit`])
//!   recording ──────────────────────────────────────────────────────────────────────────→ paused: what comes is counted
//!       ↑                                                                                  │  and thrown away
//!       └──── the reserve and a margin are free, a next file of the same flight is made ───┘
//! ```
//! It takes what the lanes hold and keeps it until COMMIT answered; meanwhile the lanes hold what comes. A next file begins with
//! the aircraft as it is known by then, so that it can be read without the file before it. Nothing but the order to stop ends it.

use super::batch::{Batch, Health, TABLE_COUNT};
use super::catalog;
use super::error::StoreError;
use super::file::{About, Continues, FlightFile, wal_bytes};
use super::lanes::Outlets;
use super::monitor::{Monitor, machine_rows};
use super::newest::Seen;
use super::scratch::free_bytes;
use super::watch::{Order, RecorderState, Watch};
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
/// A checkpoint is only begun with this much disk besides the WAL's own size.
pub(super) const CHECKPOINT_ROOM_BYTES: u64 = 4 << 20;
/// A next file is begun with a tenth of the reserve on top of it, this at least: about half an hour of flight.
const MARGIN_BYTES_MIN: u64 = 8 << 20;
/// Batches taken after the order to stop, so that a producer that goes on cannot keep us.
const LAST_BATCHES: u32 = 1_000;

pub(super) struct Pass {
    /// `None`: paused, or the last one was left and the next is not there yet.
    pub(super) file: Option<FlightFile>,
    /// Since when nothing is recorded, if so.
    paused_at: Option<TimeUs>,
    outlets: Outlets,
    pub(super) batch: Batch,
    /// Rows per table that COMMIT answered for, of this file.
    pub(super) committed: [u64; TABLE_COUNT],
    pub(super) budget: Budget,
    pub(super) settings: RecorderSettings,
    about: About,
    pub(super) clock: Clock,
    started_utc_us: Option<i64>,
    pub(super) watch: Arc<Watch>,
    monitor: Monitor,
}

impl Pass {
    /// With its file, or paused when there is no room for one or none can be made.
    ///
    /// # Errors
    /// The folder is not one that we may write to.
    pub(super) fn begin(
        settings: &RecorderSettings,
        about: &About,
        outlets: Outlets,
        clock: Clock,
        watch: Arc<Watch>,
    ) -> Result<Pass, StoreError> {
        let mut pass = Pass {
            file: None,
            paused_at: None,
            outlets,
            batch: Batch::default(),
            committed: [0; TABLE_COUNT],
            budget: Budget::new(settings.commit_interval_us),
            settings: settings.clone(),
            about: about.clone(),
            clock,
            started_utc_us: None,
            watch,
            monitor: Monitor::begin(clock.now()),
        };
        pass.watch.call(&pass.about.channels);
        let begun = pass.make_folder().and_then(|()| match pass.short_of_disk(0) {
            Some(why) => Ok(Some(why)),
            None => pass.next_file(None).map(|()| None),
        });
        match begun {
            Ok(None) => {}
            Ok(Some(why)) => pass.pause(clock.now(), &why),
            Err(error) if error.is_of_the_place() => return Err(error),
            // The first commit tries again.
            Err(error) => tracing::error!("not recording yet: {error}"),
        }
        Ok(pass)
    }

    pub(super) fn run(mut self, orders: &Receiver<Order>) -> Result<(), StoreError> {
        self.record(orders);
        if let Some(since) = self.paused_at {
            self.watch.count_pause(self.clock.now().since_us(since));
        }
        let closed = self.close_file();
        self.watch.stop("told to stop");
        closed
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Returns when told to stop.
    fn record(&mut self, orders: &Receiver<Order>) {
        let (mut committed_at, mut health_at) = (self.clock.now(), self.clock.now());
        let (mut more, mut due, mut last_batches, mut seen) = (false, false, None, Seen::default());
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
                Ok(Order::Note(event)) => self.batch.push(&Record::Event(*event)),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    last_batches.get_or_insert(LAST_BATCHES);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            more = self.batch.fill(&mut self.outlets);
            self.watch.see(&self.batch, &mut seen);
            // A next file names them too.
            if let Some(switch) = self.batch.switches.last() {
                self.about.channels.clone_from(&switch.names);
                self.watch.call(&self.about.channels);
            }
            let now = self.clock.now();
            let stopping = last_batches.is_some();
            if now.since_us(health_at) >= HEALTH_US || (stopping && !more) {
                health_at = now;
                self.note_health(now);
                self.watch_the_database(now, stopping);
                self.watch_the_disk(now, stopping);
            }
            let is_time = now.since_us(committed_at) >= u64::from(self.settings.commit_interval_us);
            due = is_time && !self.batch.is_empty();
            if due || self.batch.is_full() || landed || stopping {
                committed_at = now;
                self.commit();
                // What a commit that failed left in it was seen already.
                seen = Seen::of(&self.batch);
            }
            if landed {
                self.move_wal();
            }
            if let Some(left) = &mut last_batches {
                if !more || *left == 0 {
                    return;
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

    fn watch_the_database(&mut self, now: TimeUs, stopping: bool) {
        if !self.monitor.is_due(now) && !stopping {
            return;
        }
        let totals = self.watch.totals();
        let seen = self.monitor.look(now, self.file.as_ref(), totals, &self.settings);
        let rows = seen.rows(&totals);
        let machine = machine_rows(&seen.machine).map(|row| ("machine", row));
        let rows = rows.map(|row| ("database", row)).into_iter().chain(machine);
        let looked = rows.map(|(kind, (name, value))| Health::Looked(now, kind, name, value));
        self.batch.healths.extend(looked);
        self.watch.see_database(seen);
    }

    /// Pauses and goes on.
    fn watch_the_disk(&mut self, now: TimeUs, stopping: bool) {
        if let Some(since) = self.paused_at {
            let margin_bytes = (u64::from(self.settings.disk_reserve_mb) << 20).div_euclid(10);
            // A disk that was not there brings no folder with it.
            let _ = self.make_folder();
            if !stopping && self.short_of_disk(margin_bytes.max(MARGIN_BYTES_MIN)).is_none() {
                self.go_on(now, since);
            }
        } else if let Some(why) = self.short_of_disk(0) {
            self.batch.push(&Record::Event(event(now, Severity::Critical, "recorder_paused", &why)));
            self.commit();
            if !self.is_paused() {
                self.pause(now, &why);
            }
        }
    }

    fn make_folder(&self) -> Result<(), StoreError> {
        let folder = &self.settings.flights;
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder, "cannot create the folder"))
    }

    /// Why there is no room for more, if so; that the disk does not answer is one.
    pub(super) fn short_of_disk(&self, margin_bytes: u64) -> Option<String> {
        let free_bytes = match free_bytes(&self.settings.flights) {
            Ok(free_bytes) => free_bytes,
            Err(error) => return Some(error.to_string()),
        };
        let reserve_bytes = u64::from(self.settings.disk_reserve_mb) << 20;
        (free_bytes < reserve_bytes + margin_bytes).then(|| {
            let (free_mb, reserve_mb) = (free_bytes >> 20, self.settings.disk_reserve_mb);
            format!("disk reserve: {free_mb} MB free of {reserve_mb} MB (recorder.disk_reserve_mb)")
        })
    }

    pub(super) fn pause(&mut self, now: TimeUs, why: &str) {
        if let Err(error) = self.close_file() {
            tracing::warn!(%error, "the file was not closed cleanly; it is replayed when it is read");
        }
        self.paused_at = Some(now);
        self.watch.pause(why);
        tracing::error!("not recording: {why}");
    }

    /// Begins the next file after a pause; where that fails, it is tried again a second later.
    fn go_on(&mut self, now: TimeUs, since: TimeUs) {
        let continues = Continues { file: self.watch.files().pop(), unrecorded_since: Some(since) };
        if let Err(error) = self.next_file(Some(&continues)) {
            let why = error.to_string();
            if !matches!(self.watch.state(), RecorderState::Paused { why: told } if told == why) {
                tracing::error!("not recording: the next file cannot be made: {why}");
                self.watch.pause(&why);
            }
            return;
        }
        self.paused_at = None;
        let unrecorded_us = now.since_us(since);
        self.watch.count_pause(unrecorded_us);
        let text = format!("nothing was recorded for {:.1} s", unrecorded_us as f64 / 1e6);
        self.begin_with(now, "recorder_resumed", &continues, &text);
    }

    pub(super) fn next_file(&mut self, continues: Option<&Continues>) -> Result<(), StoreError> {
        catalog::remove_leftovers(&self.settings.flights)?;
        let file = FlightFile::create(&self.settings, &self.about, self.clock, continues)?;
        tracing::info!("flight file {}", file.path().display());
        self.watch.record_to(file.path().to_path_buf());
        self.committed = [0; TABLE_COUNT];
        self.monitor.next_file(self.clock.now(), &file, &self.watch.totals());
        self.file = Some(file);
        Ok(())
    }

    /// What a next file says first, so that it can be read without the file before it.
    pub(super) fn begin_with(&mut self, now: TimeUs, kind: &'static str, continues: &Continues, why: &str) {
        let after = continues.file.as_ref().map_or_else(String::new, |file| {
            format!("; continues {}", file.file_stem().unwrap_or_default().to_string_lossy())
        });
        let text = format!("{why}{after}");
        tracing::warn!("recording again: {text}");
        self.batch.push(&Record::Event(event(now, Severity::Warning, kind, &text)));
        self.batch.started_utc_us = self.started_utc_us;
        let known = self.batch.vehicle();
        known.changes_since(&Vehicle::default(), &mut |part| self.batch.push(&Record::Vehicle(now, part)));
    }

    /// What fails here costs nothing that was committed, and is no end: the next commit opens the file again.
    pub(super) fn move_wal(&mut self) {
        let begun = self.clock.now();
        let Some(file) = &mut self.file else { return };
        let before = file.checkpoint_total();
        let outcome = checkpoint(file, &self.settings).or_else(|error| {
            tracing::warn!(%error, "a checkpoint failed; the file is opened again");
            file.reopen()
        });
        if let Err(error) = outcome.and_then(|()| file.begin()) {
            tracing::warn!(%error, "the file is not ready after a checkpoint; the next commit opens it again");
        }
        if file.checkpoint_total() > before {
            self.watch.count_checkpoint(self.clock.now().since_us(begun));
        }
    }

    fn close_file(&mut self) -> Result<(), StoreError> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let marked = file.mark_closed();
        let checkpointed = checkpoint(&mut file, &self.settings);
        // On a full disk there may be room for it once the WAL is gone.
        if let Err(error) = marked.or_else(|_| file.mark_closed()) {
            tracing::warn!(%error, "the file does not say that it was closed");
        }
        file.close()?;
        checkpointed
    }
}

/// Moves the WAL into the file where the disk has room for it.
fn checkpoint(file: &mut FlightFile, settings: &RecorderSettings) -> Result<(), StoreError> {
    if free_bytes(&settings.flights)? < wal_bytes(file.path()) + CHECKPOINT_ROOM_BYTES {
        return Ok(());
    }
    file.checkpoint()
}

fn event(at: TimeUs, severity: Severity, kind: &'static str, text: &str) -> Event {
    Event { at, severity, kind, text: Text::new(text) }
}
