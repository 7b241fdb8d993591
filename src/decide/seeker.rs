//! From powers with their places to observations of one beacon's place: one for each stretch of way, however long it took.
//!
//! A stretch is a tenth of the distance to where the beacon is believed to be, 5 to 10 m: what is nearer together shares its shadowing and
//! tells nothing new. Its power is the mean of powers, noise taken out. Who hovers adds one observation, not thousands; what is heard seldom is one each.
//! Readings tell before hearings do, which are of the same emission and listened to for longer.

use crate::belief::Belief;
use crate::config::Antenna;
use crate::facts::{Located, RegionRun};
use crate::geo::{NorthEast, Origin};
use crate::locate::{Frame, Locate, LocateConfig, Observation};
use crate::record::{Record, Sink};
use crate::signal::{Hearing, Pulse};
use crate::time::TimeUs;
use crate::units::{CentiDb, db_from_ratio, ratio_from_db};
use crate::vehicle::Attitude;

/// Of a stretch, m.
const STRETCH_MIN_M: f64 = 5.0;
const STRETCH_MAX_M: f64 = 10.0;
/// Share of the distance to the beacon.
const STRETCH_RATIO: f64 = 0.1;
/// Before anything is believed, m.
const STRETCH_FIRST_M: f64 = 4.0;
/// A stretch is over after this, µs: who stands still waits no longer for what is known.
const STRETCH_MAX_US: u64 = 2_000_000;
/// Where the beacon is supposed to lie: on the ground at home's height; at least this below the aircraft, m.
const BELOW_MIN_M: f64 = 5.0;

/// The estimate is recorded at 1 Hz, its regions once a minute.
const TOLD_US: u64 = 1_000_000;
const REGION_TOLD_US: u64 = 60_000_000;
/// Those regions, per cent, and runs of squares that each takes at most.
const REGIONS_PERCENT: [u8; 2] = [50, 95];
const RUNS_MAX: usize = 150;

/// Power of the beacon alone at a place.
#[derive(Copy, Clone, Debug)]
pub(super) struct Sound {
    pub(super) at_us: TimeUs,
    pub(super) at: NorthEast,
    /// Above home.
    pub(super) up_m: f64,
    /// Full scale 1; noise can take it under 0.
    pub(super) power: f64,
    /// How the aircraft lay, where it is known.
    pub(super) attitude: Option<Attitude>,
}

/// A pulse or a hearing on its way to its place.
#[derive(Copy, Clone, Debug)]
pub(super) struct Heard {
    pub(super) channel: u8,
    pub(super) at_us: TimeUs,
    /// Of the beacon alone, full scale 1.
    pub(super) power: f64,
    /// Its power as a matched detector told it.
    pub(super) hearing: Option<CentiDb>,
}

impl Heard {
    pub(super) fn of_pulse(pulse: &Pulse) -> Heard {
        let at_us = pulse.start_us.plus_us(u64::from(pulse.width_us) / 2);
        let power = ratio_from_db(pulse.mean.db()) - ratio_from_db(pulse.floor.db());
        Heard { channel: pulse.channel, at_us, power, hearing: None }
    }

    pub(super) fn of_hearing(hearing: &Hearing) -> Heard {
        let power = ratio_from_db(hearing.power.db());
        Heard { channel: hearing.channel, at_us: hearing.power_at_us(), power, hearing: Some(hearing.power) }
    }
}

/// Sums over a stretch.
#[derive(Copy, Clone, Debug)]
struct Stretch {
    from: Sound,
    is_hearing: bool,
    count: f64,
    sums: [f64; 4],
    frame: Frame,
}

/// One channel's.
pub(super) struct Seeker {
    locate: Locate,
    stretch: Option<Stretch>,
    /// Where the newest observation is.
    newest: Option<NorthEast>,
    told_us: Option<TimeUs>,
    region_told_us: Option<TimeUs>,
}

