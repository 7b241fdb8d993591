//! Moving the particles: each is offered another guess and takes it as often as that is likelier (Metropolis & Hastings), so drawn ones do
//! not stay copies (resample-move: Gilks & Berzuini, J. R. Stat. Soc. B 63 (2001) 127).
//!
//! An offer is as likely from there to here as from here to there. Places are moved by differences of other particles, which are as long as the
//! posterior is wide and along its ridges (ter Braak, Stat. Comput. 16 (2006) 239), and by steps that are short beside the distance.
#![allow(clippy::needless_range_loop, reason = "several rows are walked at once by one index")]

use super::Antenna;
use super::cloud::{Cloud, Guess, Judge, ROWS, SPREAD_DB};
use super::lanes::{Row, SIDE, exp};
use super::memory::{Memory, NEIGHBOURS, OBSERVATIONS_MAX, TEXTURES};
use super::pattern::{Lies, Seen};
use super::random::Random;
use super::sums::Sums;

/// An offer to a row of particles, being looked at.
pub(super) struct Offer {
    row: usize,
    guess: Guess,
    sums: Sums,
    /// The next observation that it takes.
    next: usize,
    /// By number of the memory.
    seen: Vec<Seen>,
}

/// How a row is moved.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Kind {
    /// All a little.
    Near,
    /// As far as two others are apart.
    Far,
    /// Shadowing looks otherwise.
    Rough,
    /// The antenna is another.
    Turned,
}

impl Offer {
    pub(super) fn new() -> Offer {
        Offer {
            row: 0,
            guess: Guess { lies: Lies::NONE, textures: [0; SIDE], ln_spread: [0.0; SIDE] },
            sums: Sums::NONE,
            next: 0,
            seen: vec![Seen::NONE; OBSERVATIONS_MAX],
        }
    }

    /// Begins an offer to a row; the beacon is some `distance_m` from the aircraft.
    pub(super) fn begin(&mut self, row: usize, cloud: &Cloud, distance_m: f32, random: &mut Random) {
        self.recall(row, cloud);
        let kind = match random.below(10) {
            0..6 => Kind::Near,
            6 => Kind::Far,
            7 => Kind::Rough,
            _ => Kind::Turned,
        };
        for k in 0..SIDE {
            self.guess.change(k, kind, cloud, distance_m, random);
        }
    }

    /// Begins to look at a row as it is: what its sums hang on has changed.
    pub(super) fn recall(&mut self, row: usize, cloud: &Cloud) {
        self.row = row;
        self.guess = cloud.rows[row].guess;
        self.sums = Sums::NONE;
        self.next = 0;
    }

    /// What was looked at says this.
    pub(super) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Looks at the next observation; whether that was the last of `end`.
    pub(super) fn look(&mut self, antenna: Antenna, memory: &Memory, end: usize) -> bool {
        if self.next < end {
            let kept = memory.get(self.next);
            self.seen[self.next].look(&self.guess.lies, antenna, &kept.observation);
            let mut seen = [&self.seen[self.next]; 1 + NEIGHBOURS];
            for (seen, number) in seen[1..].iter_mut().zip(kept.neighbours()) {
                *seen = &self.seen[usize::from(*number)];
            }
            self.sums.take(
                kept,
                &memory.textures,
                &self.guess.textures,
                &seen[..1 + kept.neighbours().len()],
            );
            self.next += 1;
        }
        self.next >= end
    }

    /// Judges it: how many took it.
    pub(super) fn settle(&self, cloud: &mut Cloud, judge: &mut Judge<'_>, random: &mut Random) -> usize {
        let (log, law) = judge.judge(&self.guess, &self.sums);
        let particles = &mut cloud.rows[self.row];
        let mut taken = 0;
        for k in 0..SIDE {
            let (least, most) = (SPREAD_DB.0.ln(), SPREAD_DB.1.ln());
            let may_be = (least..=most).contains(&self.guess.ln_spread[k]);
            if may_be && random.uniform() < exp((log[k] - particles.log[k]).min(0.0)) {
                particles.accept(k, &self.guess, &self.sums, log[k], &law);
                taken += 1;
            }
        }
        taken
    }
}

impl Guess {
    fn change(&mut self, k: usize, kind: Kind, cloud: &Cloud, distance_m: f32, random: &mut Random) {
        let [one, other] = [(); 2].map(|()| (&cloud.rows[random.below(ROWS)].guess, random.below(SIDE)));
        let share = match kind {
            Kind::Near => random.uniform(),
            Kind::Far => 1.0,
            Kind::Rough => 0.0,
            Kind::Turned => 0.1 * random.uniform(),
        };
        let apart = |of: fn(&Guess) -> &Row| share * (of(one.0)[one.1] - of(other.0)[other.1]);
        let step_m = [0.005, 0.03, 0.2][random.below(3)] * distance_m * share;
        self.lies.north[k] += apart(|guess| &guess.lies.north) + step_m * random.normal();
        self.lies.east[k] += apart(|guess| &guess.lies.east) + step_m * random.normal();
        self.lies.rise[k] += apart(|guess| &guess.lies.rise) + 0.3 * share * random.normal();
        self.ln_spread[k] += apart(|guess| &guess.ln_spread) + 0.02 * random.normal();
        match kind {
            Kind::Near | Kind::Far => {
                let by = [0.005, 0.03, 0.15][random.below(3)];
                self.lies.lean(k, share, (&one.0.lies, one.1), (&other.0.lies, other.1), by, random);
            }
            Kind::Rough => {
                self.textures[k] = random.below(TEXTURES) as u8;
                self.ln_spread[k] += 0.15 * random.normal();
            }
            Kind::Turned => {
                if random.below(2) == 0 {
                    self.lies.dipole[k] = 1.0 - self.lies.dipole[k];
                }
                // Its third part is as likely everywhere: a share too, of what is no dipole.
                let axis = random.direction();
                (0..3).for_each(|n| self.lies.axis[n][k] = axis[n]);
            }
        }
    }
}

impl Lies {
    /// Turns an axis as two others differ, and a little more to any side.
    fn lean(
        &mut self,
        k: usize,
        share: f32,
        one: (&Lies, usize),
        other: (&Lies, usize),
        by_rad: f32,
        random: &mut Random,
    ) {
        let of = |(lies, k): (&Lies, usize)| lies.axis.each_ref().map(|axis| axis[k]);
        let (one, other) = (of(one), of(other));
        let alike = (0..3).map(|n| one[n] * other[n]).sum::<f32>();
        // Axes that are far apart are of two hills: their difference leads nowhere.
        let share = if alike.abs() > 0.8 { share } else { 0.0 };
        let mut axis: [f32; 3] = std::array::from_fn(|n| {
            self.axis[n][k] + share * (one[n] - alike.signum() * other[n]) + by_rad * random.normal()
        });
        let length = axis.iter().map(|part| part * part).sum::<f32>().sqrt().max(1e-3);
        axis.iter_mut().for_each(|part| *part /= length);
        let sign = if axis[2] < 0.0 { -1.0 } else { 1.0 };
        (0..3).for_each(|n| self.axis[n][k] = sign * axis[n]);
    }
}
