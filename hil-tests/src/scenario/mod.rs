//! A scenario as data: world, aircraft, search, operator, faults on a timeline, and what must be true, as numbers.
//!
//! These are the plain types of `scenarios/*.toml`; `load` reads and checks them. A scenario is flown at three depths:
//! (a) the engine in virtual time, (b) the real daemon in real time, (c) the real daemon on someone's hardware. It says
//! nothing of how: that is the rig's.
#![allow(missing_docs, reason = "what a name with its unit says is not said again")]

mod check;
mod clutter;
mod distress;
mod draw;
pub mod expect;
pub mod fault;
pub mod ground;
pub mod load;
pub mod mode;
mod propagation;
mod settings;
mod words;
pub mod world;
pub mod zone;

use serde::Deserialize;
use std::collections::BTreeMap;

pub use clutter::{Clutter, Group, Sight};
pub use distress::DistressMessage;
pub use draw::{Draw, Orientation, Range};
pub use expect::{Bounds, Expect};
pub use fault::{Act, Fault, Kind, Trigger};
pub use ground::{Ground, Hill};
pub use load::{find, list, load};
pub use propagation::Class;
pub use world::{Beacon, Propagation, Receiver, Waveform, World};
pub use zone::Zone;

/// One scenario file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without `.toml`; not in the file.
    #[serde(skip)]
    pub name: String,
    /// What it shows, one line.
    pub about: String,
    /// It is over after this, at the latest.
    pub duration_s: f64,
    /// Seed where the command line gives none.
    #[serde(default = "one")]
    pub seed: u64,
    /// Home.
    #[serde(default)]
    pub place: Place,
    /// What is on the air and how it arrives.
    pub world: World,
    #[serde(default)]
    pub aircraft: Aircraft,
    /// How the area is searched until the beacon is heard.
    pub search: Search,
    #[serde(default)]
    pub operator: Operator,
    /// What goes wrong, and what pilots and strangers do.
    #[serde(default)]
    pub fault: Vec<Fault>,
    #[serde(default)]
    pub expect: Expect,
    /// Settings of the daemon under test: the sections and keys of `skyhound.toml`.
    #[serde(default)]
    pub skyhound: toml::Table,
}

impl Scenario {
    /// As it is with `seed`: who flies it, hears it or judges it takes this. Of one in which nothing is drawn, the same again.
    #[must_use]
    pub fn drawn(&self, seed: u64) -> Scenario {
        let mut drawn = self.clone();
        drawn.world.draw(seed);
        drawn
    }
}

fn one() -> u64 {
    1
}

/// Home, where the aircraft stands at the begin, WGS84.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub lat_deg: f64,
    pub lon_deg: f64,
    pub alt_amsl_m: f64,
}

impl Default for Place {
    fn default() -> Place {
        Place { lat_deg: 47.397_742, lon_deg: 8.545_594, alt_amsl_m: 488.0 }
    }
}

/// Whose modes the simulated autopilot speaks.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// ArduCopter 4.5.
    #[default]
    ArduCopter,
    /// PX4 1.15.
    Px4,
}

/// How an aircraft knows its height above the ground.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terrain {
    /// By a terrain map (TERRAIN_REPORT of ArduPilot, ALTITUDE of PX4).
    #[default]
    Map,
    /// By a rangefinder (DISTANCE_SENSOR).
    Rangefinder,
    /// Not at all.
    None,
}

