//! A flight made up for the recorder: readings, the aircraft's parts at the rates we ask for by default, facts, commands,
//! health. The same each time; with noise as sensors have it, because noise is what a file is full of.

use skyhound::budget::BudgetReport;
use skyhound::command::{Aim, Command, Course, Velocity};
use skyhound::facts::{Facts, Floor, Gradient, NoGradient, Pattern, Trend};
use skyhound::geo::Wgs84;
use skyhound::record::{LaneReport, LinkReport, Name, PlacedReading, Record, Taken};
use skyhound::signal::{Flags, Pulse, Reading, Spectrum};
use skyhound::time::{Aged, TimeUs};
use skyhound::units::CentiDb;
use skyhound::vehicle::*;

/// Time between control passes.
const PASS_US: u64 = 50_000;
/// Of each ten minutes the aircraft is homed for the last.
const HOMING_EVERY_PASSES: u64 = 12_000;
const HOMING_FROM_PASS: u64 = 10_800;

/// A reading as a flight has them: noise of 3 dB (sum of four uniforms), 10 m/s over ground, positions at 10 Hz.
pub fn reading(index: u64, hop_us: u64) -> PlacedReading {
    let mut z = index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^= z >> 27;
    let noise = (0..4).map(|part| (z >> (part * 16)) as u16 as i64).sum::<i64>() / 250 - 524;
    let quiet = (z.wrapping_mul(0x94D0_49BB_1331_11EB) >> 56) as i16 / 4;
    let db = |hundredths: i64| CentiDb::from_hundredths(hundredths as i16);
    let at_s = (index * hop_us) as f64 / 1e6;
    let place =
        Wgs84 { lat_deg: 47.3 + 1e-3 * (at_s / 60.0).sin(), lon_deg: 8.5 + 1.3e-3 * (at_s / 60.0).cos() };
    let yaw_rad = (at_s / 60.0).sin() * 3.0;
    let attitude = Some(Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad, yaw_rate_rad_s: 0.0 });
    PlacedReading {
        reading: Reading {
            acquired_us: TimeUs(5_000 + index * hop_us),
            sample_index: index * hop_us * 2,
            channel: 0,
            flags: Flags::NONE,
            frame_count: 9,
            clipping_e4: 0,
            mean: db(-9_000 + noise),
            peak: db(-8_600 + noise + i64::from(z as u8)),
            quiet: db(-9_050 + i64::from(quiet)),
        },
        pose: Some(Pose { place, alt_rel_m: 30.0 + (at_s / 7.0).sin(), attitude, gap_us: 100_000 }),
    }
}

/// What one control pass puts into the lanes.
#[derive(Default)]
pub struct Pass {
    /// Its readings.
    pub readings: Vec<PlacedReading>,
    /// All else but spectra.
    pub records: Vec<Record>,
    /// Rows of the waterfall: one a second.
    pub spectra: Vec<Spectrum>,
}

/// A flight, pass by pass.
pub struct Flight {
    hop_us: u64,
    passes: u64,
    readings: u64,
    vehicle: Vehicle,
}

/// About 0, with the spread of a sum of four uniforms of ±1: 1.15.
fn noise(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (0..4).map(|part| f64::from((z >> (part * 16)) as u16) / 32_768.0 - 1.0).sum()
}

/// `value` as a message carries it: whole steps of `1 / per`.
fn steps(value: f64, per: f64) -> f64 {
    // No message has a -0.
    f64::from((value * per).round() as i32) / per
}

impl Flight {
    /// Before its first pass; a hop is `hop_us` long.
    pub fn start(hop_us: u64) -> Flight {
        Flight { hop_us, passes: 0, readings: 0, vehicle: Vehicle::default() }
    }

    /// The next pass, 50 ms later.
    pub fn pass(&mut self, pass: &mut Pass) {
        self.passes += 1;
        // A pass is late by some 100 µs.
        let at = TimeUs(self.passes * PASS_US + (noise(self.passes) * 80.0).abs() as u64);
        pass.readings.clear();
        pass.records.clear();
        pass.spectra.clear();
        while 5_000 + self.readings * self.hop_us < at.0 {
            pass.readings.push(reading(self.readings, self.hop_us));
            self.readings += 1;
        }
        let reading_count = pass.readings.len() as u32;
        pass.records.push(Record::Pass(at, Taken { reading_count, sdr_alive: true, ..Taken::default() }));
        let mut vehicle = self.vehicle;
        self.fly(at, &mut vehicle);
        vehicle.changes_since(&self.vehicle, &mut |part| pass.records.push(Record::Vehicle(at, part)));
        self.vehicle = vehicle;
        let is_homing = self.passes % HOMING_EVERY_PASSES >= HOMING_FROM_PASS;
        if let Some(placed) = pass.readings.last().filter(|_| self.passes.is_multiple_of(2)) {
            pass.records.push(Record::Facts(facts(at, placed, self.passes, is_homing)));
        }
        if is_homing {
            let [north_mps, east_mps] = [1, 2].map(|axis| 4.0 + noise(self.passes * 4 + axis));
            let velocity = Velocity { north_mps, east_mps, ..Velocity::default() };
            let course = Course { aim: Aim::Survey, to: Some(Wgs84 { lat_deg: 47.3, lon_deg: 8.5 }) };
            pass.records.push(Record::Command(at, Command::Velocity(velocity), Some(course)));
        }
        if self.passes.is_multiple_of(20) {
            self.second(at, pass);
        }
    }

