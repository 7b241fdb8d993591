//! From powers with their places to observations of one beacon's place: one for each stretch of way, however long it took.
//!
//! A stretch is a tenth of the distance to where the beacon is believed to be, 5 to 10 m: what is nearer together shares its shadowing and
//! tells nothing new. Its power is the mean of powers, noise taken out; where the receiver clipped it is a bound of it, and so it is where
//! nothing is heard. Who hovers adds one observation, not thousands; what is heard seldom is one each. Of a directional antenna a turn by some
//! degrees is as good as a stretch of way, and where its heading is not known nothing counts.
//! Readings tell before hearings do, which are of the same emission and listened to for longer.

use crate::belief::Belief;
use crate::config::{Antenna, Emission};
use crate::facts::{Facts, Located, RegionRun};
use crate::geo::{NorthEast, Origin, wrap_pi};
use crate::locate::{Bound, Frame, HEADING_RAD, Locate, LocateConfig, Observation, Side};
use crate::record::{Record, Sink};
use crate::signal::{Flags, Hearing, Pulse};
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

/// The estimate is recorded at 1 Hz; its regions once a minute, of a beacon that may move more often, and of any as soon as they are this many times
/// as large or as small as those that were told: whoever looks on must not see a hill that is none any more.
const TOLD_US: u64 = 1_000_000;
const REGION_TOLD_US: u64 = 60_000_000;
const REGION_TOLD_MOVING_US: u64 = 15_000_000;
const REGION_OTHER_RATIO: f64 = 1.5;
const REGION_OTHER_US: u64 = 5_000_000;
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
    /// The receiver clipped: it was this much, or more.
    pub(super) is_clipped: bool,
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
    pub(super) is_clipped: bool,
    /// Its power as a matched detector told it.
    pub(super) hearing: Option<CentiDb>,
}

impl Heard {
    pub(super) fn of_pulse(pulse: &Pulse) -> Heard {
        let at_us = pulse.start_us.plus_us(u64::from(pulse.width_us) / 2);
        let power = ratio_from_db(pulse.mean.db()) - ratio_from_db(pulse.floor.db());
        let is_clipped = pulse.flags.any(Flags::CLIPPED);
        Heard { channel: pulse.channel, at_us, power, is_clipped, hearing: None }
    }

    pub(super) fn of_hearing(hearing: &Hearing) -> Heard {
        let power = ratio_from_db(hearing.power.db());
        Heard {
            channel: hearing.channel,
            at_us: hearing.power_at_us(),
            power,
            is_clipped: false,
            hearing: Some(hearing.power),
        }
    }
}

/// When a beacon may have moved by this it is observed again, from wherever, m.
const AGAIN_M: f64 = 4.0;
/// Where nothing is heard it would have been heard by now, had it been there: after so many periods, and this at least, µs.
const UNHEARD_PERIODS: u64 = 2;
const UNHEARD_MIN_US: u64 = 2_000_000;
/// Of emissions that come more seldom it flies on too far between two.
const SELDOM_US: u64 = 8_000_000;
/// So many of the weakest that were heard are remembered; what is always heard is stronger by this, dB.
const WEAKEST: usize = 4;
const LUCK_DB: f64 = 3.0;

/// Of a stretch of which more clipped the power is not known, a bound of it is.
const CLIPPED_SHARE: f64 = 0.1;

/// Sums over a stretch.
#[derive(Copy, Clone, Debug)]
struct Stretch {
    from: Sound,
    is_hearing: bool,
    count: f64,
    clipped: f64,
    sums: [f64; 4],
    frame: Frame,
}

/// One channel's.
pub(super) struct Seeker {
    locate: Locate,
    stretch: Option<Stretch>,
    /// Where and how the newest observation was made, and when.
    newest: Option<(NorthEast, TimeUs, Option<Attitude>)>,
    is_directional: bool,
    /// After this a beacon that moves is observed again from the same place, µs.
    again_us: Option<u64>,
    /// For how long nothing tells that it is not heard, µs; never where nothing does.
    unheard_us: Option<u64>,
    /// Since when it is listened to in vain, the floor, and the weakest that were heard, each over its floor, dB.
    unheard_since: Option<TimeUs>,
    floor_db: Option<f64>,
    weakest_db: [f64; WEAKEST],
    told_us: Option<TimeUs>,
    /// When, and the radius of 95 %, m.
    region_told: Option<(TimeUs, f64)>,
}

