//! The sense pass in MS/s for each format and FFT length against the bare rustfft call on the same blocks, and its loops
//! against their scalar forms. CPU time of one thread; the ratio is what holds on a shared machine.

use std::hint::black_box;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;
use skyhound::config::{ChannelConfig, Emission, SenseConfig};
use skyhound::dsp::kernel;
use skyhound::sense::{Sense, SenseSink};
use skyhound::signal::{BlockStamp, Hearing, Pulse, Reading, Samples, Spectrum};
use skyhound::time::TimeUs;
use skyhound_benches::fftw_volk::{self, Interleaved, Libraries};
use skyhound_benches::{Comparison, compare, print_head, print_row};

/// Samples of a block: 27 ms at 2.4 MS/s.
const BLOCK_SAMPLES: usize = 65_536;
/// Blocks of one round: about 50 ms of work.
const BLOCKS: usize = 500;
const RATE_SPS: f64 = 2.4e6;

struct Counted(u64);

impl SenseSink for Counted {
    fn reading(&mut self, reading: &Reading) {
        self.0 += u64::from(reading.channel) + 1;
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

fn config(fft_len: usize, channel_count: usize) -> SenseConfig {
    let channel = |number: usize| ChannelConfig {
        name: "beacon".into(),
        frequency_hz: 433.92e6 + 100e3 * (number as f64 + 1.0),
        bandwidth_hz: 25e3,
        emission: Emission::Continuous,
        pulse_width_min_us: 5_000,
        pulse_width_max_us: 500_000,
        pulse_bridge_us: 5_000,
        pulse_trigger_db: 10.0,
    };
    SenseConfig {
        sample_rate_sps: RATE_SPS,
        center_hz: 433.92e6,
        more_centers_hz: Vec::new(),
        own_noise: Vec::new(),
        fft_len,
        hop_us: 10_000,
        dc_exclude_hz: Some(1e3),
        spectrum_interval_us: 1_000_000,
        false_alarms_per_hour: 0.0,
        channels: (0..channel_count).map(channel).collect(),
    }
}

/// Noise of −20 dBFS or so, no pattern, never at full scale.
fn noise() -> Vec<[i8; 2]> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 58) as i8 - 32
    };
    (0..BLOCK_SAMPLES).map(|_| [next(), next()]).collect()
}

/// A round of ours: [`BLOCKS`] blocks through the sense pass.
fn pass(samples: Samples<'_>, fft_len: usize, channel_count: usize) -> impl FnMut() {
    let mut sense = Sense::new(&config(fft_len, channel_count)).expect("the bench's own settings");
    let mut counted = Counted(0);
    let mut index = 0_u64;
    move || {
        for _ in 0..BLOCKS {
            let acquired_us = TimeUs((index as f64 * 1e6 / RATE_SPS) as u64);
            let stamp = BlockStamp { sample_index: index, acquired_us, ..BlockStamp::default() };
            sense.pass(&stamp, black_box(samples), &mut counted);
            index += BLOCK_SAMPLES as u64;
        }
    }
}

fn compare_pass(samples: Samples<'_>, fft_len: usize, channel_count: usize) -> Comparison {
    let fft = FftPlanner::new().plan_fft_forward(fft_len);
    let block: Vec<Complex32> =
        noise().iter().map(|s| Complex32::new(f32::from(s[0]), f32::from(s[1])) / 128.0).collect();
    let mut spectrum = vec![Complex32::default(); fft_len];
    let mut scratch = vec![Complex32::default(); fft.get_immutable_scratch_len()];
    let bare = || {
        for _ in 0..BLOCKS {
            for frame in black_box(&block).chunks_exact(fft_len) {
                fft.process_immutable_with_scratch(frame, &mut spectrum, &mut scratch);
                black_box(&mut spectrum);
            }
        }
    };
    let samples_per_round = (BLOCKS * BLOCK_SAMPLES) as u64;
    compare(samples_per_round, pass(samples, fft_len, channel_count), samples_per_round, bare)
}

/// The same samples through FFTW and VOLK, doing the same work.
fn print_beside(libraries: &Libraries, what: &str, samples: Samples<'_>, fft_len: usize) {
    let block = match samples {
        Samples::Cu8(samples) => Interleaved::U8(samples.as_flattened()),
        Samples::Cs8(samples) => Interleaved::I8(samples.as_flattened()),
        Samples::Cs16(samples) => Interleaved::I16(samples.as_flattened()),
        Samples::Cf32(samples) => Interleaved::F32(samples.as_flattened()),
    };
    let mut peer = fftw_volk::Pass::new(libraries, fft_len);
    // The channel of `config`: 25 kHz, 100 kHz over the middle.
    let bin_hz = RATE_SPS / fft_len as f64;
    let (first, count) = ((87.5e3 / bin_hz) as usize, (25e3 / bin_hz).ceil() as usize);
    let beside = || {
        for _ in 0..BLOCKS {
            black_box(peer.run(black_box(block), first, count));
        }
    };
    let samples_per_round = (BLOCKS * BLOCK_SAMPLES) as u64;
    let row = compare(samples_per_round, pass(samples, fft_len, 1), samples_per_round, beside);
    print_row(
        &format!("{what}, FFT {fft_len}, 1 channel"),
        &mega_samples(row.ours_ns),
        "FFTW + VOLK, same work",
        &mega_samples(row.peer_ns),
        row.ratio,
        "≥ 1.05x",
    );
}

