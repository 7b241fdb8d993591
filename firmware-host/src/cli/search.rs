//! `skyhound search plan|upload`: a search before anything is heard: its preview, and its way to the autopilot.

mod upload;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::search::{Area, Order, Pattern, Region, Route, RouteError};

use super::Failure;
use super::failure::{print, say};
use super::range::{Asked, decibels, sigma, within};
use crate::maps::{geojson, kml};
use crate::polygons;
use crate::range;
use crate::search::{self, Outlook, Preview, wpl, write_map};
use crate::settings::Settings;

/// Arguments of `skyhound search`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What to do about a search.
#[derive(Clone, Debug, Subcommand)]
pub enum Act {
    /// Lay a pattern over an area, or take a mission as it is: the route to stdout, what it is worth to stderr
    Plan(Box<PlanArgs>),
    /// Bring such a route to the autopilot as its mission, and read it back; it is the pilot who starts it
    Upload(Box<upload::Args>),
}

/// Arguments of `skyhound search plan`.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// The route.
    #[command(flatten)]
    pub route: RouteArgs,
    /// Where the beacon is likely: a GeoJSON file of polygons, each with its weight as property; without it evenly over the area
    #[arg(long, value_name = "FILE")]
    pub poa: Option<PathBuf>,
    /// Deviation of what is not known of its power, antenna and orientation: what no second look mends
    #[arg(long, value_name = "DB", default_value_t = 3.0, value_parser = sigma)]
    pub unsure_db: f64,
    /// Form of the route; without it by the name of --out, else geojson
    #[arg(long, value_enum)]
    pub format: Option<Form>,
    /// Writes the route to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Writes POA before, POD and POA after the search to this file, cell by cell (GeoJSON)
    #[arg(long, value_name = "FILE", requires = "power_dbm")]
    pub map: Option<PathBuf>,
    /// JSON of the route and what it is worth, instead of a map or mission
    #[arg(long, conflicts_with_all = ["format", "out"])]
    pub json: bool,
}

/// What a route is made of, or where it is from.
#[derive(Clone, Debug, clap::Args)]
pub struct RouteArgs {
    /// Which pattern; without it ps
    #[arg(long, value_enum)]
    pub pattern: Option<Name>,
    /// The area: a GeoJSON file with one polygon
    #[arg(long, value_name = "FILE", conflicts_with = "centre")]
    pub polygon: Option<PathBuf>,
    /// Middle of a round area
    #[arg(long, value_name = "LAT,LON", requires = "radius", allow_hyphen_values = true, value_parser = place)]
    pub centre: Option<Wgs84>,
    /// Its radius, m
    #[arg(long, value_name = "M", requires = "centre", value_parser = metres)]
    pub radius: Option<f64>,
    /// Track spacing; without it that at which the beacon of --power-dbm is heard between two tracks
    #[arg(long, value_name = "M", value_parser = metres)]
    pub spacing: Option<f64>,
    /// First heading from true north; of cs that on which it creeps. Without it ps and cs go along the polygon's long side, the others north
    #[arg(long, value_name = "DEG", value_parser = heading)]
    pub heading: Option<f64>,
    /// Datum of ss, vs and spiral; of ps and cs where the drone comes from. Without it the middle of the area
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true, value_parser = place)]
    pub start: Option<Wgs84>,
    /// A mission (QGC WPL 110) that someone else made, instead of a pattern
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pattern", "spacing", "heading", "start"])]
    pub from: Option<PathBuf>,
    /// The beacon's power into its antenna while it is on: how likely it is found is told with it
    #[arg(long, value_name = "DBM", allow_negative_numbers = true, value_parser = decibels)]
    pub power_dbm: Option<f64>,
    /// The beacon, its way and the noise, as `skyhound range` asks for them.
    #[command(flatten)]
    pub asked: Asked,
}

/// A pattern by its short name.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Parallel track: legs on the heading, for a large area and no likelier place
    Ps,
    /// Creeping line: legs across the heading, for what lies the likelier at one end
    Cs,
    /// Expanding square about a datum
    Ss,
    /// Sectors about a datum that is known well, and again 30° on
    Vs,
    /// Spiral out of a datum
    Spiral,
}

/// Form of a route.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// GeoJSON
    Geojson,
    /// KML
    Kml,
    /// QGC WPL 110
    Wpl,
}

impl From<Name> for Pattern {
    fn from(name: Name) -> Pattern {
        match name {
            Name::Ps => Pattern::ParallelTrack,
            Name::Cs => Pattern::CreepingLine,
            Name::Ss => Pattern::ExpandingSquare,
            Name::Vs => Pattern::Sector,
            Name::Spiral => Pattern::Spiral,
        }
    }
}

