-- Questions that crews ask of a flight. The line above a query is its name and what it answers.
-- overview: How long was the flight, what was recorded of it, and what came of it?
SELECT name, started_utc, (SELECT round((max(acquired_us) - min(acquired_us)) / 1e6, 1) FROM reading) AS length_s,
    (SELECT count(*) FROM reading) AS reading_count, (SELECT count(DISTINCT id) FROM detection) AS detection_count,
    (SELECT arg_max(to_state, rowid) FROM state_change) AS last_state, ended FROM flight;

-- noise: How loud was it around each beacon's frequency, minute by minute?
SELECT minute, channel, reading_count, round(p10_dbfs, 2) AS p10_dbfs, round(p50_dbfs, 2) AS p50_dbfs, round(p90_dbfs, 2) AS p90_dbfs,
    round(quiet_p50_dbfs, 2) AS floor_dbfs FROM minute_noise ORDER BY minute, channel;

-- percentiles: How is the power of each channel spread over the whole flight?
SELECT channel, beacon, reading_count, round(p1_dbfs, 2) AS p1_dbfs, round(p10_dbfs, 2) AS p10_dbfs, round(p50_dbfs, 2) AS p50_dbfs,
    round(p90_dbfs, 2) AS p90_dbfs, round(p99_dbfs, 2) AS p99_dbfs, round(p10_to_p90_db, 2) AS p10_to_p90_db FROM percentiles;

-- loudest: Where and when were the ten strongest readings?
SELECT round(acquired_us / 1e6, 3) AS at_s, utc(acquired_us) AS utc, channel, peak_dbfs, lat_deg, lon_deg, alt_rel_m, yaw_deg
FROM reading WHERE flags & 1144 = 0 ORDER BY peak_dbfs DESC, acquired_us LIMIT 10;

-- detections: What was heard, for how long, how strong, and where was it strongest?
SELECT id, beacon, kind, round(began_us / 1e6, 1) AS began_s, round(length_s, 1) AS length_s, round(snr_peak_db, 1) AS snr_peak_db,
    lat_deg, lon_deg FROM detections LEFT JOIN (SELECT id, lat_deg, lon_deg FROM detection_map) USING (id) ORDER BY id;

-- first-heard: How long did it take until each beacon was first heard, and how far had we flown by then?
WITH first AS (SELECT channel, beacon, min(confirmed_us) AS at_us FROM detections GROUP BY channel, beacon),
    step AS (SELECT at_us, lat_deg, lat_deg - lag(lat_deg) OVER o AS north_deg, lon_deg - lag(lon_deg) OVER o AS east_deg
        FROM track WINDOW o AS (ORDER BY at_us)),
    way AS (SELECT at_us, sum(coalesce(111320 * sqrt(pow(north_deg, 2) + pow(east_deg * cos(radians(lat_deg)), 2)), 0))
        OVER (ORDER BY at_us) AS flown_m FROM step)
SELECT channel, beacon, round(first.at_us / 1e6, 1) AS heard_s, round(flown_m, 0) AS flown_m
FROM first ASOF LEFT JOIN way ON first.at_us >= way.at_us ORDER BY heard_s;

-- rolling: How did the averages over 5 readings and over 10 s go, second by second?
SELECT acquired_us // 1000000 AS second, channel, round(arg_max(mean_5_dbfs, acquired_us), 2) AS mean_5_dbfs,
    round(arg_max(mean_10_s_dbfs, acquired_us), 2) AS mean_10_s_dbfs, round(arg_max(deviation_10_s_db, acquired_us), 2) AS deviation_10_s_db
FROM rolling GROUP BY second, channel ORDER BY second, channel;

-- trend: In which seconds did the power rise fastest?
SELECT acquired_us // 1000000 AS second, channel, round(max(slope_db_s), 2) AS slope_db_s, round(arg_max(r2, slope_db_s), 2) AS r2
FROM trend WHERE reading_count >= 20 GROUP BY second, channel ORDER BY max(slope_db_s) DESC, second LIMIT 10;

-- estimate: Where is each beacon by what is known last, and how sure is that?
SELECT channel, round(at_us / 1e6, 1) AS at_s, lat_deg, lon_deg, round(radius_50_m::DOUBLE, 1) AS radius_50_m,
    round(radius_95_m::DOUBLE, 1) AS radius_95_m, round(exponent::DOUBLE, 2) AS exponent, observation_count
FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY at_us DESC) AS place FROM estimate) WHERE place = 1 ORDER BY channel;

-- sure: When did we know each beacon's place to 200, 100, 50, 20 and 10 m (radius of 95 %)?
SELECT channel, radius_m, round(min(at_us) / 1e6, 1) AS since_s
FROM estimate, unnest([200, 100, 50, 20, 10]) AS bound(radius_m) WHERE radius_95_m <= radius_m
GROUP BY channel, radius_m ORDER BY channel, radius_m DESC;

