//! What matched detectors cost: CPU time of one thread per second of signal, with the sense pass they are part of, beside FFTs of the same
//! samples and nothing else.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;

use skyhound::config::{ChannelConfig, Emission, PulseTrain, SenseConfig};
use skyhound::dsp::spectrometer::fft_len_for;
use skyhound::sense::{Sense, SenseSink};
use skyhound::signal::{BlockStamp, Hearing, Pulse, Reading, Samples, Spectrum};
use skyhound::time::TimeUs;
use skyhound_benches::{print_head, print_row, thread_cpu_ns};
use std::hint::black_box;

/// Signal of a measurement, s.
const SECONDS: f64 = 8.0;

struct Nowhere;

impl SenseSink for Nowhere {
    fn reading(&mut self, _: &Reading) {}
    fn pulse(&mut self, _: &Pulse) {}
    fn hearing(&mut self, hearing: &Hearing) {
        black_box(hearing);
    }
    fn spectrum(&mut self, _: &Spectrum) {}
}

fn config(
    rate_sps: f64,
    channel_count: usize,
    bandwidth_hz: f64,
    emission: Emission,
    false_alarms_per_hour: f64,
) -> SenseConfig {
    let channel = |number: usize| ChannelConfig {
        name: "beacon".into(),
        frequency_hz: 3.0 * bandwidth_hz * (number as f64 + 1.0),
        bandwidth_hz,
        emission,
        pulse_width_min_us: 10_000,
        pulse_width_max_us: 40_000,
        pulse_bridge_us: 2_500,
        pulse_trigger_db: 9.0,
    };
    SenseConfig {
        sample_rate_sps: rate_sps,
        center_hz: 0.0,
        more_centers_hz: Vec::new(),
        own_noise: Vec::new(),
        fft_len: fft_len_for(rate_sps),
        hop_us: 10_000,
        dc_exclude_hz: None,
        spectrum_interval_us: 0,
        false_alarms_per_hour,
        channels: (0..channel_count).map(channel).collect(),
    }
}

/// ms of CPU time per second of noise.
fn ms_per_s(config: &SenseConfig) -> f64 {
    let mut sense = Sense::new(config).expect("the bench's own settings");
    let mut state = 1_u64;
    // Sums of four bytes are noise enough: what is searched must not be the same block again and again.
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let sum: i32 = state.to_le_bytes()[4..].iter().map(|byte| i32::from(*byte) - 128).sum();
        (sum / 8) as i8
    };
    let block = (config.sample_rate_sps * 0.02) as usize;
    let (mut index, mut busy_ns) = (0_u64, 0);
    while (index as f64) < SECONDS * config.sample_rate_sps {
        let samples: Vec<[i8; 2]> = (0..block).map(|_| [next(), next()]).collect();
        let acquired_us = TimeUs((index as f64 * 1e6 / config.sample_rate_sps) as u64);
        let begun_ns = thread_cpu_ns();
        sense.pass(
            &BlockStamp { sample_index: index, acquired_us, ..BlockStamp::default() },
            Samples::Cs8(&samples),
            &mut Nowhere,
        );
        busy_ns += thread_cpu_ns() - begun_ns;
        index += block as u64;
    }
    busy_ns as f64 / 1e6 / SECONDS
}

/// ms of CPU time per second of signal for FFTs of as many points as the tuner's blocks have at 2.4 MS/s.
fn ms_of_ffts(rate_sps: f64) -> f64 {
    const POINTS: usize = 12_288;
    let fft = FftPlanner::new().plan_fft_forward(POINTS);
    let mut block: Vec<Complex32> = (0..POINTS).map(|n| Complex32::cis((n * n) as f32)).collect();
    let (mut spectrum, mut scratch) = (block.clone(), block.clone());
    scratch.resize(fft.get_immutable_scratch_len(), Complex32::default());
    let blocks = (SECONDS * rate_sps) as usize / POINTS;
    let begun_ns = thread_cpu_ns();
    for number in 0..blocks {
        block[number % POINTS].re += 1.0;
        fft.process_immutable_with_scratch(&block, &mut spectrum, &mut scratch);
        black_box(&spectrum);
    }
    (thread_cpu_ns() - begun_ns) as f64 / 1e6 / SECONDS
}

fn main() {
    print_head("Matched detectors: ms of CPU time per second of signal");
    let train = |min_s: f64, max_s: f64| PulseTrain {
        period_min_us: (min_s * 1e6) as u32,
        period_max_us: (max_s * 1e6) as u32,
        jitter_ratio_max: 0.02,
        pulses_min: 3,
        pattern: Default::default(),
    };
    let emissions = [
        ("line and energy", 4e3, Emission::Continuous),
        ("line and energy of 25 kHz", 25e3, Emission::Continuous),
        ("train of a known period", 4e3, Emission::Pulsed(train(1.3, 1.3))),
        ("train of 0.5 to 3 s", 4e3, Emission::Pulsed(train(0.5, 3.0))),
        ("all, 0.5 to 3 s", 4e3, Emission::Any(train(0.5, 3.0))),
        ("distress bursts", 20e3, Emission::CospasSarsat),
    ];
    let row = |name: &str,
               bandwidth_hz: f64,
               emission: Emission,
               (rate_sps, channel_count, goal): (f64, usize, &str)| {
        let ours = ms_per_s(&config(rate_sps, channel_count, bandwidth_hz, emission, 0.05));
        let peer = ms_of_ffts(rate_sps);
        print_row(
            &format!("{name}: {channel_count} beacon(s) at {:.2} MS/s", rate_sps / 1e6),
            &format!("{ours:.1} ms"),
            "FFTs of the same samples",
            &format!("{peer:.1} ms"),
            peer / ours,
            goal,
        );
    };
    for at in [(250e3, 1, "<= 25 ms here"), (2.4e6, 8, "lines <= 60 ms here")] {
        for (name, bandwidth_hz, emission) in emissions {
            row(name, bandwidth_hz, emission, at);
        }
    }
    // Too wide for a line: energy alone, in spectra of the whole band.
    row("energy of 200 kHz", 200e3, Emission::Continuous, (2.4e6, 1, "<= 80 ms here"));
}
