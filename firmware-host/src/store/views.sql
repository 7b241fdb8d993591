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
FROM reading WHERE flags & 120 = 0 GROUP BY minute, channel ORDER BY minute, channel;
-- The aircraft as known at each control pass that saw a part of it change, from the tables of its parts; NULL: not known
CREATE VIEW vehicle AS
SELECT m.at_us, i.whole // 256 AS system, i.whole % 256 AS component, i.text AS firmware,
    h.received_us AS heartbeat_us, h.mode, h.mode_custom, h.armed, h.system_status, t.text AS mode_told, l.text AS landed,
    a.received_us AS attitude_us, a.roll_rad, a.pitch_rad, a.yaw_rad, a.yaw_rate_rad_s,
    p.received_us AS position_us, p.lat_deg, p.lon_deg, p.alt_amsl_m, p.alt_rel_m, p.north_mps, p.east_mps, p.down_mps,
    g.received_us AS gps_us, g.fix AS gps_fix, g.satellites AS gps_satellites, g.hdop AS gps_hdop,
    e.received_us AS ekf_us, e.attitude_ok AS ekf_attitude_ok, e.velocity_ok AS ekf_velocity_ok,
    e.position_ok AS ekf_position_ok, e.height_ok AS ekf_height_ok, e.degraded AS ekf_degraded,
    e.variance_max AS ekf_variance_max,
    b.received_us AS battery_us, b.voltage_v AS battery_v, b.current_a AS battery_a, b.remaining_ratio AS battery_ratio,
    r.received_us AS rc_us, r.rc1_us, r.rc2_us, r.rc3_us, r.rc4_us, r.channel_count AS rc_channel_count, r.rssi AS rc_rssi,
    s.rc_receiver, s.fence, o.received_us AS home_us, o.lat_deg AS home_lat_deg, o.lon_deg AS home_lon_deg,
    o.alt_amsl_m AS home_alt_amsl_m, u.received_us AS utc_received_us, u.whole AS utc_us,
    c.received_us AS clock_offset_received_us, c.whole AS clock_offset_us, x.received_us AS ground_station_us,
    x.whole AS ground_station_system, y.text AS contested, coalesce(z.whole, 0) AS left_total
FROM (SELECT DISTINCT at_us FROM (SELECT at_us FROM heartbeat UNION ALL SELECT at_us FROM attitude
        UNION ALL SELECT at_us FROM position UNION ALL SELECT at_us FROM rc UNION ALL SELECT at_us FROM gps
        UNION ALL SELECT at_us FROM ekf UNION ALL SELECT at_us FROM battery UNION ALL SELECT at_us FROM autopilot_health
        UNION ALL SELECT at_us FROM home UNION ALL SELECT at_us FROM vehicle_fact)) AS m
    ASOF LEFT JOIN heartbeat AS h ON m.at_us >= h.at_us
    ASOF LEFT JOIN attitude AS a ON m.at_us >= a.at_us
    ASOF LEFT JOIN position AS p ON m.at_us >= p.at_us
    ASOF LEFT JOIN gps AS g ON m.at_us >= g.at_us
    ASOF LEFT JOIN ekf AS e ON m.at_us >= e.at_us
    ASOF LEFT JOIN battery AS b ON m.at_us >= b.at_us
    ASOF LEFT JOIN rc AS r ON m.at_us >= r.at_us
    ASOF LEFT JOIN autopilot_health AS s ON m.at_us >= s.at_us
    ASOF LEFT JOIN home AS o ON m.at_us >= o.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'identity') AS i ON m.at_us >= i.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'mode_told') AS t ON m.at_us >= t.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'landed') AS l ON m.at_us >= l.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'utc_us') AS u ON m.at_us >= u.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'clock_offset_us') AS c ON m.at_us >= c.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'ground_station') AS x ON m.at_us >= x.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'contested') AS y ON m.at_us >= y.at_us
    ASOF LEFT JOIN (FROM vehicle_fact WHERE part = 'left_total') AS z ON m.at_us >= z.at_us
ORDER BY m.at_us;
-- The aircraft's way: each position once, with UTC, heading in degrees, mode and battery
CREATE VIEW track AS
SELECT utc(p.received_us) AS utc, p.received_us AS at_us, p.lat_deg, p.lon_deg, p.alt_rel_m, p.alt_amsl_m,
    sqrt(p.north_mps * p.north_mps + p.east_mps * p.east_mps) AS ground_speed_mps, -p.down_mps AS climb_mps,
    degrees(a.yaw_rad) AS yaw_deg, h.mode, h.armed, b.remaining_ratio AS battery_ratio
FROM position AS p
    ASOF LEFT JOIN attitude AS a ON p.at_us >= a.at_us
    ASOF LEFT JOIN heartbeat AS h ON p.at_us >= h.at_us
    ASOF LEFT JOIN battery AS b ON p.at_us >= b.at_us
WHERE p.received_us IS NOT NULL ORDER BY p.received_us;
-- The stored spectrum, power in dBFS
CREATE VIEW waterfall AS
SELECT utc(acquired_us) AS utc, acquired_us, first_bin_hz, bin_hz,
    [step / 1e2 FOR step IN power_e2[1:bin_count]] AS power_dbfs
FROM spectrum;
-- The last that is known of each detection, with UTC, its channel's name and its length in seconds
CREATE VIEW detections AS
SELECT id, channel, (SELECT any_value(value) FROM setting WHERE setting.name = 'channel.' || channel || '.name') AS beacon,
    kind, utc(began_us) AS began_utc, began_us, confirmed_us, ended_us, (ended_us - began_us) / 1e6 AS length_s,
    snr_peak_db, power_peak_dbfs, pulse_count, pulse_width_us, pulse_period_us, pulse_jitter_us, false_alarm_probability
FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY ended_us IS NULL, ended_us DESC) AS place FROM detection)
WHERE place = 1 ORDER BY id;
-- Detections on the map: pose of the strongest reading within each detection
CREATE VIEW detection_map AS
SELECT d.id, d.beacon, d.kind, d.began_utc, d.snr_peak_db, r.peak_dbfs, utc(r.acquired_us) AS peak_utc,
    r.lat_deg, r.lon_deg, r.alt_rel_m, r.yaw_deg
FROM detections d JOIN (
    SELECT x.id, arg_max(y, y.peak_dbfs) AS r FROM detections x JOIN reading y ON y.channel = x.channel
        AND y.acquired_us BETWEEN x.began_us AND coalesce(x.ended_us, 9223372036854775807) AND y.lat_deg IS NOT NULL
    GROUP BY x.id
) AS strongest ON strongest.id = d.id, LATERAL (SELECT unnest(strongest.r)) AS r ORDER BY d.id;
-- Mean power of the last second at each usable reading, dBFS (mean of dB values)
CREATE VIEW rolling_mean AS
SELECT utc(acquired_us) AS utc, acquired_us, channel, mean_dbfs,
    avg(mean_dbfs) OVER (PARTITION BY channel ORDER BY acquired_us RANGE BETWEEN 999999 PRECEDING AND CURRENT ROW)
        AS rolling_mean_dbfs
FROM reading WHERE flags & 120 = 0;
-- Each pulse with its height over the floor and the time since the pulse before it on its channel
CREATE VIEW pulse_pattern AS
SELECT utc(start_us) AS utc, start_us, channel, width_us, mean_dbfs - floor_dbfs AS height_db, peak_dbfs, flags,
    start_us - lag(start_us) OVER (PARTITION BY channel ORDER BY start_us) AS since_previous_us
FROM pulse ORDER BY start_us, channel;
