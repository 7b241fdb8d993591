//! What goes wrong with someone else's aircraft, and what its pilot and ground crew do: by the ground station's means, and by
//! the parameters of ArduPilot's simulator (`SIM_*`: `SITL.cpp`).

use super::{ARM, Command, Theirs};
use crate::scenario::{Flavour, Kind};
use skyhound::geo::{NorthEast, Origin, Wgs84};

/// Param 2 of MAV_CMD_COMPONENT_ARM_DISARM, and param 6 of MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN, that mean it in the air.
const FORCE_DISARM: f64 = 21_196.0;
const FORCE_REBOOT: f64 = 20_190_226.0;
const REBOOT: Command = ("reboot", 246);

/// A parameter of the simulator, by the names that releases give it: while the fault lasts, and else.
type Knob = [(&'static str, f64, f64)];

impl Theirs {
    /// A fault, or a deed of pilot or ground crew; whether it was one that is done here.
    pub(super) fn go_wrong(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::Mode { mode } if begins => self.set_mode(mode)?,
            Kind::Disarm if begins => {
                self.command(ARM, &[0., FORCE_DISARM])?;
            }
            Kind::Stick { channel, us } => {
                let rest = self.foreign.holds_sticks.then_some(super::ready::REST_US);
                self.link.hold_stick(*channel, if begins { Some(*us) } else { rest });
            }
            Kind::GcsLost => self.link.fall_silent(begins),
            Kind::Reboot if begins => {
                self.command(REBOOT, &[1., 0., 0., 0., 0., FORCE_REBOOT])?;
            }
            Kind::Battery { ratio } => self.count_battery(if begins { *ratio } else { 1.0 })?,
            Kind::Mode { .. } | Kind::Disarm | Kind::Reboot => {}
            _ => return self.turn(&knobs(kind, &self.home()), begins),
        }
        Ok(true)
    }

    /// Nothing is wrong with it any more, as far as the rig made it so.
    pub(super) fn calm(&self) -> Result<(), String> {
        self.link.fall_silent(false);
        if !self.foreign.is_simulator || self.foreign.flavour != Flavour::ArduCopter {
            return Ok(());
        }
        let all = [
            Kind::GpsLoss,
            Kind::GpsGlitch { north_m: 0.0, east_m: 0.0 },
            Kind::RcLost { zeroed: false, rssi_kept: false },
            Kind::Gust { north_mps: 0.0, east_mps: 0.0 },
        ];
        for kind in all {
            self.turn(&knobs(&kind, &self.home()), false)?;
        }
        Ok(())
    }

    fn home(&self) -> Origin {
        let anywhere = Origin::new(Wgs84 { lat_deg: 0.0, lon_deg: 0.0 });
        self.heard().home.map_or(anywhere, |(origin, _)| origin)
    }

    fn turn(&self, knobs: &[Box<Knob>], on: bool) -> Result<bool, String> {
        for knob in knobs {
            let known = |name: &str| self.heard().parameters.contains_key(name);
            if !knob.iter().any(|(name, ..)| known(name)) {
                self.read(&[knob.iter().map(|(name, ..)| (*name).to_owned()).collect()])?;
            }
            let names = knob.iter().map(|(name, ..)| *name);
            let (name, while_on, else_) = knob.iter().find(|(name, ..)| known(name)).ok_or_else(|| {
                format!(
                    "the autopilot has no parameter {}: is it ArduPilot's simulator?",
                    names.collect::<Vec<_>>().join(" or ")
                )
            })?;
            self.set(name, if on { *while_on } else { *else_ })?;
        }
        Ok(!knobs.is_empty())
    }
}

/// `home`: a glitch is told in degrees.
fn knobs(kind: &Kind, home: &Origin) -> Vec<Box<Knob>> {
    match *kind {
        Kind::GpsLoss => vec![Box::new([("SIM_GPS_DISABLE", 1.0, 0.0), ("SIM_GPS1_ENABLE", 0.0, 1.0)])],
        Kind::GpsGlitch { north_m, east_m } => {
            let at = home.wgs84_from_ned(NorthEast { north_m, east_m });
            let (north_deg, east_deg) =
                (at.lat_deg - home.place().lat_deg, at.lon_deg - home.place().lon_deg);
            vec![
                Box::new([("SIM_GPS_GLITCH_X", north_deg, 0.0), ("SIM_GPS1_GLTCH_X", north_deg, 0.0)]),
                Box::new([("SIM_GPS_GLITCH_Y", east_deg, 0.0), ("SIM_GPS1_GLTCH_Y", east_deg, 0.0)]),
            ]
        }
        Kind::RcLost { zeroed: false, .. } => vec![Box::new([("SIM_RC_FAIL", 1.0, 0.0)])],
        Kind::Gust { north_mps, east_mps } => {
            let from_deg = (-east_mps).atan2(-north_mps).to_degrees().rem_euclid(360.0);
            vec![
                Box::new([("SIM_WIND_DIR", from_deg, 180.0)]),
                Box::new([("SIM_WIND_SPD", north_mps.hypot(east_mps), 0.0)]),
            ]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gust_comes_from_where_it_does_not_blow_to_and_a_glitch_is_in_degrees() {
        let home = Origin::new(Wgs84 { lat_deg: 47.4, lon_deg: 8.5 });
        let gust = knobs(&Kind::Gust { north_mps: 0.0, east_mps: 4.0 }, &home);
        assert_eq!((gust[0][0], gust[1][0]), (("SIM_WIND_DIR", 270.0, 180.0), ("SIM_WIND_SPD", 4.0, 0.0)));
        let glitch = knobs(&Kind::GpsGlitch { north_m: 111.2, east_m: 0.0 }, &home);
        let (_, north_deg, after_deg) = glitch[0][0];
        assert!((north_deg - 0.001).abs() < 1e-5 && after_deg == 0.0, "{north_deg}");
        assert!(knobs(&Kind::EkfBad, &home).is_empty());
    }
}