impl Seeker {
    pub(super) fn new(antenna: Antenna) -> Seeker {
        let settings = LocateConfig { antenna, ..LocateConfig::default() };
        Seeker {
            locate: Locate::new(settings),
            stretch: None,
            newest: None,
            told_us: None,
            region_told_us: None,
        }
    }

    /// A power, in order of time but for hearings, which come late.
    pub(super) fn hear(&mut self, sound: &Sound, is_hearing: bool) {
        let length_m = self.stretch_m(sound.at);
        if let Some(stretch) = &mut self.stretch {
            let is_better = stretch.is_hearing && !is_hearing;
            if stretch.from.at.distance_m(sound.at) < length_m && !is_better {
                if stretch.is_hearing == is_hearing {
                    stretch.add(sound);
                }
                return;
            }
            if is_better {
                self.stretch = None;
            } else {
                self.end();
            }
        }
        if self.newest.is_none_or(|newest| newest.distance_m(sound.at) >= length_m) {
            let mut stretch =
                Stretch { from: *sound, is_hearing, count: 0.0, sums: [0.0; 4], frame: Frame::NONE };
            stretch.add(sound);
            self.stretch = Some(stretch);
        }
    }

    /// Ends what is over and works on the estimate; what is left of the budget.
    pub(super) fn work(&mut self, now: TimeUs, budget: usize) -> usize {
        if self.stretch.is_some_and(|stretch| now.since_us(stretch.from.at_us) > STRETCH_MAX_US) {
            self.end();
        }
        if budget > 0 && self.locate.work(budget) { 0 } else { budget }
    }

    pub(super) fn belief(&self) -> Option<&Belief> {
        self.locate.belief()
    }

    /// Records the estimate when it is due, or now; nothing where there is none.
    pub(super) fn tell(
        &mut self,
        at: TimeUs,
        now: bool,
        (channel, origin): (u8, &Origin),
        sink: &mut dyn Sink,
    ) {
        let is_due =
            |told: Option<TimeUs>, interval_us| told.is_none_or(|told| at.since_us(told) >= interval_us);
        let Some(estimate) = self.locate.estimate() else { return };
        if now || is_due(self.told_us, TOLD_US) {
            self.told_us = Some(at);
            sink.record(&Record::Estimate(Located { at, channel, origin: origin.place(), estimate }));
        }
        if is_due(self.region_told_us, REGION_TOLD_US) && self.locate.is_whole() {
            self.region_told_us = Some(at);
            for percent in REGIONS_PERCENT {
                self.locate.region(f64::from(percent) / 100.0, RUNS_MAX, |run| {
                    sink.record(&Record::Region(RegionRun {
                        at,
                        channel,
                        percent,
                        origin: origin.place(),
                        run,
                    }));
                });
            }
        }
    }

    fn stretch_m(&self, at: NorthEast) -> f64 {
        let estimate = self.locate.estimate();
        estimate.map_or(STRETCH_FIRST_M, |estimate| {
            (STRETCH_RATIO * estimate.mean.distance_m(at)).clamp(STRETCH_MIN_M, STRETCH_MAX_M)
        })
    }

    fn end(&mut self) {
        let Some(stretch) = self.stretch.take() else { return };
        let [north_m, east_m, up_m, power] = stretch.sums.map(|sum| sum / stretch.count);
        self.newest = Some(NorthEast { north_m, east_m });
        if power <= 0.0 {
            return;
        }
        let (up_m, power_db) = (up_m.max(BELOW_MIN_M), db_from_ratio(power));
        self.locate.observe(Observation {
            at_m: [north_m, east_m],
            up_m,
            power_db,
            frame: stretch.frame.normalised(),
        });
    }
}

impl Stretch {
    fn add(&mut self, sound: &Sound) {
        self.count += 1.0;
        let values = [sound.at.north_m, sound.at.east_m, sound.up_m, sound.power];
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        let level = Frame::default();
        let frame = sound.attitude.map_or(level, |a| Frame::new(a.roll_rad, a.pitch_rad, a.yaw_rad));
        self.frame.add(&frame);
    }
}
