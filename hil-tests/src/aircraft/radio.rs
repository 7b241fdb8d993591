//! The pilot's radio: sticks and switches in µs, what the ground station overrides, and loss.
//!
//! Channels as ArduPilot maps them by default (RCMAP): 1 roll, 2 pitch, 3 throttle, 4 yaw, 5 mode switch. Overrides: ArduPilot
//! `RC_Channel` (RC_OVERRIDE_TIME 3 s; 0 gives a channel back, 65535 leaves it). PX4 takes RC_CHANNELS_OVERRIDE as a radio too.

use super::belief::Rc;

const CENTRE_US: u16 = 1500;
const OVERRIDE_US: u64 = 3_000_000;
/// Stick movement that counts as none: RCx_DZ, and PX4's MAN_DEADZONE 0.1.
const DEAD_US: f64 = 30.0;
const CHANNEL_COUNT: u8 = 16;
/// Without pulses the receiver driver gives up after this (RC_FS_TIMEOUT of ArduPilot is longer; PX4 COM_RC_LOSS_T is 0.5 s).
const SILENT_US: u64 = 500_000;

/// The radio.
#[derive(Clone, Debug)]
pub(super) struct Radio {
    sticks_us: [u16; 8],
    overrides_us: [u16; 8],
    overridden_us: Option<u64>,
    lost_us: Option<u64>,
}

impl Radio {
    pub(super) fn new() -> Radio {
        let sticks_us = [CENTRE_US, CENTRE_US, CENTRE_US, CENTRE_US, 1800, 1000, 1000, 1000];
        Radio { sticks_us, overrides_us: [0; 8], overridden_us: None, lost_us: None }
    }

    /// The pilot moves channel 1..=8.
    pub(super) fn move_stick(&mut self, channel: u8, us: u16) {
        if let Some(stick) = self.sticks_us.get_mut(usize::from(channel).wrapping_sub(1)) {
            *stick = us;
        }
    }

    /// The pilot lets go of it.
    pub(super) fn release(&mut self, channel: u8) {
        self.move_stick(channel, CENTRE_US);
    }

    pub(super) fn lose(&mut self, is_lost: bool, now_us: u64) {
        self.lost_us = if is_lost { self.lost_us.or(Some(now_us)) } else { None };
    }

    pub(super) fn override_with(&mut self, channels_us: [u16; 8], now_us: u64) {
        for (held, asked) in self.overrides_us.iter_mut().zip(channels_us) {
            if asked != u16::MAX {
                *held = asked;
            }
        }
        self.overridden_us = Some(now_us);
    }

    fn overrides(&self, now_us: u64) -> bool {
        self.overridden_us.is_some_and(|at_us| now_us - at_us < OVERRIDE_US)
            && self.overrides_us.iter().any(|us| *us != 0)
    }

    /// For how long there has been no radio; 0 = there is one.
    pub(super) fn lost_for_us(&self, now_us: u64) -> u64 {
        if self.overrides(now_us) { 0 } else { self.lost_us.map_or(0, |at_us| now_us - at_us) }
    }

    /// What the autopilot sees.
    pub(super) fn seen(&self, now_us: u64) -> Rc {
        let overrides = self.overrides(now_us);
        if self.lost_for_us(now_us) >= SILENT_US {
            return Rc { channels_us: [0; 8], channel_count: 0, rssi: 0 };
        }
        let mut channels_us = self.sticks_us;
        if overrides {
            for (channel, held) in channels_us.iter_mut().zip(self.overrides_us) {
                *channel = if held == 0 { *channel } else { held };
            }
        }
        let rssi = if self.lost_us.is_some() { 0 } else { 200 };
        Rc { channels_us, channel_count: CHANNEL_COUNT, rssi }
    }

    /// Roll, pitch, throttle, yaw as −1..=1 with a dead zone; centred without a radio.
    pub(super) fn sticks(&self, now_us: u64) -> [f64; 4] {
        let seen = self.seen(now_us);
        [0, 1, 2, 3].map(|channel| {
            let off_us = f64::from(seen.channels_us[channel]) - f64::from(CENTRE_US);
            let is_none = seen.channel_count == 0 || off_us.abs() <= DEAD_US;
            if is_none { 0.0 } else { (off_us / 500.0).clamp(-1.0, 1.0) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sticks_overrides_and_loss() {
        let mut radio = Radio::new();
        assert_eq!(radio.seen(0).channels_us[..4], [1500; 4]);
        radio.move_stick(1, 2000);
        radio.move_stick(4, 1510);
        assert_eq!(radio.sticks(0), [1.0, 0.0, 0.0, 0.0]);
        radio.override_with([0, 1000, u16::MAX, 0, 0, 0, 0, 0], 1_000_000);
        assert_eq!(radio.seen(1_000_000).channels_us[..3], [2000, 1000, 1500]);
        assert_eq!(radio.seen(3_999_999).channels_us[1], 1000);
        assert_eq!(radio.seen(4_000_000).channels_us[1], 1500, "not repeated");
        radio.release(1);
        radio.lose(true, 5_000_000);
        assert_eq!(radio.seen(5_499_999).channel_count, CHANNEL_COUNT);
        assert_eq!(radio.seen(5_500_000).channel_count, 0);
        assert_eq!(radio.lost_for_us(6_000_000), 1_000_000);
        radio.lose(false, 6_000_000);
        assert_eq!((radio.lost_for_us(7_000_000), radio.seen(7_000_000).channel_count), (0, 16));
    }
}
