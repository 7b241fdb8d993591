//! The faults of the rig's SDR driver: kinds of the timeline in, words of its control file out.

use crate::scenario::Kind;
use std::fs;
use std::path::{Path, PathBuf};

/// Samples that an untold loss takes, in time.
const SKIP_MS: u32 = 20;

/// What the driver is told.
#[derive(Debug)]
pub struct SdrControl {
    path: PathBuf,
    unplugged: Option<&'static str>,
    stalled: bool,
    stuck: bool,
    rate: Option<f64>,
    told_overflow_total: u32,
    untold_overflow_total: u32,
}

impl SdrControl {
    /// A device that is well. The words stand in the file `path`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(path: PathBuf) -> Result<SdrControl, String> {
        let control = SdrControl {
            path,
            unplugged: None,
            stalled: false,
            stuck: false,
            rate: None,
            told_overflow_total: 0,
            untold_overflow_total: 0,
        };
        control.tell()?;
        Ok(control)
    }

    /// The file, for the driver's `control=`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins or ends a fault; whether it was one of the SDR's. Samples are lost once, at the begin.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::SdrUnplug { silent } => {
                let word = if *silent { "unplug=silent" } else { "unplug" };
                self.unplugged = begins.then_some(word);
            }
            Kind::SdrStall => self.stalled = begins,
            Kind::SdrStuck => self.stuck = begins,
            Kind::SdrRate { factor } => self.rate = begins.then_some(*factor),
            Kind::SdrOverflow { told: true } => self.told_overflow_total += u32::from(begins),
            Kind::SdrOverflow { told: false } => self.untold_overflow_total += u32::from(begins),
            _ => return Ok(false),
        }
        self.tell()?;
        Ok(true)
    }

    fn tell(&self) -> Result<(), String> {
        let mut words = vec![
            format!("overflow={}", self.told_overflow_total),
            format!("skip={}:{SKIP_MS}", self.untold_overflow_total),
        ];
        words.extend(self.unplugged.map(str::to_owned));
        words.extend(self.stalled.then(|| "stall".to_owned()));
        words.extend(self.stuck.then(|| "stuck".to_owned()));
        words.extend(self.rate.map(|factor| format!("rate={factor}")));
        // In one step: the driver reads at any moment.
        let next = self.path.with_extension("next");
        let written = fs::write(&next, words.join(" ")).and_then(|()| fs::rename(&next, &self.path));
        written.map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut control = SdrControl::new(folder.path().join("control")).unwrap();
        let mut told = |kind: &Kind, begins| {
            assert!(control.apply(kind, begins).unwrap());
            fs::read_to_string(folder.path().join("control")).unwrap()
        };
        assert_eq!(told(&Kind::SdrUnplug { silent: true }, true), "overflow=0 skip=0:20 unplug=silent");
        assert_eq!(told(&Kind::SdrUnplug { silent: true }, false), "overflow=0 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: true }, true), "overflow=1 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: true }, false), "overflow=1 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: false }, true), "overflow=1 skip=1:20");
        assert_eq!(told(&Kind::SdrRate { factor: 1.5 }, true), "overflow=1 skip=1:20 rate=1.5");
        assert!(!control.apply(&Kind::GpsLoss, true).unwrap());
    }
}
