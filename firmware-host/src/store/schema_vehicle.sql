-- The aircraft: a row at each control pass that saw something of it change. Inputs: a replay must get the same bits.
-- Values are stored in the whole steps or floats in which MAVLink sends them, and read as the engine has them. Where that is
-- not the same to the bit, `exact` holds the values instead. A time of receipt that is NULL: that part is not known (any more).
-- What comes at one rate stands in one table: each table and each column costs a file some kB of its own.
CREATE TABLE heartbeat ( -- HEARTBEAT of the autopilot (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    firmware VARCHAR, -- Whose modes: ArduCopter, Px4 or Other
    mode VARCHAR, -- Flight mode by its name
    mode_custom UINTEGER, -- Flight mode by its number (custom_mode)
    armed BOOLEAN, -- Motors armed
    system_status UTINYINT -- MAV_STATE
);
CREATE TABLE vehicle_motion ( -- ATTITUDE, GLOBAL_POSITION_INT and RC_CHANNELS: what comes 20 times a second (input)
    at_us BIGINT, -- When recorded, µs since start
    attitude_us BIGINT, -- When the attitude was received, µs since start; NULL: not known
    roll_f4 FLOAT, -- roll_rad as it is stored
    roll_rad DOUBLE AS (coalesce(exact[1], roll_f4)), -- Roll, rad
    pitch_f4 FLOAT, -- pitch_rad as it is stored
    pitch_rad DOUBLE AS (coalesce(exact[2], pitch_f4)), -- Pitch, rad
    yaw_f4 FLOAT, -- yaw_rad as it is stored
    yaw_rad DOUBLE AS (coalesce(exact[3], yaw_f4)), -- Yaw from true north, clockwise, rad
    yaw_rate_f4 FLOAT, -- yaw_rate_rad_s as it is stored
    yaw_rate_rad_s DOUBLE AS (coalesce(exact[4], yaw_rate_f4)), -- Yaw rate, rad/s
    position_us BIGINT, -- When the position was received, µs since start; NULL: not known
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (coalesce(exact[5], lat_e7 / 1e7)), -- WGS84 latitude, degrees
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (coalesce(exact[6], lon_e7 / 1e7)), -- WGS84 longitude, degrees
    alt_amsl_e3 INTEGER, -- alt_amsl_m as it is stored, mm
    alt_amsl_m DOUBLE AS (coalesce(exact[7], alt_amsl_e3 / 1e3)), -- Altitude above mean sea level, m
    alt_rel_e3 INTEGER, -- alt_rel_m as it is stored, mm
    alt_rel_m DOUBLE AS (coalesce(exact[8], alt_rel_e3 / 1e3)), -- Altitude above home, m
    north_e2 SMALLINT, -- north_mps as it is stored, cm/s
    north_mps DOUBLE AS (coalesce(exact[9], north_e2 / 1e2)), -- Velocity north, m/s
    east_e2 SMALLINT, -- east_mps as it is stored, cm/s
    east_mps DOUBLE AS (coalesce(exact[10], east_e2 / 1e2)), -- Velocity east, m/s
    down_e2 SMALLINT, -- down_mps as it is stored, cm/s
    down_mps DOUBLE AS (coalesce(exact[11], down_e2 / 1e2)), -- Velocity down, m/s
    rc_us BIGINT, -- When the pilot's channels were received, µs since start; NULL: not known
    rc1_us USMALLINT, -- Channel 1 of the pilot's radio, pulse width in µs; 0 or 65535: absent; which is which stick, RCMAP_* or RC_MAP_* say (parameter)
    rc2_us USMALLINT, -- Channel 2 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc3_us USMALLINT, -- Channel 3 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc4_us USMALLINT, -- Channel 4 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc5_us USMALLINT, -- Channel 5 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc6_us USMALLINT, -- Channel 6 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc7_us USMALLINT, -- Channel 7 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc8_us USMALLINT, -- Channel 8 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc9_us USMALLINT, -- Channel 9 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc10_us USMALLINT, -- Channel 10 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc11_us USMALLINT, -- Channel 11 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc12_us USMALLINT, -- Channel 12 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc13_us USMALLINT, -- Channel 13 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc14_us USMALLINT, -- Channel 14 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc15_us USMALLINT, -- Channel 15 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc16_us USMALLINT, -- Channel 16 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc17_us USMALLINT, -- Channel 17 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc18_us USMALLINT, -- Channel 18 of the pilot's radio, pulse width in µs; 0 or 65535: absent
    rc_channel_count UTINYINT, -- Channels the receiver reports
    rc_rssi UTINYINT, -- Signal strength as sent, 0 none; NULL: not known
    exact DOUBLE[] -- Roll to down_mps in this order, those that are not exactly as stored; NULL: all are
);
CREATE TABLE vehicle_status ( -- GPS_RAW_INT, the estimator, the battery and SYS_STATUS (input)
    at_us BIGINT, -- When recorded, µs since start
    gps_us BIGINT, -- When GPS_RAW_INT was received, µs since start; NULL: not known
    gps_fix UTINYINT, -- GPS_FIX_TYPE
    gps_satellites UTINYINT, -- Satellites in use; NULL: not told
    gps_hdop_e2 USMALLINT, -- gps_hdop as it is stored, hundredths
    gps_hdop DOUBLE AS (coalesce(exact[1], gps_hdop_e2 / 1e2)), -- Horizontal dilution of precision; NULL: not known
    ekf_us BIGINT, -- When the estimator's report was received, µs since start; NULL: not known
    ekf_bits UTINYINT, -- The five that follow as they are stored, from bit 0 on
    ekf_attitude_ok BOOLEAN AS (ekf_bits & 1 <> 0), -- Attitude estimate is good
    ekf_velocity_ok BOOLEAN AS (ekf_bits & 2 <> 0), -- Horizontal velocity estimate is good
    ekf_position_ok BOOLEAN AS (ekf_bits & 4 <> 0), -- Absolute horizontal position estimate is good
    ekf_height_ok BOOLEAN AS (ekf_bits & 8 <> 0), -- Vertical position estimate is good
    ekf_degraded BOOLEAN AS (ekf_bits & 16 <> 0), -- Constant-position guess, not initialised, or a GPS glitch
    ekf_variance_f4 FLOAT, -- ekf_variance_max as it is stored
    ekf_variance_max DOUBLE AS (coalesce(exact[2], ekf_variance_f4)), -- Largest innovation test ratio; 1 is at its limit
    battery_us BIGINT, -- When the battery's state was received, µs since start; NULL: not known
    battery_e3 INTEGER, -- battery_v as it is stored, mV
    battery_v DOUBLE AS (coalesce(exact[3], battery_e3 / 1e3)), -- Voltage, V; NULL: not known
    battery_a_e2 SMALLINT, -- battery_a as it is stored, cA
    battery_a DOUBLE AS (coalesce(exact[4], battery_a_e2 / 1e2)), -- Current, A; NULL: not known
    battery_ratio_e2 TINYINT, -- battery_ratio as it is stored, hundredths
    battery_ratio DOUBLE AS (coalesce(exact[5], battery_ratio_e2 / 1e2)), -- Remaining charge, 0 to 1; NULL: not known
    health_us BIGINT, -- When the autopilot's health was received, µs since start; NULL: not known
    rc_receiver VARCHAR, -- The pilot's radio receiver: absent, off, bad or good
    fence VARCHAR, -- The autopilot's fence: absent, off, bad or good
    exact DOUBLE[] -- hdop, variance, V, A, ratio, those that are not exactly as stored; NULL: all are
);
CREATE TABLE height ( -- Height above the ground below (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    source VARCHAR, -- rangefinder or terrain (the autopilot's map)
    height_m DOUBLE -- Height, m
);
CREATE TABLE home ( -- HOME_POSITION (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    lat_deg DOUBLE, -- WGS84 latitude of home, degrees
    lon_deg DOUBLE, -- WGS84 longitude of home, degrees
    alt_amsl_m DOUBLE -- Altitude of home above mean sea level, m
);
CREATE TABLE parameter ( -- What the autopilot told of a parameter, at each telling (input)
    at_us BIGINT, -- When recorded, µs since start
    told_us BIGINT, -- When told, µs since start; NULL: not known any more
    name VARCHAR, -- Its name
    value DOUBLE -- Its value
);
CREATE TABLE zone ( -- The fence uploaded to the autopilot: a row fence at each reading; when it is another one, its areas (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- Of fence: when read, µs since start; NULL: not known any more
    kind VARCHAR, -- fence, circle, or corner of a polygon; in the order of the rows
    is_changed BOOLEAN, -- Of fence: it is another one, and its areas follow
    is_cut BOOLEAN, -- Of fence: there is more of it than we understand
    inside BOOLEAN, -- Of an area: stay inside; else outside
    corner UTINYINT, -- Place of a corner in its polygon, from 0 on
    corner_count UTINYINT, -- Corners of its polygon
    lat_deg DOUBLE, -- WGS84 latitude of the corner or centre, degrees
    lon_deg DOUBLE, -- WGS84 longitude of the corner or centre, degrees
    radius_m DOUBLE -- Radius of a circle, m
);
CREATE TABLE vehicle_fact ( -- What else is known of the aircraft, and changes or comes seldom (input)
    at_us BIGINT, -- When recorded, µs since start
    part VARCHAR, -- identity, contested, left_total, mode_told, landed, utc_us, clock_offset_us, wind or ground_station
    received_us BIGINT, -- When received, µs since start; NULL: not known any more, or known by ourselves
    whole BIGINT, -- identity: 256 × system + component; mode_told: custom_mode; of others the value itself
    text VARCHAR -- identity: firmware; mode_told: firmware and mode; landed: state; contested: why, with the mend; wind: from where in degrees, m/s
);
