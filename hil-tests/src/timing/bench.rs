//! One daemon with an aircraft to lead, a beacon that is always strong, and everything that may stop it at hand.

use super::cause::{GUIDED, HEARTBEAT};
use super::page::Crew;
use super::{Cause, Outcome, Plan, Trial};
use crate::aircraft::{Aircraft, Request};
use crate::autopilot::{Autopilot, WireRow};
use crate::daemon::{Daemon, Site};
use crate::flight::air;
use crate::flight::sdr::SdrControl;
use crate::scenario::{self, Kind, Place};
use crate::trace::SetpointRow;
use crate::truth::Poses;
use crate::{random, soapy};
use rand::RngExt;
use skyhound::geo::Origin;
use skyhound_host::ctl::Ask;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Without movement for six setpoints' time: it has stopped.
const QUIET_US: u64 = 600_000;
/// A movement that still comes this long after the cause was told is waited for.
const LAST_AFTER_US: u64 = 800_000;
/// From a cause to the message that carries it, at most: the autopilot's GPS and estimator have their own rates.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// By then the daemon has heard all that the autopilot says.
const HEARD_AGAIN: Duration = Duration::from_millis(1_100);
/// Homing sends a setpoint at least so often; without one for longer it is not homing.
const HOMING_AGE_MAX_US: u64 = 300_000;
/// The trial's place: this far from home at most, and heading out.
const ROAM_M: f64 = 100.0;
const UP_M: f64 = 40.0;
/// The fence of trials that cross it.
const FENCE_M: f64 = 150.0;
/// Room to the fence when such a trial begins.
const FENCE_ROOM_M: f64 = 12.0;
/// Settings: quick to home, straight ahead, never holding; the interlocks' limits are the defaults, so that their times are those of flight.
const SETTINGS: [&str; 12] = [
    "sdr.sample_rate_sps=250000",
    "sdr.frequency_hz=433920000",
    "sdr.gain_db=20",
    "sdr.reopen_wait_min_s=0.05",
    "sdr.reopen_wait_max_s=0.2",
    "beacon.0.offset_hz=20000",
    "beacon.0.bandwidth_hz=5000",
    "homing.detecting_s=0",
    "homing.hold_radius_m=0",
    "homing.refine_s=1800",
    "interlock.jump_max_m=100",
    "interlock.jump_lock_s=1",
];

/// The bench.
pub struct Bench {
    // Dropped in this order.
    daemon: Daemon,
    autopilot: Autopilot,
    poses: Poses,
    sdr: SdrControl,
    site: Site,
    args: Vec<String>,
    source: random::Random,
}

impl Bench {
    /// Starts everything.
    pub fn start(plan: &Plan, seed: u64) -> Result<Bench, String> {
        let aircraft = scenario::Aircraft { endurance_min: 1e4, ..scenario::Aircraft::default() };
        let mut aircraft = Aircraft::new(&aircraft, &Place::default(), seed);
        aircraft.begin_airborne(0.0, 0.0, UP_M, 0.0);
        let autopilot = Autopilot::start(aircraft, &[air::spec(plan.line)]);
        let autopilot = autopilot.map_err(|error| format!("simulated autopilot: {error}"))?;
        let site = Site::temporary().map_err(|error| format!("a folder for the daemon: {error}"))?;
        let sdr = SdrControl::new(site.root().join("sdr"))?;
        let device = format!("soapy:driver=skyhound-rig,tone_hz=20000,control={}", sdr.path().display());
        let address = autopilot.lines()[0].for_daemon();
        let mut args: Vec<String> = ["--sdr", &device, "--autopilot", &address].map(str::to_owned).into();
        let fence = format!("interlock.fence.radius_m={FENCE_M}");
        let realtime = format!("daemon.realtime={}", plan.realtime);
        for set in SETTINGS.into_iter().chain([fence.as_str(), &realtime]) {
            args.extend(["--set".to_owned(), set.to_owned()]);
        }
        let daemon = launch(&site, &args)?;
        let poses = autopilot.poses();
        let source = random::source(seed, "bench");
        Ok(Bench { daemon, autopilot, poses, sdr, site, args, source })
    }