    /// Whether a message that comes `rate_hz` times a second came since the last pass, and when.
    fn comes(&self, at: TimeUs, rate_hz: f64, message: u64) -> Option<TimeUs> {
        let count = |passes: u64| (passes as f64 * rate_hz * PASS_US as f64 / 1e6) as u64;
        let before = (self.passes * 40 + message).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let age_max_us = PASS_US.min((1e6 / rate_hz) as u64);
        (count(self.passes) > count(self.passes - 1)).then(|| at.minus_us(before % age_max_us))
    }

    fn fly(&self, at: TimeUs, vehicle: &mut Vehicle) {
        let t_s = at.0 as f64 / 1e6;
        let random = |value: u64| noise(self.passes * 64 + value);
        let angle = |value: u64, slow: f64, spread: f64| f64::from((slow + spread * random(value)) as f32);
        if let Some(came) = self.comes(at, 20.0, 1) {
            let attitude = Attitude {
                roll_rad: angle(1, 0.1 * (t_s / 3.0).sin(), 2e-3),
                pitch_rad: angle(2, 0.1 * (t_s / 4.0).cos(), 2e-3),
                yaw_rad: angle(3, 3.0 * (t_s / 60.0).sin(), 1e-3),
                yaw_rate_rad_s: angle(4, 0.05 * (t_s / 60.0).cos(), 5e-3),
            };
            vehicle.attitude = Some(Aged::new(attitude, came));
        }
        if let Some(came) = self.comes(at, 20.0, 2) {
            let place = reading(came.0 / 10_000, 10_000)
                .pose
                .map_or(Wgs84 { lat_deg: 0.0, lon_deg: 0.0 }, |pose| pose.place);
            let alt_rel_m = 30.0 + (t_s / 7.0).sin() + 0.02 * random(5);
            let position = Position {
                place: Wgs84 {
                    lat_deg: steps(place.lat_deg + 1e-7 * random(6), 1e7),
                    lon_deg: steps(place.lon_deg + 1e-7 * random(7), 1e7),
                },
                alt_amsl_m: steps(alt_rel_m + 400.0, 1e3),
                alt_rel_m: steps(alt_rel_m, 1e3),
                north_mps: steps(2.0 * (t_s / 60.0).cos() + 0.03 * random(8), 1e2),
                east_mps: steps(-2.0 * (t_s / 60.0).sin() + 0.03 * random(9), 1e2),
                down_mps: steps(-0.14 * (t_s / 7.0).cos() + 0.03 * random(10), 1e2),
            };
            vehicle.position = Some(Aged::new(position, came));
        }
        if let Some(came) = self.comes(at, 40.0, 3) {
            let mut channels_us = [0; RC_CHANNELS_MAX];
            channels_us[..8].fill(1_500);
            for (channel, us) in channels_us[..4].iter_mut().enumerate() {
                *us = (1_500.0 + 0.7 * random(11 + channel as u64)).round() as u16;
            }
            vehicle.rc = Some(Aged::new(
                Rc { channels_us, channel_count: 16, rssi: Some(200 + (self.passes / 50 % 3) as u8) },
                came,
            ));
        }
        self.status(at, vehicle);
    }

