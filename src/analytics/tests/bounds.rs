//! Nothing is allocated after construction, and the same inputs give the same outputs.

use super::*;
use crate::allocation;
use crate::analytics::random::Random;

/// An hour's kinds of input in a minute: a moving aircraft, gaps, carrier on and off, pulses, bad readings.
fn fly(analytics: &mut Analytics, out: &mut dyn FnMut(&Detection, &Facts)) {
    let mut random = Random::seeded(8);
    for hop in 0..6_000u64 {
        let at_us = hop * HOP_US + if hop > 3_000 { 400_000 } else { 0 };
        let on = if hop / 700 % 2 == 1 { 25.0 } else { 0.0 };
        let flags = match hop % 97 {
            3 => Flags::NON_FINITE,
            5 => Flags::NO_QUIET,
            _ => Flags::NONE,
        };
        let row = Reading { flags, ..reading(at_us, -90.0 + on + random.normal(), -90.0) };
        analytics.reading(&row);
        analytics.place(&row, NorthEast { north_m: hop as f64 * 0.1, east_m: random.between(0.0, 30.0) });
        if hop % 20 == 0 && on == 0.0 {
            analytics.pulse(&pulse(at_us, 15_000, 25.0 + random.normal()));
        }
        if hop % 5 == 0 {
            let facts = analytics.facts(0, TimeUs(at_us));
            analytics.detections(TimeUs(at_us), &mut |detection| out(detection, &facts));
        }
    }
}

#[test]
fn nothing_is_allocated_after_construction() {
    for emission in [Emission::Continuous, Emission::Pulsed(train()), Emission::Any(train())] {
        let mut analytics = Analytics::new(&config(), &[channel(emission)], HOP_US as u32);
        let mut detections = 0;
        let ((), allocations) = allocation::count(|| fly(&mut analytics, &mut |_, _| detections += 1));
        assert_eq!(allocations, 0);
        assert!(detections > 0, "{emission:?}: the flight must reach detection");
    }
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let outputs = || {
        let mut analytics = Analytics::new(&config(), &[channel(Emission::Any(train()))], HOP_US as u32);
        let mut all = Vec::new();
        fly(&mut analytics, &mut |detection, facts| all.push((*detection, *facts)));
        format!("{all:?}")
    };
    assert_eq!(outputs(), outputs());
}

#[test]
fn a_window_of_the_longest_kind_stays_within_its_room() {
    let settings = AnalyticsConfig { floor_window_us: 100_000_000, ..config() };
    let mut analytics = Analytics::new(&settings, &[channel(Emission::Continuous)], 1_000);
    for hop in 0..150_000u64 {
        analytics.reading(&reading(hop * 1_000, -90.0, -90.0));
    }
    assert_eq!(analytics.facts(0, TimeUs(150_000_000)).reading_count, 100_000);
}
