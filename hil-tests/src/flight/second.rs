//! A second daemon on the same aircraft, on another line of its autopilot: it must refuse to command.

use super::daemons::{Daemons, Line};
use crate::daemon::{Site, number};
use crate::scenario::Scenario;
use crate::truth::Poses;

/// Between two of its operator's tries.
const AGAIN_US: u64 = 3_000_000;

/// The second daemon with its operator, who enables homing again and again.
pub struct Second {
    daemons: Daemons,
    asked_us: u64,
    answers: Vec<Result<String, String>>,
    runs: bool,
}

impl Second {
    /// In `site`; it does not run yet.
    pub fn new(site: Site, scenario: &Scenario, line: Line, poses: Poses) -> Result<Second, String> {
        // The machine's faults are the first one's.
        let well = Scenario { fault: Vec::new(), ..scenario.clone() };
        let daemons = Daemons::new(site, &well, line, poses)?;
        Ok(Second { daemons, asked_us: 0, answers: Vec::new(), runs: false })
    }

    /// Starts it.
    pub fn start(&mut self) -> Result<(), String> {
        self.daemons.start()?;
        self.runs = true;
        Ok(())
    }

    /// Its operator tries.
    pub fn ask_again(&mut self, now_us: u64) {
        if self.runs && now_us >= self.asked_us + AGAIN_US {
            self.asked_us = now_us;
            self.answers.push(self.daemons.homing(true));
        }
    }

    /// Ends it.
    pub fn end(&mut self) -> Result<(), String> {
        self.runs = false;
        self.daemons.end()
    }

    /// What it did that it must not: a permission it got, a velocity it commanded. And why it refused, last.
    pub fn judged(&mut self) -> Result<(Vec<String>, Option<String>), String> {
        let mut violations = Vec::new();
        let granted = self.answers.iter().flatten();
        violations.extend(granted.map(|told| format!("second daemon: homing was not refused: {told}")));
        for life in self.daemons.lives()? {
            let moves = number(&life.file, "select count(*) from command where kind = 'velocity'")?;
            if moves > 0.0 {
                violations.push(format!("second daemon: it commanded {moves} velocities"));
            }
        }
        let refusals = self.answers.iter().rev().filter_map(|answer| answer.as_ref().err());
        let refused = refusals.into_iter().find(|why| why.contains("another program speaks")).cloned();
        if refused.is_none() {
            violations.push("second daemon: it was never refused for being the second".to_owned());
        }
        Ok((violations, refused))
    }
}
