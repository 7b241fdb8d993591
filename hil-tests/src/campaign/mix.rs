//! A seed to a scenario: a random world, aircraft, wind, settings, and several faults of any kind at random times.
//!
//! Drawn so that most flights reach HOMING: the beacon is near and strong enough to be heard at once, the operator homes and
//! tries again after stops, and most faults wait for HOMING. What must lock homing from the begin (a time-out that is too
//! long, a fence that is off, an empty battery) is drawn in one flight of five. Every kind of fault has the same chance.

use crate::random::{self, Random};
use crate::scenario::fault::{Absurdity, Impostor};
use crate::scenario::world::{Antenna, Fading, PathLoss, Propagation, Receiver};
use crate::scenario::{
    Act, Aircraft, Beacon, Clutter, DistressMessage, Expect, Fault, Flavour, Ground, Hill, Kind, Operator,
    Pattern, Place, Scenario, Search, Terrain, Trigger, Waveform, World, Zone,
};
use rand::RngExt;
use std::collections::BTreeMap;
use std::ops::Range;

/// Kinds of faults that are drawn.
pub const KINDS: u32 = 36;

/// Fields that may be absurd, of every message that the daemon reads.
const FIELDS: &str = "all ATTITUDE.roll ATTITUDE.yaw ATTITUDE.yawspeed GLOBAL_POSITION_INT.lat \
    GLOBAL_POSITION_INT.lon GLOBAL_POSITION_INT.relative_alt GLOBAL_POSITION_INT.vx GPS_RAW_INT.eph \
    GPS_RAW_INT.satellites_visible EKF_STATUS_REPORT.velocity_variance SYS_STATUS.battery_remaining \
    SYS_STATUS.voltage_battery RC_CHANNELS.chan1_raw HOME_POSITION.latitude HEARTBEAT.custom_mode";

/// The name of the kind of fault that is spelt so; `None` = no such kind.
pub fn kind_named(name: &str) -> Option<&'static str> {
    let mut draw = Draw(random::source(0, "names"));
    (0..KINDS).map(|number| kind(number, &mut draw, Flavour::ArduCopter).name()).find(|known| *known == name)
}

/// The scenario of a seed.
pub fn scenario(seed: u64) -> Scenario {
    let mut draw = Draw(random::source(seed, "campaign"));
    let flavour = draw.one(&[Flavour::ArduCopter, Flavour::Px4]);
    let search = search(&mut draw);
    let mut fault = faults(&mut draw, flavour);
    if !search.airborne && draw.chance(0.5) {
        // While it climbs, where the first setpoint would end a guided take-off.
        let trigger = Trigger { on: Act::Airborne, after_s: draw.of(0.0..8.0) };
        fault.push(Fault { trigger, for_s: None, kind: Kind::HomingOn });
    }
    let duration_s = draw.of(50.0..100.0);
    let mut scenario = Scenario {
        name: format!("campaign-{seed}"),
        about: "A random mix of faults".into(),
        duration_s,
        seed,
        place: Place::default(),
        world: world(&mut draw),
        aircraft: aircraft(&mut draw, flavour),
        search,
        operator: Operator {
            homes: true,
            homes_after_s: draw.of(0.0..2.0),
            search_flown: false,
            retries: draw.count(2..6),
            lands_after_s: draw.chance(0.2).then(|| draw.of(2.0..10.0)),
        },
        fault,
        expect: Expect::default(),
        skyhound: settings(&mut draw),
    };
    fly_search(&mut scenario);
    scenario
}

