//! `skyhound scan`: which channels of a source are active.

use std::time::Duration;

use super::{Failure, SettingsArgs, duration};
use crate::settings::{Flags, Settings};

/// Arguments of `skyhound scan`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Where samples come from: soapy:ARGS or file:PATH
    #[arg(long, value_name = "SDR")]
    pub sdr: Option<String>,
    /// How long to listen; a file ends earlier when it is shorter
    #[arg(long = "for", value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub time: Duration,
    /// JSON instead of a table
    #[arg(long)]
    pub json: bool,
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
