//! A rig file (TOML) to what stands around the program under test: at which depth a scenario flies, over which line, on whose SDR.
//!
//! Simulated parts are ours; an address or a device is someone's hardware or simulator. The same scenario flies on every
//! rig; what a rig lacks for it is said in words, and the scenario counts as ignored, never as passed.
//! Rigs `engine`, `software`, `serial`, `tcp` are built in; any other is a file (`rigs/pixhawk.toml`, `rigs/sitl.toml` are examples).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use skyhound_host::autopilot::Address;

use crate::engine::{self, Level};
use crate::flight::{self, NotFlown};
use crate::scenario::{Kind, Scenario};
use crate::trace::Trace;
use crate::watch::Watcher;

/// How deep a scenario goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The engine alone, in virtual time.
    A,
    /// The real daemon against simulated parts, in real time.
    B,
    /// The real daemon against hardware or someone else's simulator.
    C,
}

impl Depth {
    /// `a`, `b` or `c`, as scenarios spell it.
    pub const fn letter(self) -> &'static str {
        match self {
            Depth::A => "a",
            Depth::B => "b",
            Depth::C => "c",
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// The daemon's line to a simulated autopilot.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Datagrams on loopback.
    Udp,
    /// The daemon connects to the autopilot on loopback.
    Tcp,
    /// A pseudo-terminal that passes as many bytes as a serial line of this many bits per second would (8N1).
    Pty {
        /// Bits per second.
        baud: u32,
    },
}

/// Who flies the aircraft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Autopilot {
    /// The rig's own.
    Simulated(Line),
    /// Someone else's.
    At {
        /// Where the daemon reaches it.
        daemon: Address,
        /// Where the rig itself reaches the same autopilot: for the true pose, and as the ground station.
        rig: Address,
    },
}

/// Where samples come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sdr {
    /// The rig's own driver, or the world's readings at depth a.
    Simulated,
    /// The daemon's `--sdr`, for example `soapy:driver=rtlsdr`.
    Device(String),
}

/// A rig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rig {
    /// The file's name without `.toml`, or that of a built-in one.
    pub name: String,
    /// What it is, one line.
    pub about: String,
    /// How deep.
    pub depth: Depth,
    /// Who flies.
    pub autopilot: Autopilot,
    /// Who hears.
    pub sdr: Sdr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    depth: Depth,
    #[serde(default = "simulated")]
    autopilot: String,
    line: Option<String>,
    rig_line: Option<String>,
    #[serde(default = "simulated")]
    sdr: String,
}

fn simulated() -> String {
    SIMULATED.into()
}

const SIMULATED: &str = "simulated";
const LINES: &str = "`udp`, `tcp` or `pty:BAUD` (pty:57600, for example)";

/// The rigs that need no file.
const BUILT_IN: [(&str, &str); 4] = [
    ("engine", include_str!("../rigs/engine.toml")),
    ("software", include_str!("../rigs/software.toml")),
    ("serial", include_str!("../rigs/serial.toml")),
    ("tcp", include_str!("../rigs/tcp.toml")),
];

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