/// In a fifth of the mixes the daemon flies a search. Of a source of its own, so that the others are what they are without; and so are those
/// that failed once.
fn fly_search(scenario: &mut Scenario) {
    let mut draw = Draw(random::source(scenario.seed, "campaign, flown search"));
    if !draw.chance(0.2) || super::old_seeds().contains(&scenario.seed) {
        return;
    }
    scenario.operator.search_flown = draw.chance(0.7);
    let Place { lat_deg, lon_deg, .. } = scenario.place;
    let radius_m = draw.of(30.0..250.0);
    let text = format!(
        "fly = true\ncentre_lat_deg = {}\ncentre_lon_deg = {}\nradius_m = {radius_m}\npattern = \"{}\"\nspacing_m = {}\n",
        lat_deg + draw.of(-5e-4..5e-4),
        lon_deg + draw.of(-5e-4..5e-4),
        draw.one(&["ps", "cs", "ss", "vs", "spiral"]),
        radius_m * draw.of(0.1..0.6),
    );
    scenario.skyhound.extend(text.parse::<toml::Table>().map(|table| ("search".to_owned(), table.into())));
}

/// Draws.
struct Draw(Random);

impl Draw {
    fn of(&mut self, range: Range<f64>) -> f64 {
        self.0.random_range(range)
    }

    fn count(&mut self, range: Range<u32>) -> u32 {
        self.0.random_range(range)
    }

    fn chance(&mut self, ratio: f64) -> bool {
        self.0.random_bool(ratio)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }

    fn sign(&mut self) -> f64 {
        self.one(&[-1.0, 1.0])
    }
}

fn world(draw: &mut Draw) -> World {
    let mut beacon = vec![emitter(draw, 433.96e6, 50.0..200.0)];
    if draw.chance(0.2) {
        beacon.push(emitter(draw, 433.90e6, 60.0..250.0));
    }
    let mut interferer = emitter(draw, 433.96e6, 50.0..300.0);
    (interferer.on, interferer.waveform) = (false, Waveform::Continuous);
    let mut propagation = Propagation {
        model: draw.one(&[PathLoss::FreeSpace, PathLoss::LogDistance, PathLoss::TwoRay]),
        exponent: draw.of(2.0..2.6),
        clutter: Clutter::Even { sigma_db: draw.of(0.0..6.0) },
        shadow_decorrelation_m: draw.of(10.0..40.0),
        fading: draw.one(&[Fading::None, Fading::Rician, Fading::Rayleigh]),
        rician_k_db: draw.of(0.0..12.0),
        rician_k_overhead_db: 0.0,
        ground_reflection: draw.of(0.1..0.9),
    };
    propagation.rician_k_overhead_db = propagation.rician_k_db;
    let ground = ground(draw);
    World { beacon, interferer: vec![interferer], propagation, receiver: Receiver::default(), ground }
}

/// Half of the worlds are flat.
fn ground(draw: &mut Draw) -> Ground {
    if draw.chance(0.5) {
        return Ground::default();
    }
    let hill = Hill {
        north_m: draw.of(-150.0..150.0),
        east_m: draw.of(-150.0..150.0),
        height_m: draw.of(2.0..25.0),
        radius_m: draw.of(85.0..150.0),
    };
    if draw.chance(0.3) {
        return Ground { hill: vec![hill], ..Ground::default() };
    }
    Ground {
        slope: draw.of(0.0..0.3),
        towards_deg: draw.of(0.0..360.0),
        foot_m: draw.of(30.0..150.0),
        hill: Vec::new(),
    }
}

fn emitter(draw: &mut Draw, frequency_hz: f64, distance_m: Range<f64>) -> Beacon {
    let (distance_m, bearing_rad) = (draw.of(distance_m), draw.of(0.0..std::f64::consts::TAU));
    let waveform = match draw.count(0..5) {
        0 => Waveform::Continuous,
        1 => Waveform::AmSweep { rate_hz: draw.of(2.0..4.0) },
        2 => Waveform::Pulses {
            width_ms: draw.of(15.0..40.0),
            period_ms: draw.of(400.0..1200.0),
            jitter_ms: draw.of(0.0..5.0),
            missing_ratio: draw.of(0.0..0.1),
        },
        3 => Waveform::Burst406 { period_s: draw.of(2.0..6.0), message: DistressMessage::default() },
        _ => Waveform::Chirps {
            spreading: draw.count(7..11) as u8,
            bandwidth_hz: 7_800.0,
            symbols: draw.count(10..40),
            period_s: draw.of(1.0..3.0),
        },
    };
    Beacon {
        name: "beacon".into(),
        north_m: distance_m * bearing_rad.cos(),
        east_m: distance_m * bearing_rad.sin(),
        height_m: draw.of(0.5..2.0),
        frequency_hz,
        power_dbm: draw.of(-15.0..10.0),
        waveform,
        antenna: draw.one(&[Antenna::Isotropic, Antenna::Dipole]),
        tilt_deg: draw.of(0.0..60.0),
        lean_deg: draw.of(0.0..360.0),
        speed_mps: 0.0,
        course_deg: 0.0,
        on: true,
        draw: None,
    }
}

