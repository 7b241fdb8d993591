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
        let differs = self.0.iter().zip(&other.0).find(|(a, b)| bits(a) != bits(b));
        let Some(((at_us, now, now_in), (_, was, was_in))) = differs else {
            let counts = (other.0.len(), self.0.len());
            return (counts.0 != counts.1).then(|| format!("{} passes became {}", counts.0, counts.1));
        };
        let (at_s, was_in, now_in) = (*at_us as f64 / 1e6, was_in.name(), now_in.name());
        Some(format!("{at_s:.3} s: {was:?} in {was_in} became {now:?} in {now_in}"))
    }
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
