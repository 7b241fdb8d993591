//! The way of a command from the control pass to the autopilot: setpoints at the settings' rate, some milliseconds late.
//!
//! What the host's link does (`autopilot::Link::command`): at most `setpoint_hz` of a kind, the first of a kind at once,
//! silence sends nothing, values in `f32` as the message has them, nothing that is not finite. Then the line: a delay of a
//! few milliseconds, drawn for each, never overtaking. Nothing is acknowledged and nothing is repeated.

use crate::aircraft::{Aircraft, Answer, Request, Setpoint};
use crate::random::{self, Random};
use crate::trace::{COMPONENT, SetpointRow};
use rand::Rng;
use skyhound::command::{Command, Velocity};
use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};

/// Passes come a little early now and then; the setpoint is not skipped for that.
const EARLY_US: u64 = 10_000;
/// From the pass to the autopilot: sending, a serial line or a datagram, the autopilot's own loop.
const DELAY_US: (u64, u64) = (1_500, 6_000);

/// One daemon's line.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    every_us: u64,
    /// The kind of the last one sent, and when that was.
    last: Option<(Discriminant<Command>, u64)>,
    on_the_way: VecDeque<SetpointRow>,
    chance: Random,
    from: (u8, u8),
}

impl Wire {
    pub(super) fn new(setpoint_hz: f64, system: u8, seed: u64) -> Wire {
        Wire {
            every_us: (1e6 / setpoint_hz.clamp(1.0, 50.0)) as u64,
            last: None,
            on_the_way: VecDeque::with_capacity(16),
            chance: random::source(seed, "wire"),
            from: (system, COMPONENT),
        }
    }

    /// The process is gone; what it sent is on its way.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Sends what a pass commanded; `late_us`: by how much later than it should the line delivers, if it does.
    pub(super) fn command(&mut self, now_us: u64, command: &Command, late_us: Option<u64>) {
        let velocity = match command {
            Command::Velocity(velocity) => *velocity,
            Command::Stop => Velocity::default(),
            Command::Silence(_) => return self.forget(),
        };
        let kind = discriminant(command);
        if self
            .last
            .is_some_and(|(last, us)| last == kind && now_us.saturating_sub(us) + EARLY_US < self.every_us)
        {
            return;
        }
        self.last = Some((kind, now_us));
        let through_f32 = |value: f64| f64::from(value as f32);
        let row = SetpointRow {
            at_us: self.arrival_us(now_us + late_us.unwrap_or(0)),
            velocity_mps: [velocity.north_mps, velocity.east_mps, velocity.down_mps].map(through_f32),
            yaw_rate_rad_s: through_f32(velocity.yaw_rate_rad_s),
            taken: false,
            from: self.from,
        };
        let is_finite = row.velocity_mps.iter().all(|mps| mps.is_finite()) && row.yaw_rate_rad_s.is_finite();
        if late_us.is_some() && is_finite {
            self.on_the_way.push_back(row);
        }
    }

    fn arrival_us(&mut self, now_us: u64) -> u64 {
        let (least_us, most_us) = DELAY_US;
        let at_us = now_us + least_us + self.chance.next_u64() % (most_us - least_us);
        self.on_the_way.back().map_or(at_us, |before| at_us.max(before.at_us + 1))
    }

    /// Hands the aircraft what has arrived by `now_us`.
    pub(super) fn deliver(&mut self, now_us: u64, aircraft: &mut Aircraft, received: &mut Vec<SetpointRow>) {
        while let Some(mut row) = self.on_the_way.pop_front_if(|row| row.at_us <= now_us) {
            let setpoint = Setpoint { velocity_mps: row.velocity_mps, yaw_rate_rad_s: row.yaw_rate_rad_s };
            row.taken = aircraft.request(&Request::Setpoint(setpoint)) == Answer::Accepted;
            received.push(row);
        }
    }
}