/// Runs it.
///
/// # Errors
/// An area, a mission or a beacon that is none is wrong use; a file that cannot be read or written is a failure.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.act {
        Act::Plan(args) => plan(&args),
        Act::Upload(args) => upload::run(&args),
    }
}

fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let form = args.form()?;
    let (preview, heard) = args.route.laid(&args.route.asked.settings()?)?;
    let mut said = told(&preview);
    let mut outlook = None;
    if let Some(heard) = &heard {
        let prior = args.prior(&preview.origin)?;
        let from =
            args.poa.as_ref().map_or("even over the area".into(), |file| format!("of {}", file.display()));
        let found = outlook.insert(preview.outlook(&prior, &search::sight(heard, args.unsure_db)));
        said += &found.to_text(&preview, heard, &from, args.unsure_db);
    } else {
        said += "POD         not known without the beacon's power: write --power-dbm";
    }
    if args.json {
        args.write_map(&preview, outlook.as_ref())?;
        return print(&format!("{}\n", preview.to_json(outlook.as_ref(), said.trim_end())));
    }
    say(said.trim_end());
    args.write_map(&preview, outlook.as_ref())?;
    let text = match form {
        Form::Geojson => geojson::write(&preview.to_features()),
        Form::Kml => kml::write(&preview.name, &preview.to_features()),
        Form::Wpl => wpl::write(&preview.places(), preview.height_m),
    };
    args.out.as_ref().map_or_else(|| print(&text), |path| write(path, &text))
}

impl PlanArgs {
    fn form(&self) -> Result<Form, Failure> {
        let Some(path) = self.out.as_ref().filter(|_| self.format.is_none()) else {
            return Ok(self.format.unwrap_or(Form::Geojson));
        };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("geojson" | "json") => Ok(Form::Geojson),
            Some("kml") => Ok(Form::Kml),
            Some("waypoints" | "wpl" | "txt") => Ok(Form::Wpl),
            _ => Err(Failure::Usage(format!(
                "--out {}: of which form? name it .geojson, .kml or .waypoints, or write --format",
                path.display()
            ))),
        }
    }

    fn write_map(&self, preview: &Preview, outlook: Option<&Outlook>) -> Result<(), Failure> {
        let Some((path, outlook)) = self.map.as_ref().zip(outlook) else { return Ok(()) };
        let none = || Failure::Usage("--map: of what area? write --polygon, --centre or --poa".into());
        write(path, &write_map(&preview.origin, outlook.map.as_ref().ok_or_else(none)?))
    }

    fn prior(&self, origin: &Origin) -> Result<Vec<Region>, Failure> {
        let Some(path) = &self.poa else { return Ok(Vec::new()) };
        let polygons = search::read(path, polygons::read)?;
        let region = |polygon: &polygons::Weighted| {
            Ok(Region { area: search::area_of(path, &polygon.corners, origin)?, weight: polygon.weight })
        };
        polygons.iter().map(region).collect()
    }
}

impl RouteArgs {
    /// The route, and how its beacon is heard.
    fn laid(&self, settings: &Settings) -> Result<(Preview, Option<range::Plan>), Failure> {
        let heard = self.power_dbm.map(|power_dbm| self.asked.plan(settings, power_dbm)).transpose()?;
        let speed_mps = self.asked.speed_mps(settings);
        if speed_mps <= 0.0 {
            return Err(Failure::Usage("--speed: 0 m/s is no search; write more".into()));
        }
        Ok((self.preview(heard.as_ref(), speed_mps)?, heard))
    }

    /// The route with its area.
    fn preview(&self, heard: Option<&range::Plan>, speed_mps: f64) -> Result<Preview, Failure> {
        if let Some(path) = &self.from {
            return self.taken(path, speed_mps);
        }
        let none =
            || Failure::Usage("--polygon: say where: a polygon's file, or --centre and --radius".into());
        let (origin, area) = self.area()?.ok_or_else(none)?;
        let pattern = Pattern::from(self.pattern.unwrap_or(Name::Ps));
        // A sector search has none: any will do.
        let spacing_m = if pattern == Pattern::Sector { 1.0 } else { self.spacing_m(heard)? };
        let is_laid = !pattern.has_datum() && self.centre.is_none();
        let own_rad = if is_laid { area.long_axis_rad() } else { 0.0 };
        let heading_rad = self.heading.map_or(own_rad, f64::to_radians);
        let middle = if self.centre.is_some() { NorthEast::default() } else { area.centroid() };
        let start = self.start.map_or(middle, |start| origin.ned_from_wgs84(start));
        let order = Order { pattern, spacing_m, heading_rad, start };
        let key = |error: &RouteError| match error {
            RouteError::DatumOutside => "--start",
            RouteError::TooLong | RouteError::TooNarrow(..) | RouteError::NotANumber => "--spacing",
        };
        let refused =
            |error: RouteError| Failure::Usage(format!("{}: {}: {error}", key(&error), pattern.name()));
        let route = Route::new(&area, &order).map_err(refused)?;
        let name = format!("{} on {:03.0}°", pattern.name(), heading_rad.to_degrees());
        let spacing_m = (pattern != Pattern::Sector).then_some(spacing_m);
        Ok(Preview {
            origin,
            name,
            area: Some(area),
            spacing_m,
            route,
            height_m: self.asked.height,
            speed_mps,
        })
    }

