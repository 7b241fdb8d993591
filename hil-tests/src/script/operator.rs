//! The operator: take-off, search, hand-over when the beacon is heard, homing on, again after a stop, home in the end.
//!
//! ```text
//! Ground → Climbing → Search → Heard → HandOver → Asking → Led ─────→ Looking on
//!            (begins here in the air)     ↑                 └→ Stopped ─┐
//!                                         └── as often as `retries` ────┘
//! from anywhere, `lands_after_s` after HOLDING began: Leaving → Home → Done
//! ```
//! Where the daemon flies the search, Search is handed over at once. ArduCopter: GUIDED first, then `homing on`. PX4: `homing on` first, so that the daemon streams zeros, then OFFBOARD, as PX4
//! enters it only while setpoints come. What was refused is tried again as a human would: every two seconds, and at once
//! when the lock opens. A mode that somebody else changed is theirs until the operator acts again.

use super::{Do, Seen, points_m, us};
use crate::aircraft::{Waypoint, plan};
use crate::scenario::{Flavour, Scenario};
use skyhound::command::State;

/// Between two tries of the same thing.
const AGAIN_US: u64 = 2_000_000;
/// PX4 wants setpoints for a second before OFFBOARD (User Guide, Offboard Mode).
const STREAM_US: u64 = 1_500_000;
/// After a stop an operator looks before they act.
const LOOK_US: u64 = 4_000_000;
/// Hovering in SEARCHING finds nothing: the search goes on after this.
const UNHEARD_US: u64 = 20_000_000;
/// From `homing off` to RTL: the daemon's zeros have stopped the aircraft by then.
const STOP_US: u64 = 1_000_000;
/// Share of the altitude at which a take-off counts as done.
const CLIMBED_RATIO: f64 = 0.95;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    Ground,
    Climbing,
    Search,
    Heard,
    HandOver,
    Asking,
    Led,
    Stopped,
    LookingOn,
    Leaving,
    Home,
    Done,
}

/// What the flavour calls its modes.
#[derive(Copy, Clone, Debug)]
struct Modes {
    mission: &'static str,
    external: &'static str,
    home: &'static str,
    land: &'static str,
}

const ARDUCOPTER: Modes = Modes { mission: "AUTO", external: "GUIDED", home: "RTL", land: "LAND" };
const PX4: Modes =
    Modes { mission: "AUTO.MISSION", external: "OFFBOARD", home: "AUTO.RTL", land: "AUTO.LAND" };

#[derive(Clone, Debug)]
pub(super) struct Operator {
    modes: Modes,
    asks_first: bool,
    mission: Option<Vec<Waypoint>>,
    altitude_m: f64,
    homes_after_us: Option<u64>,
    search_flown: bool,
    retries_left: u32,
    lands_after_us: Option<u64>,
    phase: Phase,
    since_us: u64,
    /// When something was last tried in this phase.
    tried_us: Option<u64>,
    /// The mode asked for in this phase was seen, or asked for.
    has_mode: bool,
    was_locked: bool,
    was: State,
    held_us: Option<u64>,
    unheard_us: Option<u64>,
}

