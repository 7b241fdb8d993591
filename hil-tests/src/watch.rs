//! Who looks at a flight while it goes: rows of truth and signal, and what is told in words. Both depths call it.
//!
//! Times in the rows are µs since the scenario began. At depth b a watcher is called in real time, about 10 Hz, and must
//! return at once; at depth a the flight is over before anyone could look, so its trace is played to the watcher after it
//! ([`play`]). A watcher never changes a flight, except that it may ask for its end.

use crate::trace::{SignalRow, Trace, TruthRow};

/// Looks at a flight.
pub trait Watcher {
    /// The newest row of truth with the newest signal facts, and our state as people spell it.
    fn row(&mut self, truth: &TruthRow, signal: &SignalRow, state: &str);

    /// Something happened: a deed of the scenario, a change of state, an event.
    fn told(&mut self, what: &str);

    /// Whether the flight shall end now (Ctrl-C). Asked with every row.
    fn ends(&self) -> bool {
        false
    }
}

/// Nobody looks.
#[derive(Copy, Clone, Debug, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn row(&mut self, _: &TruthRow, _: &SignalRow, _: &str) {}

    fn told(&mut self, _: &str) {}
}

/// Plays a finished flight to a watcher, row by row; `pause` is called with the µs between a row and the one before it.
pub fn play(trace: &Trace, watcher: &mut dyn Watcher, pause: &mut dyn FnMut(u64)) {
    let mut told: Vec<(u64, String)> =
        trace.deeds.iter().map(|deed| (deed.at_us, deed.what.clone())).collect();
    told.extend(trace.states.iter().map(|row| (row.at_us, format!("{}: {}", row.to, row.reason))));
    told.sort_by_key(|(at_us, _)| *at_us);
    let mut told = told.into_iter().peekable();
    let mut states = trace.states.iter().peekable();
    let mut signals = trace.signal.iter().peekable();
    let mut signal = SignalRow::default();
    let mut state = trace.states.first().map_or("IDLE", |row| row.from.as_str());
    let mut before_us = 0;
    for truth in &trace.truth {
        if watcher.ends() {
            return;
        }
        let now_us = truth.pose.at_us;
        pause(now_us.saturating_sub(before_us));
        before_us = now_us;
        while let Some(row) = states.next_if(|row| row.at_us <= now_us) {
            state = &row.to;
        }
        while let Some(row) = signals.next_if(|row| row.at_us <= now_us) {
            signal = *row;
        }
        watcher.row(truth, &signal, state);
        while let Some((_, what)) = told.next_if(|(at_us, _)| *at_us <= now_us) {
            watcher.told(&what);
        }
    }
    told.for_each(|(_, what)| watcher.told(&what));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{DeedRow, StateRow};
    use crate::truth::TruePose;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Watcher for Seen {
        fn row(&mut self, truth: &TruthRow, signal: &SignalRow, state: &str) {
            self.0.push(format!("{} {} {state}", truth.pose.at_us, signal.heard));
        }

        fn told(&mut self, what: &str) {
            self.0.push(what.to_string());
        }

        fn ends(&self) -> bool {
            self.0.len() >= 5
        }
    }

    #[test]
    fn a_finished_flight_plays_in_order_and_ends_when_asked() {
        let pose = |at_us| TruePose { at_us, ..TruePose::default() };
        let truth = |at_us| TruthRow { pose: pose(at_us), mode: "AUTO", armed: true, battery_ratio: 1.0 };
        let trace = Trace {
            truth: vec![truth(0), truth(100), truth(200), truth(300)],
            signal: vec![SignalRow { at_us: 150, heard: true, ..SignalRow::default() }],
            states: vec![StateRow::new(200, "IDLE", "SEARCHING", "operator: homing on")],
            deeds: vec![DeedRow { at_us: 120, what: "gps_loss".into() }],
            ..Trace::default()
        };
        let (mut seen, mut pauses) = (Seen::default(), Vec::new());
        play(&trace, &mut seen, &mut |us| pauses.push(us));
        let expected = [
            "0 false IDLE",
            "100 false IDLE",
            "200 true SEARCHING",
            "gps_loss",
            "SEARCHING: operator: homing on",
        ];
        assert_eq!(seen.0, expected);
        assert_eq!(pauses, [0, 100, 100], "it ended before the fourth row");
    }
}
