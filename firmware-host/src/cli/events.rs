//! `skyhound events FILE | --follow [--from ID]`: the ordered log of a flight, also as it goes on.
//!
//! What was printed last names the place to go on from: with `--from` that id nothing between is missing, whoever was restarted,
//! reader or not. What the daemon does not keep in memory any more is read from the file, a page at a time.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use super::following::{Entries, Taker, follow, pages, recorded};
use super::query::door;
use super::{Failure, SettingsArgs};
use crate::ctl;
use crate::settings::Flags;
use crate::store;

/// Arguments of `skyhound events`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: where the daemon's socket is, and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight file; it is only read
    #[arg(value_name = "FILE", required_unless_present = "follow")]
    pub file: Option<PathBuf>,
    /// Go on with what comes, until the flight ends; without FILE of the flight that is being recorded
    #[arg(long)]
    pub follow: bool,
    /// Only what comes after the entry of this id
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub from: u64,
    /// Lines of JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// The daemon's socket; without it that of the settings, else the system's, else yours
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// Prints the log.
///
/// # Errors
/// A file that cannot be read or has no log, nobody to follow, an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let socket = args.socket.clone().or_else(|| settings.daemon.ctl_socket.clone());
    let mut printed = Printed { out: std::io::stdout().lock(), json: args.json };
    let mut entries = Entries::after(args.from, &mut printed);
    let (socket, file) = match (&args.file, args.follow) {
        (Some(file), true) if store::is_recorded(file) => {
            let found = door(file, socket);
            found.ok_or_else(|| {
                Failure::Failed(format!("{}: its daemon has no socket; name --socket", file.display()))
            })?
        }
        (Some(file), _) => return pages(file, &settings, &mut entries),
        (None, _) => {
            let socket = socket.or_else(ctl::socket_found);
            let none = || {
                Failure::Failed(
                    "no skyhound flies here; start one (`skyhound fly`) or name its --socket".into(),
                )
            };
            let socket = socket.ok_or_else(none)?;
            let file = recorded(&socket)?;
            (socket, file)
        }
    };
    follow(&socket, &file, &settings, &mut entries)
}

/// Prints each entry.
struct Printed<'out> {
    out: std::io::StdoutLock<'out>,
    json: bool,
}

impl Taker for Printed<'_> {
    fn take(&mut self, id: u64, entry: &Value, line: &[u8]) -> std::io::Result<()> {
        if self.json {
            return self.out.write_all(&[line, b"\n"].concat());
        }
        let text = |key: &str| entry[key].as_str().unwrap_or_default().escape_debug().to_string();
        let at_s = entry["at_us"].as_f64().unwrap_or_default() / 1e6;
        let severity = match entry["severity"].as_str() {
            Some(severity @ ("critical" | "warning")) => format!("{}: ", severity.to_uppercase()),
            _ => String::new(),
        };
        writeln!(
            self.out,
            "{id:>6} {at_s:>10.3} {:<12} {:<16} {severity}{}",
            text("source"),
            text("kind"),
            text("text").replace("\\\"", "\"").replace("\\'", "'")
        )
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
