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
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    #[default]
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

/// A cause that was seen.
#[derive(Copy, Clone, Debug)]
struct Cause {
    action: Action,
    ends_with_cause: bool,
    /// The pilot takes over by a mode change only, not by sticks.
    by_mode_only: bool,
    /// COM_FAIL_ACT_T comes first.
    is_delayed: bool,
}

/// Radio, ground station, fence, battery critical, battery emergency, mode cannot run.
type Causes = [Option<Cause>; 6];

/// What has tripped.
#[derive(Clone, Debug, Default)]
pub(super) struct Failsafes {
    causes: Causes,
    pub(super) selected: Action,
    delay_until_us: Option<u64>,
    taken_over: bool,
    radio_lost_at_arming: bool,
    was_armed: bool,
    was_overridden: bool,
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
        self.renew_causes(user_changed || takes_over);
        let causes = || self.px4.causes.iter().flatten();
        let worst = causes().map(|cause| cause.action).max();
        let sticks_may = causes().all(|cause| !cause.by_mode_only);
        let waits = self.px4.delay_until_us.is_some_and(|until_us| self.now_us() < until_us);
        let selected = match worst {
            Some(action) if waits && !self.px4.taken_over && action < Action::Stop => Action::Hold,
            worst => worst.unwrap_or_default(),
        };
        let by_mode = user_changed && self.px4.selected == selected;
        let by_sticks = takes_over && sticks_may;
        let may = (Action::Hold..=Action::Land).contains(&selected);
        let takes = may && (self.px4.taken_over || by_mode || by_sticks);
        self.px4.taken_over |= takes;
        self.apply(if takes { Action::Warn } else { selected });
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

    fn renew_causes(&mut self, mode_changes: bool) {
        let armed = self.flight.armed;
        if armed != self.px4.was_armed {
            self.px4.was_armed = armed;
            self.px4.radio_lost_at_arming = self.radio_is_lost();
        }
        let seen = if armed { self.seen() } else { Causes::default() };
        let (now_us, delay_us) = (self.now_us(), self.parameters.us("COM_FAIL_ACT_T"));
        let px4 = &mut self.px4;
        for (cause, seen) in px4.causes.iter_mut().zip(seen) {
            match (seen, cause.as_mut()) {
                (Some(seen), Some(cause)) => cause.action = seen.action,
                (Some(mut seen), None) => {
                    if seen.is_delayed && delay_us == 0 {
                        seen.by_mode_only = true;
                    } else if seen.is_delayed && px4.selected <= Action::Hold {
                        px4.delay_until_us = px4.delay_until_us.or(Some(now_us + delay_us));
                    }
                    px4.taken_over &= seen.action < Action::Hold;
                    *cause = Some(seen);
                }
                (None, Some(gone)) if gone.ends_with_cause || mode_changes || !armed => *cause = None,
                (None, _) => {}
            }
        }
        if px4.causes.iter().all(Option::is_none) {
            px4.delay_until_us = None;
            px4.taken_over = false;
        }
    }

    pub(super) fn radio_is_lost(&self) -> bool {
        self.radio.lost_for_us(self.now_us()) >= self.tuned.radio_lost_us.max(1)
    }

    /// COM_RCL_EXCEPT, COM_DLL_EXCEPT: bit 0 mission, 1 hold and other AUTO modes, 2 offboard.
    fn is_excepted(&self, name: &str) -> bool {
        let bit = match self.flight.intended {
            Mode::Mission => 1,
            Mode::Hold | Mode::TakeOff | Mode::Land | Mode::Return => 2,
            Mode::External => 4,
            _ => 0,
        };
        self.parameters.whole(name) & bit != 0
    }

