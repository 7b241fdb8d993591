//! What the operator is shown: the engine's, the link's and the recorder's present state in the words of `ctl::Status`.

use super::Shared;
use crate::autopilot::Link;
use crate::ctl::{ChannelStatus, LinkStatus, Status, VehicleStatus};
use skyhound::command::State;
use skyhound::config::ChannelConfig;
use skyhound::decide::Decide;
use skyhound::facts::Facts;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Vehicle};

/// What does not change in flight.
pub struct About {
    /// The beacons, in order of their channels.
    pub channels: Vec<ChannelConfig>,
    /// The autopilot's address.
    pub autopilot: String,
    /// The SDR, as its source describes itself.
    pub sdr: String,
    /// Its sample rate.
    pub rate_sps: f64,
}

/// Writes what is true now into `status`.
pub fn show(
    status: &mut Status,
    about: &About,
    now: TimeUs,
    decide: &Decide,
    vehicle: &Vehicle,
    link: &Link,
    shared: &Shared,
) {
    status.uptime_s = now.0 as f64 / 1e6;
    status.state = decide.state().name().to_string();
    status.target = decide
        .target()
        .and_then(|channel| about.channels.get(usize::from(channel)))
        .map(|channel| channel.name.clone())
        .unwrap_or_default();
    status.homing_enabled = decide.state() != State::Idle;
    status.locked = decide.locked().map(|trip| trip.to_string());
    status.latched = decide.latched().map(|trip| trip.to_string());
    status.vehicle = vehicle_status(now, vehicle);
    status.channels = about
        .channels
        .iter()
        .enumerate()
        .map(|(index, channel)| channel_status(channel, decide.facts().get(index)))
        .collect();
    let report = link.report();
    status.link = LinkStatus {
        address: about.autopilot.clone(),
        received_total: report.received_total,
        crc_error_total: report.crc_error_total,
        sequence_lost_total: report.sequence_lost_total,
        sent_total: report.sent_total,
        send_dropped_total: report.send_dropped_total,
        reconnect_total: report.reconnect_total,
    };
    status.sdr.source.clone_from(&about.sdr);
    status.sdr.alive = shared.sdr_alive();
    status.sdr.rate_sps = Some(about.rate_sps);
    status.sdr.reopen_total = shared.receiver.device_lost_total();
    status.sdr.lost_samples_total = shared.receiver.lost_samples_total();
}

fn vehicle_status(now: TimeUs, vehicle: &Vehicle) -> VehicleStatus {
    fn age_s<T>(now: TimeUs, part: &Option<Aged<T>>) -> Option<f64> {
        part.as_ref().and_then(|part| part.age_us(now)).map(|age_us| age_us as f64 / 1e6)
    }
    let position = vehicle.position.map(|position| position.value);
    VehicleStatus {
        system: vehicle.identity.map(|identity| identity.system),
        firmware: vehicle.identity.map(|identity| firmware_name(identity.firmware).to_string()),
        mode: vehicle.heartbeat.map(|heartbeat| heartbeat.value.mode.name().to_string()),
        armed: vehicle.heartbeat.map(|heartbeat| heartbeat.value.armed),
        lat_deg: position.map(|position| position.place.lat_deg),
        lon_deg: position.map(|position| position.place.lon_deg),
        alt_rel_m: position.map(|position| position.alt_rel_m),
        battery_ratio: vehicle.battery.and_then(|battery| battery.value.remaining_ratio),
        satellites: vehicle.gps.and_then(|gps| gps.value.satellites),
        heartbeat_age_s: age_s(now, &vehicle.heartbeat),
        position_age_s: age_s(now, &vehicle.position),
        attitude_age_s: age_s(now, &vehicle.attitude),
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
        floor_dbfs: facts.and_then(|facts| facts.floor_spectral_dbfs.or(facts.floor_temporal_dbfs)),
        snr_db: facts.and_then(|facts| facts.snr_db),
        heard: facts.is_some_and(|facts| facts.heard),
        pulse_count: pattern.pulse_count,
        pulse_width_us: pattern.width_us,
        pulse_period_us: pattern.period_us,
        bearing_deg: gradient.map(|gradient| gradient.bearing_rad.to_degrees().rem_euclid(360.0)),
        bearing_sigma_deg: gradient.map(|gradient| gradient.bearing_sigma_rad.to_degrees()),
    }
}
