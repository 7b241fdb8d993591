//! The daemons of a flight: the one under test, killed and started again where the scenario says so, on a machine that goes
//! wrong; and a second one on the same aircraft, on another line of its autopilot: it must refuse to command.

use crate::daemon::{ClockJoin, Daemon, Look, Site, number};
use crate::machine::{Shim, SmallDisk, Starving};
use crate::scenario::{Kind, Scenario};
use crate::truth::Poses;
use skyhound_host::ctl::Status;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Far beyond what a start or an end takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Room for a flight file and what is lost to its reserve.
const DISK_MB: u32 = 96;
/// Between two tries of the second daemon's operator.
const AGAIN_US: u64 = 3_000_000;

/// How a daemon is started: everything but its site.
#[derive(Clone, Debug)]
pub struct Line {
    /// Arguments after `fly`.
    pub args: Vec<String>,
    /// Variables, as the SDR driver's.
    pub variables: Vec<(String, PathBuf)>,
}

/// One life of a daemon.
#[derive(Clone, Debug)]
pub struct Life {
    /// Its flight file.
    pub file: PathBuf,
    /// Its clock on the scenario's.
    pub clock: ClockJoin,
    /// When it was killed, if it was.
    pub killed_us: Option<u64>,
}

/// The daemon under test with its machine.
pub struct Daemons {
    // Dropped in this order: what signals the daemon before the daemon, whose number may soon be another's; then its disk.
    starving: Option<Starving>,
    running: Option<(Daemon, Look)>,
    pub site: Site,
    line: Line,
    poses: Poses,
    shim: Option<Shim>,
    disk: Option<SmallDisk>,
    lives: Vec<Life>,
    /// How it ended, once it was ended: the exit code, or none when a signal did it.
    pub exit: Option<Option<i32>>,
}

