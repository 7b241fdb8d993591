//! What the modes fly: the believed place and the mode in, a velocity and a heading asked of the body out (NEU, SI).
//!
//! Sources, by mode: ArduPilot `mode_guided.cpp`, `mode_rtl.cpp` (climb at least to RTL_ALT, return, wait RTL_LOIT_TIME, land,
//! disarm), `mode_land.cpp`, `mode_brake.cpp`; PX4 guide "Return Mode (Multicopter)" (RTL_RETURN_ALT, lower inside the cone
//! RTL_CONE_ANG; there only within RTL_MIN_DIST of home, here at any distance). PX4's Hold, Land, Takeoff, Position: as remembered,
//! not checked. STABILIZE is reduced to its outside: sticks lean, throttle climbs.

use super::motion::{GRAVITY_MPS2, Lead, Turn, root_law, shortened};
use super::{Aircraft, Mode, STEP_US};
use crate::scenario::Flavour;

/// POS_P of both flavours' position controllers.
const POSITION_P: f64 = 1.0;
/// Of the acceleration, what braking towards a place reckons with.
const BRAKE_SHARE: f64 = 0.7;
/// Standing, for the purpose of taking a place to hold.
const STANDING_MPS: f64 = 0.3;
/// Reached, vertically.
const HEIGHT_M: f64 = 0.3;
/// Contact with the ground for this long is a landing (`land_detector.cpp`, LAND_DETECTOR_TRIGGER_SEC;
/// PX4's LNDMC about as long: as remembered, not checked).
const LANDED_AFTER_US: u64 = 1_000_000;
/// PX4: RTL_DESCEND_ALT's role near home (30 m there): never return lower than this.
const RETURN_LEAST_M: f64 = 5.0;

/// What is known of where the aircraft is.
#[derive(Copy, Clone, Debug)]
pub(super) struct Here {
    pub(super) at_m: [f64; 3],
    pub(super) velocity_mps: [f64; 3],
    pub(super) yaw_rad: f64,
}

/// How far a mode has come.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Phase {
    Begin,
    Climb,
    Go,
    Wait(u64),
    Down,
}

/// The state of flight.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    /// The mode that flies.
    pub(super) mode: Mode,
    /// PX4: the mode that was asked for, while a failsafe flies another. ArduPilot: the same.
    pub(super) intended: Mode,
    pub(super) armed: bool,
    pub(super) armed_us: u64,
    pub(super) is_landed: bool,
    /// It has flown since it was armed.
    pub(super) has_flown: bool,
    pub(super) contact_us: u64,
    pub(super) phase: Phase,
    /// The place held, once it stands.
    pub(super) held_m: Option<[f64; 3]>,
    pub(super) take_off_m: f64,
    /// Changed ground speed.
    pub(super) speed_mps: Option<f64>,
    pub(super) left_total: u32,
    /// PX4: the last mode chosen in which it can be armed. After a landing it is intended again, whatever brought it home.
    pub(super) after_disarming: Mode,
}

impl Flight {
    pub(super) fn new(mode: Mode) -> Flight {
        Flight {
            mode,
            intended: mode,
            armed: false,
            armed_us: 0,
            is_landed: true,
            has_flown: false,
            contact_us: LANDED_AFTER_US,
            phase: Phase::Begin,
            held_m: None,
            take_off_m: 0.0,
            speed_mps: None,
            left_total: 0,
            after_disarming: mode,
        }
    }
}

impl Here {
    /// The way to a place, north and east.
    pub(super) fn way_m(&self, to_m: [f64; 3]) -> [f64; 2] {
        [to_m[0] - self.at_m[0], to_m[1] - self.at_m[1]]
    }

    /// How far away a place is, horizontally.
    pub(super) fn far_m(&self, to_m: [f64; 3]) -> f64 {
        let way_m = self.way_m(to_m);
        way_m[0].hypot(way_m[1])
    }

    pub(super) fn is_at_height(&self, up_m: f64) -> bool {
        (self.at_m[2] - up_m).abs() < HEIGHT_M
    }
}

impl Aircraft {
    /// Flies this mode from now on, from its beginning.
    pub(super) fn enter(&mut self, mode: Mode) {
        if self.flight.mode == mode {
            return;
        }
        self.count_leaving();
        self.flight.mode = mode;
        self.flight.phase = Phase::Begin;
        self.flight.held_m = None;
        self.external.begin();
        self.mission.resume();
    }

    fn count_leaving(&mut self) {
        self.flight.left_total += u32::from(self.flight.armed && self.flight.mode == Mode::External);
    }

    /// Motors stop.
    pub(super) fn disarm(&mut self) {
        self.count_leaving();
        // `UserModeIntention::onDisarm`.
        if self.flight.armed && self.flavour == Flavour::Px4 {
            self.flight.intended = self.flight.after_disarming;
        }
        self.flight.armed = false;
        self.flight.has_flown = false;
        self.lead = Lead::Off;
        self.external.begin();
    }

