//! The recorder's COMMIT, and what is done when it does not answer.
//!
//! ```text
//!   it fails  → the file is opened again, and it is tried again, after 0.1, 0.2, 0.4 and 0.8 s
//!   still     → the file is left as it is; a next one of the same flight is begun with what was not answered for
//!   none goes → for 12 s, about what the lanes bridge: then the recorder pauses, and tries a next file each second
//! ```
//! A file is left at once when rows are missing in it, or its WAL is damaged: opening that could end the process. Rows of the
//! commit that did not answer may stand in both files then; what was answered for stands in the first. On a full disk no
//! next file is begun: it would find no room either.

use super::error::StoreError;
use super::file::{Continues, FlightFile};
use super::pass::{CHECKPOINT_ROOM_BYTES, Pass};
use skyhound::time::TimeUs;
use std::time::Duration;

/// Tries of one batch, with waits of 0.1, 0.2, … 3 s: 12 s in all.
const COMMIT_TRIES: u32 = 8;
/// Tries in one file.
const FILE_TRIES: u32 = 4;
const RETRY_WAIT_MIN: Duration = Duration::from_millis(100);
const RETRY_WAIT_MAX: Duration = Duration::from_secs(3);

impl Pass {
    /// Commits the batch. It is empty afterwards: in a file, or counted as not recorded.
    pub(super) fn commit(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        if self.is_paused() {
            self.discard_batch();
            return;
        }
        let (begun, mut wait, mut why) = (self.clock.now(), RETRY_WAIT_MIN, String::new());
        for tried in 1..=COMMIT_TRIES {
            match self.try_commit(&why) {
                Ok(()) => return self.acknowledge(begun),
                Err(error) => why = error.to_string(),
            }
            tracing::warn!(why, tried, "a commit failed");
            if tried < COMMIT_TRIES {
                self.watch.count_retry();
                std::thread::sleep(wait);
                wait = (wait * 2).min(RETRY_WAIT_MAX);
                if self.is_there_all_the_same(tried, &why) {
                    return self.acknowledge(begun);
                }
            }
        }
        let why = self.short_of_disk(CHECKPOINT_ROOM_BYTES).unwrap_or(why);
        self.discard_batch();
        self.pause(begun, &why);
    }

    /// In the file, or in a next one when the last was left because of `why`.
    fn try_commit(&mut self, why: &str) -> Result<(), StoreError> {
        if self.file.is_none() {
            let continues = Continues { file: self.watch.files().pop(), unrecorded_since: None };
            self.next_file(Some(&continues))?;
            self.begin_with(self.clock.now(), "recorder_next_file", &continues, why);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.commit(&self.batch).map_err(|error| StoreError::database(file.path(), "cannot commit")(error))
    }

    /// Opens the file again, or leaves it; `true` when the batch is in it, as after a COMMIT whose answer got lost.
    fn is_there_all_the_same(&mut self, tried: u32, why: &str) -> bool {
        match self.reopened_with_batch() {
            Ok(is_there) if is_there => return true,
            Ok(_) if tried < FILE_TRIES || self.short_of_disk(CHECKPOINT_ROOM_BYTES).is_some() => {}
            Ok(_) => self.leave_file(why),
            Err(error) => self.leave_file(&error.to_string()),
        }
        false
    }

    fn reopened_with_batch(&mut self) -> Result<bool, StoreError> {
        let Some(file) = &mut self.file else { return Ok(false) };
        match file.reopen() {
            Err(error @ StoreError::Damaged { .. }) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the flight file does not open yet");
                return Ok(false);
            }
            Ok(()) => {}
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

    /// What is in it stays, to be recovered by a later start; a file without rows goes.
    fn leave_file(&mut self, why: &str) {
        let Some(file) = self.file.take() else { return };
        tracing::error!("{}: takes no more and is left: {why}", file.path().display());
        if self.committed.iter().all(|&count| count == 0) {
            self.watch.forget(file.path());
            file.remove();
        } else {
            file.leave();
        }
    }

    fn acknowledge(&mut self, begun: TimeUs) {
        let counts = self.batch.counts();
        self.committed.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        let took_us = self.clock.now().since_us(begun);
        self.budget.count(took_us);
        self.watch.count_commit(counts.iter().sum(), counts[0], took_us);
        self.watch.keep_log(&self.batch.log.entries);
        self.batch.clear();
        if self.file.as_ref().is_some_and(FlightFile::is_wal_full) {
            self.move_wal();
        }
    }

    fn discard_batch(&mut self) {
        self.watch.count_unrecorded(self.batch.counts().iter().sum());
        self.batch.clear();
    }
}
