//! Parts of the aircraft into a file and out again: the same bits, so that a replay flies the same flight.

use super::super::open_flight;
use super::super::sample::{self, settings, start};
use duckdb::{Connection, Row};
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::part::Joined;
use skyhound::vehicle::*;
use std::path::Path;

type Parts = Vec<(u64, Part)>;
type Answer<T> = Result<T, duckdb::Error>;
type Reader = (&'static str, fn(&Row<'_>) -> Answer<Part>);

/// All parts in a file, table by table: those of one table in their order.
fn read(path: &Path) -> Parts {
    let flight = open_flight(path, 0).unwrap();
    let (mut parts, flight) = (Parts::new(), flight.connection());
    for (sql, part) in READERS {
        parts.extend(rows(flight, sql, part));
    }
    parts
}

fn rows(flight: &Connection, sql: &str, part: fn(&Row<'_>) -> Answer<Part>) -> Parts {
    let mut statement = flight.prepare(&format!("{sql} ORDER BY rowid")).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, part(row)?))).unwrap();
    rows.collect::<Answer<Parts>>().unwrap()
}

/// Each reads `at_us`, the time of receipt, and what `value` takes from column 2 on.
const READERS: [Reader; 13] = [
    ("SELECT at_us, received_us, firmware, mode_custom, armed, system_status FROM heartbeat", |row| {
        Ok(Part::Heartbeat(aged(row, |row| {
            let mode = Mode { firmware: firmware(&row.get::<_, String>(2)?), custom: row.get(3)? };
            Ok(Heartbeat { mode, armed: row.get(4)?, system_status: row.get(5)? })
        })?))
    }),
    (
        "SELECT at_us, attitude_us, roll_rad, pitch_rad, yaw_rad, yaw_rate_rad_s FROM vehicle_motion",
        |row| {
            Ok(Part::Attitude(aged(row, |row| {
                let (roll_rad, pitch_rad) = (row.get(2)?, row.get(3)?);
                Ok(Attitude { roll_rad, pitch_rad, yaw_rad: row.get(4)?, yaw_rate_rad_s: row.get(5)? })
            })?))
        },
    ),
    (
        "SELECT at_us, position_us, lat_deg, lon_deg, alt_amsl_m, alt_rel_m, north_mps, east_mps, down_mps
        FROM vehicle_motion",
        |row| {
            Ok(Part::Position(aged(row, |row| {
                let (place, alt_amsl_m, alt_rel_m) = (place(row, 2)?, row.get(4)?, row.get(5)?);
                let (north_mps, east_mps, down_mps) = (row.get(6)?, row.get(7)?, row.get(8)?);
                Ok(Position { place, alt_amsl_m, alt_rel_m, north_mps, east_mps, down_mps })
            })?))
        },
    ),
    ("SELECT at_us, rc_us, rc_channel_count, rc_rssi, COLUMNS('rc[0-9]+_us') FROM vehicle_motion", |row| {
        Ok(Part::Rc(aged(row, |row| {
            let mut channels_us = [0; RC_CHANNELS_MAX];
            for (channel, us) in channels_us.iter_mut().enumerate() {
                *us = row.get(4 + channel)?;
            }
            Ok(Rc { channels_us, channel_count: row.get(2)?, rssi: row.get(3)? })
        })?))
    }),
    ("SELECT at_us, gps_us, gps_fix, gps_satellites, gps_hdop FROM vehicle_status", |row| {
        Ok(Part::Gps(aged(row, |row| {
            Ok(Gps { fix: row.get(2)?, satellites: row.get(3)?, hdop: row.get(4)? })
        })?))
    }),
    (
        "SELECT at_us, ekf_us, ekf_attitude_ok, ekf_velocity_ok, ekf_position_ok, ekf_height_ok, ekf_degraded,
        ekf_variance_max FROM vehicle_status",
        |row| {
            Ok(Part::Ekf(aged(row, |row| {
                Ok(Ekf {
                    attitude_ok: row.get(2)?,
                    velocity_horizontal_ok: row.get(3)?,
                    position_horizontal_ok: row.get(4)?,
                    position_vertical_ok: row.get(5)?,
                    degraded: row.get(6)?,
                    variance_max: row.get(7)?,
                })
            })?))
        },
    ),
    ("SELECT at_us, battery_us, battery_v, battery_a, battery_ratio FROM vehicle_status", |row| {
        Ok(Part::Battery(aged(row, |row| {
            Ok(Battery { voltage_v: row.get(2)?, current_a: row.get(3)?, remaining_ratio: row.get(4)? })
        })?))
    }),
    ("SELECT at_us, health_us, rc_receiver, fence FROM vehicle_status", |row| {
        Ok(Part::Health(aged(row, |row| {
            let part = |at| Ok::<_, duckdb::Error>(health(&row.get::<_, String>(at)?));
            Ok(Health { rc_receiver: part(2)?, fence: part(3)? })
        })?))
    }),
    ("SELECT at_us, received_us, source, height_m FROM height", |row| {
        let height_m = aged(row, |row| row.get(3))?;
        let is_terrain = row.get::<_, String>(2)? == "terrain";
        Ok(if is_terrain { Part::HeightTerrain(height_m) } else { Part::HeightRangefinder(height_m) })
    }),
    ("SELECT at_us, received_us, lat_deg, lon_deg, alt_amsl_m FROM home", |row| {
        Ok(Part::Home(aged(row, |row| Ok(Home { place: place(row, 2)?, alt_amsl_m: row.get(4)? }))?))
    }),
    ("SELECT at_us, told_us, name, value FROM parameter", |row| {
        let name: String = row.get(2)?;
        Ok(Part::Parameter(parameter::index(&name) as u8, aged(row, |row| row.get(3))?))
    }),
    (
        "SELECT at_us, received_us, kind, is_changed, is_cut, inside, corner, corner_count, lat_deg, lon_deg, radius_m FROM zone",
        |row| {
            Ok(match row.get::<_, String>(2)?.as_str() {
                "circle" => Part::ZoneCircle(row.get(5)?, place(row, 8)?, row.get(10)?),
                "corner" => Part::ZoneCorner(row.get(5)?, row.get(6)?, row.get(7)?, place(row, 8)?),
                _ => Part::Zones(aged(row, |row| {
                    Ok(ZonesRead { is_changed: row.get(3)?, is_cut: row.get(4)? })
                })?),
            })
        },
    ),
    ("SELECT at_us, received_us, part, whole, text FROM vehicle_fact", |row| {
        let (whole, text): (Option<i64>, Option<String>) = (row.get(3)?, row.get(4)?);
        let said = || text.as_deref().unwrap_or_default();
        Ok(match row.get::<_, String>(2)?.as_str() {
            "identity" => Part::Identity(whole.map(|id| Identity {
                system: (id / 256) as u8,
                component: (id % 256) as u8,
                firmware: firmware(said()),
            })),
            "contested" => Part::Contested(text.map(|text| &*text.leak())),
            "left_total" => Part::LeftTotal(whole.unwrap() as u32),
            "mode_told" => Part::ModeTold(aged(row, |_| {
                let (whose, _) = said().split_once(' ').unwrap();
                Ok(Mode { firmware: firmware(whose), custom: whole.unwrap() as u32 })
            })?),
            "landed" => Part::Landed(aged(row, |_| Ok(landed(said())))?),
            "utc_us" => Part::Utc(aged(row, |_| Ok(whole.unwrap() as u64))?),
            "clock_offset_us" => Part::ClockOffset(aged(row, |_| Ok(whole.unwrap()))?),
            "ground_station" => Part::GroundStation(aged(row, |_| Ok(whole.unwrap() as u8))?),
            other => panic!("{other}"),
        })
    }),
];

