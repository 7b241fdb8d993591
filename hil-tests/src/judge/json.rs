//! Judged flights to JSON for programs: every number with its unit, every expectation with what was measured.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Flown, Outcome, metrics};

#[derive(Serialize)]
struct File<'a> {
    flights: Vec<Flight<'a>>,
}

#[derive(Serialize)]
struct Flight<'a> {
    scenario: &'a str,
    about: &'a str,
    seed: u64,
    rig: &'a str,
    depth: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<&'a str>,
    checks: Vec<Check<'a>>,
    numbers: BTreeMap<&'a str, Number>,
    violations: &'a [String],
    files: Vec<String>,
    page: Option<String>,
    repeat: &'a str,
    took_s: f64,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    measured: &'a str,
    wanted: &'a str,
    passed: bool,
}

#[derive(Serialize)]
struct Number {
    value: f64,
    unit: &'static str,
}

/// The file's text.
///
/// # Errors
/// What the writer says; none for what flights hold.
pub fn text(flights: &[Flown]) -> Result<String, String> {
    let file = File { flights: flights.iter().map(flight).collect() };
    serde_json::to_string_pretty(&file).map_err(|error| format!("JSON: {error}"))
}

fn flight(flown: &Flown) -> Flight<'_> {
    let Flown { verdict, .. } = flown;
    let (word, needs) = match &verdict.outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed => ("failed", None),
        Outcome::Ignored { needs } => ("ignored", Some(needs.as_str())),
    };
    Flight {
        scenario: &flown.scenario,
        about: &flown.about,
        seed: flown.seed,
        rig: &flown.rig,
        depth: flown.depth.letter(),
        verdict: word,
        needs,
        checks: verdict
            .checks
            .iter()
            .map(|check| Check {
                name: &check.name,
                measured: &check.measured,
                wanted: &check.wanted,
                passed: check.passed,
            })
            .collect(),
        numbers: verdict
            .numbers
            .iter()
            .map(|(name, value)| {
                let unit = metrics::find(name).map_or("", |metric| metric.unit);
                (name.as_str(), Number { value: *value, unit })
            })
            .collect(),
        violations: &verdict.violations,
        files: verdict.files.iter().map(|file| file.display().to_string()).collect(),
        page: flown.page.as_ref().map(|page| page.display().to_string()),
        repeat: &flown.repeat,
        took_s: flown.took_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{sample, verdict};
    use crate::rig::Depth;

    #[test]
    fn numbers_carry_their_units() {
        let flown = Flown {
            scenario: "open_carrier".into(),
            about: "A carrier".into(),
            seed: u64::MAX,
            rig: "engine".into(),
            depth: Depth::A,
            verdict: verdict(&sample::scenario(), &sample::trace(), Depth::A),
            repeat: "skyhound-rig run open_carrier".into(),
            took_s: 0.5,
            page: Some("flights/rig/open_carrier-1.html".into()),
        };
        let value: serde_json::Value = serde_json::from_str(&text(&[flown]).unwrap()).unwrap();
        let flight = &value["flights"][0];
        assert_eq!(flight["verdict"], "passed");
        assert_eq!(flight["seed"], u64::MAX, "a seed is no float");
        assert_eq!(flight["numbers"]["final_error_m"]["unit"], "m");
        assert_eq!(flight["numbers"]["slew_max_mps2"]["unit"], "m/s²");
        assert_eq!(flight["numbers"]["stop_delay_mode_ms"]["unit"], "ms");
        assert!((flight["numbers"]["final_error_m"]["value"].as_f64().unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(flight["checks"][0]["name"], "invariants");
        assert!(flight.get("needs").is_none());
    }
}
