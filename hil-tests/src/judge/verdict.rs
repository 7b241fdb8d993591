//! Numbers against a scenario's expectations: what was measured, what was wanted, and whether all of it held.
//!
//! Violated invariants fail a flight whatever it expects. A scenario without expectations passes when no invariant was
//! violated. Of a flight that failed, the first row says what kept it from its course, where something did ([`cause`]).

pub mod cause;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::metrics;
use crate::rig::Depth;
use crate::scenario::expect::{self, OR};
use crate::scenario::{Bounds, Kind, Scenario};
use crate::script::Do;
use crate::trace::Trace;

/// How a flight was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Passed, failed, or not flown.
    pub outcome: Outcome,
    /// What was expected, one row each.
    pub checks: Vec<Check>,
    /// Everything that was counted.
    pub numbers: BTreeMap<String, f64>,
    /// Violated invariants in words.
    pub violations: Vec<String>,
    /// What the flight left: flight file, log.
    pub files: Vec<PathBuf>,
}

/// Whether everything expected was true.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "what a name says is not said again")]
pub enum Outcome {
    Passed,
    Failed,
    /// It was not flown: the rig lacks this.
    Ignored {
        needs: String,
    },
}

/// One expectation: the number's name, or `cause`, `states`, `stops`, `faults`, `invariants`; and in words what was found and
/// what was wanted.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[allow(missing_docs, reason = "what a name says is not said again")]
pub struct Check {
    pub name: String,
    pub measured: String,
    pub wanted: String,
    pub passed: bool,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; wanted {}", self.name, self.measured, self.wanted)
    }
}

fn check(name: &str, measured: impl Into<String>, wanted: impl Into<String>, passed: bool) -> Check {
    Check { name: name.to_owned(), measured: measured.into(), wanted: wanted.into(), passed }
}

impl Verdict {
    /// Of a flight that did not take place.
    pub fn ignored(needs: impl Into<String>) -> Verdict {
        let outcome = Outcome::Ignored { needs: needs.into() };
        Verdict { outcome, checks: vec![], numbers: BTreeMap::new(), violations: vec![], files: vec![] }
    }

    /// Of a flight that broke off without a trace.
    pub fn broken(why: impl Into<String>) -> Verdict {
        let checks = vec![check("flight", why, "a flight", false)];
        Verdict { outcome: Outcome::Failed, checks, ..Verdict::ignored("") }
    }

    /// The expectations that did not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// Judges a flight.
pub fn verdict(scenario: &Scenario, trace: &Trace, depth: Depth) -> Verdict {
    let numbers = metrics(scenario, trace);
    let expect = &scenario.expect;
    let mut checks = Vec::new();
    let only = [depth.letter(), expect::word(scenario.aircraft.flavour)];
    let only = only.iter().filter_map(|word| expect.only.get(*word)).flatten();
    for (name, bounds) in expect.number.iter().chain(only) {
        checks.push(of_number(name, bounds, numbers.get(name).copied(), trace));
    }
    if !expect.states.is_empty() {
        checks.push(of_states(&expect.states, trace));
    }
    if let Some(wanted) = expect.stops_at.get(depth.letter()).or(expect.stops.as_ref()) {
        checks.push(of_stops(wanted, trace));
    }
    checks.extend(of_faults(scenario, trace));
    checks.push(of_invariants(trace));
    let outcome = if checks.iter().all(|check| check.passed) { Outcome::Passed } else { Outcome::Failed };
    if outcome == Outcome::Failed {
        checks.splice(0..0, cause::of(trace));
    }
    Verdict { outcome, checks, numbers, violations: trace.violations.clone(), files: trace.files.clone() }
}

/// A fault that never came about proves nothing. The operator's own acts are told in other words.
fn of_faults(scenario: &Scenario, trace: &Trace) -> Option<Check> {
    let is_fault = |kind: &&Kind| !matches!(kind, Kind::HomingOn | Kind::HomingOff);
    let mut kinds = scenario.fault.iter().map(|fault| &fault.kind).filter(is_fault).peekable();
    kinds.peek()?;
    let was_done = |kind: &&Kind| {
        let words = Do::Begin((*kind).clone()).to_string();
        trace.deeds.iter().any(|deed| deed.what.starts_with(&words))
    };
    let missing: Vec<_> = kinds.filter(|kind| !was_done(kind)).map(Kind::name).collect();
    let measured = if missing.is_empty() { "all".to_owned() } else { format!("not: {}", missing.join(", ")) };
    Some(check("faults", measured, "all came about", missing.is_empty()))
}

fn of_number(name: &str, bounds: &Bounds, measured: Option<f64>, trace: &Trace) -> Check {
    let wanted = match (bounds.min.map(metrics::shown), bounds.max.map(metrics::shown)) {
        (Some(min), Some(max)) if min == max => min,
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "measured".into(),
    };
    let shown = measured.map(|value| metrics::with_unit(name, value));
    let passed = measured.is_some_and(|value| bounds.hold(value));
    check(name, shown.unwrap_or_else(|| cause::unmeasured(name, trace)), wanted, passed)
}

fn of_states(wanted: &[String], trace: &Trace) -> Check {
    let begin = trace.states.first().map(|row| row.from.as_str());
    let reached: Vec<&str> =
        begin.into_iter().chain(trace.states.iter().map(|row| row.to.as_str())).collect();
    let mut rest = reached.iter();
    let passed = wanted.iter().all(|state| rest.any(|reached| *reached == state));
    check("states", listed(&reached), format!("in this order: {}", listed(wanted)), passed)
}

fn of_stops(wanted: &[String], trace: &Trace) -> Check {
    let stops: Vec<&str> = metrics::stops(trace).map(|(_, cause)| cause).collect();
    let is_one_of = |(stop, wanted): (&&str, &String)| wanted.split(OR).any(|wanted| wanted == *stop);
    let passed = stops.len() == wanted.len() && stops.iter().zip(wanted).all(is_one_of);
    check("stops", listed(&stops), listed(wanted), passed)
}

fn of_invariants(trace: &Trace) -> Check {
    let measured = match trace.violations.as_slice() {
        [] => "none violated".into(),
        [first] => format!("violated: {first}"),
        [first, rest @ ..] => format!("violated: {first} (and {} more)", rest.len()),
    };
    check("invariants", measured, "none violated", trace.violations.is_empty())
}

fn listed(words: &[impl AsRef<str>]) -> String {
    if words.is_empty() {
        return "none".into();
    }
    words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
