//! Invariant 6 as far as the engine has it: what the sink was given is a gapless prefix of what went in and was decided.
//!
//! Readings may wait for the position after them; then they come in order, each once. All else is recorded in its own pass:
//! the operator's act, pulses, the parts of the aircraft that changed, the command unless it repeats a silence.

use super::{Step, Told};
use skyhound::command::Command;
use skyhound::record::Record;
use skyhound::signal::Reading;
use skyhound::vehicle::Vehicle;
use skyhound::vehicle::part::Joined;
use std::collections::VecDeque;

/// A reading waits at most for the track's longest gap and a late pass.
const WAIT_MAX_US: u64 = 4_500_000;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    waiting: VecDeque<Reading>,
    vehicle: Joined,
    command: Option<Command>,
}

impl Kept {
    pub(super) fn judge(&mut self, step: &Step<'_>, channels: usize, told: &mut Told) {
        let inputs = step.inputs;
        let known = inputs.readings.iter().filter(|reading| usize::from(reading.channel) < channels);
        self.waiting.extend(known);
        for placed in step.kept_readings {
            let due = self.waiting.pop_front();
            if due != Some(placed.reading) {
                told.tell(6, || {
                    format!("reading {} recorded, due was {:?}", placed.reading.acquired_us.0, due)
                });
                self.waiting.clear();
                break;
            }
        }
        if let Some(oldest) = self.waiting.front()
            && inputs.now.since_us(oldest.acquired_us) > WAIT_MAX_US
        {
            told.tell(6, || format!("reading {} is not recorded yet", oldest.acquired_us.0));
            self.waiting.clear();
        }
        self.records(step, told);
    }

    fn records(&mut self, step: &Step<'_>, told: &mut Told) {
        let inputs = step.inputs;
        let repeats = matches!(step.command, Command::Silence(_)) && self.command == Some(step.command);
        let (mut acts, mut commands, mut pulses) = (0, 0, 0);
        for record in step.kept {
            match record {
                Record::Operator(at, act) if *at == inputs.now && Some(*act) == inputs.act => acts += 1,
                Record::Command(at, command, _) if *at == inputs.now && *command == step.command => {
                    commands += 1
                }
                Record::Vehicle(at, part) if *at == inputs.now => self.vehicle.take(part),
                Record::Pulse(_) => pulses += 1,
                _ => {}
            }
        }
        let mut due = |what: &str, got: usize, due: usize| {
            if got != due {
                told.tell(6, || format!("{what}: {got} recorded, {due} due"));
            }
        };
        due("operator's acts", acts, usize::from(inputs.act.is_some()));
        due("commands", commands, usize::from(!repeats));
        due("pulses", pulses, inputs.pulses.len());
        self.command = Some(step.command);
        if !same(&self.vehicle.vehicle, inputs.vehicle) {
            told.tell(6, || {
                "the parts of the aircraft that were recorded do not make what was known of it".into()
            });
            self.vehicle.vehicle = *inputs.vehicle;
        }
    }
}

/// Equality in which NaN equals itself: what was given was recorded as it is.
fn same(a: &Vehicle, b: &Vehicle) -> bool {
    let has_nan = !a.eq(a);
    a == b || (has_nan && format!("{a:?}") == format!("{b:?}"))
}
