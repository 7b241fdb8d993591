//! Pulses from frame powers whose truth is known to the sample.

use super::*;
use proptest::prelude::*;

fn rule() -> PulseRule {
    PulseRule {
        frame_samples: 256,
        fft_frames: 1,
        trigger: 10.0,
        width_min_samples: 500.0,
        width_max_samples: 100_000.0,
        bridge_samples: 0.0,
    }
}

/// Pulses in frames of the given powers over a floor of 1.
fn found(rule: PulseRule, powers: &[f32]) -> Vec<FoundPulse> {
    let mut finder = PulseFinder::new(rule);
    let mut pulses: Vec<FoundPulse> =
        (0..).zip(powers).filter_map(|(frame, power)| finder.push(frame, *power, Some(1.0))).collect();
    pulses.extend(finder.cut());
    pulses
}

/// ∫w² of a Hann window from 0 to `f`, ÷ the whole: numerically, for the closed form to meet.
fn energy_until(f: f64) -> f64 {
    let w2 = |t: f64| (0.5 - 0.5 * (std::f64::consts::TAU * t).cos()).powi(2);
    (0..10_000).map(|n| w2((f64::from(n) + 0.5) / 10_000.0 * f) * f / 10_000.0).sum::<f64>() / 0.375
}

proptest! {
    #[test]
    fn edges_are_found_within_the_frame(start in 1_000.0_f64..3_000.0, width in 1_100.0_f64..9_000.0) {
        let end = start + width;
        let inside = |at: f64| ((at - start) / 256.0).clamp(0.0, 1.0);
        let powers: Vec<f32> = (0..60)
            .map(|frame| {
                let (from, to) = (f64::from(frame) * 256.0, f64::from(frame + 1) * 256.0);
                let lead = if start > from { 1.0 - inside(to) } else { 0.0 };
                let tail = if end < to { ((end - from) / 256.0).clamp(0.0, 1.0) } else { 1.0 };
                (1.0 + 1e5 * (energy_until(tail) - energy_until(lead)).max(0.0)) as f32
            })
            .collect();
        let pulses = found(rule(), &powers);
        prop_assert_eq!(pulses.len(), 1);
        // A frame that holds less than a tenth of a per mille of the level is not seen: 7 % of its length.
        prop_assert!((pulses[0].start_sample - start).abs() < 20.0, "{:?}", pulses[0]);
        prop_assert!((pulses[0].width_samples - width).abs() < 40.0, "{:?}", pulses[0]);
        prop_assert_eq!(pulses[0].flags, Flags::NONE);
    }
}

#[test]
fn dips_up_to_the_bridge_do_not_end_a_pulse() {
    let mut powers = [1.0_f32; 30];
    powers[5..20].fill(100.0);
    powers[10..12].fill(1.0);
    assert_eq!(found(rule(), &powers).len(), 2);
    let bridged = found(PulseRule { bridge_samples: 700.0, ..rule() }, &powers);
    assert_eq!(bridged.len(), 1);
    assert_eq!((bridged[0].start_sample, bridged[0].width_samples), (5.0 * 256.0, 15.0 * 256.0));
    assert!((bridged[0].mean - (13.0 * 100.0 + 2.0) / 15.0).abs() < 1e-9);
}

#[test]
fn between_trigger_and_release_nothing_begins_and_nothing_ends() {
    let mut powers = [7.0_f32; 12];
    assert_eq!(found(rule(), &powers), []);
    (powers[3], powers[8]) = (20.0, 1.0);
    let pulses = found(rule(), &powers);
    assert_eq!(pulses.len(), 1);
    assert_eq!(pulses[0].peak, 20.0);
    assert!((pulses[0].start_sample + pulses[0].width_samples - 8.0 * 256.0).abs() < 1.0);
}

