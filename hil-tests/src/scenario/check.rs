//! What a scenario's values must be: known keys of its faults, ranges, triggers that can come, names that exist.
//!
//! The first thing that is wrong is told, by its key as the file has it, with what to write instead.

use super::expect::OR;
use super::mode::{custom_mode_of, names};
use super::words::{EVERY_FAULT, KINDS};
use super::world::Antenna;
use super::{Act, Beacon, Clutter, Draw, Fault, Kind, Range, Scenario, Search, Waveform};
use skyhound::command::{Interlock, State};
use skyhound::decide::Decide;
use skyhound::sense::Sense;

type Checked = Result<(), String>;

/// Refuses keys that a fault's kind does not have.
pub(super) fn fault_keys(table: &toml::Table) -> Checked {
    let Some(toml::Value::Array(faults)) = table.get("fault") else { return Ok(()) };
    for (index, fault) in faults.iter().enumerate() {
        let Some(fault) = fault.as_table() else { continue };
        let Some(kind) = fault.get("do").and_then(toml::Value::as_str) else {
            return Err(format!("fault[{index}].do: is missing; write one of {}", kinds()));
        };
        let Some((_, own)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            return Err(format!("fault[{index}].do: no such fault as \"{kind}\"; write one of {}", kinds()));
        };
        let known = || EVERY_FAULT.iter().chain(*own);
        if let Some(key) = fault.keys().find(|key| known().all(|known| known != key)) {
            let known = known().copied().collect::<Vec<_>>().join(", ");
            return Err(format!("fault[{index}].{key}: no such key; {kind} has {known}"));
        }
    }
    Ok(())
}

