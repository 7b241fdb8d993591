//! `skyhound catalog …`: which flights there are, and where each lies.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::failure::{print, say};
use super::{Failure, SettingsArgs, homes};
use crate::store::{self, Catalogue, Known, Place, Scanned};

/// Arguments of `skyhound catalog`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The catalogue; without it skyhound/catalog.duckdb in $XDG_DATA_HOME or ~/.local/share
    #[arg(long, value_name = "FILE", global = true)]
    pub catalog: Option<PathBuf>,
    /// JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What to do with it.
#[derive(Clone, Debug, Subcommand)]
pub enum Act {
    /// Look through folders and buckets: flight files and archives in and below them
    Scan {
        /// Folders, single flights, or s3://BUCKET/PATH (gs, az, https, file)
        #[arg(value_name = "PLACE", required = true)]
        places: Vec<PathBuf>,
        /// What they lie on, for example drone-1 or stick-blue; without it this computer or the mounted stick
        #[arg(long = "on", value_name = "NAME")]
        volume: Option<String>,
    },
    /// List flights: those in which a text stands (name, host, date, tags, note, what was heard), or all
    Find {
        /// The text
        #[arg(value_name = "TEXT", default_value = "")]
        text: String,
    },
    /// Tell every place where a flight or a content lies
    Where {
        /// How its name or its content's SHA-256 begins
        #[arg(value_name = "HASH|FLIGHT")]
        begin: String,
    },
    /// Read all copies that can be reached now: is each what it was
    Verify {
        /// How name or content begin; without it all flights
        #[arg(value_name = "HASH|FLIGHT", default_value = "")]
        begin: String,
    },
    /// Tag a flight
    Tag {
        /// How its name or content begins
        #[arg(value_name = "FLIGHT")]
        flight: String,
        /// Tags
        #[arg(value_name = "TAG", required = true)]
        tags: Vec<String>,
        /// Take them off
        #[arg(long)]
        remove: bool,
    },
    /// Write a note to a flight; an empty one removes it
    Note {
        /// How its name or content begins
        #[arg(value_name = "FLIGHT")]
        flight: String,
        /// The note
        #[arg(value_name = "TEXT")]
        note: String,
    },
    /// Write tags and note of a flight in place of those it has
    About {
        /// Its file, which is read if it is not known yet; or how its name or content begins
        #[arg(value_name = "FILE|FLIGHT")]
        flight: PathBuf,
        /// A tag; none: it has none
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// The note; none: it has none
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        note: String,
    },
    /// List flights in which something alike was heard, the nearest first
    Similar {
        /// How its name or content begins
        #[arg(value_name = "FLIGHT")]
        flight: String,
    },
    /// Write the whole catalogue into a folder or bucket, for `catalog restore`
    Save {
        /// The folder, for example on the stick that has the archive, or s3://BUCKET/PATH (gs, az, https, file)
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// On a fresh laptop: take the catalogue that was saved in these places, and look through them
    Restore {
        /// Folders, or s3://BUCKET/PATH (gs, az, https, file)
        #[arg(value_name = "PLACE", required = true)]
        places: Vec<PathBuf>,
        /// What they lie on, as of scan
        #[arg(long = "on", value_name = "NAME")]
        volume: Option<String>,
    },
}

/// Does it.
///
/// # Errors
/// A place that cannot be read, a copy that is not whole, a flight that is not known.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = args.settings.disk_reserve_mb()?;
    let path = args.catalog.clone().map_or_else(homes::catalogue, Ok)?;
    let catalogue = Catalogue::open(&path)?;
    match &args.act {
        Act::Scan { places, volume } => scan(&catalogue, places, volume.as_deref(), reserve_mb, args.json),
        Act::Restore { places, volume } => {
            for place in places {
                let count = catalogue.take_saved(place, &homes::state()?)?;
                say(&format!("{}: {count} flights were saved there", place.display()));
            }
            scan(&catalogue, places, volume.as_deref(), reserve_mb, args.json)
        }
        Act::Find { text } => {
            list(catalogue.find(text)?.into_iter().map(|flight| (None, flight)).collect(), args.json)
        }
        Act::Similar { flight } => {
            let similar = catalogue.similar(&catalogue.one(flight)?)?;
            list(similar.into_iter().map(|(distance, flight)| (Some(distance), flight)).collect(), args.json)
        }
        Act::Where { begin } => {
            let places = catalogue.places(begin)?;
            if places.is_empty() {
                return Err(Failure::Failed(format!("no flight and no content begins with \"{begin}\"")));
            }
            tell(&places, args.json)
        }
        Act::Verify { begin } => {
            let places = catalogue.verify(begin, &homes::state()?, reserve_mb)?;
            tell(&places, args.json)?;
            match places.iter().filter(|place| place.is_there && place.fault.is_some()).count() {
                0 => Ok(()),
                count => {
                    Err(Failure::Failed(format!("{count} of {} copies are not what they were", places.len())))
                }
            }
        }
        Act::Tag { flight, tags, remove } => {
            let mut known = catalogue.one(flight)?;
            known.tags.retain(|tag| !tags.contains(tag));
            known.tags.extend(tags.iter().filter(|_| !remove).cloned());
            write_about(&catalogue, known)
        }
        Act::Note { flight, note } => {
            let known = catalogue.one(flight)?;
            write_about(&catalogue, Known { note: Some(note.clone()), ..known })
        }
        Act::About { flight, tags, note } => {
            let known = one_of(&catalogue, flight, reserve_mb)?;
            write_about(&catalogue, Known { tags: tags.clone(), note: Some(note.clone()), ..known })
        }
        Act::Save { folder } => Ok(catalogue.save(folder, &homes::state()?)?),
    }
}

