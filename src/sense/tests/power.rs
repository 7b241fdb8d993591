//! Power against analytic truth: tones of known amplitude, noise of known power, DC, images, medians.

use super::*;
use crate::dsp::layout;
use crate::units::{db_from_ratio, ratio_from_db};

const RATE_SPS: f64 = 250e3;

#[test]
fn a_tone_reads_its_amplitude_at_every_format_wherever_it_is_in_the_channel() {
    // Noise of half an 8-bit step dithers the converters, as any receiver's does.
    for format in FORMATS {
        // On a bin, between bins, at both edges of the channel, and off its middle; on both sides of 0 Hz.
        for offset_bins in [0.0, 0.25, 0.5, 4.3, -9.7, 12.8, -12.8] {
            for middle_hz in [40e3, -61e3] {
                for amplitude in [0.5, 0.05] {
                    let mut signal = Random(7).noise(3e-5, 50_000);
                    let tone_hz = middle_hz + offset_bins * RATE_SPS / 256.0;
                    add_tone(&mut signal, 0..50_000, tone_hz, RATE_SPS, amplitude);
                    let kept = run(&config(middle_hz, 25e3), &Made::of(&signal, format));
                    let truth = 20.0 * amplitude.log10();
                    let error_db = mean_dbfs(&kept.readings) - truth;
                    assert!(
                        error_db.abs() < 0.05,
                        "{format:?} {tone_hz} Hz {amplitude}: off by {error_db} dB"
                    );
                    assert!(kept.readings.iter().all(|reading| (reading.peak.db() - truth).abs() < 0.3));
                }
            }
        }
    }
}

#[test]
fn white_noise_reads_its_power_in_the_bandwidth_at_every_format() {
    let power = 0.01;
    let signal = Random(11).noise(power, 1_000_000);
    for format in FORMATS {
        let made = Made::of(&signal, format);
        for (middle_hz, bandwidth_hz) in
            [(40e3, 25e3), (-70e3, 12_345.0), (3e3, 30e3), (0.0, 60e3), (110e3, 30e3)]
        {
            let kept = run(&config(middle_hz, bandwidth_hz), &made);
            let truth = db_from_ratio(power * bandwidth_hz / RATE_SPS);
            let error_db = mean_dbfs(&kept.readings) - truth;
            assert!(
                error_db.abs() < 0.05,
                "{format:?} {middle_hz} ± {bandwidth_hz} Hz: off by {error_db} dB"
            );
            let quiet: f64 =
                kept.readings.iter().map(|r| r.quiet.db()).sum::<f64>() / kept.readings.len() as f64;
            // The median of 9 or 10 frames' mean lies 0.15 dB under the mean.
            assert!((quiet + 0.15 - truth).abs() < 0.05, "{format:?} quiet off by {}", quiet - truth);
        }
    }
}

#[test]
fn a_channel_over_the_whole_band_reads_all_power_and_knows_no_floor() {
    let mut whole = config(0.0, RATE_SPS);
    whole.dc_exclude_hz = Some(0.0);
    let kept = run(&whole, &Made::of(&Random(3).noise(0.02, 500_000), SampleFormat::Cs16));
    assert!((mean_dbfs(&kept.readings) - db_from_ratio(0.02)).abs() < 0.05);
    assert!(kept.readings.iter().all(|reading| reading.flags == Flags::NO_QUIET));
}

#[test]
fn a_channel_narrower_than_four_bins_is_read_as_four_bins() {
    let config = config(40e3, 1e3);
    assert_eq!(Sense::new(&config).unwrap().noise_bandwidth_hz(0), Some(4.0 * RATE_SPS / 256.0));
    assert_eq!(Sense::new(&config).unwrap().noise_bandwidth_hz(1), None);
    let kept = run(&config, &Made::of(&Random(5).noise(0.01, 1_000_000), SampleFormat::Cf32));
    let truth = db_from_ratio(0.01 * 4.0 / 256.0);
    assert!((mean_dbfs(&kept.readings) - truth).abs() < 0.1);
}

#[test]
fn dc_is_left_out_of_the_channel_and_of_the_quiet_bins() {
    let mut signal = Random(9).noise(1e-4, 250_000);
    for sample in &mut signal {
        *sample = [sample[0] + 0.3, sample[1] - 0.2];
    }
    let made = Made::of(&signal, SampleFormat::Cf32);
    let truth = db_from_ratio(1e-4 * 25e3 / RATE_SPS);
    let excluded = run(&config(3e3, 25e3), &made);
    assert!((mean_dbfs(&excluded.readings) - truth).abs() < 0.1);
    let mut keeps_dc = config(3e3, 25e3);
    keeps_dc.dc_exclude_hz = Some(0.0);
    let dc_dbfs = db_from_ratio(0.3 * 0.3 + 0.2 * 0.2);
    assert!((mean_dbfs(&run(&keeps_dc, &made).readings) - dc_dbfs).abs() < 0.05);
}

