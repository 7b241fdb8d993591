//! What we decide: our state, the interlocks that must hold, the command or the reason for none.

use crate::geo::Wgs84;
use crate::time::TimeUs;

/// Our state; the autopilot's is its `mode`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// Listening; no beacon, the operator has not enabled homing.
    #[default]
    Idle,
    /// The operator wants the beacon found; it is not heard yet. Commanding along the route of a search, where the settings say so.
    Searching,
    /// Heard; being confirmed. Commanding as before.
    Detecting,
    /// Commanding the aircraft towards it.
    Homing,
    /// Where the beacon is believed to be: commanding zero velocity.
    Holding,
}

impl State {
    /// All states.
    pub const ALL: [State; 5] =
        [State::Idle, State::Searching, State::Detecting, State::Homing, State::Holding];

    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Idle => "IDLE",
            State::Searching => "SEARCHING",
            State::Detecting => "DETECTING",
            State::Homing => "HOMING",
            State::Holding => "HOLDING",
        }
    }

    /// Whether commands are sent in this state for a beacon's sake. Those of a search leave in SEARCHING and DETECTING besides.
    pub const fn commands(self) -> bool {
        matches!(self, State::Homing | State::Holding)
    }
}

/// The interlocks, in the order in which they are judged. The first that does not hold is the cause that is recorded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Interlock {
    /// The operator enabled homing, and nothing latched it off since.
    OperatorEnable,
    /// Bound to one autopilot, (system, 1), of a firmware we know.
    Identity,
    /// Heartbeat fresh.
    Heartbeat,
    /// GUIDED of ArduCopter, OFFBOARD of PX4.
    Mode,
    /// Armed.
    Armed,
    /// The autopilot's own failsafes are set.
    Failsafes,
    /// Sticks at rest, RC known.
    Sticks,
    /// Attitude fresh and sane.
    Attitude,
    /// Position fresh and sane.
    Position,
    /// In the air, neither taking off nor landing; not climbing when homing is enabled.
    Airborne,
    /// Fix, satellites, HDOP.
    Gps,
    /// The estimator's flags and variances.
    Ekf,
    /// No jump of position lately.
    Jump,
    /// Battery known and charged.
    Battery,
    /// Home known, within the radius, and where the command leads too.
    FenceRadius,
    /// Within the polygon, and where the command leads too.
    FencePolygon,
    /// Within the altitude band, and where the command leads too.
    FenceAltitude,
    /// Within the fence uploaded to the autopilot, and where the command leads too.
    FenceAutopilot,
    /// High enough over the ground, and where the command leads too.
    Terrain,
    /// Readings arrive.
    Sdr,
    /// Facts are fresh.
    Facts,
    /// The control pass is on time.
    PassLate,
    /// The homing time limit is not reached.
    HomingTime,
    /// The command asked for is finite and within speed, climb and yaw-rate limits.
    CommandLimits,
}

impl Interlock {
    /// All interlocks, in order.
    pub const ALL: [Interlock; 24] = [
        Interlock::OperatorEnable,
        Interlock::Identity,
        Interlock::Heartbeat,
        Interlock::Mode,
        Interlock::Armed,
        Interlock::Failsafes,
        Interlock::Sticks,
        Interlock::Attitude,
        Interlock::Position,
        Interlock::Airborne,
        Interlock::Gps,
        Interlock::Ekf,
        Interlock::Jump,
        Interlock::Battery,
        Interlock::FenceRadius,
        Interlock::FencePolygon,
        Interlock::FenceAltitude,
        Interlock::FenceAutopilot,
        Interlock::Terrain,
        Interlock::Sdr,
        Interlock::Facts,
        Interlock::PassLate,
        Interlock::HomingTime,
        Interlock::CommandLimits,
    ];

    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Interlock::OperatorEnable => "operator_enable",
            Interlock::Identity => "identity",
            Interlock::Heartbeat => "heartbeat",
            Interlock::Mode => "mode",
            Interlock::Armed => "armed",
            Interlock::Failsafes => "failsafes",
            Interlock::Sticks => "sticks",
            Interlock::Attitude => "attitude",
            Interlock::Position => "position",
            Interlock::Airborne => "airborne",
            Interlock::Gps => "gps",
            Interlock::Ekf => "ekf",
            Interlock::Jump => "jump",
            Interlock::Battery => "battery",
            Interlock::FenceRadius => "fence_radius",
            Interlock::FencePolygon => "fence_polygon",
            Interlock::FenceAltitude => "fence_altitude",
            Interlock::FenceAutopilot => "fence_autopilot",
            Interlock::Terrain => "terrain",
            Interlock::Sdr => "sdr",
            Interlock::Facts => "facts",
            Interlock::PassLate => "pass_late",
            Interlock::HomingTime => "homing_time",
            Interlock::CommandLimits => "command_limits",
        }
    }
}

/// In which way an interlock does not hold.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fault {
    /// Never received.
    Unknown,
    /// Received too long ago, or claims to come from the future.
    Stale,
    /// NaN or infinite.
    NonFinite,
    /// Outside what is physically or by setting possible.
    OutOfRange,
    /// Known, fresh, sane, and says no.
    Refused,
}