/// Each tag once; an empty note is none.
fn write_about(catalogue: &Catalogue, mut flight: Known) -> Result<(), Failure> {
    flight.tags.sort();
    flight.tags.dedup();
    flight.note = flight.note.filter(|note| !note.is_empty());
    Ok(catalogue.write_flight(&flight)?)
}

/// The flight of this file, which gets known if it is not; or the one whose name or content begins so.
fn one_of(catalogue: &Catalogue, flight: &Path, reserve_mb: u32) -> Result<Known, Failure> {
    if !flight.is_file() {
        return Ok(catalogue.one(&flight.to_string_lossy())?);
    }
    let file = flight.canonicalize().map_err(|error| Failure::doing(flight.display(), error))?;
    let known = |catalogue: &Catalogue| {
        let places = catalogue.places("")?.into_iter();
        Ok::<_, Failure>(places.filter(|place| place.is_there).find(|place| Path::new(&place.path) == file))
    };
    if let Some(place) = known(catalogue)? {
        return Ok(catalogue.one(&place.flight)?);
    }
    let faults = catalogue.scan(&file, &volume_of(&file), reserve_mb)?.faults;
    let place = known(catalogue)?.ok_or_else(|| Failure::Failed(faults.join("; ")))?;
    Ok(catalogue.one(&place.flight)?)
}

/// The stick that is mounted there, or this computer.
fn volume_of(place: &Path) -> String {
    if let Some((scheme, rest)) = place.to_string_lossy().split_once("://") {
        return format!("{scheme}://{}", rest.split('/').next().unwrap_or_default());
    }
    let real = place.canonicalize().unwrap_or_else(|_| place.to_path_buf());
    let text = real.to_string_lossy().into_owned();
    let below = |root: &str, names: usize| {
        let rest = text.strip_prefix(root)?;
        rest.split('/').nth(names).filter(|name| !name.is_empty()).map(String::from)
    };
    below("/run/media/", 1)
        .or_else(|| below("/media/", 1))
        .or_else(|| below("/mnt/", 0))
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
}

fn scan(
    catalogue: &Catalogue,
    places: &[PathBuf],
    volume: Option<&str>,
    reserve_mb: u32,
    as_json: bool,
) -> Result<(), Failure> {
    let mut all = Scanned::default();
    for place in places {
        let volume = volume.map_or_else(|| volume_of(place), String::from);
        let scanned = match place.to_str().filter(|url| store::is_url(url)) {
            Some(url) => catalogue.scan_url(url, &volume, &homes::state()?)?,
            None => catalogue.scan(place, &volume, reserve_mb)?,
        };
        all.read.extend(scanned.read);
        all.same.extend(scanned.same);
        all.gone.extend(scanned.gone);
        all.faults.extend(scanned.faults);
    }
    all.faults.iter().for_each(|fault| say(&format!("skyhound: {fault}")));
    if as_json {
        print(&format!("{:#}\n", json!(all)))?;
    } else {
        let [read, same, gone] = [&all.read, &all.same, &all.gone].map(Vec::len);
        print(&format!("{read} read, {same} as they were, {gone} gone\n"))?;
    }
    match all.faults.len() {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of the flights are not whole"))),
    }
}

fn list(flights: Vec<(Option<f64>, Known)>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let value = |(distance, flight): &(Option<f64>, Known)| {
            let mut value = json!(flight);
            distance.iter().for_each(|distance| value["distance"] = json!(distance));
            value
        };
        return print(&format!("{:#}\n", Value::from(flights.iter().map(value).collect::<Vec<_>>())));
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["flight", "started", "host", "rows", "heard", "tags", "note", "distance"]);
    for (distance, flight) in flights {
        table.add_row([
            flight.name,
            flight.started_utc.unwrap_or_default(),
            flight.host.unwrap_or_default(),
            flight.row_count.to_string(),
            flight.heard.join(", "),
            flight.tags.join(", "),
            flight.note.unwrap_or_default(),
            distance.map_or_else(String::new, |distance| format!("{distance:.3}")),
        ]);
    }
    print(&format!("{table}\n"))
}

fn tell(places: &[Place], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print(&format!("{:#}\n", json!(places)));
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["flight", "on", "path", "rows", "size", "content", "seen", "verified", ""]);
    for place in places {
        let state = match (&place.fault, place.is_there) {
            (_, false) => "not there".to_string(),
            (Some(fault), true) => fault.clone(),
            (None, true) => String::new(),
        };
        table.add_row([
            place.flight.clone(),
            place.volume.clone(),
            place.path.clone(),
            place.row_count.to_string(),
            format!("{:.2} MB", place.file_bytes as f64 / 1e6),
            place.sha256.chars().take(12).collect(),
            place.seen_utc.clone(),
            place.verified_utc.clone().unwrap_or_default(),
            state,
        ]);
    }
    print(&format!("{table}\n"))
}
