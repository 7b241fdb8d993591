//! One line on stderr about the flight in the air, on a terminal only.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Plan;
use crate::trace::{SignalRow, TruthRow};
use crate::watch::Watcher;

/// Rows from drawing to drawing: 10 Hz rows, 2 Hz drawings.
const ROWS: u32 = 5;

/// Draws the line, and ends the flight when a signal came.
pub(super) struct Progress {
    stop: Arc<AtomicBool>,
    on_terminal: bool,
    head: String,
    duration_s: f64,
    rows: u32,
}

impl Progress {
    pub(super) fn new(stop: Arc<AtomicBool>, count: String, plan: &Plan<'_>) -> Progress {
        let head = format!("{count} {} seed {} on {}", plan.scenario.name, plan.seed, plan.rig.name);
        let on_terminal = std::io::stderr().is_terminal();
        let progress = Progress { stop, on_terminal, head, duration_s: plan.scenario.duration_s, rows: 0 };
        progress.draw("");
        progress
    }

    /// Overwrites the line; nothing is lost where it cannot be written.
    fn draw(&self, rest: &str) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K{}{rest}", self.head);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Watcher for Progress {
    fn row(&mut self, truth: &TruthRow, signal: &SignalRow, state: &str) {
        self.rows += 1;
        if self.rows % ROWS == 1 {
            let at_s = truth.pose.at_us as f64 / 1e6;
            let snr = signal.snr_db.map_or(String::new(), |snr_db| format!(", SNR {snr_db:.0} dB"));
            self.draw(&format!(": {at_s:.0} of {:.0} s, {state}, {}{snr}", self.duration_s, truth.mode));
        }
    }

    fn told(&mut self, what: &str) {
        // Before the first row someone else's aircraft is made ready, which takes a minute or two.
        if self.rows == 0 {
            self.draw(&format!(": {what}"));
        }
    }

    fn ends(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}
