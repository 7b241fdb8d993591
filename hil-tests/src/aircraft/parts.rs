//! The aircraft's belief as the parts of the engine's [`Vehicle`](skyhound::vehicle::Vehicle): scaled integers lose the digits that
//! MAVLink loses. What `autopilot/inbound.rs` of the host makes of the messages.

use super::{Aircraft, Landed as Grounded, firmware_of};
use skyhound::geo::{NorthEast, Wgs84};
use skyhound::vehicle::{Attitude, Battery, Ekf, Firmware, Gps, Landed, Position, Rc, Zones};

/// As integers of `unit` carry it.
pub(super) fn in_units(value: f64, unit: f64) -> f64 {
    (value * unit).round() / unit
}

pub(super) fn rounded(place: Wgs84) -> Wgs84 {
    Wgs84 { lat_deg: in_units(place.lat_deg, 1e7), lon_deg: in_units(place.lon_deg, 1e7) }
}

pub(super) fn position(position: &super::Position) -> Option<Position> {
    let place = rounded(position.place);
    let [north, east, down] = position.velocity_mps;
    Some(Position {
        place: Wgs84::checked(place.lat_deg, place.lon_deg)?,
        alt_amsl_m: in_units(position.alt_amsl_m, 1e3),
        alt_rel_m: in_units(position.alt_rel_m, 1e3),
        north_mps: in_units(north, 1e2),
        east_mps: in_units(east, 1e2),
        down_mps: in_units(down, 1e2),
    })
}

pub(super) fn attitude(attitude: &super::Attitude) -> Attitude {
    let single = |value: f64| f64::from(value as f32);
    Attitude {
        roll_rad: single(attitude.roll_rad),
        pitch_rad: single(attitude.pitch_rad),
        yaw_rad: single(attitude.yaw_rad),
        yaw_rate_rad_s: single(attitude.yaw_rate_rad_s),
    }
}

pub(super) fn rc(rc: &super::Rc) -> Rc {
    let rssi = (rc.rssi != u8::MAX).then_some(rc.rssi);
    Rc { channels_us: rc.channels_us, channel_count: rc.channel_count, rssi }
}

pub(super) fn landed(landed: Grounded) -> Landed {
    match landed {
        Grounded::OnGround => Landed::OnGround,
        Grounded::InAir => Landed::InAir,
        Grounded::TakingOff => Landed::TakingOff,
        Grounded::Landing => Landed::Landing,
    }
}

/// The uploaded fence, as MISSION_ITEM_INT carries it.
pub(super) fn zones(aircraft: &Aircraft) -> Zones {
    let origin = &aircraft.origin;
    let place = |[north_m, east_m]: [f64; 2]| rounded(origin.wgs84_from_ned(NorthEast { north_m, east_m }));
    let mut zones = Zones::default();
    for zone in aircraft.zones() {
        if zone.corners_m.is_empty() {
            zones.push_circle(zone.inside, place(zone.center_m), f64::from(zone.radius_m as f32));
        } else {
            let corners: Vec<Wgs84> = zone.corners_m.iter().copied().map(place).collect();
            zones.push_polygon(zone.inside, &corners);
        }
    }
    zones
}

pub(super) fn gps(gps: &super::Gps) -> Gps {
    Gps { fix: gps.fix, satellites: Some(gps.satellites), hdop: Some(in_units(gps.hdop, 1e2)) }
}

pub(super) fn battery(battery: &super::Battery) -> Battery {
    Battery {
        voltage_v: Some(in_units(battery.voltage_v, 1e3)),
        current_a: Some(in_units(battery.current_a, 1e2)),
        remaining_ratio: Some(in_units(battery.remaining_ratio, 1e2)),
    }
}

/// Flags as `inbound.rs` reads them.
pub(super) fn ekf(aircraft: &Aircraft) -> Ekf {
    let ekf = &aircraft.belief().ekf;
    let degraded = match firmware_of(aircraft.flavour()) {
        Firmware::Px4 => 128 | 1024,
        _ => 128 | 1024 | 32768,
    };
    let has = |flag: u16| ekf.flags & flag != 0;
    Ekf {
        attitude_ok: has(1),
        velocity_horizontal_ok: has(2),
        position_horizontal_ok: has(16),
        position_vertical_ok: has(32),
        degraded: has(degraded),
        variance_max: ekf.velocity_ratio.max(ekf.position_ratio).max(ekf.height_ratio),
    }
}
