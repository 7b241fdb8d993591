//! `skyhound ground`: the page for flights that have ended; and tokens for it.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Subcommand;

use super::failure::{print, say};
use super::{Failure, ProfiledArgs};
use crate::ground::{Bound, token_line};
use crate::realtime::{self, Role};
use crate::settings::Flags;
use crate::wiring::served;

/// Between looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Arguments of `skyhound ground`.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    /// Settings: [ground], the flights' folder, and what the page plans searches for.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// Folder of flight files; without it recorder.flights
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// What else than to serve.
    #[command(subcommand)]
    pub what: Option<What>,
}

/// What else.
#[derive(Clone, Debug, Subcommand)]
pub enum What {
    /// Print a line for ground.token_file, with a token that nobody knows yet
    Token {
        /// What it allows: look, plan or command
        #[arg(value_parser = ["look", "plan", "command"])]
        role: String,
    },
}

/// Serves until a signal comes.
///
/// # Errors
/// Settings that are wrong, an address that is taken, a folder that is none.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(What::Token { role }) = &args.what {
        return print(&format!("{}\n", token_line(role)?));
    }
    let settings = args.settings.load(&Flags { flights: args.folder.clone(), ..Flags::default() })?;
    let folder = &settings.recorder.flights;
    if !folder.is_dir() {
        return Err(Failure::Usage(format!(
            "{}: is no folder; name the one of the flight files",
            folder.display()
        )));
    }
    let Some(bound) = Bound::open(&settings.ground)? else {
        let why =
            "ground.listen is \"none\": there is no page to serve; write an address, such as 127.0.0.1:8417";
        return Err(Failure::Usage(why.to_string()));
    };
    let signal = crate::signals::watch().map_err(|error| Failure::doing("signal handlers", error))?;
    let fingerprint =
        bound.fingerprint().map(|hex| format!("; certificate SHA-256 {hex}")).unwrap_or_default();
    say(&format!("page at {}, flights of {}; Ctrl-C ends it{fingerprint}", bound.url(), folder.display()));
    let server = bound.serve(served(&settings, None), |body| realtime::start(Role::Ground, body))?;
    while !signal.load(Ordering::Acquire) {
        std::thread::sleep(LOOK);
    }
    drop(server);
    Ok(())
}