impl Daemons {
    /// Makes the machine that `scenario` needs. Nothing runs yet.
    pub fn new(site: Site, scenario: &Scenario, line: Line, poses: Poses) -> Result<Daemons, String> {
        let has = |wanted: fn(&Kind) -> bool| scenario.fault.iter().any(|fault| wanted(&fault.kind));
        // Without root the shim answers that the disk is full.
        let mount = || SmallDisk::mount(&site.flights(), DISK_MB).ok();
        let disk = has(|kind| *kind == Kind::DiskFull).then(mount).flatten();
        let preloads = |kind: &Kind| {
            matches!(kind, Kind::DiskFull | Kind::DiskStall | Kind::ClockStep { .. } | Kind::Clock1970)
        };
        let shim = if has(preloads) { Some(Shim::new(site.root())?) } else { None };
        Ok(Daemons {
            running: None,
            starving: None,
            site,
            line,
            poses,
            shim,
            disk,
            lives: Vec::new(),
            exit: None,
        })
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It ended instead, with what it said; or it never answered.
    pub fn start(&mut self) -> Result<(), String> {
        let args: Vec<&str> = self.line.args.iter().map(String::as_str).collect();
        let mut command = self.site.fly(&args)?;
        command.envs(self.line.variables.iter().map(|(name, value)| (name, value)));
        if let Some(shim) = &self.shim {
            shim.around(&mut command);
        }
        let mut daemon = self.site.start(command)?;
        let poses = Arc::clone(&self.poses);
        let look = Look::begin(daemon.socket(), move || poses().at_us);
        daemon.until("it answers", PATIENCE, |_| look.file())?;
        self.running = Some((daemon, look));
        Ok(())
    }

    /// What `ctl status` showed last, and when; `None` while none runs.
    pub fn seen(&self) -> Option<(Status, u64)> {
        self.running.as_ref().and_then(|(_, look)| look.newest())
    }

    /// `skyhound ctl homing on|off`: what it answered, or why it refused.
    pub fn homing(&self, on: bool) -> Result<String, String> {
        self.ctl(&["homing", if on { "on" } else { "off" }])
    }

    /// `skyhound ctl profile`: what it answered, or why it refused.
    pub fn profile(&self, name: &str, sets: &[String]) -> Result<String, String> {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        self.ctl(&["profile", name].into_iter().chain(sets).collect::<Vec<_>>())
    }

    fn ctl(&self, args: &[&str]) -> Result<String, String> {
        let (daemon, _) = self.running.as_ref().ok_or("no daemon runs")?;
        let said = daemon.ctl(args)?;
        match said.code {
            Some(0) => Ok(said.out.trim().to_owned()),
            _ => Err(said.err.trim().to_owned()),
        }
    }

    /// Whether it ended though nobody ended it: how, and what it said last.
    pub fn ended(&mut self) -> Option<String> {
        let (daemon, _) = self.running.as_mut()?;
        let how = daemon.ended()?;
        let said = daemon.said();
        Some(format!("{how}: {}", said.lines().last().unwrap_or_default()))
    }

    /// Begins or ends a fault of the machine; whether it was one.
    pub fn apply(&mut self, kind: &Kind, begins: bool) -> Result<bool, String> {
        match kind {
            Kind::Kill if begins => self.kill(),
            Kind::Kill if self.running.is_none() => self.start()?,
            Kind::Kill => {}
            Kind::CpuStarved { pause_ms, every_ms } => {
                let ms = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1e3);
                let running = self.running.as_ref().filter(|_| begins);
                self.starving =
                    running.map(|(daemon, _)| Starving::begin(daemon.pid(), ms(*pause_ms), ms(*every_ms)));
            }
            Kind::DiskFull => match &self.disk {
                Some(disk) => disk.fill(begins)?,
                None => self.shim()?.fill(begins)?,
            },
            Kind::DiskStall => self.shim()?.stall(begins)?,
            // A step is for good: when its time is over the clock steps back.
            Kind::ClockStep { hours } if begins => self.shim()?.step_utc((hours * 3_600.0) as i64)?,
            Kind::Clock1970 if begins => self.shim()?.to_1970()?,
            Kind::ClockStep { .. } | Kind::Clock1970 => self.shim()?.step_utc(0)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn shim(&mut self) -> Result<&mut Shim, String> {
        self.shim.as_mut().ok_or_else(|| "this machine fault was not in the scenario's timeline".to_owned())
    }

    fn kill(&mut self) {
        self.starving = None;
        if let Some((mut daemon, look)) = self.running.take() {
            daemon.kill();
            self.live_on(&look, Some((self.poses)().at_us));
        }
    }

    fn live_on(&mut self, look: &Look, killed_us: Option<u64>) {
        if let Some(file) = look.file() {
            self.lives.push(Life { file, clock: look.clock(), killed_us });
        }
    }

    /// Ends the flight as an operator does. The machine is well again before.
    pub fn end(&mut self) -> Result<(), String> {
        self.starving = None;
        if let Some(shim) = &mut self.shim {
            shim.stall(false)?;
        }
        if let Some((mut daemon, look)) = self.running.take() {
            self.exit = Some(daemon.stop(PATIENCE)?.code());
            self.live_on(&look, None);
        }
        Ok(())
    }

    /// All its lives in order, with their files where they outlive the flight.
    pub fn lives(&mut self) -> Result<Vec<Life>, String> {
        if let Some(disk) = self.disk.take() {
            let kept = self.site.root().join("kept");
            disk.keep(&kept)?;
            for life in &mut self.lives {
                life.file = life.file.file_name().map_or(kept.clone(), |name| kept.join(name));
            }
        }
        Ok(std::mem::take(&mut self.lives))
    }
}

/// The second daemon with its operator, who enables homing again and again.
pub struct Second {
    daemons: Daemons,
    asked_us: u64,
    answers: Vec<Result<String, String>>,
    runs: bool,
}

impl Second {
    /// In `site`; it does not run yet.
    pub fn new(site: Site, scenario: &Scenario, line: Line, poses: Poses) -> Result<Second, String> {
        // The machine's faults are the first one's.
        let well = Scenario { fault: Vec::new(), ..scenario.clone() };
        let daemons = Daemons::new(site, &well, line, poses)?;
        Ok(Second { daemons, asked_us: 0, answers: Vec::new(), runs: false })
    }

    /// Starts it.
    pub fn start(&mut self) -> Result<(), String> {
        self.daemons.start()?;
        self.runs = true;
        Ok(())
    }

    /// Its operator tries.
    pub fn ask_again(&mut self, now_us: u64) {
        if self.runs && now_us >= self.asked_us + AGAIN_US {
            self.asked_us = now_us;
            self.answers.push(self.daemons.homing(true));
        }
    }

    /// Ends it.
    pub fn end(&mut self) -> Result<(), String> {
        self.runs = false;
        self.daemons.end()
    }

    /// What it did that it must not: a permission it got, a velocity it commanded. And why it refused, last.
    pub fn judged(&mut self) -> Result<(Vec<String>, Option<String>), String> {
        let mut violations = Vec::new();
        let granted = self.answers.iter().flatten();
        violations.extend(granted.map(|told| format!("second daemon: homing was not refused: {told}")));
        for life in self.daemons.lives()? {
            let moves = number(&life.file, "select count(*) from command where kind = 'velocity'")?;
            if moves > 0.0 {
                violations.push(format!("second daemon: it commanded {moves} velocities"));
            }
        }
        let refusals = self.answers.iter().rev().filter_map(|answer| answer.as_ref().err());
        let refused = refusals.into_iter().find(|why| why.contains("another program speaks")).cloned();
        if refused.is_none() {
            violations.push("second daemon: it was never refused for being the second".to_owned());
        }
        Ok((violations, refused))
    }
}
