//! Each message is encoded by the dialect's own encoder and read back by our offsets.

use mavlink::dialects::ardupilotmega as dialect;
use mavlink::{MavlinkVersion, MessageData};

use super::*;

fn payload(message: &impl MessageData) -> Vec<u8> {
    let mut payload = [0; 255];
    let length = message.ser(MavlinkVersion::V2, &mut payload);
    payload[..length].to_vec()
}

#[test]
fn heartbeat_says_who_and_how() {
    let mut sent = dialect::HEARTBEAT_DATA {
        custom_mode: 4,
        mavtype: dialect::MavType::MAV_TYPE_HEXAROTOR,
        autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
        base_mode: dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED,
        system_status: dialect::MavState::MAV_STATE_ACTIVE,
        mavlink_version: 3,
    };
    let heard = AnyHeartbeat::read(Payload(&payload(&sent)));
    assert!(heard.is_autopilot() && !heard.is_ground_station());
    let mode = Mode { firmware: Firmware::ArduCopter, custom: 4 };
    assert_eq!(heard.heartbeat(), Heartbeat { mode, armed: true, system_status: 4 });

    sent.mavtype = dialect::MavType::MAV_TYPE_FIXED_WING;
    assert_eq!(AnyHeartbeat::read(Payload(&payload(&sent))).firmware(), Firmware::Other);
    sent.autopilot = dialect::MavAutopilot::MAV_AUTOPILOT_PX4;
    assert_eq!(AnyHeartbeat::read(Payload(&payload(&sent))).firmware(), Firmware::Other);
    sent.mavtype = dialect::MavType::MAV_TYPE_QUADROTOR;
    assert_eq!(AnyHeartbeat::read(Payload(&payload(&sent))).firmware(), Firmware::Px4);
    sent.mavtype = dialect::MavType::MAV_TYPE_GCS;
    assert!(!AnyHeartbeat::read(Payload(&payload(&sent))).is_autopilot());
    sent.autopilot = dialect::MavAutopilot::MAV_AUTOPILOT_INVALID;
    sent.mavtype = dialect::MavType::MAV_TYPE_GIMBAL;
    assert!(!AnyHeartbeat::read(Payload(&payload(&sent))).is_autopilot());
}

#[test]
fn attitude_must_be_finite() {
    let mut sent =
        dialect::ATTITUDE_DATA { roll: 0.5, pitch: -0.25, yaw: 3.0, yawspeed: 1.5, ..Default::default() };
    let told = Attitude { roll_rad: 0.5, pitch_rad: -0.25, yaw_rad: 3.0, yaw_rate_rad_s: 1.5 };
    assert_eq!(attitude(Payload(&payload(&sent))), Some(told));
    sent.yawspeed = f32::NAN;
    assert_eq!(attitude(Payload(&payload(&sent))), None);
}

#[test]
fn position_has_its_units_and_is_none_before_a_fix() {
    let mut sent = dialect::GLOBAL_POSITION_INT_DATA {
        time_boot_ms: 99,
        lat: 473_977_420,
        lon: -85_455_940,
        alt: 488_123,
        relative_alt: -1_500,
        vx: 250,
        vy: -100,
        vz: 5,
        hdg: 1,
    };
    let told = position(Payload(&payload(&sent))).unwrap();
    assert_eq!(told.place, Wgs84 { lat_deg: 47.397_742, lon_deg: -8.545_594 });
    assert_eq!((told.alt_amsl_m, told.alt_rel_m), (488.123, -1.5));
    assert_eq!((told.north_mps, told.east_mps, told.down_mps), (2.5, -1.0, 0.05));
    (sent.lat, sent.lon) = (0, 0);
    assert_eq!(position(Payload(&payload(&sent))), None);
    sent.lat = 910_000_000;
    assert_eq!(position(Payload(&payload(&sent))), None);
}

#[test]
fn gps_knows_what_it_does_not_know() {
    let fix_type = dialect::GpsFixType::GPS_FIX_TYPE_RTK_FIXED;
    let mut sent = dialect::GPS_RAW_INT_DATA { fix_type, ..Default::default() };
    (sent.eph, sent.satellites_visible) = (121, 17);
    assert_eq!(gps(Payload(&payload(&sent))), Gps { fix: 6, satellites: Some(17), hdop: Some(1.21) });
    (sent.eph, sent.satellites_visible) = (u16::MAX, u8::MAX);
    assert_eq!(gps(Payload(&payload(&sent))), Gps { fix: 6, satellites: None, hdop: None });
}

