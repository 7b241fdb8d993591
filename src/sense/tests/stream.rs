//! The stream: cuts that must not matter, gaps, samples that are none, times, rows, and no allocation.

use super::*;
use crate::allocation;
use crate::config::PulseTrain;
use crate::units::{CentiDb, db_from_ratio};
use proptest::prelude::*;

const RATE_SPS: f64 = 250e3;

/// Noise with three pulses of 12 ms, every 30 ms from 15 ms on.
fn pulsed(count: usize) -> Vec<[f64; 2]> {
    let mut signal = Random(21).noise(1e-4, count);
    for start in (3_750..count).step_by(7_500).take(3) {
        add_tone(&mut signal, start..start + 3_000, 40e3, RATE_SPS, 0.2);
    }
    signal
}

fn with_rows() -> SenseConfig {
    let mut config = config(40e3, 25e3);
    config.spectrum_interval_us = 20_000;
    config
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn where_blocks_are_cut_changes_no_bit(
        mut cuts in prop::collection::vec(0_usize..25_000, 0..40),
        format in prop::sample::select(FORMATS.to_vec()),
        bad_sample in prop::option::of(0_usize..25_000),
    ) {
        cuts.sort_unstable();
        let mut signal = pulsed(25_000);
        if let Some(at) = bad_sample {
            signal[at] = [f64::NAN, 0.0]; // 0 in the integer formats
        }
        let made = Made::of(&signal, format);
        prop_assert_eq!(run_cut(&with_rows(), &made, &cuts), run(&with_rows(), &made));
    }

    #[test]
    fn no_sample_however_wild_makes_a_power_that_is_none(
        wild in prop::collection::vec((0_usize..12_500, any::<[f32; 2]>()), 0..12),
        blanked in prop::option::of(0_usize..10_000),
    ) {
        let mut signal = Random(4).noise(1e-4, 12_500);
        if let Some(from) = blanked {
            signal[from..from + 2_500].fill([0.0, 0.0]);
        }
        let Made::Cf32(mut samples) = Made::of(&signal, SampleFormat::Cf32) else { unreachable!() };
        for (at, sample) in wild {
            samples[at] = sample;
        }
        // CentiDb holds no NaN; what can go wrong is a mean that took in a sample that is none.
        let frame_is_good = |frame: &[[f32; 2]]| frame.iter().flatten().all(|v| v.abs() < 1e9);
        let bad_frames = samples.chunks_exact(256).filter(|frame| !frame_is_good(frame)).count();
        // Zeros from an end of the frame on are a gate's.
        let zeros = |frame: &mut dyn Iterator<Item = &[f32; 2]>| frame.take_while(|s| **s == [0.0; 2]).count();
        let is_gated = |frame: &[[f32; 2]]| zeros(&mut frame.iter()).max(zeros(&mut frame.iter().rev())) >= 32;
        let gated_frames =
            samples.chunks_exact(256).filter(|frame| frame_is_good(frame) && is_gated(frame)).count();
        let kept = run(&config(40e3, 25e3), &Made::Cf32(samples));
        let frames: usize = kept.readings.iter().map(|r| usize::from(r.frame_count)).sum();
        prop_assert_eq!(frames, 12_500 / 256 - bad_frames - gated_frames);
        let gated = kept.readings.iter().any(|r| r.flags.any(Flags::GATED));
        prop_assert_eq!(gated, gated_frames > 0);
        let flagged = kept.readings.iter().any(|r| r.flags.any(Flags::NON_FINITE));
        prop_assert_eq!(flagged, bad_frames > 0);
        prop_assert!(kept.readings.iter().all(|r| r.peak >= r.mean || r.frame_count == 0));
    }
}

