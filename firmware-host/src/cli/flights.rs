//! `skyhound flights`: the flight files there are.

use std::path::PathBuf;

use super::{Failure, SettingsArgs};
use crate::settings::{Flags, Settings};

/// Arguments of `skyhound flights`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Folder of the flight files
    #[arg(long, value_name = "DIR")]
    pub flights: Option<PathBuf>,
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
        self.settings.load(&Flags { flights: self.flights.clone(), ..Flags::default() })
    }
}
