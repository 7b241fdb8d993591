//! Energy of any modulation: as weak as noise lets it be known, and nothing where a receiver or a neighbour only seems to send.

use super::*;
use crate::config::PulseTrain;
use crate::signal::HearingKind;
use crate::units::{db_from_ratio, ratio_from_db};

/// Noise of one Hz.
const NOISE_HZ: f64 = 1e-9;

/// As the settings have it where nothing is written: carriers and pulses of up to a second.
fn any(sample_rate_sps: f64, frequency_hz: f64, bandwidth_hz: f64) -> SenseConfig {
    let mut config = SenseConfig {
        sample_rate_sps,
        fft_len: crate::dsp::spectrometer::fft_len_for(sample_rate_sps),
        dc_exclude_hz: None,
        ..config(frequency_hz, bandwidth_hz)
    };
    let channel = &mut config.channels[0];
    channel.emission = Emission::Any(PulseTrain {
        period_min_us: 200_000,
        period_max_us: 3_000_000,
        jitter_ratio_max: 0.05,
        pulses_min: 3,
        pattern: Default::default(),
    });
    channel.pulse_width_max_us = 1_000_000;
    config
}

/// Carriers only.
fn continuous(sample_rate_sps: f64, frequency_hz: f64, bandwidth_hz: f64) -> SenseConfig {
    let mut config = any(sample_rate_sps, frequency_hz, bandwidth_hz);
    config.channels[0].emission = Emission::Continuous;
    config.channels[0].pulse_width_max_us = 20_000;
    config
}

fn noise(config: &SenseConfig, seed: u64, seconds: f64) -> Vec<[f64; 2]> {
    let power = NOISE_HZ * config.sample_rate_sps;
    Random(seed).noise(power, (seconds * config.sample_rate_sps) as usize)
}