#[test]
fn a_sample_that_is_none_leaves_the_mean_of_its_hop_alone() {
    let signal = Random(6).noise(1e-4, 10_000);
    let Made::Cf32(mut samples) = Made::of(&signal, SampleFormat::Cf32) else { unreachable!() };
    let clean = run(&config(40e3, 25e3), &Made::Cf32(samples.clone()));
    samples[3_000] = [f32::NAN, 1.0];
    samples[5_300..7_400].fill([f32::INFINITY, 0.0]);
    let kept = run(&config(40e3, 25e3), &Made::Cf32(samples));
    let flags: Vec<Flags> = kept.readings.iter().map(|r| r.flags).collect();
    assert_eq!(flags, [Flags::NONE, Flags::NON_FINITE, Flags::NON_FINITE.with(Flags::SHORT), Flags::NONE]);
    assert!((kept.readings[1].mean.db() - clean.readings[1].mean.db()).abs() < 0.5);
    assert_eq!(kept.readings[3], clean.readings[3]);
}

#[test]
fn readings_and_pulses_carry_the_time_of_their_samples() {
    let kept = run(&config(40e3, 25e3), &Made::of(&pulsed(25_000), SampleFormat::Cs16));
    let times: Vec<u64> = kept.readings.iter().map(|r| r.acquired_us.0).collect();
    assert_eq!(times, (0..10).map(|k| 5_000 + k * 10_000).collect::<Vec<_>>());
    let indices: Vec<u64> = kept.readings.iter().map(|r| r.sample_index).collect();
    assert_eq!(indices, (0..10).map(|k| k * 2_500).collect::<Vec<_>>());
    assert_eq!(kept.pulses.len(), 3);
    for (pulse, start_us) in kept.pulses.iter().zip([15_000_i64, 45_000, 75_000]) {
        // Edges lie within a frame of 1.02 ms: better than a third of it.
        assert!((pulse.start_us.0 as i64 - start_us).abs() < 300, "{pulse:?}");
        assert!((i64::from(pulse.width_us) - 12_000).abs() < 400, "{pulse:?}");
        assert_eq!(pulse.flags, Flags::NONE);
        assert!((pulse.peak.db() - 20.0 * 0.2_f64.log10()).abs() < 0.3);
        assert!((pulse.floor.db() - db_from_ratio(1e-4 * 0.1)).abs() < 0.5);
    }
}

#[test]
fn a_stamp_that_only_rounds_is_no_news_and_one_that_steps_is_followed() {
    let (config, made) = (config(40e3, 25e3), Made::of(&Random(15).noise(1e-4, 15_000), SampleFormat::Cs16));
    let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
    for (from, to, late_us) in [(0, 5_000, 0), (5_000, 7_500, 2), (7_500, 10_000, 0), (10_000, 15_000, 700)] {
        let on_time = stamp(from, RATE_SPS);
        let late = BlockStamp { acquired_us: on_time.acquired_us.plus_us(late_us), ..on_time };
        sense.pass(&late, made.samples(from, to), &mut kept);
    }
    sense.finish(&mut kept);
    let times: Vec<u64> = kept.readings.iter().map(|r| r.acquired_us.0).collect();
    assert_eq!(times, [5_000, 15_000, 25_000, 35_000, 45_700, 55_700]);
    assert!(kept.readings.iter().all(|r| r.flags == Flags::NONE));
}

#[test]
fn a_gap_is_flagged_and_cuts_the_pulse_it_falls_into() {
    let (config, signal) = (config(40e3, 25e3), pulsed(25_000));
    let made = Made::of(&signal, SampleFormat::Cs8);
    let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
    // 1100 samples are lost in the second pulse (samples 11 250 to 14 250); the stamps say so, in two ways.
    sense.pass(&stamp(0, RATE_SPS), made.samples(0, 12_400), &mut kept);
    let after = BlockStamp { lost_samples: 1_100, flags: Flags::OVERFLOW, ..stamp(13_500, RATE_SPS) };
    sense.pass(&after, made.samples(13_500, 20_000), &mut kept);
    sense.pass(&stamp(22_500, RATE_SPS), made.samples(22_500, 25_000), &mut kept);
    sense.finish(&mut kept);
    let flags: Vec<Flags> = kept.readings.iter().map(|r| r.flags).collect();
    let overflow = Flags::GAP.with(Flags::OVERFLOW);
    let (none, gap) = (Flags::NONE, Flags::GAP);
    // The last gap falls between hops: the one before is whole, the one after begins in it.
    assert_eq!(flags, [none, none, none, none, gap, overflow, none, none, gap]);
    assert_eq!(
        kept.readings.iter().map(|r| r.sample_index / 2_500).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 6, 7, 9]
    );
    let pulse_flags: Vec<Flags> = kept.pulses.iter().map(|p| p.flags).collect();
    assert_eq!(pulse_flags, [none, Flags::END_UNSEEN, Flags::START_UNSEEN, Flags::END_UNSEEN]);
    assert_eq!(kept.pulses[2].start_us, TimeUs(13_568 * 4)); // first frame after the gap: 53 · 256 samples
}

