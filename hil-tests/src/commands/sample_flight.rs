//! `skyhound-rig sample-flight FOLDER`: a recording of a beacon and the log of the flight that heard it.

use std::path::PathBuf;
use std::time::Duration;

use skyhound_host::cli::duration;

use super::Failure;
use crate::sample_flight;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Folder to write them to
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// How long they are
    #[arg(long = "for", value_name = "DURATION", default_value = "24s", value_parser = duration::parse)]
    pub time: Duration,
}

pub fn run(Args { folder, time }: Args) -> Result<(), Failure> {
    let made = sample_flight::write(&folder, time.as_secs_f64());
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(())
}
