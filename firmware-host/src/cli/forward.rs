//! `skyhound forward [FILE] --to URL`: the log of flights into Redis Streams or NATS JetStream, by a process of its own.
//!
//! The flight does not know of it: it follows as any reader does, and reads nothing while the other end is gone. Where to go on from, the
//! other end is asked.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::failure::say;
use super::following::{Entries, Taker, follow, pages, recorded};
use super::query::door;
use super::{Failure, SettingsArgs};
use crate::ctl;
use crate::forward::{BATCH_MAX, Destination, Entry, Far, Trouble};
use crate::settings::{Flags, Settings};
use crate::store;

/// Between looks for a flight.
const POLL: Duration = Duration::from_secs(1);
const BACKOFF_MIN: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(15);

/// Arguments of `skyhound forward`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is, and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// A flight, to its end; without it every flight that is recorded here, one after another
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// redis://HOST:6379 or rediss:// (Redis Streams), nats://HOST:4222 or tls:// (NATS JetStream); USER:PASSWORD@ before HOST
    #[arg(long, value_name = "URL", env = "SKYHOUND_FORWARD_TO", hide_env_values = true)]
    pub to: String,
    /// What keys, streams and subjects begin with
    #[arg(long, value_name = "NAME", default_value = "skyhound")]
    pub name: String,
    /// The daemon's socket; without it that of the settings, else the system's, else yours
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// Forwards.
///
/// # Errors
/// A URL that is none, another end that refuses, a file that cannot be read.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let to = Destination::new(&args.to, &args.name).map_err(|why| Failure::Usage(format!("--to: {why}")))?;
    let far = to.far().map_err(|why| Failure::Usage(format!("--to {to}: {why}")))?;
    let mut forwarding = Forwarding { far, to, batch: Vec::new(), trouble: None, is_gone: false };
    let socket = args.socket.clone().or_else(|| settings.daemon.ctl_socket.clone());
    match &args.file {
        Some(file) => forwarding.flight(file, door(file, socket).map(|(socket, _)| socket), &settings),
        None => every_flight(&mut forwarding, socket, &settings),
    }
}

/// Flight after flight, for ever.
fn every_flight(
    forwarding: &mut Forwarding,
    named: Option<PathBuf>,
    settings: &Settings,
) -> Result<(), Failure> {
    let (mut unfinished, mut is_waiting): (Option<PathBuf>, bool) = (None, false);
    loop {
        let socket = named.clone().or_else(ctl::socket_found);
        let file = socket.as_ref().and_then(|socket| recorded(socket).ok());
        // Of a daemon that died the rest is in the file, once nobody writes to it.
        if let Some(before) = unfinished.take_if(|before| !store::is_recorded(before)) {
            forwarding.flight(&before, None, settings)?;
        }
        let Some((socket, file)) = socket.zip(file).filter(|(_, file)| store::is_recorded(file)) else {
            if !is_waiting {
                say(&format!("waiting for a flight, to forward it to {}", forwarding.to));
            }
            is_waiting = true;
            std::thread::sleep(POLL);
            continue;
        };
        is_waiting = false;
        let name = store::flight_of(&file);
        if let Err(failure) = forwarding.flight(&file, Some(socket), settings) {
            if forwarding.is_refused() || !matches!(failure, Failure::Failed(_)) {
                return Err(failure);
            }
            say(&format!("{name}: {}; going on when it is back", failure.message().unwrap_or_default()));
            unfinished = Some(file);
        }
        // A daemon that ends its flight still names it for a moment.
        std::thread::sleep(POLL);
    }
}

/// One end of it: what goes out.
struct Forwarding {
    far: Box<dyn Far>,
    to: Destination,
    batch: Vec<Entry>,
    /// Why the newest batch is not there.
    trouble: Option<Trouble>,
    /// Whether it was said that the other end is gone.
    is_gone: bool,
}

impl Forwarding {
    fn is_refused(&self) -> bool {
        matches!(self.trouble, Some(Trouble::Refused(_)))
    }

    /// All of a flight, to its end.
    fn flight(&mut self, file: &Path, socket: Option<PathBuf>, settings: &Settings) -> Result<(), Failure> {
        let name = store::flight_of(file);
        loop {
            let newest = self.connect(&name)?;
            self.batch.clear();
            let mut entries = Entries::after(newest, self);
            let sent = match &socket {
                Some(socket) if store::is_recorded(file) => follow(socket, file, settings, &mut entries),
                _ => pages(file, settings, &mut entries),
            };
            match (sent, self.trouble.take()) {
                (sent, None) => {
                    sent?;
                    say(&format!("{}: all of {name} is there", self.to));
                    return Ok(());
                }
                (_, Some(trouble)) => self.tell(trouble)?,
            }
        }
    }

    /// Until it is there; the id of the newest entry of the flight that it has.
    fn connect(&mut self, flight: &str) -> Result<u64, Failure> {
        let mut wait = BACKOFF_MIN;
        loop {
            match self.far.begin(flight) {
                Ok(newest) => {
                    let newest = newest.unwrap_or(0);
                    let word = if self.is_gone { "is back, " } else { "" };
                    say(&format!("{}: {word}forwarding {flight} from entry {} on", self.to, newest + 1));
                    self.is_gone = false;
                    return Ok(newest);
                }
                Err(trouble) => self.tell(trouble)?,
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(BACKOFF_MAX);
        }
    }

    /// Says that it is gone, once; what nobody but people can mend ends it.
    fn tell(&mut self, trouble: Trouble) -> Result<(), Failure> {
        match &trouble {
            Trouble::Refused(why) => {
                let failure = Failure::Failed(format!("{}: {why}", self.to));
                self.trouble = Some(trouble);
                Err(failure)
            }
            Trouble::Gone(why) => {
                if !self.is_gone {
                    say(&format!("{}: {why}; trying until it is there, nothing is lost meanwhile", self.to));
                }
                self.is_gone = true;
                Ok(())
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.far.send(&self.batch).map_err(|trouble| {
            self.trouble = Some(trouble);
            io::Error::other("the other end is gone")
        })?;
        self.batch.clear();
        Ok(())
    }
}

impl Taker for Forwarding {
    fn take(&mut self, id: u64, _: &Value, line: &[u8]) -> io::Result<()> {
        self.batch.push(Entry { id, json: line.to_vec() });
        if self.batch.len() >= BATCH_MAX { self.send() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