    pub(super) fn here(&self) -> Here {
        let (pose, velocity) = (&self.body.pose, self.body.velocity_mps());
        let (error_m, error_mps) = (self.estimator.position_error_m, self.estimator.velocity_error_mps);
        Here {
            at_m: [pose.north_m + error_m[0], pose.east_m + error_m[1], pose.up_m + error_m[2]],
            velocity_mps: [0, 1, 2].map(|axis| velocity[axis] + error_mps[axis]),
            yaw_rad: pose.yaw_rad + self.estimator.attitude_error_rad[2],
        }
    }

    /// What the mode asks of the body now.
    pub(super) fn demand(&mut self) -> (Lead, Turn) {
        if !self.flight.armed || self.charge.left_ratio <= 0.0 {
            return (Lead::Off, Turn::Hold);
        }
        let here = self.here();
        let mode = self.flight.mode;
        if mode.needs_position() && !self.estimator.has_position {
            return (Lead::Lean([0.0; 2], 0.0), Turn::Hold);
        }
        match mode {
            Mode::Stabilize | Mode::AltHold => {
                let most_mps2 = GRAVITY_MPS2 * self.tuned.limits.tilt_rad.tan();
                let (lean, up_mps, turn) = self.stick_demand(here, most_mps2);
                (Lead::Lean(lean, up_mps), turn)
            }
            Mode::Position => self.move_by_sticks(here),
            Mode::Hold => (self.stay(here), Turn::Hold),
            Mode::External => self.follow_setpoints(here),
            Mode::Mission => self.follow_mission(here),
            Mode::TakeOff => self.take_off(here),
            Mode::Return => self.return_home(here),
            Mode::Land => (self.descend(here), Turn::Hold),
        }
    }

    /// Brakes, then holds the place where it stood.
    pub(super) fn stay(&mut self, here: Here) -> Lead {
        if self.flight.is_landed {
            return Lead::Idle;
        }
        if self.flight.held_m.is_none() {
            let [north, east, up] = here.velocity_mps;
            if north.hypot(east) < STANDING_MPS && up.abs() < STANDING_MPS {
                self.flight.held_m = Some(here.at_m);
            }
        }
        match self.flight.held_m {
            Some(held) => self.towards(here, held, 0.0),
            None => Lead::Velocity([0.0; 3]),
        }
    }

    /// Straight to a place (north, east, up), arriving there at `corner_mps`.
    pub(super) fn towards(&self, here: Here, to_m: [f64; 3], corner_mps: f64) -> Lead {
        let (way, far_m) = (here.way_m(to_m), here.far_m(to_m));
        let brake = BRAKE_SHARE * self.tuned.limits.acceleration_mps2;
        let speed_mps = root_law(far_m, POSITION_P, brake).hypot(corner_mps).min(self.speed_mps());
        let share = if far_m > 0.01 { speed_mps / far_m } else { 0.0 };
        let missing_m = to_m[2] - here.at_m[2];
        let limit = BRAKE_SHARE * self.tuned.limits.climb_acceleration_mps2;
        let most = if missing_m > 0.0 { self.tuned.up_mps } else { self.tuned.down_mps };
        let climb_mps = root_law(missing_m.abs(), POSITION_P, limit).min(most).copysign(missing_m);
        Lead::Velocity([way[0] * share, way[1] * share, climb_mps])
    }

    /// Ground speed at most: as changed by the mission.
    pub(super) fn speed_mps(&self) -> f64 {
        self.flight.speed_mps.unwrap_or(self.tuned.speed_mps).min(self.tuned.speed_mps)
    }

    /// What the sticks ask for: north and east, together at most `most`; a climb rate; a turn.
    fn stick_demand(&self, here: Here, most: f64) -> ([f64; 2], f64, Turn) {
        let [roll, pitch, throttle, yaw] = self.sticks();
        let [ahead, right] = shortened([-pitch * most, roll * most], most);
        let (sin, cos) = here.yaw_rad.sin_cos();
        let level = [ahead * cos - right * sin, ahead * sin + right * cos];
        let up_mps = throttle * if throttle < 0.0 { self.tuned.down_mps } else { self.tuned.up_mps };
        let turn = if yaw == 0.0 { Turn::Hold } else { Turn::Rate(yaw * self.tuned.limits.yaw_rate_rad_s) };
        (level, up_mps, turn)
    }

    fn move_by_sticks(&mut self, here: Here) -> (Lead, Turn) {
        let ([north, east], up_mps, turn) = self.stick_demand(here, self.tuned.stick_speed_mps);
        if [north, east, up_mps] == [0.0; 3] {
            return (self.stay(here), turn);
        }
        if self.flight.is_landed && up_mps <= 0.0 {
            return (Lead::Idle, turn);
        }
        self.flight.held_m = None;
        (Lead::Velocity(self.kept_inside(here, [north, east, up_mps])), turn)
    }

    /// AUTO.TAKEOFF: up, then AUTO.LOITER.
    fn take_off(&mut self, here: Here) -> (Lead, Turn) {
        let lead = self.climb(here, self.flight.take_off_m);
        if here.at_m[2] >= self.flight.take_off_m - HEIGHT_M && !self.flight.is_landed {
            self.flight.intended = Mode::Hold;
            self.enter(Mode::Hold);
        }
        (lead, Turn::Hold)
    }

