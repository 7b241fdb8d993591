//! A search that is flown: movement before anything is confirmed, only where the settings say so.

use super::*;
use skyhound::config::{SearchArea, SearchConfig, SearchPattern, Sought};

fn searched(radius_m: f64, flies: bool) -> Config {
    let sought = Sought {
        power_dbm: -20.0,
        unsure_db: 3.0,
        exponent: 2.2,
        sigma_db: 4.0,
        cn0_db_hz: 48.0,
        listen_s: 1.5,
        floor_dbm_hz: -168.0,
        full_scale_dbm: None,
        noise_bandwidth_hz: 4e3,
    };
    let search = SearchConfig {
        area: SearchArea::Disc(HOME, radius_m),
        prior: Vec::new(),
        pattern: SearchPattern::ParallelTrack,
        spacing_m: Some(20.0),
        heading_rad: None,
        speed_mps: 2.0,
        height_m: 40.0,
        sought,
        flies,
    };
    Config { search: Some(search), ..config() }
}

fn searching(config: &Config) -> Flight {
    let mut flight = Flight::with(config);
    flight.is_silent = true;
    flight.passes(20);
    flight.act(OperatorAct::HomingOn);
    flight.passes(40);
    assert_eq!(flight.decide.state(), State::Searching);
    flight
}

#[test]
fn a_search_is_flown_to_a_beacon_or_to_its_end_and_breaks_nothing() {
    let mut flight = searching(&searched(100.0, true));
    assert!(matches!(flight.latest, Command::Velocity(_)));
    flight.is_silent = false;
    flight.passes(60);
    assert_eq!(flight.decide.state(), State::Homing);
    flight.is_silent = true;
    flight.passes(200);
    assert!(flight.decide.state() == State::Homing && matches!(flight.latest, Command::Velocity(_)));
    flight.passes(1_200);
    assert!(flight.decide.state() == State::Searching && matches!(flight.latest, Command::Velocity(_)));
    flight.act(OperatorAct::HomingOff);
    flight.passes(30);
    assert!(flight.judge.violations().is_empty(), "{:?}", flight.judge.violations());
    // A leg that is as good as flown.
    let mut flight = searching(&searched(2.0, true));
    flight.passes(400);
    assert!(flight.decide.state() == State::Searching && matches!(flight.latest, Command::Silence(_)));
    assert!(flight.judge.violations().is_empty(), "{:?}", flight.judge.violations());
}

#[test]
fn a_velocity_in_searching_is_invariant_1_where_nothing_is_flown() {
    let mut flight = searching(&searched(100.0, false));
    assert!(matches!(flight.latest, Command::Silence(_)));
    flight.tampered(|pass| pass.command = Command::Velocity(Velocity::default()));
    assert!(flight.judge.broken()[1] > 0, "{:?}", flight.judge.violations());
}

#[test]
fn what_is_done_to_a_search_is_told_by_its_number() {
    type Deed = fn(&mut Flight);
    let deeds: [(usize, Deed); 4] = [
        (1, |f| f.hidden(|v| v.battery = None)),
        (3, |f| f.pass(Some(OperatorAct::HomingOff), |_| {}, |pass| pass.command = SILENCE)),
        // It stops for no cause; and IDLE comes without one.
        (5, |f| f.tampered(|pass| pass.command = Command::Stop)),
        (5, |f| {
            f.custom = 5;
            f.tampered(|pass| pass.sunk.records.retain(|record| !is_change(record)));
        }),
    ];
    for (index, (number, deed)) in deeds.into_iter().enumerate() {
        let mut flight = searching(&searched(100.0, true));
        deed(&mut flight);
        let told = flight.judge.violations();
        assert!(flight.judge.broken()[number] > 0, "deed {index}: {number} was not told: {told:?}");
    }
}
