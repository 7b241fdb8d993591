//! Where a beacon is: powers (dB) joined to the aircraft's poses in, the posterior of its place out.
//!
//! Unknown beside the place: transmitted power, path-loss exponent, what clutter costs, the pattern and the lie of its antenna, how much higher
//! it lies, how shadowing spreads and how it is correlated. What is linear in decibels is marginal in closed form (`pattern`, `memory`,
//! `sums`, `solved`), the rest is a cloud of particles (`cloud`, `moves`). Their density is a raster (`raster`) about where they are: it stays
//! what it is, a ring, two hills, a spot.
//!
//! What particles are beside the grids that stood here before: one reading of 82 hypotheses at each cell of two grids took eight seconds of
//! passes and twenty megabytes, and forty axes were too few for an antenna's lie.
//!
//! A pass gives [`Locate::work`] a bound. Observations are taken one after the other, each to the end, so what is told hangs on them alone and
//! on how far the work is. Same calls, same result, bit for bit. Nothing allocates after [`Locate::new`].
//!
//! Of a beacon that may move, what was heard is forgotten after a while, and the particles drift (a bootstrap filter: Gordon, Salmond & Smith, IEE
//! Proc. F 140 (1993) 107); else all is kept, but for every other one when there are too many.
//!
//! Not here: which readings carry the beacon (`decide`), where to fly (`homing`).

mod bounds;
mod cloud;
mod fit;
mod given;
mod lanes;
mod memory;
mod moves;
mod pattern;
mod random;
mod raster;
mod region;
mod solved;
mod sums;
mod tally;

use crate::belief::Belief;
use crate::facts::Estimate;
use bounds::Bounds;
pub use bounds::{Bound, Side};
use cloud::{Cloud, Judge, PARTICLES, ROWS};
pub use given::{Antenna, Frame, HEADING_RAD, LocateConfig, Observation, Place};
use memory::Memory;
use moves::Offer;
use random::Random;
use raster::{ACROSS, Raster};
use solved::Priors;
use tally::Tally;

/// Observations before a place is told; of those that are so far apart, the first and the last, two are enough.
const OBSERVATIONS_MIN: usize = 4;
const APART_M: f64 = 40.0;
/// What the model is off by itself, m.
const MODEL_SIGMA_M: f64 = 4.0;
/// Weights worth less than this share of the particles have them drawn anew.
const WORTH_MIN: f64 = 0.5;
/// Once drawn, they are moved until each was once in the mean; so often at most.
const ROUNDS_MAX: u32 = 6;
/// Rounds of moves for each observation when there is time.
const ROUNDS_SPARE: u32 = 2;

/// What is being done.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Phase {
    Absorb { row: usize },
    Judge { row: usize },
    Look,
    Recall { row: usize },
    Spread { row: usize },
    Tally { row: usize },
}

/// The posterior of one beacon's place.
pub struct Locate {
    settings: LocateConfig,
    priors: Priors,
    memory: Memory,
    bounds: Bounds,
    cloud: Cloud,
    offer: Offer,
    random: Random,
    phase: Option<Phase>,
    /// Observations that are kept and in, and changes of bounds.
    absorbed: usize,
    bounded: usize,
    /// Rounds of moves that are due, that may follow when there is time, and what was taken in them.
    rounds_due: u32,
    rounds_spare: u32,
    round_row: usize,
    taken: usize,
    /// What is told is not the newest.
    is_stale: bool,
    reference_db: f64,
    raster: Raster,
    tally: Tally,
    told: Option<Tally>,
    belief: Option<Belief>,
    /// The raster is that of what is told.
    is_whole: bool,
}

impl Locate {
    /// Allocates everything: some 1.1 MB.
    pub fn new(settings: LocateConfig) -> Locate {
        Locate {
            settings,
            priors: Priors::new(settings.antenna),
            memory: Memory::new(settings.antenna),
            bounds: Bounds::new(),
            cloud: Cloud::new(),
            offer: Offer::new(),
            random: Random(1),
            phase: None,
            absorbed: 0,
            bounded: 0,
            rounds_due: 0,
            rounds_spare: 0,
            round_row: 0,
            taken: 0,
            is_stale: false,
            reference_db: 0.0,
            raster: Raster::new(),
            tally: Tally::default(),
            told: None,
            belief: None,
            is_whole: true,
        }
    }

