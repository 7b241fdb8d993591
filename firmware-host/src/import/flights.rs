//! PISAD's database and tables of telemetry → profiles and flights of ours.
//!
//! A file is taken whole or not at all: profiles are checked before one is written, and the flight gets its name last.

use std::fs::File;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::moment::Moment;
use super::pisad::{self, Database, Rows};
use super::{Imported, Kind, flown, look, telemetry};
use crate::failure::Failure;
use crate::profiles::{Folder, origin};
use crate::settings::{Deafness, Profile, Settings};
use crate::store::{About, Change, Made, Making, Source};
use crate::vehicle_log::row::Sums;
use crate::wiring;

const METHOD: &str = "UTC of the file";

/// Where to, and how.
pub struct Request<'a> {
    /// Folder of flights.
    pub flights: &'a Path,
    /// Its disk keeps this free, MB.
    pub reserve_mb: u32,
    /// Folder of profiles.
    pub profiles: &'a Folder,
    /// The settings in force, with these under what the operator set.
    pub settings: &'a dyn Fn(&[String]) -> Result<Settings, Failure>,
    /// Tell what would become of it, and write nothing.
    pub is_dry_run: bool,
    /// Put profiles in the place of those that are there.
    pub is_replacing: bool,
}

/// Takes a file; what became of it.
pub fn take(file: &Path, request: &Request) -> Imported {
    let mut told = Imported::of(file);
    let taken = look(file, &mut told).and_then(|kind| match kind {
        Kind::Pisad => database(&mut told, request),
        Kind::Telemetry => table(&mut told, request),
        _ => Err("is joined to a flight; name that with --into FLIGHT".into()),
    });
    if let Err(why) = taken {
        // What a flight would hold is no account of what was taken.
        (told.made, told.profiles) = (None, Vec::new());
        told.rows.clear();
        told.refused = Some(why);
    }
    told
}

fn said(failure: Failure) -> String {
    failure.message().unwrap_or_default().to_string()
}

/// Begins the flight that `about` tells of; of a dry run where it goes by itself.
fn begin(
    told: &Imported,
    request: &Request,
    about: &About,
) -> Result<(Making, Option<tempfile::TempDir>), String> {
    let aside = request.is_dry_run.then(tempfile::tempdir).transpose();
    let aside = aside.map_err(|error| format!("no folder to try it in: {error}"))?;
    if aside.is_none() {
        let made = std::fs::create_dir_all(request.flights);
        made.map_err(|error| format!("{}: {error}", request.flights.display()))?;
    }
    let within = aside.as_ref().map_or(request.flights, |aside| aside.path());
    let room = (2 * told.file_bytes, request.reserve_mb);
    let making = Making::begin(request.flights, within, about, &told.sha256, room);
    Ok((making.map_err(|error| error.to_string())?, aside))
}

/// Brings it to the disk, with where it is from.
fn finish(mut making: Making, told: &mut Imported, kind: Kind, began_utc_us: i64) -> Result<Made, String> {
    making.source(&Source {
        path: &told.file,
        sha256: &told.sha256,
        file_bytes: told.file_bytes,
        kind: kind.name(),
        offset_us: -began_utc_us,
        spread_us: None,
        method: METHOD,
        account: &told.account,
    })?;
    let made = making.finish().map_err(|error| error.to_string())?;
    told.rows.clone_from(&made.rows);
    told.made = Some(made.to().to_path_buf());
    Ok(made)
}

/// When a file was written last, µs since 1970.
fn written_us(file: &Path) -> i64 {
    let written = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_micros() as i64)
}

