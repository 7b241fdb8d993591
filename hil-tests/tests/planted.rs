//! The test of the tests: an engine with a planted bug flies the campaign, and the invariant of that kind tells of it.
//!
//! Every hole of the origin that an engine can have is among the bugs. With none of them on, the same program finds nothing:
//! so it is the bug that was found, and not the patching.

#[path = "planted/bugs.rs"]
mod bugs;
#[path = "planted/workshop.rs"]
mod workshop;

use bugs::Bug;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use workshop::Planted;

/// Flights in which a bug must show itself.
const FLIGHTS: &str = "400";

fn campaign(planted: &Planted, bug: Option<&Bug>) -> String {
    let invariant = bug.map_or(0, |bug| bug.invariant).to_string();
    let mut arguments = vec![if bug.is_some() { FLIGHTS } else { "60" }, "1", &invariant];
    arguments.extend(bug.and_then(|bug| bug.with));
    let done = planted.run(bug.map(|bug| bug.name), &arguments);
    String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
}

#[test]
fn each_planted_bug_is_told_by_its_invariant() {
    let bugs = bugs::all();
    let covered: BTreeSet<u8> = bugs.iter().map(|bug| bug.invariant).collect();
    assert_eq!(covered, (1..=11).collect(), "an invariant without a bug is not tested");
    let planted = Planted::build(&bugs);
    let sound = campaign(&planted, None);
    assert!(sound.contains("none broke an invariant"), "without a bug:\n{sound}");
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = campaign(&planted, Some(bug));
                    let invariant = format!("invariant {}:", bug.invariant);
                    match told.lines().find(|line| line.contains(&invariant)) {
                        Some(line) => println!("{}: {}", bug.name, line.trim()),
                        None => missed.lock().unwrap().push(format!("{}, by {invariant}\n{told}", bug.name)),
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "planted, and not told:\n{}", missed.join("\n\n"));
}
