//! `skyhound scan`: which channels of a source are active.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure::print;
use super::progress::Progress;
use super::{Failure, ProfiledArgs, duration};
use crate::clock::Clock;
use crate::own_noise;
use crate::scan::{self, ScanOptions};
use crate::sdr::{self, Source};
use crate::settings::{Flags, Pace, Settings};

/// Arguments of `skyhound scan`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// Where samples come from: soapy:ARGS or file:PATH
    #[arg(long, value_name = "SDR")]
    pub sdr: Option<String>,
    /// How long to listen: the longer, the weaker what is heard, pulses below the noise from 3s on; a distress beacon sends every 50 s. A file
    /// ends earlier when it is shorter
    #[arg(long = "for", value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub time: Duration,
    /// Learns the aircraft's own lines into this file instead: on the ground, motors and cameras on, no beacon in reach; --for 30s or
    /// more. `sdr.own_noise` masks them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "toml"])]
    pub own_noise: Option<PathBuf>,
    /// JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// The [[beacon]] sections for the settings file instead of a table
    #[arg(long, conflicts_with = "json")]
    pub toml: bool,
}

impl Args {
    /// The settings in force.
    ///
    /// # Errors
    /// [`Failure::Usage`] with every mistake.
    pub fn load(&self) -> Result<Settings, Failure> {
        self.settings.load(&Flags { sdr: self.sdr.clone(), ..Flags::default() })
    }
}

/// Listens and prints what is on the air. A recording is read as fast as it can be.
///
/// # Errors
/// A source that cannot be opened or gives no samples.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.load()?;
    // What is learned anew may not be there yet.
    let own_noise = if args.own_noise.is_none() { settings.own_noise() } else { Ok(Vec::new()) };
    let own_noise = own_noise.map_err(|error| Failure::Usage(error.to_string()))?;
    let shown = Progress::begin();
    let mut source = Source::open(&settings.sdr, Pace::Max, Clock::start())
        .map_err(|error| Failure::Failed(error.to_string()))?;
    if let Some(path) = &args.own_noise {
        return learn(&mut source, &settings, args.time, path);
    }
    let options = ScanOptions { own_noise, ..ScanOptions::new(&settings) };
    let found = match scan::scan(&mut source, args.time.as_secs_f64(), options) {
        Ok(found) => found,
        Err(failure) => {
            failure.events.iter().for_each(sdr::say);
            return Err(Failure::Failed(failure.to_string()));
        }
    };
    drop(shown);
    if args.toml {
        found.events.iter().for_each(sdr::say);
        return print(&found.to_toml());
    }
    print(&if args.json { format!("{}\n", found.to_json()) } else { found.to_text() })
}

/// The aircraft's own lines into a file.
fn learn(source: &mut Source, settings: &Settings, time: Duration, path: &Path) -> Result<(), Failure> {
    let learned = own_noise::learn(source, time.as_secs_f64(), Clock::start())?;
    learned.write(path)?;
    // What was learned before is no part of the question; beacons elsewhere are no reason not to learn.
    let (mut plain, stream) = (settings.clone(), source.stream());
    plain.sdr.own_noise = None;
    let config = plain.engine(stream.sample_rate_sps, learned.center_hz).ok();
    print(&learned.to_text(path, config.as_ref().map(|config| &config.sense)))
}
