//! `skyhound report FILE…`: a flight on one page; with `-o`, as a file in the form that its ending names, of several flights as one.

use std::path::{Path, PathBuf};

use skyhound::geo::Wgs84;

use super::failure::print;
use super::query::not_whole;
use super::{Failure, SettingsArgs};
use crate::locate::truth;
use crate::report::{self, Debrief, Flight, Form, Joint, Told};
use crate::store;

/// Arguments of `skyhound report`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files; they are only read. Several need -o
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// JSON instead of text
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// Write a report for a search lead to this file: .html, .json, .csv, .kml, .kmz, .geojson, .gpx, .xlsx, .parquet, .mcap or .cot
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// With -o, where the beacons were: a table name,lat_deg,lon_deg whose names are those of beacons, or of flights
    #[arg(long, value_name = "FILE", requires = "output")]
    pub truth: Option<PathBuf>,
    /// With -o, a flight that was flown the way it was done before: what the others took is told beside what it took
    #[arg(long, value_name = "FILE", requires = "output")]
    pub baseline: Option<PathBuf>,
}

/// Prints or writes the report.
///
/// # Errors
/// A file that cannot be read, or only in part; an ending that is no form; an output that takes no more.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(output) = &args.output {
        return write(&args, output);
    }
    let [file] = args.files.as_slice() else {
        let why = "the report of several flights is a file: add -o report.html, or name one flight";
        return Err(Failure::Usage(why.into()));
    };
    let report = report::report(file, args.settings.disk_reserve_mb()?)?;
    let text = if args.json { format!("{:#}\n", report.to_json()) } else { report.to_text() };
    let printed = print(&text);
    // First of the flight: that its reader has enough of the report is no reason to be silent about it.
    not_whole(file, report.unread)?;
    printed
}

fn write(args: &Args, output: &Path) -> Result<(), Failure> {
    let form = Form::of(output).map_err(Failure::Usage)?;
    if form.is_of_one() && args.files.len() > 1 {
        let why = "that form holds one flight: give one FILE, or name another form";
        return Err(Failure::Usage(format!("{}: {why}", output.display())));
    }
    if let Some(file) = args.files.iter().find(|file| store::is_part_of(output, file)) {
        let why = "that is a flight itself, or what belongs to it; name another output";
        return Err(Failure::Usage(format!("{}: {why} than one of {}", output.display(), file.display())));
    }
    let reserve_mb = args.settings.disk_reserve_mb()?;
    let truths = args.truth.as_deref().map(truths).transpose()?.unwrap_or_default();
    let read = |file: &Path| report::read(file, form, &truths, reserve_mb);
    let flights: Vec<Flight> = args.files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    let base = args.baseline.as_deref().map(read).transpose()?;
    let debriefs: Vec<&Debrief> = flights.iter().map(|flight| &flight.debrief).collect();
    let base = base.as_ref().map(|flight| &flight.debrief);
    let is_joint = flights.len() > 1 || base.is_some();
    let joint = is_joint.then(|| Joint::of(&args.files, &debriefs, base, reserve_mb)).transpose()?;
    let told = Told { flights: &flights, joint: joint.as_ref() };
    let bytes = told.write(form, &args.files[0], reserve_mb)?;
    std::fs::write(output, bytes).map_err(|error| Failure::doing(output.display(), error))?;
    let unread = |flight: &Flight| flight.debrief.report.unread.clone();
    args.files.iter().zip(&flights).try_for_each(|(file, flight)| not_whole(file, unread(flight)))
}

fn truths(path: &Path) -> Result<Vec<(String, Wgs84)>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::doing(path.display(), error))?;
    truth::read(&text).map_err(|wrong| Failure::Failed(format!("{}: {wrong}", path.display())))
}
