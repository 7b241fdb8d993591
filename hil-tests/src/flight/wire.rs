//! The invariants of the real daemon, judged from what the autopilot received: numbers 1, 3 and 4 as far as they show on
//! a wire.
//!
//! ```text
//! 1 permission  movement only while the autopilot's own heartbeats say our mode and armed, and we are in HOMING; where a search is
//!               flown, in SEARCHING and DETECTING too
//! 3 stops       after a stop zeros, then silence, until the operator acts
//! 4 rate        time between setpoints ≤ 300 ms in HOMING and HOLDING
//!   others      setpoints from nobody else
//! ```
//! Two clocks and a shared machine lie between a cause and its effect, so 1 and 3 grant [`GRACE_US`]; how fast the daemon
//! really stops is measured by `timing`. Times in which it cannot speak (its link is cut, it is paused, killed, or the rig
//! itself was held up) are left out of 4.

use crate::judge::metrics::{Span, commands, leads, spans};
use crate::trace::{SetpointRow, StateRow, Trace};
use skyhound::command::{Interlock, State};

/// What lies between a cause and the last movement it lets through, at most.
pub const GRACE_US: u64 = 500_000;
/// While homing.
const GAP_MAX_US: u64 = 300_000;
/// A heartbeat older than this may be stale to the daemon, which then says nothing, not even zero (its limit is 2.5 s).
const HEARTBEAT_FRESH_US: u64 = 2_000_000;
/// How long zeros may follow a stop: ten passes, and as much again.
const ZEROS_MAX_US: u64 = 1_000_000;

/// What the autopilot said of itself in a heartbeat, when it left.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Said {
    /// When, on the scenario's clock.
    pub at_us: u64,
    /// The mode takes our commands.
    pub is_ours: bool,
    /// Motors armed.
    pub armed: bool,
}

/// What the runner knows besides the trace.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// System and component of the daemon.
    pub own: (u8, u8),
    /// Heartbeats of the autopilot.
    pub said: Vec<Said>,
    /// When the operator enabled homing.
    pub enabled_us: Vec<u64>,
    /// From when to when the daemon could not speak.
    pub mute: Vec<(u64, u64)>,
    /// Others may send setpoints: the scenario has a second daemon.
    pub others: bool,
    /// A search is flown, by the scenario's settings.
    pub search_flown: bool,
    /// When the rig ended the flight.
    pub end_us: u64,
}

/// What was violated, the first of each kind with its moment and how often.
pub fn judge(trace: &Trace, known: &Known) -> Vec<String> {
    let mut broken = Broken::default();
    let commanding = spans(&trace.states, u64::MAX - 2 * GRACE_US, commands);
    let moving = spans(&trace.states, u64::MAX - 2 * GRACE_US, |state| leads(state, known.search_flown));
    for setpoint in &trace.setpoints {
        if setpoint.from != known.own {
            if !known.others {
                let (system, component) = setpoint.from;
                broken.tell("others", setpoint.at_us, format!("a setpoint from {system}/{component}"));
            }
            continue;
        }
        if setpoint.moves() {
            permission(setpoint, known, &moving, &mut broken);
        }
    }
    // Told by the daemon's own ids, but not the daemon: nothing of what follows can be told apart.
    if !known.others {
        stops(trace, known, &mut broken);
        rate(trace, known, &commanding, &mut broken);
    }
    broken.told()
}

fn permission(setpoint: &SetpointRow, known: &Known, moving: &[Span], broken: &mut Broken) {
    let at_us = setpoint.at_us;
    let since = at_us.saturating_sub(GRACE_US);
    // The newest heartbeat before the grace, and all within it: one of them gave permission.
    let first = known.said.partition_point(|said| said.at_us <= since).saturating_sub(1);
    let heard = known.said[first..].iter().take_while(|said| said.at_us <= at_us);
    let mut heard = heard.peekable();
    if heard.peek().is_some() && !heard.any(|said| said.is_ours && said.armed) {
        broken.tell("permission", at_us, "movement, while the mode is not ours or the motors are off".into());
    }
    let near = |span: &Span| {
        (span.begin_us.saturating_sub(GRACE_US)..=span.end_us.saturating_add(GRACE_US)).contains(&at_us)
    };
    if !moving.iter().any(near) {
        broken.tell("permission", at_us, "movement outside HOMING".into());
    }
}

