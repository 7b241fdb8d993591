//! The engine's present state in the words of [`Status`]: of a flight that is flown, or replayed.

use super::{ChannelStatus, SearchStatus, Status, VehicleStatus};
use skyhound::command::State;
use skyhound::config::ChannelConfig;
use skyhound::decide::Decide;
use skyhound::facts::Facts;
use skyhound::homing::Homing;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Vehicle};

/// The autopilot tells the wind each second; an older one is not shown.
const WIND_FRESH_US: u64 = 10_000_000;

/// Writes what is true now of our state, the aircraft, the beacons' channels and the search.
pub fn decided(
    status: &mut Status,
    channels: &[ChannelConfig],
    now: TimeUs,
    decide: &Decide,
    vehicle: &Vehicle,
) {
    status.state = decide.state().name().to_string();
    status.target = decide
        .target()
        .and_then(|channel| channels.get(usize::from(channel)))
        .map(|channel| channel.name.clone())
        .unwrap_or_default();
    status.homing_enabled = decide.state() != State::Idle;
    status.course = decide.course().map(|course| match course.to {
        Some(to) => format!("{} ({:.5} {:.5})", course.aim.words(), to.lat_deg, to.lon_deg),
        None => course.aim.words().to_string(),
    });
    status.locked = match decide.locked() {
        Some(_) if decide.is_offered() => Some("waits for OFFBOARD; zero setpoints stream".to_string()),
        locked => locked.map(|trip| trip.to_string()),
    };
    status.missing = decide.missing().iter().map(ToString::to_string).collect();
    status.latched = decide.latched().map(|trip| trip.to_string());
    status.vehicle = vehicle_status(now, vehicle);
    status.channels = channels
        .iter()
        .enumerate()
        .map(|(index, channel)| channel_status(channel, decide.facts().get(index)))
        .collect();
    status.search = decide.searched(now).map(|search| SearchStatus {
        pattern: search.pattern.to_string(),
        progress: search.progress,
        flown: search.is_flown,
        pos: search.pos,
        searched_m2: search.searched_m2,
        area_m2: search.area_m2,
    });
}

fn vehicle_status(now: TimeUs, vehicle: &Vehicle) -> VehicleStatus {
    fn age_s<T>(now: TimeUs, part: &Option<Aged<T>>) -> Option<f64> {
        part.as_ref().and_then(|part| part.age_us(now)).map(|age_us| age_us as f64 / 1e6)
    }
    let position = vehicle.position.map(|position| position.value);
    let wind = vehicle.wind.filter(|wind| wind.age_us(now).is_some_and(|us| us <= WIND_FRESH_US));
    let wind = wind.map(|wind| wind.value);
    VehicleStatus {
        system: vehicle.identity.map(|identity| identity.system),
        firmware: vehicle.identity.map(|identity| firmware_name(identity.firmware).to_string()),
        mode: vehicle.heartbeat.map(|heartbeat| heartbeat.value.mode.name().to_string()),
        armed: vehicle.heartbeat.map(|heartbeat| heartbeat.value.armed),
        lat_deg: position.map(|position| position.place.lat_deg),
        lon_deg: position.map(|position| position.place.lon_deg),
        alt_rel_m: position.map(|position| position.alt_rel_m),
        yaw_deg: vehicle.attitude.map(|attitude| attitude.value.yaw_rad.to_degrees().rem_euclid(360.0)),
        wind_from_deg: wind.map(|wind| wind.from_deg),
        wind_mps: wind.map(|wind| wind.speed_mps),
        alt_amsl_m: position.map(|position| position.alt_amsl_m),
        course_deg: position
            .map(|position| position.east_mps.atan2(position.north_mps).to_degrees().rem_euclid(360.0)),
        speed_mps: position.map(|position| position.north_mps.hypot(position.east_mps)),
        height_m: Homing::height_m(vehicle, now),
        battery_ratio: vehicle.battery.and_then(|battery| battery.value.remaining_ratio),
        satellites: vehicle.gps.and_then(|gps| gps.value.satellites),
        heartbeat_age_s: age_s(now, &vehicle.heartbeat),
        position_age_s: age_s(now, &vehicle.position),
        attitude_age_s: age_s(now, &vehicle.attitude),
        started_utc_us: vehicle.utc_us.map(|utc| utc.value as i64 - utc.received_us.0 as i64),
    }
}

fn firmware_name(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::ArduCopter => "ArduCopter",
        Firmware::Px4 => "PX4",
        Firmware::Other => "other",
    }
}

fn channel_status(channel: &ChannelConfig, facts: Option<&Facts>) -> ChannelStatus {
    let gradient = facts.and_then(|facts| facts.gradient.ok());
    let pattern = facts.map(|facts| facts.pattern).unwrap_or_default();
    ChannelStatus {
        name: channel.name.clone(),
        frequency_hz: channel.frequency_hz,
        power_dbfs: facts.and_then(|facts| facts.power_dbfs),
        ewma_dbfs: facts.and_then(|facts| facts.ewma_dbfs),
        floor_dbfs: facts.and_then(Facts::floor_dbfs),
        snr_db: facts.and_then(|facts| facts.snr_db),
        heard: facts.is_some_and(|facts| facts.heard),
        pulse_count: pattern.pulse_count,
        pulse_width_us: pattern.width_us,
        pulse_period_us: pattern.period_us,
        bearing_deg: gradient.map(|gradient| gradient.bearing_rad.to_degrees().rem_euclid(360.0)),
        bearing_sigma_deg: gradient.map(|gradient| gradient.bearing_sigma_rad.to_degrees()),
    }
}
