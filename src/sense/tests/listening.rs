//! A survey's frames, heard as a flight would hear its samples.

use super::*;
use crate::dsp::survey::Survey;
use crate::sense::listen::{Listened, Setup, listen, listen_to_all};
use crate::units::ratio_from_db;

const RATE_SPS: f64 = 250e3;
const SETUP: Setup<'_> =
    Setup { hop_us: 10_000, dc_exclude_hz: None, false_alarms_per_hour: 0.0, own_noise: &[] };

fn surveyed(signal: &[[f64; 2]], format: SampleFormat) -> Survey {
    let mut survey = Survey::new(RATE_SPS, 0.0, 64 << 20);
    assert!(survey.pass(Made::of(signal, format).samples(0, signal.len())));
    survey
}

fn heard(survey: &Survey, channel: &ChannelConfig) -> Listened {
    listen(survey, channel, SETUP).expect("a channel that can be")
}

#[test]
fn pulses_and_readings_are_those_of_the_samples() {
    let mut signal = Random(31).noise(1e-5, 500_000);
    for start in (3_425..490_000).step_by(25_000) {
        add_tone(&mut signal, start..start + 5_000, 40e3, RATE_SPS, 0.1);
    }
    let own = channel(40e3, 10e3);
    let listened = heard(&surveyed(&signal, SampleFormat::Cs16), &own);
    let truth = run(
        &SenseConfig { dc_exclude_hz: None, ..config(40e3, 10e3) },
        &Made::of(&signal, SampleFormat::Cs16),
    );
    assert_eq!(listened.pulses.len(), truth.pulses.len());
    for (ours, theirs) in listened.pulses.iter().zip(&truth.pulses) {
        // An edge lies where the share that its frame has of the full level says, and the survey keeps both to half a dB: the
        // share is off by 12 % at most. The Hann window's last third holds that much, so an edge is off by that, 360 µs, where
        // it lies near the end of a frame.
        assert!(ours.start_us.0.abs_diff(theirs.start_us.0) < 360, "{ours:?} {theirs:?}");
        assert!(ours.width_us.abs_diff(theirs.width_us) < 500, "{ours:?} {theirs:?}");
        assert!((ours.mean.db() - theirs.mean.db()).abs() < 0.3, "{ours:?} {theirs:?}");
    }
    assert_eq!(listened.readings.len(), truth.readings.len());
    for (ours, theirs) in listened.readings.iter().zip(&truth.readings) {
        assert_eq!((ours.acquired_us, ours.frame_count), (theirs.acquired_us, theirs.frame_count));
        assert!((ours.mean.db() - theirs.mean.db()).abs() < 0.3, "{ours:?} {theirs:?}");
    }
    let timing = &listened.timing;
    assert_eq!(timing.pulse_count, 20);
    assert!((timing.width_us.unwrap() - 20_000.0).abs() < 200.0, "{timing:?}");
    assert!((timing.period_us.unwrap() - 100_000.0).abs() < 100.0, "{timing:?}");
    assert!((timing.duty - 0.2).abs() < 0.005, "{timing:?}");
    // 0.1 is -20 dBFS; 1e-5 over 250 kHz, of which the channel has 10.
    assert!((listened.power_dbfs.unwrap() + 20.0).abs() < 0.4, "{listened:?}");
    assert!((listened.snr_db.unwrap() - 44.0).abs() < 0.6, "{:?}", listened.snr_db);
}

#[test]
fn a_carrier_is_on_all_the_time_and_noise_never() {
    let noise = Random(32).noise(1e-5, 500_000);
    let silent = heard(&surveyed(&noise, SampleFormat::Cf32), &channel(40e3, 10e3));
    assert_eq!((silent.timing.pulse_count, silent.timing.duty), (0, 0.0));
    let mut signal = noise;
    // 14 dB over the noise of the channel.
    add_tone(&mut signal, 0..500_000, 40e3, RATE_SPS, (1e-5f64 * 0.04 * 25.0).sqrt());
    let carrier = heard(&surveyed(&signal, SampleFormat::Cf32), &channel(40e3, 10e3));
    assert_eq!((carrier.timing.pulse_count, carrier.timing.width_us), (1, None));
    assert!(
        carrier.timing.duty > 0.99 && (carrier.snr_db.unwrap() - 14.2).abs() < 0.6,
        "{:?}",
        carrier.snr_db
    );
}

