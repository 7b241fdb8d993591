-- The aircraft, part by part: a row at each control pass that saw a part change. Inputs: a replay must get the same bits.
-- Values are stored in the whole steps or floats in which MAVLink sends them, and read as the engine has them. Where that is
-- not the same to the bit, `exact` holds the values instead. A row whose received_us is NULL: the part is not known any more.
CREATE TABLE heartbeat ( -- HEARTBEAT of the autopilot (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    firmware VARCHAR, -- Whose modes: ArduCopter, Px4 or Other
    mode VARCHAR, -- Flight mode by its name
    mode_custom UINTEGER, -- Flight mode by its number (custom_mode)
    armed BOOLEAN, -- Motors armed
    system_status UTINYINT -- MAV_STATE
);
CREATE TABLE attitude ( -- ATTITUDE (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    roll_f4 FLOAT, -- roll_rad as it is stored
    roll_rad DOUBLE AS (coalesce(exact[1], roll_f4)), -- Roll, rad
    pitch_f4 FLOAT, -- pitch_rad as it is stored
    pitch_rad DOUBLE AS (coalesce(exact[2], pitch_f4)), -- Pitch, rad
    yaw_f4 FLOAT, -- yaw_rad as it is stored
    yaw_rad DOUBLE AS (coalesce(exact[3], yaw_f4)), -- Yaw from true north, clockwise, rad
    yaw_rate_f4 FLOAT, -- yaw_rate_rad_s as it is stored
    yaw_rate_rad_s DOUBLE AS (coalesce(exact[4], yaw_rate_f4)), -- Yaw rate, rad/s
    exact DOUBLE[] -- Roll, pitch, yaw, yaw rate where the stored floats are not exactly so; else NULL
);
CREATE TABLE position ( -- GLOBAL_POSITION_INT (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (coalesce(exact[1], lat_e7 / 1e7)), -- WGS84 latitude, degrees
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (coalesce(exact[2], lon_e7 / 1e7)), -- WGS84 longitude, degrees
    alt_amsl_e3 INTEGER, -- alt_amsl_m as it is stored, mm
    alt_amsl_m DOUBLE AS (coalesce(exact[3], alt_amsl_e3 / 1e3)), -- Altitude above mean sea level, m
    alt_rel_e3 INTEGER, -- alt_rel_m as it is stored, mm
    alt_rel_m DOUBLE AS (coalesce(exact[4], alt_rel_e3 / 1e3)), -- Altitude above home, m
    north_e2 SMALLINT, -- north_mps as it is stored, cm/s
    north_mps DOUBLE AS (coalesce(exact[5], north_e2 / 1e2)), -- Velocity north, m/s
    east_e2 SMALLINT, -- east_mps as it is stored, cm/s
    east_mps DOUBLE AS (coalesce(exact[6], east_e2 / 1e2)), -- Velocity east, m/s
    down_e2 SMALLINT, -- down_mps as it is stored, cm/s
    down_mps DOUBLE AS (coalesce(exact[7], down_e2 / 1e2)), -- Velocity down, m/s
    exact DOUBLE[] -- The seven in this order where the stored steps are not exactly so; else NULL
);
CREATE TABLE rc ( -- RC_CHANNELS: the pilot's radio, pulse widths in µs; 0 or 65535: absent (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    rc1_us USMALLINT, -- Channel 1, µs; which channel is which stick, RCMAP_* or RC_MAP_* say (parameter)
    rc2_us USMALLINT, -- Channel 2, µs
    rc3_us USMALLINT, -- Channel 3, µs
    rc4_us USMALLINT, -- Channel 4, µs
    rc5_us USMALLINT, -- Channel 5, µs
    rc6_us USMALLINT, -- Channel 6, µs
    rc7_us USMALLINT, -- Channel 7, µs
    rc8_us USMALLINT, -- Channel 8, µs
    rc9_us USMALLINT, -- Channel 9, µs
    rc10_us USMALLINT, -- Channel 10, µs
    rc11_us USMALLINT, -- Channel 11, µs
    rc12_us USMALLINT, -- Channel 12, µs
    rc13_us USMALLINT, -- Channel 13, µs
    rc14_us USMALLINT, -- Channel 14, µs
    rc15_us USMALLINT, -- Channel 15, µs
    rc16_us USMALLINT, -- Channel 16, µs
    rc17_us USMALLINT, -- Channel 17, µs
    rc18_us USMALLINT, -- Channel 18, µs
    channel_count UTINYINT, -- Channels the receiver reports
    rssi UTINYINT -- Signal strength as sent, 0 none; NULL: not known
);
CREATE TABLE gps ( -- GPS_RAW_INT (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    fix UTINYINT, -- GPS_FIX_TYPE
    satellites UTINYINT, -- Satellites in use; NULL: not told
    hdop_e2 USMALLINT, -- hdop as it is stored, hundredths
    hdop DOUBLE AS (coalesce(exact[1], hdop_e2 / 1e2)), -- Horizontal dilution of precision; NULL: not known
    exact DOUBLE[] -- hdop where the stored steps are not exactly so; else NULL
);
CREATE TABLE ekf ( -- The estimator of itself: EKF_STATUS_REPORT or ESTIMATOR_STATUS (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    bits UTINYINT, -- The five that follow as they are stored, from bit 0 on
    attitude_ok BOOLEAN AS (bits & 1 <> 0), -- Attitude estimate is good
    velocity_ok BOOLEAN AS (bits & 2 <> 0), -- Horizontal velocity estimate is good
    position_ok BOOLEAN AS (bits & 4 <> 0), -- Absolute horizontal position estimate is good
    height_ok BOOLEAN AS (bits & 8 <> 0), -- Vertical position estimate is good
    degraded BOOLEAN AS (bits & 16 <> 0), -- Constant-position guess, not initialised, or a GPS glitch
    variance_f4 FLOAT, -- variance_max as it is stored
    variance_max DOUBLE AS (coalesce(exact[1], variance_f4)), -- Largest innovation test ratio; 1 is at its limit
    exact DOUBLE[] -- variance_max where the stored float is not exactly so; else NULL
);
CREATE TABLE battery ( -- SYS_STATUS and BATTERY_STATUS (input); NULL: not known
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    voltage_e3 INTEGER, -- voltage_v as it is stored, mV
    voltage_v DOUBLE AS (coalesce(exact[1], voltage_e3 / 1e3)), -- Voltage, V
    current_e2 SMALLINT, -- current_a as it is stored, cA
    current_a DOUBLE AS (coalesce(exact[2], current_e2 / 1e2)), -- Current, A
    remaining_e2 TINYINT, -- remaining_ratio as it is stored, hundredths
    remaining_ratio DOUBLE AS (coalesce(exact[3], remaining_e2 / 1e2)), -- Remaining charge, 0 to 1
    exact DOUBLE[] -- The three where the stored steps are not exactly so; else NULL
);
CREATE TABLE autopilot_health ( -- SYS_STATUS: parts of the autopilot; each absent, off, bad or good (input)
    at_us BIGINT, -- When recorded, µs since start
    received_us BIGINT, -- When received, µs since start; NULL: not known any more
    rc_receiver VARCHAR, -- The pilot's radio receiver
    fence VARCHAR -- The autopilot's fence
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
    part VARCHAR, -- identity, contested, left_total, mode_told, landed, utc_us, clock_offset_us or ground_station
    received_us BIGINT, -- When received, µs since start; NULL: not known any more, or known by ourselves
    whole BIGINT, -- identity: 256 × system + component; mode_told: custom_mode; of others the value itself
    text VARCHAR -- identity: firmware; mode_told: firmware and mode; landed: state; contested: why, with the mend
);
