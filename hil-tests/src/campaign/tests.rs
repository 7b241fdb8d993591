//! A campaign of a thousand flights in CI: nothing is violated, every kind of fault is met, and most flights come to HOMING.

use super::*;

#[test]
fn a_seed_flies_the_same_twice() {
    assert_eq!(fly(11), fly(11));
}

#[test]
fn only_mixes_with_a_kind_are_flown_when_asked() {
    let with = mix::kind_named("kill");
    let tally = fly_all(&Plan { seed: 1, flights: 5, threads: 2, with, until_broken: None }, &|_| {});
    let others = old_seeds().len() as u64;
    assert!(tally.kinds["kill"].drawn >= 5 && tally.flights == 5 + others, "{tally}");
    assert_eq!(mix::kind_named("no_such"), None);
}

#[test]
fn mixes_violate_nothing_and_reach_what_they_are_for() {
    let tally = fly_all(&Plan { seed: 1, flights: 400, threads: 2, with: None, until_broken: None }, &|_| {});
    assert_eq!(tally.failed_total, 0, "{tally}");
    for (state, at_least) in [(State::Searching, 0.65), (State::Homing, 0.6), (State::Holding, 0.12)] {
        assert!(tally.reached_ratio(state) >= at_least, "{}: {tally}", state.name());
    }
    assert_eq!(tally.kinds.len(), mix::KINDS as usize, "{tally}");
    // Rarer ones (jumps, the uploaded fence) are met too: each planted bug there is told by some flight.
    let causes = "mode sticks battery gps ekf sdr pass_late fence_radius terrain homing_time";
    for cause in causes.split(' ') {
        assert!(tally.stops.contains_key(cause), "nothing was stopped by {cause}: {tally}");
    }
    for (name, kind) in &tally.kinds {
        assert!(kind.homed >= 4, "{name} was met in HOMING's flights {} times: {tally}", kind.homed);
    }
}
