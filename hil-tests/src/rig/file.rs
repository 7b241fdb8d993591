//! A rig file's text to a rig: what its keys mean, and what is refused with which mend.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use skyhound_host::autopilot::Address;

use super::{Autopilot, Depth, Foreign, Line, Rig, Sdr};
use crate::scenario::Flavour;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    depth: Depth,
    autopilot: Option<String>,
    line: Option<String>,
    rig_line: Option<String>,
    flavour: Option<Flavour>,
    simulator: Option<bool>,
    sticks: Option<Sticks>,
    set_parameters: Option<bool>,
    parameters: Option<BTreeMap<String, f64>>,
    sdr: Option<String>,
    #[serde(default)]
    skyhound: toml::Table,
}

/// Who holds the pilot's sticks.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sticks {
    /// A radio of the aircraft's own, or its simulator's.
    Radio,
    /// The rig: it sends all four, all the time.
    Rig,
}

const SIMULATED: &str = "simulated";
const LINES: &str = "`udp`, `tcp` or `pty:BAUD` (pty:57600, for example)";

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Line, String> {
        let unknown = || format!("`{text}` is no line; write {LINES}");
        match text.split_once(':') {
            None if text == "udp" => Ok(Line::Udp),
            None if text == "tcp" => Ok(Line::Tcp),
            Some(("pty", baud)) => match baud.parse() {
                Ok(baud @ 1_200..=12_000_000) => Ok(Line::Pty { baud }),
                _ => Err(format!("`{text}`: the baud rate must be within 1200..=12000000; write {LINES}")),
            },
            _ => Err(unknown()),
        }
    }
}

/// The rig called `name`.
pub(super) fn parse(name: &str, text: &str) -> Result<Rig, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let autopilot = autopilot(&file)?;
    let sdr = match file.sdr.as_deref().unwrap_or(SIMULATED) {
        SIMULATED => Sdr::Simulated,
        device if device.starts_with("soapy:") => Sdr::Device(device.to_string()),
        other => return Err(format!("sdr = \"{other}\": write \"simulated\" or \"soapy:ARGUMENTS\"")),
    };
    let is_simulated = matches!(autopilot, Autopilot::Simulated(_)) && sdr == Sdr::Simulated;
    match file.depth {
        Depth::A | Depth::B if !is_simulated => Err(format!(
            "depth = \"{}\": autopilot and sdr must be \"simulated\" at this depth; with hardware write depth = \"c\"",
            file.depth
        )),
        Depth::C if is_simulated => Err(
            "depth = \"c\": nothing of it is hardware; name an autopilot address or an sdr, or write depth = \"b\"".into(),
        ),
        depth => {
            Ok(Rig { name: name.to_string(), about: file.about, depth, autopilot, sdr, skyhound: file.skyhound })
        }
    }
}

fn autopilot(file: &File) -> Result<Autopilot, String> {
    let Some(daemon) = file.autopilot.as_deref().filter(|autopilot| *autopilot != SIMULATED) else {
        let foreign = [
            ("rig_line", file.rig_line.is_some()),
            ("flavour", file.flavour.is_some()),
            ("simulator", file.simulator.is_some()),
            ("sticks", file.sticks.is_some()),
            ("set_parameters", file.set_parameters.is_some()),
            ("parameters", file.parameters.is_some()),
        ];
        if let Some((key, _)) = foreign.iter().find(|(_, is_given)| *is_given) {
            return Err(format!("{key}: only with an autopilot's address; remove it"));
        }
        let line = file.line.as_deref().unwrap_or("udp");
        return Ok(Autopilot::Simulated(line.parse().map_err(|why| format!("line: {why}"))?));
    };
    if file.line.is_some() {
        return Err("line: only with autopilot = \"simulated\"; an address says its line itself".into());
    }
    let address = |key: &str, text: &str| match text.parse() {
        Ok(Address::None) => Err(format!("{key}: `none` cannot fly; name the autopilot's address")),
        Ok(address) => Ok(address),
        Err(error) => Err(format!("{key}: {error}")),
    };
    let Some(rig) = &file.rig_line else {
        return Err(
            "rig_line is missing: the rig's own line to the same autopilot (truth, ground station), \
                    for example rig_line = \"tcpout:127.0.0.1:5762\""
                .into(),
        );
    };
    let parameters = file.parameters.clone().unwrap_or_default();
    let is_wrong = |(name, value): &(&String, &f64)| name.is_empty() || name.len() > 16 || !value.is_finite();
    if let Some((name, value)) = parameters.iter().find(is_wrong) {
        return Err(format!(
            "parameters.{name} = {value}: write a name of 1 to 16 bytes and a finite number"
        ));
    }
    Ok(Autopilot::At(Box::new(Foreign {
        daemon: address("autopilot", daemon)?,
        rig: address("rig_line", rig)?,
        flavour: file.flavour.unwrap_or_default(),
        is_simulator: file.simulator.unwrap_or(false),
        holds_sticks: file.sticks == Some(Sticks::Rig),
        sets_parameters: file.set_parameters.unwrap_or(false),
        parameters,
    })))
}
