//! Timeline and operator, look by look.

use super::*;
use crate::scenario::load::parse;

fn scenario(more: &str) -> Scenario {
    let text = format!(
        "about = 'a test'\nduration_s = 600\n[[world.beacon]]\nnorth_m = 50.0\neast_m = 0.0\nfrequency_hz = 433.96e6\n\
         power_dbm = 0.0\n[search]\npattern = 'line'\nairborne = true\n[skyhound]\nbeacon = [{{ name = 'b', \
         frequency_hz = 433.96e6, bandwidth_hz = 4000.0, emission = 'continuous' }}]\n{more}"
    );
    parse("test", &text, "test").unwrap()
}

/// Looks every 20 ms and does what the script says, as an autopilot and a daemon would that obey at once.
struct Play {
    script: Script,
    now_us: u64,
    seen: Seen<'static>,
    deeds: Vec<(f64, String)>,
}

impl Play {
    fn new(more: &str) -> Play {
        let flying = Seen {
            airborne: true,
            armed: true,
            ready: true,
            answers: true,
            mode: "LOITER",
            up_m: 40.0,
            ..Seen::default()
        };
        let script = Script::new(&scenario(more));
        Play { script, now_us: 0, seen: flying, deeds: Vec::new() }
    }

    /// Handed over, homing enabled.
    fn led(more: &str) -> Play {
        let mut play = Play::new(more);
        play.seen.heard = true;
        play.run(3.0).told();
        play
    }

    fn run(&mut self, seconds: f64) -> &mut Play {
        let until_us = self.now_us + (seconds * 1e6) as u64;
        while self.now_us < until_us {
            for deed in self.script.step(self.now_us, &self.seen) {
                self.deeds.push((self.now_us as f64 / 1e6, deed.to_string()));
                self.obey(&deed);
            }
            self.now_us += 20_000;
        }
        self
    }

    fn obey(&mut self, deed: &Do) {
        match deed {
            Do::SetMode(mode) => self.seen.mode = mode,
            Do::HomingOn if self.seen.mode == "GUIDED" && !self.seen.locked => {
                (self.seen.state, self.seen.latched) = (State::Searching, false);
            }
            Do::HomingOff => self.seen.state = State::Idle,
            _ => {}
        }
    }

    fn told(&mut self) -> Vec<String> {
        self.deeds.drain(..).map(|(at_s, what)| format!("{at_s:.2} {what}")).collect()
    }
}

#[test]
fn faults_begin_and_end_from_their_triggers() {
    let mut play = Play::new(
        "[[fault]]\ndo = 'link_lost'\nafter_s = 1\nfor_s = 2\n[[fault]]\non = 'homing'\nafter_s = 0.5\ndo = 'gps_loss'\n\
         [[fault]]\non = 'ended'\ndo = 'homing_on'\n[operator]\nhomes = false\n",
    );
    play.run(5.0);
    assert_eq!(
        play.told(),
        [
            "0.00 operator: mission of 4 items",
            "0.00 operator: mode AUTO",
            "1.00 link_lost",
            "3.00 link_lost ends"
        ]
    );
    play.seen.state = State::Homing;
    play.run(1.0);
    play.seen.state = State::Idle;
    play.run(1.0);
    assert_eq!(play.told(), ["5.50 gps_loss", "6.00 operator: homing on"]);
    play.seen.state = State::Homing;
    play.run(2.0);
    play.seen.state = State::Idle;
    play.run(2.0);
    assert!(play.told().is_empty(), "the first time only");
}

#[test]
fn a_short_fault_is_still_begun_and_ended() {
    let mut play = Play::new("[[fault]]\ndo = 'sdr_stall'\nafter_s = 1\nfor_s = 0.005\n");
    play.run(2.0);
    assert_eq!(play.told()[2..], ["1.00 sdr_stall", "1.02 sdr_stall ends"]);
}

#[test]
fn arducopter_is_handed_over_before_homing_is_enabled() {
    let mut play = Play::new("[operator]\nhomes_after_s = 1\n");
    play.run(1.0).told();
    play.seen.heard = true;
    play.run(3.0);
    assert_eq!(play.told(), ["2.02 operator: mode GUIDED", "2.04 operator: homing on"]);
}

#[test]
fn px4_streams_before_offboard() {
    let mut play = Play::new("[aircraft]\nflavour = 'px4'\n");
    play.run(1.0);
    assert_eq!(play.told(), ["0.00 operator: mission of 3 items", "0.00 operator: mode AUTO.MISSION"]);
    (play.seen.heard, play.seen.locked) = (true, true);
    play.run(5.0);
    let asked = ["2.02 operator: homing on", "3.52 operator: mode OFFBOARD", "5.54 operator: homing on"];
    assert_eq!(play.told(), asked, "and again, since nothing came of it");
    play.seen.state = State::Searching;
    play.run(5.0);
    assert!(play.told().is_empty());
}