    fn seen(&self) -> Causes {
        let whole = |name: &str| self.parameters.whole(name);
        let lasting = |is_seen: bool, action: Action, is_delayed: bool| {
            let is_delayed = is_delayed && action > Action::Warn;
            let cause = Cause { action, ends_with_cause: false, by_mode_only: false, is_delayed };
            (is_seen && action > Action::None).then_some(cause)
        };
        let link = |lost: bool, except: &str, action: &str| {
            lasting(lost && !self.is_excepted(except), of_link_parameter(whole(action)), true)
        };
        let radio_lost = self.radio_is_lost() && !self.px4.radio_lost_at_arming;
        let gcs_us = self.gcs_heard_us.map_or(0, |heard_us| self.now_us() - heard_us);
        let gcs_lost = gcs_us > self.tuned.gcs_lost_us && self.flight.intended != Mode::Land;
        let fence = match self.tuned.fence.action {
            0 => Action::None,
            2 => Action::Hold,
            3 => Action::Return,
            4 => Action::Stop,
            5 => Action::Land,
            _ => Action::Warn,
        };
        let left = self.charge.left_ratio;
        let is_emergency = left < self.parameters.get("BAT_EMERGEN_THR");
        let is_critical = left < self.parameters.get("BAT_CRIT_THR") && !is_emergency;
        let (critical, emergency) = match whole("COM_LOW_BAT_ACT") {
            1 => (Action::Return, Action::Return),
            2 => (Action::Land, Action::Land),
            3 => (Action::Return, Action::Land),
            _ => (Action::Warn, Action::Warn),
        };
        [
            link(radio_lost, "COM_RCL_EXCEPT", "NAV_RCL_ACT"),
            link(gcs_lost, "COM_DLL_EXCEPT", "NAV_DLL_ACT"),
            // Out of Hold at the fence one gets by changing the mode.
            lasting(self.outside().breach_type() != 0, fence, false)
                .map(|seen| Cause { by_mode_only: true, ..seen }),
            lasting(is_critical, critical, true),
            lasting(is_emergency, emergency, true),
            self.fallback(),
        ]
    }

    /// The mode that was asked for cannot run.
    fn fallback(&self) -> Option<Cause> {
        let intended = self.flight.intended;
        let silent_us = self.external.silent_us(self.now_us());
        let silent = intended == Mode::External && silent_us > self.tuned.setpoint_loss_us;
        let mut action = match self.parameters.whole("COM_OBL_RC_ACT") {
            _ if !silent => Action::None,
            1 => Action::Altitude,
            2 => Action::Stabilized,
            3 => Action::Return,
            4 => Action::Land,
            5 => Action::Hold,
            6 | 7 => Action::Stop,
            _ => Action::Position,
        };
        if intended.needs_position() && !self.estimator.position_is_ok() {
            let manual = intended == Mode::Position;
            action = action.max(if manual { Action::Altitude } else { Action::Return });
        }
        let by_hand = (Action::Position..=Action::Stabilized).contains(&action);
        if by_hand && self.radio_is_lost() {
            action = of_link_parameter(self.parameters.whole("NAV_RCL_ACT")).max(Action::Hold);
        }
        let (ends_with_cause, is_delayed) = (true, false);
        let cause = Cause { action, ends_with_cause, by_mode_only: false, is_delayed };
        (action > Action::None).then_some(cause)
    }

    /// COM_RC_OVERRIDE: a moved stick takes the aircraft to POSCTL (by how far it moved; `ManualControl.cpp`: by how fast).
    /// Whether it did just now.
    fn sticks_override(&mut self) -> bool {
        let most = self.sticks().iter().fold(0.0_f64, |most, stick| most.max(stick.abs()));
        let moved = most > self.parameters.get("COM_RC_STICK_OV") / 100.0;
        let edge = moved && !self.px4.was_overridden;
        self.px4.was_overridden = moved;
        let modes = self.parameters.whole("COM_RC_OVERRIDE");
        let applies = match self.flight.mode {
            Mode::External => modes & 2 != 0,
            mode => modes & 1 != 0 && !mode.is_manual(),
        };
        let takes_over = edge && applies && self.flight.armed && !self.flight.is_landed;
        if takes_over {
            self.flight.intended = Mode::Position;
            self.tell(6, "Pilot took over using sticks".into());
        }
        takes_over
    }
}