impl Fault {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Unknown => "unknown",
            Fault::Stale => "stale",
            Fault::NonFinite => "not finite",
            Fault::OutOfRange => "out of range",
            Fault::Refused => "refused",
        }
    }
}

/// Why there is no command.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trip {
    /// Which interlock.
    pub interlock: Interlock,
    /// In which way.
    pub fault: Fault,
    /// More for people, for example the name of the parameter that is not set. Empty when there is nothing to add.
    pub detail: &'static str,
}

impl std::fmt::Display for Trip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.interlock.name(), self.fault.name())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// Refusals that one judgement can make at most: some interlocks make several (each parameter of the autopilot one).
const TRIPS_MAX: usize = 64;

/// All that does not hold, in the order in which it was judged.
#[derive(Clone, Debug)]
pub struct Trips {
    trips: [Trip; TRIPS_MAX],
    count: usize,
}

impl Default for Trips {
    fn default() -> Trips {
        let none = Trip { interlock: Interlock::OperatorEnable, fault: Fault::Unknown, detail: "" };
        Trips { trips: [none; TRIPS_MAX], count: 0 }
    }
}

impl Trips {
    /// Takes one more; one that was told already, or does not fit, changes nothing.
    pub fn push(&mut self, trip: Trip) {
        if self.count < TRIPS_MAX && !self.as_slice().contains(&trip) {
            self.trips[self.count] = trip;
            self.count += 1;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// The first: the cause.
    pub fn first(&self) -> Option<Trip> {
        self.as_slice().first().copied()
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Trip] {
        &self.trips[..self.count]
    }
}

/// A velocity in NED and a yaw rate. Only the interlocks make one that is sent.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Velocity {
    /// North.
    pub north_mps: f64,
    /// East.
    pub east_mps: f64,
    /// Down.
    pub down_mps: f64,
    /// Yaw rate, clockwise from above.
    pub yaw_rate_rad_s: f64,
}

/// What leaves a control pass for the autopilot.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Command {
    /// Fly this velocity.
    Velocity(Velocity),
    /// Zero velocity: stop where you are. Sent while the mode is still ours.
    Stop,
    /// Nothing is sent, because.
    Silence(Trip),
}

/// Why the aircraft is led where it is led.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Aim {
    /// Too little was heard to say where the beacon is.
    Ahead,
    /// What is heard on the way tells most about where the beacon is.
    Survey,
    /// The antenna is turned about: on which side it hears most tells where the beacon is.
    Turn,
    /// The beacon is believed to be there.
    Place,
    /// It is believed to be here.
    Hold,
    /// It is not heard any more: back to where it is believed to be.
    Return,
    /// Around that place, wider and wider.
    Widen,
    /// It was not heard yet: along the route of a search.
    Search,
}

impl Aim {
    /// All of them.
    pub const ALL: [Aim; 8] =
        [Aim::Ahead, Aim::Survey, Aim::Turn, Aim::Place, Aim::Hold, Aim::Return, Aim::Widen, Aim::Search];

    /// In words, for people and the flight file.
    pub const fn words(self) -> &'static str {
        match self {
            Aim::Ahead => "straight on: too little was heard to say where the beacon is",
            Aim::Survey => "where what is heard on the way tells most about its place",
            Aim::Turn => "a turn in place: on which side the antenna hears most tells where the beacon is",
            Aim::Place => "to where the beacon is believed to be",
            Aim::Hold => "over where the beacon is believed to be",
            Aim::Return => "not heard any more: back to where it was believed to be",
            Aim::Widen => "not heard any more: around where it was believed to be, wider and wider",
            Aim::Search => "along the route of the search",
        }
    }
}

/// Where a velocity leads, and why.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Course {
    /// Why.
    pub aim: Aim,
    /// The end of the way that is flown; none along the route of a search.
    pub to: Option<Wgs84>,
}

/// What the operator did.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum OperatorAct {
    /// Allow homing from now on, until something latches it off.
    HomingOn,
    /// Stop homing now.
    HomingOff,
}

impl std::fmt::Display for OperatorAct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            OperatorAct::HomingOn => "homing on",
            OperatorAct::HomingOff => "homing off",
        })
    }
}

/// Why our state changed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The operator did it.
    Operator(OperatorAct),
    /// An interlock tripped.
    Interlock(Trip),
    /// The beacon was heard.
    Heard,
    /// The beacon was confirmed for long enough.
    Confirmed,
    /// The beacon was not heard for too long.
    Lost,
    /// The beacon is believed to be here.
    Peak,
    /// It is believed to be elsewhere.
    PeakLeft,
    /// Held for as long as the settings say.
    HeldLongEnough,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Operator(act) => write!(f, "operator: {act}"),
            Reason::Interlock(trip) => write!(f, "interlock: {trip}"),
            Reason::Heard => f.write_str("beacon heard"),
            Reason::Confirmed => f.write_str("beacon confirmed"),
            Reason::Lost => f.write_str("beacon lost"),
            Reason::Peak => f.write_str("the beacon is believed to be here"),
            Reason::PeakLeft => f.write_str("the beacon is believed to be elsewhere"),
            Reason::HeldLongEnough => f.write_str("held long enough"),
        }
    }
}

/// A change of our state.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// When.
    pub at: TimeUs,
    /// From.
    pub from: State,
    /// To.
    pub to: State,
    /// Why.
    pub reason: Reason,
}
