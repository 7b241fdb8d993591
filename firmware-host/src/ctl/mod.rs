//! The operator's door: a Unix socket that only its group may open, one JSON object per line each way.
//!
//! Requests: `{"do":"status"}`, `{"do":"picture"}`, `{"do":"homing","on":true}`, `{"do":"stop"}`, `{"do":"profile","name":"plb-121"}` (without a name: which there
//! are), `{"do":"query","sql":"…","format":"csv"}`.
//! Answers: `{"ok":true,…}` with `said` or `status`, or `{"ok":false,"said":"why not"}`. Acts reach the control thread through a
//! bounded channel and are answered by it; status comes from a [`Board`] and asks nobody; a question in SQL is answered by a child
//! process ([`Answering`]). A request is at most 16 kB; a client that hangs blocks only itself.
//!
//! The answer to `query` is `{"ok":true,"streams":true}`, then pieces of the answer, each behind its length as 4 bytes (the most
//! significant first), the last of length 0, and then a line as above that says whether this was all of it. Whoever sends
//! anything meanwhile, or closes, cancels. The same way `{"do":"events","from":7}` is answered, with lines of JSON for the entries
//! of the log after that id, as they come: until the flight ends, or some of them are in the file only (`"behind":true`). Where the daemon records another file than `"file"` names, the refusal has `"other_file":true`.

mod answering;
mod client;
mod decided;
mod door;
mod events;
mod line;
mod picture;
mod profiles;
mod question;
mod running;
mod server;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use serde::{Deserialize, Serialize};
use skyhound::command::OperatorAct;
use tokio::sync::oneshot;

pub use answering::{Answering, Prepared};
pub use client::{Questioned, ask, follow, query};
pub use decided::decided;
pub use door::Door;
pub use picture::{EstimateLine, Picture, RegionLine, RegionRow, SpectrumLine};
pub use profiles::{ProfileDoor, ProfileStatus, Profiles};
pub use question::{Asked, Questions};
pub use running::{Broken, Running};
pub use server::Server;
pub use status::{
    Board, ChannelStatus, LaneStatus, LinkStatus, MachineStatus, PassStatus, RecorderStatus, SdrStatus,
    SearchStatus, Status, VehicleStatus,
};

use crate::settings::DaemonSettings;

/// Acts that wait for the control pass: an operator does one at a time; more is a program gone wild.
const ACTS_WAITING_MAX: usize = 8;
const SYSTEM_SOCKET: &str = "/run/skyhound/ctl.sock";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// How it goes.
    Status,
    /// What was recorded last, for who looks on.
    Picture,
    /// Allow homing, or stop it.
    Homing {
        /// Allow.
        on: bool,
    },
    /// End the flight's recording and the daemon.
    Stop,
    /// What is sought by another profile from now on.
    Profile {
        /// Its name, or "none"; `None` = tell which there are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Keys that profiles hold, over it: `section.key=value`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sets: Vec<String>,
    },
    /// A question to the flight that is being recorded.
    Query(Question),
    /// The log of the flight that is being recorded, as it goes on.
    Events {
        /// The entries after this id.
        #[serde(default)]
        from: u64,
        /// The file it is about, as of a question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
    },
}

/// A question in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// It.
    pub sql: String,
    /// Form of the answer: table, csv, json or parquet.
    pub format: String,
    /// The file it is about, absolute and without links; `None` = whichever is being recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was done.
    pub ok: bool,
    /// In words: what was done, or why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// Answer to [`Ask::Status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Answer to [`Ask::Picture`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// Answer to [`Ask::Profile`] without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profiles: Option<Vec<ProfileStatus>>,
    /// The answer to [`Ask::Query`] follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub streams: bool,
    /// The daemon records another file than the question is about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_file: bool,
    /// Some of the entries asked for are in the file only: ask for them with [`Ask::Query`], then on from there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub behind: bool,
}

/// What the operator wants done.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// For the engine.
    Operator(OperatorAct),
    /// End the daemon.
    Stop,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Operator(act) => act.fmt(f),
            Act::Stop => f.write_str("stop"),
        }
    }
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A process of this machine, as the kernel says.
    Local {
        /// Process, if it is in our namespace.
        pid: Option<i32>,
        /// User.
        uid: u32,
        /// Group.
        gid: u32,
    },
    /// A ground station on the autopilot's line, by its MAVLink ids.
    Station {
        /// System.
        system: u8,
        /// Component.
        component: u8,
    },
    /// A page in a browser.
    Page {
        /// From where.
        address: IpAddr,
        /// Who it is by its own word, where it has control.
        name: Option<String>,
    },
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Local { pid: Some(pid), uid, gid } => write!(f, "uid {uid} gid {gid} pid {pid}"),
            Peer::Local { pid: None, uid, gid } => write!(f, "uid {uid} gid {gid}"),
            Peer::Station { system, component } => write!(f, "station {system}/{component}"),
            Peer::Page { address, name: Some(name) } => write!(f, "page of {name} at {address}"),
            Peer::Page { address, name: None } => write!(f, "page at {address}"),
        }
    }
}

/// An act on its way to the control pass.
#[derive(Debug)]
pub struct Request {
    act: Act,
    /// Who asked.
    pub peer: Peer,
    reply: oneshot::Sender<Result<String, String>>,
}

impl Request {
    /// What to do now. `None`: homing was to be allowed, but the operator was already told that nobody answered. Homing off
    /// and stop are done however late.
    pub fn act(&self) -> Option<Act> {
        let is_given_up = self.reply.is_closed();
        (!is_given_up || self.act != Act::Operator(OperatorAct::HomingOn)).then_some(self.act)
    }

    /// Tells the operator what was done (`Ok`) or why not (`Err`). Never waits. False when nobody listens any more.
    pub fn answer(self, said: Result<String, String>) -> bool {
        self.reply.send(said).is_ok()
    }
}

/// Way of the acts: the first end is for a [`Door`], the second for the control pass (`try_recv`).
pub fn acts() -> (mpsc::SyncSender<Request>, mpsc::Receiver<Request>) {
    mpsc::sync_channel(ACTS_WAITING_MAX)
}

/// Where the daemon's socket is to be; `None` when there is no place for one.
pub fn socket_path(settings: &DaemonSettings) -> Option<PathBuf> {
    if settings.ctl_socket.is_some() {
        return settings.ctl_socket.clone();
    }
    let folder = Path::new(SYSTEM_SOCKET).parent()?;
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok() {
        return Some(PathBuf::from(SYSTEM_SOCKET));
    }
    user_socket()
}

/// Where a client finds the daemon's socket when none is named.
pub fn socket_found() -> Option<PathBuf> {
    let places = [Some(PathBuf::from(SYSTEM_SOCKET)), user_socket()];
    places.into_iter().flatten().find(|path| path.exists())
}

fn user_socket() -> Option<PathBuf> {
    std::env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("skyhound.sock"))
}