    /// One more observation.
    pub fn observe(&mut self, observation: Observation) {
        if self.memory.came() == 0 {
            self.reference_db = observation.power_db;
            self.cloud.draw_first(observation.at_m, self.settings.near_m, &mut self.random);
        }
        self.bounds.end();
        let power_db = observation.power_db - self.reference_db;
        let window_us = self.settings.window_us();
        if let Some(window_us) = window_us {
            self.bounds.forget(observation.at_us, window_us);
        }
        if self.memory.push(Observation { power_db, ..observation }, window_us) {
            self.absorbed = self.memory.len() - 1;
            self.rounds_due = 0;
            if window_us.is_some() {
                self.cloud.drift(self.settings.moved_sigma_m() as f32, &mut self.random);
            }
            self.offer.recall(0, &self.cloud);
            self.phase = Some(Phase::Recall { row: 0 });
        }
    }

    /// At a place nothing was heard, or the receiver clipped.
    pub fn observe_bound(&mut self, bound: Bound) {
        self.bounds.push(bound, self.memory.came() == 0);
    }

    /// The beacon is heard where its power is over a silence's bound by so much, dB; 0 until it is told.
    pub fn hears_from(&mut self, edge_db: f64) {
        self.bounds.set_edge(edge_db);
    }

    /// Works on what is to be done until `budget` is used up, in units of some tenth of a microsecond; whether something is left.
    pub fn work(&mut self, budget: usize) -> bool {
        let mut left = budget;
        loop {
            let Some(cost) = self.step() else { return false };
            if cost >= left {
                return true;
            }
            left -= cost;
        }
    }

    /// Whether what is read by place ([`Locate::places`], [`Locate::region`], [`Locate::credibility`]) is that of the newest estimate, and not
    /// half of the next.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The newest estimate.
    pub fn estimate(&self) -> Option<Estimate> {
        self.told.as_ref().map(Tally::estimate)
    }

    fn step(&mut self) -> Option<usize> {
        match self.phase {
            None => self.begin(),
            Some(Phase::Absorb { row }) => {
                let particles = &mut self.cloud.rows[row];
                let of = (&particles.guess.lies, &particles.guess.textures);
                sums::absorb(&mut particles.sums, of, self.settings.antenna, &self.memory, self.absorbed);
                self.phase = Some(Phase::Absorb { row: row + 1 });
                if row + 1 == ROWS {
                    self.absorbed += 1;
                    self.judge_all();
                }
                Some(21)
            }
            Some(Phase::Judge { row }) => {
                let (mut judge, cloud, ..) = self.judge();
                let cost = 10 + 20 * judge.bounds.len();
                let is_first = judge.count == 1;
                cloud.judge(row, &mut judge, is_first);
                self.phase = Some(Phase::Judge { row: row + 1 });
                if row + 1 == ROWS {
                    self.weigh();
                }
                Some(cost)
            }
            Some(Phase::Look) => {
                if self.offer.look(self.settings.antenna, &self.memory, self.absorbed) {
                    self.settle();
                }
                Some(9)
            }
            Some(Phase::Recall { row }) => {
                if self.offer.look(self.settings.antenna, &self.memory, self.absorbed) {
                    self.cloud.rows[row].sums = *self.offer.sums();
                    if row + 1 < ROWS {
                        self.offer.recall(row + 1, &self.cloud);
                        self.phase = Some(Phase::Recall { row: row + 1 });
                    } else {
                        self.judge_all();
                    }
                }
                Some(9)
            }
            Some(Phase::Spread { row }) => {
                self.raster.spread(&self.cloud, row);
                self.phase = Some(if row + 1 < ROWS {
                    Phase::Spread { row: row + 1 }
                } else {
                    self.tally = Tally::default();
                    Phase::Tally { row: 0 }
                });
                Some(62)
            }
            Some(Phase::Tally { row }) => {
                self.tally.add(&self.raster, row);
                self.phase = Some(Phase::Tally { row: row + 1 });
                if row + 1 == ACROSS {
                    self.tell();
                }
                Some(10)
            }
        }
    }

