//! The causes that must end homing: how each is made, what carries it, and how long nobody tells it.

use crate::autopilot::{Says, WireRow};
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;
use clap::ValueEnum;

/// A cause.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Cause {
    /// The ground station changes the mode.
    ModeChange,
    /// The pilot moves the roll stick.
    StickMoved,
    /// The motors are disarmed.
    Disarm,
    /// The way to a standstill leads out of the fence.
    FenceCrossed,
    /// The SDR is unplugged, and its driver says so.
    UnplugTold,
    /// The SDR is unplugged, and its driver says nothing.
    UnplugSilent,
    /// The GPS loses its fix.
    GpsLost,
    /// The estimator says that it is lost.
    EkfBad,
    /// The battery is low.
    BatteryLow,
    /// The operator switches homing off.
    HomingOff,
    /// The daemon is killed.
    Killed,
    /// Nothing passes between daemon and autopilot.
    LinkCut,
    /// The autopilot's heartbeats stop; all else goes on.
    HeartbeatLost,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 13] = [
        Cause::ModeChange,
        Cause::StickMoved,
        Cause::Disarm,
        Cause::FenceCrossed,
        Cause::UnplugTold,
        Cause::UnplugSilent,
        Cause::GpsLost,
        Cause::EkfBad,
        Cause::BatteryLow,
        Cause::HomingOff,
        Cause::Killed,
        Cause::LinkCut,
        Cause::HeartbeatLost,
    ];

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::ModeChange => "mode changed by the ground station",
            Cause::StickMoved => "stick moved",
            Cause::Disarm => "disarmed",
            Cause::FenceCrossed => "fence crossed (predicted)",
            Cause::UnplugTold => "SDR unplugged, told",
            Cause::UnplugSilent => "SDR unplugged, silent",
            Cause::GpsLost => "GPS fix lost",
            Cause::EkfBad => "EKF bad",
            Cause::BatteryLow => "battery low",
            Cause::HomingOff => "operator: homing off",
            Cause::Killed => "daemon killed",
            Cause::LinkCut => "link cut",
            Cause::HeartbeatLost => "heartbeat lost",
        }
    }

    /// How it begins, where the rig has a fault for it.
    pub fn kind(self) -> Option<Kind> {
        Some(match self {
            Cause::ModeChange => Kind::Mode { mode: "LOITER".into() },
            Cause::StickMoved => Kind::Stick { channel: 1, us: 1_800 },
            Cause::Disarm => Kind::Disarm,
            Cause::UnplugTold => Kind::SdrUnplug { silent: false },
            Cause::UnplugSilent => Kind::SdrUnplug { silent: true },
            Cause::GpsLost => Kind::GpsLoss,
            Cause::EkfBad => Kind::EkfBad,
            // Less than the daemon wants (0.3), more than the autopilot's own failsafe waits for.
            Cause::BatteryLow => Kind::Battery { ratio: 0.28 },
            Cause::LinkCut => Kind::LinkLost,
            Cause::HeartbeatLost => Kind::Impostor { who: Impostor::GimbalHeartbeat },
            Cause::FenceCrossed | Cause::HomingOff | Cause::Killed => return None,
        })
    }

    /// How to undo it, where ending the fault does not.
    pub fn mend(self) -> Option<Kind> {
        (self == Cause::BatteryLow).then_some(Kind::Battery { ratio: 1.0 })
    }

    /// How old the daemon lets its last input of that kind become, by its default settings (interlock.*_age_max_s):
    /// nothing tells it sooner.
    pub const fn untold_us(self) -> u64 {
        match self {
            Cause::UnplugSilent => 500_000,
            Cause::HeartbeatLost => 2_500_000,
            _ => 0,
        }
    }

    /// Whether the age is counted from a message that the autopilot sent last, of this id.
    pub const fn ages_from(self) -> Option<u32> {
        match self {
            Cause::HeartbeatLost => Some(HEARTBEAT),
            _ => None,
        }
    }

    /// Whether this message, out after the cause, carries it.
    pub fn is_told_by(self, row: &WireRow) -> bool {
        match (self, row.says) {
            (Cause::ModeChange, Says::Mode { custom, .. }) => custom != GUIDED,
            (Cause::Disarm, Says::Mode { armed, .. }) => !armed,
            (Cause::StickMoved, Says::Sticks(us)) => us[0].abs_diff(1_500) > 200,
            (Cause::FenceCrossed, _) => row.id == GLOBAL_POSITION_INT,
            (Cause::GpsLost, _) => row.id == GPS_RAW_INT,
            (Cause::EkfBad, _) => row.id == EKF_STATUS_REPORT,
            (Cause::BatteryLow, _) => row.id == SYS_STATUS,
            _ => false,
        }
    }

    /// Whether a message of the autopilot carries it at all.
    pub const fn is_in_a_message(self) -> bool {
        !matches!(
            self,
            Cause::UnplugTold
                | Cause::UnplugSilent
                | Cause::HomingOff
                | Cause::Killed
                | Cause::LinkCut
                | Cause::HeartbeatLost
        )
    }
}

/// ArduCopter's `custom_mode` of GUIDED.
const GUIDED: u32 = 4;
const HEARTBEAT: u32 = 0;
const SYS_STATUS: u32 = 1;
const GPS_RAW_INT: u32 = 24;
const GLOBAL_POSITION_INT: u32 = 33;
const EKF_STATUS_REPORT: u32 = 193;