fn mega_samples(ns_per_sample: f64) -> String {
    format!("{:.0} MS/s", 1e3 / ns_per_sample)
}

fn print_pass(what: &str, samples: Samples<'_>, fft_len: usize, channel_count: usize) {
    let row = compare_pass(samples, fft_len, channel_count);
    let peer = format!("rustfft {fft_len}, cf32");
    print_row(
        &format!("{what}, FFT {fft_len}, {channel_count} channel(s)"),
        &mega_samples(row.ours_ns),
        &peer,
        &mega_samples(row.peer_ns),
        row.ratio,
        "≥ 0.70x",
    );
}

/// One kernel over 4096 samples in cache against the same arithmetic kept scalar.
fn print_kernel(what: &str, mut ours: impl FnMut(), mut scalar: impl FnMut()) {
    const CALLS: usize = 4_000;
    let items = (CALLS * 4_096) as u64;
    let row = compare(items, || (0..CALLS).for_each(|_| ours()), items, || (0..CALLS).for_each(|_| scalar()));
    let (ours, scalar) = (mega_samples(row.ours_ns), mega_samples(row.peer_ns));
    print_row(what, &ours, "scalar loop", &scalar, row.ratio, "≥ 2x");
}

fn window_rows<T: kernel::Component>(what: &str, samples: &[[T; 2]]) {
    let window = vec![0.5_f32; samples.len()];
    let (mut out, mut out_scalar) =
        (vec![Complex32::default(); samples.len()], vec![Complex32::default(); samples.len()]);
    print_kernel(
        &format!("kernel: {what} to windowed cf32"),
        || {
            black_box(kernel::window(black_box(samples), &window, black_box(&mut out)));
        },
        || {
            for ((sample, weight), out) in samples.iter().zip(&window).zip(&mut out_scalar) {
                // The barrier keeps each item by itself.
                let sample = black_box(*sample);
                *out = Complex32::new(sample[0].level() * weight, sample[1].level() * weight);
            }
        },
    );
}

fn main() {
    let cs8 = noise();
    let cu8: Vec<[u8; 2]> = cs8.iter().map(|s| s.map(|v| (i16::from(v) + 128) as u8)).collect();
    let cs16: Vec<[i16; 2]> = cs8.iter().map(|s| s.map(|v| i16::from(v) * 256 + 7)).collect();
    let cf32: Vec<[f32; 2]> = cs8.iter().map(|s| s.map(|v| f32::from(v) / 128.0)).collect();
    print_head("sense pass: IQ block to readings, pulses and rows; 2.4 MS/s settings");
    for fft_len in [256, 512, 1_024, 2_048, 4_096] {
        print_pass("cu8", Samples::Cu8(&cu8), fft_len, 1);
        print_pass("cs8", Samples::Cs8(&cs8), fft_len, 1);
        print_pass("cs16", Samples::Cs16(&cs16), fft_len, 1);
        print_pass("cf32", Samples::Cf32(&cf32), fft_len, 1);
    }
    print_pass("cu8", Samples::Cu8(&cu8), 1_024, 8);
    print_head("the same pass beside FFTW (single precision, measured plans) and VOLK");
    if let Some(libraries) = Libraries::open() {
        for fft_len in [512, 1_024, 2_048, 4_096] {
            print_beside(&libraries, "cu8", Samples::Cu8(&cu8), fft_len);
            print_beside(&libraries, "cs8", Samples::Cs8(&cs8), fft_len);
            print_beside(&libraries, "cs16", Samples::Cs16(&cs16), fft_len);
            print_beside(&libraries, "cf32", Samples::Cf32(&cf32), fft_len);
        }
    } else {
        println!("not there: install libfftw3-dev and libvolk-dev (Debian 12: libvolk2-dev)");
    }
    print_head("its loops over 4096 samples in cache");
    window_rows("cu8", &cu8[..4_096]);
    window_rows("cs8", &cs8[..4_096]);
    window_rows("cs16", &cs16[..4_096]);
    window_rows("cf32", &cf32[..4_096]);
    let spectrum: Vec<Complex32> = cf32[..4_096].iter().map(|s| Complex32::new(s[0], s[1])).collect();
    let (mut power, mut sums) = (vec![0.0; 4_096], vec![0.0; 4_096]);
    let (mut power_scalar, mut sums_scalar) = (vec![0.0; 4_096], vec![0.0; 4_096]);
    print_kernel(
        "kernel: |X|² and hop sums",
        || kernel::power(black_box(&spectrum), black_box(&mut power), black_box(&mut sums)),
        || {
            for ((x, power), sum) in spectrum.iter().zip(&mut power_scalar).zip(&mut sums_scalar) {
                let x = black_box(*x);
                *power = x.re * x.re + x.im * x.im;
                *sum += *power;
            }
        },
    );
}
