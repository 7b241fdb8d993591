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
-- The aircraft's way: each position once, with UTC, heading in degrees, mode and battery
CREATE VIEW track AS
SELECT DISTINCT ON (position_us) utc(position_us) AS utc, position_us AS at_us, lat_deg, lon_deg, alt_rel_m, alt_amsl_m,
    sqrt(north_mps * north_mps + east_mps * east_mps) AS ground_speed_mps, -down_mps AS climb_mps,
    degrees(yaw_rad) AS yaw_deg, mode, armed, battery_ratio
FROM vehicle WHERE position_us IS NOT NULL ORDER BY position_us, at_us;
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
