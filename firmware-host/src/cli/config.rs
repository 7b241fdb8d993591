//! `skyhound config init|check|show`.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::SettingsArgs;
use super::failure::{Failure, print};
use crate::settings::{Flags, Settings, TEMPLATE};
use skyhound::record::Severity;

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
                judge(&settings, rate_sps, frequency_hz)?;
            }
            print("ok\n")
        }
        Act::Show(settings) => print(&settings.load(&Flags::default())?.to_toml()),
    }
}

/// What hangs on the rate and the frequency; what is not heard goes to stderr.
fn judge(settings: &Settings, rate_sps: f64, frequency_hz: f64) -> Result<(), Failure> {
    let tuning = settings.tuning();
    let config = settings
        .engine_about(rate_sps, frequency_hz + tuning.beside_hz, frequency_hz)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let is_fixed = settings.sdr.source.starts_with("file:");
    let deaf = settings.deafness(&config, None, is_fixed);
    let (refused, told): (Vec<_>, Vec<_>) = deaf.iter().partition(|deaf| deaf.severity == Severity::Critical);
    tuning.note().iter().for_each(|note| eprintln!("note: {note}"));
    told.iter().for_each(|deaf| eprintln!("{}: {deaf}", deaf.severity.name()));
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
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
    eprintln!("wrote {shown}");
    Ok(())
}