/// The aircraft and its autopilot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aircraft {
    /// Whose modes it speaks.
    pub flavour: Flavour,
    pub system: u8,
    /// Horizontal speed at most (WPNAV_SPEED, MPC_XY_VEL_MAX).
    pub speed_max_mps: f64,
    pub acceleration_max_mps2: f64,
    pub climb_max_mps: f64,
    pub yaw_rate_max_deg_s: f64,
    pub tilt_max_deg: f64,
    /// Mean wind, towards which it blows: north and east.
    pub wind_mps: [f64; 2],
    /// Standard deviation of gusts, each axis (Dryden's longitudinal form at low altitude).
    pub gust_mps: f64,
    /// GPS: standard deviation of the white part, horizontal.
    pub gps_noise_m: f64,
    /// GPS: standard deviation of the slow part (first-order Gauss-Markov, 120 s).
    pub gps_drift_m: f64,
    /// Battery at the begin, 0..=1.
    pub battery_ratio: f64,
    /// Minutes of hover in a full battery.
    pub endurance_min: f64,
    pub terrain: Terrain,
    pub rangefinder_max_m: f64,
    /// RC_CHANNELS comes at most this often, whatever is asked for.
    pub rc_hz_max: f64,
    pub zone: Vec<Zone>,
    /// Parameters that differ from the autopilot's defaults that suit us (GUID_TIMEOUT, FENCE_ENABLE …).
    pub parameters: BTreeMap<String, f64>,
    pub absent: Vec<String>,
}

impl Default for Aircraft {
    fn default() -> Aircraft {
        Aircraft {
            flavour: Flavour::ArduCopter,
            system: 1,
            speed_max_mps: 10.0,
            acceleration_max_mps2: 2.5,
            climb_max_mps: 2.5,
            yaw_rate_max_deg_s: 90.0,
            tilt_max_deg: 30.0,
            wind_mps: [0.0, 0.0],
            gust_mps: 0.3,
            gps_noise_m: 0.15,
            gps_drift_m: 0.8,
            battery_ratio: 1.0,
            endurance_min: 20.0,
            terrain: Terrain::Map,
            rangefinder_max_m: 60.0,
            rc_hz_max: 100.0,
            zone: Vec::new(),
            parameters: BTreeMap::new(),
            absent: Vec::new(),
        }
    }
}

/// How the area is searched until the beacon is heard: a mission in AUTO, flown from take-off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub pattern: Pattern,
    /// Altitude above home.
    #[serde(default = "forty")]
    pub altitude_m: f64,
    #[serde(default = "six")]
    pub speed_mps: f64,
    /// First waypoint, north and east of home.
    #[serde(default)]
    pub start_m: [f64; 2],
    /// Direction of the first leg.
    #[serde(default)]
    pub heading_deg: f64,
    /// Length of a leg (lawnmower, line), radius (orbit).
    #[serde(default = "hundred")]
    pub leg_m: f64,
    /// Distance between legs.
    #[serde(default = "forty")]
    pub spacing_m: f64,
    /// Legs of a lawnmower.
    #[serde(default = "four")]
    pub legs: u32,
    /// The scenario begins in the air at the first waypoint, armed, instead of with take-off.
    #[serde(default)]
    pub airborne: bool,
}

fn forty() -> f64 {
    40.0
}
fn six() -> f64 {
    6.0
}
fn hundred() -> f64 {
    100.0
}
fn four() -> u32 {
    4
}

/// Shape of the search mission.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Stay over the first waypoint.
    Hover,
    /// One leg.
    Line,
    /// Legs to and fro.
    Lawnmower,
    /// Circles about the first waypoint.
    Orbit,
}

/// What the operator does. Their means are the ground station (mode changes) and `skyhound ctl`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// Enables homing (hands over GUIDED or OFFBOARD, then `homing on`) as soon as the beacon is heard.
    pub homes: bool,
    /// How long after it is heard.
    pub homes_after_s: f64,
    /// Enables homing as soon as the aircraft is in the air, and leaves the search to the daemon (`[skyhound.search] fly`).
    pub search_flown: bool,
    /// How often they enable it again after a stop; each time as soon as nothing keeps it locked.
    pub retries: u32,
    /// Sends the aircraft home (RTL) this long after HOLDING began; none = never.
    pub lands_after_s: Option<f64>,
}

impl Default for Operator {
    fn default() -> Operator {
        Operator { homes: true, homes_after_s: 1.0, search_flown: false, retries: 0, lands_after_s: None }
    }
}
