//! Names that people know for the protocol's numbers (mavlink.io, common.xml).

/// MAV_TYPE.
pub fn type_name(mav_type: u8) -> &'static str {
    match mav_type {
        1 => "plane",
        2 => "quadrotor",
        3 => "coaxial helicopter",
        4 => "helicopter",
        5 => "antenna tracker",
        6 => "ground station",
        7 => "airship",
        8 => "balloon",
        10 => "rover",
        11 => "boat",
        12 => "submarine",
        13 => "hexarotor",
        14 => "octorotor",
        15 => "tricopter",
        18 => "companion computer",
        19..=25 => "VTOL",
        26 => "gimbal",
        27 => "ADS-B receiver",
        28 => "parafoil",
        29 => "dodecarotor",
        30 => "camera",
        31 => "charging station",
        34 => "servo",
        35 => "decarotor",
        36 => "battery",
        37 => "parachute",
        38 => "log",
        39 => "on-screen display",
        40 => "IMU",
        41 => "GPS",
        42 => "winch",
        43 => "multirotor",
        _ => "something",
    }
}

/// MAV_AUTOPILOT, as it is put behind the type; empty for what has none.
pub fn autopilot_name(autopilot: u8) -> &'static str {
    match autopilot {
        3 => " (ArduPilot)",
        12 => " (PX4)",
        8 => "",
        _ => " (another autopilot)",
    }
}

/// MAV_MISSION_RESULT.
pub fn mission_result_name(result: u8) -> &'static str {
    match result {
        0 => "accepted",
        1 => "error, or no transfer begun",
        2 => "unsupported frame",
        3 => "unsupported",
        4 => "no space for so many items",
        5..=12 => "invalid item",
        13 => "item out of turn",
        14 => "denied: another uploads, or it is not allowed now",
        15 => "cancelled",
        _ => "refused",
    }
}

/// MAV_RESULT.
pub fn result_name(result: u8) -> &'static str {
    match result {
        0 => "accepted",
        1 => "temporarily rejected",
        2 => "denied",
        3 => "unsupported",
        4 => "failed",
        5 => "in progress",
        6 => "cancelled",
        _ => "refused",
    }
}