#[test]
fn the_image_of_a_strong_channel_is_neither_quiet_nor_anothers_power() {
    // Channel 0 is 50 dB over the noise; its image, 30 dB down, lies on channel 1: on a part of it, then on all.
    let mut signal = Random(13).noise(1e-5, 250_000);
    add_tone(&mut signal, 0..250_000, 50e3, RATE_SPS, 0.3);
    add_tone(&mut signal, 0..250_000, -50e3, RATE_SPS, 0.3 * ratio_from_db(-15.0));
    let made = Made::of(&signal, SampleFormat::Cf32);
    let mut two = config(50e3, 10e3);
    for (middle_hz, bandwidth_hz) in [(-60e3, 40e3), (-50e3, 10e3)] {
        two.channels.truncate(1);
        two.channels.push(channel(middle_hz, bandwidth_hz));
        let kept = run(&two, &made);
        let (strong, other): (Vec<Reading>, Vec<Reading>) =
            kept.readings.iter().partition(|r| r.channel == 0);
        assert!((mean_dbfs(&strong) - 20.0 * 0.3_f64.log10()).abs() < 0.05);
        let truth = db_from_ratio(1e-5 * bandwidth_hz / RATE_SPS);
        assert!((mean_dbfs(&other) - truth).abs() < 1.0, "{} {truth}", mean_dbfs(&other));
        assert!(other.iter().all(|reading| (reading.quiet.db() - truth).abs() < 1.0));
    }
    // What is stronger than any image is heard there.
    add_tone(&mut signal, 0..250_000, -52e3, RATE_SPS, 0.1);
    let kept = run(&two, &Made::of(&signal, SampleFormat::Cf32));
    let other: Vec<Reading> = kept.readings.iter().filter(|r| r.channel == 1).copied().collect();
    assert!((mean_dbfs(&other) + 20.0).abs() < 0.5, "{}", mean_dbfs(&other));
}

#[test]
fn a_channel_on_dc_is_refused_with_the_mend() {
    let refusal = Sense::new(&config(0.0, 1e3)).err().unwrap();
    assert_eq!(refusal.key, "beacon[0].frequency_hz");
    assert!(refusal.mend.contains("sdr.frequency_hz by at least 1500 Hz"), "{refusal}");
}

#[test]
fn quiet_is_what_percentile_cont_makes_of_the_bins() {
    // The oracle: powers of every bin by the textbook, each rounded to 0.01 dB, sorted, the middle interpolated.
    let config = config(40e3, 25e3);
    let signal = Random(17).noise(1e-3, 2_560);
    let Made::Cf32(samples) = Made::of(&signal, SampleFormat::Cf32) else { unreachable!() };
    let frames = 9; // whose middles lie in the first hop: 2500 samples, frames of 256 beginning at 0, 256, …
    let hann = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / 256.0).cos();
    let energy: f64 = (0..256).map(|n| hann(n).powi(2)).sum();
    let power_of = |bin: usize| {
        let frame_power = |frame: usize| {
            let (mut re, mut im) = (0.0, 0.0);
            for n in 0..256 {
                let [i, q] = samples[frame * 256 + n].map(f64::from);
                let turns = (bin as f64 - 128.0) * n as f64 / 256.0;
                let (sin, cos) = (-std::f64::consts::TAU * turns).sin_cos();
                re += hann(n) * (i * cos - q * sin);
                im += hann(n) * (i * sin + q * cos);
            }
            (re * re + im * im) / (256.0 * energy)
        };
        (0..=frames).map(frame_power).sum::<f64>() / (frames + 1) as f64
    };
    let bins = &layout::channel_bins(&config).unwrap()[0];
    let mut hundredths: Vec<f64> = bins
        .quiet
        .iter()
        .flat_map(|&(first, length)| first..first + length)
        .map(|bin| (db_from_ratio(power_of(bin as usize)) * 100.0).round())
        .collect();
    hundredths.sort_by(f64::total_cmp);
    let middle = (hundredths[(hundredths.len() - 1) / 2] + hundredths[hundredths.len() / 2]) / 2.0;
    let expected = (middle + 100.0 * db_from_ratio(bins.noise_bins)).round();
    let kept = run(&config, &Made::Cf32(samples));
    assert_eq!(kept.readings[0].frame_count, 10);
    assert_eq!(f64::from(kept.readings[0].quiet.hundredths()), expected);
}

#[test]
fn a_beacon_on_the_tuned_frequency_is_read_beside_the_spike() {
    // A spike of -11 dBFS; on it 16 pulses of 20 ms every 1300 ms; and a tone beside it.
    let clean = Random(9).noise(1e-5, 20 * 250_000);
    let is_on = |n: usize| n >= 50_000 && (n - 50_000) % 325_000 < 5_000;
    let spiked = |n: usize, amplitude: f64, sample: &[f64; 2]| {
        [sample[0] + 0.25 + amplitude * f64::from(u8::from(is_on(n))), sample[1] - 0.1]
    };
    let tag: Vec<[f64; 2]> = clean.iter().enumerate().map(|(n, sample)| spiked(n, 0.02, sample)).collect();
    for format in [SampleFormat::Cs16, SampleFormat::Cf32] {
        let on_it = SenseConfig { dc_exclude_hz: None, ..config(0.0, 5e3) };
        let kept = run(&on_it, &Made::of(&tag, format));
        assert_eq!(kept.pulses.len(), 16, "{format:?}: {:?}", kept.pulses);
        for pulse in &kept.pulses {
            assert!((i64::from(pulse.width_us) - 20_000).abs() < 600, "{pulse:?}");
            assert!((pulse.mean.db() + 34.0).abs() < 0.4, "{pulse:?}");
        }
    }
    let mut beside: Vec<[f64; 2]> =
        clean[..500_000].iter().enumerate().map(|(n, sample)| spiked(n, 0.0, sample)).collect();
    add_tone(&mut beside, 0..500_000, 1_200.0, RATE_SPS, 0.02);
    let beside_it = SenseConfig { dc_exclude_hz: None, ..config(1_200.0, 5e3) };
    let kept = run(&beside_it, &Made::of(&beside, SampleFormat::Cf32));
    assert!((mean_dbfs(&kept.readings) + 33.98).abs() < 0.1, "{}", mean_dbfs(&kept.readings));
}