    /// Straight up (or down) over where it is, to a height.
    pub(super) fn climb(&mut self, here: Here, up_m: f64) -> Lead {
        let held = *self.flight.held_m.get_or_insert(here.at_m);
        self.flight.held_m = Some([held[0], held[1], up_m]);
        self.towards(here, [held[0], held[1], up_m], 0.0)
    }

    /// Home; where it began before home is known.
    pub(super) fn home_m(&self) -> [f64; 3] {
        self.home_m.unwrap_or([0.0; 3])
    }

    pub(super) fn return_home(&mut self, here: Here) -> (Lead, Turn) {
        let home = self.home_m();
        let far_m = here.far_m(home);
        if self.flight.phase == Phase::Begin {
            if self.flight.is_landed {
                return (Lead::Idle, Turn::Hold);
            }
            let mut height_m = self.tuned.return_m;
            if let Some(cone_tan) = self.tuned.return_cone_tan {
                height_m = height_m.min((far_m / cone_tan).max(RETURN_LEAST_M));
            }
            self.flight.take_off_m = (home[2] + height_m).max(here.at_m[2]);
            self.flight.phase = Phase::Climb;
            self.flight.held_m = None;
        }
        let over_home = [home[0], home[1], self.flight.take_off_m];
        match self.flight.phase {
            Phase::Begin | Phase::Climb => {
                if here.is_at_height(self.flight.take_off_m) {
                    self.flight.phase = Phase::Go;
                }
                (self.climb(here, self.flight.take_off_m), Turn::Hold)
            }
            Phase::Go => {
                if far_m < self.tuned.accept_m {
                    self.flight.phase = Phase::Wait(self.now_us());
                }
                (self.towards(here, over_home, 0.0), self.turn_along(here, over_home))
            }
            Phase::Wait(since_us) => {
                if self.now_us() - since_us >= self.tuned.return_loiter_us {
                    self.flight.phase = Phase::Down;
                    self.flight.held_m = Some(over_home);
                }
                (self.towards(here, over_home, 0.0), Turn::Hold)
            }
            Phase::Down => (self.descend(here), Turn::Hold),
        }
    }

    /// The nose towards a place, unless it is near.
    pub(super) fn turn_along(&self, here: Here, to_m: [f64; 3]) -> Turn {
        let way = here.way_m(to_m);
        let is_near = here.far_m(to_m) < 2.0 * self.tuned.accept_m;
        if is_near { Turn::Hold } else { Turn::To(way[1].atan2(way[0])) }
    }

    /// Straight down, slowly near the ground; by leaning level alone where there is no position.
    pub(super) fn descend(&mut self, here: Here) -> Lead {
        let height_m = here.at_m[2] - self.home_m()[2];
        let down_mps =
            if height_m > self.tuned.land_slowly_m { self.tuned.down_mps } else { self.tuned.land_mps };
        if self.flight.is_landed {
            return Lead::Idle;
        }
        if !self.estimator.position_is_ok() {
            return Lead::Lean([0.0; 2], -down_mps);
        }
        match self.stay(here) {
            Lead::Velocity([north, east, _]) => Lead::Velocity([north, east, -down_mps]),
            other => other,
        }
    }

    /// Notices take-off and landing, and disarms after it.
    pub(super) fn judge_ground(&mut self) {
        if !self.body.is_on_ground {
            self.flight.contact_us = 0;
            self.flight.is_landed = false;
            self.flight.has_flown |= self.flight.armed;
            return;
        }
        self.flight.contact_us += STEP_US;
        self.flight.is_landed |= self.flight.contact_us >= LANDED_AFTER_US;
        if self.flight.armed && self.flight.is_landed && self.disarms_by_itself() {
            self.disarm();
        }
    }

    /// ArduPilot: LAND, RTL and a mission's landing disarm with the landing; elsewhere a low throttle for DISARM_DELAY does. PX4:
    /// COM_DISARM_LAND after a flight, COM_DISARM_PRFLT without one.
    fn disarms_by_itself(&self) -> bool {
        let (flight, now_us) = (&self.flight, self.now_us());
        let stands_us = flight.contact_us.saturating_sub(LANDED_AFTER_US);
        let since_armed_us = now_us - flight.armed_us;
        let landing = match flight.mode {
            Mode::Land => true,
            Mode::Return => flight.phase == Phase::Down || !flight.has_flown,
            Mode::Mission => self.mission.is_landing(),
            _ => false,
        };
        let (name, still_us) = match self.flavour {
            Flavour::ArduCopter if landing => return true,
            Flavour::ArduCopter if self.sticks()[2] > -0.9 => return false,
            Flavour::ArduCopter => ("DISARM_DELAY", stands_us.min(since_armed_us)),
            Flavour::Px4 if flight.has_flown => ("COM_DISARM_LAND", stands_us),
            Flavour::Px4 => ("COM_DISARM_PRFLT", since_armed_us),
        };
        let delay_us = self.parameters.us(name);
        delay_us > 0 && still_us >= delay_us
    }
}
