//! `skyhound locate FILE`: where the beacon is, from a flight file or a table of power over position.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use skyhound::geo::Wgs84;

use super::duration::moment;
use super::failure::print;
use super::query::not_whole;
use super::{Failure, ProfiledArgs};
use crate::locate::truth::{self, Compared};
use crate::locate::{self, Located, Track, csv, flight};
use crate::maps::geojson;
use crate::settings::Flags;

/// Arguments of `skyhound locate`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free; a table whose `antenna.kind` is
    /// directional has a column yaw_deg, too.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// Flight files, or tables time_s,lat_deg,lon_deg,alt_rel_m,power_db (NAME.csv); they are only read
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Which beacon of a flight; without it the one that was heard longest
    #[arg(long, value_name = "NAME")]
    pub beacon: Option<String>,
    /// What was known this long after the first row
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub at: Option<f64>,
    /// Where the beacons were: a table name,lat_deg,lon_deg whose names are those of the files; compares
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
    /// Write estimate, regions of 50 and 95 % and path to this file
    #[arg(long, value_name = "FILE")]
    pub geojson: Option<PathBuf>,
    /// Draw path, regions, estimate and truth into this file (SVG); of one FILE
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Locates.
///
/// # Errors
/// A file that cannot be read, or that no position can be told from.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.plot.is_some() && args.files.len() > 1 {
        return Err(Failure::Usage("--plot: draws one track; give one FILE".into()));
    }
    let truths = args.truth.as_deref().map(|path| {
        truth::read(&text_of(path)?).map_err(|wrong| Failure::Failed(format!("{}: {wrong}", path.display())))
    });
    let truths = truths.transpose()?;
    let (mut text, mut values, mut features, mut compared) =
        (String::new(), Vec::new(), Vec::new(), Vec::new());
    let mut unread = Vec::new();
    for file in &args.files {
        let (track, missing) = track_of(file, &args)?;
        unread.extend(missing.map(|why| (file, why)));
        let located = locate::locate(&track, args.at).map_err(Failure::Failed)?;
        let truth = truths.as_ref().map(|truths| truth_of(&track, truths, &args)).transpose()?;
        let mut value = located.to_json();
        if let Some(truth) = truth {
            let one = Compared::of(&located, truth);
            value["truth"] = json!(one);
            compared.push(one);
        } else {
            text.push_str(&located.to_text());
        }
        if args.geojson.is_some() {
            features.extend(located.to_features());
        }
        draw(&located, truth, args.plot.as_deref())?;
        values.push(value);
    }
    if let Some(path) = &args.geojson {
        write(path, &geojson::write(&features))?;
    }
    if !compared.is_empty() {
        text.push_str(&locate::table(&compared));
    }
    let printed = print(&if args.json { format!("{:#}\n", Value::from(values)) } else { text });
    unread.into_iter().try_for_each(|(file, why)| not_whole(file, Some(why)))?;
    printed
}

fn track_of(file: &Path, args: &Args) -> Result<(Track, Option<String>), Failure> {
    if !file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return flight::read(file, args.beacon.as_deref(), args.settings.settings.disk_reserve_mb()?);
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let antenna = args.settings.load(&Flags::default())?.antenna;
    let antenna = antenna.engine().map_err(|error| Failure::Usage(error.to_string()))?;
    let track = csv::read(&name, &text_of(file)?, antenna);
    Ok((track.map_err(|wrong| Failure::Failed(format!("{}: {wrong}", file.display())))?, None))
}

fn truth_of(track: &Track, truths: &[(String, Wgs84)], args: &Args) -> Result<Wgs84, Failure> {
    let found = truths.iter().find(|(name, _)| *name == track.name);
    let unknown = || {
        let file = args.truth.as_deref().unwrap_or(Path::new("")).display();
        Failure::Failed(format!("{file}: no line has the name {}; add it or leave the file out", track.name))
    };
    Ok(found.ok_or_else(unknown)?.1)
}

fn draw(located: &Located<'_>, truth: Option<Wgs84>, to: Option<&Path>) -> Result<(), Failure> {
    to.map_or(Ok(()), |path| write(path, &located.to_svg(truth)))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::doing(path.display(), error))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::doing(path.display(), error))
}

fn seconds(text: &str) -> Result<f64, String> {
    moment(text, "after the first row")
}
