//! The pilot's radio: sticks and switches in µs, what the ground station overrides, and loss.
//!
//! A receiver that lost its transmitter goes on with the last channels, as ArduPilot's drivers and PX4's `rc_input` leave
//! them; that it does is known to the autopilot (`lost_for_us`), and shows in RC_CHANNELS as far as the fault says.
//!
//! Which channel is which stick, RCMAP_* and RC_MAP_* say (`tuned.sticks`). Overrides: ArduPilot `RC_Channel` (RC_OVERRIDE_TIME
//! 3 s; 0 gives a channel back, 65535 leaves it). PX4 takes RC_CHANNELS_OVERRIDE as a radio too.

use super::belief::Rc;
use skyhound::vehicle::RC_CHANNELS_MAX;

const CENTRE_US: u16 = 1500;
const OVERRIDE_US: u64 = 3_000_000;
/// Stick movement that counts as none: RCx_DZ, and PX4's MAN_DEADZONE 0.1.
const DEAD_US: f64 = 30.0;
const CHANNEL_COUNT: u8 = 16;
const RSSI: u8 = 200;
/// Without pulses the receiver driver gives up after this (RC_FS_TIMEOUT of ArduPilot is longer; PX4 COM_RC_LOSS_T is 0.5 s).
const SILENT_US: u64 = 500_000;

/// How it was lost.
#[derive(Copy, Clone, Debug)]
struct Lost {
    at_us: u64,
    /// What the pilot's hands do now is not seen.
    sticks_us: [u16; RC_CHANNELS_MAX],
    zeroed: bool,
    rssi_kept: bool,
}

/// The radio.
#[derive(Clone, Debug)]
pub(super) struct Radio {
    sticks_us: [u16; RC_CHANNELS_MAX],
    overrides_us: [u16; 8],
    overridden_us: Option<u64>,
    lost: Option<Lost>,
}

impl Radio {
    /// All sticks, on these channels (1 = the first), in their middle; switches elsewhere.
    pub(super) fn new(channels: [usize; 4]) -> Radio {
        let sticks_us = [1000; RC_CHANNELS_MAX];
        let mut radio = Radio { sticks_us, overrides_us: [0; 8], overridden_us: None, lost: None };
        for channel in channels {
            radio.move_stick(u8::try_from(channel).unwrap_or(0), None);
        }
        radio.sticks_us[usize::from(CHANNEL_COUNT)..].fill(0);
        radio
    }

    /// The pilot moves channel 1..=16, or lets go of it.
    pub(super) fn move_stick(&mut self, channel: u8, us: Option<u16>) {
        if let Some(stick) = self.sticks_us.get_mut(usize::from(channel).wrapping_sub(1)) {
            *stick = us.unwrap_or(CENTRE_US);
        }
    }

    pub(super) fn lose(&mut self, now_us: u64, zeroed: bool, rssi_kept: bool) {
        let lost = Lost { at_us: now_us, sticks_us: self.sticks_us, zeroed, rssi_kept };
        self.lost.get_or_insert(lost);
    }

    pub(super) fn regain(&mut self) {
        self.lost = None;
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
        if self.overrides(now_us) { 0 } else { self.lost.map_or(0, |lost| now_us - lost.at_us) }
    }

    /// What the autopilot sees.
    pub(super) fn seen(&self, now_us: u64) -> Rc {
        if self.lost.is_some_and(|lost| lost.zeroed) && self.lost_for_us(now_us) >= SILENT_US {
            return Rc::default();
        }
        let mut channels_us = self.lost.map_or(self.sticks_us, |lost| lost.sticks_us);
        if self.overrides(now_us) {
            for (channel, held) in channels_us.iter_mut().zip(self.overrides_us) {
                *channel = if held == 0 { *channel } else { held };
            }
        }
        let rssi = if self.lost.is_some_and(|lost| !lost.rssi_kept) { 0 } else { RSSI };
        Rc { channels_us, channel_count: CHANNEL_COUNT, rssi }
    }

    /// Roll, pitch, throttle, yaw as −1..=1 with a dead zone; centred without a radio. `channels`: which is which.
    pub(super) fn sticks(&self, now_us: u64, channels: [usize; 4]) -> [f64; 4] {
        let seen = self.seen(now_us);
        channels.map(|channel| {
            let us = channel.checked_sub(1).and_then(|index| seen.channels_us.get(index)).copied();
            let off_us = f64::from(us.unwrap_or(CENTRE_US)) - f64::from(CENTRE_US);
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
        let mut radio = Radio::new([1, 2, 3, 4]);
        assert_eq!(radio.seen(0).channels_us[..4], [1500; 4]);
        radio.move_stick(1, Some(2000));
        radio.move_stick(4, Some(1510));
        assert_eq!(radio.sticks(0, [1, 2, 3, 4]), [1.0, 0.0, 0.0, 0.0]);
        radio.override_with([0, 1000, u16::MAX, 0, 0, 0, 0, 0], 1_000_000);
        assert_eq!(radio.seen(1_000_000).channels_us[..3], [2000, 1000, 1500]);
        assert_eq!(radio.seen(3_999_999).channels_us[1], 1000);
        assert_eq!(radio.seen(4_000_000).channels_us[1], 1500, "not repeated");
        radio.move_stick(1, None);
        radio.lose(5_000_000, true, false);
        assert_eq!(radio.seen(5_499_999).channel_count, CHANNEL_COUNT);
        assert_eq!(radio.seen(5_500_000).channel_count, 0);
        assert_eq!(radio.lost_for_us(6_000_000), 1_000_000);
        radio.regain();
        assert_eq!((radio.lost_for_us(7_000_000), radio.seen(7_000_000).channel_count), (0, 16));
    }

    #[test]
    fn a_lost_radio_freezes_and_sticks_are_mapped() {
        for (rssi_kept, rssi) in [(false, 0), (true, RSSI)] {
            let mut radio = Radio::new([1, 2, 3, 4]);
            radio.move_stick(2, Some(1900));
            radio.lose(1_000_000, false, rssi_kept);
            radio.move_stick(1, Some(1900));
            let seen = radio.seen(60_000_000);
            assert_eq!((seen.channels_us[..3].to_vec(), seen.rssi), (vec![1500, 1900, 1500], rssi));
            assert_eq!(radio.sticks(60_000_000, [2, 3, 1, 4]), [0.8, 0.0, 0.0, 0.0], "TAER");
            assert_eq!(radio.lost_for_us(3_000_000), 2_000_000);
        }
    }
}