    fn can_tell(&self) -> bool {
        let is_apart = || {
            let [first, last] = [0, self.absorbed - 1].map(|number| &self.memory.get(number).observation);
            first.distance_m(last) >= APART_M
        };
        self.absorbed >= OBSERVATIONS_MIN || self.absorbed >= 2 && is_apart()
    }

    /// Begins what is to be done next.
    fn begin(&mut self) -> Option<usize> {
        let can_tell = self.can_tell();
        let is_last = self.absorbed == self.memory.len();
        if self.is_stale && can_tell && is_last {
            self.raster.place(
                &self.cloud,
                self.settings.place_sigma_m.hypot(MODEL_SIGMA_M).hypot(self.settings.moved_sigma_m()),
            );
            self.is_stale = false;
            self.is_whole = false;
            self.phase = Some(Phase::Spread { row: 0 });
            return Some(900);
        }
        if self.rounds_due > 0 && (self.rounds_due == ROUNDS_MAX || is_last) {
            self.offer();
        } else if !is_last {
            self.phase = Some(Phase::Absorb { row: 0 });
        } else if self.bounded < self.bounds.total && self.absorbed > 0 {
            self.judge_all();
        } else if self.rounds_spare > 0 && can_tell {
            self.rounds_spare -= 1;
            self.rounds_due = 1;
            self.offer();
        } else {
            return None;
        }
        Some(40)
    }

    /// Begins to judge all, by the bounds as they are now.
    fn judge_all(&mut self) {
        self.bounded = self.bounds.total;
        self.phase = Some(Phase::Judge { row: 0 });
    }

    fn offer(&mut self) {
        let distance_m = self.told.as_ref().map_or(self.settings.near_m, |tally| {
            let newest = self.memory.get(self.absorbed - 1).observation.at_m;
            let mean = tally.estimate().mean;
            5.0 + (mean.north_m - newest[0]).hypot(mean.east_m - newest[1])
        });
        self.offer.begin(self.round_row, &self.cloud, distance_m as f32, &mut self.random);
        self.phase = Some(Phase::Look);
    }

    /// All are judged: draws them anew where few hold all of the weight.
    fn weigh(&mut self) {
        let worth = self.cloud.weigh();
        if worth < WORTH_MIN * PARTICLES as f64 {
            self.cloud.resample(&mut self.random);
            self.rounds_due = ROUNDS_MAX;
            self.taken = 0;
            self.round_row = 0;
        }
        self.rounds_spare = ROUNDS_SPARE;
        self.is_stale = true;
        self.phase = None;
    }

    /// An offer is looked at to the end.
    fn settle(&mut self) {
        let (mut judge, cloud, offer, random) = self.judge();
        let taken = offer.settle(cloud, &mut judge, random);
        self.taken += taken;
        self.phase = None;
        self.round_row += 1;
        if self.round_row == ROWS {
            self.round_row = 0;
            self.is_stale = true;
            self.rounds_due -= 1;
            if self.taken >= PARTICLES {
                self.rounds_due = 0;
            }
        }
    }

    /// What judges, and what is judged: the cloud and an offer to it, by chance.
    fn judge(&mut self) -> (Judge<'_>, &mut Cloud, &Offer, &mut Random) {
        let judge = Judge {
            priors: &self.priors,
            settings: &self.settings,
            textures: &self.memory.textures,
            bounds: &mut self.bounds,
            reference_db: self.reference_db,
            count: self.absorbed,
        };
        (judge, &mut self.cloud, &self.offer, &mut self.random)
    }

    fn tell(&mut self) {
        self.tally.close(self.memory.came(), fit::fit(&self.cloud, &self.memory.textures, self.reference_db));
        self.told = Some(self.tally.clone());
        self.belief = Some(self.draw(self.tally.estimate()));
        self.is_whole = true;
        self.phase = None;
    }
}

#[cfg(test)]
mod tests;
