//! `skyhound flights`: the flight files there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::{print, say};
use super::{Failure, SettingsArgs, homes};
use crate::settings::{Flags, RetentionSettings, Settings};
use crate::store::{self, Catalogue, FlightEntry, FlightState, Known};

/// Arguments of `skyhound flights`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Folder of the flight files
    #[arg(long, value_name = "DIR")]
    pub flights: Option<PathBuf>,
    /// Remove the oldest as [retention] says: only those of which a copy was verified
    #[arg(long)]
    pub retain: bool,
    /// With --retain: only tell what would go
    #[arg(long, requires = "retain")]
    pub dry_run: bool,
    /// Only those in which this stands: in the name, or in what the catalogue knows, as `catalog find` looks
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub text: String,
    /// JSON instead of a table, with tags, note and what was heard as far as the catalogue knows them
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

/// Lists.
///
/// # Errors
/// A folder that cannot be read.
pub fn run(args: Args) -> Result<(), Failure> {
    let settings = args.load()?;
    let folder = settings.recorder.flights;
    if args.retain {
        return retain(&folder, &settings.retention, &args);
    }
    let is_asked = args.json || !args.text.is_empty();
    let catalogued = if is_asked { Catalogued::read(&args.text) } else { Catalogued::default() };
    let mut entries = store::flights(&folder)?;
    entries.retain(|entry| catalogued.is_found(entry, &args.text));
    if args.json {
        let values: Vec<_> = entries.iter().map(|entry| to_json(entry, catalogued.known(entry))).collect();
        return print(&format!("{:#}\n", serde_json::Value::from(values)));
    }
    if entries.is_empty() {
        say(&format!("no flights in {}", folder.display()));
        return Ok(());
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["flight", "started", "length", "size", "iq", "copies", "state"]);
    for entry in &entries {
        table.add_row([
            entry.path.display().to_string(),
            entry.started_utc_us.map_or_else(String::new, utc),
            entry.duration_s.map_or_else(String::new, |seconds| format!("{seconds:.1} s")),
            format!("{:.2} MB", entry.file_bytes as f64 / 1e6),
            iq(entry),
            store::copies(&entry.path).len().to_string(),
            state(&entry.state),
        ]);
    }
    print(&format!("{table}\n"))
}

/// What the catalogue knows: flights by name, the names of those that are looked for, and which flight lies at which path.
#[derive(Default)]
struct Catalogued {
    flights: BTreeMap<String, Known>,
    found: BTreeSet<String>,
    places: BTreeMap<String, String>,
}

impl Catalogued {
    /// Nothing where there is no catalogue, or another one writes it for long: the flights are there without it.
    fn read(text: &str) -> Catalogued {
        let read = || -> Result<Option<Catalogued>, Failure> {
            let Some(catalogue) = Catalogue::open_to_read(&homes::catalogue()?)? else { return Ok(None) };
            let flights = catalogue.find("")?.into_iter().map(|flight| (flight.name.clone(), flight));
            let found = catalogue.find(text)?.into_iter().map(|flight| flight.name);
            let places = catalogue.places("")?.into_iter().filter(|place| place.is_there);
            let places = places.map(|place| (place.path, place.flight));
            Ok(Some(Catalogued {
                flights: flights.collect(),
                found: found.collect(),
                places: places.collect(),
            }))
        };
        read().ok().flatten().unwrap_or_default()
    }

    fn known(&self, entry: &FlightEntry) -> Option<&Known> {
        let path = entry.path.canonicalize().unwrap_or_else(|_| entry.path.clone());
        let name = self.places.get(path.to_string_lossy().as_ref()).unwrap_or(&entry.name);
        self.flights.get(name)
    }

    fn is_found(&self, entry: &FlightEntry, text: &str) -> bool {
        entry.name.to_lowercase().contains(&text.to_lowercase())
            || self.known(entry).is_some_and(|known| self.found.contains(&known.name))
    }
}

fn retain(folder: &Path, settings: &RetentionSettings, args: &Args) -> Result<(), Failure> {
    let retained = store::retain(folder, settings, args.dry_run)?;
    if args.json {
        let gone: Vec<_> =
            retained.gone.iter().map(|(path, bytes)| json!({"path": path, "file_bytes": bytes})).collect();
        let told =
            json!({"gone": gone, "without_copy": retained.without_copy, "free_bytes": retained.free_bytes});
        print(&format!("{told:#}\n"))?;
    } else {
        let word = if args.dry_run { "would go" } else { "gone" };
        for (path, bytes) in &retained.gone {
            print(&format!("{word}: {} ({:.2} MB)\n", path.display(), *bytes as f64 / 1e6))?;
        }
        if retained.gone.is_empty() {
            say("nothing goes");
        }
    }
    retained.complaint(settings).map_or(Ok(()), |why| Err(Failure::Failed(why)))
}

/// Its size; that nobody has a copy of it.
fn iq(entry: &FlightEntry) -> String {
    let bytes = entry.iq_bytes;
    let uncopied = if store::has_uncopied_iq(&entry.path) { ", no copy" } else { "" };
    if bytes == 0 { String::new() } else { format!("{:.2} MB{uncopied}", bytes as f64 / 1e6) }
}

fn utc(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| String::new(), |time| format!("{time:.0}"))
}

fn state(state: &FlightState) -> String {
    match state {
        FlightState::Cut { why } | FlightState::Damaged { why } | FlightState::Newer { why } => {
            format!("{}: {why}", state.name())
        }
        other => other.name().to_string(),
    }
}

fn to_json(entry: &FlightEntry, known: Option<&Known>) -> serde_json::Value {
    let known = known.cloned().unwrap_or_default();
    json!({
        "path": entry.path,
        "name": entry.path.file_stem().map(|name| name.to_string_lossy()),
        "is_live": store::is_recorded(&entry.path),
        "started_utc": entry.started_utc_us.map(utc),
        "duration_s": entry.duration_s,
        "file_bytes": entry.file_bytes,
        "iq_bytes": entry.iq_bytes,
        "state": state(&entry.state),
        "copies": store::copies(&entry.path),
        "tags": known.tags,
        "note": known.note,
        "heard": known.heard,
    })
}
