//! PX4's failsafes: causes in, the worst of their actions out, looked at ten times a second and at each change of mode.
//!
//! Source: PX4 `commander/failsafe/{failsafe,framework}.cpp` and the guide's "Safety (Failsafe) Configuration". The mode that was
//! asked for stays intended while a failsafe flies another. An action that ends with its cause (the loss of OFFBOARD's setpoints)
//! gives the aircraft back; others last until the mode is changed. Before actions stronger than Hold the pilot has
//! COM_FAIL_ACT_T seconds of Hold to take over (there by a mode change only, here by sticks too). What cannot run for want of a
//! position falls to the next: Hold, Return, Land (there: level descent, shown as AUTO.LAND). Terminate and disarm stop the motors.

use super::{Aircraft, Mode};

const CRITICAL: u8 = 2;

/// By severity.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    None,
    Warn,
    Position,
    Altitude,
    Stabilized,
    Hold,
    Return,
    Land,
    Stop,
}

/// May the pilot take over?
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takeover {
    /// By sticks or a mode change.
    Always,
    /// By a mode change.
    ModeChange,
}

#[derive(Copy, Clone, Debug)]
struct Slot {
    action: Action,
    ends_with_cause: bool,
    is_failing: bool,
    takeover: Takeover,
}

/// A cause as it is seen now: action, whether it ends with its cause, who may take over, whether COM_FAIL_ACT_T comes first.
#[derive(Copy, Clone, Debug)]
struct Seen {
    action: Action,
    ends_with_cause: bool,
    takeover: Takeover,
    is_delayed: bool,
}

/// Causes: radio, ground station, fence, battery critical, battery emergency, mode cannot run.
const CAUSES: usize = 6;

/// What has tripped.
#[derive(Clone, Debug)]
pub(super) struct Failsafes {
    slots: [Option<Slot>; CAUSES],
    pub(super) selected: Action,
    delay_until_us: Option<u64>,
    taken_over: bool,
    radio_lost_at_arming: bool,
    was_armed: bool,
    was_overridden: bool,
}

impl Default for Failsafes {
    fn default() -> Failsafes {
        Failsafes {
            slots: [None; CAUSES],
            selected: Action::None,
            delay_until_us: None,
            taken_over: false,
            radio_lost_at_arming: false,
            was_armed: false,
            was_overridden: false,
        }
    }
}

fn of_link_parameter(value: i32) -> Action {
    match value {
        1 => Action::Hold,
        2 => Action::Return,
        3 => Action::Land,
        5 | 6 => Action::Stop,
        _ => Action::None,
    }
}

impl Aircraft {
    /// `user_changed`: the mode was changed by a request just now.
    pub(super) fn check_px4(&mut self, user_changed: bool) {
        let takes_over = self.sticks_override();
        self.renew_slots(user_changed || takes_over);
        let mut selected = self.px4.slots.iter().flatten().map(|slot| slot.action).max();
        let takeover = self.px4.slots.iter().flatten().map(|slot| slot.takeover).max();
        let now_us = self.now_us();
        let waits = self.px4.delay_until_us.is_some_and(|until_us| now_us < until_us);
        if waits && !self.px4.taken_over && selected.is_some_and(|action| action < Action::Stop) {
            selected = selected.map(|_| Action::Hold);
        }
        let selected = selected.unwrap_or(Action::None);
        let by_mode = user_changed && self.px4.selected == selected;
        let by_sticks = takes_over && takeover == Some(Takeover::Always);
        let may = (Action::Hold..=Action::Land).contains(&selected);
        let selected = if may && (self.px4.taken_over || by_mode || by_sticks) {
            self.px4.taken_over = true;
            Action::Warn
        } else {
            selected
        };
        self.apply(selected);
    }

    fn apply(&mut self, selected: Action) {
        if selected > Action::Warn && self.px4.selected <= Action::Warn {
            self.tell(CRITICAL, "Failsafe activated".into());
        }
        self.px4.selected = selected;
        // In a stronger failsafe already, nothing is waited for.
        if selected > Action::Hold {
            self.px4.delay_until_us = None;
        }
        let ok = self.estimator.position_is_ok();
        let mode = match selected {
            Action::None | Action::Warn => self.flight.intended,
            Action::Position if ok => Mode::Position,
            Action::Position | Action::Altitude => Mode::AltHold,
            Action::Stabilized => Mode::Stabilize,
            Action::Hold if ok => Mode::Hold,
            Action::Return if ok && self.flight.intended == Mode::Land => Mode::Land,
            Action::Return if ok => Mode::Return,
            Action::Hold | Action::Return | Action::Land => Mode::Land,
            Action::Stop => {
                self.disarm();
                return;
            }
        };
        self.enter(mode);
    }

    fn renew_slots(&mut self, mode_changes: bool) {
        let armed = self.flight.armed;
        if armed != self.px4.was_armed {
            self.px4.was_armed = armed;
            self.px4.radio_lost_at_arming = self.radio_is_lost();
        }
        if !armed {
            self.px4.slots = [None; CAUSES];
            self.px4.taken_over = false;
            self.px4.delay_until_us = None;
            return;
        }
        let (now_us, delay_us) = (self.now_us(), self.tuned.px4.delay_us);
        for (index, seen) in self.seen().into_iter().enumerate() {
            let px4 = &mut self.px4;
            match (seen, px4.slots[index].as_mut()) {
                (Some(seen), Some(slot)) => {
                    slot.is_failing = true;
                    slot.action = seen.action;
                }
                (Some(seen), None) => {
                    let takeover =
                        if seen.is_delayed && delay_us == 0 { Takeover::ModeChange } else { seen.takeover };
                    if seen.is_delayed && delay_us > 0 && px4.selected <= Action::Hold {
                        px4.delay_until_us = px4.delay_until_us.or(Some(now_us + delay_us));
                    }
                    px4.taken_over &= seen.action < Action::Hold;
                    px4.slots[index] = Some(Slot {
                        action: seen.action,
                        ends_with_cause: seen.ends_with_cause,
                        is_failing: true,
                        takeover,
                    });
                }
                (None, Some(slot)) => {
                    slot.is_failing = false;
                    if slot.ends_with_cause || mode_changes {
                        px4.slots[index] = None;
                    }
                }
                (None, None) => {}
            }
        }
        if self.px4.slots.iter().all(Option::is_none) {
            self.px4.delay_until_us = None;
            self.px4.taken_over = false;
        }
    }

