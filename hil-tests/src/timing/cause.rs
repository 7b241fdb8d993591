//! The causes that must end homing: how each is made, what carries it, how long nobody tells it, and which interlock it trips.

use crate::autopilot::{Says, WireRow};
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;
use clap::ValueEnum;
use skyhound::command::Interlock;

/// A cause.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Cause {
    /// The ground station changes the mode.
    ModeChange,
    /// The pilot moves the roll stick.
    StickMoved,
    /// The motors are disarmed.
    Disarm,
    /// The way to a standstill, as the autopilot estimates it, leads out of the fence.
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
    /// Nothing of the autopilot's reaches the daemon any more.
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

    /// How it begins, where scenarios have a fault for it.
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
            Cause::HeartbeatLost => Kind::Impostor { who: Impostor::GimbalHeartbeat },
            Cause::FenceCrossed | Cause::HomingOff | Cause::Killed | Cause::LinkCut => return None,
        })
    }

    /// How to undo it, where ending the fault does not.
    pub fn mend(self) -> Option<Kind> {
        (self == Cause::BatteryLow).then_some(Kind::Battery { ratio: 1.0 })
    }

    /// How long nothing tells it: how old the daemon lets its last input of that kind become, by its default settings
    /// (interlock.*_age_max_s), or how long the source itself takes to notice.
    pub const fn untold_us(self) -> u64 {
        match self {
            // A reading; of all that the autopilot sends, its pose is the first to be too old.
            Cause::UnplugSilent | Cause::LinkCut => 500_000,
            Cause::HeartbeatLost => 2_500_000,
            // The receiver's own: what it has no fix for shows at its next epoch.
            Cause::GpsLost => 200_000,
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
            (Cause::GpsLost, Says::Fix(fix)) => fix < FIX_MIN,
            (Cause::EkfBad, Says::Estimator { flags, position_ratio }) => {
                flags & EKF_POSITION_ABSOLUTE == 0 || position_ratio >= EKF_RATIO_MAX
            }
            (Cause::BatteryLow, Says::Battery(percent)) => (0..BATTERY_MIN_PERCENT).contains(&percent),
            _ => false,
        }
    }

    /// The interlocks that may stop homing by it. None: it ends homing without any.
    pub const fn interlocks(self) -> &'static [Interlock] {
        match self {
            Cause::ModeChange => &[Interlock::Mode],
            Cause::StickMoved => &[Interlock::Sticks],
            // The handover between homing and the autopilot notices it too, and says so in the name of the mode.
            Cause::Disarm => &[Interlock::Armed, Interlock::Mode],
            Cause::FenceCrossed => &[Interlock::FenceRadius],
            Cause::UnplugTold | Cause::UnplugSilent => &[Interlock::Sdr],
            Cause::GpsLost => &[Interlock::Gps],
            Cause::EkfBad => &[Interlock::Ekf],
            Cause::BatteryLow => &[Interlock::Battery],
            // Both are the pose: whichever came last before the cut is judged last.
            Cause::LinkCut => &[Interlock::Attitude, Interlock::Position],
            Cause::HeartbeatLost => &[Interlock::Heartbeat],
            Cause::HomingOff | Cause::Killed => &[],
        }
    }

    /// Whether homing that the daemon says it `latched` off (its status; the interlock's name first) was stopped by this.
    pub fn is_blamed(self, latched: Option<&str>) -> bool {
        let name = latched.and_then(|why| why.split_whitespace().next());
        let interlocks = self.interlocks();
        interlocks.is_empty() || interlocks.iter().any(|interlock| name == Some(interlock.name()))
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
pub(super) const GUIDED: u32 = 4;
const HEARTBEAT: u32 = 0;
const GLOBAL_POSITION_INT: u32 = 33;
/// EKF_POS_HORIZ_ABS of EKF_STATUS_FLAGS.
const EKF_POSITION_ABSOLUTE: u16 = 16;
/// What the daemon wants by default: interlock.fix_min, its own EKF_VARIANCE_MAX, interlock.battery_min_ratio.
const FIX_MIN: u8 = 3;
const EKF_RATIO_MAX: f32 = 0.8;
const BATTERY_MIN_PERCENT: i8 = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::command::{Fault, Trip};

    fn row(id: u32, says: Says) -> WireRow {
        WireRow { at_us: 0, is_out: true, link: 1, id, system: 1, component: 1, says }
    }

    #[test]
    fn a_status_message_tells_by_its_content() {
        let estimator = |flags, position_ratio| Says::Estimator { flags, position_ratio };
        let cases = [
            (Cause::GpsLost, Says::Fix(2), Says::Fix(3)),
            (Cause::EkfBad, estimator(0, 0.1), estimator(EKF_POSITION_ABSOLUTE, 0.1)),
            (Cause::EkfBad, estimator(EKF_POSITION_ABSOLUTE, 0.8), estimator(EKF_POSITION_ABSOLUTE, 0.7)),
            (Cause::BatteryLow, Says::Battery(28), Says::Battery(30)),
            (Cause::BatteryLow, Says::Battery(0), Says::Battery(-1)),
        ];
        for (cause, tells, tells_nothing) in cases {
            assert!(cause.is_told_by(&row(1, tells)), "{cause:?} {tells:?}");
            assert!(!cause.is_told_by(&row(1, tells_nothing)), "{cause:?} {tells_nothing:?}");
        }
    }

    #[test]
    fn only_its_own_interlock_is_to_blame() {
        for cause in Cause::ALL {
            for interlock in Interlock::ALL {
                let trip = Trip { interlock, fault: Fault::Stale, detail: "x" }.to_string();
                let is_own = cause.interlocks().is_empty() || cause.interlocks().contains(&interlock);
                assert_eq!(cause.is_blamed(Some(&trip)), is_own, "{cause:?} {trip}");
            }
            let needs_none = matches!(cause, Cause::HomingOff | Cause::Killed);
            assert_eq!(cause.is_blamed(None), needs_none, "{cause:?}");
        }
    }
}