impl Rig {
    /// A built-in rig by its name, or the rig of a file by its path.
    ///
    /// # Errors
    /// Neither; a file that cannot be read; a key that cannot be meant. Names file, key and mend.
    pub fn find(name_or_path: &str) -> Result<Rig, String> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return Rig::parse(name, text).map_err(|why| format!("rig {name}: {why}"));
        }
        let path = Path::new(name_or_path);
        let known = BUILT_IN.map(|(name, _)| name).join(", ");
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("rig {name_or_path}: {error}; name one of {known}, or the path of a rig file such as rigs/sitl.toml")
        })?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Rig::parse(&name, &text).map_err(|why| format!("{}: {why}", PathBuf::from(path).display()))
    }

    /// The names of the built-in rigs.
    pub fn built_in() -> [&'static str; 4] {
        BUILT_IN.map(|(name, _)| name)
    }

    fn parse(name: &str, text: &str) -> Result<Rig, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let autopilot = autopilot(&file)?;
        let sdr = match file.sdr.as_str() {
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
            Depth::C if is_simulated => {
                Err("depth = \"c\": nothing of it is hardware; name an autopilot address or an sdr, or write depth = \"b\""
                    .into())
            }
            depth => Ok(Rig { name: name.to_string(), about: file.about, depth, autopilot, sdr }),
        }
    }

    /// Flies `scenario`; what the flight leaves stays in `folder`.
    ///
    /// # Errors
    /// It was not flown: something is lacking, or the rig itself went wrong.
    pub fn fly(
        &self,
        scenario: &Scenario,
        seed: u64,
        folder: &Path,
        watcher: &mut dyn Watcher,
    ) -> Result<Trace, NotFlown> {
        if let Some(needs) = self.lacks(scenario) {
            return Err(NotFlown::Ignored(needs));
        }
        match self.depth {
            Depth::A => Ok(engine::fly(scenario, seed, Level::Readings)),
            Depth::B | Depth::C => flight::fly(scenario, seed, self, folder, watcher),
        }
    }

    /// What `scenario` needs and this rig cannot do; none = it can fly.
    pub fn lacks(&self, scenario: &Scenario) -> Option<String> {
        if self.depth != Depth::C {
            return None;
        }
        let of_autopilot = matches!(self.autopilot, Autopilot::At { .. });
        let of_sdr = matches!(self.sdr, Sdr::Device(_));
        scenario.fault.iter().find_map(|fault| lacking(&fault.kind, of_autopilot, of_sdr)).map(str::to_string)
    }

    /// Which parts of a rig `scenario` needs to be simulated, as `lacks` asks for them.
    pub fn needs(scenario: &Scenario) -> Vec<&'static str> {
        let of = |of_autopilot, of_sdr| {
            scenario.fault.iter().find_map(|fault| lacking(&fault.kind, of_autopilot, of_sdr))
        };
        [of(true, false), of(false, true)].into_iter().flatten().collect()
    }
}

fn autopilot(file: &File) -> Result<Autopilot, String> {
    if file.autopilot == SIMULATED {
        if file.rig_line.is_some() {
            return Err("rig_line: only with an autopilot's address; remove it".into());
        }
        let line = file.line.as_deref().unwrap_or("udp");
        return Ok(Autopilot::Simulated(line.parse().map_err(|why| format!("line: {why}"))?));
    }
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
    Ok(Autopilot::At { daemon: address("autopilot", &file.autopilot)?, rig: address("rig_line", rig)? })
}

/// What `kind` needs that someone else's autopilot or a real SDR does not offer.
fn lacking(kind: &Kind, of_autopilot: bool, of_sdr: bool) -> Option<&'static str> {
    let simulated_autopilot = matches!(
        kind,
        Kind::GpsGlitch { .. }
            | Kind::GpsLoss
            | Kind::EkfBad
            | Kind::Battery { .. }
            | Kind::Gust { .. }
            | Kind::LinkLost
            | Kind::RcLost { .. }
            | Kind::LateCopies { .. }
            | Kind::SlowLink { .. }
            | Kind::TransmitOff
            | Kind::SystemId { .. }
            | Kind::Impostor { .. }
            | Kind::Absurd { .. }
            | Kind::Garbage
    );
    let simulated_sdr = matches!(
        kind,
        Kind::SdrUnplug { .. }
            | Kind::SdrStall
            | Kind::SdrRate { .. }
            | Kind::SdrStuck
            | Kind::SdrOverflow { .. }
            | Kind::BeaconOff { .. }
            | Kind::NoiseStep { .. }
            | Kind::InterfererOn { .. }
    );
    if simulated_autopilot && of_autopilot {
        Some("a rig with autopilot = \"simulated\"")
    } else if simulated_sdr && of_sdr {
        Some("a rig with sdr = \"simulated\"")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
