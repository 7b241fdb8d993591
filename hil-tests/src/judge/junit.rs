//! Judged flights to JUnit XML for CI servers: a suite for each rig, a case for each scenario and seed.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Check, Flown, Outcome, metrics};

/// The file's text.
pub fn xml(flights: &[Flown]) -> Result<String, String> {
    let mut report = Report::new("skyhound-rig");
    let time = |flights: &[&Flown]| Duration::from_secs_f64(flights.iter().map(|flown| flown.took_s).sum());
    let mut rest: Vec<&Flown> = flights.iter().collect();
    report.set_time(time(&rest));
    while let Some(rig) = rest.first().map(|flown| flown.rig.clone()) {
        let (own, others): (Vec<&Flown>, _) = rest.into_iter().partition(|flown| flown.rig == rig);
        let mut suite = TestSuite::new(format!("skyhound-rig {rig}"));
        suite.set_time(time(&own)).add_test_cases(own.into_iter().map(case));
        report.add_test_suite(suite);
        rest = others;
    }
    report.to_string().map_err(|error| format!("JUnit: {error}"))
}

fn case(flown: &Flown) -> TestCase {
    let status = match &flown.verdict.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => failure(flown),
        Outcome::Ignored { needs } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("ignored, needs {needs}"));
            status
        }
    };
    let mut case =
        TestCase::new(format!("{} seed {} depth {}", flown.scenario, flown.seed, flown.depth), status);
    case.set_classname(format!("skyhound-rig.{}", flown.rig));
    case.set_time(Duration::from_secs_f64(flown.took_s));
    case.set_assertions(flown.verdict.checks.len());
    let numbers = flown.verdict.numbers.iter();
    case.add_properties(numbers.map(|(name, value)| Property::new(name.as_str(), metrics::shown(*value))));
    case
}

fn failure(flown: &Flown) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let names: Vec<&str> = flown.verdict.failures().map(|check| check.name.as_str()).collect();
    status.set_message(names.join(", ")).set_type("expectation");
    let verdict = &flown.verdict;
    let mut lines: Vec<String> = verdict.failures().map(Check::to_string).collect();
    lines.extend(verdict.violations.iter().map(|violation| format!("invariant violated: {violation}")));
    lines.extend(verdict.files.iter().map(|file| format!("file: {}", file.display())));
    lines.push(format!("seed {}; repeat with: {}", flown.seed, flown.repeat));
    status.set_description(lines.join("\n"));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::sample;
    use crate::rig::Depth;

    #[test]
    fn a_case_for_each_scenario_seed_and_depth_that_other_readers_understand() {
        let software = |seed, flown| Flown { seed, rig: "software".into(), depth: Depth::B, ..flown };
        let flights = [sample::failed(), software(7, sample::passed()), software(8, sample::ignored())];
        let xml = xml(&flights).unwrap();
        let report = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!((report.tests, report.failures, report.test_suites.len()), (3, 1, 2), "{xml}");
        let software = &report.test_suites[1];
        assert_eq!((software.tests, software.failures), (2, 0), "{xml}");
        let case = &report.test_suites[0].test_cases[0];
        assert_eq!(case.name.as_str(), "open_carrier seed 7 depth a");
        let TestCaseStatus::NonSuccess { message, description, .. } = &case.status else { panic!("{xml}") };
        assert_eq!(message.as_ref().unwrap().as_str(), "final_error_m, invariants");
        let description = description.as_ref().unwrap().as_str();
        for words in [
            "final_error_m: 2 m; wanted at most 1",
            "<speed> & slew",
            "seed 7; repeat with: skyhound-rig run open_carrier --seed 7",
        ] {
            assert!(description.contains(words), "{words} in {description}");
        }
        assert!(xml.contains("ignored, needs root"), "{xml}");
    }
}