#[test]
fn flags_of_the_receiver_reach_the_hops_they_concern() {
    let config = config(40e3, 25e3);
    let made = Made::of(&Random(8).noise(1e-4, 10_000), SampleFormat::Cs16);
    let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
    for (from, to, flags) in [
        (0, 2_560, Flags::NONE),
        (2_560, 5_120, Flags::STUCK),
        (5_120, 7_424, Flags::RETUNED),
        (7_424, 10_000, Flags::NONE),
    ] {
        sense.pass(&BlockStamp { flags, ..stamp(from, RATE_SPS) }, made.samples(from, to), &mut kept);
    }
    sense.finish(&mut kept);
    let flags: Vec<Flags> = kept.readings.iter().map(|r| r.flags).collect();
    assert_eq!(flags, [Flags::NONE, Flags::STUCK, Flags::RETUNED, Flags::NONE]);
}

#[test]
fn what_was_taken_at_another_frequency_is_flagged_and_not_read() {
    // A carrier in the channel's bins throughout; the middle of it belongs to another capture.
    let config = config(40e3, 25e3);
    let mut signal = Random(8).noise(1e-6, 30_000);
    add_tone(&mut signal, 0..30_000, 40e3, RATE_SPS, 0.1);
    let made = Made::of(&signal, SampleFormat::Cf32);
    let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
    let entering = Flags::OUT_OF_BAND.with(Flags::RETUNED).with(Flags::GAP);
    for (from, to, flags) in [
        (0, 10_000, Flags::NONE),
        (10_000, 12_500, entering),
        (12_500, 20_000, Flags::OUT_OF_BAND),
        (20_000, 22_500, Flags::RETUNED.with(Flags::GAP)),
        (22_500, 30_000, Flags::NONE),
    ] {
        sense.pass(&BlockStamp { flags, ..stamp(from, RATE_SPS) }, made.samples(from, to), &mut kept);
    }
    sense.finish(&mut kept);
    for reading in &kept.readings {
        let is_out = (10_000..20_000).contains(&reading.sample_index);
        assert_eq!(reading.flags.any(Flags::OUT_OF_BAND), is_out, "{reading:?}");
        assert_eq!(reading.mean.db() < -100.0, is_out, "{reading:?}");
        assert!(!is_out || reading.flags.any(Flags::UNUSABLE), "{reading:?}");
    }
    assert_eq!(kept.readings.len(), 12, "the hops are there all the same");
    let within = |pulse: &&Pulse| (42_000..78_000).contains(&pulse.start_us.0);
    assert_eq!(kept.pulses.iter().find(within), None);
}

#[test]
fn clipping_is_counted_to_the_sample() {
    let mut signal = Random(10).noise(1e-4, 5_120);
    signal[100..103].fill([1.0, 0.0]);
    signal[2_600..2_700].fill([0.0, -1.0]);
    for format in FORMATS {
        let kept = run(&config(40e3, 25e3), &Made::of(&signal, format));
        let clipping: Vec<u16> = kept.readings.iter().map(|r| r.clipping_e4).collect();
        assert_eq!(clipping[..2], [12, 391], "{format:?}"); // 3 and 100 of 10 frames' 2560 samples
        assert!(kept.readings.iter().all(|r| r.flags == Flags::CLIPPED), "{format:?}");
    }
}

