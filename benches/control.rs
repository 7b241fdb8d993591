//! The control pass: 100 new readings (8 beacons at 250 Hz each pass of 50 ms), vehicle, facts at 10 Hz, state machine and
//! interlocks, against copying the same readings into a vector: the least any pass could do.

use skyhound::decide::{Decide, PassInputs};
use skyhound::record::{PlacedReading, Record, Sink};
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound::vehicle::Vehicle;
use skyhound_benches::{compare, median, print_head, print_row, thread_cpu_ns};
use skyhound_host::settings::{Flags as SettingsFlags, Settings};
use std::hint::black_box;

const PASS_US: u64 = 50_000;
const READING_COUNT: u64 = 100;
const PASS_COUNT: u64 = 2_000;

struct Nowhere;

impl Sink for Nowhere {
    fn reading(&mut self, reading: &PlacedReading) {
        black_box(reading);
    }

    fn record(&mut self, record: &Record) {
        black_box(record);
    }
}

fn readings(pass: u64) -> Vec<Reading> {
    let step_us = PASS_US / READING_COUNT;
    (0..READING_COUNT)
        .map(|index| {
            let ripple = (pass.wrapping_mul(31).wrapping_add(index * 17) % 211) as i16;
            let mean = CentiDb::from_hundredths(-6_000 + ripple);
            Reading {
                acquired_us: TimeUs(pass * PASS_US + index * step_us),
                sample_index: pass * READING_COUNT + index,
                channel: 0,
                flags: Flags::NONE,
                frame_count: 9,
                clipping_e4: 0,
                mean,
                peak: mean,
                quiet: CentiDb::from_hundredths(-5_900),
            }
        })
        .collect()
}

fn main() {
    print_head("control pass (decide)");
    let settings = Settings::load(None, &["sense.hop_ms=1".to_string()], &SettingsFlags::default())
        .expect("the default settings are good");
    let config = settings.engine(2_048_000.0, 433.92e6).expect("the default settings fit the default rate");
    let mut decide = Decide::new(&config).expect("checked");
    let prepared: Vec<Vec<Reading>> = (0..PASS_COUNT).map(readings).collect();
    let vehicle = Vehicle::default();
    let mut round = 0;
    let mut longest_ns = Vec::new();
    let mut copied = Vec::with_capacity(READING_COUNT as usize);
    let measured = compare(
        PASS_COUNT,
        || {
            for (pass, readings) in prepared.iter().enumerate() {
                let shift_us = round * PASS_COUNT * PASS_US;
                let moved: Vec<Reading> = readings
                    .iter()
                    .map(|reading| Reading { acquired_us: reading.acquired_us.plus_us(shift_us), ..*reading })
                    .collect();
                let inputs = PassInputs {
                    now: TimeUs(shift_us + (pass as u64 + 1) * PASS_US),
                    readings: &moved,
                    pulses: &[],
                    hearings: &[],
                    vehicle: &vehicle,
                    act: None,
                    sdr_alive: true,
                };
                let begun_ns = thread_cpu_ns();
                black_box(decide.pass(&inputs, &mut Nowhere));
                longest_ns.push((thread_cpu_ns() - begun_ns) as f64);
            }
            round += 1;
        },
        PASS_COUNT,
        || {
            for readings in &prepared {
                copied.clear();
                copied.extend_from_slice(black_box(readings));
                black_box(&copied);
            }
        },
    );
    let pass_us = median(&mut longest_ns.clone()) / 1e3;
    longest_ns.sort_unstable_by(f64::total_cmp);
    let worst_us = longest_ns[longest_ns.len() * 999 / 1_000] / 1e3;
    print_row(
        "pass with 100 new readings, median",
        &format!("{pass_us:.1} us"),
        "copying the readings",
        &format!("{:.2} us", measured.peer_ns / 1e3),
        measured.peer_ns / 1e3 / pass_us,
        "<= 20 us",
    );
    println!("the same, p99.9: {worst_us:.1} us (goal <= 1000 us on a Pi 5)");
}