fn aircraft(draw: &mut Draw, flavour: Flavour) -> Aircraft {
    let mut parameters = BTreeMap::new();
    // A time-out too long is what shows when we die.
    if draw.chance(0.1) {
        let name = match flavour {
            Flavour::ArduCopter => "GUID_TIMEOUT",
            Flavour::Px4 => "COM_OF_LOSS_T",
        };
        parameters.insert(name.to_string(), draw.one(&[3.0, 20.0, 60.0]));
    } else if draw.chance(0.1) {
        let wrong: &[(&str, f64)] = match flavour {
            Flavour::ArduCopter => &[
                ("FENCE_ENABLE", 0.0),
                ("FS_GCS_ENABLE", 0.0),
                ("FS_THR_ENABLE", 0.0),
                ("FS_OPTIONS", 4.0),
                ("FENCE_ACTION", 0.0),
                ("FENCE_TYPE", 0.0),
            ],
            Flavour::Px4 => &[
                ("COM_OBL_RC_ACT", 0.0),
                ("GF_ACTION", 0.0),
                ("GF_MAX_HOR_DIST", 0.0),
                ("NAV_DLL_ACT", 0.0),
                ("COM_RCL_EXCEPT", 4.0),
            ],
        };
        let (name, value) = draw.one(wrong);
        parameters.insert(name.to_string(), value);
    }
    Aircraft {
        flavour,
        system: draw.one(&[1, 1, 1, 7, 249]),
        wind_mps: [draw.of(-5.0..5.0), draw.of(-5.0..5.0)],
        gust_mps: draw.of(0.0..1.5),
        gps_noise_m: draw.of(0.05..0.4),
        gps_drift_m: draw.of(0.0..2.0),
        battery_ratio: if draw.chance(0.03) { 0.25 } else { draw.of(0.35..1.0) },
        endurance_min: draw.of(8.0..25.0),
        parameters,
        terrain: draw.one(&[Terrain::Map, Terrain::Map, Terrain::Rangefinder]),
        zone: if draw.chance(0.25) { zones(draw) } else { Vec::new() },
        ..Aircraft::default()
    }
}

/// An area around, an area in the way, or both.
fn zones(draw: &mut Draw) -> Vec<Zone> {
    let around =
        Zone { inside: true, corners_m: Vec::new(), center_m: [0.0; 2], radius_m: draw.of(90.0..200.0) };
    let (north_m, east_m, half_m) = (draw.of(-120.0..120.0), draw.of(-120.0..120.0), draw.of(5.0..40.0));
    let corners_m = vec![
        [north_m - half_m, east_m - half_m],
        [north_m - half_m, east_m + half_m],
        [north_m + half_m, east_m + half_m],
        [north_m + half_m, east_m - half_m],
    ];
    let apart = Zone { inside: false, corners_m, center_m: [0.0; 2], radius_m: 0.0 };
    match draw.count(0..3) {
        0 => vec![around],
        1 => vec![apart],
        _ => vec![around, apart],
    }
}

