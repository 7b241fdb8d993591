//! `skyhound fly`: the flight itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::failure::print;
use super::{Failure, ProfiledArgs, duration};
use crate::settings::{Flags, Pace, Settings};
use crate::store::RecorderSummary;
use crate::wiring;

/// Arguments of `skyhound fly`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// Where samples come from: soapy:ARGS or file:PATH
    #[arg(long, value_name = "SDR")]
    pub sdr: Option<String>,
    /// serial:DEVICE:BAUD, udpin:ADDR:PORT, udpout:ADDR:PORT, tcpout:ADDR:PORT or none
    #[arg(long, value_name = "ADDRESS")]
    pub autopilot: Option<String>,
    /// Folder of the flight files
    #[arg(long, value_name = "DIR")]
    pub flights: Option<PathBuf>,
    /// How fast a recording is played
    #[arg(long, value_enum)]
    pub pace: Option<Pace>,
    /// This is a bench: a recording may home what stands on it. Never with an aircraft in the air
    #[arg(long)]
    pub bench: bool,
    /// End after this long: 60s, 1.5m, 500ms
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub time: Option<Duration>,
    /// When it has ended, JSON instead of the files' paths
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// The settings in force.
    ///
    /// # Errors
    /// [`Failure::Usage`] with every mistake.
    pub fn load(&self) -> Result<Settings, Failure> {
        let settings = self.settings.load(&Flags {
            sdr: self.sdr.clone(),
            autopilot: self.autopilot.clone(),
            flights: self.flights.clone(),
            pace: self.pace,
            is_bench: self.bench,
            ..Flags::default()
        })?;
        if self.bench && !settings.sdr.is_recording() {
            let source = &settings.sdr.source;
            return Err(Failure::Usage(format!(
                "--bench: sdr.source is {source:?}, no recording: leave --bench out, or give --sdr file:PATH"
            )));
        }
        Ok(settings)
    }
}

/// Flies; the paths of the flight's files go to stdout, one a line.
///
/// # Errors
/// What could not be opened, what failed in flight, what the file lacks.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.load()?;
    let summary = wiring::fly(&settings, args.time)?;
    for (lane, count) in &summary.dropped {
        tracing::warn!("{count} records of lane {lane} did not fit and are missing");
    }
    let totals = &summary.totals;
    tracing::info!("{} readings, {} bytes", totals.reading_total, summary.file_bytes);
    if args.json {
        print(&format!("{:#}\n", to_json(&summary)))?;
    } else {
        summary.files.iter().try_for_each(|file| print(&format!("{}\n", file.display())))?;
    }
    let is_whole = totals.unrecorded_us == 0 && totals.unrecorded_total == 0;
    if is_whole && totals.reading_total > 0 {
        return Ok(());
    }
    if is_whole {
        let why = "no reading was made: the source gave no samples, or fewer than half a hop (sense.hop_ms)";
        return Err(Failure::Failed(format!("{}: {why}", settings.sdr.source)));
    }
    let (length_s, rows) = (totals.unrecorded_us as f64 / 1e6, totals.unrecorded_total);
    Err(Failure::Failed(format!(
        "{length_s:.1} s were not recorded ({rows} rows), because of: {}; the disk of {} must take files, and have {} MB free \
         beside them (recorder.disk_reserve_mb)",
        summary.paused_by.as_deref().unwrap_or("a disk that takes nothing"),
        settings.recorder.flights.display(),
        settings.recorder.disk_reserve_mb
    )))
}

fn to_json(summary: &RecorderSummary) -> serde_json::Value {
    let totals = &summary.totals;
    let dropped: BTreeMap<_, _> = summary.dropped.iter().copied().collect();
    json!({
        "files": summary.files,
        "file_bytes": summary.file_bytes,
        "is_clean": summary.is_clean,
        "readings": totals.reading_total,
        "rows": totals.row_total,
        "unrecorded_s": totals.unrecorded_us as f64 / 1e6,
        "unrecorded_rows": totals.unrecorded_total,
        "paused_by": summary.paused_by,
        "dropped_by_lane": dropped,
    })
}
