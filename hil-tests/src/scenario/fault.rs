//! What goes wrong in a scenario, and what pilots, ground crews and strangers do: each with its moment.

use serde::{Deserialize, Serialize};

/// One entry of the timeline.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    #[serde(flatten)]
    pub trigger: Trigger,
    /// For how long; none = for good (or, of a deed like a mode change, done once).
    #[serde(default)]
    pub for_s: Option<f64>,
    #[serde(flatten)]
    pub kind: Kind,
}

/// When a fault begins: `after_s` after `on`, the first time.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
pub struct Trigger {
    /// From when it counts.
    #[serde(default)]
    pub on: Act,
    #[serde(default)]
    pub after_s: f64,
}

/// What a trigger waits for.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The scenario's begin.
    #[default]
    Begin,
    /// The aircraft is in the air.
    Airborne,
    /// The daemon heard the beacon.
    Heard,
    /// Our state was SEARCHING.
    Searching,
    /// Our state was HOMING.
    Homing,
    /// Our state was HOLDING.
    Holding,
    /// Homing ended: IDLE after any other state.
    Ended,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Kind {
    // The world
    /// A beacon falls silent.
    BeaconOff {
        #[serde(default)]
        beacon: usize,
    },
    /// The receiver's noise rises by this.
    NoiseStep { db: f64 },
    /// An interferer that was off is on.
    InterfererOn {
        #[serde(default)]
        interferer: usize,
    },

    // The aircraft
    /// The GPS position jumps.
    GpsGlitch {
        #[serde(default)]
        north_m: f64,
        #[serde(default)]
        east_m: f64,
    },
    /// No GPS fix.
    GpsLoss,
    /// The estimator says that it is lost.
    EkfBad,
    /// The battery drops to this, 0..=1.
    Battery { ratio: f64 },
    /// A steady gust, added to the wind.
    Gust {
        #[serde(default)]
        north_mps: f64,
        #[serde(default)]
        east_mps: f64,
    },
    /// The autopilot reboots.
    Reboot,
    /// It reboots with another system id.
    SystemId { system: u8 },

    // People
    /// The pilot or the ground station changes the mode (LOITER, RTL …, by the flavour's own name).
    Mode { mode: String },
    /// The pilot moves a stick to 1000..=2000 µs; channels 1 to 4 are roll, pitch, throttle, yaw unless mapped otherwise.
    Stick { channel: u8, us: u16 },
    /// RC is lost: the receiver goes on with the last channels, as real ones do.
    RcLost {
        /// It sends no channels any more.
        #[serde(default)]
        zeroed: bool,
        /// The signal strength shown stays, too.
        #[serde(default)]
        rssi_kept: bool,
    },
    /// The motors are disarmed.
    Disarm,
    /// The operator ends homing.
    HomingOff,
    /// The operator enables homing.
    HomingOn,
    /// The operator has another profile sought, with `section.key=value` of `set` over it (`ctl profile NAME --set …`).
    Profile {
        name: String,
        #[serde(default)]
        set: Vec<String>,
    },

    // The link
    /// Nothing passes between daemon and autopilot.
    LinkLost,
    /// A second, slower way: each message of the autopilot comes again, later by this.
    LateCopies { delay_s: f64 },
    /// Everything is late by this, both ways.
    SlowLink { delay_s: f64 },
    /// Nothing that the daemon sends reaches the autopilot.
    TransmitOff,
    /// The ground station's heartbeat stops.
    GcsLost,
    /// Somebody else on the link sends what the autopilot or the operator would.
    Impostor { who: Impostor },
    /// The autopilot's own messages carry absurd values, in the field `MESSAGE.field`, or in `all` in turn.
    Absurd { field: String, value: Absurdity },
    /// Bytes that are no message between the messages.
    Garbage,

    // The SDR
    /// Unplugged: the driver says so, or says nothing.
    SdrUnplug {
        #[serde(default)]
        silent: bool,
    },
    /// No samples.
    SdrStall,
    /// Samples come at this many times the asked rate.
    SdrRate { factor: f64 },
    /// The same samples again and again.
    SdrStuck,
    /// Samples are lost; the driver says so, or not.
    SdrOverflow { told: bool },

    // The machine
    /// The disk is full.
    DiskFull,
    /// The disk does not answer.
    DiskStall,
    /// UTC jumps by this.
    ClockStep { hours: f64 },
    /// The machine's UTC is 1970.
    Clock1970,
    /// The daemon is killed (SIGKILL) and, after `for_s`, started again.
    Kill,
    /// A second daemon on the same aircraft.
    SecondDaemon,
    /// The daemon gets no processor for `pause_ms`, again and again.
    CpuStarved { pause_ms: f64, every_ms: f64 },
}

/// Who pretends.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impostor {
    /// A gimbal of the same system sends heartbeats while the autopilot's have stopped.
    GimbalHeartbeat,
    /// Another system's autopilot sends position, battery, RC and heartbeat.
    OtherSystem,
    /// An antenna tracker with ArduPilot sends heartbeats and its place, from before the aircraft is switched on.
    Tracker,
    /// Somebody sends PARAM_SET, MISSION and COMMAND_LONG messages to the daemon, to enable homing.
    Commander,
    /// Another program with the daemon's own ids.
    OwnIds,
}

/// Which absurd value.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absurdity {
    /// Not a number; where the field is an integer, its largest value.
    Nan,
    /// Infinity; where the field is an integer, its smallest value.
    Infinity,
    /// −1e30; where the field is an integer, 0.
    Huge,
}