#[test]
fn homing_is_asked_for_while_locked_and_at_once_when_the_lock_opens() {
    let mut play = Play::new("");
    play.run(1.0).told();
    (play.seen.heard, play.seen.locked) = (true, true);
    play.run(4.5);
    assert_eq!(
        play.told(),
        ["2.02 operator: mode GUIDED", "2.04 operator: homing on", "4.04 operator: homing on"]
    );
    play.seen.locked = false;
    play.run(1.0);
    assert_eq!(play.told(), ["5.50 operator: homing on"]);
}

#[test]
fn after_a_stop_it_is_tried_as_often_as_said() {
    let mut play = Play::led("[operator]\nretries = 1\n");
    assert_eq!(play.seen.state, State::Searching);
    (play.seen.state, play.seen.latched, play.seen.mode) = (State::Idle, true, "LOITER");
    play.run(10.0);
    assert_eq!(play.told(), ["7.02 operator: mode GUIDED", "7.04 operator: homing on"]);
    (play.seen.state, play.seen.latched) = (State::Idle, true);
    play.run(20.0);
    assert!(play.told().is_empty());
}

#[test]
fn a_dead_daemon_is_not_asked_and_a_new_one_is() {
    let mut play = Play::led("[operator]\nretries = 1\n");
    (play.seen.state, play.seen.heard, play.seen.answers) = (State::Idle, false, false);
    play.run(10.0);
    assert!(play.told().is_empty());
    play.seen.answers = true;
    play.run(1.0);
    assert_eq!(play.told(), ["13.00 operator: homing on"]);
}

#[test]
fn an_empty_sky_is_searched_on() {
    let mut play = Play::led("[operator]\nretries = 1\n");
    play.seen.heard = false;
    play.run(25.0);
    assert_eq!(play.told(), ["23.00 operator: homing off", "23.02 operator: mode AUTO"]);
}

#[test]
fn home_in_the_end_and_then_it_is_over() {
    let mut play = Play::led("[operator]\nlands_after_s = 2\n");
    play.seen.state = State::Holding;
    play.run(10.0);
    assert_eq!(play.told(), ["5.00 operator: homing off", "6.02 operator: mode RTL"]);
    assert!(!play.script.is_over(play.now_us));
    (play.seen.airborne, play.seen.armed) = (false, false);
    play.run(0.1);
    assert!(play.script.is_over(play.now_us));
}

#[test]
fn takes_off_when_ready() {
    let mut play = Play::new("");
    let mut grounded = scenario("");
    grounded.search.airborne = false;
    play.script = Script::new(&grounded);
    play.seen = Seen { mode: "STABILIZE", answers: true, ..Seen::default() };
    play.run(1.0);
    assert_eq!(play.told(), ["0.00 operator: mission of 4 items"]);
    play.seen.ready = true;
    play.run(1.0);
    assert_eq!(
        play.told(),
        ["1.00 operator: mode GUIDED", "1.00 operator: arm", "1.00 operator: take-off to 40 m"]
    );
    (play.seen.armed, play.seen.airborne, play.seen.up_m) = (true, true, 20.0);
    play.run(5.0);
    assert!(play.told().is_empty());
    play.seen.up_m = 39.0;
    play.run(1.0);
    assert_eq!(play.told(), ["7.02 operator: mode AUTO"]);
}

#[test]
fn time_ends_every_flight() {
    let play = Play::new("");
    assert!(!play.script.is_over(599_999_999) && play.script.is_over(600_000_000));
}

#[test]
fn patterns_have_their_shape() {
    let mut search = scenario("").search;
    (search.start_m, search.heading_deg, search.leg_m, search.spacing_m, search.legs) =
        ([10.0, 0.0], 90.0, 100.0, 20.0, 2);
    let round = |points: Vec<[f64; 3]>| points.iter().map(|p| p.map(f64::round)).collect::<Vec<_>>();
    assert_eq!(round(points_m(&search)), [[10.0, 0.0, 40.0], [10.0, 100.0, 40.0]]);
    search.pattern = crate::scenario::Pattern::Lawnmower;
    let lawn = [[10.0, 0.0, 40.0], [10.0, 100.0, 40.0], [-10.0, 100.0, 40.0], [-10.0, 0.0, 40.0]];
    assert_eq!(round(points_m(&search)), lawn);
    search.pattern = crate::scenario::Pattern::Orbit;
    let orbit = points_m(&search);
    assert_eq!(orbit.len(), 33);
    assert!(orbit.iter().all(|p| ((p[0] - 10.0).hypot(p[1]) - 100.0).abs() < 1e-9));
}
