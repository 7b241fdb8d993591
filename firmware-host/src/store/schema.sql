-- The tables of a flight file. What stands after `--` on a line of a table becomes its comment in the file (schema.rs).
-- Times: microseconds of the daemon's monotonic clock; `utc(at_us)` gives UTC. No keys and no indexes: they make the
-- file 3.5 to 5 times larger and can spoil a checkpoint under a small memory limit.
CREATE TABLE flight ( -- This flight: one row
    name VARCHAR, -- Name of the file as created, without its ending
    schema_version INTEGER, -- Version of these tables
    started_utc TIMESTAMP, -- UTC at time 0 of the monotonic clock, best known (see utc_source)
    utc_source VARCHAR, -- Where started_utc comes from: system clock, the recording that was played, or gps once the autopilot had it
    system_started_utc TIMESTAMP, -- The same by the system clock at creation; may be years off without a battery clock
    opened_us BIGINT, -- When this file was created, µs since start
    host VARCHAR, -- Name of the computer
    sdr VARCHAR, -- Source of samples, as the settings name it
    autopilot VARCHAR, -- Address of the autopilot, as the settings name it
    sample_rate_sps DOUBLE, -- Sample rate, samples per second
    frequency_hz DOUBLE, -- Tuned frequency, Hz
    clock_source VARCHAR, -- What acquired_us counts: the machine's clock, or the samples of a file
    settings_sha256 VARCHAR, -- SHA-256 of the settings' text (setting, name settings_toml), hexadecimal
    continues VARCHAR, -- Name of the file before this one of the same flight; NULL: this is the first
    unrecorded_since_us BIGINT, -- Since when nothing was recorded before opened_us, µs since start; NULL: nothing is missing
    ended VARCHAR -- closed (by its recorder), recovered (after it died), salvaged (and what was lost), or copied (before any of these); NULL: it is being recorded, or its recorder died
);
CREATE TABLE setting ( -- What the daemon was told, and what it is made of: one row each
    name VARCHAR, -- settings_toml (the whole text at the start), version.NAME, channel.INDEX.name (also of those that came in flight), or a settings key
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
    flags USMALLINT, -- Bits: 1 overflow, 2 gap, 4 clipped, 8 non-finite, 16 retuned, 32 short, 64 stuck, 512 no quiet bins, 1024 out of band, 2048 gated (zeros left out); any of 1144: in no statistic
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
    bin_count USMALLINT, -- Bins of the row
    power_e1 SMALLINT[256] -- Mean power per bin, tenths of a dBFS (for eyes); NULL behind the last bin. In dBFS: view waterfall
);
-- Facts are derived and stored in steps: a thousandth of a dB is far below what any of them means.
CREATE TABLE signal ( -- What the statistics say of a channel, 10 Hz (derived: replay makes it again)
    at_us BIGINT, -- When computed, µs since start
    newest_reading_us BIGINT, -- When the newest usable reading in it was taken, µs since start
    channel UTINYINT, -- Index of the channel
    reading_count UINTEGER, -- Usable readings in the floor window
    power_e2 SMALLINT, -- power_dbfs as it is stored, hundredths
    power_dbfs DOUBLE AS (power_e2 / 1e2), -- Newest usable reading's mean power, dBFS, in steps of 0.01
    floor_temporal_e3 INTEGER, -- floor_temporal_dbfs as it is stored, thousandths
    floor_temporal_dbfs DOUBLE AS (floor_temporal_e3 / 1e3), -- percentile_cont of mean power over the floor window, dBFS
    floor_spectral_e3 INTEGER, -- floor_spectral_dbfs as it is stored, thousandths
    floor_spectral_dbfs DOUBLE AS (floor_spectral_e3 / 1e3), -- Median of quiet_dbfs over the rolling window, dBFS
    snr_e3 INTEGER, -- snr_db as it is stored, thousandths
    snr_db DOUBLE AS (snr_e3 / 1e3), -- Power over the floor named by snr_floor, dB
    snr_floor VARCHAR, -- spectral or temporal
    rolling_mean_e3 INTEGER, -- rolling_mean_dbfs as it is stored, thousandths
    rolling_mean_dbfs DOUBLE AS (rolling_mean_e3 / 1e3), -- Mean of mean power over the rolling window, dBFS
    volatility_e3 INTEGER, -- volatility_db as it is stored, thousandths
    volatility_db DOUBLE AS (volatility_e3 / 1e3), -- stddev_samp of mean power over the rolling window, dB
    delta_e3 INTEGER, -- delta_db as it is stored, thousandths
    delta_db DOUBLE AS (delta_e3 / 1e3), -- Newest minus oldest mean power of the rolling window, dB
    ewma_e3 INTEGER, -- ewma_dbfs as it is stored, thousandths
    ewma_dbfs DOUBLE AS (ewma_e3 / 1e3), -- Mean power through a low-pass of analytics.ewma_time_constant_s, dBFS
    trend_e3 INTEGER, -- trend_db_s as it is stored, thousandths
    trend_db_s DOUBLE AS (trend_e3 / 1e3), -- regr_slope of mean power over the trend window, dB/s
    trend_r2_e4 SMALLINT, -- trend_r2 as it is stored, 1e-4
    trend_r2 DOUBLE AS (trend_r2_e4 / 1e4), -- regr_r2 of the same, 0 to 1
    gradient_north_db_m FLOAT, -- Plane fit: dB per metre north; NULL: see no_gradient
    gradient_east_db_m FLOAT, -- Plane fit: dB per metre east
    gradient_north_variance FLOAT, -- Variance of gradient_north_db_m
    gradient_east_variance FLOAT, -- Variance of gradient_east_db_m
    gradient_covariance FLOAT, -- Covariance of the two
    bearing_rad FLOAT, -- Bearing of the steepest climb from true north, rad
    bearing_sigma_rad FLOAT, -- 1-sigma of the bearing, rad
    gradient_r2 FLOAT, -- Weighted coefficient of determination, 0 to 1
    no_gradient VARCHAR, -- Why there is no usable gradient
    pulse_count USMALLINT, -- Pulses in the pattern
    pulse_width_us UINTEGER, -- Median pulse width, µs
    pulse_period_us FLOAT, -- Period from start to start, µs
    pulse_jitter_us FLOAT, -- Standard deviation of the starts about the train, µs
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
    heard_hz DOUBLE, -- Where a matched detector heard it strongest, Hz
    cn0_peak_db_hz DOUBLE, -- Carrier to noise density there, dB-Hz
    pulse_count USMALLINT, -- Pulses so far
    pulse_width_us UINTEGER, -- Median pulse width, µs
    pulse_period_us DOUBLE, -- Period from start to start, µs
    pulse_period_min_us UINTEGER, -- Shortest interval between neighbours, over the places they are apart, µs
    pulse_period_max_us UINTEGER, -- Longest such interval, µs
    pulse_jitter_us DOUBLE, -- Standard deviation of the starts about the train, µs
    false_alarm_probability DOUBLE, -- Upper bound of the chance that noise alone did this
    beacon_id VARCHAR -- Identification of 15 digits in the newest message of a distress beacon in it; NULL without one
);
CREATE TABLE estimate ( -- Where a beacon is: what the posterior of its place says, 1 Hz and when our state changes (derived)
    at_us BIGINT, -- When, µs since start
    channel UTINYINT, -- Index of the channel
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (lat_e7 / 1e7), -- WGS84 latitude of its mean, in steps of 1e-7 degrees
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (lon_e7 / 1e7), -- WGS84 longitude of its mean, in steps of 1e-7 degrees
    variance_north_m2 FLOAT, -- Variance northwards, m²
    covariance_m2 FLOAT, -- Covariance of north and east, m²
    variance_east_m2 FLOAT, -- Variance eastwards, m²
    peak_lat_e7 INTEGER, -- peak_lat_deg as it is stored, 1e-7 degrees
    peak_lat_deg DOUBLE AS (peak_lat_e7 / 1e7), -- WGS84 latitude of its densest place, in steps of 1e-7 degrees
    peak_lon_e7 INTEGER, -- peak_lon_deg as it is stored, 1e-7 degrees
    peak_lon_deg DOUBLE AS (peak_lon_e7 / 1e7), -- WGS84 longitude of its densest place, in steps of 1e-7 degrees
    radius_50_m FLOAT, -- Radius of a circle as large as the smallest region that holds 50 %, m
    radius_95_m FLOAT, -- Likewise of 95 %, m
    power_100_m_dbfs FLOAT, -- Fit at the peak: power at 100 m in the clear, dBFS
    exponent FLOAT, -- Fit at the peak: path-loss exponent
    spread_db FLOAT, -- Fit at the peak: standard deviation of shadowing at low elevation, dB
    correlation_m FLOAT, -- Fit at the peak: distance at which its correlation has fallen to 1/e, m
    observation_count UINTEGER -- Observations in it
);
CREATE TABLE estimate_region ( -- The smallest regions that hold a beacon with 50 % and with 95 %, each minute and when it has become half as large again or less: a row is squares side by side (derived)
    at_us BIGINT, -- When, µs since start
    channel UTINYINT, -- Index of the channel
    percent UTINYINT, -- Probability of the whole region, per cent
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (lat_e7 / 1e7), -- WGS84 latitude of the middle of the most western square, in steps of 1e-7 degrees
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (lon_e7 / 1e7), -- WGS84 longitude of the middle of the most western square, in steps of 1e-7 degrees
    size_m FLOAT, -- Edge of each square, m
    square_count USMALLINT -- Squares side by side, eastwards
);
CREATE TABLE search ( -- How far the search of [search] has come, each 10 s, when our state changes and at its end (derived)
    at_us BIGINT, -- When, µs since start
    pattern VARCHAR, -- Name of its pattern
    spacing_m FLOAT, -- Track spacing of its route, m; NULL where the pattern has none
    progress FLOAT, -- Flown share of the route by our own velocities, 0..1
    flown BOOLEAN, -- They lead along it now
    pos DOUBLE, -- Probability of success so far: that a beacon, lying anywhere in the area alike, would have been heard by now
    area_m2 DOUBLE, -- Size of the area, m²
    searched_m2 DOUBLE, -- Of it where the probability of detection is a half or more, m²
    listening_count UINTEGER, -- Listenings that counted
    floor_dbm_hz FLOAT, -- Noise that is reckoned with, dBm/Hz
    height_m FLOAT -- Height over home that is reckoned with, m
);
CREATE TABLE search_cell ( -- The map of the search, each minute and at its end: a row is squares side by side that are alike (derived)
    at_us BIGINT, -- When, µs since start
    lat_e7 INTEGER, -- lat_deg as it is stored, 1e-7 degrees
    lat_deg DOUBLE AS (lat_e7 / 1e7), -- WGS84 latitude of the middle of the most western square, in steps of 1e-7 degrees
    lon_e7 INTEGER, -- lon_deg as it is stored, 1e-7 degrees
    lon_deg DOUBLE AS (lon_e7 / 1e7), -- WGS84 longitude of the middle of the most western square, in steps of 1e-7 degrees
    size_m FLOAT, -- Edge of each square, m
    square_count USMALLINT, -- Squares side by side, eastwards
    poa FLOAT, -- Probability that the beacon lay in each before the search
    pod_e2 UTINYINT, -- pod as it is stored, hundredths
    pod DOUBLE AS (pod_e2 / 1e2) -- Probability of detection in each so far, in steps of 0.01
);
CREATE TABLE hearing ( -- What a matched detector heard, over a time of its own (input)
    until_us BIGINT, -- End of the time listened to, µs since start
    span_us UINTEGER, -- Length of that time, µs
    channel UTINYINT, -- Index of the channel
    kind VARCHAR, -- line, train, energy, chirp or burst
    frequency_hz DOUBLE, -- Frequency at the middle of that time, of energy the middle of what it fills, Hz
    drift_hz_s DOUBLE, -- Its drift, Hz/s
    period_us UINTEGER, -- Mean time from pulse to pulse, µs; NULL but of a train
    pulse_count USMALLINT, -- Pulses, or chirps, that were summed; 0 of a line and of energy
    width_us UINTEGER, -- Width of the pulses that the filter is matched to, or of a chirp, µs; 0 of a line and of energy
    cn0_e2 SMALLINT, -- cn0_db_hz as it is stored, hundredths
    cn0_db_hz DOUBLE AS (cn0_e2 / 1e2), -- Carrier to noise density, of a train that of its newest pulse, dB-Hz, in steps of 0.01
    cn0_sigma_e2 SMALLINT, -- cn0_sigma_db as it is stored, hundredths of a dB
    cn0_sigma_db DOUBLE AS (cn0_sigma_e2 / 1e2), -- One sigma of that, dB, in steps of 0.01
    power_e2 SMALLINT, -- power_dbfs as it is stored, hundredths of a dB
    power_dbfs DOUBLE AS (power_e2 / 1e2), -- Power of the emission alone, dBFS, in steps of 0.01
    statistic DOUBLE, -- What was judged: mean power in the matched bins over that of noise, ratio; of a burst ln of the likelihood ratio
    threshold DOUBLE, -- What it had to reach
    ln_false_alarms_per_hour DOUBLE -- ln of how often noise alone does this in an hour, at most
);
CREATE TABLE beacon_message ( -- What a 406 MHz distress beacon says, by Cospas-Sarsat C/S T.001; each is a row of hearing too
    until_us BIGINT, -- End of the burst, µs since start
    channel UTINYINT, -- Index of the channel
    id VARCHAR, -- Identification, 15 hexadecimal digits, its position bits as C/S T.001 has them there
    hex VARCHAR, -- Bits 25 to 112 (short) or 144 (long) in hexadecimal, corrected
    self_test BOOLEAN, -- Whether its frame synchronisation is that of a self-test
    test BOOLEAN, -- Whether nobody is in distress by what it says: a self-test, a test protocol or a reference beacon
    country_code USMALLINT, -- Maritime identification digits
    country VARCHAR, -- Country of these digits; NULL where they are given to nobody
    protocol VARCHAR, -- What its bits mean
    beacon VARCHAR, -- ELT, EPIRB, PLB, ship security alert, reference, test or unknown
    identity VARCHAR, -- Whom it names
    says_lat_deg DOUBLE, -- Latitude at which the beacon says it is, WGS84; NULL: it says none
    says_lon_deg DOUBLE, -- Longitude at which the beacon says it is, WGS84
    resolution_arcsec USMALLINT, -- Distance between places that it can tell, seconds of arc
    position_source VARCHAR, -- internal or external receiver, as it says; NULL: it does not say
    bch1_corrected UTINYINT, -- Bits of its first protected field that were corrected
    bch2_corrected UTINYINT, -- The same of the second; NULL where there is none or more were wrong than can be corrected
    frequency_hz DOUBLE, -- Its frequency, Hz
    cn0_db_hz DOUBLE, -- Carrier to noise density, dB-Hz
    power_dbfs DOUBLE -- Power of the burst alone, dBFS
);
CREATE TABLE pulse ( -- A stretch of FFT frames over the pulse threshold (input)
    start_us BIGINT, -- When its first frame began, µs since start
    width_us UINTEGER, -- Width, µs
    channel UTINYINT, -- Index of the channel
    flags USMALLINT, -- Bits as in reading, and 128 start unseen, 256 end unseen
    mean_e2 SMALLINT, -- mean_dbfs as it is stored, hundredths of a dB
    mean_dbfs DOUBLE AS (mean_e2 / 1e2), -- Mean power, dBFS, in steps of 0.01
    peak_e2 SMALLINT, -- peak_dbfs as it is stored, hundredths of a dB
    peak_dbfs DOUBLE AS (peak_e2 / 1e2), -- Strongest frame, dBFS, in steps of 0.01
    floor_e2 SMALLINT, -- floor_dbfs as it is stored, hundredths of a dB
    floor_dbfs DOUBLE AS (floor_e2 / 1e2) -- Noise floor it stood on, dBFS, in steps of 0.01
);
CREATE TABLE pass ( -- What a control pass was given, besides the rows of its time in the aircraft's tables and operator (input)
    at_us BIGINT, -- When it began, µs since start
    reading_count UINTEGER, -- The next rows of reading, counted from the file's first one; they stand there as soon as their place is known
    pulse_count UINTEGER, -- The next rows of pulse
    hearing_count UINTEGER, -- The next rows of hearing
    sdr_alive BOOLEAN, -- Whether the SDR streamed
    is_end BOOLEAN -- It is no pass: the flight ended
);
CREATE TABLE switch ( -- Profiles that took over in flight (input): each is whole, what was in force before is over
    at_us BIGINT, -- When, µs since start: before the first pass that is not earlier
    profile VARCHAR, -- Name of the profile; NULL: the flight's own settings, without one
    profile_sha256 VARCHAR, -- SHA-256 of its text, hexadecimal
    settings_sha256 VARCHAR, -- SHA-256 of settings_toml, hexadecimal
    settings_toml VARCHAR, -- The settings in force from then on, whole
    channels VARCHAR, -- Indices of the channels in force from then on, in the order of the settings, with blanks between them
    asked_by VARCHAR -- Who asked for it
);
CREATE TABLE command ( -- What a control pass commanded (derived); velocities as the message carries them
    at_us BIGINT, -- When, µs since start
    kind VARCHAR, -- velocity, stop (zero velocity) or silence
    north_mps FLOAT, -- Velocity north, m/s
    east_mps FLOAT, -- Velocity east, m/s
    down_mps FLOAT, -- Velocity down, m/s
    yaw_rate_rad_s FLOAT, -- Yaw rate, clockwise from above, rad/s
    interlock VARCHAR, -- Silence: which interlock does not hold
    fault VARCHAR, -- Silence: in which way
    detail VARCHAR, -- Silence: more
    reason VARCHAR, -- Velocity: why it leads where it leads, in words
    to_lat_e7 INTEGER, -- to_lat_deg as it is stored, 1e-7 degrees
    to_lat_deg DOUBLE AS (to_lat_e7 / 1e7), -- Velocity: end of the way that is flown, WGS84 degrees; none along the route of a search
    to_lon_e7 INTEGER, -- to_lon_deg as it is stored, 1e-7 degrees
    to_lon_deg DOUBLE AS (to_lon_e7 / 1e7) -- Likewise
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
CREATE TABLE log ( -- What happened and what the flight was told, in one order: events, the operator, state changes, detections, changes of the aircraft and of what it was commanded; what is measured at a rate is in its own tables only
    id BIGINT, -- Counts up from 1 over all files of a flight, in the order of the commits; some may be missing
    at_us BIGINT, -- When, µs since start: of neighbours not always in order, for they come from several threads
    source VARCHAR, -- The table that tells more: event, operator, state_change, detection, command; or vehicle
    severity VARCHAR, -- Of an event: critical, warning or note
    kind VARCHAR, -- A fixed word: of an event its kind, else homing_on, homing_off; the new state; confirmed, ended; velocity, stop, silence; identity, contested, mode, landed, home, ground_station, parameter, fence
    text VARCHAR -- In words
);
CREATE TABLE operator ( -- What the operator did (input)
    at_us BIGINT, -- When, µs since start
    act VARCHAR -- homing_on or homing_off
);
CREATE TABLE health ( -- Threads against their budgets (kind pass) and lanes (kind lane), 1 Hz; what was discarded (kind discard); what the database uses (kind database) and how the machine is (kind machine), each 10 s
    at_us BIGINT, -- When, µs since start
    kind VARCHAR, -- pass, lane, discard or database
    name VARCHAR, -- Name of the thread or lane; refused (readings and pulses out of order or of no channel) or unplaced (without a pose: too many waited); or what value is, with its unit
    budget_us UINTEGER, -- Budget of one pass, µs
    pass_count UINTEGER, -- Passes since the last row
    miss_count UINTEGER, -- Passes over budget since the last row
    busy_us BIGINT, -- Time in passes since the last row, µs
    longest_us UINTEGER, -- Longest pass since the last row, µs
    miss_total BIGINT, -- Passes over budget since the start
    pushed_total BIGINT, -- Items that fitted since the start
    dropped_total BIGINT, -- Items that did not fit or were discarded since the start: lost
    capacity_count BIGINT, -- Items the lane holds at most
    value BIGINT -- Of kinds database and machine: bytes, µs or a count, as name says
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
