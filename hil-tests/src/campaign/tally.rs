//! Counts of a campaign: by fault, by state reached, by cause of stops, and what failed.

use super::Flown;
use comfy_table::{Table, presets};
use skyhound::command::State;
use std::collections::BTreeMap;
use std::fmt;

/// Failures that are told in full.
const TOLD_MAX: usize = 20;

/// Flights with one kind of fault.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct OfKind {
    /// In which it was drawn.
    pub drawn: u64,
    /// In which it began.
    pub began: u64,
    /// Of those, in which HOMING was reached.
    pub homed: u64,
}

/// Counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Flights flown.
    pub flights: u64,
    passes: u64,
    /// Seconds flown.
    pub flown_s: f64,
    /// By kind of fault.
    pub kinds: BTreeMap<&'static str, OfKind>,
    reached: [u64; 5],
    /// By cause of a stop.
    pub stops: BTreeMap<String, u64>,
    failed: Vec<(u64, Vec<String>)>,
    /// Flights with a violation.
    pub failed_total: u64,
    /// Flights in which the invariant of this number was broken.
    pub broken: [u64; 12],
}

impl Tally {
    /// Adds a flight.
    pub fn add(&mut self, flown: &Flown) {
        self.flights += 1;
        self.passes += flown.passes;
        self.flown_s += flown.flown_s;
        let homed = flown.reached[State::Homing as usize];
        let mut of_flight: BTreeMap<&'static str, bool> = BTreeMap::new();
        for (name, began) in &flown.faults {
            *of_flight.entry(name).or_default() |= began;
        }
        for (name, began) in of_flight {
            let kind = self.kinds.entry(name).or_default();
            kind.drawn += 1;
            kind.began += u64::from(began);
            kind.homed += u64::from(began && homed);
        }
        for (count, reached) in self.reached.iter_mut().zip(flown.reached) {
            *count += u64::from(reached);
        }
        for cause in &flown.stops {
            *self.stops.entry(cause.clone()).or_default() += 1;
        }
        if !flown.violations.is_empty() {
            self.failed_total += 1;
            let numbers =
                (1..11).filter(|number| flown.violations.iter().any(|told| told.contains(&mark(*number))));
            let mut is_first = false;
            for number in numbers {
                self.broken[number] += 1;
                is_first |= self.broken[number] == 1;
            }
            if is_first || self.failed.len() < TOLD_MAX {
                self.failed.push((flown.seed, flown.violations.clone()));
            }
        }
    }

    /// Share of flights that reached `state`.
    pub fn reached_ratio(&self, state: State) -> f64 {
        self.reached[state as usize] as f64 / self.flights.max(1) as f64
    }
}

/// How a violation of this invariant is told.
fn mark(number: usize) -> String {
    format!("invariant {number}:")
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["fault", "flights with it", "in which it began", "of those HOMING was reached"]);
        for (name, kind) in &self.kinds {
            let (drawn, began, homed) =
                (kind.drawn.to_string(), kind.began.to_string(), kind.homed.to_string());
            table.add_row([name.to_string(), drawn, began, homed]);
        }
        writeln!(f, "{}\n", table.trim_fmt())?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["stopped by", "times"]);
        for (cause, times) in &self.stops {
            table.add_row([cause.clone(), times.to_string()]);
        }
        writeln!(f, "{}\n", table.trim_fmt())?;
        let states: Vec<String> = State::ALL
            .iter()
            .map(|state| format!("{} {:.1} %", state.name(), 100.0 * self.reached_ratio(*state)))
            .collect();
        writeln!(f, "reached: {}", states.join(", "))?;
        for (seed, violations) in &self.failed {
            writeln!(f, "\nseed {seed}: {}", violations.join("\n  "))?;
            writeln!(f, "  repeat: skyhound-rig campaign --flights 1 --seed {seed} -v")?;
        }
        for (number, flights) in self.broken.iter().enumerate().filter(|(_, flights)| **flights > 0) {
            writeln!(f, "\n{} broken in {flights} flights", mark(number))?;
        }
        let (flights, passes, hours) = (self.flights, self.passes, self.flown_s / 3600.0);
        write!(
            f,
            "{flights} flights, {hours:.1} h, {passes} passes: {} broke an invariant",
            match self.failed_total {
                0 => "none".to_string(),
                count => count.to_string(),
            }
        )
    }
}