fn search(draw: &mut Draw) -> Search {
    Search {
        pattern: draw.one(&[Pattern::Hover, Pattern::Line, Pattern::Lawnmower, Pattern::Orbit]),
        altitude_m: draw.of(15.0..60.0),
        speed_mps: draw.of(3.0..8.0),
        start_m: [draw.of(-40.0..40.0), draw.of(-40.0..40.0)],
        heading_deg: draw.of(0.0..360.0),
        leg_m: draw.of(30.0..80.0),
        spacing_m: draw.of(10.0..40.0),
        legs: draw.count(2..5),
        airborne: draw.chance(0.85),
    }
}

fn settings(draw: &mut Draw) -> toml::Table {
    let speed_mps = draw.of(1.0..5.0);
    let radius_m = if draw.chance(0.3) { draw.of(60.0..140.0) } else { draw.of(200.0..400.0) };
    let sinks =
        if draw.chance(0.3) { format!("height_min_m = {}\n", draw.of(10.0..25.0)) } else { String::new() };
    let polygon = if draw.chance(0.15) { square(draw) } else { "[]".into() };
    let text = format!(
        "[[beacon]]\nname = \"beacon\"\nfrequency_hz = 433.96e6\nbandwidth_hz = 8000.0\nemission = \"any\"\n\
         period_max_ms = 8000.0\npulses_min = {}\n\
         [[beacon]]\nname = \"second\"\nfrequency_hz = 433.90e6\nbandwidth_hz = 8000.0\nemission = \"any\"\n\
         [homing]\nspeed_mps = {speed_mps}\nhold_radius_m = {}\nrefine_s = {}\n\
         {sinks}holding_s = {}\ndetecting_s = {}\nlost_s = {}\nrecover_s = {}\n\
         [interlock]\nspeed_max_mps = {}\nslew_max_mps2 = {}\nhoming_max_s = {}\n\
         [interlock.fence]\nradius_m = {radius_m}\npolygon = {polygon}\nalt_rel_max_m = {}\n",
        draw.count(1..4),
        draw.of(0.0..200.0),
        draw.of(0.0..6.0),
        draw.of(2.0..20.0),
        draw.of(0.0..2.0),
        draw.of(2.0..8.0),
        draw.of(0.0..20.0),
        speed_mps + draw.of(0.0..2.0),
        draw.of(0.5..2.5),
        if draw.chance(0.1) { draw.of(5.0..20.0) } else { 600.0 },
        draw.of(62.0..120.0),
    );
    text.parse().unwrap_or_default()
}

/// A crooked quadrilateral about home.
fn square(draw: &mut Draw) -> String {
    let Place { lat_deg, lon_deg, .. } = Place::default();
    let corners = [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)].map(|(north, east)| {
        let (north_deg, east_deg) = (draw.of(0.0007..0.0025), draw.of(0.001..0.0035));
        format!("[{}, {}]", lat_deg + north * north_deg, lon_deg + east * east_deg)
    });
    format!("[{}]", corners.join(", "))
}

fn faults(draw: &mut Draw, flavour: Flavour) -> Vec<Fault> {
    (0..draw.count(2..6)).map(|_| fault(draw, flavour)).collect()
}

fn fault(draw: &mut Draw, flavour: Flavour) -> Fault {
    use Act::{Airborne, Begin, Ended, Heard, Holding, Homing, Searching};
    let on = draw.one(&[Begin, Airborne, Heard, Searching, Homing, Homing, Homing, Holding, Ended]);
    let after_s = if on == Begin { draw.of(0.0..200.0) } else { draw.of(0.0..12.0) };
    let for_s = draw.chance(0.85).then(|| draw.of(0.05..1.0) * draw.one(&[1.0, 5.0, 20.0]));
    let kind = kind(draw.count(0..KINDS), draw, flavour);
    // Half of the killed stay dead: only then does nobody stop an aircraft that flies on.
    let ends = !(kind.is_deed() || kind == Kind::Kill && draw.chance(0.5));
    Fault { trigger: Trigger { on, after_s }, for_s: for_s.filter(|_| ends), kind }
}

