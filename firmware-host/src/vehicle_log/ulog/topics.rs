//! Samples of PX4's topics → rows, in the words of any of its versions. Source: PX4's `msg/` folder, v1.6 to v1.16.

use skyhound::geo::Wgs84;

use super::super::row::{Row, Table};

/// 2000-01-01 and 2100-01-01, µs since 1970.
const UTC_US: std::ops::Range<f64> = 946_684_800e6..4_102_444_800e6;
const ARMED: f64 = 2.0;

/// Whether the topic has a table here.
pub fn is_ours(topic: &str) -> bool {
    [
        "vehicle_global_position",
        "vehicle_gps_position",
        "vehicle_attitude",
        "battery_status",
        "vehicle_status",
    ]
    .contains(&topic)
}

/// The row of a sample, and what of it was not taken as it stood.
///
/// # Errors
/// It lacks what it is for, or what it says cannot be.
pub fn row(
    topic: &str,
    get: &dyn Fn(&str) -> Option<f64>,
    log_us: i64,
) -> Result<(Row, Vec<&'static str>), String> {
    let any = |names: &[&str]| names.iter().find_map(|name| get(name)).filter(|value| value.is_finite());
    let mut changed = Vec::new();
    let row = match topic {
        "vehicle_global_position" => {
            let place = place(any(&["lat"]), any(&["lon"]), &mut changed)?;
            let values =
                [place[0], place[1], any(&["alt"]), None, any(&["vel_n"]), any(&["vel_e"]), any(&["vel_d"])];
            Row::new(Table::Position, log_us, values)
        }
        "vehicle_gps_position" => {
            // Whole 1e-7 degrees and mm up to v1.13, degrees and m since.
            let scaled =
                |new: &str, old: &str, steps: f64| any(&[new]).or(any(&[old]).map(|value| value / steps));
            let place =
                place(scaled("latitude_deg", "lat", 1e7), scaled("longitude_deg", "lon", 1e7), &mut changed)?;
            let told = any(&["time_utc_usec"]);
            let utc_us = told.filter(|utc_us| UTC_US.contains(utc_us));
            if told.is_some_and(|told| told != 0.0) && utc_us.is_none() {
                changed.push("vehicle_gps_position: a UTC that cannot be");
            }
            let alt = scaled("altitude_msl_m", "alt", 1e3);
            let [north, east, down] = ["vel_n_m_s", "vel_e_m_s", "vel_d_m_s"].map(|name| any(&[name]));
            let (fix, satellites) = (any(&["fix_type"]), any(&["satellites_used"]));
            Row::new(
                Table::Gps,
                log_us,
                [utc_us, place[0], place[1], alt, fix, satellites, north, east, down],
            )
        }
        "vehicle_attitude" => {
            let q = ["q[0]", "q[1]", "q[2]", "q[3]"].map(|name| any(&[name]));
            let [Some(w), Some(x), Some(y), Some(z)] = q else { return Err("no quaternion".into()) };
            let length = w * w + x * x + y * y + z * z;
            if !(0.9..1.1).contains(&length) {
                return Err(format!("a quaternion of length² {length}, which is no attitude"));
            }
            let roll = (2.0 * (w * x + y * z)).atan2(1.0 - 2.0 * (x * x + y * y));
            let pitch = (2.0 * (w * y - z * x)).clamp(-1.0, 1.0).asin();
            let yaw = (2.0 * (w * z + x * y)).atan2(1.0 - 2.0 * (y * y + z * z));
            Row::new(Table::Attitude, log_us, [Some(roll), Some(pitch), Some(yaw)])
        }
        "battery_status" => {
            let volts = any(&["voltage_v", "voltage_filtered_v"]).ok_or("no voltage")?;
            Row::new(Table::Battery, log_us, [Some(volts), any(&["current_a"]), any(&["remaining"])])
        }
        _ => {
            let mode = any(&["nav_state"]).ok_or("no nav_state")?;
            let armed = any(&["arming_state"]).map(|state| f64::from(u8::from(state == ARMED)));
            let mut row = Row::new(Table::Mode, log_us, [Some(mode), armed]);
            row.texts[0] = name_of(mode).map(Into::into);
            row
        }
    };
    Ok((row, changed))
}

fn place(
    lat: Option<f64>,
    lon: Option<f64>,
    changed: &mut Vec<&'static str>,
) -> Result<[Option<f64>; 2], String> {
    let (Some(lat), Some(lon)) = (lat, lon) else { return Err("no place in it".into()) };
    match Wgs84::checked(lat, lon) {
        Some(place) => Ok([Some(place.lat_deg), Some(place.lon_deg)]),
        None if lat == 0.0 && lon == 0.0 => {
            changed.push("0/0 is no place");
            Ok([None, None])
        }
        None => Err(format!("{lat}, {lon} degrees is no place")),
    }
}

/// `vehicle_status.nav_state` by its name, of those that all versions call by the same number.
fn name_of(nav_state: f64) -> Option<&'static str> {
    let names = [
        (0.0, "MANUAL"),
        (1.0, "ALTCTL"),
        (2.0, "POSCTL"),
        (3.0, "AUTO.MISSION"),
        (4.0, "AUTO.LOITER"),
        (5.0, "AUTO.RTL"),
        (10.0, "ACRO"),
        (14.0, "OFFBOARD"),
        (15.0, "STABILIZED"),
        (17.0, "AUTO.TAKEOFF"),
        (18.0, "AUTO.LAND"),
    ];
    names.iter().find(|(number, _)| *number == nav_state).map(|(_, name)| *name)
}
