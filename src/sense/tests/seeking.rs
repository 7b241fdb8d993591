//! What is anywhere in a surveyed band and shows in none of its frames.

use super::*;
use crate::config::PulseTrain;
use crate::dsp::survey::Survey;
use crate::sense::listen::Setup;
use crate::sense::seek;
use crate::signal::HearingKind;
use crate::units::ratio_from_db;

const RATE_SPS: f64 = 125e3;
const NOISE: f64 = 1e-4;
const SETUP: Setup<'_> =
    Setup { hop_us: 10_000, dc_exclude_hz: None, false_alarms_per_hour: 0.05, own_noise: &[] };

fn amplitude(cn0_db_hz: f64) -> f64 {
    (ratio_from_db(cn0_db_hz) * NOISE / RATE_SPS).sqrt()
}

fn noise(seed: u64, seconds: f64) -> Vec<[f64; 2]> {
    Random(seed).noise(NOISE, (seconds * RATE_SPS) as usize)
}

/// All that is heard in a band about 100 MHz, with 16-bit samples.
fn heard(signal: &[[f64; 2]], template: &ChannelConfig) -> Vec<Hearing> {
    let mut survey = Survey::new(RATE_SPS, 100e6, 64 << 20);
    assert!(survey.pass(Made::of(signal, SampleFormat::Cs16).samples(0, signal.len())));
    let found = survey.finish();
    let parts = seek::parts(&survey);
    assert!(parts.len() > 2);
    // Part by part as with all of them at once.
    let each =
        parts.iter().flat_map(|part| seek::hearings(&survey, &found, template, SETUP, &[*part], parts.len()));
    let all = seek::hearings(&survey, &found, template, SETUP, &parts, parts.len());
    let frequencies =
        |hearings: &[Hearing]| -> Vec<f64> { hearings.iter().map(|heard| heard.frequency_hz).collect() };
    assert_eq!(frequencies(&seek::distinct(each.collect(), found.bin_hz)), frequencies(&all));
    all
}

/// Pulses of 20 ms every 0.6 to 1.5 s, or what is on all the time.
fn template() -> ChannelConfig {
    let train = PulseTrain {
        period_min_us: 600_000,
        period_max_us: 1_500_000,
        jitter_ratio_max: 0.05,
        pulses_min: 4,
        pattern: Default::default(),
    };
    ChannelConfig {
        emission: Emission::Any(train),
        pulse_width_min_us: 15_000,
        pulse_width_max_us: 30_000,
        ..channel(0.0, 4e3)
    }
}

#[test]
fn weak_lines_are_found_wherever_they_are_and_noise_is_none() {
    let mut signal = noise(41, 4.0);
    let everywhere = 0..signal.len();
    // In the first and the last part, and where two of them meet.
    let tones = [(-60_111.0, 18.0), (-17_500.0, 22.0), (58_222.0, 20.0)];
    for (hz, cn0_db_hz) in tones {
        add_tone(&mut signal, everywhere.clone(), hz, RATE_SPS, amplitude(cn0_db_hz));
    }
    let mut lines = heard(&signal, &channel(0.0, 4e3));
    lines.sort_by(|a, b| a.frequency_hz.total_cmp(&b.frequency_hz));
    assert_eq!(lines.len(), tones.len(), "{lines:?}");
    for (line, (hz, cn0_db_hz)) in lines.iter().zip(tones) {
        assert!((line.frequency_hz - 100e6 - hz).abs() < 1.5, "{line:?}");
        assert!((line.cn0.db() - cn0_db_hz).abs() < 3.0, "{line:?}");
    }
    assert_eq!(heard(&noise(42, 4.0), &template()), []);
}

#[test]
fn a_weak_train_is_found_where_it_is() {
    let mut signal = noise(43, 9.0);
    for start in (10_000..signal.len() - 3_000).step_by(125_000) {
        add_tone(&mut signal, start..start + 2_500, 31_000.0, RATE_SPS, amplitude(33.0));
    }
    let [train] = heard(&signal, &template())[..] else { panic!("one train") };
    assert_eq!(train.kind, HearingKind::Train);
    assert!((train.frequency_hz - 100.031e6).abs() < 40.0, "{train:?}");
}

#[test]
fn what_a_strong_pulse_leaves_all_over_the_band_is_nothing() {
    // An 8-bit receiver driven to its edge: each pulse has harmonics, which come as often as it does.
    let mut signal = noise(44, 4.0);
    for start in (10_000..signal.len() - 3_000).step_by(25_000) {
        add_tone(&mut signal, start..start + 2_500, 21_000.0, RATE_SPS, 1.6);
    }
    signal.iter_mut().flatten().for_each(|value| *value = (value.clamp(-1.0, 1.0) * 127.5).round() / 127.5);
    assert_eq!(heard(&signal, &template()), []);
}