#[test]
fn both_estimators_mean_the_same() {
    let flags = dialect::EkfStatusFlags::from_bits_retain(1 | 2 | 16 | 32);
    let mut ardupilot = dialect::EKF_STATUS_REPORT_DATA { flags, ..Default::default() };
    (ardupilot.velocity_variance, ardupilot.pos_horiz_variance, ardupilot.pos_vert_variance) =
        (0.1, 0.2, 0.75);
    let flags = dialect::EstimatorStatusFlags::from_bits_retain(1 | 2 | 16 | 32);
    let mut px4 = dialect::ESTIMATOR_STATUS_DATA { flags, ..Default::default() };
    (px4.vel_ratio, px4.pos_horiz_ratio, px4.pos_vert_ratio) = (0.1, 0.2, 0.75);
    let told = ekf_of_ardupilot(Payload(&payload(&ardupilot))).unwrap();
    assert_eq!(ekf_of_px4(Payload(&payload(&px4))), Some(told));
    assert!(told.attitude_ok && told.velocity_horizontal_ok && told.position_horizontal_ok);
    assert!(told.position_vertical_ok && !told.degraded);
    assert_eq!(told.variance_max, 0.75);
    // Accelerometer trouble of PX4 has no bit in ArduPilot's report; a GPS glitch has another one.
    for (of_ardupilot, of_px4) in [(128, 128), (1024, 1024), (32768, 1024)] {
        ardupilot.flags = dialect::EkfStatusFlags::from_bits_retain(of_ardupilot);
        px4.flags = dialect::EstimatorStatusFlags::from_bits_retain(of_px4);
        assert!(ekf_of_ardupilot(Payload(&payload(&ardupilot))).unwrap().degraded);
        assert!(ekf_of_px4(Payload(&payload(&px4))).unwrap().degraded);
    }
    px4.pos_vert_ratio = f32::INFINITY;
    assert_eq!(ekf_of_px4(Payload(&payload(&px4))), None);
}

#[test]
fn sticks_come_from_both_messages() {
    let mut sent = dialect::RC_CHANNELS_DATA::default();
    (sent.chan1_raw, sent.chan2_raw, sent.chan3_raw, sent.chan4_raw) = (1500, 1501, 1100, 65535);
    sent.chancount = 16;
    sent.rssi = 200;
    let mut channels_us = [0; RC_CHANNELS_MAX];
    channels_us[..4].copy_from_slice(&[1500, 1501, 1100, 65535]);
    let told = Rc { channels_us, channel_count: 16, rssi: Some(200) };
    assert_eq!(rc(Payload(&payload(&sent))), told);
    (sent.chan18_raw, sent.rssi) = (1999, 255);
    let told = rc(Payload(&payload(&sent)));
    assert_eq!((told.channels_us[17], told.rssi), (1999, None));

    let mut old = dialect::RC_CHANNELS_RAW_DATA::default();
    (old.chan1_raw, old.chan2_raw, old.chan3_raw, old.chan4_raw) = (1500, 1501, 1100, 65535);
    let told = Rc { channels_us, channel_count: 3, rssi: Some(0) };
    assert_eq!(rc_raw(Payload(&payload(&old))), Some(told));
    old.port = 1;
    assert_eq!(rc_raw(Payload(&payload(&old))), None);
}

#[test]
fn home_and_time_must_be_plausible() {
    let mut sent = dialect::HOME_POSITION_DATA::default();
    (sent.latitude, sent.longitude, sent.altitude) = (10_000_000, 20_000_000, 12_340);
    let told = Home { place: Wgs84 { lat_deg: 1.0, lon_deg: 2.0 }, alt_amsl_m: 12.34 };
    assert_eq!(home(Payload(&payload(&sent))), Some(told));
    (sent.latitude, sent.longitude) = (0, 0);
    assert_eq!(home(Payload(&payload(&sent))), None);

    let mut time = dialect::SYSTEM_TIME_DATA::default();
    for (sent, told) in [(0, None), (1_537_900_000_000_000, None), (1_760_000_000_000_000, Some(()))] {
        time.time_unix_usec = sent;
        assert_eq!(utc_us(Payload(&payload(&time))).map(|_| ()), told);
    }
}

