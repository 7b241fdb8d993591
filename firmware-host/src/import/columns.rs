//! Columns of telemetry by their names, in the spellings that are about. What is not known here is kept as it stands.

/// What a column of telemetry tells.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// When.
    Time,
    /// WGS84 latitude, degrees.
    Lat,
    /// WGS84 longitude, degrees.
    Lon,
    /// Height above home, m.
    Relative,
    /// Altitude above the sea, m.
    Altitude,
    /// Climb, m/s.
    Climb,
    /// Heading from true north, degrees.
    Heading,
    /// Power of the beacon's channel, dB of some reference.
    Power,
    /// Power over the noise, dB.
    Snr,
    /// The other's state.
    State,
    /// Whether the other heard the beacon.
    Heard,
    /// Remaining charge, per cent.
    BatteryPercent,
    /// Voltage, V.
    BatteryV,
    /// Current, A.
    BatteryA,
    /// Satellites in use.
    Satellites,
    /// Horizontal dilution of precision.
    Hdop,
    /// Motors armed.
    Armed,
    /// Flight mode.
    Mode,
}

const NAMES: [(Field, &[&str]); 18] = [
    (
        Field::Time,
        &["timestamp", "time", "utc", "datetime", "time_utc", "time_s", "timestamp_s", "timestamp_ms", "t"],
    ),
    (Field::Lat, &["latitude", "lat", "lat_deg", "latitude_deg", "gps_lat"]),
    (Field::Lon, &["longitude", "lon", "lng", "long", "lon_deg", "longitude_deg", "gps_lon", "gps_lng"]),
    (
        Field::Relative,
        &["relative_altitude", "relative_altitude_m", "alt_rel_m", "alt_rel", "rel_alt", "height_m"],
    ),
    (Field::Altitude, &["altitude", "altitude_m", "alt", "alt_m", "alt_amsl_m", "alt_msl"]),
    (Field::Climb, &["climb_rate", "climb_mps"]),
    (Field::Heading, &["heading", "heading_deg", "hdg", "yaw_deg"]),
    (
        Field::Power,
        &["rssi_dbm", "rssi", "power_dbm", "power_db", "power_dbfs", "signal_dbm", "signal_strength"],
    ),
    (Field::Snr, &["snr_db", "snr"]),
    (Field::State, &["system_state", "state"]),
    (Field::Heard, &["beacon_detected", "detected"]),
    (Field::BatteryPercent, &["battery_percent", "battery_pct"]),
    (Field::BatteryV, &["battery_voltage", "battery_v"]),
    (Field::BatteryA, &["battery_current", "battery_a"]),
    (Field::Satellites, &["gps_satellites", "satellites", "sats"]),
    (Field::Hdop, &["gps_hdop", "hdop"]),
    (Field::Armed, &["armed"]),
    (Field::Mode, &["mode", "flight_mode"]),
];

/// What the column called so tells, where it is known.
pub fn field(name: &str) -> Option<Field> {
    let name = name.trim().trim_matches('"').to_ascii_lowercase().replace([' ', '-'], "_");
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(field, _)| *field)
}

/// Names that a column which tells this may have.
pub fn names(field: Field) -> String {
    NAMES.iter().find(|(known, _)| *known == field).map_or(String::new(), |(_, names)| names.join(", "))
}

/// Whether a text begins as telemetry: a line of names, after lines of remarks, with a time, and a place or a power.
pub fn is_header(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let lines = text.trim_start_matches('\u{feff}').lines();
    let Some(line) = lines.map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')) else {
        return false;
    };
    let fields: Vec<Field> = line.split(',').filter_map(field).collect();
    let has = |field: Field| fields.contains(&field);
    has(Field::Time) && (has(Field::Power) || (has(Field::Lat) && has(Field::Lon)))
}