    /// Someone else's mission, beside the area if that is told.
    fn taken(&self, path: &Path, speed_mps: f64) -> Result<Preview, Failure> {
        let mission = search::read(path, wpl::read)?;
        let shown = path.display();
        for (line, command) in &mission.others {
            say(&format!("note: {shown}:{line}: command {command} is no waypoint, and no part of the route"));
        }
        if let Some(line) = mission.absolute.first() {
            say(&format!(
                "note: {shown}:{line}: altitudes over the sea: what is heard from --height is told"
            ));
        }
        let area = self.area()?;
        let (origin, area) = match area {
            Some((origin, area)) => (origin, Some(area)),
            None => (search::middle(&mission.places).unwrap_or(Origin::new(mission.places[0])), None),
        };
        let ned: Vec<_> = mission.places.iter().map(|place| origin.ned_from_wgs84(*place)).collect();
        let route = Route::of(&ned).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
        let height_m =
            if mission.absolute.is_empty() { lowest(&mission.heights_m) } else { self.asked.height };
        Ok(Preview { origin, name: shown.to_string(), area, spacing_m: None, route, height_m, speed_mps })
    }

    fn area(&self) -> Result<Option<(Origin, Area)>, Failure> {
        if let (Some(centre), Some(radius_m)) = (self.centre, self.radius) {
            let area = Area::disc(NorthEast::default(), radius_m);
            let area = area.map_err(|error| Failure::Usage(format!("--radius: {error}")))?;
            return Ok(Some((Origin::new(centre), area)));
        }
        let Some(path) = &self.polygon else { return Ok(None) };
        let polygons = search::read(path, polygons::read)?;
        let [polygon] = &polygons[..] else {
            let (shown, count) = (path.display(), polygons.len());
            return Err(Failure::Usage(format!(
                "{shown}: {count} polygons; an area is one: plan each by itself, or give them to --poa"
            )));
        };
        let origin = search::middle(&polygon.corners).unwrap_or(Origin::new(polygon.corners[0]));
        Ok(Some((origin, search::area_of(path, &polygon.corners, &origin)?)))
    }

    fn spacing_m(&self, heard: Option<&range::Plan>) -> Result<f64, Failure> {
        match (self.spacing, heard) {
            (Some(spacing_m), _) => Ok(spacing_m),
            (None, Some(heard)) => heard.lanes_m.ok_or_else(|| {
                Failure::Usage(format!(
                    "--speed: at {:.0} m/s it is passed before it is heard; fly at {:.1} m/s, or write --for or --spacing",
                    heard.question.speed_mps, heard.speed_max_mps
                ))
            }),
            (None, None) => Err(Failure::Usage(
                "--spacing: write it, or --power-dbm for that at which the beacon is heard between two tracks".into(),
            )),
        }
    }
}

/// A route in words, with what a pilot must know of it.
fn told(preview: &Preview) -> String {
    let (mut text, strays) = (preview.to_text(), preview.strays());
    if let (Some(first), count) = (strays.first(), strays.len()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "warning: {count} waypoints lie outside of the area, waypoint {first} first");
    }
    text
}

fn lowest(heights_m: &[f64]) -> f64 {
    heights_m.iter().copied().fold(f64::INFINITY, f64::min)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display();
    std::fs::write(path, text).map_err(|error| Failure::doing(format!("cannot write {shown}"), error))?;
    say(&format!("wrote {shown}"));
    Ok(())
}

fn place(text: &str) -> Result<Wgs84, String> {
    let mend = || "write latitude,longitude in degrees: 47.3977,8.5456".to_string();
    let (lat, lon) = text.split_once(',').ok_or_else(mend)?;
    let degrees = |part: &str| part.trim().parse::<f64>().map_err(|_| mend());
    Wgs84::checked(degrees(lat)?, degrees(lon)?).ok_or_else(mend)
}

fn metres(text: &str) -> Result<f64, String> {
    within(text, 1.0, 20e3, " m")
}

fn heading(text: &str) -> Result<f64, String> {
    within(text, 0.0, 360.0, "°")
}
