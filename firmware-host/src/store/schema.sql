-- The tables of a flight file. What stands after `--` on a line of a table becomes its comment in the file (schema.rs).
-- Times: microseconds of the daemon's monotonic clock; `utc(at_us)` gives UTC. No keys and no indexes: they make the
-- file 3.5 to 5 times larger and can spoil a checkpoint under a small memory limit.
CREATE TABLE flight ( -- This flight: one row
    name VARCHAR, -- Name of the file as created, without its ending
    schema_version INTEGER, -- Version of these tables
    started_utc TIMESTAMP, -- UTC at time 0 of the monotonic clock, best known (see utc_source)
    utc_source VARCHAR, -- Where started_utc comes from: system clock, or gps once the autopilot had it
    system_started_utc TIMESTAMP, -- The same by the system clock at creation; may be years off without a battery clock
    opened_us BIGINT, -- When this file was created, µs since start
    host VARCHAR, -- Name of the computer
    sdr VARCHAR, -- Source of samples, as the settings name it
    autopilot VARCHAR, -- Address of the autopilot, as the settings name it
    sample_rate_sps DOUBLE, -- Sample rate, samples per second
    frequency_hz DOUBLE, -- Tuned frequency, Hz
    clock_source VARCHAR, -- What acquired_us counts: the machine's clock, or the samples of a file
    settings_sha256 VARCHAR -- SHA-256 of the settings' text (setting, name settings_toml), hexadecimal
);
CREATE TABLE setting ( -- What the daemon was told, and what it is made of: one row each
    name VARCHAR, -- settings_toml (the whole text), version.NAME, channel.INDEX.name, or a settings key
    value VARCHAR -- Its value
);
-- A reading is stored in whole steps and read in dBFS, degrees and metres: 3 times smaller, because DuckDB compresses
-- DOUBLE (ALP) only in blocks of 256 KB, for which there is no memory in flight.
CREATE TABLE reading ( -- Power of a beacon's channel over one hop (input: the source of truth)
    acquired_us BIGINT, -- When the middle of the hop was taken, µs since start
    sample_index BIGINT, -- First sample of the hop, counted from the stream's start, lost samples included
    channel UTINYINT, -- Index of the channel (setting channel.INDEX.name)
    mean_e2 SMALLINT, -- mean_dbfs as it is stored, hundredths of a dB
    mean_dbfs DOUBLE AS (mean_e2 / 1e2), -- Mean power in the channel's bandwidth, dBFS, in steps of 0.01
    peak_e2 SMALLINT, -- peak_dbfs as it is stored, hundredths of a dB
    peak_dbfs DOUBLE AS (peak_e2 / 1e2), -- Power of the strongest FFT frame of the hop, dBFS, in steps of 0.01
    quiet_e2 SMALLINT, -- quiet_dbfs as it is stored, hundredths of a dB
    quiet_dbfs DOUBLE AS (quiet_e2 / 1e2), -- Spectral noise floor scaled to the channel's bandwidth, dBFS, in steps of 0.01; NULL: not known
    clipping_e4 USMALLINT, -- Share of samples at full scale, hundredths of a per cent
    flags USMALLINT, -- Bits: 1 overflow, 2 gap, 4 clipped, 8 non-finite, 16 retuned, 32 short, 64 stuck, 512 no quiet bins; any of 120: in no statistic
    frame_count USMALLINT, -- FFT frames in the hop
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (lat_e7 / 1e7), -- WGS84 latitude at that moment, in steps of 1e-7 degrees; NULL: no pose
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (lon_e7 / 1e7), -- WGS84 longitude at that moment, in steps of 1e-7 degrees
    alt_rel_e2 INTEGER, -- alt_rel_m as it is stored, cm
    alt_rel_m DOUBLE AS (alt_rel_e2 / 1e2), -- Altitude above home at that moment, m, in steps of 0.01
    yaw_e2 SMALLINT, -- yaw_deg as it is stored, hundredths of a degree
    yaw_deg DOUBLE AS (yaw_e2 / 1e2), -- Heading from true north, -180 to 180 degrees, in steps of 0.01; NULL: no attitude near
    pose_gap_us UINTEGER -- Time between the two positions the pose is interpolated from, µs
);
CREATE TABLE spectrum ( -- Rows of the waterfall
    acquired_us BIGINT, -- When the middle of the row was taken, µs since start
    first_bin_hz DOUBLE, -- Centre of the first bin, Hz
    bin_hz DOUBLE, -- Distance between bins, Hz
    power_dbfs DOUBLE[] -- Mean power per bin, dBFS, in steps of 0.01
);
CREATE TABLE signal ( -- What the statistics say of a channel, 10 Hz (derived: replay makes it again); unrounded
    at_us BIGINT, -- When computed, µs since start
    newest_reading_us BIGINT, -- When the newest usable reading in it was taken, µs since start
    channel UTINYINT, -- Index of the channel
    reading_count UINTEGER, -- Usable readings in the floor window
    power_dbfs DOUBLE, -- Newest usable reading's mean power, dBFS
    floor_temporal_dbfs DOUBLE, -- percentile_cont of mean power over the floor window, dBFS
    floor_spectral_dbfs DOUBLE, -- Median of quiet_dbfs over the rolling window, dBFS
    snr_db DOUBLE, -- Power over the floor named by snr_floor, dB
    snr_floor VARCHAR, -- spectral or temporal
    rolling_mean_dbfs DOUBLE, -- Mean of mean power over the rolling window, dBFS
    volatility_db DOUBLE, -- stddev_samp of mean power over the rolling window, dB
    delta_db DOUBLE, -- Newest minus oldest mean power of the rolling window, dB
    trend_db_s DOUBLE, -- regr_slope of mean power over the trend window, dB/s
    trend_r2 DOUBLE, -- regr_r2 of the same, 0 to 1
    gradient_north_db_m DOUBLE, -- Plane fit: dB per metre north; NULL: see no_gradient
    gradient_east_db_m DOUBLE, -- Plane fit: dB per metre east
    gradient_north_variance DOUBLE, -- Variance of gradient_north_db_m
    gradient_east_variance DOUBLE, -- Variance of gradient_east_db_m
    gradient_covariance DOUBLE, -- Covariance of the two
    bearing_rad DOUBLE, -- Bearing of the steepest climb from true north, rad
    bearing_sigma_rad DOUBLE, -- 1-sigma of the bearing, rad
    gradient_r2 DOUBLE, -- Weighted coefficient of determination, 0 to 1
    no_gradient VARCHAR, -- Why there is no usable gradient
    pulse_count USMALLINT, -- Pulses in the pattern
    pulse_width_us UINTEGER, -- Median pulse width, µs
    pulse_period_us DOUBLE, -- Period from start to start, µs
    pulse_jitter_us DOUBLE, -- Standard deviation of the starts about the train, µs
    heard BOOLEAN -- Whether a detection is open
);
CREATE TABLE detection ( -- A beacon heard: a row when it is confirmed and a row when it ends (view detections: the last of each)
    id UINTEGER, -- Counts up from 1 within a flight
    channel UTINYINT, -- Index of the channel
    kind VARCHAR, -- carrier, pulse_train or burst
    began_us BIGINT, -- When the evidence begins, µs since start
    confirmed_us BIGINT, -- When it was confirmed, µs since start
    ended_us BIGINT, -- When it was last heard, µs since start; NULL in the first row
    snr_peak_db DOUBLE, -- Strongest SNR so far, dB
    power_peak_dbfs DOUBLE, -- Strongest mean power so far, dBFS
    pulse_count USMALLINT, -- Pulses so far
    pulse_width_us UINTEGER, -- Median pulse width, µs
    pulse_period_us DOUBLE, -- Period from start to start, µs
    pulse_jitter_us DOUBLE, -- Standard deviation of the starts about the train, µs
    false_alarm_probability DOUBLE -- Upper bound of the chance that noise alone did this
);
CREATE TABLE pulse ( -- A stretch of FFT frames over the pulse threshold (input)
    start_us BIGINT, -- When its first frame began, µs since start
    width_us UINTEGER, -- Width, µs
    channel UTINYINT, -- Index of the channel
    flags USMALLINT, -- Bits as in reading, and 128 start unseen, 256 end unseen
    mean_dbfs DOUBLE, -- Mean power, dBFS, in steps of 0.01
    peak_dbfs DOUBLE, -- Strongest frame, dBFS, in steps of 0.01
    floor_dbfs DOUBLE -- Noise floor it stood on, dBFS, in steps of 0.01
);
CREATE TABLE vehicle ( -- The aircraft as known when something of it changed (input); NULL: never received; unrounded
    at_us BIGINT, -- When recorded, µs since start
    system UTINYINT, -- MAVLink system id we are bound to
    component UTINYINT, -- MAVLink component id
    firmware VARCHAR, -- ArduCopter, Px4 or Other
    heartbeat_us BIGINT, -- When the heartbeat was received, µs since start
    mode VARCHAR, -- Flight mode by its name
    mode_custom UINTEGER, -- Flight mode by its number (custom_mode)
    armed BOOLEAN, -- Motors armed
    system_status UTINYINT, -- MAV_STATE
    attitude_us BIGINT, -- When the attitude was received, µs since start
    roll_rad DOUBLE, -- Roll, rad
    pitch_rad DOUBLE, -- Pitch, rad
    yaw_rad DOUBLE, -- Yaw from true north, clockwise, rad
    yaw_rate_rad_s DOUBLE, -- Yaw rate, rad/s
    position_us BIGINT, -- When the position was received, µs since start
    lat_deg DOUBLE, -- WGS84 latitude, degrees
    lon_deg DOUBLE, -- WGS84 longitude, degrees
    alt_amsl_m DOUBLE, -- Altitude above mean sea level, m
    alt_rel_m DOUBLE, -- Altitude above home, m
    north_mps DOUBLE, -- Velocity north, m/s
    east_mps DOUBLE, -- Velocity east, m/s
    down_mps DOUBLE, -- Velocity down, m/s
    gps_us BIGINT, -- When GPS_RAW_INT was received, µs since start
    gps_fix UTINYINT, -- GPS_FIX_TYPE
    gps_satellites UTINYINT, -- Satellites in use
    gps_hdop DOUBLE, -- Horizontal dilution of precision
    ekf_us BIGINT, -- When the estimator's report was received, µs since start
    ekf_attitude_ok BOOLEAN, -- Attitude estimate is good
    ekf_velocity_ok BOOLEAN, -- Horizontal velocity estimate is good
    ekf_position_ok BOOLEAN, -- Absolute horizontal position estimate is good
    ekf_height_ok BOOLEAN, -- Vertical position estimate is good
    ekf_degraded BOOLEAN, -- Constant-position guess, not initialised, or a GPS glitch
    ekf_variance_max DOUBLE, -- Largest innovation test ratio; 1 is at its limit
    battery_us BIGINT, -- When the battery's state was received, µs since start
    battery_v DOUBLE, -- Voltage, V
    battery_a DOUBLE, -- Current, A
    battery_ratio DOUBLE, -- Remaining charge, 0 to 1
    rc_us BIGINT, -- When RC_CHANNELS was received, µs since start
    rc_roll_us USMALLINT, -- Roll stick, pulse width in µs; 0 or 65535: absent
    rc_pitch_us USMALLINT, -- Pitch stick, pulse width in µs
    rc_throttle_us USMALLINT, -- Throttle stick, pulse width in µs
    rc_yaw_us USMALLINT, -- Yaw stick, pulse width in µs
    rc_channel_count UTINYINT, -- Channels the receiver reports
    home_us BIGINT, -- When home was received, µs since start
    home_lat_deg DOUBLE, -- WGS84 latitude of home, degrees
    home_lon_deg DOUBLE, -- WGS84 longitude of home, degrees
    home_alt_amsl_m DOUBLE, -- Altitude of home above mean sea level, m
    utc_received_us BIGINT, -- When GPS time was received, µs since start
    utc_us BIGINT, -- UTC by GPS, µs since 1970
    clock_offset_received_us BIGINT, -- When the clock offset was received, µs since start
    clock_offset_us BIGINT, -- Autopilot's clock minus ours, µs
    guid_timeout_s DOUBLE, -- Parameter GUID_TIMEOUT, s
    fs_gcs_enable DOUBLE, -- Parameter FS_GCS_ENABLE
    fence_enable DOUBLE, -- Parameter FENCE_ENABLE
    battery_action DOUBLE, -- Parameter BATT_FS_LOW_ACT or BATT_FS_CRT_ACT, or COM_LOW_BAT_ACT
    gcs_system DOUBLE, -- Parameter SYSID_MYGCS or MAV_GCS_SYSID
    offboard_loss_s DOUBLE, -- Parameter COM_OF_LOSS_T, s
    offboard_loss_action DOUBLE, -- Parameter COM_OBL_RC_ACT
    geofence_action DOUBLE, -- Parameter GF_ACTION
    ground_station_us BIGINT, -- When a ground station's heartbeat was received, µs since start
    ground_station_system UTINYINT, -- Its system id
    contested VARCHAR, -- Why others may command this aircraft too; NULL: nobody else does
    left_total UINTEGER -- Times the mode in which we may command was left, or the motors disarmed in it
);
CREATE TABLE command ( -- What a control pass commanded
    at_us BIGINT, -- When, µs since start
    kind VARCHAR, -- velocity, stop (zero velocity) or silence
    north_mps DOUBLE, -- Velocity north, m/s
    east_mps DOUBLE, -- Velocity east, m/s
    down_mps DOUBLE, -- Velocity down, m/s
    yaw_rate_rad_s DOUBLE, -- Yaw rate, clockwise from above, rad/s
    interlock VARCHAR, -- Silence: which interlock does not hold
    fault VARCHAR, -- Silence: in which way
    detail VARCHAR -- Silence: more
);
CREATE TABLE state_change ( -- Changes of our state
    at_us BIGINT, -- When, µs since start
    from_state VARCHAR, -- State before
    to_state VARCHAR, -- State after
    reason VARCHAR, -- Why, in words
    interlock VARCHAR, -- The interlock that tripped, if it was one
    fault VARCHAR -- In which way
);
CREATE TABLE event ( -- Things that happened, for people
    at_us BIGINT, -- When, µs since start
    severity VARCHAR, -- critical, warning or note
    kind VARCHAR, -- A fixed word, such as sdr_gap or mode_change
    text VARCHAR -- In words
);
CREATE TABLE operator ( -- What the operator did (input)
    at_us BIGINT, -- When, µs since start
    act VARCHAR -- homing_on or homing_off
);
CREATE TABLE health ( -- Threads against their budgets (kind pass) and lanes (kind lane), 1 Hz
    at_us BIGINT, -- When, µs since start
    kind VARCHAR, -- pass or lane
    name VARCHAR, -- Name of the thread or lane
    budget_us UINTEGER, -- Budget of one pass, µs
    pass_count UINTEGER, -- Passes since the last row
    miss_count UINTEGER, -- Passes over budget since the last row
    busy_us BIGINT, -- Time in passes since the last row, µs
    longest_us UINTEGER, -- Longest pass since the last row, µs
    miss_total BIGINT, -- Passes over budget since the start
    pushed_total BIGINT, -- Items that fitted since the start
    dropped_total BIGINT, -- Items that did not fit since the start: lost
    capacity_count BIGINT -- Items the lane holds at most
);
CREATE TABLE link ( -- Counters of the autopilot link since the start, 1 Hz
    at_us BIGINT, -- When, µs since start
    received_bytes_total BIGINT, -- Bytes in
    received_total BIGINT, -- Good frames in, from anybody
    crc_error_total BIGINT, -- Frames with a wrong CRC
    unknown_total BIGINT, -- Good frames of no known message or with an unknown enum value
    sequence_lost_total BIGINT, -- Messages of our autopilot missing by sequence number
    resync_total BIGINT, -- Stretches of bytes that were no frame
    garbage_bytes_total BIGINT, -- Bytes in those
    foreign_total BIGINT, -- Good frames of others than the bound autopilot
    sent_total BIGINT, -- Frames out
    send_dropped_total BIGINT, -- Frames not sent: the line was full or gone, or nothing in them can be sent
    reconnect_total BIGINT, -- Times the line was opened again
    late_total BIGINT, -- Messages of our autopilot that came late: heard before, or older than what is known
    unread_total BIGINT, -- Reads of the line that a late pass left no room for: lost
    recalled_bytes_total BIGINT -- Bytes written and taken back before they left
);
