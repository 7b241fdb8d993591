//! The course of a flight: 25 times a second the script looks at what is shown, and what it wants is done.

use super::air::Air;
use super::daemons::{Daemons, Second};
use super::sdr::SdrControl;
use crate::iq_server::IqServer;
use crate::judge::verdict::cause::REFUSED;
use crate::scenario::Kind;
use crate::script::{Do, Script, Seen};
use crate::trace::{DeedRow, SignalRow, StateRow};
use crate::watch::Watcher;
use skyhound::command::State;
use skyhound_host::ctl::Status;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(40);
/// Rows for the watcher.
const SHOWN_EVERY_US: u64 = 100_000;
/// A status that is older than this is not shown: the daemon does not answer.
const STATUS_AGE_MAX_US: u64 = 1_000_000;
/// The rig itself was held up when a turn took this much longer than it should.
const HELD_US: u64 = 100_000;

/// Everything that flies.
pub struct Course {
    /// Aircraft, autopilot, ground station.
    pub air: Box<dyn Air>,
    /// The world behind the SDR driver; none with a real SDR.
    pub iq: Option<IqServer>,
    /// Its faults.
    pub sdr: SdrControl,
    /// The daemon under test.
    pub daemons: Daemons,
    /// The one that must refuse.
    pub second: Option<Second>,
    /// What was done.
    pub deeds: Vec<DeedRow>,
    /// When the operator enabled homing.
    pub enabled_us: Vec<u64>,
    /// From when to when the daemon could not speak: the fault, begin, end.
    pub mute: Vec<(Kind, u64, u64)>,
    /// From when to when the rig itself was held up.
    pub held: Vec<(u64, u64)>,
    /// What was done by the operator since the last look: the status does not show it yet.
    ahead: Option<(State, u64)>,
    /// Changes of state as the status showed them: what is left where the recorder stopped.
    pub shown: Vec<StateRow>,
}

impl Course {
    /// Nothing was done yet.
    pub fn new(air: Box<dyn Air>, iq: Option<IqServer>, sdr: SdrControl, daemons: Daemons) -> Course {
        Course {
            air,
            iq,
            sdr,
            daemons,
            second: None,
            deeds: Vec::new(),
            enabled_us: Vec::new(),
            mute: Vec::new(),
            held: Vec::new(),
            ahead: None,
            shown: Vec::new(),
        }
    }

    /// Follows `script` to its end.
    ///
    /// # Errors
    /// A part of the rig broke, or the daemon ended by itself.
    pub fn run(&mut self, script: &mut Script, watcher: &mut dyn Watcher) -> Result<(), String> {
        let (mut shown_us, mut last_us) = (0, self.air.now_us());
        loop {
            let begun = Instant::now();
            let now_us = self.air.now_us();
            if script.is_over(now_us) {
                return Ok(());
            }
            let status = self.daemons.seen().filter(|(_, at_us)| at_us + STATUS_AGE_MAX_US >= now_us);
            let status = status.map(|(status, _)| status);
            status.iter().for_each(|status| self.note(status, now_us));
            self.sdr.step(now_us)?;
            let deeds = script.step(now_us, &self.seen(status.as_ref(), now_us));
            deeds.into_iter().try_for_each(|deed| self.perform(deed, watcher))?;
            if let Some(how) = self.daemons.ended() {
                return Err(format!("skyhound fly ended by itself in flight ({how})"));
            }
            if let Some(second) = &mut self.second {
                second.ask_again(now_us);
            }
            if now_us >= shown_us {
                let (truth, signal) = (self.air.truth(), signal(status.as_ref(), now_us));
                watcher.row(&truth, &signal, status.as_ref().map_or("no answer", |status| &status.state));
                shown_us = now_us + SHOWN_EVERY_US;
                if watcher.ends() {
                    return Ok(());
                }
            }
            // What a deed took is its own; only sleeping longer than asked is the machine's.
            let asked = EVERY.saturating_sub(begun.elapsed());
            let slept = Instant::now();
            std::thread::sleep(asked);
            if slept.elapsed() > asked + Duration::from_micros(HELD_US) {
                self.held.push((last_us, self.air.now_us()));
            }
            last_us = self.air.now_us();
        }
    }

    /// Changes of state as the daemon showed them.
    fn note(&mut self, status: &Status, at_us: u64) {
        let from = self.shown.last().map_or(State::Idle.name(), |row| row.to.as_str()).to_owned();
        if from != status.state {
            let reason = status.latched.clone().unwrap_or_else(|| "as its status showed".to_owned());
            let interlock = status.latched.as_ref().and_then(|why| why.split(' ').next()).map(str::to_owned);
            self.shown.push(StateRow { interlock, ..StateRow::new(at_us, &from, &status.state, reason) });
        }
    }

