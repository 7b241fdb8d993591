//! Signals made here with known truth, and real recordings with what was measured in them.

use super::*;
use std::path::PathBuf;

fn survey(samples: Samples<'_>, rate: f64) -> Findings {
    let mut survey = Survey::new(rate, 0.0, 64 << 20);
    assert!(survey.pass(samples));
    survey.finish()
}

fn emissions(found: &Findings) -> Vec<&Active> {
    found.channels.iter().filter(|active| active.origin == Origin::Emission).collect()
}

/// White noise of a given power, reproducible, at 250 kS/s.
struct Scene {
    seconds: f64,
    noise_dbfs: f64,
    random: u64,
}

const RATE: f64 = 250_000.0;

/// Hz, dBFS, and whether it is on at a time in seconds.
type Tone<'a> = (f64, f64, &'a dyn Fn(f64) -> bool);

impl Scene {
    fn new(seconds: f64, noise_dbfs: f64) -> Scene {
        Scene { seconds, noise_dbfs, random: 1 }
    }

    fn uniform(&mut self) -> f64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Complex samples: noise, lifted by `lift` at each time, and tones (Hz, dBFS, whether on).
    fn samples(&mut self, lift: impl Fn(f64) -> f64, tones: &[Tone<'_>]) -> Vec<[f32; 2]> {
        let sigma = 10f64.powf(self.noise_dbfs / 20.0);
        (0..(self.seconds * RATE) as usize)
            .map(|index| {
                let t = index as f64 / RATE;
                // Box and Muller.
                let radius = sigma * (-self.uniform().ln()).sqrt() * lift(t);
                let angle = std::f64::consts::TAU * self.uniform();
                let mut sample = [radius * angle.cos(), radius * angle.sin()];
                for (hz, dbfs, _) in tones.iter().filter(|tone| tone.2(t)) {
                    let turn = std::f64::consts::TAU * (hz * t).fract();
                    let amplitude = 10f64.powf(dbfs / 20.0);
                    sample[0] += amplitude * turn.cos();
                    sample[1] += amplitude * turn.sin();
                }
                sample.map(|v| v as f32)
            })
            .collect()
    }
}

#[test]
fn a_pulse_train_reads_as_it_was_made() {
    let train = |t: f64| (t - 0.0137).rem_euclid(0.1) < 0.020 && t > 0.0137;
    let samples = Scene::new(2.0, -50.0).samples(|_| 1.0, &[(31_234.0, -30.0, &train)]);
    let found = survey(Samples::Cf32(&samples), RATE);
    let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
    assert!((active.frequency_hz - 31_234.0).abs() < 150.0, "{active:?}");
    assert!((active.power_dbfs + 30.0).abs() < 0.3, "{active:?}");
    assert!((found.floor_dbfs + 50.0).abs() < 0.7, "{}", found.floor_dbfs);
}

#[test]
fn a_carrier_and_a_train_are_two_channels() {
    let train = |t: f64| t.rem_euclid(0.05) < 0.010;
    let tones: [Tone<'_>; 2] = [(-60_000.0, -35.0, &|_| true), (20_000.0, -42.0, &train)];
    let samples = Scene::new(1.0, -60.0).samples(|_| 1.0, &tones);
    let found = survey(Samples::Cf32(&samples), RATE);
    let active = emissions(&found);
    assert_eq!(active.len(), 2, "{:#?}", found.channels);
    assert!((active[0].frequency_hz + 60_000.0).abs() < 100.0, "{active:?}");
    assert!((active[1].frequency_hz - 20_000.0).abs() < 150.0, "{active:?}");
}

#[test]
fn noise_and_a_step_of_it_are_no_channel() {
    for lift in [1.0, 4.0] {
        let samples = Scene::new(4.0, -40.0).samples(|t| if t > 1.7 { lift } else { 1.0 }, &[]);
        assert_eq!(survey(Samples::Cf32(&samples), RATE).channels, []);
    }
}

#[test]
fn an_image_is_told_as_one_and_dc_is_not_seen() {
    let train = |t: f64| t.rem_euclid(0.05) < 0.010;
    let tones: [Tone<'_>; 3] =
        [(40_000.0, -20.0, &train), (-40_000.0, -45.0, &train), (0.0, -25.0, &|_| true)];
    let samples = Scene::new(1.0, -65.0).samples(|_| 1.0, &tones);
    let found = survey(Samples::Cf32(&samples), RATE);
    let [emission] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
    assert!((emission.frequency_hz - 40_000.0).abs() < 100.0);
    assert!(
        found.channels.iter().any(|c| matches!(c.origin, Origin::Image(of) if (of - 40_000.0).abs() < 100.0))
    );
}

#[test]
fn frames_do_not_span_a_gap() {
    let samples = Scene::new(0.5, -60.0).samples(|_| 1.0, &[(30_000.0, -30.0, &|t| t > 0.1 && t < 0.4)]);
    let mut survey = Survey::new(RATE, 0.0, 1 << 24);
    let (before, after) = samples.split_at(60_000);
    survey.pass(Samples::Cf32(before));
    survey.gap(60_000 + 250_000);
    survey.pass(Samples::Cf32(after));
    let found = survey.finish();
    let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
    assert!((active.frequency_hz - 30_000.0).abs() < 150.0, "{active:?}");
    assert!((found.seconds - 1.5).abs() < 0.01);
}

#[test]
fn a_full_spectrogram_says_so_and_keeps_what_it_has() {
    let samples = Scene::new(0.5, -60.0).samples(|_| 1.0, &[]);
    let mut survey = Survey::new(RATE, 0.0, 9 * 256 * 100);
    assert!(!survey.pass(Samples::Cf32(&samples)));
    assert!((survey.finish().seconds - 100.0 * 256.0 / RATE).abs() < 1e-9);
    assert_eq!(Survey::new(RATE, 0.0, 0).finish().channels, [], "nothing seen is nothing found");
}

fn recording(name: &str) -> Option<Vec<[u8; 2]>> {
    // The engine lies at the workspace's root.
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("SKYHOUND_DATA").map_or(beside, PathBuf::from);
    match std::fs::read(folder.join("iq").join(name)) {
        Ok(bytes) => Some(bytes.as_chunks::<2>().0.to_vec()),
        Err(_) => {
            println!("ignored, needs SKYHOUND_DATA ({name})");
            None
        }
    }
}

/// Name, rate, strongest emission: kHz from the centre, tolerance.
type Known = (&'static str, f64, f64, f64);

#[test]
fn real_recordings_are_found_where_they_send() {
    let known: [Known; 6] = [
        ("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8", 250e3, 40.8, 0.5),
        ("rtl433t_waveman_gfile012_433.92M_250k.cu8", 250e3, -35.9, 0.5),
        ("rtl433t_nexus_gfile001_433.92M_250k.cu8", 250e3, 77.6, 0.6),
        // Frequency-keyed: the other tone is at +24.4 kHz.
        ("rtl433t_honda-lock2_433.92M_250k.cu8", 250e3, -64.6, 1.5),
        ("rtl433t_lacrosse-tx22u_gfile010_915M_250k.cu8", 250e3, 104.7, 1.0),
        // Frequency-keyed: +230 kHz is its lower tone.
        ("rtlwmbus_issue48_868.625M_2400k.cu8", 2.4e6, 278.0, 50.0),
    ];
    for (name, rate, khz, tolerance_khz) in known {
        let Some(samples) = recording(name) else { continue };
        let found = survey(Samples::Cu8(&samples), rate);
        let active = emissions(&found)[0];
        assert!((active.frequency_hz / 1e3 - khz).abs() < tolerance_khz, "{name}: {active:?}");
    }
    if let Some(samples) = recording("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8") {
        let found = survey(Samples::Cu8(&samples), RATE);
        // The other is a line at 434.000 MHz, which is in other recordings of the same receiver too.
        let khz: Vec<f64> = emissions(&found).iter().map(|active| (active.peak_hz / 1e3).round()).collect();
        assert_eq!(khz, [41.0, 80.0], "harmonics are no emissions: {:#?}", found.channels);
    }
    for name in [
        "noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8",
        "rtl433t_owlcm160_gfile005_433.92M_250k.cu8",
    ] {
        let Some(samples) = recording(name) else { continue };
        assert_eq!(survey(Samples::Cu8(&samples), RATE).channels, [], "{name}");
    }
}

#[test]
fn a_weak_line_is_told_as_strong_as_it_is() {
    // 14 dB over the noise of a bin: a third of its cells stand out.
    let level = -60.0 - 10.0 * 256f64.log10() + 1.76 + 12.0;
    let samples = Scene::new(2.0, -60.0).samples(|_| 1.0, &[(30_000.0, level, &|_| true)]);
    let found = survey(Samples::Cf32(&samples), RATE);
    let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
    assert!((active.power_dbfs - level).abs() < 0.7, "{active:?} {level}");
}

#[test]
fn one_overdriven_sender_is_one_emission_and_the_strongest() {
    for is_pulsed in [false, true] {
        let on = |t: f64| !is_pulsed || t.rem_euclid(0.1) < 0.03;
        let mut samples = Scene::new(1.0, -45.0).samples(|_| 1.0, &[(21_000.0, 6.0, &on)]);
        samples.iter_mut().for_each(|sample| *sample = sample.map(|v| v.clamp(-1.0, 1.0)));
        let found = survey(Samples::Cf32(&samples), RATE);
        let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
        assert!((active.frequency_hz - 21_000.0).abs() < 200.0, "{active:?}");
        assert!(found.channels.len() > 1, "clipping makes harmonics: {found:?}");
        let strongest = found.channels.iter().map(|c| c.power_dbfs).fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(active.power_dbfs, strongest);
    }
}

#[test]
fn a_channel_lies_within_the_band() {
    for hz in [-124_900.0, 124_300.0] {
        let samples = Scene::new(0.5, -60.0).samples(|_| 1.0, &[(hz, -30.0, &|_| true)]);
        let found = survey(Samples::Cf32(&samples), RATE);
        let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
        assert!(active.frequency_hz.abs() + active.bandwidth_hz / 2.0 <= RATE / 2.0, "{active:?}");
    }
}

#[test]
fn a_sender_on_the_tuned_frequency_is_seen_beside_the_spike() {
    let train = |t: f64| t.rem_euclid(0.2) < 0.02;
    let tones: [Tone<'_>; 2] = [(0.0, -25.0, &|_| true), (0.001, -40.0, &train)];
    let samples = Scene::new(2.0, -65.0).samples(|_| 1.0, &tones);
    let found = survey(Samples::Cf32(&samples), RATE);
    let [active] = emissions(&found)[..] else { panic!("{:#?}", found.channels) };
    assert!(active.frequency_hz.abs() < 200.0, "{active:?}");
    assert!((found.spike_dbfs + 25.0).abs() < 0.5, "{}", found.spike_dbfs);
}

#[test]
fn weak_noise_is_as_weak_as_it_is() {
    // Under -120 dBFS per bin.
    let samples = Scene::new(1.0, -96.0).samples(|_| 1.0, &[(30_000.0, -92.0, &|_| true)]);
    let found = survey(Samples::Cf32(&samples), RATE);
    assert!((found.floor_dbfs + 96.0).abs() < 0.7, "{}", found.floor_dbfs);
    let mut survey = Survey::new(RATE, 0.0, 64 << 20);
    survey.pass(Samples::Cf32(&samples));
    assert!(
        survey
            .rows()
            .all(|row| row.power().len() == survey.fft_len() && row.power().all(|power| power > 0.0))
    );
    // What a gate closes has none.
    let mut survey = Survey::new(RATE, 0.0, 64 << 20);
    survey.pass(Samples::Cf32(&[[0.0; 2]; 2_560]));
    assert!(survey.rows().all(|row| (row.gate, row.power().len()) == (Gate::Closed, 0)));
    assert_eq!(survey.rows().count(), 10);
}

#[test]
fn two_senders_at_the_ends_of_the_band_are_two() {
    let train = |t: f64| t.rem_euclid(0.1) < 0.03;
    // The weaker by a few dB only: nothing that spread over the band's edge.
    let tones: [Tone<'_>; 2] = [(121_000.0, -30.0, &train), (-121_000.0, -34.0, &|_| true)];
    let samples = Scene::new(1.0, -60.0).samples(|_| 1.0, &tones);
    let found = survey(Samples::Cf32(&samples), RATE);
    assert_eq!(emissions(&found).len(), 2, "{:#?}", found.channels);
}