/// The kind with this number, 0..[`KINDS`], the last one for all above, with random parameters.
fn kind(number: u32, draw: &mut Draw, flavour: Flavour) -> Kind {
    use Impostor::{Commander, GimbalHeartbeat, OtherSystem, OwnIds, Tracker};
    let modes: &[&str] = match flavour {
        Flavour::ArduCopter => &["LOITER", "RTL", "LAND", "AUTO", "ALT_HOLD", "STABILIZE", "BRAKE"],
        Flavour::Px4 => &["POSCTL", "AUTO.RTL", "AUTO.LAND", "AUTO.LOITER", "AUTO.MISSION", "ALTCTL"],
    };
    match number {
        0 => Kind::BeaconOff { beacon: 0 },
        1 => Kind::NoiseStep { db: draw.of(3.0..30.0) },
        2 => Kind::InterfererOn { interferer: 0 },
        3 => Kind::GpsGlitch {
            north_m: draw.sign() * draw.of(0.0..80.0),
            east_m: draw.sign() * draw.of(0.0..80.0),
        },
        4 => Kind::GpsLoss,
        5 => Kind::EkfBad,
        6 => Kind::Battery { ratio: draw.of(0.0..0.5) },
        7 => Kind::Gust { north_mps: draw.of(-8.0..8.0), east_mps: draw.of(-8.0..8.0) },
        8 => Kind::Reboot,
        9 => Kind::Mode { mode: draw.one(modes).into() },
        10 => Kind::Stick { channel: draw.count(1..5) as u8, us: draw.count(1000..2001) as u16 },
        11 => Kind::RcLost { zeroed: draw.chance(0.3), rssi_kept: draw.chance(0.5) },
        12 => Kind::Disarm,
        13 => Kind::HomingOff,
        14 => Kind::HomingOn,
        15 => Kind::LinkLost,
        16 => Kind::GcsLost,
        17 => Kind::Impostor { who: draw.one(&[GimbalHeartbeat, OtherSystem, Commander, OwnIds, Tracker]) },
        18 => Kind::Absurd {
            field: draw.one(&FIELDS.split(' ').collect::<Vec<_>>()).into(),
            value: draw.one(&[Absurdity::Nan, Absurdity::Infinity, Absurdity::Huge]),
        },
        19 => Kind::Garbage,
        20 => Kind::SdrUnplug { silent: draw.chance(0.5) },
        21 => Kind::SdrStall,
        22 => Kind::SdrRate { factor: draw.of(0.2..3.0) },
        23 => Kind::SdrStuck,
        24 => Kind::SdrOverflow { told: draw.chance(0.5) },
        25 => Kind::DiskFull,
        26 => Kind::DiskStall,
        27 => Kind::ClockStep { hours: draw.sign() * draw.of(0.1..50.0) },
        28 => Kind::Clock1970,
        29 => Kind::Kill,
        30 => Kind::SecondDaemon,
        31 => Kind::LateCopies { delay_s: draw.of(0.5..3.0) },
        32 => Kind::SlowLink { delay_s: draw.of(0.1..3.0) },
        33 => Kind::TransmitOff,
        34 => Kind::SystemId { system: draw.one(&[2, 8]) },
        _ => Kind::CpuStarved { pause_ms: draw.of(20.0..600.0), every_ms: draw.of(600.0..3000.0) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_drawn_and_a_seed_repeats() {
        let (mut kinds, mut searches) = (BTreeSet::new(), 0);
        for seed in 0..400 {
            let mixed = scenario(seed);
            kinds.extend(mixed.fault.iter().map(|fault| fault.kind.name()));
            assert!(mixed.skyhound.contains_key("homing"), "the settings do not parse: {seed}");
            searches += u32::from(mixed.config().unwrap().search.is_some());
        }
        assert_eq!(kinds.len(), KINDS as usize, "{kinds:?}");
        assert!((60..100).contains(&searches), "{searches} of 400 fly a search");
        assert_eq!(format!("{:?}", scenario(7)), format!("{:?}", scenario(7)));
        assert_ne!(format!("{:?}", scenario(7)), format!("{:?}", scenario(8)));
    }
}
