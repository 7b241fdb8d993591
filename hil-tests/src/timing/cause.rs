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
    /// A page's Stop, while five pages look on and one asks without a pause.
    PageStop,
    /// The daemon is killed.
    Killed,
    /// Nothing of the autopilot's reaches the daemon any more.
    LinkCut,
    /// The autopilot's heartbeats stop; all else goes on.
    HeartbeatLost,
}

/// What is known of a cause.
pub struct Traits {
    /// For people.
    pub name: &'static str,
    /// The interlocks that may stop homing by it. None: it ends homing without any.
    pub interlocks: &'static [Interlock],
    /// How long nobody tells it: how old the daemon lets its last input of that kind become, by its default settings
    /// (interlock.*_age_max_s), or how long the source itself takes to notice.
    pub untold_us: u64,
    /// Whether a message of the autopilot carries it at all.
    pub is_in_a_message: bool,
}

impl Cause {
    pub const fn traits(self) -> Traits {
        use Interlock::{
            Armed, Attitude, Battery, Ekf, FenceRadius, Gps, Heartbeat, Mode, Position, Sdr, Sticks,
        };
        let (name, interlocks, untold_us, is_in_a_message): (_, &'static [Interlock], _, _) = match self {
            Cause::ModeChange => ("mode changed by the ground station", &[Mode], 0, true),
            Cause::StickMoved => ("stick moved", &[Sticks], 0, true),
            // The handover between homing and the autopilot notices it too, and says so in the name of the mode.
            Cause::Disarm => ("disarmed", &[Armed, Mode], 0, true),
            Cause::FenceCrossed => ("fence crossed (predicted)", &[FenceRadius], 0, true),
            Cause::UnplugTold => ("SDR unplugged, told", &[Sdr], 0, false),
            // A reading.
            Cause::UnplugSilent => ("SDR unplugged, silent", &[Sdr], 500_000, false),
            // The receiver's own: what it has no fix for shows at its next epoch.
            Cause::GpsLost => ("GPS fix lost", &[Gps], 200_000, true),
            Cause::EkfBad => ("EKF bad", &[Ekf], 0, true),
            Cause::BatteryLow => ("battery low", &[Battery], 0, true),
            Cause::HomingOff => ("operator: homing off", &[], 0, false),
            Cause::PageStop => ("page: Stop, beside a crew", &[], 0, false),
            Cause::Killed => ("daemon killed", &[], 0, false),
            // Of all that the autopilot sends, its pose is the first to be too old: whichever came last is judged last.
            Cause::LinkCut => ("link cut", &[Attitude, Position], 500_000, false),
            Cause::HeartbeatLost => ("heartbeat lost", &[Heartbeat], 2_500_000, false),
        };
        Traits { name, interlocks, untold_us, is_in_a_message }
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
            Cause::FenceCrossed | Cause::HomingOff | Cause::PageStop | Cause::Killed | Cause::LinkCut => {
                return None;
            }
        })
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

    /// Whether homing that the daemon says it `latched` off (its status; the interlock's name first) was stopped by this.
    pub fn is_blamed(self, latched: Option<&str>) -> bool {
        let name = latched.and_then(|why| why.split_whitespace().next());
        let interlocks = self.traits().interlocks;
        interlocks.is_empty() || interlocks.iter().any(|interlock| name == Some(interlock.name()))
    }
}

/// ArduCopter's `custom_mode` of GUIDED.
pub(super) const GUIDED: u32 = 4;
/// Message ids.
pub(super) const HEARTBEAT: u32 = 0;
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
        for cause in Cause::value_variants() {
            for interlock in Interlock::ALL {
                let trip = Trip { interlock, fault: Fault::Stale, detail: "x" }.to_string();
                let interlocks = cause.traits().interlocks;
                let is_own = interlocks.is_empty() || interlocks.contains(&interlock);
                assert_eq!(cause.is_blamed(Some(&trip)), is_own, "{cause:?} {trip}");
            }
            let needs_none = matches!(cause, Cause::HomingOff | Cause::PageStop | Cause::Killed);
            assert_eq!(cause.is_blamed(None), needs_none, "{cause:?}");
        }
    }
}
