-- Views for people. The comment line above a view becomes its comment in the file (schema.rs).
CREATE MACRO utc(us) AS (SELECT started_utc + to_microseconds(us) FROM flight LIMIT 1);
-- Power and spectral noise floor of each channel per minute of usable readings: percentiles, dBFS
CREATE VIEW minute_noise AS
SELECT acquired_us // 60000000 AS minute, channel, count(*) AS reading_count,
    percentile_cont(0.1) WITHIN GROUP (ORDER BY mean_dbfs) AS p10_dbfs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY mean_dbfs) AS p50_dbfs,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY mean_dbfs) AS p90_dbfs,
    max(peak_dbfs) AS peak_dbfs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY quiet_dbfs) AS quiet_p50_dbfs
FROM reading WHERE flags & 1144 = 0 GROUP BY minute, channel ORDER BY minute, channel;
-- The aircraft as known at each control pass that saw something of it change; NULL: not known
CREATE VIEW vehicle AS
SELECT p.at_us, i.whole // 256 AS system, i.whole % 256 AS component, i.text AS firmware,
    h.received_us AS heartbeat_us, h.mode, h.mode_custom, h.armed, h.system_status, t.text AS mode_told, l.text AS landed,
    m.* EXCLUDE (at_us, exact), s.* EXCLUDE (at_us, exact),
    o.received_us AS home_us, o.lat_deg AS home_lat_deg, o.lon_deg AS home_lon_deg, o.alt_amsl_m AS home_alt_amsl_m,
    u.received_us AS utc_received_us, u.whole AS utc_us, c.received_us AS clock_offset_received_us,
    c.whole AS clock_offset_us, x.received_us AS ground_station_us, x.whole AS ground_station_system,
    y.text AS contested, coalesce(z.whole, 0) AS left_total
FROM (SELECT DISTINCT at_us FROM (SELECT at_us FROM heartbeat UNION ALL SELECT at_us FROM vehicle_motion
        UNION ALL SELECT at_us FROM vehicle_status UNION ALL SELECT at_us FROM home
        UNION ALL SELECT at_us FROM vehicle_fact)) AS p
    ASOF LEFT JOIN heartbeat AS h ON p.at_us >= h.at_us
    ASOF LEFT JOIN vehicle_motion AS m ON p.at_us >= m.at_us
    ASOF LEFT JOIN vehicle_status AS s ON p.at_us >= s.at_us
    ASOF LEFT JOIN home AS o ON p.at_us >= o.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'identity') AS i ON p.at_us >= i.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'mode_told') AS t ON p.at_us >= t.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'landed') AS l ON p.at_us >= l.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'utc_us') AS u ON p.at_us >= u.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'clock_offset_us') AS c ON p.at_us >= c.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'ground_station') AS x ON p.at_us >= x.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'contested') AS y ON p.at_us >= y.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'left_total') AS z ON p.at_us >= z.at_us
ORDER BY p.at_us;
-- The aircraft's way: each position once, with UTC, heading in degrees, mode and battery
CREATE VIEW track AS
SELECT DISTINCT ON (m.position_us) utc(m.position_us) AS utc, m.position_us AS at_us, m.lat_deg, m.lon_deg, m.alt_rel_m,
    m.alt_amsl_m, sqrt(m.north_mps * m.north_mps + m.east_mps * m.east_mps) AS ground_speed_mps,
    -m.down_mps AS climb_mps, degrees(m.yaw_rad) AS yaw_deg, h.mode, h.armed, s.battery_ratio
FROM vehicle_motion AS m
    ASOF LEFT JOIN heartbeat AS h ON m.at_us >= h.at_us
    ASOF LEFT JOIN vehicle_status AS s ON m.at_us >= s.at_us
WHERE m.position_us IS NOT NULL ORDER BY m.position_us, m.at_us;
-- The wind as the autopilot reckons it: from where, degrees from true north, and how fast
CREATE VIEW wind AS
SELECT utc(received_us) AS utc, received_us, split_part(text, ' ', 1)::DOUBLE AS from_deg, split_part(text, ' ', 2)::DOUBLE AS speed_mps
FROM vehicle_fact WHERE part = 'wind' AND received_us IS NOT NULL ORDER BY received_us;
-- The stored spectrum, power in dBFS
CREATE VIEW waterfall AS
SELECT utc(acquired_us) AS utc, acquired_us, first_bin_hz, bin_hz,
    [step / 1e1 FOR step IN power_e1[1:bin_count]] AS power_dbfs
