//! Faults on their timeline: triggers seen, begins and ends in order.

use super::{Do, Seen, us};
use crate::scenario::{Act, Fault, Kind};
use skyhound::command::State;

/// The moments from which triggers count, each µs since the scenario began; `None` = not yet.
#[derive(Copy, Clone, Debug, Default)]
struct Moments {
    airborne: Option<u64>,
    heard: Option<u64>,
    searching: Option<u64>,
    homing: Option<u64>,
    holding: Option<u64>,
    ended: Option<u64>,
    was: State,
}

impl Moments {
    fn see(&mut self, now_us: u64, seen: &Seen<'_>) {
        let first = |moment: &mut Option<u64>, is_so: bool| {
            if is_so {
                moment.get_or_insert(now_us);
            }
        };
        first(&mut self.airborne, seen.airborne);
        first(&mut self.heard, seen.heard);
        // A look may come late: DETECTING and HOMING come after a SEARCHING, HOLDING after a HOMING.
        first(&mut self.searching, seen.state != State::Idle);
        first(&mut self.homing, seen.state.commands());
        first(&mut self.holding, seen.state == State::Holding);
        first(&mut self.ended, self.was != State::Idle && seen.state == State::Idle);
        self.was = seen.state;
    }

    fn of(&self, act: Act) -> Option<u64> {
        match act {
            Act::Begin => Some(0),
            Act::Airborne => self.airborne,
            Act::Heard => self.heard,
            Act::Searching => self.searching,
            Act::Homing => self.homing,
            Act::Holding => self.holding,
            Act::Ended => self.ended,
        }
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Progress {
    Waiting,
    /// Until then.
    On(u64),
    Over,
}

/// All faults of a scenario.
#[derive(Clone, Debug)]
pub struct Timeline {
    faults: Vec<(Fault, Progress)>,
    moments: Moments,
}

impl Timeline {
    /// None has begun.
    pub fn new(faults: &[Fault]) -> Timeline {
        let faults = faults.iter().map(|fault| (fault.clone(), Progress::Waiting)).collect();
        Timeline { faults, moments: Moments::default() }
    }

    pub(super) fn step(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        self.moments.see(now_us, seen);
        for (fault, progress) in &mut self.faults {
            // Ends go before begins only within a fault: a short one must still be seen.
            if let Progress::On(until_us) = *progress
                && now_us >= until_us
            {
                deeds.push(Do::End(fault.kind.clone()));
                *progress = Progress::Over;
            }
            let Some(from_us) = self.moments.of(fault.trigger.on).filter(|_| *progress == Progress::Waiting)
            else {
                continue;
            };
            if now_us >= from_us.saturating_add(us(fault.trigger.after_s)) {
                deeds.push(match fault.kind {
                    Kind::HomingOn => Do::HomingOn,
                    Kind::HomingOff => Do::HomingOff,
                    ref kind => Do::Begin(kind.clone()),
                });
                *progress = fault
                    .for_s
                    .map_or(Progress::Over, |for_s| Progress::On(now_us.saturating_add(us(for_s))));
            }
        }
    }

    /// Begins and ends by the clock alone, given to `apply`: where nobody flies. What waits for a state does not happen.
    pub fn by_clock(&mut self, now_us: u64, mut apply: impl FnMut(&Kind, bool) -> bool) {
        let mut deeds = Vec::new();
        self.step(now_us, &Seen { airborne: true, ..Seen::default() }, &mut deeds);
        for deed in deeds {
            match deed {
                Do::Begin(kind) => apply(&kind, true),
                Do::End(kind) => apply(&kind, false),
                _ => false,
            };
        }
    }
}