    /// One trial: homes, waits `wait_s`, makes the cause, and looks on until nothing more can come.
    pub fn trial(&mut self, cause: Cause, wait_s: f64) -> Result<Trial, String> {
        self.make_ready(cause)?;
        let crew = (cause == Cause::PageStop).then(|| Crew::at(&self.daemon)).transpose()?;
        let begun_us = self.home()?;
        let cause_us = match begun_us {
            Some(begun_us) => self.bring_about(cause, begun_us + (wait_s * 1e6) as u64, crew.as_ref())?,
            None => None,
        };
        let (Some(begun_us), Some(cause_us)) = (begun_us, cause_us) else {
            self.tell_spoilt(cause);
            return Ok(Trial { cause, outcome: Outcome::Spoilt, gap_ms: None });
        };
        let told_us = self.told_us(cause, cause_us);
        let moves = self.rest(told_us.max(cause_us + cause.traits().untold_us) + LAST_AFTER_US);
        let last_us = moves.iter().filter(|row| row.moves()).map(|row| row.at_us).max().unwrap_or(0);
        let goes_on = last_us + QUIET_US > self.autopilot.now_us();
        let after_ms = |from_us: u64| last_us.saturating_sub(from_us) as f64 / 1e3;
        // Before homing is asked for or ended again, which clears it.
        let latched = self.latched();
        let outcome = match goes_on {
            true => Outcome::WentOn,
            false if !cause.is_blamed(latched.as_deref()) => Outcome::Spoilt,
            false => Outcome::Stopped { physical_ms: after_ms(cause_us), told_ms: after_ms(told_us) },
        };
        if outcome == Outcome::Spoilt {
            self.tell_spoilt(cause);
        }
        self.mend(cause)?;
        Ok(Trial { cause, outcome, gap_ms: gaps_ms(&moves, begun_us, cause_us) })
    }

    /// Makes the cause at `at_us`, or waits until it comes by itself: when it came. `None`: homing stopped before.
    fn bring_about(&mut self, cause: Cause, at_us: u64, crew: Option<&Crew>) -> Result<Option<u64>, String> {
        if cause == Cause::FenceCrossed {
            return self.cross_the_fence();
        }
        std::thread::sleep(Duration::from_micros(at_us.saturating_sub(self.autopilot.now_us())));
        if !self.commands() {
            return Ok(None);
        }
        let cause_us = self.autopilot.now_us();
        match crew {
            Some(crew) => crew.stop()?,
            None => self.make(cause)?,
        }
        Ok(Some(cause_us))
    }

    /// Why the daemon says that it stopped homing.
    fn latched(&self) -> Option<String> {
        self.daemon.status().and_then(|status| status.latched)
    }

    fn tell_spoilt(&self, cause: Cause) {
        let why = self.latched().unwrap_or_else(|| "nothing latched".to_owned());
        eprintln!("skyhound-rig: a trial of `{}` was spoilt by something else: {why}", cause.traits().name);
    }

    /// In the air, in GUIDED, where there is room for the trial, with nothing that keeps homing locked.
    fn make_ready(&mut self, cause: Cause) -> Result<(), String> {
        let pose = (self.poses)();
        let at_m = pose.north_m.hypot(pose.east_m);
        let is_well = pose.up_m > 0.7 * UP_M && self.autopilot.look(|aircraft| aircraft.belief().armed);
        if cause == Cause::FenceCrossed || at_m > ROAM_M || !is_well {
            let turn_rad = self.source.random_range(-3.0..3.0_f64);
            let at_m = if cause == Cause::FenceCrossed { FENCE_M - FENCE_ROOM_M } else { 0.0 };
            let (north_m, east_m) = (at_m * turn_rad.cos(), at_m * turn_rad.sin());
            self.autopilot.look(|aircraft| aircraft.begin_airborne(north_m, east_m, UP_M, turn_rad));
            // The daemon hears of the jump before homing is asked for.
            std::thread::sleep(HEARD_AGAIN);
        }
        self.autopilot.ask(&Request::Mode(GUIDED))
    }

