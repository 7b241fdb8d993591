//! A rig file (TOML) to what stands around the program under test: at which depth a scenario flies, over which line, on whose SDR.
//!
//! Simulated parts are ours; an address or a device is someone's hardware or simulator. The same scenario flies on every
//! rig; what a rig lacks for it is said in words, and the scenario counts as ignored, never as passed.
//! Someone else's autopilot is met as it is: what it must be set to is named, and set only where the file says so (`foreign`).
//! Rigs `engine`, `software`, `serial`, `tcp` are built in; any other is a file (`rigs/sitl.toml`, `rigs/px4.toml`,
//! `rigs/pixhawk.toml` are examples).

mod adapted;
mod file;
pub mod foreign;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use foreign::Foreign;

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
#[derive(Clone, Debug, PartialEq)]
pub enum Autopilot {
    /// The rig's own.
    Simulated(Line),
    /// Someone else's.
    At(Box<Foreign>),
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
#[derive(Clone, Debug, PartialEq)]
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
    /// Settings of the daemon that go over the scenario's.
    pub skyhound: toml::Table,
}

/// The rigs that need no file.
const BUILT_IN: [(&str, &str); 4] = [
    ("engine", include_str!("../rigs/engine.toml")),
    ("software", include_str!("../rigs/software.toml")),
    ("serial", include_str!("../rigs/serial.toml")),
    ("tcp", include_str!("../rigs/tcp.toml")),
];

impl Rig {
    /// A built-in rig by its name, or the rig of a file by its path.
    ///
    /// # Errors
    /// Neither; a file that cannot be read; a key that cannot be meant. Names file, key and mend.
    pub fn find(name_or_path: &str) -> Result<Rig, String> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return file::parse(name, text).map_err(|why| format!("rig {name}: {why}"));
        }
        let path = Path::new(name_or_path);
        let known = BUILT_IN.map(|(name, _)| name).join(", ");
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("rig {name_or_path}: {error}; name one of {known}, or the path of a rig file such as rigs/sitl.toml")
        })?;
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        file::parse(&name, &text).map_err(|why| format!("{}: {why}", PathBuf::from(path).display()))
    }

    /// The names of the built-in rigs.
    pub fn built_in() -> [&'static str; 4] {
        BUILT_IN.map(|(name, _)| name)
    }

    /// Sets what someone else's autopilot needs set, whatever the file says.
    pub fn set_parameters(&mut self) {
        if let Autopilot::At(foreign) = &mut self.autopilot {
            foreign.sets_parameters = true;
        }
    }
}

#[cfg(test)]
mod tests;
