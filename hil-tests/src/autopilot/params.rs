//! The parameter protocol (mavlink.io, "Parameter Protocol") with each firmware's own habits.
//!
//! ArduPilot sends every value as a float, answers a request by name with index 65535, tells a change to every link, and says
//! nothing of names it does not know (`GCS_Param.cpp`). PX4 puts the bytes of an integer where the float would be, answers with
//! the real index, and says nothing of unknown names either (`mavlink_parameters.cpp`). A value that is not finite is refused
//! by telling the old one.

use super::face::{Face, lock};
use super::messages;
use super::wire::Message;
use crate::aircraft::ParameterType;
use crate::scenario::Flavour;

const UNKNOWN_INDEX: u16 = u16::MAX;

impl Face {
    pub(super) fn parameter(&mut self, link: usize, message: &Message) {
        match message.name() {
            "PARAM_REQUEST_LIST" => self.links[link].listed = Some(0),
            "PARAM_REQUEST_READ" => {
                let index = message.whole("param_index");
                let named = || self.parameter_named(message.text("param_id"));
                let answer = usize::try_from(index).map_or_else(|_| named(), |at| self.parameter_value(at));
                if let Some(answer) = answer {
                    self.send(link, answer);
                }
            }
            "PARAM_SET" => self.take_parameter(message),
            _ => {}
        }
    }

    fn take_parameter(&mut self, message: &Message) {
        let name = message.text("param_id");
        let kind = lock(&self.aircraft).parameters.find(name).map(|(_, known)| known.kind);
        let Some(kind) = kind else { return };
        let value = match self.flavour {
            Flavour::ArduCopter => message.real("param_value"),
            // A type that is not the parameter's own is refused: its bytes would mean something else.
            Flavour::Px4 if message.byte("param_type") != kind as u8 => f64::NAN,
            Flavour::Px4 => match kind {
                ParameterType::Real32 => message.real("param_value"),
                _ => f64::from(i32::from_le_bytes(message.raw("param_value"))),
            },
        };
        lock(&self.aircraft).parameters.set(name, value);
        if let Some(answer) = self.parameter_named(name) {
            for link in 0..self.links.len() {
                self.send(link, answer.clone());
            }
        }
    }

    fn parameter_named(&self, name: &str) -> Option<Message> {
        let aircraft = lock(&self.aircraft);
        let (index, parameter) = aircraft.parameters.find(name)?;
        let told = self.flavour.pick(UNKNOWN_INDEX, index as u16);
        Some(messages::parameter(self.flavour, parameter, told, aircraft.parameters.count()))
    }

    pub(super) fn parameter_value(&self, index: usize) -> Option<Message> {
        let aircraft = lock(&self.aircraft);
        let parameters = &aircraft.parameters;
        let told = |known| messages::parameter(self.flavour, known, index as u16, parameters.count());
        parameters.at(index).map(told)
    }
}
