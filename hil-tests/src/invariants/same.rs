//! Invariants 7 and 8: what was commanded in a flight, to be held against the same flight without a fault that must not
//! change it.

use super::{Step, Witness};
use skyhound::command::{Command, State};

/// All commands and states of a flight.
#[derive(Clone, Debug, Default)]
pub struct Decisions(pub(super) Vec<(u64, Command, State)>);

impl Witness for Decisions {
    fn pass(&mut self, step: &Step<'_>) {
        self.0.push((step.at_us, step.command, step.state));
    }
}

impl Decisions {
    /// Where two flights part, told; `None` = they are the same, bit for bit.
    pub fn parts_from(&self, other: &Decisions) -> Option<String> {
        let pairs = self.0.iter().zip(&other.0);
        let differs = pairs.clone().find(|(a, b)| bits(a) != bits(b));
        match differs {
            Some((a, b)) => Some(format!(
                "{:.3} s: {:?} in {} became {:?} in {}",
                s(a.0),
                b.1,
                b.2.name(),
                a.1,
                a.2.name()
            )),
            None if self.0.len() == other.0.len() => None,
            None => Some(format!("{} passes became {}", other.0.len(), self.0.len())),
        }
    }
}

fn s(at_us: u64) -> f64 {
    at_us as f64 / 1e6
}

/// −0 is not 0, and NaN is itself.
fn bits((at_us, command, state): &(u64, Command, State)) -> (u64, State, Result<[u64; 4], Option<u8>>) {
    let command = match command {
        Command::Velocity(v) => Ok([v.north_mps, v.east_mps, v.down_mps, v.yaw_rate_rad_s].map(f64::to_bits)),
        Command::Stop => Err(None),
        Command::Silence(trip) => Err(Some(trip.interlock as u8)),
    };
    (*at_us, *state, command)
}
