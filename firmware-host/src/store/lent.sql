-- What files of before there was a table of that name are lent when they are read: the same by what they have.
-- Their entries in the order of their times, because the order of the commits is not known: ids hold for this state of the file.
CREATE VIEW log AS
SELECT row_number() OVER (ORDER BY at_us, place, nth) AS id, at_us, source, severity, kind, text FROM (
    SELECT at_us, 1 AS place, rowid AS nth, 'operator' AS source, NULL::VARCHAR AS severity, act AS kind, replace(act, '_', ' ') AS text
    FROM operator
    UNION ALL SELECT at_us, 2, rowid, 'state_change', NULL, to_state, from_state || ' to ' || to_state || ': ' || reason
    FROM state_change
    UNION ALL SELECT coalesce(ended_us, confirmed_us), 3, rowid, 'detection', NULL,
        if(ended_us IS NULL, 'confirmed', 'ended'),
        printf('detection %d: %s on channel %d, SNR up to %.1f dB', id, kind, channel, snr_peak_db)
    FROM detection
    UNION ALL SELECT at_us, 4, rowid, 'event', severity, kind, text FROM event
) ORDER BY id;