fn table(told: &mut Imported, request: &Request) -> Result<(), String> {
    let file = File::open(&told.file).map_err(|error| error.to_string())?;
    let read = telemetry::read(file)?;
    told.account = read.account.clone();
    let Some(last) = read.frames.last() else {
        return Err("no line of it can be taken".into());
    };
    let began_utc_us = read.began_utc_us.unwrap_or_else(|| {
        told.account
            .change("times are counted from a start that is not told: it ends when the file was written");
        written_us(&told.file) - last.at_us as i64
    });
    let hop = format!("sense.hop_ms={:?}", flown::hop_ms(&read.frames));
    let settings = (request.settings)(&[hop]).map_err(said)?;
    let named = told.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plan = flown::Plan::new(&settings, &named, began_utc_us).map_err(said)?;
    let (mut making, _aside) = begin(told, request, &plan.about)?;
    for (why, count) in flown::fly(&read.frames, &plan, &mut making).map_err(said)? {
        *told.account.changed.entry(why).or_default() += count;
    }
    let sums = told.account.sums.get("import_telemetry").copied().unwrap_or_default();
    making.table(&read.foreign(), &sums, |take| {
        let mut frames = read.frames.iter();
        read.rows.iter().try_for_each(|(number, cells)| {
            take(*number, frames.next().map(|frame| frame.at_us as i64), cells)
        })
    })?;
    let made = finish(making, told, Kind::Telemetry, began_utc_us)?;
    if request.is_dry_run {
        return Ok(());
    }
    made.name().map(drop).map_err(|error| error.to_string())
}

fn database(told: &mut Imported, request: &Request) -> Result<(), String> {
    let database = Database::open(&told.file)?;
    let (mut profiles, mut tables) = (Vec::new(), Vec::new());
    for name in database.tables()? {
        let rows = database.rows(&name)?;
        match name.as_str() {
            pisad::PROFILES => profiles = readied(&rows, told, request),
            name if name.starts_with("sqlite_") => {
                rows.rows.iter().for_each(|_| told.account.leave(&format!("{name}: SQLite's own")));
            }
            _ if rows.rows.is_empty() => {}
            _ => tables.push(rows),
        }
    }
    let made = if tables.is_empty() { None } else { Some(kept(&tables, told, request)?) };
    if profiles.is_empty() && made.is_none() {
        return Err(
            "there is nothing in it: no profile that can be taken, and no row of another table".into()
        );
    }
    if request.is_dry_run {
        return Ok(());
    }
    let written = Written::all(&profiles, request)?;
    made.map_or(Ok(()), |made| made.name().map(drop)).map_err(|error| {
        written.undo(request.profiles);
        error.to_string()
    })
}

/// The flight of all tables but that of profiles.
fn kept(tables: &[Rows], told: &mut Imported, request: &Request) -> Result<Made, String> {
    let utc = |moment: &Option<Moment>| match moment {
        Some(Moment::Utc(us) | Moment::Zoneless(us)) => Some(*us),
        _ => None,
    };
    let times = |rows: &Rows| rows.rows.iter().filter_map(|(moment, _)| utc(moment)).min();
    let states = tables.iter().find(|rows| rows.foreign.name == pisad::STATES);
    let began = states.and_then(times).or_else(|| tables.iter().filter_map(times).min());
    let began_utc_us = began.unwrap_or_else(|| {
        told.account.change("no row tells a time: the flight begins when the file was written");
        written_us(&told.file)
    });
    let settings = (request.settings)(&[]).map_err(said)?;
    let about = About {
        settings_toml: settings.to_toml(),
        sample_rate_sps: settings.sdr.sample_rate_sps.unwrap_or(flown::RATE_SPS),
        versions: vec![("skyhound".into(), env!("CARGO_PKG_VERSION").into())],
        sdr: format!("PISAD's {}", told.file.file_name().unwrap_or_default().to_string_lossy()),
        autopilot: "none".into(),
        clock_source: "times of the database".into(),
        recorded_utc_us: Some(began_utc_us),
        ..About::default()
    };
    let (mut making, _aside) = begin(told, request, &about)?;
    for rows in tables {
        let name = format!("import_{}", rows.foreign.name);
        (0..rows.rows.len()).for_each(|index| told.account.take_as(&name, rows.sums(index)));
        for (why, count) in &rows.changed {
            *told.account.changed.entry(why.clone()).or_default() += count;
        }
        let sums = told.account.sums.get(name.as_str()).copied().unwrap_or_default();
        making.table(&rows.foreign, &sums, |take| {
            (1..).zip(&rows.rows).try_for_each(|(number, (moment, cells))| {
                take(number, utc(moment).map(|us| us - began_utc_us), cells)
            })
        })?;
    }
    if let Some(rows) = states {
        let changes = changes(rows, told, |moment| utc(moment).map(|us| us - began_utc_us));
        making.changes(&changes)?;
    }
    finish(making, told, Kind::Pisad, began_utc_us)
}