fn kinds() -> String {
    KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Checks a scenario that was read.
pub(super) fn check(scenario: &Scenario) -> Checked {
    within("duration_s", scenario.duration_s, 1.0, 36_000.0, "s")?;
    whole_text("about", &scenario.about)?;
    within("place.lat_deg", scenario.place.lat_deg, -85.0, 85.0, "deg")?;
    within("place.lon_deg", scenario.place.lon_deg, -180.0, 180.0, "deg")?;
    within("place.alt_amsl_m", scenario.place.alt_amsl_m, -500.0, 6000.0, "m")?;
    world(scenario)?;
    aircraft(scenario)?;
    search(&scenario.search, scenario.aircraft.speed_max_mps)?;
    within("operator.homes_after_s", scenario.operator.homes_after_s, 0.0, 3600.0, "s")?;
    if let Some(after_s) = scenario.operator.lands_after_s {
        within("operator.lands_after_s", after_s, 0.0, 3600.0, "s")?;
    }
    for (index, one) in scenario.fault.iter().enumerate() {
        fault(scenario, one).map_err(|why| format!("fault[{index}].{why}"))?;
    }
    expect(scenario)?;
    let config = scenario.config()?;
    Sense::new(&config.sense).map_err(|error| format!("skyhound.{error}"))?;
    Decide::new(&config).map(|_| ()).map_err(|error| format!("skyhound.{error}"))
}

fn within(key: &str, value: f64, low: f64, high: f64, unit: &str) -> Checked {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(format!("{key}: {value} is out of range; write {low} to {high} {unit}"))
}

fn whole_text(key: &str, text: &str) -> Checked {
    let is_line = !text.trim().is_empty() && !text.contains('\n');
    if is_line { Ok(()) } else { Err(format!("{key}: write one line")) }
}

fn world(scenario: &Scenario) -> Checked {
    let world = &scenario.world;
    if world.beacon.is_empty() {
        return Err("world.beacon: there is none; write [[world.beacon]]".into());
    }
    let drawn = scenario.drawn(scenario.seed).world;
    let sections =
        [("beacon", &world.beacon, drawn.beacon), ("interferer", &world.interferer, drawn.interferer)];
    for (section, written, drawn) in sections {
        for (index, (one, drawn)) in written.iter().zip(&drawn).enumerate() {
            one.draw
                .map_or(Ok(()), draw)
                .and_then(|()| beacon(drawn))
                .map_err(|why| format!("world.{section}[{index}].{why}"))?;
        }
    }
    let way = &world.propagation;
    within("world.propagation.exponent", way.exponent, 1.0, 6.0, "(2 = free space)")?;
    if let Clutter::Even { sigma_db } = way.clutter {
        within("world.propagation.shadow_sigma_db", sigma_db, 0.0, 20.0, "dB")?;
    }
    within("world.propagation.shadow_decorrelation_m", way.shadow_decorrelation_m, 0.5, 1000.0, "m")?;
    within("world.propagation.rician_k_db", way.rician_k_db, -20.0, 60.0, "dB")?;
    within("world.propagation.ground_reflection", way.ground_reflection, 0.0, 1.0, "")?;
    let receiver = &world.receiver;
    within("world.receiver.sample_rate_sps", receiver.sample_rate_sps, 8e3, 20e6, "samples/s")?;
    within("world.receiver.center_hz", receiver.center_hz, 1e6, 6e9, "Hz")?;
    within("world.receiver.noise_figure_db", receiver.noise_figure_db, 0.0, 40.0, "dB")?;
    within("world.receiver.gain_db", receiver.gain_db, -20.0, 100.0, "dB")?;
    within("world.receiver.full_scale_dbm", receiver.full_scale_dbm, -120.0, 60.0, "dBm")?;
    within("world.receiver.adc_bits", f64::from(receiver.adc_bits), 2.0, 20.0, "bits")?;
    within("world.receiver.dc_offset_dbfs", receiver.dc_offset_dbfs, -300.0, 0.0, "dBFS")?;
    within("world.receiver.iq_gain_db", receiver.iq_gain_db, -6.0, 6.0, "dB")?;
    within("world.receiver.iq_phase_deg", receiver.iq_phase_deg, -30.0, 30.0, "deg")?;
    within("world.receiver.oscillator_ppm", receiver.oscillator_ppm, -200.0, 200.0, "ppm")?;
    within("world.receiver.drone_noise_db", receiver.drone_noise_db, 0.0, 60.0, "dB")?;
    within("world.ground.slope", world.ground.slope, -1.0, 1.0, "m per m")?;
    for (index, hill) in world.ground.hill.iter().enumerate() {
        within(&format!("world.ground.hill[{index}].radius_m"), hill.radius_m, 1.0, 20e3, "m")?;
        within(&format!("world.ground.hill[{index}].height_m"), hill.height_m, -500.0, 500.0, "m")?;
    }
    let ours = [("sample_rate_sps", "sample_rate_sps"), ("frequency_hz", "center_hz")];
    let is_set = |key: &str| scenario.skyhound.get("sdr").is_some_and(|sdr| sdr.get(key).is_some());
    match ours.iter().find(|(key, _)| is_set(key)) {
        Some((key, ours)) => Err(format!("skyhound.sdr.{key}: write it as world.receiver.{ours}")),
        None => Ok(()),
    }
}

fn draw(draw: Draw) -> Checked {
    for (key, range, low, high, unit) in
        [("distance_m", draw.distance_m, 0.0, 20e3, "m"), ("power_dbm", draw.power_dbm, -120.0, 60.0, "dBm")]
    {
        let Some(Range { min, max }) = range else { continue };
        within(&format!("draw.{key}.min"), min, low, high, unit)?;
        within(&format!("draw.{key}.max"), max, low, high, unit)?;
        if min > max {
            return Err(format!("draw.{key}: min {min} is over max {max}; write min at most max"));
        }
    }
    Ok(())
}

fn beacon(beacon: &Beacon) -> Checked {
    within("north_m", beacon.north_m, -20e3, 20e3, "m")?;
    within("east_m", beacon.east_m, -20e3, 20e3, "m")?;
    within("speed_mps", beacon.speed_mps, 0.0, 10.0, "m/s")?;
    within("course_deg", beacon.course_deg, 0.0, 360.0, "deg")?;
    within("height_m", beacon.height_m, 0.0, 1000.0, "m")?;
    within("frequency_hz", beacon.frequency_hz, 1e6, 6e9, "Hz")?;
    within("power_dbm", beacon.power_dbm, -120.0, 60.0, "dBm")?;
    within("tilt_deg", beacon.tilt_deg, 0.0, 180.0, "deg")?;
    within("lean_deg", beacon.lean_deg, -360.0, 360.0, "deg")?;
    if beacon.antenna == Antenna::Beam {
        return Err("antenna: a beam is the receiver's alone; write isotropic, dipole or whip".into());
    }
    match beacon.waveform {
        Waveform::Continuous => Ok(()),
        Waveform::AmSweep { rate_hz } => within("waveform.rate_hz", rate_hz, 0.1, 20.0, "Hz"),
        Waveform::Pulses { width_ms, period_ms, jitter_ms, missing_ratio } => {
            within("waveform.period_ms", period_ms, 1.0, 600e3, "ms")?;
            within("waveform.width_ms", width_ms, 0.1, period_ms, "ms (at most period_ms)")?;
            within("waveform.jitter_ms", jitter_ms, 0.0, period_ms / 2.0, "ms (at most half a period)")?;
            within("waveform.missing_ratio", missing_ratio, 0.0, 1.0, "")
        }
        Waveform::Burst406 { period_s, .. } => within("waveform.period_s", period_s, 1.0, 600.0, "s"),
        Waveform::Fsk { tones, spacing_hz, baud } => {
            within("waveform.tones", f64::from(tones), 2.0, 64.0, "")?;
            within("waveform.baud", baud, 1.0, 100e3, "symbols/s")?;
            within("waveform.spacing_hz", spacing_hz, baud, 1e6, "Hz (at least baud)")?;
            match (spacing_hz / baud).fract() {
                0.0 => Ok(()),
                _ => Err(format!(
                    "waveform.spacing_hz {spacing_hz} is no whole multiple of waveform.baud {baud}"
                )),
            }
        }
        Waveform::Chirps { spreading, bandwidth_hz, symbols, period_s } => {
            within("waveform.spreading", f64::from(spreading), 7.0, 12.0, "")?;
            within("waveform.bandwidth_hz", bandwidth_hz, 1e3, 1e6, "Hz")?;
            within("waveform.symbols", f64::from(symbols), 1.0, 1e4, "symbols")?;
            let packet_s = f64::from(symbols) * f64::from(1u32 << spreading) / bandwidth_hz;
            within("waveform.period_s", period_s, packet_s, 600.0, "s (at least a packet)")
        }
    }
}

fn aircraft(scenario: &Scenario) -> Checked {
    let aircraft = &scenario.aircraft;
    within("aircraft.system", f64::from(aircraft.system), 1.0, 255.0, "")?;
    within("aircraft.speed_max_mps", aircraft.speed_max_mps, 0.5, 30.0, "m/s")?;
    within("aircraft.acceleration_max_mps2", aircraft.acceleration_max_mps2, 0.2, 15.0, "m/s²")?;
    within("aircraft.climb_max_mps", aircraft.climb_max_mps, 0.2, 10.0, "m/s")?;
    within("aircraft.yaw_rate_max_deg_s", aircraft.yaw_rate_max_deg_s, 5.0, 360.0, "deg/s")?;
    within("aircraft.tilt_max_deg", aircraft.tilt_max_deg, 5.0, 60.0, "deg")?;
    for mps in aircraft.wind_mps {
        within("aircraft.wind_mps", mps, -20.0, 20.0, "m/s")?;
    }
    within("aircraft.gust_mps", aircraft.gust_mps, 0.0, 10.0, "m/s")?;
    within("aircraft.gps_noise_m", aircraft.gps_noise_m, 0.0, 20.0, "m")?;
    within("aircraft.gps_drift_m", aircraft.gps_drift_m, 0.0, 50.0, "m")?;
    within("aircraft.battery_ratio", aircraft.battery_ratio, 0.0, 1.0, "")?;
    within("aircraft.endurance_min", aircraft.endurance_min, 0.5, 600.0, "min")?;
    within("aircraft.rc_hz_max", aircraft.rc_hz_max, 0.1, 100.0, "Hz")?;
    within("aircraft.rangefinder_max_m", aircraft.rangefinder_max_m, 1.0, 500.0, "m")?;
    for (index, zone) in aircraft.zone.iter().enumerate() {
        let is_disc = zone.corners_m.is_empty() && zone.radius_m > 0.0;
        if !is_disc && zone.corners_m.len() < 3 {
            let mend = "write corners_m, three or more, or center_m and radius_m";
            return Err(format!("aircraft.zone[{index}]: {mend}"));
        }
    }
    for (name, value) in &aircraft.parameters {
        within(&format!("aircraft.parameters.{name}"), *value, -1e9, 1e9, "")?;
    }
    Ok(())
}

fn search(search: &Search, speed_max_mps: f64) -> Checked {
    within("search.altitude_m", search.altitude_m, 2.0, 500.0, "m")?;
    within("search.speed_mps", search.speed_mps, 0.1, speed_max_mps, "m/s (aircraft.speed_max_mps)")?;
    within("search.start_m", search.start_m[0], -20e3, 20e3, "m")?;
    within("search.start_m", search.start_m[1], -20e3, 20e3, "m")?;
    within("search.heading_deg", search.heading_deg, -360.0, 360.0, "deg")?;
    within("search.leg_m", search.leg_m, 1.0, 20e3, "m")?;
    within("search.spacing_m", search.spacing_m, 0.0, 5e3, "m")?;
    within("search.legs", f64::from(search.legs), 1.0, 50.0, "")
}

fn fault(scenario: &Scenario, fault: &Fault) -> Checked {
    within("after_s", fault.trigger.after_s, 0.0, 36_000.0, "s")?;
    if let Some(for_s) = fault.for_s {
        within("for_s", for_s, 0.001, 36_000.0, "s")?;
        if fault.kind.is_deed() {
            return Err(format!("for_s: {} is done at one moment; remove for_s", fault.kind.name()));
        }
    }
    let enables = |fault: &Fault| fault.kind == Kind::HomingOn;
    let enabled = scenario.operator.homes || scenario.fault.iter().any(enables);
    if matches!(fault.trigger.on, Act::Searching | Act::Homing | Act::Holding | Act::Ended) && !enabled {
        return Err("on: nobody enables homing, so this never comes; set operator.homes = true".into());
    }
    kind(scenario, &fault.kind)
}

fn kind(scenario: &Scenario, kind: &Kind) -> Checked {
    let index = |key: &str, index: usize, count: usize| match (index < count, count) {
        (true, _) => Ok(()),
        (false, 0) => Err(format!("{key}: the world has none")),
        (false, count) => Err(format!("{key}: {index} is none of the world's; write 0 to {}", count - 1)),
    };
    let flavour = scenario.aircraft.flavour;
    match kind {
        Kind::BeaconOff { beacon } => index("beacon", *beacon, scenario.world.beacon.len()),
        Kind::InterfererOn { interferer } => {
            index("interferer", *interferer, scenario.world.interferer.len())
        }
        Kind::NoiseStep { db } => within("db", *db, -40.0, 80.0, "dB"),
        Kind::GpsGlitch { north_m, east_m } => {
            within("north_m", *north_m, -1e6, 1e6, "m")?;
            within("east_m", *east_m, -1e6, 1e6, "m")
        }
        Kind::Battery { ratio } => within("ratio", *ratio, 0.0, 1.0, ""),
        Kind::Gust { north_mps, east_mps } => {
            within("north_mps", *north_mps, -20.0, 20.0, "m/s")?;
            within("east_mps", *east_mps, -20.0, 20.0, "m/s")
        }
        Kind::Mode { mode } if custom_mode_of(flavour, mode).is_none() => {
            let known = names(flavour).collect::<Vec<_>>().join(", ");
            Err(format!("mode: {flavour:?} has no \"{mode}\"; write {known}"))
        }
        Kind::Stick { channel, us } => {
            let sticks = "(1 to 4: roll, pitch, throttle, yaw by default)";
            within("channel", f64::from(*channel), 1.0, 16.0, sticks)?;
            within("us", f64::from(*us), 800.0, 2200.0, "µs")
        }
        Kind::Absurd { field, .. } if field != "all" && field.split('.').count() != 2 => {
            Err(format!("field: \"{field}\"; write MESSAGE.field, for example ATTITUDE.yaw, or all"))
        }
        Kind::LateCopies { delay_s } | Kind::SlowLink { delay_s } => {
            within("delay_s", *delay_s, 0.05, 10.0, "s")
        }
        Kind::SystemId { system } => within("system", f64::from(*system), 1.0, 249.0, ""),
        Kind::SdrRate { factor } => within("factor", *factor, 0.01, 100.0, "times the rate asked for"),
        Kind::ClockStep { hours } => within("hours", *hours, -1e6, 1e6, "h"),
        Kind::CpuStarved { pause_ms, every_ms } => {
            within("every_ms", *every_ms, 1.0, 600e3, "ms")?;
            within("pause_ms", *pause_ms, 1.0, *every_ms, "ms (at most every_ms)")
        }
        _ => Ok(()),
    }
}

fn expect(scenario: &Scenario) -> Checked {
    let expect = &scenario.expect;
    for (key, bounds) in expect.number.iter().chain(expect.only.values().flatten()) {
        let is_empty = bounds.min.is_none() && bounds.max.is_none();
        let is_crossed = bounds.min.zip(bounds.max).is_some_and(|(min, max)| min > max);
        if is_empty || is_crossed {
            return Err(format!("expect.number.{key}: write min, max or both, min at most max"));
        }
    }
    for state in &expect.states {
        if !State::ALL.iter().any(|known| known.name() == state) {
            let known = State::ALL.map(State::name).join(", ");
            return Err(format!("expect.states: no such state as \"{state}\"; write {known}"));
        }
    }
    let at = expect.stops_at.values().flatten().flat_map(|stops| stops.split(OR));
    for stop in expect.stops.iter().flatten().map(String::as_str).chain(at) {
        if stop != "operator" && !Interlock::ALL.iter().any(|known| known.name() == stop) {
            let known = Interlock::ALL.map(Interlock::name).join(", ");
            return Err(format!("expect.stops: no such cause as \"{stop}\"; write operator, {known}"));
        }
    }
    Ok(())
}