#[test]
fn short_pulses_are_discarded_and_long_ones_cut_once() {
    let mut powers = [1.0_f32; 1_000];
    powers[10] = 100.0;
    powers[100..900].fill(100.0);
    powers[990..].fill(100.0);
    let pulses = found(rule(), &powers);
    let flags: Vec<Flags> = pulses.iter().map(|pulse| pulse.flags).collect();
    assert_eq!(flags, [Flags::END_UNSEEN, Flags::END_UNSEEN]);
    assert_eq!(pulses[0].start_sample, 25_600.0);
    assert!((100_512.0..100_768.0).contains(&pulses[0].width_samples));
    assert_eq!(pulses[1].start_sample, 990.0 * 256.0);
}

#[test]
fn what_is_on_from_the_start_has_no_seen_start() {
    let mut powers = [1.0_f32; 20];
    powers[..5].fill(50.0);
    let pulses = found(rule(), &powers);
    assert_eq!((pulses.len(), pulses[0].flags), (1, Flags::START_UNSEEN));
}

#[test]
fn without_quiet_bins_the_channels_own_low_frames_are_the_floor() {
    let mut finder = PulseFinder::new(rule());
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.5 + (state >> 8) as f32 / 16_777_216.0
    };
    let mut pulses = Vec::new();
    for frame in 0..2_000_u64 {
        let is_on = frame >= 1_000 && frame % 100 < 10;
        pulses.extend(finder.push(frame, noise() * if is_on { 1_000.0 } else { 1.0 }, None));
    }
    assert_eq!(pulses.len(), 10);
    assert!(pulses.iter().all(|pulse| (0.3..1.0).contains(&pulse.floor)), "{pulses:?}");
}

#[test]
fn frames_without_power_are_no_pulse_and_no_floor() {
    let mut finder = PulseFinder::new(rule());
    assert!((0..1_000).all(|frame| finder.push(frame, 0.0, Some(0.0)).is_none()));
    assert_eq!(finder.cut(), None);
    for quiet in [Some(1.0), None] {
        // Noise, a gate of 20 frames with an edge that is hardly open, noise: no rise.
        let mut finder = PulseFinder::new(rule());
        let found = (0..90).find_map(|frame| match frame {
            30..49 => finder.push_gated(frame, 0.0, None),
            49 => finder.push_gated(frame, 1e-4, quiet.map(|_| 1e-4)),
            _ => finder.push(frame, 1.0, quiet),
        });
        assert_eq!(found, None, "{quiet:?}");
    }
}

#[test]
fn a_pulse_between_gated_frames_stands_on_its_own_floor() {
    let mut finder = PulseFinder::new(rule());
    let found = (0..40).find_map(|frame| match frame {
        // The edge of a gate splatters.
        10 | 19 => finder.push_gated(frame, 100.0, Some(4.0)),
        11..19 => finder.push(frame, 100.0, Some(1.0)),
        _ => finder.push_gated(frame, 0.0, None),
    });
    let pulse = found.expect("a pulse");
    assert_eq!((pulse.start_sample, pulse.width_samples), (2_560.0, 2_560.0));
    assert_eq!((pulse.flags, pulse.floor, pulse.mean), (Flags::NONE, 1.0, 100.0));
}

#[test]
fn a_pulse_of_the_longest_width_ends_by_itself_wherever_it_begins() {
    let longest = 40.0 * 256.0;
    for part in [0.05, 0.3, 0.5, 0.7, 0.95] {
        let (start, end): (f64, f64) = (10.0 + part, 50.0 + part);
        let powers: Vec<f32> = (0..60)
            .map(|frame| {
                let on = (end.min(f64::from(frame + 1)) - start.max(f64::from(frame))).max(0.0);
                let held =
                    if f64::from(frame) < start { 1.0 - energy_until(1.0 - on) } else { energy_until(on) };
                (1.0 + 1e5 * held) as f32
            })
            .collect();
        let pulses = found(PulseRule { width_max_samples: longest, ..rule() }, &powers);
        assert_eq!((pulses.len(), pulses[0].flags), (1, Flags::NONE), "{part}: {pulses:?}");
        assert!((pulses[0].width_samples - longest).abs() < 40.0, "{part}: {pulses:?}");
    }
}