fn aged<T>(row: &Row<'_>, value: impl Fn(&Row<'_>) -> Answer<T>) -> Answer<Option<Aged<T>>> {
    let received_us: Option<u64> = row.get(1)?;
    received_us.map(|received_us| Ok(Aged::new(value(row)?, TimeUs(received_us)))).transpose()
}

fn place(row: &Row<'_>, at: usize) -> Answer<Wgs84> {
    Ok(Wgs84 { lat_deg: row.get(at)?, lon_deg: row.get(at + 1)? })
}

fn firmware(name: &str) -> Firmware {
    match name {
        "ArduCopter" => Firmware::ArduCopter,
        "Px4" => Firmware::Px4,
        _ => Firmware::Other,
    }
}

fn health(name: &str) -> PartHealth {
    let all = [PartHealth::Absent, PartHealth::Off, PartHealth::Bad, PartHealth::Good];
    all.into_iter().find(|health| health.name() == name).unwrap()
}

fn landed(name: &str) -> Landed {
    let all = [Landed::OnGround, Landed::InAir, Landed::TakingOff, Landed::Landing];
    all.into_iter().find(|landed| landed.name() == name).unwrap()
}

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
    let mut parts = read(&path);
    // Within a table the order is that of the rows.
    parts.sort_by_key(|(at_us, _)| *at_us);
    let (mut joined, mut rest) = (Joined::default(), parts.as_slice());
    for (at_us, vehicle) in &flown {
        let (now, later) = rest.split_at(rest.partition_point(|part| part.0 <= *at_us));
        now.iter().for_each(|(_, part)| joined.take(part));
        rest = later;
        // Equality of numbers takes -0 for 0; their words do not.
        assert_eq!(format!("{:?}", joined.vehicle), format!("{vehicle:?}"), "at {at_us}");
    }
    let flight = open_flight(&path, 0).unwrap();
    let view = "SELECT count(DISTINCT position_us), count(*) = count(DISTINCT at_us) FROM vehicle";
    let (positions, is_one_a_pass): (usize, bool) =
        flight.connection().query_row(view, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!(positions > 50 && is_one_a_pass);
    // The steps that MAVLink sends take no more than their columns.
    let sql = "SELECT count(exact) > 0 AND count(exact) < count(*) FROM vehicle_motion";
    let both: bool = flight.connection().query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(both, "both forms were there");
}
