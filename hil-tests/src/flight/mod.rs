//! A scenario flown on a rig: scenario, seed and rig in, a trace on the scenario's clock out. At depth a the engine flies alone
//! (`engine`), otherwise the real daemon in real time.
//!
//! Around the daemon, each part real as far as the daemon can see:
//! ```text
//! world (IQ) ── Unix socket ──→ SoapySDR driver ─┐
//!   ↑ pose                                       ├─ skyhound fly ── flight file
//! aircraft + autopilot ── MAVLink on UDP/TCP/pty ┘        ↑ skyhound ctl
//!   ↑ ground station (MAVLink)                          operator
//! ```
//! At depth c the aircraft is someone else's; then its own stream drives the world. The script (pure, shared with depth a)
//! looks at what `ctl status` shows 25 times a second and says what to do. After the flight its file is read by
//! `skyhound query`, and its times are moved to the scenario's clock.

pub mod air;
mod course;
mod daemons;
pub mod read;
pub mod sdr;
mod theirs;
pub mod wire;

use crate::autopilot::{Autopilot, Line};
use crate::daemon::Site;
use crate::engine::{self, Level};
use crate::iq_server::IqServer;
use crate::rig::{self, Depth, Rig, Sdr};
use crate::scenario::{Kind, Scenario};
use crate::script::{self, Script};
use crate::soapy::{self, NoModule};
use crate::trace::{COMPONENT, DeedRow, Trace};
use crate::watch::Watcher;
use crate::world::iq::IqWorld;
use air::Air;
use course::Course;
use daemons::{Daemons, Second};
use sdr::SdrControl;
use skyhound::geo::{Origin, Wgs84};
use std::path::Path;
use theirs::Theirs;

/// Our own driver's devices.
const OUR_DEVICE: &str = "soapy:driver=skyhound-rig";
/// From here on after the last row of facts (10 Hz) the recorder counts as stopped.
const RECORDER_SILENT_US: u64 = 1_000_000;

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFlown {
    /// The machine or the rig lacks what this says.
    Ignored(String),
    /// Something of the rig itself went wrong: this.
    Failed(String),
}

impl From<String> for NotFlown {
    fn from(why: String) -> NotFlown {
        NotFlown::Failed(why)
    }
}

impl Rig {
    /// Flies `scenario` with everything of it that is random made from `seed`. What the flight leaves (flight files, log,
    /// settings) stays in `folder`, which should be empty.
    ///
    /// # Errors
    /// It was not flown: something is lacking, or the rig itself went wrong.
    pub fn fly(
        &self,
        scenario: &Scenario,
        seed: u64,
        folder: &Path,
        watcher: &mut dyn Watcher,
    ) -> Result<Trace, NotFlown> {
        let scenario = &self.adapted(scenario)?.drawn(seed);
        let second_line = || "a rig with a second line to its autopilot".to_owned();
        let lacks_line = || (has_second(scenario) && self.depth == Depth::C).then(second_line);
        match self.lacks(scenario).or_else(lacks_line) {
            Some(needs) => Err(NotFlown::Ignored(needs)),
            None if self.depth == Depth::A => Ok(engine::fly(scenario, seed, Level::Readings)),
            None => fly(scenario, seed, self, folder, watcher),
        }
    }
}

fn fly(
    scenario: &Scenario,
    seed: u64,
    rig: &Rig,
    folder: &Path,
    watcher: &mut dyn Watcher,
) -> Result<Trace, NotFlown> {
    let has_second = has_second(scenario);
    let driver = (rig.sdr == Sdr::Simulated || has_second).then(|| {
        soapy::module().map_err(|why| match why {
            NoModule::Lacks(_) => NotFlown::Ignored(why.to_string()),
            NoModule::Broken(_) => NotFlown::Failed(why.to_string()),
        })
    });
    let driver = driver.transpose()?;
    let (addresses, notes, air): (Vec<String>, Vec<String>, Box<dyn Air>) = match &rig.autopilot {
        rig::Autopilot::At(foreign) => {
            let theirs = Theirs::find(scenario, foreign, watcher)?;
            (vec![foreign.daemon.to_string()], theirs.notes().into(), Box::new(theirs))
        }
        rig::Autopilot::Simulated(line) => {
            let lines = vec![air::spec(*line); if has_second { 2 } else { 1 }];
            let autopilot = Autopilot::start(script::aircraft(scenario, seed), &lines);
            let autopilot = autopilot.map_err(|error| format!("simulated autopilot: {error}"))?;
            (autopilot.lines().iter().map(Line::for_daemon).collect(), Vec::new(), Box::new(autopilot))
        }
    };
    let mut course = prepare(scenario, seed, rig, folder, driver.as_deref(), &addresses, air)?;
    for what in notes {
        watcher.told(&what);
        course.deeds.push(DeedRow { at_us: 0, what: format!("rig: {what}") });
    }
    let flown = course.daemons.start().and_then(|()| course.run(&mut Script::new(scenario), watcher));
    let trace = flown.and_then(|()| trace_of(scenario, &mut course));
    course.air.leave();
    Ok(trace?)
}

/// Whether a second daemon comes, which hears our own driver whatever the first one hears.
fn has_second(scenario: &Scenario) -> bool {
    scenario.fault.iter().any(|fault| fault.kind == Kind::SecondDaemon)
}

