//! What matched detectors hear without samples, beside what they hear of samples.

use super::against_sense::{RECEIVER, through_sense};
use super::*;
use skyhound::config::PulseTrain;
use skyhound::signal::{Hearing, HearingKind};
use skyhound::units::db_from_ratio;

/// A beacon 3 km away that arrives with this C/N0.
fn world_of(waveform: &str, cn0_db_hz: f64) -> Scenario {
    let of = |power_dbm: f64| {
        scenario(&format!(
            "beacon = [{{ north_m = 3000, east_m = 0, frequency_hz = 433.9612e6, power_dbm = {power_dbm}, antenna = 'isotropic', \
             waveform = {waveform} }}]\npropagation = {{ model = 'free_space', shadow_sigma_db = 0, fading = 'none' }}\n{RECEIVER}"
        ))
    };
    let mut air = Air::new(&of(0.0), 3);
    let at_0_dbm = air.arrivals(&flying(5_000_000))[0].power_dbm - air.noise_dbm_hz();
    of(cn0_db_hz - at_0_dbm)
}

/// Of 14 s: drawn, and of samples.
fn both(waveform: &str, emission: Emission, cn0_db_hz: f64) -> [Vec<Hearing>; 2] {
    let mut config = config(&[(433.96e6, 4e3)]);
    let channel = &mut config.channels[0];
    channel.emission = emission;
    (channel.pulse_width_min_us, channel.pulse_width_max_us) = (15_000, 27_000);
    let scenario = world_of(waveform, cn0_db_hz);
    let drawn = fly(&mut World::new(&scenario, &config, 3), flying, 1_400);
    let receiver = &scenario.world.receiver;
    let sensed = through_sense(&mut World::new(&scenario, &config, 3), receiver, &config, 1_400);
    [drawn.hearings, sensed.hearings]
}

fn are_alike(kind: HearingKind, [drawn, sensed]: &[Vec<Hearing>; 2], cn0_db_hz: f64) {
    let first_s = |hearings: &[Hearing]| hearings.first().map(|hearing| hearing.until_us.0 as f64 * 1e-6);
    let (Some(drawn_s), Some(sensed_s)) = (first_s(drawn), first_s(sensed)) else {
        panic!("{drawn:?}\n{sensed:?}")
    };
    assert!((drawn_s - sensed_s).abs() < 4.0, "{drawn_s} {sensed_s}");
    assert!(
        drawn.len() <= 2 * sensed.len() + 2 && sensed.len() <= 2 * drawn.len() + 2,
        "{drawn:?}\n{sensed:?}"
    );
    for hearings in [drawn, sensed] {
        assert!(hearings.iter().all(|hearing| hearing.kind == kind), "{hearings:?}");
        let sum: f64 = hearings.iter().map(|hearing| 10f64.powf(hearing.cn0.db() / 10.0)).sum();
        let mean_db_hz = db_from_ratio(sum / hearings.len() as f64);
        assert!((mean_db_hz - cn0_db_hz).abs() < 3.0, "{mean_db_hz}: {hearings:?}");
    }
}

#[test]
fn a_weak_carrier_is_heard_as_of_samples() {
    let told = |cn0_db_hz: f64| both("{ kind = 'continuous' }", Emission::Continuous, cn0_db_hz);
    are_alike(HearingKind::Line, &told(16.0), 16.0);
    assert_eq!(told(2.0).map(|hearings| hearings.len()), [0, 0]);
}

#[test]
fn a_weak_tag_is_heard_as_of_samples() {
    let sought = PulseTrain {
        period_min_us: 1_300_000,
        period_max_us: 1_300_000,
        jitter_ratio_max: 0.02,
        pulses_min: 3,
    };
    let tag = "{ kind = 'pulses', width_ms = 20, period_ms = 1300 }";
    let told = |cn0_db_hz: f64| both(tag, Emission::Pulsed(sought), cn0_db_hz);
    are_alike(HearingKind::Train, &told(30.0), 30.0);
    assert_eq!(told(18.0).map(|hearings| hearings.len()), [0, 0]);
}