    /// Enables homing as soon as it is allowed; when the first movement came. `None`: it was stopped again before.
    fn home(&mut self) -> Result<Option<u64>, String> {
        let begun = Instant::now();
        loop {
            let asked_us = self.autopilot.now_us();
            let answer = self.daemon.ask(Ask::Homing { on: true });
            if answer.as_ref().is_ok_and(|answer| answer.ok) {
                return Ok(self.first_movement_us(asked_us));
            }
            if let Some(how) = self.daemon.ended() {
                return Err(format!("the daemon ended ({how}): {}", self.daemon.said()));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("homing stays locked: {answer:?}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// When movement first came after `asked_us`; none within ten seconds.
    fn first_movement_us(&self, asked_us: u64) -> Option<u64> {
        let waited = Instant::now();
        while waited.elapsed() < Duration::from_secs(10) {
            let rows = self.autopilot.setpoints();
            if let Some(row) = rows.iter().find(|row| row.at_us >= asked_us && row.moves()) {
                return Some(row.at_us);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Whether movement comes.
    fn commands(&self) -> bool {
        is_homing(&self.autopilot.setpoints(), self.autopilot.now_us())
    }

    /// Looks on until the way to a standstill leads out of the fence: then. `None`: homing stopped before.
    fn cross_the_fence(&self) -> Result<Option<u64>, String> {
        let begun = Instant::now();
        let mut was_inside = false;
        while begun.elapsed() < PATIENCE {
            let now_us = self.autopilot.now_us();
            if self.reach_m().ok_or("the autopilot lost its position")? > FENCE_M {
                return Ok(was_inside.then_some(now_us));
            }
            was_inside = true;
            if begun.elapsed() > Duration::from_secs(2) && !self.commands() {
                // It stopped by its own wish, which leads out sooner: at once.
                return Ok(Some(now_us));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(None)
    }

    /// How far from home a standstill would be, by the autopilot's own estimate: nobody in the air knows better.
    fn reach_m(&self) -> Option<f64> {
        let belief = self.autopilot.look(|aircraft| aircraft.belief().clone());
        let position = belief.position?;
        let at = Origin::new(belief.home?.place).ned_from_wgs84(position.place);
        let [north_mps, east_mps, _] = position.velocity_mps;
        // v·T + v²/2a as in the daemon's fence, with interlock.reaction_s and brake_mps2 as they are by default.
        let stop_s = 1.0 + north_mps.hypot(east_mps) / (2.0 * 2.5);
        Some((at.north_m + north_mps * stop_s).hypot(at.east_m + east_mps * stop_s))
    }

    fn make(&mut self, cause: Cause) -> Result<(), String> {
        match (cause, cause.kind()) {
            (Cause::HomingOff, _) => {
                let answer = self.daemon.ask(Ask::Homing { on: false })?;
                if !answer.ok {
                    return Err(format!("homing off was refused: {answer:?}"));
                }
            }
            (Cause::Killed, _) => self.daemon.kill(),
            (Cause::LinkCut, _) => self.autopilot.fall_mute(true),
            (_, Some(kind)) => {
                if !self.sdr.apply(&kind, true)? && !self.autopilot.fault(&kind, true)? {
                    return Err(format!("nobody does: {kind}"));
                }
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// When the daemon could know, at the earliest, of a cause that came at `cause_us`. Waits for it.
    fn told_us(&self, cause: Cause, cause_us: u64) -> u64 {
        let out = |row: &&WireRow| row.is_out;
        if cause.traits().is_in_a_message {
            let begun = Instant::now();
            loop {
                let wire = self.autopilot.wire();
                let told = wire.iter().rev().take_while(|row| row.at_us >= cause_us).filter(out);
                if let Some(first) = told.filter(|row| cause.is_told_by(row)).last() {
                    return first.at_us;
                }
                if begun.elapsed() > TOLD_WITHIN {
                    return cause_us;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let mut from_us = cause_us;
        if cause == Cause::HeartbeatLost {
            // Its age is counted from the last one.
            let is_beat = |row: &&WireRow| row.id == HEARTBEAT && row.component == 1 && row.at_us <= cause_us;
            from_us = self
                .autopilot
                .wire()
                .iter()
                .rev()
                .filter(out)
                .find(is_beat)
                .map_or(cause_us, |row| row.at_us);
        }
        from_us + cause.traits().untold_us
    }

    /// Looks on until no movement has come for [`QUIET_US`], at least until `until_us`, and not for ever.
    fn rest(&self, until_us: u64) -> Vec<SetpointRow> {
        loop {
            let rows = self.autopilot.setpoints();
            let now_us = self.autopilot.now_us();
            let last_us = rows.iter().rev().find(|row| row.moves()).map_or(0, |row| row.at_us);
            let is_quiet = now_us > last_us + QUIET_US && now_us > until_us;
            if is_quiet || now_us > until_us + 2 * LAST_AFTER_US {
                return rows;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn mend(&mut self, cause: Cause) -> Result<(), String> {
        if cause == Cause::Killed {
            self.daemon = launch(&self.site, &self.args)?;
        }
        if cause == Cause::LinkCut {
            self.autopilot.fall_mute(false);
            // Its heartbeats come again within a second: with the last one from before, homing would begin and stop.
            std::thread::sleep(HEARD_AGAIN);
        }
        if let Some(kind) = cause.kind() {
            let _ = self.sdr.apply(&kind, false)? || self.autopilot.fault(&kind, false)?;
        }
        if cause == Cause::BatteryLow {
            // Ending the fault charges nothing.
            self.autopilot.fault(&Kind::Battery { ratio: 1.0 }, true)?;
        }
        if self.daemon.ended().is_none() {
            // Where the cause did not end it, nothing may go on into the next trial.
            let _ = self.daemon.ask(Ask::Homing { on: false });
        }
        Ok(())
    }
}

/// Starts the daemon and waits until it answers.
fn launch(site: &Site, args: &[String]) -> Result<Daemon, String> {
    let module = soapy::module()?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = site.fly(&args)?;
    command.envs(soapy::environment(&module));
    let mut daemon = site.start(command)?;
    daemon.until("it answers", PATIENCE, Daemon::status)?;
    Ok(daemon)
}

/// Whether the last setpoint moves and is fresh.
fn is_homing(rows: &[SetpointRow], now_us: u64) -> bool {
    rows.last().is_some_and(|row| row.moves() && row.at_us + HOMING_AGE_MAX_US >= now_us)
}

/// Longest and median time between setpoints in `from_us..to_us`.
fn gaps_ms(rows: &[SetpointRow], from_us: u64, to_us: u64) -> Option<(f64, f64)> {
    let within: Vec<u64> =
        rows.iter().map(|row| row.at_us).filter(|at| (from_us..to_us).contains(at)).collect();
    let mut gaps_us: Vec<u64> = within.windows(2).map(|two| two[1] - two[0]).collect();
    gaps_us.sort_unstable();
    let longest_us = *gaps_us.last()?;
    Some((longest_us as f64 / 1e3, gaps_us[gaps_us.len() / 2] as f64 / 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::sample::moving as row;

    #[test]
    fn only_a_fresh_last_setpoint_that_moves_is_homing() {
        let moving = [row(1_000_000, 1.0), row(1_100_000, 1.0)];
        assert!(is_homing(&moving, 1_400_000) && !is_homing(&moving, 1_400_001));
        assert!(!is_homing(&[row(1_000_000, 1.0), row(1_100_000, 0.0)], 1_100_000), "stopped already");
        assert!(!is_homing(&[], 0));
    }
}
