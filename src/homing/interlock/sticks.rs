//! The pilot's sticks (µs of pulse width, 1000..=2000): the radio is there and told often enough, the sticks at rest when homing
//! is enabled, and not moved since.
//!
//! Which channel is which stick, the autopilot's parameters say (RCMAP_*, RC_MAP_*). Enabling takes the sticks as they lie for
//! reference: roll, pitch and yaw must then be near the centre, throttle may be anywhere. Later a stick further from its
//! reference than `stick_ratio_max` of full deflection, for `stick_us`, is the pilot's hand. Each sample stands for the time
//! since the sample before it, however many passes see it: so a nudge counts at any rate, and a rate at which one could be
//! missed keeps homing locked.
//!
//! ArduPilot goes on sending the last channels after the receiver is gone: so the receiver's own health (SYS_STATUS) and signal
//! strength are judged beside them. That nobody is told when the link itself freezes is why FS_THR_ENABLE is asked for.

use super::{Check, Verdict};
use crate::command::{Fault, Interlock};
use crate::config::InterlockConfig;
use crate::homing::Inputs;
use crate::time::{Aged, TimeUs};
use crate::vehicle::parameter::index;
use crate::vehicle::{Firmware, PartHealth, RC_CHANNELS_MAX, Rc, Vehicle};

const CENTER_US: u16 = 1500;
const FULL_DEFLECTION_US: f64 = 500.0;
/// Pulse widths that receivers send; beside these lie 0 and 65535, an absent channel.
const POSSIBLE_US: (f64, f64) = (800.0, 2200.0);
const THROTTLE: usize = 2;
/// Intervals that may be missing in a row before the sticks are stale.
const INTERVALS_MISSING: u64 = 4;
/// Weight of the newest interval in their mean.
const INTERVAL_SHARE: f64 = 0.25;

/// Parameters that name the channels of roll, pitch, throttle and yaw.
const ARDUCOPTER: [usize; 4] =
    [index("RCMAP_ROLL"), index("RCMAP_PITCH"), index("RCMAP_THROTTLE"), index("RCMAP_YAW")];
const PX4: [usize; 4] =
    [index("RC_MAP_ROLL"), index("RC_MAP_PITCH"), index("RC_MAP_THROTTLE"), index("RC_MAP_YAW")];

/// How often the sticks are told.
#[derive(Clone, Debug, Default)]
pub(super) struct Radio {
    newest: Option<TimeUs>,
    interval_us: Option<f64>,
}

impl Radio {
    /// Takes the newest sample; one seen before changes nothing. An interval counts as at most twice `interval_max_us`: one
    /// pause is told by the sticks' age.
    pub(super) fn observe(&mut self, rc: Option<Aged<Rc>>, interval_max_us: u32) {
        let Some(Aged { received_us, .. }) = rc else {
            *self = Radio::default();
            return;
        };
        if let Some(newest) = self.newest {
            if received_us <= newest {
                return;
            }
            let interval_us = (received_us.since_us(newest) as f64).min(2.0 * f64::from(interval_max_us));
            let mean_us = self.interval_us.unwrap_or(interval_us);
            self.interval_us = Some(mean_us + INTERVAL_SHARE * (interval_us - mean_us));
        }
        self.newest = Some(received_us);
    }
}

/// The pilot's hand since homing was enabled.
#[derive(Copy, Clone, Debug)]
pub(super) struct Hand {
    reference_us: Option<[u16; 4]>,
    newest: Option<TimeUs>,
    /// For how long a stick has been away from its reference.
    deflected_us: Option<u64>,
}

impl Hand {
    /// The sticks lie as they do.
    pub(super) fn new(vehicle: &Vehicle, now: TimeUs) -> Hand {
        Hand {
            reference_us: sticks_us(vehicle, now),
            newest: vehicle.rc.map(|rc| rc.received_us),
            deflected_us: None,
        }
    }

    /// Takes the newest sample; one seen before changes nothing.
    pub(super) fn observe(&mut self, vehicle: &Vehicle, now: TimeUs, ratio_max: f64) {
        let Some(gap_us) = self.gap_us(vehicle) else { return };
        let is_deflected = self.is_deflected(vehicle, now, ratio_max);
        self.deflected_us = is_deflected.then(|| self.deflected_us.unwrap_or(0).saturating_add(gap_us));
        self.newest = vehicle.rc.map(|rc| rc.received_us);
    }

    /// Whether there is a sample not counted yet that counts.
    pub(super) fn is_shown(&self, vehicle: &Vehicle, now: TimeUs, ratio_max: f64) -> bool {
        self.gap_us(vehicle).is_some() && self.is_deflected(vehicle, now, ratio_max)
    }