#[test]
fn rows_of_the_waterfall_hold_the_mean_of_their_bins() {
    let mut config = with_rows();
    (config.fft_len, config.center_hz) = (1_024, 433e6);
    (config.hop_us, config.channels[0].frequency_hz) = (20_000, 433.04e6);
    let mut signal = Random(12).noise(1e-3, 250_000);
    add_tone(&mut signal, 0..250_000, 62_500.0, RATE_SPS, 0.5);
    let kept = run(&config, &Made::of(&signal, SampleFormat::Cf32));
    assert_eq!(kept.rows.len(), 50);
    let row = kept.rows[3];
    assert_eq!((row.bin_count, row.bin_hz, row.acquired_us), (256, RATE_SPS / 256.0, TimeUs(70_000)));
    assert_eq!(row.first_bin_hz, 433e6 - 125e3 + 1.5 * RATE_SPS / 1024.0);
    let strongest = (0..256).max_by_key(|bin| row.power[*bin]).unwrap();
    assert_eq!(strongest, 192);
    // Two thirds of a Hann tone's power are in its own bin and one sixth in the next of the same four; a mean of four.
    let truth = db_from_ratio(0.25 * (2.0 / 3.0 + 1.0 / 6.0) / 4.0);
    assert!((row.power[192].db() - truth).abs() < 0.05, "{}", row.power[192].db() - truth);
    let floor = row.power[..180].iter().map(|p| p.db()).sum::<f64>() / 180.0;
    assert!((floor - db_from_ratio(1e-3 / 1024.0)).abs() < 0.3);
}

#[test]
fn nothing_is_allocated_after_construction() {
    struct Counted(u64);
    impl SenseSink for Counted {
        fn reading(&mut self, _: &Reading) {
            self.0 += 1;
        }
        fn pulse(&mut self, _: &Pulse) {
            self.0 += 1;
        }
        fn hearing(&mut self, _: &Hearing) {
            self.0 += 1;
        }
        fn spectrum(&mut self, _: &Spectrum) {
            self.0 += 1;
        }
    }
    let mut config = with_rows();
    // Of these one is searched for lines, the other for trains too.
    config.channels.push(channel(-40e3, 5e3));
    config.channels[1].emission = Emission::Any(PulseTrain {
        period_min_us: 100_000,
        period_max_us: 400_000,
        jitter_ratio_max: 0.02,
        pulses_min: 3,
        pattern: Default::default(),
    });
    (config.channels[1].pulse_width_min_us, config.channels[1].pulse_width_max_us) = (2_000, 8_000);
    let mut signal = pulsed(50_000);
    signal[30_000] = [f64::NAN, 0.0];
    for format in FORMATS {
        let made = Made::of(&signal, format);
        let mut sense = Sense::new(&config).unwrap();
        let mut sink = Counted(0);
        let ((), calls) = allocation::count(|| {
            for (from, to) in [(0, 7_001), (7_001, 7_002), (7_002, 33_000), (34_000, 50_000)] {
                sense.pass(&stamp(from, RATE_SPS), made.samples(from, to), &mut sink);
            }
            sense.finish(&mut sink);
        });
        assert_eq!(calls, 0, "{format:?}");
        assert!(sink.0 > 40 + 3 + 5, "the work was done");
    }
}

#[test]
fn a_step_of_wideband_noise_is_no_pulse_and_a_carrier_is_one_cut_pulse() {
    let mut signal = Random(14).noise(1e-4, 250_000);
    for sample in signal.iter_mut().skip(100_000) {
        *sample = sample.map(|v| v * 3.55); // +11 dB
    }
    let config = config(40e3, 25e3);
    assert_eq!(run(&config, &Made::of(&signal, SampleFormat::Cs16)).pulses, []);
    add_tone(&mut signal, 50_000..250_000, 40e3, RATE_SPS, 0.3);
    let pulses = run(&config, &Made::of(&signal, SampleFormat::Cs16)).pulses;
    assert_eq!(pulses.len(), 1);
    assert_eq!(pulses[0].flags, Flags::END_UNSEEN);
    // Two frames more than the longest.
    assert!((i64::from(pulses[0].width_us) - 502_048).abs() < 2_000);
}