impl Seeker {
    pub(super) fn new(antenna: Antenna, emission: &Emission, beacon_speed_mps: f64) -> Seeker {
        let settings = LocateConfig { antenna, beacon_speed_mps, ..LocateConfig::default() };
        let period_us = match emission {
            Emission::Chirp(_) => u64::MAX,
            emission => emission.train().map_or(0, |train| u64::from(train.period_max_us)),
        };
        Seeker {
            locate: Locate::new(settings),
            stretch: None,
            newest: None,
            is_directional: matches!(antenna, Antenna::Directional(_)),
            again_us: (beacon_speed_mps > 0.0).then(|| (AGAIN_M / beacon_speed_mps * 1e6) as u64),
            unheard_us: (period_us <= SELDOM_US).then(|| (UNHEARD_PERIODS * period_us).max(UNHEARD_MIN_US)),
            unheard_since: None,
            floor_db: None,
            weakest_db: [f64::INFINITY; WEAKEST],
            told_us: None,
            region_told: None,
        }
    }

    /// A power, in order of time but for hearings, which come late.
    pub(super) fn hear(&mut self, sound: &Sound, is_hearing: bool) {
        if self.is_directional && sound.attitude.is_none() {
            return;
        }
        let length_m = self.stretch_m(sound.at);
        let is_directional = self.is_directional;
        let is_apart = |at: NorthEast, attitude: Option<Attitude>| {
            let turned_rad = |(one, other): (Attitude, Attitude)| wrap_pi(one.yaw_rad - other.yaw_rad).abs();
            let is_turned =
                || attitude.zip(sound.attitude).is_some_and(|both| turned_rad(both) >= HEADING_RAD);
            at.distance_m(sound.at) >= length_m || is_directional && is_turned()
        };
        if let Some(stretch) = &mut self.stretch {
            let is_better = stretch.is_hearing && !is_hearing;
            if !is_apart(stretch.from.at, stretch.from.attitude) && !is_better {
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
        let is_again = |at_us| self.again_us.is_some_and(|again_us| sound.at_us.since_us(at_us) >= again_us);
        if self.newest.is_none_or(|(at, at_us, attitude)| is_apart(at, attitude) || is_again(at_us)) {
            self.stretch.insert(Stretch::new(sound, is_hearing)).add(sound);
        }
    }

    /// It is listened to at a place, `up_m` above home, lying so; `None` where nobody listens.
    pub(super) fn listen(
        &mut self,
        now: TimeUs,
        facts: &Facts,
        at: Option<(NorthEast, f64)>,
        attitude: Option<Attitude>,
    ) {
        self.floor_db = facts.floor_dbfs();
        let (Some((at, up_m)), Some(below_db), false) = (at, self.floor_db, facts.heard) else {
            self.unheard_since = None;
            return;
        };
        let since = *self.unheard_since.get_or_insert(now);
        let is_certain = self.unheard_us.is_some_and(|unheard_us| now.since_us(since) >= unheard_us);
        if is_certain && (attitude.is_some() || !self.is_directional) {
            let (at_m, up_m) = ([at.north_m, at.east_m], up_m.max(BELOW_MIN_M));
            let (frame, side) = (frame(attitude), Side::Under);
            self.locate.observe_bound(Bound { at_m, up_m, frame, power_db: below_db, side, at_us: now });
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
        let region_us = if self.again_us.is_some() { REGION_TOLD_MOVING_US } else { REGION_TOLD_US };
        let is_other = self.region_told.is_some_and(|(told, told_m)| {
            let ratio = estimate.radius_95_m / told_m;
            at.since_us(told) >= REGION_OTHER_US
                && !(1.0 / REGION_OTHER_RATIO..REGION_OTHER_RATIO).contains(&ratio)
        });
        let told_us = self.region_told.map(|(told, _)| told);
        if (is_due(told_us, region_us) || is_other) && self.locate.is_whole() {
            self.region_told = Some((at, estimate.radius_95_m));
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

    /// How weak it is heard: what was heard so weakly may have been luck once, not [`WEAKEST`] times.
    fn learn_edge(&mut self, power_db: f64) {
        let Some(over_db) = self.floor_db.map(|floor_db| power_db - floor_db) else { return };
        let before_db = edge(&self.weakest_db);
        let at = self.weakest_db.partition_point(|weakest_db| *weakest_db <= over_db);
        if at < WEAKEST {
            self.weakest_db.copy_within(at..WEAKEST - 1, at + 1);
            self.weakest_db[at] = over_db;
        }
        if let Some(edge_db) = edge(&self.weakest_db).filter(|edge_db| Some(*edge_db) != before_db) {
            self.locate.hears_from(edge_db + LUCK_DB);
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
        self.newest = Some((NorthEast { north_m, east_m }, stretch.from.at_us, stretch.from.attitude));
        if power <= 0.0 {
            return;
        }
        let (up_m, power_db) = (up_m.max(BELOW_MIN_M), db_from_ratio(power));
        self.learn_edge(power_db);
        let (at_m, frame, at_us) = ([north_m, east_m], stretch.frame.normalised(), stretch.from.at_us);
        if stretch.clipped > CLIPPED_SHARE * stretch.count {
            self.locate.observe_bound(Bound { at_m, up_m, frame, power_db, side: Side::Over, at_us });
        } else {
            self.locate.observe(Observation { at_m, up_m, power_db, frame, at_us });
        }
    }
}

/// How the aircraft lies; level, its nose north, where that is not known.
fn frame(attitude: Option<Attitude>) -> Frame {
    attitude.map_or(Frame::default(), |a| Frame::new(a.roll_rad, a.pitch_rad, a.yaw_rad))
}

/// The strongest of the weakest, as far as there are any.
fn edge(weakest_db: &[f64; WEAKEST]) -> Option<f64> {
    weakest_db.iter().rev().copied().find(|over_db| over_db.is_finite())
}

impl Stretch {
    fn new(from: &Sound, is_hearing: bool) -> Stretch {
        Stretch { from: *from, is_hearing, count: 0.0, clipped: 0.0, sums: [0.0; 4], frame: Frame::NONE }
    }

    fn add(&mut self, sound: &Sound) {
        self.count += 1.0;
        self.clipped += f64::from(u8::from(sound.is_clipped));
        let values = [sound.at.north_m, sound.at.east_m, sound.up_m, sound.power];
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        self.frame.add(&frame(sound.attitude));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AntennaPattern;

    #[test]
    fn what_was_heard_weakly_once_was_luck() {
        let mut seeker = Seeker::new(Antenna::Omni, &Emission::Continuous, 0.0);
        seeker.learn_edge(-90.0);
        assert_eq!(edge(&seeker.weakest_db), None, "without a floor nothing is known");
        seeker.floor_db = Some(-100.0);
        for (power_db, told) in
            [(-90.0, 10.0), (-80.0, 20.0), (-130.0, 20.0), (-85.0, 20.0), (-88.0, 15.0), (-70.0, 15.0)]
        {
            seeker.learn_edge(power_db);
            assert_eq!(edge(&seeker.weakest_db), Some(told), "{power_db}");
        }
    }

    #[test]
    fn a_directional_antenna_is_heard_with_anew_at_each_heading() {
        let beam = Antenna::Directional(AntennaPattern::new(|bearing_rad| 6.0 * bearing_rad.cos(), true));
        let count = |antenna, attitude: &dyn Fn(f64) -> Option<Attitude>| {
            let mut seeker = Seeker::new(antenna, &Emission::Continuous, 0.0);
            for n in 0..126_u64 {
                let (at, up_m, power) = (NorthEast::default(), 30.0, 1e-6);
                let attitude = attitude(n as f64 * 0.05);
                let at_us = TimeUs(n * 100_000);
                seeker.hear(&Sound { at_us, at, up_m, power, is_clipped: false, attitude }, false);
            }
            seeker.end();
            while seeker.work(TimeUs(20_000_000), usize::MAX) == 0 {}
            seeker.locate.estimate().map_or(0, |estimate| estimate.observation_count)
        };
        let level = Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad: 0.0, yaw_rate_rad_s: 0.0 };
        let turned = |yaw_rad| Some(Attitude { yaw_rad, ..level });
        assert_eq!(count(beam, &turned), 13, "6.3 rad in steps of half a radian");
        assert_eq!(count(beam, &|_| turned(0.0)), 0, "one is too few");
        assert_eq!(count(beam, &|_| None), 0);
        assert_eq!(count(Antenna::Whip, &turned), 0);
    }

    #[test]
    fn silence_counts_once_it_is_certain_and_only_of_what_is_on_often() {
        let of = |period_us: u32| {
            let mut train = Emission::CospasSarsat.train().unwrap();
            train.period_max_us = period_us;
            Seeker::new(Antenna::Omni, &Emission::Pulsed(train), 0.0).unheard_us
        };
        assert_eq!((of(500_000), of(3_000_000), of(9_000_000)), (Some(2_000_000), Some(6_000_000), None));
        assert_eq!(Seeker::new(Antenna::Omni, &Emission::Continuous, 0.0).unheard_us, Some(2_000_000));
        assert_eq!(Seeker::new(Antenna::Omni, &Emission::CospasSarsat, 0.0).unheard_us, None);
        let chirp = Emission::Chirp(crate::config::Spreading { min: 7, max: 12 });
        assert_eq!(Seeker::new(Antenna::Omni, &chirp, 0.0).unheard_us, None, "nothing tells when one is due");
    }
}