/// Rows of `state_history` as changes of state, in order of time.
fn changes(rows: &Rows, told: &mut Imported, at_us: impl Fn(&Option<Moment>) -> Option<i64>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (index, (moment, _)) in rows.rows.iter().enumerate() {
        let text = |names: &[&str]| rows.text(index, names).unwrap_or_default().to_string();
        let to = text(&["to_state", "state", "new_state"]);
        let Some(at_us) = at_us(moment).filter(|_| !to.is_empty()) else {
            told.account
                .change("a row without time or state is no state_change: it is in import_state_history only");
            continue;
        };
        let reason = match text(&["operator_id"]) {
            operator if operator.is_empty() => text(&["reason"]),
            operator => format!("{} (operator {operator})", text(&["reason"])),
        };
        changes.push(Change {
            at_us,
            from: text(&["from_state", "previous_state", "old_state"]),
            to,
            reason,
        });
    }
    changes.sort_by_key(|change| change.at_us);
    changes
}

/// The profiles that can be written; each row is accounted for.
fn readied(rows: &Rows, told: &mut Imported, request: &Request) -> Vec<Profile> {
    let mut ready: Vec<Profile> = Vec::new();
    for index in 0..rows.rows.len() {
        match profile(rows, index, &ready, request) {
            Ok((read, None)) => {
                told.account.leave(&format!("profile {}: is there already, the same", read.name))
            }
            Ok((read, Some(profile))) => {
                told.account.take_as("profiles", Sums { row_count: 1, ..Sums::default() });
                told.profiles.push(read);
                ready.push(profile);
            }
            Err(why) => told.account.refuse(|| format!("{} row {}", pisad::PROFILES, index + 1), || why),
        }
    }
    ready
}

fn profile(
    rows: &Rows,
    index: usize,
    others: &[Profile],
    request: &Request,
) -> Result<(origin::Imported, Option<Profile>), String> {
    let text = pisad::object(rows, index).to_string();
    let read = origin::read(&text).ok_or("is no JSON")??;
    let read = read.into_iter().next().ok_or("is no profile")?;
    let profile = Profile::read(&read.name, &read.text, false).map_err(|errors| errors.to_string())?;
    if others.iter().any(|other| other.name == profile.name) {
        return Err(format!("{:?}: another one of it is called {} too; rename one", read.title, read.name));
    }
    if request.profiles.find(&read.name).is_ok_and(|own| !own.is_built_in && own.text == profile.text) {
        return Ok((read, None));
    }
    request.profiles.may_write(&read.name, request.is_replacing).map_err(said)?;
    let settings = profile.settings().map_err(|errors| errors.to_string())?;
    let (_, deaf) = wiring::foresee(&settings).map_err(said)?;
    match Deafness::refusal(&deaf) {
        Some(why) => Err(format!("{:?}: {why}", read.title)),
        None => Ok((read, Some(profile))),
    }
}

/// Profiles that were written, with what was there before.
struct Written(Vec<(String, Option<Profile>)>);

impl Written {
    fn all(profiles: &[Profile], request: &Request) -> Result<Written, String> {
        let mut written = Written(Vec::new());
        for profile in profiles {
            let before = request.profiles.find(&profile.name).ok().filter(|own| !own.is_built_in);
            if let Err(failure) = request.profiles.write(profile, request.is_replacing) {
                written.undo(request.profiles);
                return Err(said(failure));
            }
            written.0.push((profile.name.clone(), before));
        }
        Ok(written)
    }

    /// As it was before; what cannot be undone is told by the error that led here.
    fn undo(self, folder: &Folder) {
        for (name, before) in self.0 {
            let _ = match before {
                Some(before) => folder.write(&before, true).map(drop),
                None => folder.delete(&name).map(drop),
            };
        }
    }
}
