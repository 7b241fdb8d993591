//! What the numbers are counted from: when we commanded, what stopped us, which setpoints are ours, which beacons were on.

use skyhound::command::{Interlock, State};
use skyhound_host::settings::Settings;

use crate::scenario::{Beacon, Kind, Scenario};
use crate::script::Do;
use crate::trace::{COMPONENT, SetpointRow, StateRow, Trace, TruthRow};
use crate::truth::TruePose;

/// A deed longer before a stop than this did not cause it: no input may be stale for longer than 3 s.
const CAUSE_WITHIN_US: u64 = 10_000_000;
/// How the end of a fault is told.
const ENDS: &str = " ends";
/// The cause of a stop that the operator wanted.
const OPERATOR: &str = "operator";

/// The stops of homing, in order, each with its cause, an interlock's name or `operator`: every way to IDLE that these caused.
pub(crate) fn stops(trace: &Trace) -> impl Iterator<Item = (u64, &str)> {
    let to_idle = trace.states.iter().filter(|row| row.to == State::Idle.name());
    to_idle.filter_map(|row| {
        let by_operator = row.reason.starts_with(OPERATOR).then_some(OPERATOR);
        Some((row.at_us, row.interlock.as_deref().or(by_operator)?))
    })
}

/// Whether the daemon under test sent it.
pub(crate) fn is_ours(scenario: &Scenario, setpoint: &SetpointRow) -> bool {
    setpoint.from == (scenario.aircraft.system, COMPONENT)
}

/// Radius of the daemon's fence about home; none when the scenario's settings are wrong.
pub(crate) fn fence_radius_m(scenario: &Scenario) -> Option<f64> {
    scenario.settings().ok().map(|settings| settings.interlock.fence.radius_m)
}

/// All causes that a stop may have.
pub(super) fn causes() -> impl Iterator<Item = &'static str> {
    Interlock::ALL.into_iter().map(Interlock::name).chain([OPERATOR])
}

/// Whether a state of this name commands the aircraft.
pub fn commands(state: &str) -> bool {
    State::ALL.iter().any(|known| known.name() == state && known.commands())
}

/// Whether movement may leave in a state of this name; `search_flown`: the settings say that a search is.
pub fn leads(state: &str, search_flown: bool) -> bool {
    commands(state) || search_flown && [State::Searching, State::Detecting].map(State::name).contains(&state)
}

/// A time in which our state was one that commands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// From then.
    pub begin_us: u64,
    /// Until then.
    pub end_us: u64,
}

impl Span {
    /// Whether it was then.
    pub fn holds(self, at_us: u64) -> bool {
        (self.begin_us..=self.end_us).contains(&at_us)
    }
}

/// A flight as it is counted.
pub(super) struct Facts<'a> {
    pub scenario: &'a Scenario,
    pub trace: &'a Trace,
    /// HOMING and HOLDING, adjoining ones as one.
    pub commanding: Vec<Span>,
    /// These, and SEARCHING and DETECTING where a search is flown.
    pub moving: Vec<Span>,
    pub end_us: u64,
    /// The daemon's settings; none when the scenario's are wrong.
    pub settings: Option<Settings>,
}

impl<'a> Facts<'a> {
    pub fn new(scenario: &'a Scenario, trace: &'a Trace) -> Facts<'a> {
        let last = [
            trace.truth.last().map(|row| row.pose.at_us),
            trace.states.last().map(|row| row.at_us),
            trace.setpoints.last().map(|row| row.at_us),
        ];
        let end_us = last.into_iter().flatten().max().unwrap_or(0);
        let commanding = spans(&trace.states, end_us, commands);
        let settings = scenario.settings().ok();
        let flies = settings.as_ref().is_some_and(|settings| settings.search.flies);
        let moving = spans(&trace.states, end_us, |state| leads(state, flies));
        Facts { scenario, trace, commanding, moving, end_us, settings }
    }

    /// Whether we commanded then.
    pub fn commands_at(&self, at_us: u64) -> bool {
        self.commanding.iter().any(|span| span.holds(at_us))
    }

    /// Times in `state`.
    pub fn times_in(&self, state: State) -> Vec<Span> {
        spans(&self.trace.states, self.end_us, |name| name == state.name())
    }

    /// Rows of truth in HOMING and HOLDING.
    pub fn led(&self) -> impl Iterator<Item = &'a TruthRow> + '_ {
        self.trace.truth.iter().filter(|row| self.commands_at(row.pose.at_us))
    }

    /// When the deed was done that ended `span`: the last one within it, if that was shortly before its end. The end of a
    /// fault and the enabling of homing end nothing.
    pub fn deed_us(&self, span: Span) -> Option<u64> {
        let from_us = span.begin_us.max(span.end_us.saturating_sub(CAUSE_WITHIN_US));
        let deeds = self.trace.deeds.iter().filter(|deed| (from_us..=span.end_us).contains(&deed.at_us));
        let causes = deeds.filter(|deed| !deed.what.ends_with(ENDS) && deed.what != Do::HomingOn.to_string());
        causes.map(|deed| deed.at_us).max()
    }

    /// Horizontal distance of `pose` from the nearest beacon that was on then.
    pub fn distance_m(&self, pose: &TruePose) -> Option<f64> {
        let on = self.scenario.world.beacon.iter().enumerate();
        on.filter(|(index, beacon)| self.is_on(*index, beacon, pose.at_us))
            .map(|(_, beacon)| {
                let [north_m, east_m] = beacon.at_m(pose.at_us);
                pose.distance_m(north_m, east_m)
            })
            .min_by(f64::total_cmp)
    }

    fn is_on(&self, index: usize, beacon: &Beacon, at_us: u64) -> bool {
        let switches = self.scenario.fault.iter().map(|fault| &fault.kind);
        let mut is_on = beacon.on;
        for kind in switches.filter(|kind| matches!(kind, Kind::BeaconOff { beacon } if *beacon == index)) {
            let (off, on) = (kind.to_string(), Do::End(kind.clone()).to_string());
            for deed in self.trace.deeds.iter().take_while(|deed| deed.at_us <= at_us) {
                is_on = (is_on && deed.what != off) || deed.what == on;
            }
        }
        is_on
    }
}

/// The newest true pose at that time; the first one before any.
pub(crate) fn pose_at(trace: &Trace, at_us: u64) -> Option<&TruePose> {
    let after = trace.truth.partition_point(|row| row.pose.at_us <= at_us);
    trace.truth.get(after.saturating_sub(1)).map(|row| &row.pose)
}

/// The times in states that `holds` says; the last one may go on until `end_us`.
pub fn spans(states: &[StateRow], end_us: u64, holds: impl Fn(&str) -> bool) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut begin = states.first().filter(|row| holds(&row.from)).map(|_| 0);
    for row in states {
        if holds(&row.to) {
            begin = begin.or(Some(row.at_us));
        } else {
            spans.extend(begin.take().map(|begin_us| Span { begin_us, end_us: row.at_us }));
        }
    }
    spans.extend(begin.map(|begin_us| Span { begin_us, end_us: end_us.max(begin_us) }));
    spans
}
