//! Simple ways to a beacon, to hold Skyhound's against: the plain gradient climber of the first airborne core, and a spiral or a
//! lawnmower to the strongest reading. Same world, same aircraft, same ears (the engine's detection); other steering.
//!
//! They fly with ideal permission: no interlocks; only the fence, the speed limits and the slew limit hold. So they show what
//! steering alone is worth. Each leads the same flight as Skyhound's (`engine::fly_led`): SEARCHING until the aircraft is
//! handed over, HOMING while it is led, HOLDING where it says that the beacon is.
//!
//! Where the beacon is: of the lawnmower by our own estimator, of the spiral where it was strongest, of the climber where it flies to.
//!
//! Not here: faults other than the world's (statistics are about finding, campaigns about faults).

mod climber;
mod lawnmower;
mod leader;
mod plane;
mod spiral;
mod strongest;

pub use leader::Leader;

use skyhound::command::Velocity;
use skyhound::config::{HomingConfig, InterlockConfig};
use skyhound::geo::NorthEast;

/// A reading or a hearing of the channel flown to, with its place.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Sample {
    at_us: u64,
    /// Where, about home.
    at: NorthEast,
    /// Power of the beacon if it is on in this reading, 0.01 dB.
    power: Option<i32>,
    /// A hearing, which is a mean by itself.
    is_hearing: bool,
}

/// What a baseline sees in a pass.
#[derive(Copy, Clone, Debug)]
struct Seen<'a> {
    now_us: u64,
    /// When the flight is over at the latest.
    until_us: u64,
    /// Where the autopilot believes itself, about home.
    at: NorthEast,
    yaw_rad: f64,
    /// Readings since the pass before.
    samples: &'a [Sample],
    heard: bool,
    /// Largest SNR lately.
    snr_db: Option<f64>,
    /// Trend of power.
    slope_db_s: Option<f64>,
}

/// What a baseline wants.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Wish {
    /// Fly so.
    Fly(Velocity),
    /// The beacon is here: stay.
    Hold,
}

/// Which baseline.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Up the gradient.
    Climber,
    /// A spiral, then back to the strongest reading.
    Spiral,
    /// Parallel tracks over the whole area, then to the strongest reading.
    Lawnmower,
}

/// A way to steer. Called every pass from when the beacon was first heard.
trait Steer {
    /// The wish of this pass.
    fn steer(&mut self, seen: &Seen<'_>) -> Wish;

    /// Where the beacon is by what it goes by.
    fn place(&self) -> Option<NorthEast> {
        None
    }
}

impl Policy {
    /// As people spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Policy::Climber => "climber",
            Policy::Spiral => "spiral",
            Policy::Lawnmower => "lawnmower",
        }
    }

    /// Whether our estimator tells where the beacon is, and not it itself.
    const fn asks_our_estimator(self) -> bool {
        matches!(self, Policy::Lawnmower)
    }

    fn begin(self, homing: &HomingConfig, limits: &InterlockConfig, seen: &Seen<'_>) -> Box<dyn Steer> {
        match self {
            Policy::Climber => Box::new(climber::Climber::new(homing, seen)),
            Policy::Spiral => Box::new(spiral::Spiral::new(homing, limits, seen)),
            Policy::Lawnmower => Box::new(lawnmower::Lawnmower::new(homing, limits, seen)),
        }
    }
}

#[cfg(test)]
mod tests;
