//! The faults of the rig's SDR driver: kinds of the timeline in, words of its control file out.

use crate::scenario::Kind;
use crate::shared;
use std::path::{Path, PathBuf};

/// Samples that an untold loss takes, in time.
const SKIP_MS: u32 = 20;
/// While samples are lost, they are lost so often: a tenth of all, as at depth a.
const OVERFLOW_EVERY_US: u64 = 200_000;

/// What the driver is told.
#[derive(Debug, Default)]
pub struct SdrControl {
    path: PathBuf,
    unplugged: Option<&'static str>,
    stalled: bool,
    stuck: bool,
    rate: Option<f64>,
    told_overflow_total: u32,
    untold_overflow_total: u32,
    /// Whether the loss under way is told, and when it comes again.
    overflows: Option<(bool, Option<u64>)>,
}

impl SdrControl {
    /// A device that is well. The words stand in the file `path`.
    pub fn new(path: PathBuf) -> Result<SdrControl, String> {
        let control = SdrControl { path, ..SdrControl::default() };
        control.tell()?;
        Ok(control)
    }

    /// The file, for the driver's `control=`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins or ends a fault; whether it was one of the SDR's.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::SdrUnplug { silent } => {
                let word = if *silent { "unplug=silent" } else { "unplug" };
                self.unplugged = begins.then_some(word);
            }
            Kind::SdrStall => self.stalled = begins,
            Kind::SdrStuck => self.stuck = begins,
            Kind::SdrRate { factor } => self.rate = begins.then_some(*factor),
            Kind::SdrOverflow { told } => {
                self.overflows = begins.then_some((*told, None));
                if begins {
                    self.lose(*told);
                }
            }
            _ => return Ok(false),
        }
        self.tell()?;
        Ok(true)
    }

    /// Goes on losing samples where that is under way. Called often.
    pub fn step(&mut self, now_us: u64) -> Result<(), String> {
        let Some((told, due_us)) = &mut self.overflows else { return Ok(()) };
        let next_us = *due_us.get_or_insert(now_us + OVERFLOW_EVERY_US);
        if now_us < next_us {
            return Ok(());
        }
        *due_us = Some(next_us + OVERFLOW_EVERY_US);
        let told = *told;
        self.lose(told);
        self.tell()
    }

    fn lose(&mut self, told: bool) {
        self.told_overflow_total += u32::from(told);
        self.untold_overflow_total += u32::from(!told);
    }

    fn tell(&self) -> Result<(), String> {
        let (told, untold) = (self.told_overflow_total, self.untold_overflow_total);
        let mut words = format!("overflow={told} skip={untold}:{SKIP_MS}");
        let faults = [self.unplugged, self.stalled.then_some("stall"), self.stuck.then_some("stuck")];
        faults.into_iter().flatten().for_each(|word| words += &format!(" {word}"));
        words += &self.rate.map_or(String::new(), |factor| format!(" rate={factor}"));
        shared::tell(&self.path, &words)
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
            std::fs::read_to_string(folder.path().join("control")).unwrap()
        };
        assert_eq!(told(&Kind::SdrUnplug { silent: true }, true), "overflow=0 skip=0:20 unplug=silent");
        assert_eq!(told(&Kind::SdrUnplug { silent: true }, false), "overflow=0 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: true }, true), "overflow=1 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: true }, false), "overflow=1 skip=0:20");
        assert_eq!(told(&Kind::SdrOverflow { told: false }, true), "overflow=1 skip=1:20");
        assert_eq!(told(&Kind::SdrRate { factor: 1.5 }, true), "overflow=1 skip=1:20 rate=1.5");
        assert!(!control.apply(&Kind::GpsLoss, true).unwrap());
        let mut lost = |now_us| {
            control.step(now_us).unwrap();
            control.untold_overflow_total
        };
        assert_eq!([0, 199_999, 200_000, 399_999, 400_000].map(&mut lost), [1, 1, 2, 2, 3]);
        control.apply(&Kind::SdrOverflow { told: false }, false).unwrap();
        control.step(9_000_000).unwrap();
        assert_eq!(control.untold_overflow_total, 3);
    }
}