    pub(super) fn radio_is_lost(&self) -> bool {
        self.radio.lost_for_us(self.now_us()) >= self.tuned.radio_lost_us.max(1)
    }

    fn is_excepted(&self, mask: i32) -> bool {
        match self.flight.intended {
            Mode::Mission => mask & 1 != 0,
            Mode::Hold | Mode::TakeOff | Mode::Land | Mode::Return => mask & 2 != 0,
            Mode::External => mask & 4 != 0,
            _ => false,
        }
    }

    fn seen(&self) -> [Option<Seen>; CAUSES] {
        let (tuned, outside) = (&self.tuned.px4, self.outside());
        let lasting = |action: Action, is_delayed: bool| {
            (action > Action::None).then_some(Seen {
                action,
                ends_with_cause: false,
                takeover: Takeover::Always,
                is_delayed: is_delayed && action > Action::Warn,
            })
        };
        let radio_lost = self.radio_is_lost() && !self.px4.radio_lost_at_arming;
        let radio = radio_lost && !self.is_excepted(tuned.radio_except);
        let gcs_us = self.gcs_heard_us.map_or(0, |heard_us| self.now_us() - heard_us);
        let landing = self.flight.intended == Mode::Land;
        let gcs = gcs_us > self.tuned.gcs_lost_us && !landing && !self.is_excepted(tuned.gcs_except);
        let fence = match self.tuned.fence.action {
            0 => Action::None,
            2 => Action::Hold,
            3 => Action::Return,
            4 => Action::Stop,
            5 => Action::Land,
            _ => Action::Warn,
        };
        let fence = (outside.breach_type() != 0).then(|| lasting(fence, false)).flatten();
        let left = self.charge.left_ratio();
        let is_emergency = left < tuned.battery_ratio[2];
        let is_critical = left < tuned.battery_ratio[1] && !is_emergency;
        let (critical, emergency) = match tuned.battery_action {
            1 => (Action::Return, Action::Return),
            2 => (Action::Land, Action::Land),
            3 => (Action::Return, Action::Land),
            _ => (Action::Warn, Action::Warn),
        };
        [
            radio.then(|| lasting(of_link_parameter(tuned.radio_action), true)).flatten(),
            gcs.then(|| lasting(of_link_parameter(tuned.gcs_action), true)).flatten(),
            // Out of Hold at the fence one gets by changing the mode.
            fence.map(|seen| Seen { takeover: Takeover::ModeChange, ..seen }),
            is_critical.then(|| lasting(critical, true)).flatten(),
            is_emergency.then(|| lasting(emergency, true)).flatten(),
            self.fallback(),
        ]
    }

    /// The mode that was asked for cannot run.
    fn fallback(&self) -> Option<Seen> {
        let tuned = &self.tuned.px4;
        let offboard = self.flight.intended == Mode::External;
        let silent = offboard && self.external.silent_us(self.now_us()) > tuned.offboard_loss_us;
        let blind = self.flight.intended.needs_position() && !self.estimator.position_is_ok();
        let mut action = match tuned.offboard_loss_action {
            _ if !silent => Action::None,
            1 => Action::Altitude,
            2 => Action::Stabilized,
            3 => Action::Return,
            4 => Action::Land,
            5 => Action::Hold,
            6 | 7 => Action::Stop,
            _ => Action::Position,
        };
        if blind {
            let manual = self.flight.intended == Mode::Position;
            action = action.max(if manual { Action::Altitude } else { Action::Return });
        }
        let by_hand = (Action::Position..=Action::Stabilized).contains(&action);
        if by_hand && self.radio_is_lost() {
            action = of_link_parameter(tuned.radio_action).max(Action::Hold);
        }
        let seen = Seen { action, ends_with_cause: true, takeover: Takeover::Always, is_delayed: false };
        (action > Action::None).then_some(seen)
    }

    /// COM_RC_OVERRIDE: a moved stick takes the aircraft to POSCTL (by how far it moved; `ManualControl.cpp`: by how fast).
    /// Whether it did just now.
    fn sticks_override(&mut self) -> bool {
        let [roll, pitch, throttle, yaw] = self.sticks();
        let most = [roll, pitch, throttle, yaw].iter().fold(0.0_f64, |most, stick| most.max(stick.abs()));
        let moved = most > self.tuned.px4.override_ratio;
        let edge = moved && !self.px4.was_overridden;
        self.px4.was_overridden = moved;
        let modes = self.tuned.px4.override_modes;
        let applies = match self.flight.mode {
            Mode::External => modes & 2 != 0,
            Mode::Position | Mode::AltHold | Mode::Stabilize => false,
            _ => modes & 1 != 0,
        };
        let takes_over = edge && applies && self.flight.armed && !self.flight.is_landed;
        if takes_over {
            self.flight.intended = Mode::Position;
            self.tell(6, "Pilot took over using sticks".into());
        }
        takes_over
    }
}

#[cfg(test)]
#[path = "tests/px4.rs"]
mod tests;