FROM spectrum;
-- The last that is known of each detection, with UTC, its channel's name and its length in seconds
CREATE VIEW detections AS
SELECT id, channel, (SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || channel || '.name') AS beacon,
    kind, utc(began_us) AS began_utc, began_us, confirmed_us, ended_us, (ended_us - began_us) / 1e6 AS length_s,
    snr_peak_db, power_peak_dbfs, heard_hz, cn0_peak_db_hz, pulse_count, pulse_width_us, pulse_period_us, pulse_period_min_us, pulse_period_max_us,
    pulse_jitter_us, false_alarm_probability, beacon_id
FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY ended_us IS NULL, ended_us DESC) AS place FROM detection)
WHERE place = 1 ORDER BY id;
-- Detections on the map: pose of the strongest reading within each detection, the first of several
CREATE VIEW detection_map AS
SELECT d.id, d.beacon, d.kind, d.began_utc, d.snr_peak_db, r.peak_dbfs, utc(r.acquired_us) AS peak_utc,
    r.lat_deg, r.lon_deg, r.alt_rel_m, r.yaw_deg
FROM detections d JOIN (
    SELECT x.id, arg_max(y, (y.peak_dbfs, -y.acquired_us)) AS r FROM detections x JOIN reading y ON y.channel = x.channel
        AND y.acquired_us BETWEEN x.began_us AND coalesce(x.ended_us, 9223372036854775807) AND y.lat_deg IS NOT NULL
    GROUP BY x.id
) AS strongest ON strongest.id = d.id, LATERAL (SELECT unnest(strongest.r)) AS r ORDER BY d.id;
-- Mean power of the last second at each usable reading, dBFS (mean of dB values)
CREATE VIEW rolling_mean AS
SELECT utc(acquired_us) AS utc, acquired_us, channel, mean_dbfs,
    avg(mean_dbfs) OVER (PARTITION BY channel ORDER BY acquired_us RANGE BETWEEN 999999 PRECEDING AND CURRENT ROW)
        AS rolling_mean_dbfs
FROM reading WHERE flags & 1144 = 0;
-- Each pulse with its height over the floor and the time since the pulse before it on its channel
CREATE VIEW pulse_pattern AS
SELECT utc(start_us) AS utc, start_us, channel, width_us, mean_dbfs - floor_dbfs AS height_db, peak_dbfs, flags,
    start_us - lag(start_us) OVER (PARTITION BY channel ORDER BY start_us) AS since_previous_us
FROM pulse ORDER BY start_us, channel;
-- Mean power at each usable reading over the last 5 readings and over the last 10 s, and its standard deviation over those 10 s, dBFS and dB
CREATE VIEW rolling AS
SELECT utc(acquired_us) AS utc, acquired_us, channel, mean_dbfs,
    avg(mean_dbfs) OVER (PARTITION BY channel ORDER BY acquired_us ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS mean_5_dbfs,
    avg(mean_dbfs) OVER last_10_s AS mean_10_s_dbfs, stddev_samp(mean_dbfs) OVER last_10_s AS deviation_10_s_db
FROM reading WHERE flags & 1144 = 0
WINDOW last_10_s AS (PARTITION BY channel ORDER BY acquired_us RANGE BETWEEN 9999999 PRECEDING AND CURRENT ROW);
-- How mean power rises or falls over the last 2 s at each usable reading: slope in dB/s, and how much of the variance it explains; NULL: of one reading
CREATE VIEW trend AS
SELECT utc(acquired_us) AS utc, acquired_us, channel, mean_dbfs,
    if(count(*) OVER last_2_s > 1, regr_slope(mean_dbfs, acquired_us / 1e6) OVER last_2_s, NULL) AS slope_db_s,
    if(count(*) OVER last_2_s > 1, regr_r2(mean_dbfs, acquired_us / 1e6) OVER last_2_s, NULL) AS r2,
    count(*) OVER last_2_s AS reading_count
FROM reading WHERE flags & 1144 = 0
WINDOW last_2_s AS (PARTITION BY channel ORDER BY acquired_us RANGE BETWEEN 1999999 PRECEDING AND CURRENT ROW);
-- Percentiles of mean power over the whole flight for each channel, dBFS, and how far apart the outer ones are, dB
CREATE VIEW percentiles AS
SELECT channel, (SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || channel || '.name') AS beacon,
    reading_count, p[1] AS p1_dbfs, p[2] AS p10_dbfs, p[3] AS p50_dbfs, p[4] AS p90_dbfs, p[5] AS p99_dbfs,
    p[4] - p[2] AS p10_to_p90_db
FROM (SELECT channel, count(*) AS reading_count, quantile_cont(mean_dbfs, [0.01, 0.1, 0.5, 0.9, 0.99]) AS p
    FROM reading WHERE flags & 1144 = 0 GROUP BY channel) ORDER BY channel;
