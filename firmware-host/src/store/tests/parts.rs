//! Parts of the aircraft into a file and out again: the same bits, so that a replay flies the same flight.

use super::super::sample::{self, settings, start};
use super::super::{inputs_vehicle, open_flight};
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::part::Joined;
use skyhound::vehicle::*;

/// SplitMix64: which values are drawn does not matter, only that they are many and the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    /// A number that comes in steps of `1 / per`, as a float of 4 bytes, or in neither way; of any size and sign, -0 too.
    fn number(&mut self, per: f64) -> f64 {
        let whole = self.next() as i32;
        match self.below(8) {
            0 => f64::from_bits(self.next() & !(1 << 62)),
            1 => -0.0,
            2 => f64::from(f32::from_bits(whole as u32 & !(1 << 30))),
            3 => f64::from(whole) / per,
            4 => f64::from(whole as i16) / per * 1.1,
            _ => f64::from(whole as i16) / per,
        }
    }

    fn some<T>(&mut self, value: T) -> Option<T> {
        (self.below(8) > 0).then_some(value)
    }

    fn place(&mut self) -> Wgs84 {
        Wgs84 { lat_deg: self.number(1e7), lon_deg: self.number(1e7) }
    }

    fn mode(&mut self) -> Mode {
        let firmware = [Firmware::ArduCopter, Firmware::Px4, Firmware::Other][self.below(3) as usize];
        Mode { firmware, custom: self.next() as u32 }
    }

    fn health(&mut self) -> PartHealth {
        [PartHealth::Absent, PartHealth::Off, PartHealth::Bad, PartHealth::Good][self.below(4) as usize]
    }

    fn zones(&mut self) -> Zones {
        let mut zones = Zones::default();
        for _ in 0..self.below(4) {
            let corners: Vec<_> = (0..3 + self.below(5)).map(|_| self.place()).collect();
            zones.push_polygon(self.yes(), &corners);
            let radius_m = self.number(1.0).abs().max(1.0);
            zones.push_circle(self.yes(), self.place(), radius_m);
        }
        zones
    }

    /// Changes some parts of `vehicle`.
    fn change(&mut self, vehicle: &mut Vehicle, at_us: u64) {
        let at = TimeUs(at_us - self.below(at_us));
        macro_rules! change {
            ($($field:ident: $value:expr),+ $(,)?) => {$(
                if self.below(3) == 0 {
                    let value = $value;
                    vehicle.$field = self.some(Aged::new(value, at));
                }
            )+};
        }
        change! {
            heartbeat: Heartbeat { mode: self.mode(), armed: self.yes(), system_status: self.next() as u8 },
            mode_told: self.mode(),
            landed: [Landed::OnGround, Landed::InAir, Landed::TakingOff, Landed::Landing][self.below(4) as usize],
            attitude: Attitude {
                roll_rad: self.number(1e3),
                pitch_rad: self.number(1e3),
                yaw_rad: self.number(1e3),
                yaw_rate_rad_s: self.number(1e3),
            },
            position: Position {
                place: self.place(),
                alt_amsl_m: self.number(1e3),
                alt_rel_m: self.number(1e3),
                north_mps: self.number(1e2),
                east_mps: self.number(1e2),
                down_mps: self.number(1e2),
            },
            gps: {
                let (satellites, hdop) = (self.next() as u8, self.number(1e2));
                Gps { fix: self.next() as u8, satellites: self.some(satellites), hdop: self.some(hdop) }
            },
            ekf: Ekf {
                attitude_ok: self.yes(),
                velocity_horizontal_ok: self.yes(),
                position_horizontal_ok: self.yes(),
                position_vertical_ok: self.yes(),
                degraded: self.yes(),
                variance_max: self.number(1e3),
            },
            battery: {
                let (volts, amperes, ratio) = (self.number(1e3), self.number(1e2), self.number(1e2));
                let (voltage_v, current_a) = (self.some(volts), self.some(amperes));
                Battery { voltage_v, current_a, remaining_ratio: self.some(ratio) }
            },
            rc: {
                let rssi = self.next() as u8;
                let channels_us = std::array::from_fn(|_| self.next() as u16);
                Rc { channels_us, channel_count: self.next() as u8, rssi: self.some(rssi) }
            },
            health: Health { rc_receiver: self.health(), fence: self.health() },
            height_rangefinder_m: self.number(1e2),
            height_terrain_m: self.number(1e2),
            home: Home { place: self.place(), alt_amsl_m: self.number(1e3) },
            utc_us: self.next() >> 1,
            clock_offset_us: self.next() as i64,
            zones: self.zones(),
            wind: Wind { from_deg: self.number(1e2), speed_mps: self.number(1e2) },
            ground_station: self.next() as u8,
        }
        let identity = Identity { system: self.next() as u8, component: 1, firmware: self.mode().firmware };
        vehicle.identity = self.some(identity);
        let why = ["two autopilots on the link", "it said \"no\""][self.below(2) as usize];
        vehicle.contested = self.some(why);
        vehicle.left_total = self.next() as u32;
        for _ in 0..3 {
            let told = Aged::new(self.number(1.0), at);
            let index = self.below(parameter::PARAMETERS.len() as u64) as usize;
            vehicle.parameters.keep(index, self.some(told));
        }
    }
}

#[test]
fn the_aircraft_comes_back_to_the_bit_at_each_pass() {
    let folder = tempfile::tempdir().unwrap();
    let (mut inlets, recorder) = start(&settings(folder.path()));
    let (mut random, mut before, mut flown) = (Random(8), Vehicle::default(), Vec::new());
    for pass in 1..=400 {
        let (at_us, mut after) = (pass * 50_000, before);
        random.change(&mut after, at_us);
        for record in sample::parts(at_us, &before, &after) {
            while !inlets.control.push(record) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        }
        flown.push((at_us, after));
        before = after;
    }
    let path = recorder.stop().unwrap().files.remove(0);
    let flight = open_flight(&path, 0).unwrap();
    let parts = inputs_vehicle::parts(&flight).unwrap();
    let (mut joined, mut rest) = (Joined::default(), parts.as_slice());
    for (at_us, vehicle) in &flown {
        let (now, later) = rest.split_at(rest.partition_point(|part| part.0.0 <= *at_us));
        now.iter().for_each(|(_, part)| joined.take(part));
        rest = later;
        // Equality of numbers takes -0 for 0; their words do not.
        assert_eq!(format!("{:?}", joined.vehicle), format!("{vehicle:?}"), "at {at_us}");
    }
    let view = "SELECT count(DISTINCT position_us), count(*) = count(DISTINCT at_us) FROM vehicle";
    let (positions, is_one_a_pass): (usize, bool) =
        flight.connection().query_row(view, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!(positions > 50 && is_one_a_pass);
    // The steps that MAVLink sends take no more than their columns.
    let sql = "SELECT count(exact) > 0 AND count(exact) < count(*) FROM vehicle_motion";
    let both: bool = flight.connection().query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(both, "both forms were there");
}
