//! `skyhound-rig world SCENARIO --iq out.sigmf-meta`: what the drone's SDR would hear, as a recording.

use std::path::PathBuf;
use std::time::Duration;

use skyhound::signal::SampleFormat;
use skyhound_host::cli::duration;

use super::Failure;
use crate::{recording, scenario};

/// Longest recording: as CF32 at 20 MS/s it is 96 GB.
const SECONDS_MAX: f64 = 600.0;

/// Arguments of `skyhound-rig world`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Name of a built-in scenario, or a file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Where the recording goes: FILE.sigmf-meta, with FILE.sigmf-data beside it
    #[arg(long, value_name = "FILE.sigmf-meta")]
    pub iq: PathBuf,
    /// How long it is
    #[arg(long = "for", value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    pub time: Duration,
    /// Form of the samples
    #[arg(long, value_enum, default_value_t = Format::Cs8)]
    pub format: Format,
    /// Seed of all chance; the scenario's when not given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Form of the samples.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Unsigned 8-bit, as RTL-SDR
    Cu8,
    /// Signed 8-bit, as HackRF
    Cs8,
    /// Signed 16-bit
    Cs16,
    /// 32-bit float
    Cf32,
}

/// Writes the recording and says where it is.
///
/// # Errors
/// No such scenario; a file that cannot be written; wrong use.
pub fn run(args: Args) -> Result<(), Failure> {
    let path = args.iq.display();
    if args.iq.extension().is_none_or(|end| end != "sigmf-meta") {
        return Err(Failure::Usage(format!("--iq {path}: a recording's name ends in .sigmf-meta")));
    }
    let seconds = args.time.as_secs_f64();
    if !(seconds > 0.0 && seconds <= SECONDS_MAX) {
        return Err(Failure::Usage(format!(
            "--for {seconds} s: it must be over 0 and at most {SECONDS_MAX} s"
        )));
    }
    let scenario = scenario::find(&args.scenario)?;
    let format = match args.format {
        Format::Cu8 => SampleFormat::Cu8,
        Format::Cs8 => SampleFormat::Cs8,
        Format::Cs16 => SampleFormat::Cs16,
        Format::Cf32 => SampleFormat::Cf32,
    };
    let seed = args.seed.unwrap_or(scenario.seed);
    let written = recording::write(&args.iq, &scenario, seed, seconds, format)
        .map_err(|error| Failure::Failed(format!("{path}: {error}")))?;
    if written.annotation_count < written.on_air_count {
        eprintln!(
            "only the first {} of {} transmissions are annotated",
            written.annotation_count, written.on_air_count
        );
    }
    println!("{}", written.meta.display());
    eprintln!(
        "{} samples of scenario {} with seed {seed}, {} transmissions; samples in {}",
        written.sample_count,
        scenario.name,
        written.on_air_count,
        written.samples.display()
    );
    Ok(())
}