#[test]
fn health_tells_off_from_bad() {
    use dialect::MavSysStatusSensor as Bit;
    let (rc, fence) = (Bit::MAV_SYS_STATUS_SENSOR_RC_RECEIVER, Bit::MAV_SYS_STATUS_GEOFENCE);
    let none = Bit::empty();
    for (present, enabled, healthy, told) in [
        (none, rc | fence, rc | fence, [PartHealth::Absent, PartHealth::Absent]),
        (rc | fence, rc, fence, [PartHealth::Bad, PartHealth::Off]),
        (rc | fence, rc | fence, rc, [PartHealth::Good, PartHealth::Bad]),
    ] {
        let sent = dialect::SYS_STATUS_DATA {
            onboard_control_sensors_present: present,
            onboard_control_sensors_enabled: enabled,
            onboard_control_sensors_health: healthy,
            ..Default::default()
        };
        let heard = health(Payload(&payload(&sent)));
        assert_eq!([heard.rc_receiver, heard.fence], told);
    }
}

#[test]
fn a_rangefinder_counts_looking_down_and_in_its_range() {
    let down = dialect::MavSensorOrientation::MAV_SENSOR_ROTATION_PITCH_270;
    let mut sent = dialect::DISTANCE_SENSOR_DATA { orientation: down, ..Default::default() };
    (sent.min_distance, sent.max_distance) = (20, 4_000);
    for (cm, told) in [(0, None), (19, None), (20, Some(0.2)), (4_000, Some(40.0)), (4_001, None)] {
        sent.current_distance = cm;
        assert_eq!(height_of_rangefinder_m(Payload(&payload(&sent))), told);
    }
    (sent.current_distance, sent.orientation) =
        (100, dialect::MavSensorOrientation::MAV_SENSOR_ROTATION_NONE);
    assert_eq!(height_of_rangefinder_m(Payload(&payload(&sent))), None);
    sent.orientation = down;
    let mut with_quality = payload(&sent);
    with_quality.resize(39, 0);
    with_quality[38] = 1;
    assert_eq!(height_of_rangefinder_m(Payload(&with_quality)), None, "it says itself that it sees nothing");
}

#[test]
fn the_terrain_counts_where_we_are_and_mapped() {
    let mut sent = dialect::TERRAIN_REPORT_DATA { lat: 470_000_000, lon: 80_000_000, ..Default::default() };
    (sent.current_height, sent.spacing, sent.loaded) = (25.0, 100, 4);
    let position = |lat_deg| Position {
        place: Wgs84 { lat_deg, lon_deg: 8.0 },
        alt_amsl_m: 0.0,
        alt_rel_m: 0.0,
        north_mps: 0.0,
        east_mps: 0.0,
        down_mps: 0.0,
    };
    let here = position(47.0005);
    fn read(sent: &dialect::TERRAIN_REPORT_DATA, position: Option<&Position>) -> Option<f64> {
        height_over_terrain_m(Payload(&payload(sent)), position)
    }
    assert_eq!(read(&sent, Some(&here)), Some(25.0));
    assert_eq!(read(&sent, None), None);
    assert_eq!(read(&sent, Some(&position(47.001))), None);
    sent.spacing = 0;
    assert_eq!(read(&sent, Some(&here)), None);
}

#[test]
fn the_clearance_is_a_height_and_the_terrain_of_altitude_is_not() {
    let mut sent = dialect::ALTITUDE_DATA { altitude_terrain: 440.0, ..Default::default() };
    for (clearance, told) in [(12.5, Some(12.5)), (f32::NAN, None), (-1000.0, None), (0.0, None)] {
        sent.bottom_clearance = clearance;
        assert_eq!(bottom_clearance_m(Payload(&payload(&sent))), told);
    }
}

#[test]
fn both_firmwares_tell_from_where_the_wind_blows() {
    let told = |direction: f32, speed: f32| {
        wind(Payload(&payload(&dialect::WIND_DATA { direction, speed, ..Default::default() })))
    };
    assert_eq!(told(-90.0, 5.5), Some(Wind { from_deg: 270.0, speed_mps: 5.5 }));
    assert_eq!(told(f32::NAN, 5.5), None);
    assert_eq!(told(10.0, -1.0), None);
    // Towards the east: from the west.
    let covered = dialect::WIND_COV_DATA { wind_x: 0.0, wind_y: 3.0, ..Default::default() };
    let Wind { from_deg, speed_mps } = wind_cov(Payload(&payload(&covered))).unwrap();
    assert!((from_deg - 270.0).abs() < 1e-9 && speed_mps == 3.0, "{from_deg} {speed_mps}");
    let unknown = dialect::WIND_COV_DATA { wind_x: f32::NAN, ..covered };
    assert_eq!(wind_cov(Payload(&payload(&unknown))), None);
}
