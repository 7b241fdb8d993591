//! Facts: windows, unusable readings, floors, and the gradient's reasons.

use super::*;
use crate::facts::NoGradient;

#[test]
fn nothing_heard_still_states_the_floor() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Continuous)], HOP_US as u32);
    for hop in 0..2_000 {
        analytics.reading(&reading(hop * HOP_US, -90.0 + (hop % 10) as f64 * 0.1, -91.0));
    }
    assert!(reports(&mut analytics, 20_000_000).is_empty());
    let facts = analytics.facts(0, TimeUs(20_000_000));
    assert!(!facts.heard && facts.gradient == Err(NoGradient::NotHeard));
    assert_eq!((facts.reading_count, facts.floor_spectral_dbfs), (1_000, Some(-91.0)));
    // 100 of each of ten levels: rank 99.9 is nine tenths of the way from the first to the second.
    assert_eq!(
        facts.floor_temporal_dbfs,
        Some(-90.0 * (1.0 - 0.900_000_000_000_005_7) + -89.9 * 0.900_000_000_000_005_7)
    );
    assert_eq!((facts.snr_floor, facts.power_dbfs), (Floor::Spectral, Some(-89.1)));
    assert!((facts.snr_db.unwrap() - 1.9).abs() < 1e-9);
    assert!((facts.rolling_mean_dbfs.unwrap() + 89.55).abs() < 1e-9);
    assert_eq!(facts.delta_db.map(|db| (db * 100.0).round()), Some(90.0));
    assert_eq!(facts.newest_reading_us, TimeUs(19_990_000));
}

#[test]
fn unusable_readings_take_no_part_but_age_the_windows() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Continuous)], HOP_US as u32);
    for hop in 0..1_000 {
        analytics.reading(&reading(hop * HOP_US, -90.0, -90.0));
    }
    for hop in 1_000..1_500 {
        let bad = Reading { flags: Flags::NON_FINITE, ..reading(hop * HOP_US, -200.0, -200.0) };
        analytics.reading(&bad);
    }
    let facts = analytics.facts(0, TimeUs(15_000_000));
    assert_eq!((facts.reading_count, facts.floor_temporal_dbfs), (500, Some(-90.0)));
    assert_eq!((facts.rolling_mean_dbfs, facts.trend, facts.floor_spectral_dbfs), (None, None, None));
    // Heard last before the unusable ones, in a hop with quiet bins; the facts after know of no SNR.
    assert_eq!((facts.power_dbfs, facts.snr_db, facts.snr_floor), (Some(-90.0), Some(0.0), Floor::Spectral));
    assert_eq!(analytics.facts(0, TimeUs(15_100_000)).snr_db, None);
    assert_eq!(facts.newest_reading_us, TimeUs(9_990_000));
}

#[test]
fn what_is_out_of_order_or_unknown_is_refused_and_counted() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Pulsed(train()))], HOP_US as u32);
    analytics.reading(&reading(50_000, -80.0, -90.0));
    analytics.reading(&reading(40_000, -10.0, -90.0));
    analytics.reading(&Reading { channel: 3, ..reading(60_000, -10.0, -90.0) });
    analytics.place(&Reading { channel: 3, ..reading(60_000, -10.0, -90.0) }, NorthEast::default());
    analytics.pulse(&pulse(90_000, 5_000, 30.0));
    analytics.pulse(&pulse(80_000, 5_000, 30.0));
    analytics.pulse(&Pulse { channel: 9, ..pulse(95_000, 5_000, 30.0) });
    assert_eq!((analytics.refused_total(), analytics.facts(0, TimeUs(0)).power_dbfs), (5, Some(-80.0)));
    assert_eq!(analytics.facts(9, TimeUs(7)).reading_count, 0);
}

#[test]
fn channels_know_nothing_of_each_other() {
    let both = [channel(Emission::Continuous), channel(Emission::Continuous)];
    let mut analytics = Analytics::new(&config(), &both, HOP_US as u32);
    for hop in 0..200 {
        analytics.reading(&reading(hop * HOP_US, -60.0, -90.0));
        analytics.reading(&Reading { channel: 1, ..reading(hop * HOP_US, -90.0, -90.0) });
    }
    let found = reports(&mut analytics, 2_000_000);
    assert_eq!((found.len(), found[0].channel, found[0].id), (1, 0, 1));
    assert_eq!(analytics.facts(1, TimeUs(2_000_000)).floor_temporal_dbfs, Some(-90.0));
    assert!(analytics.facts(0, TimeUs(2_000_000)).heard && !analytics.facts(1, TimeUs(2_000_000)).heard);
}

/// Flies a lawnmower over a field of `db(at)`, placing each reading half a second late.
fn fly(analytics: &mut Analytics, db: impl Fn(NorthEast) -> Option<f64>) {
    for hop in 0..2_000u64 {
        let place = |hop: u64| {
            let along = (hop % 250) as f64 * 0.16;
            let leg = hop / 250;
            NorthEast {
                north_m: if leg.is_multiple_of(2) { along } else { 40.0 - along },
                east_m: leg as f64 * 6.0,
            }
        };
        let taken = |hop: u64| reading(hop * HOP_US, db(place(hop)).unwrap_or(-90.0), -90.0);
        analytics.reading(&taken(hop));
        if let Some(late) = hop.checked_sub(50) {
            analytics.place(&taken(late), place(late));
        }
    }
}

#[test]
fn the_gradient_of_a_carrier_points_up_the_field() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Continuous)], HOP_US as u32);
    fly(&mut analytics, |at| Some(-60.0 + 0.2 * at.north_m + 0.2 * at.east_m));
    reports(&mut analytics, 20_000_000);
    let gradient = analytics.facts(0, TimeUs(20_000_000)).gradient.unwrap();
    assert!((gradient.bearing_rad - std::f64::consts::FRAC_PI_4).abs() < 0.01, "{gradient:?}");
    assert!((gradient.north_db_m - 0.2).abs() < 2e-3 && gradient.bearing_sigma_rad < 0.01, "{gradient:?}");
}

#[test]
fn hops_between_pulses_do_not_flatten_the_gradient() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Pulsed(train()))], HOP_US as u32);
    let on = std::cell::Cell::new(0u64);
    // One hop in ten is on.
    let field = |at: NorthEast| {
        on.set(on.get() + 1);
        let hop = (at.east_m / 6.0 * 250.0) as u64 + (at.north_m / 0.16).round() as u64;
        hop.is_multiple_of(10).then_some(-60.0 + 0.2 * at.north_m - 0.1 * at.east_m)
    };
    fly(&mut analytics, field);
    for i in 0..20 {
        analytics.pulse(&pulse(18_000_000 + i * 100_000, 10_000, 30.0));
    }
    assert_eq!(reports(&mut analytics, 20_000_000).len(), 1);
    let gradient = analytics.facts(0, TimeUs(20_000_000)).gradient.unwrap();
    assert!(
        (gradient.north_db_m - 0.2).abs() < 5e-3 && (gradient.east_db_m + 0.1).abs() < 5e-3,
        "{gradient:?}"
    );
}

#[test]
fn a_beacon_heard_without_a_pose_has_no_gradient_for_that_reason() {
    let mut analytics = Analytics::new(&config(), &[channel(Emission::Continuous)], HOP_US as u32);
    for hop in 0..200 {
        analytics.reading(&reading(hop * HOP_US, -60.0, -90.0));
    }
    reports(&mut analytics, 2_000_000);
    assert_eq!(analytics.facts(0, TimeUs(2_000_000)).gradient, Err(NoGradient::NoPose));
}