-- states: How long were we in each state, and how often?
SELECT to_state AS state, count(*) AS times, round(sum(until_us - at_us) / 1e6, 1) AS total_s FROM (
    SELECT at_us, to_state, lead(at_us, 1, (SELECT max(acquired_us) FROM reading)) OVER (ORDER BY at_us, rowid) AS until_us FROM state_change)
GROUP BY state ORDER BY total_s DESC, state;

-- interlocks: What kept or stopped us from commanding, how often, and when last?
SELECT interlock, fault, coalesce(detail, '') AS detail, count(*) AS times, round(max(at_us) / 1e6, 1) AS last_s FROM (
    SELECT at_us, interlock, fault, detail FROM command WHERE kind = 'silence'
    UNION ALL SELECT at_us, interlock, fault, NULL FROM state_change WHERE interlock IS NOT NULL)
GROUP BY ALL ORDER BY times DESC, interlock, fault, detail;

-- operator: What did the operator do, and what happened in the 5 s after it?
SELECT o.id, round(o.at_us / 1e6, 2) AS at_s, o.text AS did, coalesce(list(e.source || ': ' || e.text ORDER BY e.id) FILTER (e.id IS NOT NULL), [])[1:5] AS followed
FROM log o LEFT JOIN log e ON e.id > o.id AND e.at_us BETWEEN o.at_us AND o.at_us + 5000000 AND e.source <> 'operator'
WHERE o.source = 'operator' GROUP BY ALL ORDER BY o.id;

-- log: What happened last?
FROM (SELECT id, round(at_us / 1e6, 3) AS at_s, utc(at_us) AS utc, source, severity, kind, text FROM log ORDER BY id DESC LIMIT 50) ORDER BY id;

-- warnings: What was warned of, how often, first and last?
SELECT severity, kind, count(*) AS times, round(min(at_us) / 1e6, 1) AS first_s, round(max(at_us) / 1e6, 1) AS last_s, arg_max(text, id) AS last_text
FROM log WHERE severity IN ('critical', 'warning') GROUP BY severity, kind ORDER BY severity, times DESC, kind;

-- track: How far, how fast and how high did we fly, by the autopilot's mode?
WITH step AS (SELECT *, lat_deg - lag(lat_deg) OVER o AS north_deg, lon_deg - lag(lon_deg) OVER o AS east_deg
    FROM track WINDOW o AS (ORDER BY at_us))
SELECT mode, round(sum(coalesce(111320 * sqrt(pow(north_deg, 2) + pow(east_deg * cos(radians(lat_deg)), 2)), 0)), 1) AS flown_m,
    round(max(ground_speed_mps), 1) AS speed_max_mps, round(max(alt_rel_m), 1) AS height_max_m, round(min(battery_ratio), 2) AS battery_min_ratio
FROM step GROUP BY mode ORDER BY flown_m DESC, mode;

-- heatmap: How strong was it in each square of 1/5000 degree (some 22 m), for a map?
SELECT round(lat_deg * 5e3) / 5e3 AS lat_deg, round(lon_deg * 5e3) / 5e3 AS lon_deg, channel, count(*) AS reading_count,
    round(avg(mean_dbfs), 2) AS mean_dbfs, max(peak_dbfs) AS peak_dbfs
FROM reading WHERE flags & 1144 = 0 AND lat_deg IS NOT NULL GROUP BY ALL ORDER BY mean_dbfs DESC, lat_deg, lon_deg, channel;

-- heading: On which heading was it strongest (what a directional antenna looks at)?
SELECT (floor(yaw_deg / 30) * 30)::INTEGER AS heading_from_deg, channel, count(*) AS reading_count, round(median(mean_dbfs), 2) AS median_dbfs,
    round(quantile_cont(mean_dbfs, 0.95), 2) AS p95_dbfs
FROM (SELECT channel, flags, mean_dbfs, (yaw_deg + 360) % 360 AS yaw_deg FROM reading)
WHERE flags & 1144 = 0 AND yaw_deg IS NOT NULL GROUP BY ALL ORDER BY p95_dbfs DESC, heading_from_deg, channel;

-- pulses: How many pulses were there, seen whole or not, and how long, how high and how far apart were they?
SELECT channel, count(*) AS pulse_count, count(*) FILTER (flags & 384 = 0) AS whole_count, round(median(width_us) / 1e3, 2) AS width_ms,
    round(median(height_db), 2) AS height_db, round(median(since_previous_us) / 1e3, 2) AS period_ms
FROM pulse_pattern GROUP BY channel ORDER BY channel;

-- health: Was any thread late, and did anything not fit its lane?
SELECT kind, name, max(longest_us) AS longest_us, max(miss_total) AS late_total, max(dropped_total) AS dropped_total
FROM health GROUP BY kind, name ORDER BY late_total DESC NULLS LAST, dropped_total DESC NULLS LAST, kind, name;
