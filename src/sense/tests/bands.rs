//! A source that goes through several bands: each channel is read where it lies, and flagged where it does not.

use super::*;
use crate::units::CentiDb;

const RATE_SPS: f64 = 250e3;

/// A channel in both bands, one in the first only, one in the second only.
fn two_bands() -> SenseConfig {
    let mut config = SenseConfig { spectrum_interval_us: 100_000, ..config(100e3, 10e3) };
    config.more_centers_hz = vec![160e3];
    config.dc_exclude_hz = None;
    config.channels = vec![channel(100e3, 10e3), channel(-40e3, 10e3), channel(200e3, 10e3)];
    config
}

/// Tones in the middle of all three channels, as `center_hz` sees them; those outside of its band are not there.
fn air(center_hz: f64, len: usize) -> Made {
    let mut signal = Random(8).noise(1e-7, len);
    for (hz, amplitude) in [(100e3, 0.1), (-40e3, 0.01), (200e3, 0.001)] {
        let offset_hz: f64 = hz - center_hz;
        if offset_hz.abs() < RATE_SPS / 2.0 {
            add_tone(&mut signal, 0..len, offset_hz, RATE_SPS, amplitude);
        }
    }
    Made::of(&signal, SampleFormat::Cf32)
}

/// 30 hops in the first band, 30 in the second, 30 in the first; the second begins within a hop.
fn gone_through(config: &SenseConfig) -> Kept {
    let (mut sense, mut kept) = (Sense::new(config).unwrap(), Kept::default());
    for (band, center_hz, from, len) in
        [(0, 0.0, 0, 76_032), (1, 160e3, 76_032, 75_008), (0, 0.0, 151_040, 75_000)]
    {
        sense.tune(band, &mut kept);
        sense.pass(&stamp(from, RATE_SPS), air(center_hz, len).samples(0, len), &mut kept);
    }
    sense.finish(&mut kept);
    kept
}

#[test]
fn each_channel_is_read_in_the_bands_that_hold_it_and_flagged_in_the_others() {
    let kept = gone_through(&two_bands());
    let level_db = [-20.0, -40.0, -60.0];
    let mut read = [0; 3];
    for reading in &kept.readings {
        let (channel, is_second) = (reading.channel, (76_032..151_040).contains(&reading.sample_index));
        if reading.flags.any(Flags::RETUNED.with(Flags::SHORT)) && !reading.flags.any(Flags::OUT_OF_BAND) {
            continue;
        }
        let is_out = (channel == 1 && is_second) || (channel == 2 && !is_second);
        assert_eq!(
            reading.flags.any(Flags::OUT_OF_BAND),
            is_out || reading.flags.any(Flags::RETUNED),
            "{reading:?}"
        );
        if reading.flags.any(Flags::OUT_OF_BAND) {
            assert_eq!((reading.mean, reading.frame_count), (CentiDb::LOWEST, 0), "{reading:?}");
            continue;
        }
        read[usize::from(channel)] += 1;
        assert!((reading.mean.db() - level_db[usize::from(channel)]).abs() < 0.3, "{reading:?}");
    }
    assert!(read[0] >= 85 && (56..=61).contains(&read[1]) && (28..=30).contains(&read[2]), "{read:?}");
    // A hop has one reading of each channel, whatever happens within it.
    let hops: Vec<_> = kept.readings.chunks(3).map(|hop| hop[0].sample_index).collect();
    assert!(hops.windows(2).all(|pair| pair[0] + 2_500 == pair[1]), "{hops:?}");
    assert!(kept.readings.chunks(3).all(|hop| (0..3).all(|n| hop[n].channel == n as u8)));
}

#[test]
fn a_pulse_ends_with_its_band_and_rows_tell_theirs() {
    let kept = gone_through(&two_bands());
    for pulse in &kept.pulses {
        let ends_us = pulse.start_us.plus_us(u64::from(pulse.width_us)).0;
        let is_within =
            |from: u64, to: u64| pulse.start_us.0 + 2_000 >= 4 * from && ends_us <= 4 * to + 2_000;
        let bands: &[(u64, u64)] = &[(0, 76_032), (76_032, 151_040), (151_040, 226_040)];
        assert!(bands.iter().any(|(from, to)| is_within(*from, *to)), "{pulse:?}");
    }
    assert_eq!(kept.pulses.iter().filter(|pulse| pulse.channel == 0).count(), 3, "{:?}", kept.pulses);
    for row in &kept.rows {
        let tone_hz =
            row.first_bin_hz + row.bin_hz * (0..256).max_by_key(|bin| row.power[*bin]).unwrap() as f64;
        assert!((tone_hz - 100e3).abs() < 2.0 * row.bin_hz, "{tone_hz}");
    }
    let firsts: std::collections::BTreeSet<i64> =
        kept.rows.iter().map(|row| row.first_bin_hz as i64).collect();
    assert_eq!(firsts.len(), 2, "{firsts:?}");
}

#[test]
fn a_channel_in_no_band_is_refused_by_the_nearest() {
    let mut config = two_bands();
    config.channels[1].frequency_hz = 400e3;
    let refused = Sense::new(&config).err().unwrap();
    assert_eq!(refused.key, "beacon[1].frequency_hz");
    assert!(refused.mend.contains("write 40000 to 280000 Hz"), "{refused}");
    config.channels[1].frequency_hz = -40e3;
    let bandwidth_hz = Sense::new(&config).unwrap().noise_bandwidth_hz(2).unwrap();
    assert!((bandwidth_hz - 10e3).abs() < 1e-3, "{bandwidth_hz}");
}
