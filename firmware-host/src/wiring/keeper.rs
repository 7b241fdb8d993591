//! Looks after the flights that are not being recorded while this one flies: mends those of daemons that died, and lets old ones
//! make room. What it does stands in the log and as events in the flight file.

use super::threads::Life;
use crate::clock::Clock;
use crate::sdr::complete_leftovers;
use crate::settings::{RecorderSettings, RetentionSettings};
use crate::store::{Mended, RecorderHandle, idle_iq_folders, mend, retain};
use skyhound::record::{Event, Severity, Text};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Between looks at the disk.
const LOOK_US: u64 = 60_000_000;
const POLL: Duration = Duration::from_millis(100);
/// This program, also when its file was replaced since.
const PROGRAM: &str = "/proc/self/exe";

/// What it needs.
pub struct Keeper {
    /// Where the flights are.
    pub recorder: RecorderSettings,
    /// Which of them may go.
    pub retention: RetentionSettings,
    /// Who writes the events.
    pub handle: RecorderHandle,
    /// When it is over.
    pub life: Arc<Life>,
    /// Of the flight.
    pub clock: Clock,
}

impl Keeper {
    /// Until the flight is over.
    pub fn run(self) {
        let is_over = || self.life.is_stopped() || !self.life.all_alive();
        let mut told = |file: &Path, mended: Mended| {
            let severity = match mended {
                Mended::Recovered => Severity::Note,
                Mended::Salvaged { .. } | Mended::Left { .. } | Mended::SetAside { .. } => Severity::Warning,
            };
            let name = file.file_name().unwrap_or_default().display();
            self.tell(severity, "flight_mended", &format!("{name}: {mended}"));
        };
        let folder = &self.recorder.flights;
        if let Err(error) =
            mend(folder, Path::new(PROGRAM), self.recorder.disk_reserve_mb, &is_over, &mut told)
        {
            self.tell(Severity::Warning, "flight_mended", &error.to_string());
        }
        for folder in idle_iq_folders(folder).unwrap_or_default() {
            let name = folder.file_name().unwrap_or_default().display();
            match complete_leftovers(&folder) {
                Ok(0) => {}
                Ok(count) => {
                    self.tell(
                        Severity::Note,
                        "flight_mended",
                        &format!("{name}: {count} recordings completed"),
                    );
                }
                Err(error) => self.tell(Severity::Warning, "flight_mended", &format!("{name}: {error}")),
            }
        }
        let (mut looked_at, mut complaint) = (None, None);
        while !is_over() {
            let now = self.clock.now();
            if looked_at.is_none_or(|at| now.since_us(at) >= LOOK_US) {
                looked_at = Some(now);
                let complains = self.keep_room();
                if complains.is_some() && complains != complaint {
                    self.tell(Severity::Warning, "retention", complains.as_deref().unwrap_or_default());
                }
                complaint = complains;
            }
            std::thread::sleep(POLL);
        }
    }

    /// What stands in the way of it.
    fn keep_room(&self) -> Option<String> {
        let retained = match retain(&self.recorder.flights, &self.retention, false) {
            Ok(retained) => retained,
            Err(error) => return Some(error.to_string()),
        };
        for (file, bytes) in &retained.gone {
            let text = format!("{} made room: {:.1} MB", file.display(), *bytes as f64 / 1e6);
            self.tell(Severity::Note, "retention", &text);
        }
        retained.complaint(&self.retention)
    }

    fn tell(&self, severity: Severity, kind: &'static str, text: &str) {
        match severity {
            Severity::Note => tracing::info!("{text}"),
            Severity::Warning | Severity::Critical => tracing::warn!("{text}"),
        }
        // Where the recorder does not take it, it is in the log.
        let _ = self.handle.note(Event { at: self.clock.now(), severity, kind, text: Text::new(text) });
    }
}
