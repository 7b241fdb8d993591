//! How each wish is fulfilled: the command or the protocol it takes, until the aircraft has said that it is so.

use super::{Station, Wish};
use crate::aircraft::{Waypoint, custom_mode_of};
use crate::autopilot::messages::mission_item;
use crate::autopilot::wire::Message;
use crate::scenario::Flavour;

const TAKE_OFF: u16 = 22;
const SET_MODE: u16 = 176;
const START_MISSION: u16 = 300;
const ARM: u16 = 400;
const REQUEST_MESSAGE: u16 = 512;
const HOME_POSITION: u32 = 242;

impl Station {
    pub(super) fn fulfil(&mut self, wish: &Wish) -> Result<(), String> {
        match wish {
            Wish::Mode(name) => {
                let custom = custom_mode_of(self.flavour, name).ok_or_else(|| format!("no mode {name}"))?;
                let params = match self.flavour {
                    Flavour::ArduCopter => [1.0, f64::from(custom), 0.0],
                    Flavour::Px4 => [1.0, f64::from(custom >> 16 & 0xff), f64::from(custom >> 24)],
                };
                self.command(SET_MODE, &params)?;
                self.until(&format!("its heartbeat says {name}"), |mode| mode.0 == custom)
            }
            Wish::Arm(armed) => {
                self.command(ARM, &[f64::from(u8::from(*armed))])?;
                self.until("its heartbeat says so", |mode| mode.1 == *armed)
            }
            Wish::TakeOff { alt_m } => {
                let datum_m = match self.flavour {
                    Flavour::ArduCopter => 0.0,
                    Flavour::Px4 => self.home_amsl_m()?,
                };
                let nan = f64::NAN;
                let yaw = if self.flavour == Flavour::Px4 { nan } else { 0.0 };
                self.command(TAKE_OFF, &[0.0, 0.0, 0.0, yaw, yaw, yaw, datum_m + alt_m])
            }
            Wish::Upload(mission) => self.upload(mission),
            Wish::StartMission => self.command(START_MISSION, &[]),
            Wish::Parameter { name, value } => self.set_parameter(name, *value),
        }
    }

    fn command(&mut self, id: u16, params: &[f64]) -> Result<(), String> {
        let names = ["param1", "param2", "param3", "param4", "param5", "param6", "param7"];
        let question = Message::new("COMMAND_LONG").with("command", id).to((self.system, 1));
        let question =
            names.iter().zip(params).fold(question, |message, (name, value)| message.with(name, *value));
        let result = self.ask(&format!("command {id}"), Some(&question), |message| {
            let is_answer = message.name() == "COMMAND_ACK" && message.whole("command") == i64::from(id);
            is_answer.then(|| message.byte("result"))
        })?;
        if result == 0 { Ok(()) } else { Err(format!("command {id}: refused with MAV_RESULT {result}")) }
    }

    fn home_amsl_m(&mut self) -> Result<f64, String> {
        let question =
            Message::new("COMMAND_LONG").with("command", REQUEST_MESSAGE).with("param1", HOME_POSITION);
        self.ask("where home is", Some(&question.to((self.system, 1))), |message| {
            (message.name() == "HOME_POSITION").then(|| message.whole("altitude") as f64 / 1e3)
        })
    }

    fn set_parameter(&mut self, name: &str, value: f64) -> Result<(), String> {
        let read = Message::new("PARAM_REQUEST_READ").with_text("param_id", name).with("param_index", -1);
        let named = |message: &Message| {
            (message.name() == "PARAM_VALUE" && message.text("param_id") == name).then(|| message.clone())
        };
        let known = self.ask(&format!("parameter {name}"), Some(&read.to((self.system, 1))), named)?;
        let kind = known.byte("param_type");
        let is_bytes = self.flavour == Flavour::Px4 && kind != 9;
        let set = Message::new("PARAM_SET").with_text("param_id", name).with("param_type", kind);
        let set = if is_bytes {
            set.with_raw("param_value", (value as i32).to_le_bytes())
        } else {
            set.with("param_value", value)
        };
        let set = set.to((self.system, 1));
        let told = self.ask(&format!("parameter {name}"), Some(&set), named)?;
        let taken = told.raw("param_value") == set.raw("param_value");
        if taken { Ok(()) } else { Err(format!("parameter {name}: {value} was not taken")) }
    }

    fn upload(&mut self, mission: &[Waypoint]) -> Result<(), String> {
        let to = (self.system, 1);
        let mut question = Message::new("MISSION_COUNT").with("count", mission.len() as u16).to(to);
        // An item may be asked for more than once, and the answer to the last is what ends it.
        for _ in 0..4 * mission.len() + 4 {
            let answer = self.ask("the mission's upload", Some(&question), |message| {
                let is_of_it =
                    matches!(message.name(), "MISSION_REQUEST" | "MISSION_REQUEST_INT" | "MISSION_ACK");
                is_of_it.then(|| message.clone())
            })?;
            if answer.name() == "MISSION_ACK" {
                let result = answer.byte("type");
                let why = format!("the mission was refused with MAV_MISSION_RESULT {result}");
                return if result == 0 { Ok(()) } else { Err(why) };
            }
            let index = answer.whole("seq") as u16;
            let item = mission.get(usize::from(index)).ok_or_else(|| format!("there is no item {index}"))?;
            question = mission_item(item, index, index == 0, false).to(to);
        }
        Err("the mission's upload goes in circles".into())
    }
}
