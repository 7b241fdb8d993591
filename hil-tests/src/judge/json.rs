//! Judged flights to JSON for programs: every number with its unit, every expectation with what was measured.

use serde_json::{Map, Value, json};

use super::{Flown, Outcome, metrics, table};

/// The file's text.
pub fn text(flights: &[Flown]) -> Result<String, String> {
    let flights: Vec<Value> = flights.iter().map(flight).collect();
    serde_json::to_string_pretty(&json!({ "flights": flights })).map_err(|error| format!("JSON: {error}"))
}

fn flight(flown: &Flown) -> Value {
    let verdict = &flown.verdict;
    let number = |(name, value): (&String, &f64)| {
        (name.clone(), json!({ "value": value, "unit": metrics::unit(name) }))
    };
    let mut flight = json!({
        "scenario": flown.scenario,
        "about": flown.about,
        "seed": flown.seed,
        "rig": flown.rig,
        "depth": flown.depth.letter(),
        "verdict": table::word(&verdict.outcome).to_lowercase(),
        "checks": verdict.checks,
        "numbers": verdict.numbers.iter().map(number).collect::<Map<_, _>>(),
        "violations": verdict.violations,
        "files": verdict.files,
        "page": flown.page,
        "repeat": flown.repeat,
        "took_s": flown.took_s,
    });
    if let Outcome::Ignored { needs } = &verdict.outcome {
        flight["needs"] = json!(needs);
    }
    flight
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::sample;

    #[test]
    fn numbers_carry_their_units() {
        let flown = Flown { seed: u64::MAX, ..sample::passed() };
        let value: Value = serde_json::from_str(&text(&[flown]).unwrap()).unwrap();
        let flight = &value["flights"][0];
        assert_eq!(flight["verdict"], "passed");
        assert_eq!(flight["seed"], u64::MAX, "a seed is no float");
        for (name, unit) in [("final_error_m", "m"), ("slew_max_mps2", "m/s²"), ("stop_delay_mode_ms", "ms")]
        {
            assert_eq!(flight["numbers"][name]["unit"], unit);
        }
        assert!((flight["numbers"]["final_error_m"]["value"].as_f64().unwrap() - 2.0).abs() < 1e-9);
        let check = &flight["checks"][0];
        assert_eq!((&check["name"], &check["passed"]), (&json!("invariants"), &json!(true)));
        assert!(flight.get("needs").is_none());
    }
}
