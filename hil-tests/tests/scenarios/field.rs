//! Scenarios as text, flown and judged; four at once, however many tests there are.

use skyhound_rig::flight::NotFlown;
use skyhound_rig::judge::{self, Outcome};
use skyhound_rig::rig::Rig;
use skyhound_rig::scenario::Scenario;
use skyhound_rig::trace::Trace;
use skyhound_rig::watch::Unwatched;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The machine was too busy for real time when some program waited for a processor for this share of a flight.
const STARVED_SHARE: f64 = 0.1;
/// Flights at once.
const FLIGHTS_MAX: usize = 4;
static FLYING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A hover 120 m from a strong beacon, quick to home and never holding, in the open.
pub const HOVER: &str = r#"
about = "A hover near a strong beacon"
duration_s = 22
[world]
propagation = { shadow_sigma_db = 0.0, fading = "none" }
[[world.beacon]]
north_m = 120.0
east_m = 0.0
frequency_hz = 433.96e6
power_dbm = 0.0
[search]
pattern = "hover"
airborne = true
[skyhound.homing]
detecting_s = 0.2
[[skyhound.beacon]]
frequency_hz = 433.96e6
bandwidth_hz = 4000.0
emission = "continuous"
"#;

/// For machines that are shared.
pub const PATIENT: &str = r#"
[skyhound.interlock]
pass_gap_max_s = 1
heartbeat_age_max_s = 5
pose_age_max_s = 2
status_age_max_s = 10
reading_age_max_s = 5
facts_age_max_s = 5
"#;

/// A turn to fly; it is given back when dropped.
pub struct Turn;

impl Turn {
    pub fn take() -> Turn {
        let (count, freed) = &FLYING;
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count >= FLIGHTS_MAX {
            count = freed.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count += 1;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (count, freed) = &FLYING;
        *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        freed.notify_one();
    }
}

/// The scenario `name` of `texts`, one after the other.
pub fn scenario(name: &str, texts: &[&str]) -> Scenario {
    let text = texts.concat();
    let mut scenario: Scenario =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
    scenario.name = name.to_owned();
    judge::metrics::check(&scenario).unwrap();
    scenario
}

/// Flies and judges; the trace of a flight that passed. `None`, said aloud, where the machine lacks what it needs.
///
/// Real time needs a processor: a flight that failed while others took it is said aloud and flown again, twice at most.
pub fn passes(scenario: &Scenario, rig: &Rig) -> Option<Trace> {
    let _turn = Turn::take();
    let mut again_count = 2;
    loop {
        let (begun, waited_s) = (Instant::now(), waited_s());
        let failed = match flown(scenario, rig) {
            Ok(trace) => return trace,
            Err(failed) => failed,
        };
        let share = (self::waited_s() - waited_s) / begun.elapsed().as_secs_f64();
        assert!(again_count > 0 && share > STARVED_SHARE, "{failed}\nwaited for a processor: {share:.2}");
        println!("{}: flown again, somebody waited for a processor: {share:.2}", scenario.name);
        again_count -= 1;
    }
}

fn flown(scenario: &Scenario, rig: &Rig) -> Result<Option<Trace>, String> {
    let name = &scenario.name;
    let folder = tempfile::Builder::new().prefix("skyhound-scenario-").tempdir().unwrap();
    let trace = match rig.fly(scenario, scenario.seed, folder.path(), &mut Unwatched) {
        Ok(trace) => trace,
        Err(NotFlown::Ignored(needs)) => {
            println!("{name}: ignored, needs {needs}");
            return Ok(None);
        }
        Err(NotFlown::Failed(why)) => return Err(format!("{name}: {why}\n{}", kept(folder))),
    };
    let verdict = judge::verdict(scenario, &trace, rig.depth);
    if verdict.outcome == Outcome::Passed {
        return Ok(Some(trace));
    }
    let failures: Vec<_> = verdict.failures().collect();
    let told: Vec<_> = trace.states.iter().map(|row| (row.at_us, &row.to, &row.reason)).collect();
    let deeds: Vec<_> = trace.deeds.iter().map(|row| (row.at_us, &row.what)).collect();
    let numbers = &verdict.numbers;
    Err(format!("{name}: {failures:#?}\n{told:#?}\n{deeds:#?}\n{numbers:#?}\n{}", kept(folder)))
}

/// Seconds since the machine started in which some program waited for a processor (Linux pressure stall information; 0 where
/// the kernel keeps none).
fn waited_s() -> f64 {
    let pressure = std::fs::read_to_string("/proc/pressure/cpu").unwrap_or_default();
    let total = pressure.lines().next().and_then(|some| some.rsplit_once("total="));
    total.and_then(|(_, us)| us.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// What the daemon said, and where everything stays.
fn kept(folder: tempfile::TempDir) -> String {
    let folder = folder.keep();
    let said = std::fs::read_to_string(folder.join("err")).unwrap_or_default();
    format!("{}:\n{said}", folder.display())
}

pub fn rig(name: &str) -> Rig {
    Rig::find(name).unwrap()
}
