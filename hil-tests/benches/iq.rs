//! Samples of the world, per CPU second of one thread, against the plain way of making them: one normal draw (ziggurat of
//! `rand_distr`) for each of I and Q, one sine and cosine for each emitter and sample.

use rand_distr::{Distribution, StandardNormal};
use skyhound::signal::SampleFormat;
use skyhound_benches::{compare, print_head, print_row};
use skyhound_rig::codes::Form;
use skyhound_rig::random;
use skyhound_rig::scenario::{Scenario, find};
use skyhound_rig::truth::TruePose;
use skyhound_rig::world::iq::{IqWorld, Tuning};
use std::hint::black_box;

/// Samples of a call: 5 ms of air at 20 MS/s, as the driver asks for them.
const COUNT: usize = 100_000;
const ROUNDS: u64 = 20;

fn pose(at_us: u64) -> TruePose {
    TruePose { at_us, north_m: at_us as f64 * 1e-5, up_m: 40.0, north_mps: 10.0, ..TruePose::default() }
}

/// The open scenario with further emitters.
fn scenario(more: &str) -> Scenario {
    let mut scenario = find("open_carrier").expect("it is built in");
    let waveforms = more.split_whitespace().map(|kind| match kind {
        "pulses" => "{ kind = 'pulses', width_ms = 20.0, period_ms = 25.0 }",
        "chirps" => "{ kind = 'chirps', spreading = 9, bandwidth_hz = 125e3, symbols = 400, period_s = 2.0 }",
        _ => "{ kind = 'am_sweep' }",
    });
    for waveform in waveforms {
        let mut beacon = scenario.world.beacon[0].clone();
        let table: toml::Table = toml::from_str(&format!("waveform = {waveform}")).expect("a table");
        beacon.waveform = table["waveform"].clone().try_into().expect("a waveform");
        beacon.frequency_hz += 20_000.0;
        scenario.world.interferer.push(beacon);
    }
    scenario
}

/// The plain way.
fn plain(emitters: usize, phase: &mut f64, random: &mut random::Random, out: &mut [i8]) {
    for sample in out.chunks_exact_mut(2) {
        let mut sum = [0, 1].map(|_| 0.01 * Distribution::<f64>::sample(&StandardNormal, random));
        for emitter in 0..emitters {
            let (sin, cos) = (*phase * (emitter + 1) as f64).sin_cos();
            sum = [sum[0] + 0.1 * cos, sum[1] + 0.1 * sin];
        }
        *phase += 0.1;
        let [i, q] = sum;
        let q = q + 0.01 * i;
        sample[0] = (i * 128.0).round().clamp(-128.0, 127.0) as i8;
        sample[1] = (q * 128.0).round().clamp(-128.0, 127.0) as i8;
    }
}

fn row(what: &str, more: &str, rate_sps: f64) {
    let scenario = scenario(more);
    let emitters = 1 + scenario.world.interferer.len();
    let mut world = IqWorld::new(&scenario, 1);
    world.tune(Tuning { rate_sps, ..world.tuning() });
    let (mut samples, mut bytes, mut at_us) = (vec![[0.0; 2]; COUNT], Vec::new(), 0);
    let step_us = (COUNT as f64 * 1e6 / rate_sps) as u64;
    let ours = || {
        for _ in 0..ROUNDS {
            world.samples(&pose(at_us), &pose(at_us + step_us), &mut samples);
            bytes.clear();
            Form::of(SampleFormat::Cs8).write(&samples, &mut bytes);
            black_box(&bytes);
            at_us += step_us;
        }
    };
    let (mut phase, mut random, mut codes) = (0.0, random::source(1, "plain"), vec![0; 2 * COUNT]);
    let peer = || {
        plain(emitters, &mut phase, &mut random, &mut codes);
        black_box(&codes);
    };
    let found = compare(ROUNDS * COUNT as u64, ours, COUNT as u64, peer);
    let speed = |ns: f64| format!("{:.0} MS/s", 1e3 / ns);
    let share = format!("{:.1} % of a core", rate_sps * found.ours_ns * 1e-7);
    print_row(
        what,
        &speed(found.ours_ns),
        "draw and sine per sample",
        &speed(found.peer_ns),
        found.ratio,
        &share,
    );
}

fn main() {
    print_head("samples of the world, CS8; last column: what the rate costs");
    row("carrier, 0.25 MS/s", "", 250e3);
    row("carrier, 2.4 MS/s", "", 2.4e6);
    row("carrier, 20 MS/s", "", 20e6);
    row("carrier and pulses, 20 MS/s", "pulses", 20e6);
    row("carrier and AM sweep, 20 MS/s", "am", 20e6);
    row("carrier and chirps, 20 MS/s", "chirps", 20e6);
    row("carrier, pulses, AM, chirps, 2.4 MS/s", "pulses am chirps", 2.4e6);
}
