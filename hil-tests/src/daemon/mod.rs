//! The program under test as a child: a folder of its own in, a flying `skyhound` with its doors out.
//!
//! A [`Site`] is a folder with all that a daemon has for itself: settings, flight files, operator's socket, what it says.
//! A [`Daemon`] is one `skyhound fly` there; several may follow each other in one site, as after a power loss. Status is
//! asked over the operator's socket directly (a process for each of 25 questions a second would starve a small machine);
//! acts go through the real `skyhound ctl`.
//!
//! Nothing is left behind: a daemon that is dropped is killed, whether it was stopped or not. (Against a rig that is itself
//! killed, a flight is given `--for` its length.)

mod child;
pub mod client;
mod look;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

pub use child::{Daemon, Said, command, number, query, replay, rows, run, text_column};
pub use look::{ClockJoin, Look};

/// What a daemon has for itself.
#[derive(Debug)]
pub struct Site {
    root: PathBuf,
    /// A socket's path may be 107 bytes long at most, so sockets do not lie below `root`.
    sockets: tempfile::TempDir,
    _gone_when_dropped: Option<tempfile::TempDir>,
}

impl Site {
    /// In a folder that vanishes with it.
    pub fn temporary() -> io::Result<Site> {
        let folder = tempfile::tempdir()?;
        Ok(Site {
            root: folder.path().to_owned(),
            sockets: tempfile::tempdir()?,
            _gone_when_dropped: Some(folder),
        })
    }

    /// In `root`, which is made where it is not there, and stays.
    pub fn at(root: &Path) -> io::Result<Site> {
        fs::create_dir_all(root)?;
        Ok(Site { root: fs::canonicalize(root)?, sockets: tempfile::tempdir()?, _gone_when_dropped: None })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where its flight files come.
    pub fn flights(&self) -> PathBuf {
        self.root.join("flights")
    }

    /// The operator's socket.
    pub fn socket(&self) -> PathBuf {
        self.socket_at("ctl.sock")
    }

    /// A path for another socket.
    pub fn socket_at(&self, name: &str) -> PathBuf {
        self.sockets.path().join(name)
    }

    /// The command line of a flight with this site's doors and `args`, and no real-time priorities.
    pub fn fly(&self, args: &[&str]) -> Result<Command, String> {
        let mut command = command()?;
        // Many fly at once: each has its page at a port of its own.
        command.args([
            "fly",
            "--set",
            "daemon.realtime=false",
            "--set",
            "ground.listen=127.0.0.1:0",
            "--set",
        ]);
        command.arg(format!("daemon.ctl_socket={}", self.socket().display()));
        command.arg("--flights").arg(self.flights()).args(args);
        Ok(command)
    }

    /// Starts `command`. What it says is kept in `out` and `err` of this site, after what earlier daemons said.
    pub fn start(&self, command: Command) -> Result<Daemon, String> {
        Daemon::start(self, command)
    }

    /// Writes `settings` as this site's settings file: for `--config`.
    pub fn settings(&self, settings: &toml::Table) -> Result<PathBuf, String> {
        let path = self.root.join("skyhound.toml");
        let text = toml::to_string(settings).map_err(|error| format!("settings: {error}"))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}