#[test]
fn zeros_are_nothing() {
    for format in FORMATS {
        // A second of them, as any format says them.
        let kept = run(&config(40e3, 25e3), &Made::of(&vec![[0.0; 2]; 250_000], format));
        assert_eq!((kept.readings.len(), kept.pulses.len()), (100, 0), "{format:?}");
        for reading in &kept.readings {
            assert!(reading.flags.any(Flags::GATED) && reading.flags.any(Flags::UNUSABLE), "{reading:?}");
            assert_eq!((reading.frame_count, reading.mean), (0, CentiDb::LOWEST));
        }
    }
}

#[test]
fn a_gated_receiver_gives_true_pulses_and_no_floor_of_zeros() {
    // Zeros but for bursts of 33.6 ms every 38.7 ms, each a tone on noise.
    let is_on = |n: usize| n >= 5_000 && (n - 5_000) % 9_675 < 8_400;
    let mut signal = Random(21).noise(1e-5, 250_000);
    add_tone(&mut signal, 0..250_000, 40e3, RATE_SPS, 0.1);
    signal.iter_mut().enumerate().filter(|(n, _)| !is_on(*n)).for_each(|(_, sample)| *sample = [0.0; 2]);
    for format in [SampleFormat::Cs16, SampleFormat::Cf32] {
        let kept = run(&config(40e3, 25e3), &Made::of(&signal, format));
        let whole = |pulse: &&Pulse| !pulse.flags.any(Flags::START_UNSEEN.with(Flags::END_UNSEEN));
        let pulses: Vec<&Pulse> = kept.pulses.iter().filter(whole).collect();
        assert_eq!(pulses.len(), 25, "{format:?}");
        for (place, pulse) in pulses.iter().enumerate() {
            let start_us = 20_000 + 38_700 * place as i64;
            assert!((pulse.start_us.0 as i64 - start_us).abs() < 300, "{pulse:?}");
            assert!((i64::from(pulse.width_us) - 33_600).abs() < 500, "{pulse:?}");
            // 1e-5 over 250 kHz, of which the channel has a tenth.
            assert!(
                (pulse.floor.db() + 60.0).abs() < 1.5 && (pulse.mean.db() + 20.0).abs() < 0.3,
                "{pulse:?}"
            );
        }
        for reading in kept.readings.iter().filter(|reading| !reading.flags.any(Flags::UNUSABLE)) {
            assert!(reading.quiet.db() > -63.0, "{reading:?}");
        }
    }
}

#[test]
fn the_weakest_noise_of_eight_bits_is_no_gate_however_it_is_cut() {
    // 127 and 128, half of them alike: runs of one zero come by chance.
    let mut random = 7_u64;
    let samples: Vec<[u8; 2]> = (0..50_000)
        .map(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            [128 - u8::from(random >> 33 & 31 == 0), 128 - u8::from(random >> 43 & 31 == 0)]
        })
        .collect();
    let made = Made::Cu8(samples);
    let whole = run(&with_rows(), &made);
    assert!(whole.readings.iter().all(|reading| !reading.flags.any(Flags::GATED)), "{:?}", whole.readings);
    let cuts: Vec<usize> = (1..50_000).step_by(3).collect();
    assert_eq!(run_cut(&with_rows(), &made, &cuts), whole);
    // Two zeros side by side are two, whichever piece they come in.
    let mut stepped = vec![[127_u8; 2]; 20_000];
    stepped[10_000..].fill([128; 2]);
    stepped.iter_mut().step_by(64).for_each(|sample| *sample = [140; 2]);
    let made = Made::Cu8(stepped);
    let cuts: Vec<usize> = (1..20_000).step_by(7).collect();
    assert_eq!(run_cut(&with_rows(), &made, &cuts), run(&with_rows(), &made));
}