impl Operator {
    pub(super) fn new(scenario: &Scenario) -> Operator {
        let (search, aircraft, operator) = (&scenario.search, &scenario.aircraft, &scenario.operator);
        let mission = plan(aircraft.flavour, &scenario.place, false, search.speed_mps, &points_m(search));
        let asks_first = aircraft.flavour == Flavour::Px4;
        Operator {
            modes: if asks_first { PX4 } else { ARDUCOPTER },
            asks_first,
            mission: Some(mission),
            altitude_m: search.altitude_m,
            homes_after_us: operator.homes.then_some(us(operator.homes_after_s)),
            search_flown: operator.search_flown,
            retries_left: operator.retries,
            lands_after_us: operator.lands_after_s.map(us),
            phase: if search.airborne { Phase::Search } else { Phase::Ground },
            since_us: 0,
            tried_us: None,
            has_mode: false,
            was_locked: true,
            was: State::Idle,
            held_us: None,
            unheard_us: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    pub(super) fn step(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if let Some(mission) = self.mission.take() {
            deeds.push(Do::Mission(mission));
        }
        self.look_at_the_clock(now_us, seen, deeds);
        let waited_us = now_us.saturating_sub(self.since_us);
        match self.phase {
            Phase::Ground => self.take_off(now_us, seen, deeds),
            Phase::Climbing if seen.up_m >= CLIMBED_RATIO * self.altitude_m => {
                self.go_to(Phase::Search, now_us)
            }
            Phase::Search => self.search(now_us, seen, deeds),
            Phase::Heard if waited_us >= self.homes_after_us.unwrap_or(0) => self.begin_homing(now_us),
            Phase::HandOver => self.hand_over(now_us, seen, deeds),
            Phase::Asking if self.asks_first => self.ask_then_switch(now_us, seen, deeds),
            Phase::Asking => self.ask(now_us, seen, deeds),
            Phase::Led => self.follow(now_us, seen, deeds),
            Phase::Stopped if waited_us >= LOOK_US => {
                self.retries_left -= 1;
                self.begin_homing(now_us);
            }
            Phase::Leaving if waited_us >= STOP_US => self.go_to(Phase::Home, now_us),
            Phase::Home => self.come_home(now_us, seen, deeds),
            _ => {}
        }
        (self.was, self.was_locked) = (seen.state, seen.locked);
    }

    fn go_to(&mut self, phase: Phase, now_us: u64) {
        (self.phase, self.since_us, self.tried_us, self.has_mode) = (phase, now_us, None, false);
    }

    fn begin_homing(&mut self, now_us: u64) {
        self.go_to(if self.asks_first { Phase::Asking } else { Phase::HandOver }, now_us);
    }

    fn stopped(&mut self, now_us: u64) {
        let phase = if self.retries_left > 0 { Phase::Stopped } else { Phase::LookingOn };
        self.go_to(phase, now_us);
    }

    /// Whether to try (again) now.
    fn tries(&mut self, now_us: u64) -> bool {
        let is_due = self.tried_us.is_none_or(|tried_us| now_us >= tried_us + AGAIN_US);
        if is_due {
            self.tried_us = Some(now_us);
        }
        is_due
    }

    fn look_at_the_clock(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.state == State::Holding {
            self.held_us.get_or_insert(now_us);
        }
        let is_leaving = matches!(self.phase, Phase::Leaving | Phase::Home | Phase::Done);
        let due_us = self.held_us.zip(self.lands_after_us).map(|(held_us, after_us)| held_us + after_us);
        if due_us.is_some_and(|due_us| now_us >= due_us) && !is_leaving {
            if seen.state != State::Idle {
                deeds.push(Do::HomingOff);
            }
            self.go_to(Phase::Leaving, now_us);
        }
    }

    fn take_off(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.airborne {
            return self.go_to(Phase::Climbing, now_us);
        }
        if !seen.ready || !self.tries(now_us) {
            return;
        }
        // ArduCopter takes off in GUIDED, PX4 switches to its take-off mode by itself.
        if !self.asks_first && seen.mode != self.modes.external {
            deeds.push(Do::SetMode(self.modes.external));
        }
        if !seen.armed {
            deeds.push(Do::Arm);
        }
        deeds.push(Do::TakeOff { alt_m: self.altitude_m });
    }

    fn search(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if self.search_flown {
            return self.begin_homing(now_us);
        }
        if seen.heard && self.homes_after_us.is_some() {
            return self.go_to(Phase::Heard, now_us);
        }
        self.has_mode |= seen.mode == self.modes.mission;
        if !self.has_mode && self.tries(now_us) {
            deeds.push(Do::SetMode(self.modes.mission));
        }
    }

    fn hand_over(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.mode == self.modes.external {
            self.go_to(Phase::Asking, now_us);
            return self.ask(now_us, seen, deeds);
        }
        if self.tries(now_us) {
            deeds.push(Do::SetMode(self.modes.external));
        }
    }

    fn ask(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.state != State::Idle {
            return self.go_to(Phase::Led, now_us);
        }
        if seen.mode != self.modes.external {
            return self.stopped(now_us);
        }
        let has_opened = self.was_locked && !seen.locked;
        if seen.answers && (has_opened || self.tries(now_us)) {
            self.tried_us = Some(now_us);
            deeds.push(Do::HomingOn);
        }
    }

    fn ask_then_switch(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.state != State::Idle {
            return self.go_to(Phase::Led, now_us);
        }
        match self.tried_us {
            Some(tried_us) if now_us >= tried_us + STREAM_US + AGAIN_US => {
                (self.tried_us, self.has_mode) = (None, false);
            }
            Some(tried_us) if now_us >= tried_us + STREAM_US && !self.has_mode => {
                self.has_mode = true;
                deeds.push(Do::SetMode(self.modes.external));
            }
            None if seen.answers => {
                self.tried_us = Some(now_us);
                deeds.push(Do::HomingOn);
            }
            _ => {}
        }
    }

    fn follow(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if seen.state == State::Idle {
            let is_finished = self.was == State::Holding && !seen.latched && seen.answers;
            return if is_finished { self.go_to(Phase::LookingOn, now_us) } else { self.stopped(now_us) };
        }
        if seen.state != State::Searching || seen.heard || self.search_flown {
            self.unheard_us = None;
            return;
        }
        let since_us = *self.unheard_us.get_or_insert(now_us);
        if now_us >= since_us + UNHEARD_US && self.retries_left > 0 {
            self.retries_left -= 1;
            self.unheard_us = None;
            deeds.push(Do::HomingOff);
            self.go_to(Phase::Search, now_us);
        }
    }

    fn come_home(&mut self, now_us: u64, seen: &Seen<'_>, deeds: &mut Vec<Do>) {
        if !seen.armed && !seen.airborne {
            return self.go_to(Phase::Done, now_us);
        }
        let is_coming = seen.mode == self.modes.home || seen.mode == self.modes.land;
        if !is_coming && self.tries(now_us) {
            deeds.push(Do::SetMode(self.modes.home));
        }
    }
}