fn stops(trace: &Trace, known: &Known, broken: &mut Broken) {
    let ours: Vec<_> = trace.setpoints.iter().filter(|setpoint| setpoint.from == known.own).collect();
    let may_move = |state: &str| leads(state, known.search_flown);
    let is_stop = |row: &&StateRow| may_move(&row.from) && !may_move(&row.to);
    for stop in trace.states.iter().filter(is_stop) {
        let next = known.enabled_us.iter().copied().find(|at_us| *at_us > stop.at_us);
        let again = trace.states.iter().find(|row| row.at_us > stop.at_us && may_move(&row.to));
        let until_us = match (stop.to == State::Idle.name(), next, again) {
            (true, next, _) => next.unwrap_or(u64::MAX),
            // Lost, and found again without the operator.
            (false, _, again) => again.map_or(u64::MAX, |row| row.at_us),
        };
        let after = |from_us: u64| {
            let late = ours.iter().filter(move |row| row.at_us > from_us);
            late.take_while(|row| row.at_us + GRACE_US < until_us).copied().collect::<Vec<_>>()
        };
        if let Some(late) = after(stop.at_us + GRACE_US).iter().find(|row| row.moves()) {
            let text = format!("movement after the stop at {}", seconds(stop.at_us));
            broken.tell("stops", late.at_us, text);
        }
        if let Some(late) = after(stop.at_us + ZEROS_MAX_US + GRACE_US).first() {
            let text = format!("no silence after the stop at {}", seconds(stop.at_us));
            broken.tell("stops", late.at_us, text);
        }
        let was_mute = known.mute.iter().any(|&(from_us, to_us)| {
            from_us <= stop.at_us + GRACE_US && to_us.saturating_add(GRACE_US) >= stop.at_us
        });
        let was_cut_off = stop.at_us + GRACE_US >= known.end_us;
        let heard_of = known.said.partition_point(|said| said.at_us <= stop.at_us + GRACE_US);
        let is_ours = heard_of.checked_sub(1).is_some_and(|last| {
            known.said[last].is_ours && known.said[last].at_us + HEARTBEAT_FRESH_US > stop.at_us
        });
        // With another autopilot, or another program under our ids, nobody can say whom a zero would reach.
        let knows_whom = stop.interlock.as_deref() != Some(Interlock::Identity.name());
        let zeros = ours.iter().filter(|row| {
            (stop.at_us.saturating_sub(GRACE_US)..=stop.at_us + ZEROS_MAX_US + GRACE_US).contains(&row.at_us)
        });
        if is_ours && knows_whom && !was_mute && !was_cut_off && !zeros.clone().any(|row| !row.moves()) {
            broken.tell("stops", stop.at_us, "no zero velocity after the stop".into());
        }
    }
}

fn rate(trace: &Trace, known: &Known, commanding: &[Span], broken: &mut Broken) {
    for &Span { begin_us: from_us, end_us: to_us } in commanding {
        let within = trace.setpoints.iter().filter(|row| row.from == known.own).map(|row| row.at_us);
        let within = within.filter(|at_us| (from_us..=to_us).contains(at_us));
        let to_us = to_us.min(known.end_us);
        let mut last_us = from_us;
        for at_us in within.chain([to_us]) {
            let is_mute = known.mute.iter().any(|&(mute_us, until_us)| {
                mute_us < at_us.saturating_add(GAP_MAX_US) && until_us.saturating_add(GAP_MAX_US) > last_us
            });
            // The ends of HOMING are known by the daemon's clock only.
            let is_edge = last_us == from_us || at_us == to_us;
            let allowed_us = if is_edge { GAP_MAX_US + GRACE_US } else { GAP_MAX_US };
            if at_us.saturating_sub(last_us) > allowed_us && !is_mute {
                let gap_ms = (at_us - last_us) / 1_000;
                broken.tell("rate", last_us, format!("{gap_ms} ms without a setpoint while homing"));
            }
            last_us = at_us;
        }
    }
}

fn seconds(at_us: u64) -> String {
    format!("{:.3} s", at_us as f64 / 1e6)
}

/// Violations, by kind.
#[derive(Default)]
struct Broken(Vec<(&'static str, u64, String, u32)>);

impl Broken {
    fn tell(&mut self, kind: &'static str, at_us: u64, text: String) {
        match self.0.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., count)) => *count += 1,
            None => self.0.push((kind, at_us, text, 1)),
        }
    }

    fn told(self) -> Vec<String> {
        let told = |(kind, at_us, text, count): (&str, u64, String, u32)| {
            let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            format!("{kind}: at {}: {text}{more}", seconds(at_us))
        };
        self.0.into_iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests;
