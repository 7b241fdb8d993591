//! Flights that follow the commands: wherever it is led, and whenever we die, the aircraft stays inside the fence.

use super::*;
use proptest::prelude::*;

const STEP_S: f64 = PASS_US as f64 / 1e6;

/// An aircraft that flies what it is told, at once; without a word for GUID_TIMEOUT (1 s) it brakes at 2.5 m/s².
struct Aircraft {
    at: NorthEast,
    north_mps: f64,
    east_mps: f64,
    yaw_rad: f64,
    silent_us: u64,
}

impl Aircraft {
    fn fly(&mut self, command: Option<Command>) {
        self.silent_us += PASS_US;
        match command {
            Some(Command::Velocity(v)) => {
                (self.north_mps, self.east_mps, self.silent_us) = (v.north_mps, v.east_mps, 0);
                self.yaw_rad = crate::geo::wrap_pi(self.yaw_rad + v.yaw_rate_rad_s * STEP_S);
            }
            Some(Command::Stop) => self.brake(),
            _ if self.silent_us >= 1_000_000 => self.brake(),
            _ => {}
        }
        self.at.north_m += self.north_mps * STEP_S;
        self.at.east_m += self.east_mps * STEP_S;
    }

    fn brake(&mut self) {
        let speed_mps = self.north_mps.hypot(self.east_mps);
        let share = if speed_mps > 0.0 { (1.0 - 2.5 * STEP_S / speed_mps).max(0.0) } else { 0.0 };
        (self.north_mps, self.east_mps) = (self.north_mps * share, self.east_mps * share);
    }

    /// Where it flies if this velocity is our last word: one second on, then braking to a stand.
    fn last_way(&self, v: Velocity) -> [NorthEast; 4] {
        let stop_s = 1.0 + v.north_mps.hypot(v.east_mps) / (2.0 * 2.5);
        [0.25, 0.5, 0.75, 1.0].map(|share| NorthEast {
            north_m: self.at.north_m + share * stop_s * v.north_mps,
            east_m: self.at.east_m + share * stop_s * v.east_mps,
        })
    }

    fn show(&self, world: &mut World) {
        let position = &mut world.vehicle.position.as_mut().unwrap().value;
        position.place = Origin::new(HOME).wgs84_from_ned(self.at);
        (position.north_mps, position.east_mps) = (self.north_mps, self.east_mps);
        world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = self.yaw_rad;
    }
}

/// By the sum of the angles under which the edges are seen, not by the fence's own rule.
fn is_inside(corners: &[NorthEast], at: NorthEast) -> bool {
    let angle = |corner: &NorthEast| (corner.east_m - at.east_m).atan2(corner.north_m - at.north_m);
    let next = corners.iter().cycle().skip(1);
    let turned_rad: f64 =
        corners.iter().zip(next).map(|(a, b)| crate::geo::wrap_pi(angle(b) - angle(a))).sum();
    turned_rad.abs() > 1.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_aircraft_stays_inside_the_fence_also_when_we_die(
        spokes_m in prop::collection::vec(20.0..150.0f64, 5..20),
        radius_m in 30.0..200.0f64,
        bearings_rad in prop::collection::vec(-3.1..3.1f64, 1..12),
        death in 0..1200usize,
    ) {
        let corners: Vec<NorthEast> = spokes_m.iter().enumerate().map(|(index, spoke_m)| {
            let angle_rad = index as f64 / spokes_m.len() as f64 * std::f64::consts::TAU;
            NorthEast { north_m: spoke_m * angle_rad.cos(), east_m: spoke_m * angle_rad.sin() }
        }).collect();
        let mut limits = interlock_config();
        let origin = Origin::new(HOME);
        limits.fence.polygon = corners.iter().map(|&corner| origin.wgs84_from_ned(corner)).collect();
        limits.fence.radius_m = radius_m;
        let mut world = World::with(&HomingConfig { speed_mps: 5.0, lost_us: 500_000, recover_us: 1_000_000, ..homing_config() }, &limits);
        let mut aircraft =
            Aircraft { at: NorthEast::default(), north_mps: 0.0, east_mps: 0.0, yaw_rad: 0.5, silent_us: 0 };
        world.switch_on();
        let mut commanded_count = 0;
        for pass in 0..death + 100 {
            let command = (pass < death).then(|| {
                world.refresh(PASS_US);
                aircraft.show(&mut world);
                let bearing_rad = bearings_rad[pass / 100 % bearings_rad.len()];
                let (sin, cos) = bearing_rad.sin_cos();
                // In turn nothing is known of where it is, it is believed to be somewhere, mostly outside, and a route leads there, which
                // nobody planned within the fence.
                let phase = pass / 100 % 3;
                (world.belief, world.search) = (None, Some((5.0 * cos, 5.0 * sin)));
                world.facts[0].heard = phase != 2;
                if phase == 1 {
                    world.believe(NorthEast { north_m: 150.0 * cos, east_m: 150.0 * sin }, 5.0 + death as f64 / 20.0);
                }
                // The operator does not give up.
                let act = world.homing.latched().map(|_| OperatorAct::HomingOn);
                world.pass(act)
            });
            if let Some(Command::Velocity(v)) = command {
                commanded_count += 1;
                for at in aircraft.last_way(v) {
                    prop_assert!(is_inside(&corners, at), "{at:?} were pass {pass} our last");
                    prop_assert!(at.distance_m(NorthEast::default()) <= radius_m + 1e-6, "{at:?}");
                }
            }
            aircraft.fly(command);
            let from_home_m = aircraft.at.distance_m(NorthEast::default());
            prop_assert!(from_home_m <= radius_m + 1e-6, "{from_home_m} of {radius_m} m");
            prop_assert!(is_inside(&corners, aircraft.at), "{:?} in pass {pass}", aircraft.at);
        }
        prop_assert!(death < 20 || commanded_count > 0);
        prop_assert!(aircraft.north_mps.hypot(aircraft.east_mps) == 0.0, "it stands still");
    }
}