/// Opens and starts everything around `air` but the daemon. `driver`: the folder of our own SDR driver, where somebody hears with it.
fn prepare(
    scenario: &Scenario,
    seed: u64,
    rig: &Rig,
    folder: &Path,
    driver: Option<&Path>,
    addresses: &[String],
    air: Box<dyn Air>,
) -> Result<Course, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let site = Site::at(folder).map_err(told)?;
    let sdr = SdrControl::new(folder.join("sdr"))?;
    let socket = site.socket_at("world.sock");
    let (source, iq) = match &rig.sdr {
        Sdr::Device(device) => (device.clone(), None),
        Sdr::Simulated => {
            let world = IqWorld::new(scenario, seed);
            let iq = IqServer::start(&socket, world, air.poses());
            let iq = iq.map_err(|error| format!("{}: {error}", socket.display()))?;
            let (world, control) = (socket.display(), sdr.path().display());
            (format!("{OUR_DEVICE},world={world},control={control}"), Some(iq))
        }
    };
    let config = site.settings(&scenario.settings_file())?;
    // A rig that is itself killed leaves a daemon that ends by itself.
    let limit = format!("{:.0}s", scenario.duration_s + 120.0);
    let line = |source: &str, address: &str| {
        let config = config.to_string_lossy();
        let args = ["--config", &*config, "--sdr", source, "--autopilot", address, "--for", &limit];
        let ours = driver.filter(|_| source.starts_with(OUR_DEVICE));
        let variables = ours.map(soapy::environment).into_iter().flatten();
        let variables = variables.map(|(name, path)| (name.to_owned(), path)).collect();
        daemons::Line { args: args.map(str::to_owned).into(), variables }
    };
    let first = line(&source, &addresses[0]);
    // It hears something of its own, so that nothing but the first daemon keeps it from homing.
    let second =
        addresses.get(1).map(|address| line(&format!("{OUR_DEVICE},serial=rig-1,tone_hz=40000"), address));
    let daemons = Daemons::new(site, scenario, first, air.poses())?;
    let mut course = Course::new(air, iq, sdr, daemons);
    if let Some(line) = second {
        let site = Site::at(&folder.join("second")).map_err(told)?;
        course.second = Some(Second::new(site, scenario, line, course.air.poses())?);
    }
    Ok(course)
}

/// Ends everything and puts together what is left.
fn trace_of(scenario: &Scenario, course: &mut Course) -> Result<Trace, String> {
    let (end_us, last) = (course.air.now_us(), course.air.truth());
    course.daemons.end()?;
    if let Some(second) = &mut course.second {
        second.end()?;
    }
    let mut trace = Trace { truth: course.air.truth_rows(), ..Trace::default() };
    let lives = course.daemons.lives()?;
    let system = scenario.aircraft.system;
    let home = Origin::new(Wgs84 { lat_deg: scenario.place.lat_deg, lon_deg: scenario.place.lon_deg });
    for life in &lives {
        read::read(&life.file, &life.clock, &home, &mut trace)?;
        if let Some(killed_us) = life.killed_us {
            trace.killed(killed_us);
        }
    }
    // A recorder that stopped knows nothing of what came later; the daemon's status did.
    let recorded_us = trace.signal.last().map_or(0, |row| row.at_us) + RECORDER_SILENT_US;
    trace.states.extend(course.shown.iter().filter(|row| row.at_us > recorded_us).cloned());
    trace.setpoints = match course.air.setpoints() {
        Some(setpoints) => setpoints,
        None => {
            let told = lives.iter().map(|life| read::commands(&life.file, &life.clock, system));
            told.collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    let muted = course.mute.iter().map(|(_, from_us, until_us)| (*from_us, *until_us));
    let known = wire::Known {
        own: (system, COMPONENT),
        said: course.air.said(system),
        enabled_us: course.enabled_us.clone(),
        mute: muted.chain(course.held.iter().copied()).collect(),
        others: has_second(scenario),
        search_flown: scenario.settings().is_ok_and(|settings| settings.search.flies),
        end_us,
    };
    trace.violations = wire::judge(&trace, &known);
    if let Some(second) = &mut course.second {
        let (violations, refused) = second.judged()?;
        trace.violations.extend(violations);
        trace.numbers.insert("second_refused".into(), f64::from(u8::from(refused.is_some())));
        let what = format!("second daemon, last: {}", refused.unwrap_or_else(|| "was never refused".into()));
        course.deeds.push(DeedRow { at_us: end_us, what });
    }
    // The rig's own ending of the flight is none of the scenario's.
    trace.states.retain(|row| row.at_us < end_us);
    trace.setpoints.retain(|row| row.at_us < end_us);
    trace.signal.retain(|row| row.at_us < end_us);
    trace.truth.retain(|row| row.pose.at_us < last.pose.at_us);
    trace.truth.push(last);
    let may_fail = scenario.fault.iter().any(|fault| fault.kind == Kind::DiskFull);
    match course.daemons.exit {
        Some(Some(code)) => {
            trace.numbers.insert("exit_code".into(), code.into());
            if code != 0 && !may_fail {
                trace.violations.push(format!("end: the daemon ended with exit code {code}"));
            }
        }
        Some(None) => trace.violations.push("end: a signal ended the daemon".to_owned()),
        // Killed by the scenario.
        None => {}
    }
    let held_us: u64 = course.held.iter().map(|(from_us, until_us)| until_us - from_us).sum();
    trace.numbers.insert("rig_held_s".into(), held_us as f64 / 1e6);
    trace.deeds = std::mem::take(&mut course.deeds);
    trace.files.push(course.daemons.site.root().join("err"));
    Ok(trace)
}