#[test]
fn the_peaks_of_a_weak_line_are_no_pulses_and_weak_pulses_are() {
    for seed in 36..44 {
        let noise = Random(seed).noise(1e-5, 1_250_000);
        // Of the channel's noise, which is 1.6e-7 in these 4 kHz; the pulses of 15 dB are on for 3 % of the time.
        for (over_db, width, counts) in [(4.0, 25_000, 0..=1), (6.0, 25_000, 1..=1), (15.0, 750, 30..=52)] {
            let mut signal = noise.clone();
            for start in (0..1_250_000).step_by(25_000) {
                let amplitude = (1.6e-7f64 * ratio_from_db(over_db)).sqrt();
                add_tone(&mut signal, start..start + width, 40e3, RATE_SPS, amplitude);
            }
            let own = ChannelConfig { pulse_width_min_us: 1_000, ..channel(40e3, 4e3) };
            let timing = heard(&surveyed(&signal, SampleFormat::Cf32), &own).timing;
            assert!(counts.contains(&timing.pulse_count), "{over_db} dB, {seed}: {timing:?}");
            assert!(width == 750 || timing.period_us.is_none(), "{over_db} dB, {seed}: {timing:?}");
        }
    }
}

#[test]
fn an_even_count_has_its_median_in_the_middle() {
    let mut signal = Random(33).noise(1e-5, 500_000);
    // Widths of 10, 20, 30 and 40 ms.
    for place in 0..4_usize {
        let start = 25_000 + place * 100_000;
        add_tone(&mut signal, start..start + 2_500 * (place + 1), 40e3, RATE_SPS, 0.1);
    }
    let timing = heard(&surveyed(&signal, SampleFormat::Cs16), &channel(40e3, 10e3)).timing;
    assert!((timing.width_us.unwrap() - 25_000.0).abs() < 300.0, "{timing:?}");
}

#[test]
fn a_gap_and_a_gate_are_seen_in_the_frames_too() {
    let mut signal = Random(34).noise(1e-5, 250_000);
    add_tone(&mut signal, 0..250_000, 40e3, RATE_SPS, 0.1);
    signal[100_000..150_000].fill([0.0; 2]);
    let gated = heard(&surveyed(&signal, SampleFormat::Cs16), &channel(40e3, 10e3));
    assert_eq!(gated.pulses.len(), 2, "{:?}", gated.pulses);
    // A second, less the 200 ms of the gate.
    assert!((75..=82).contains(&gated.readings.len()), "{}", gated.readings.len());
    assert!(gated.readings.iter().all(|reading| reading.mean.db() > -21.0));
    let made = Made::of(&signal, SampleFormat::Cs16);
    let mut survey = Survey::new(RATE_SPS, 0.0, 64 << 20);
    survey.pass(made.samples(0, 50_000));
    survey.gap(60_000);
    survey.pass(made.samples(60_000, 90_000));
    let gap = heard(&survey, &channel(40e3, 10e3));
    assert_eq!(
        gap.pulses.iter().map(|p| p.flags).collect::<Vec<_>>(),
        [Flags::START_UNSEEN.with(Flags::END_UNSEEN), Flags::START_UNSEEN.with(Flags::END_UNSEEN)]
    );
}

#[test]
fn each_of_several_channels_is_heard_by_itself() {
    let mut signal = Random(35).noise(1e-5, 250_000);
    add_tone(&mut signal, 50_000..55_000, 40e3, RATE_SPS, 0.1);
    add_tone(&mut signal, 100_000..105_000, -30e3, RATE_SPS, 0.1);
    let survey = surveyed(&signal, SampleFormat::Cs16);
    let channels = [channel(40e3, 10e3), channel(-30e3, 10e3)];
    let [first, second] = &listen_to_all(&survey, &channels, SETUP).unwrap()[..] else { panic!("two") };
    for (listened, start_us) in [(first, 200_000), (second, 400_000)] {
        let [pulse] = &listened.pulses[..] else { panic!("{:?}", listened.pulses) };
        assert!(pulse.channel == 0 && pulse.start_us.0.abs_diff(start_us) < 400, "{pulse:?}");
        assert_eq!(listened.readings.len(), 100);
    }
    let excluded = Setup { dc_exclude_hz: Some(20e3), ..SETUP };
    assert!(listen(&survey, &channel(1e3, 10e3), excluded).is_none(), "the spike takes all of it");
}

#[test]
fn without_quiet_bins_the_pulses_tell_the_floor() {
    let mut signal = Random(36).noise(1e-5, 250_000);
    let wide = channel(0.0, RATE_SPS);
    let silent = heard(&surveyed(&signal, SampleFormat::Cf32), &wide);
    assert_eq!((silent.snr_db, silent.timing.duty), (None, 0.0), "{:?}", silent.timing);
    add_tone(&mut signal, 50_000..55_000, 40e3, RATE_SPS, 0.1);
    let pulsed = heard(&surveyed(&signal, SampleFormat::Cf32), &wide);
    // 0.1 against 1e-5 over the whole band, of which the floor is a low percentile.
    assert!(pulsed.snr_db.is_some_and(|snr_db| (snr_db - 30.0).abs() < 1.5), "{:?}", pulsed.snr_db);
}