    /// For how long a sample that was not counted yet stands.
    fn gap_us(&self, vehicle: &Vehicle) -> Option<u64> {
        let received_us = vehicle.rc?.received_us;
        let newest = self.newest.unwrap_or(received_us);
        (received_us > newest).then(|| received_us.since_us(newest))
    }

    fn is_deflected(&self, vehicle: &Vehicle, now: TimeUs, ratio_max: f64) -> bool {
        match (sticks_us(vehicle, now), self.reference_us) {
            (Some(sticks_us), Some(reference_us)) => deflected(sticks_us, reference_us, ratio_max),
            _ => false,
        }
    }
}

/// Roll, pitch, throttle and yaw, where the parameters name channels that are there.
fn sticks_us(vehicle: &Vehicle, now: TimeUs) -> Option<[u16; 4]> {
    let (rc, bound) = (vehicle.rc?, vehicle.identity?);
    let parameters = if bound.firmware == Firmware::Px4 { PX4 } else { ARDUCOPTER };
    let mut sticks_us = [0; 4];
    for (stick_us, parameter) in sticks_us.iter_mut().zip(parameters) {
        let channel = vehicle.parameters.fresh(parameter, now)?;
        // Not finite and negative become 0, which is no channel.
        let place = (channel as usize).checked_sub(1)?;
        let there = &rc.value.channels_us[..RC_CHANNELS_MAX.min(usize::from(rc.value.channel_count))];
        *stick_us = *there.get(place)?;
    }
    Some(sticks_us)
}

/// As SYS_STATUS has it; that it is told in time, the failsafes ask. PX4 leaves a receiver out that it does not need.
fn has_receiver(vehicle: &Vehicle) -> bool {
    let is_px4 = vehicle.identity.is_some_and(|bound| bound.firmware == Firmware::Px4);
    vehicle.health.is_none_or(|health| match health.value.rc_receiver {
        PartHealth::Good => true,
        PartHealth::Bad => false,
        PartHealth::Off | PartHealth::Absent => is_px4,
    })
}

/// `hand`: while homing is on.
pub(super) fn judge(
    inputs: &Inputs<'_>,
    limits: &InterlockConfig,
    radio: &Radio,
    hand: Option<&Hand>,
) -> Verdict {
    let check = Check(Interlock::Sticks);
    let age_max_us = INTERVALS_MISSING * u64::from(limits.rc_interval_max_us);
    let silent =
        "RC_CHANNELS is not told in time: switch the pilot's radio on, or raise its rate (SR*_RC_CHAN)";
    let rc = check.fresh(inputs.vehicle.rc, inputs.now, age_max_us, silent)?;
    check.holds(has_receiver(inputs.vehicle), "the pilot's radio is lost (SYS_STATUS): switch it on")?;
    let weak = "the pilot's radio has no signal (RSSI 0): switch it on, or set RSSI_TYPE to how it is told";
    check.holds(rc.rssi != Some(0), weak)?;
    let mend = "the channels of the sticks are not known, or not all there: see RCMAP_*, RC_MAP_*";
    let sticks_us = sticks_us(inputs.vehicle, inputs.now).ok_or(check.refuse(Fault::Unknown, mend))?;
    for stick_us in sticks_us {
        let odd = "RC channel absent or off: switch the pilot's radio on";
        check.number(f64::from(stick_us), POSSIBLE_US.0, POSSIBLE_US.1, odd)?;
    }
    let seldom = "RC_CHANNELS comes too seldom to see the pilot's hand: raise its rate (SR*_RC_CHAN), or the line's speed";
    let interval_us = radio.interval_us.ok_or(check.refuse(Fault::Unknown, silent))?;
    check.holds(interval_us <= f64::from(limits.rc_interval_max_us), seldom)?;
    match hand {
        Some(hand) => {
            let is_moved = hand.deflected_us.is_some_and(|us| us >= u64::from(limits.stick_us));
            check.holds(!is_moved, "the pilot moved a stick: rest the sticks, then `homing on` again")
        }
        None => {
            let mut centre_us = [CENTER_US; 4];
            centre_us[THROTTLE] = sticks_us[THROTTLE];
            let at_rest = !deflected(sticks_us, centre_us, limits.stick_ratio_max);
            check.holds(at_rest, "roll, pitch and yaw are not centred: let go of the sticks")
        }
    }
}

fn deflected(sticks_us: [u16; 4], reference_us: [u16; 4], ratio_max: f64) -> bool {
    let limit_us = ratio_max * FULL_DEFLECTION_US;
    sticks_us.iter().zip(reference_us).any(|(stick, rest)| f64::from(stick.abs_diff(rest)) > limit_us)
}
