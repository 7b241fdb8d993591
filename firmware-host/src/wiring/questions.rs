//! How the operator's socket answers questions in SQL: by a child process over a snapshot of the flight.

use super::looking::{answer_command, picture};
use crate::ctl::{Answering, Picture, Prepared, Question, Questions};
use crate::settings::{DaemonSettings, Settings};
use crate::store::{Format, Snapshots};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

struct BySnapshots {
    snapshots: Arc<Snapshots>,
    settings: DaemonSettings,
    reserve_mb: u32,
}

/// Questions to what is recorded, by snapshots of it.
pub fn questions(settings: &Settings, snapshots: Arc<Snapshots>) -> Questions {
    let (reserve_mb, settings) = (settings.recorder.disk_reserve_mb, settings.daemon.clone());
    let time_max = Duration::from_secs(u64::from(settings.query_max_s));
    let clients_max = settings.query_clients;
    Questions::new(Arc::new(BySnapshots { snapshots, settings, reserve_mb }), clients_max, time_max)
}

impl Answering for BySnapshots {
    fn prepare(&self, question: &Question) -> Result<Prepared, String> {
        question.format.parse::<Format>()?;
        if self.snapshots.file().is_none() {
            return Err(
                "nothing is recorded yet, or there is no room for it: see `skyhound ctl status`".to_string()
            );
        }
        let snapshot = self.snapshots.current().map_err(|error| error.to_string())?;
        let (file, of) = (&snapshot.file, &snapshot.of);
        let command = answer_command(file, of, &question.format, &self.settings, self.reserve_mb);
        Ok(Prepared { command, keep: Box::new(snapshot) })
    }

    fn is_recorded(&self, file: &Path) -> bool {
        self.snapshots.file().is_some_and(|recorded| recorded == file)
    }

    fn file(&self) -> Option<PathBuf> {
        self.snapshots.file()
    }

    fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>> {
        self.snapshots.log_after(id)
    }

    fn picture(&self) -> Picture {
        self.snapshots.recorder().map(|recorder| picture(&recorder.newest())).unwrap_or_default()
    }

    fn log_forgotten(&self) -> u64 {
        self.snapshots.recorder().map_or(0, |recorder| recorder.log_forgotten())
    }

    fn rest(&self) {
        self.snapshots.let_go();
    }
}
