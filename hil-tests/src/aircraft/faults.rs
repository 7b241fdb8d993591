//! The scenario's faults that are the aircraft's own: sensors, battery, wind, the pilot's hands, a reboot.

use super::{Aircraft, Request, custom_mode_of};
use crate::scenario::Kind;

impl Aircraft {
    /// A fault begins or ends. Whether it was one of the aircraft's. Deeds (a mode change, a disarming, a reboot, a battery that
    /// dropped) have no end.
    pub fn fault(&mut self, kind: &Kind, begins: bool) -> bool {
        let now_us = self.now_us();
        match *kind {
            Kind::GpsGlitch { north_m, east_m } => {
                self.receiver.glitch_m = if begins { [north_m, east_m] } else { [0.0; 2] };
            }
            Kind::GpsLoss => self.receiver.is_lost = begins,
            Kind::EkfBad => self.estimator.is_bad = begins,
            Kind::Battery { ratio } if begins => self.charge.drop_to(ratio),
            Kind::Gust { north_mps, east_mps } => {
                self.wind.extra_mps = if begins { [north_mps, east_mps] } else { [0.0; 2] };
            }
            Kind::Reboot if begins => self.reboot(),
            Kind::SystemId { system } if begins => {
                self.system = system;
                self.reboot();
            }
            Kind::Mode { ref mode } if begins => match custom_mode_of(self.flavour, mode) {
                Some(custom) => drop(self.request(&Request::Mode(custom))),
                None => self.tell(4, format!("No such mode {mode}")),
            },
            Kind::Stick { channel, us } if begins => self.radio.move_stick(channel, us),
            Kind::Stick { channel, .. } => self.radio.release(channel),
            Kind::RcLost { zeroed, rssi_kept } if begins => self.radio.lose(now_us, zeroed, rssi_kept),
            Kind::RcLost { .. } => self.radio.regain(),
            Kind::Disarm if begins => drop(self.request(&Request::ArmForced(false))),
            Kind::Battery { .. }
            | Kind::Reboot
            | Kind::SystemId { .. }
            | Kind::Mode { .. }
            | Kind::Disarm => {}
            _ => return false,
        }
        // A real one makes these when it sends them, not at ticks of its own.
        self.report_slow();
        self.report_state();
        true
    }
}