    fn seen(&mut self, status: Option<&Status>, now_us: u64) -> Seen<'static> {
        let sight = self.air.sight();
        let state_named = |name: &str| State::ALL.into_iter().find(|state| state.name() == name);
        let mut state = status.and_then(|status| state_named(&status.state)).unwrap_or_default();
        // The board is written each 200 ms: until then the answer of `ctl` is newer.
        if let Some((ahead, until_us)) = self.ahead {
            match now_us < until_us && state == State::Idle {
                true => state = ahead,
                false => self.ahead = None,
            }
        }
        Seen {
            state,
            heard: status.is_some_and(|status| status.channels.iter().any(|channel| channel.heard)),
            locked: status.is_none_or(|status| status.locked.is_some()),
            latched: status.is_some_and(|status| status.latched.is_some()),
            answers: status.is_some(),
            ..sight
        }
    }

    fn perform(&mut self, deed: Do, watcher: &mut dyn Watcher) -> Result<(), String> {
        let at_us = self.air.now_us();
        let mut what = deed.to_string();
        let answer = match deed {
            Do::Begin(Kind::Profile { name, set }) => Some(self.daemons.profile(&name, &set)),
            Do::Begin(kind) => self.fault(&kind, true).map(|()| None)?,
            Do::End(kind) => self.fault(&kind, false).map(|()| None)?,
            Do::HomingOn => {
                let answer = self.daemons.homing(true);
                if let Ok(told) = &answer {
                    self.enabled_us.push(at_us);
                    let state = State::ALL.into_iter().find(|state| told.ends_with(state.name()));
                    self.ahead = state.map(|state| (state, self.air.now_us() + 300_000));
                }
                Some(answer)
            }
            Do::HomingOff => Some(self.daemons.homing(false)),
            deed => Some(self.air.ask(&deed).map(|()| String::new())),
        };
        // Refused is an answer: the operator looks and tries again.
        match answer {
            Some(Err(why)) => {
                let on_one_line = why.lines().map(str::trim).collect::<Vec<_>>().join("; ");
                what = format!("{what}{REFUSED}{on_one_line}");
            }
            Some(Ok(told)) if !told.is_empty() => what = format!("{what}: {told}"),
            _ => {}
        }
        watcher.told(&what);
        self.deeds.push(DeedRow { at_us, what });
        Ok(())
    }

    /// Whoever it concerns, each in its own way.
    fn fault(&mut self, kind: &Kind, begins: bool) -> Result<(), String> {
        self.mutes(kind, begins);
        if *kind == Kind::SecondDaemon {
            return match (&mut self.second, begins) {
                (Some(second), true) => second.start(),
                (Some(second), false) => second.end(),
                (None, _) => Err("no line was kept for a second daemon".to_owned()),
            };
        }
        let world = self.iq.as_ref().is_some_and(|iq| iq.apply(kind, begins));
        let taken = world
            || self.sdr.apply(kind, begins)?
            || self.daemons.apply(kind, begins)?
            || self.air.fault(kind, begins)?;
        match taken {
            true => Ok(()),
            false => Err(format!("nobody on this rig does: {kind}")),
        }
    }

    fn mutes(&mut self, kind: &Kind, begins: bool) {
        let mutes = matches!(
            kind,
            Kind::LinkLost
                | Kind::Kill
                | Kind::CpuStarved { .. }
                | Kind::Reboot
                | Kind::SystemId { .. }
                | Kind::Garbage
        );
        let now_us = self.air.now_us();
        match self.mute.iter_mut().find(|(known, _, until_us)| known == kind && *until_us == u64::MAX) {
            Some((_, _, until_us)) if !begins => *until_us = now_us,
            None if begins && mutes => self.mute.push((kind.clone(), now_us, u64::MAX)),
            _ => {}
        }
    }
}

/// The strongest channel that is heard, else the first.
fn signal(status: Option<&Status>, at_us: u64) -> SignalRow {
    let channels = status.map(|status| status.channels.as_slice()).unwrap_or_default();
    let heard = channels.iter().filter(|channel| channel.heard);
    let snr_db = |snr_db: Option<f64>| snr_db.unwrap_or(f64::NEG_INFINITY);
    let strongest = heard.max_by(|a, b| snr_db(a.snr_db).total_cmp(&snr_db(b.snr_db)));
    let row = strongest.or(channels.first()).map(|channel| SignalRow {
        at_us,
        power_dbfs: channel.power_dbfs,
        floor_dbfs: channel.floor_dbfs,
        snr_db: channel.snr_db,
        heard: channel.heard,
    });
    row.unwrap_or(SignalRow { at_us, ..SignalRow::default() })
}