/// Adds symbols of four tones over `width_hz`, 100 a second, phase going on.
fn add_fsk(signal: &mut [[f64; 2]], rate_sps: f64, at_hz: f64, width_hz: f64, cn0_db_hz: f64) {
    let amplitude = (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt();
    let (mut random, mut turns, mut tone) = (Random(99), 0.0_f64, 0.0);
    let symbol = (rate_sps / 100.0) as usize;
    for (n, sample) in signal.iter_mut().enumerate() {
        if n.is_multiple_of(symbol) {
            tone = (random.unit() * 4.0).floor() - 1.5;
        }
        turns = (turns + (at_hz + tone * width_hz / 4.0) / rate_sps).fract();
        let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
        *sample = [sample[0] + amplitude * cos, sample[1] + amplitude * sin];
    }
}

fn energies(kept: &Kept) -> Vec<Hearing> {
    kept.hearings.iter().filter(|hearing| hearing.kind == HearingKind::Energy).copied().collect()
}

fn told(config: &SenseConfig, signal: &[[f64; 2]]) -> Vec<Hearing> {
    energies(&run(config, &Made::of(signal, SampleFormat::Cf32)))
}

#[test]
fn a_balloon_of_four_tones_is_heard_in_a_few_seconds() {
    // 4.4 dB in its 1.5 kHz; in the channel 0 to −8 dB, where a reading hears +12 dB.
    let cn0_db_hz = 4.4 + db_from_ratio(1_500.0);
    for (rate_sps, bandwidth_hz) in [(250e3, 4e3), (96e3, 12.5e3), (250e3, 25e3)] {
        let config = any(rate_sps, 30e3, bandwidth_hz);
        let mut signal = noise(&config, 4, 5.0);
        add_fsk(&mut signal, rate_sps, 30_300.0, 1_500.0, cn0_db_hz);
        let hearings = told(&config, &signal);
        assert!(hearings.len() >= 3 && hearings[0].until_us.0 < 2_000_000, "{bandwidth_hz}: {hearings:?}");
        for hearing in &hearings {
            assert!((hearing.frequency_hz - 30_300.0).abs() < 450.0, "{bandwidth_hz}: {hearing:?}");
            assert!((hearing.cn0.db() - cn0_db_hz).abs() < 0.7, "{bandwidth_hz}: {hearing:?}");
            assert!((hearing.power.db() - db_from_ratio(NOISE_HZ) - cn0_db_hz).abs() < 0.7, "{hearing:?}");
            assert!(hearing.statistic >= hearing.threshold && hearing.ln_false_alarms_per_hour < -4.0);
        }
    }
}

#[test]
fn it_is_heard_down_to_what_ten_seconds_tell() {
    // 22.5 dB-Hz: −9 dB in its own 1.5 kHz, −18 dB in the channel. One that knew its band and the noise would need 18.
    let config = continuous(60e3, 12e3, 12.5e3);
    for seed in 1..4 {
        let mut signal = noise(&config, seed, 11.5);
        add_fsk(&mut signal, 60e3, 10_500.0, 1_500.0, 22.5);
        let hearings = told(&config, &signal);
        assert!(!hearings.is_empty(), "{seed}");
        for hearing in &hearings {
            assert!((hearing.frequency_hz - 10_500.0).abs() < 700.0, "{hearing:?}");
            // What is heard first is what noise helped.
            assert!((hearing.cn0.db() - 22.5).abs() < 3.0 * hearing.cn0_sigma.db() + 1.0, "{hearing:?}");
        }
    }
}

#[test]
fn what_fills_the_whole_channel_stands_over_what_is_beside() {
    // As noise: a spread spectrum 8 dB under the noise over all of the channel, on for 6 of 14 s.
    for (rate_sps, frequency_hz, bandwidth_hz) in [(96e3, 15e3, 20e3), (250e3, -30e3, 60e3)] {
        let config = continuous(rate_sps, frequency_hz, bandwidth_hz);
        let mut signal = noise(&config, 8, 10.0);
        let chips = (rate_sps / bandwidth_hz).round() as usize;
        let cn0_db_hz = -8.0 + db_from_ratio(bandwidth_hz);
        let amplitude = (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt();
        let (mut random, mut chip) = (Random(5), [0.0; 2]);
        for (n, sample) in signal.iter_mut().enumerate() {
            if n.is_multiple_of(chips) {
                chip =
                    [(); 2].map(|()| if random.unit() < 0.5 { -amplitude } else { amplitude } / 2f64.sqrt());
            }
            let seconds = n as f64 / rate_sps;
            if (2.0..8.0).contains(&seconds) {
                let (sin, cos) = (std::f64::consts::TAU * (frequency_hz * seconds).fract()).sin_cos();
                sample[0] += chip[0] * cos - chip[1] * sin;
                sample[1] += chip[0] * sin + chip[1] * cos;
            }
        }
        let hearings = told(&config, &signal);
        assert!(!hearings.is_empty(), "{bandwidth_hz}");
        for hearing in &hearings {
            assert!((hearing.frequency_hz - frequency_hz).abs() < 0.2 * bandwidth_hz, "{hearing:?}");
            // A part of a spread spectrum lies outside.
            let off_db = (hearing.cn0.db() - cn0_db_hz + 0.8).abs();
            assert!(off_db < 1.5 + 3.0 * hearing.cn0_sigma.db(), "{hearing:?} {cn0_db_hz}");
            assert!((2_000_000..9_500_000).contains(&hearing.until_us.0), "{hearing:?}");
        }
    }
}

#[test]
fn a_line_is_told_as_a_line() {
    let config = continuous(60e3, 12e3, 12.5e3);
    for cn0_db_hz in [22.0, 45.0] {
        let mut signal = noise(&config, 3, 8.0);
        let all = 0..signal.len();
        let amplitude = (ratio_from_db(cn0_db_hz) * NOISE_HZ).sqrt();
        add_tone(&mut signal, all, 13_456.0, 60e3, amplitude);
        let kept = run(&config, &Made::of(&signal, SampleFormat::Cf32));
        assert!(!kept.hearings.is_empty());
        assert_eq!(energies(&kept), [], "{cn0_db_hz}");
    }
}

#[test]
fn noise_passes_no_more_often_than_is_accepted() {
    // A quarter of the figure is the energy's: 90 in this time.
    for (rate_sps, frequency_hz, bandwidth_hz) in [(24e3, 5e3, 4e3), (24e3, 1e3, 9e3), (24e3, 9.5e3, 3e3)] {
        let mut config = continuous(rate_sps, frequency_hz, bandwidth_hz);
        config.false_alarms_per_hour = 3_600.0;
        let (mut sense, mut kept) = (Sense::new(&config).unwrap(), Kept::default());
        let block = 24_000;
        let mut random = Random(21);
        for second in 0..360 {
            let signal = random.noise(NOISE_HZ * rate_sps, block);
            let made = Made::of(&signal, SampleFormat::Cf32);
            sense.pass(&stamp(second * block, rate_sps), made.samples(0, block), &mut kept);
            kept.readings.clear();
        }
        let count = energies(&kept).len();
        assert!(count <= 90, "{bandwidth_hz} Hz: {count} of 90");
    }
}

/// Makes something of a sample: its number, and a second one of chance.
type Spoiler = fn(usize, f64, [f64; 2], &mut Random) -> [f64; 2];

#[test]
fn what_only_seems_to_send_is_not_told() {
    const RATE_SPS: f64 = 60e3;
    let turned = |[re, im]: [f64; 2], hz: f64, second: f64, amplitude: f64| {
        let (sin, cos) = (std::f64::consts::TAU * (hz * second).fract()).sin_cos();
        [re + amplitude * cos, im + amplitude * sin]
    };
    let spoilers: [(&str, Spoiler); 7] = [
        ("steps of noise", |_, second, sample, _| {
            let gain = if second.rem_euclid(6.0) > 4.3 { 3.0 } else { 1.0 };
            sample.map(|half| half * gain)
        }),
        ("impulses", |n, _, [re, im], _| if n % 4_973 < 3 { [re + 0.9, im - 0.4] } else { [re, im] }),
        ("bursts of wide noise", |n, _, sample, random| {
            if n % 31_013 < 900 { Random((random.unit() * 1e15) as u64).noise(3e-3, 1)[0] } else { sample }
        }),
        ("drift of the gain", |_, second, sample, _| {
            sample.map(|half| half * (1.0 + 0.8 * (second / 3.0).sin()))
        }),
        ("a spike at 0 Hz and its flicker", |_, second, [re, im], _| {
            let slow = 0.02 * (second * 9.0).sin() + 0.01 * (second * 131.0).sin();
            [re + 0.3 + slow, im - 0.1 + slow]
        }),
        ("gaps of zeros", |n, _, sample, _| if n % 100_000 < 30_000 { [0.0; 2] } else { sample }),
        ("full scale now and then", |n, _, sample, _| {
            if n % 60_000 < 20_000 { sample.map(|half| (half * 150.0).clamp(-1.0, 1.0)) } else { sample }
        }),
    ];
    for (name, spoil) in spoilers {
        for frequency_hz in [12e3, 3e3] {
            let config =
                SenseConfig { false_alarms_per_hour: 1.0, ..continuous(RATE_SPS, frequency_hz, 5e3) };
            let mut random = Random(31);
            let signal: Vec<[f64; 2]> = noise(&config, 17, 14.0)
                .iter()
                .enumerate()
                .map(|(n, sample)| spoil(n, n as f64 / RATE_SPS, *sample, &mut random))
                .collect();
            assert_eq!(told(&config, &signal), [], "{name} at {frequency_hz}");
        }
    }
    // Neighbours 60 dB over the noise in 5 kHz: a keyed carrier, one that wobbles, and four tones; and one of those at the mirror.
    type Neighbour = fn(f64) -> (f64, f64);
    let neighbours: [(&str, Neighbour); 3] = [
        ("keyed", |second| (0.0, f64::from(u8::from(second.rem_euclid(0.05) < 0.02)))),
        ("wobbling", |second| (0.9 * (second * 900.0).sin(), 1.0)),
        ("toggling", |second| {
            (400.0 * second * f64::from(i32::from(second.rem_euclid(0.02) < 0.01) * 2 - 1), 1.0)
        }),
    ];
    for (name, neighbour) in neighbours {
        for at_hz in [17.5e3, 20e3, -12e3] {
            let config = SenseConfig { false_alarms_per_hour: 1.0, ..continuous(RATE_SPS, 12e3, 5e3) };
            let mut signal = noise(&config, 23, 14.0);
            let amplitude = (NOISE_HZ * 5e3 * 1e6).sqrt();
            for (n, sample) in signal.iter_mut().enumerate() {
                let second = n as f64 / RATE_SPS;
                let (turns, level) = neighbour(second);
                let own = at_hz + turns / second.max(1e-9) / std::f64::consts::TAU;
                *sample = turned(*sample, own, second, amplitude * level);
                // Its image.
                *sample = turned(*sample, -own, second, amplitude * level * 0.02);
            }
            assert_eq!(told(&config, &signal), [], "{name} at {at_hz}");
        }
    }
}

#[test]
fn no_edge_of_a_receivers_filter_is_told() {
    // Noise through a filter of one pole, twice: falling over the channel, or from the channel on.
    for (frequency_hz, pole_hz) in [(12e3, 12e3), (12e3, 4e3), (2e3, 15e3), (24e3, 20e3)] {
        let config = SenseConfig { false_alarms_per_hour: 1.0, ..continuous(60e3, frequency_hz, 5e3) };
        let mut signal = noise(&config, 19, 20.0);
        let keep = (-std::f64::consts::TAU * pole_hz / 60e3).exp();
        let mut state = [[0.0; 2]; 2];
        for sample in &mut signal {
            for pole in &mut state {
                *pole = [0, 1].map(|half| keep * pole[half] + (1.0 - keep) * sample[half]);
                *sample = *pole;
            }
        }
        assert_eq!(told(&config, &signal), [], "{frequency_hz} {pole_hz}");
    }
}

#[test]
fn the_dome_of_a_receivers_whole_band_is_not_told_and_what_stands_on_it_is() {
    // 6 dB less at the band's edges than in its middle, as decimators have it, and a channel of most of the band: 1 + 2·b·cos ω.
    for (rate_sps, bandwidth_hz) in [(48e3, 38.4e3), (48e3, 24e3), (96e3, 77e3)] {
        let config = any(rate_sps, 0.0, bandwidth_hz);
        let mut signal = noise(&config, 23, 8.0);
        let domed = |signal: &[[f64; 2]]| -> Vec<[f64; 2]> {
            let at =
                |three: &[[f64; 2]], half: usize| three[1][half] + 0.167 * (three[0][half] + three[2][half]);
            signal.windows(3).map(|three| [at(three, 0), at(three, 1)]).collect()
        };
        assert_eq!(told(&config, &domed(&signal)), [], "{rate_sps} {bandwidth_hz}");
        let (at_hz, cn0_db_hz) = (0.13 * rate_sps, 38.0);
        add_fsk(&mut signal, rate_sps, at_hz, 1_100.0, cn0_db_hz);
        let hearings = told(&config, &domed(&signal));
        assert!(!hearings.is_empty(), "{rate_sps} {bandwidth_hz}");
        for hearing in &hearings {
            assert!((hearing.frequency_hz - at_hz).abs() < 700.0, "{hearing:?}");
            assert!((hearing.cn0.db() - cn0_db_hz).abs() < 2.0, "{hearing:?}");
        }
    }
}

#[test]
fn pulses_are_no_carrier() {
    let config = any(60e3, 12e3, 8e3);
    let mut signal = noise(&config, 6, 22.0);
    let amplitude = (ratio_from_db(38.0) * NOISE_HZ).sqrt();
    for start in (0..20).map(|n| 20_000 + n * 62_000) {
        add_tone(&mut signal, start..start + 1_800, 12_800.0, 60e3, amplitude);
    }
    assert_eq!(told(&config, &signal), []);
}

#[test]
fn where_blocks_are_cut_changes_no_energy() {
    for frequency_hz in [40e3, 30e3] {
        let mut config = continuous(250e3, frequency_hz, if frequency_hz > 35e3 { 5e3 } else { 40e3 });
        config.fft_len = 256;
        let mut signal: Vec<[f64; 2]> = noise(&config, 12, 1.2);
        add_fsk(&mut signal, 250e3, frequency_hz + 500.0, 1_500.0, 42.0);
        for format in FORMATS {
            let made = Made::of(&signal, format);
            let whole = run(&config, &made);
            assert!(!energies(&whole).is_empty(), "{format:?} {frequency_hz}");
            let cuts: Vec<usize> = (1..110).map(|n| n * n * 23).filter(|cut| *cut < made.len()).collect();
            assert_eq!(run_cut(&config, &made, &cuts).hearings, whole.hearings, "{format:?}");
        }
    }
}
