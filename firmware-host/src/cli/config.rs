//! `skyhound config init|check|show`.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::SettingsArgs;
use super::failure::{Failure, print, say};
use crate::settings::{Flags, TEMPLATE};

/// Arguments of `skyhound config`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What to do with settings.
#[derive(Clone, Debug, Subcommand)]
pub enum Act {
    /// Write a settings file with every key, its meaning, unit, range and default
    Init {
        /// Where to; "-" is stdout. A file that is there is never overwritten
        #[arg(default_value = "skyhound.toml")]
        path: PathBuf,
    },
    /// Say ok, or every mistake there is
    Check(SettingsArgs),
    /// Print the settings in force as TOML: defaults, file and --set
    Show(SettingsArgs),
}

/// Runs it.
///
/// # Errors
/// Wrong settings are wrong use; a file that cannot be written is a failure.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.act {
        Act::Init { path } => init(&path),
        Act::Check(settings) => {
            let settings = settings.load(&Flags::default())?;
            // A file may tell its rate and frequency itself; then the beacons' places are checked when it is opened.
            if let (Some(rate_sps), Some(frequency_hz)) =
                (settings.sdr.sample_rate_sps, settings.sdr.frequency_hz)
            {
                settings.engine(rate_sps, frequency_hz).map_err(|error| Failure::Usage(error.to_string()))?;
            }
            print("ok\n")
        }
        Act::Show(settings) => print(&settings.load(&Flags::default())?.to_toml()),
    }
}

fn init(path: &Path) -> Result<(), Failure> {
    if path == Path::new("-") {
        return print(TEMPLATE);
    }
    let shown = path.display();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            return Failure::Failed(format!("{shown} is there already and is kept; name another path"));
        }
        Failure::doing(format!("cannot write {shown}"), error)
    })?;
    file.write_all(TEMPLATE.as_bytes())
        .map_err(|error| Failure::doing(format!("cannot write {shown}"), error))?;
    say(&format!("wrote {shown}"));
    Ok(())
}