    /// What comes 12.5 times a second or more seldom.
    fn status(&self, at: TimeUs, vehicle: &mut Vehicle) {
        let random = |value: u64| noise(self.passes * 64 + value);
        if let Some(came) = self.comes(at, 12.5, 4) {
            let satellites = Some(14 + (self.passes / 200 % 3) as u8);
            let hdop = Some(steps(0.7 + (self.passes / 100 % 4) as f64 / 100.0, 1e2));
            vehicle.gps = Some(Aged::new(Gps { fix: 3, satellites, hdop }, came));
        }
        if let Some(came) = self.comes(at, 12.5, 5) {
            let ekf = Ekf {
                attitude_ok: true,
                velocity_horizontal_ok: true,
                position_horizontal_ok: true,
                position_vertical_ok: true,
                degraded: false,
                variance_max: f64::from((0.1 + 0.02 * random(20)) as f32),
            };
            vehicle.ekf = Some(Aged::new(ekf, came));
        }
        if let Some(came) = self.comes(at, 12.5, 6) {
            let health = Health { rc_receiver: PartHealth::Good, fence: PartHealth::Good };
            vehicle.health = Some(Aged::new(health, came));
        }
        if let Some(came) = self.comes(at, 12.5, 7) {
            let battery = Battery {
                voltage_v: Some(steps(15.9 - self.passes as f64 / 3e5 + 0.006 * random(21), 1e3)),
                current_a: Some(steps(18.0 + 0.5 * random(22), 1e2)),
                remaining_ratio: Some(steps(0.9 - (self.passes / 1_500) as f64 / 100.0, 1e2)),
            };
            vehicle.battery = Some(Aged::new(battery, came));
        }
        if let Some(came) = self.comes(at, 1.0, 8) {
            let mode = Mode { firmware: Firmware::ArduCopter, custom: 4 };
            vehicle.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::ArduCopter });
            vehicle.heartbeat = Some(Aged::new(Heartbeat { mode, armed: true, system_status: 4 }, came));
            vehicle.landed = Some(Aged::new(Landed::InAir, came));
            vehicle.clock_offset_us = Some(Aged::new(-1_000_000 + (random(23) * 500.0) as i64, came));
            vehicle.utc_us = Some(Aged::new(1_760_000_000_000_000 + came.0, came));
            vehicle.ground_station = Some(Aged::new(255, came));
            let count = parameter::of(Firmware::ArduCopter).count() as u64;
            let index = (self.passes / 20 % count) as usize;
            vehicle.parameters.keep(index, Some(Aged::new(1.0, came)));
        }
    }

    /// What comes once a second.
    fn second(&self, at: TimeUs, pass: &mut Pass) {
        let PlacedReading { reading: Reading { mean, peak, quiet, .. }, .. } =
            reading(self.readings, self.hop_us);
        pass.records.push(Record::Pulse(Pulse {
            start_us: at,
            width_us: 50_000 + (noise(self.passes) * 500.0) as u32,
            channel: 0,
            flags: Flags::NONE,
            mean,
            peak,
            floor: quiet,
        }));
        // The mean of some thousand frames over the front end's slope.
        let slope = |bin: usize| 300.0 * ((bin as f64 - 128.0) / 128.0).powi(2);
        let bin = |bin: usize| db(-9_000.0 - slope(bin) + 13.0 * noise(self.passes * 256 + bin as u64));
        let power = std::array::from_fn(bin);
        pass.spectra.push(Spectrum {
            acquired_us: at,
            first_bin_hz: 433e6,
            bin_hz: 8e3,
            bin_count: 256,
            power,
        });
        let (seconds, busy) =
            (self.passes / 20, |thread: u64| (2_000.0 + 500.0 * noise(self.passes + thread)) as u64);
        for (thread, name) in ["control", "sense"].into_iter().enumerate() {
            let busy_us = busy(thread as u64);
            let report = BudgetReport {
                budget_us: 1_000,
                pass_count: 20,
                busy_us,
                longest_us: (busy_us / 10) as u32,
                ..BudgetReport::default()
            };
            pass.records.push(Record::Budget(at, Name::new(name), report));
        }
        for (name, rate) in [("reading", 100), ("pulse", 1)] {
            let report = LaneReport { pushed_total: seconds * rate, dropped_total: 0, capacity_count: 8_192 };
            pass.records.push(Record::Lane(at, Name::new(name), report));
        }
        let report = LinkReport {
            received_bytes_total: seconds * 6_000 + self.passes % 50,
            received_total: seconds * 140,
            sent_total: seconds * 12,
            ..LinkReport::default()
        };
        pass.records.push(Record::Link(at, report));
    }
}

fn db(hundredths: f64) -> CentiDb {
    CentiDb::from_hundredths(hundredths as i16)
}

fn facts(at: TimeUs, placed: &PlacedReading, seed: u64, is_heard: bool) -> Facts {
    let Reading { acquired_us, mean, quiet, .. } = placed.reading;
    let random = |value: u64| noise(seed * 16 + value);
    let gradient = Gradient {
        north_db_m: 0.1 + 1e-2 * random(1),
        east_db_m: 0.1 + 1e-2 * random(2),
        north_variance: 1e-4 + 1e-6 * random(3),
        east_variance: 1e-4 + 1e-6 * random(4),
        covariance: 1e-6 * random(5),
        bearing_rad: 0.8 + 1e-2 * random(6),
        bearing_sigma_rad: 0.1 + 1e-3 * random(7),
        r2: 0.8 + 1e-2 * random(8),
    };
    Facts {
        at,
        newest_reading_us: acquired_us,
        channel: 0,
        reading_count: 1_000,
        power_dbfs: Some(mean.db()),
        floor_temporal_dbfs: Some(-93.0 + 0.02 * random(9)),
        floor_spectral_dbfs: Some(quiet.db()),
        snr_db: Some(mean.db() - quiet.db()),
        snr_floor: Floor::Spectral,
        rolling_mean_dbfs: Some(-90.0 + 0.3 * random(10)),
        volatility_db: Some(3.0 + 0.2 * random(11)),
        delta_db: Some(4.0 * random(12)),
        ewma_dbfs: Some(-90.0 + 0.3 * random(12)),
        trend: Some(Trend { slope_db_s: 0.4 * random(13), r2: Some((0.01 * random(14)).abs()) }),
        gradient: if is_heard { Ok(gradient) } else { Err(NoGradient::NotHeard) },
        pattern: Pattern::default(),
        heard: is_heard,
    }
}
