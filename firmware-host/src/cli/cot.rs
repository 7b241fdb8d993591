//! `skyhound cot FILE --to TO`: what a flight found, to TAK, once. A flying daemon sends by itself (`[cot]`).

use std::path::PathBuf;

use super::failure::say;
use super::query::not_whole;
use super::{Failure, SettingsArgs};
use crate::clock::system_utc_us;
use crate::cot;
use crate::report::{self, Form};
use crate::settings::{CotTo, Flags};

/// Arguments of `skyhound cot`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: `ttl` and `interface` of [cot], and what a copy of a flight being recorded leaves free of its disk.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// A flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// udp:HOST:PORT, a group as udp:239.2.3.1:6969, or tcp:HOST:PORT; may be given more than once
    #[arg(long, value_name = "TO", required = true)]
    pub to: Vec<CotTo>,
}

/// Sends where each beacon is, with its region, as of now; under the ids that the flying daemon sent it with.
///
/// # Errors
/// A file that cannot be read, a flight that found nothing, a peer that does not take it.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.settings.load(&Flags::default())?;
    let flight = report::read(&args.file, Form::Cot, &[], settings.recorder.disk_reserve_mb)?;
    let events = report::cot_events_at(&flight.debrief, system_utc_us());
    if events.is_empty() {
        let why = "no beacon was located in it; there is nothing to send";
        return Err(Failure::Failed(format!("{}: {why}", args.file.display())));
    }
    for to in &args.to {
        cot::once(&settings.cot, to, &events).map_err(|error| Failure::doing(format!("--to {to}"), error))?;
        say(&format!("{to}: {} events sent", events.len()));
    }
    not_whole(&args.file, flight.debrief.report.unread)
}
