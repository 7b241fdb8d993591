//! `skyhound profile list|show|save|delete|default|import|export`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::ProfiledArgs;
use super::failure::{Failure, print, say};
use crate::profiles::{self, Folder, origin};
use crate::sdr::{self, DeviceOffer};
use crate::settings::profile::About;
use crate::settings::{Deafness, Flags, Profile, Settings};
use crate::wiring;

/// Arguments of `skyhound profile`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What to do with profiles.
#[derive(Clone, Debug, Subcommand)]
pub enum Act {
    /// List those that come with the program and your own
    List {
        /// Tell of each whether this SDR covers it: SoapySDR's arguments, for example driver=rtlsdr
        #[arg(long, value_name = "ARGS")]
        sdr: Option<String>,
        /// JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Print a profile: what it is for, where its numbers come from, its settings
    Show {
        /// Which.
        name: String,
        /// Tell whether this SDR covers it: SoapySDR's arguments, for example driver=rtlsdr
        #[arg(long, value_name = "ARGS")]
        sdr: Option<String>,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Keep what is sought by these settings, and how it is heard, as a profile of your own
    Save(Box<Save>),
    /// Remove one of your own
    Delete {
        /// Which.
        name: String,
    },
    /// Tell or choose the profile that holds where settings name no beacon
    Default {
        /// Which; without it the one that is marked is told
        name: Option<String>,
        /// Mark none
        #[arg(long, conflicts_with = "name")]
        none: bool,
        /// JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Take profiles from a file: one of ours (TOML), or PISAD's (JSON: one, a list, rows of its config_profiles)
    Import {
        /// The file; "-" is stdin
        file: PathBuf,
        /// Its name here; without it that of the file, of JSON the one that it tells
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
        /// Put it in the place of one that is there
        #[arg(long)]
        replace: bool,
        /// Only tell what would be taken
        #[arg(long)]
        dry_run: bool,
    },
    /// Write a profile to a file, from which it imports the same
    Export {
        /// Which.
        name: String,
        /// Where to; "-" is stdout. A file that is there is never overwritten
        #[arg(default_value = "-")]
        file: PathBuf,
    },
}

/// What is kept as a profile.
#[derive(Clone, Debug, clap::Args)]
pub struct Save {
    /// By which name.
    pub name: String,
    /// Settings.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// What it is for, in a line; without it that of --profile
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Where its numbers come from; without it that of --profile
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Put it in the place of one that is there
    #[arg(long)]
    pub replace: bool,
}

/// Runs it.
///
/// # Errors
/// A profile that is none or not there is wrong use; a folder that cannot be written, or an SDR that is not there, a failure.
pub fn run(args: Args) -> Result<(), Failure> {
    let folder = Folder::of_environment();
    match args.act {
        Act::List { sdr, json } => list(&folder, sdr.as_deref(), json),
        Act::Show { name, sdr, json } => show(&folder, &folder.find(&name)?, sdr.as_deref(), json),
        Act::Save(args) => save(&folder, &args),
        Act::Delete { name } => {
            if folder.delete(&name)? {
                say(&format!("{name} was the default; none is marked now"));
            }
            done(&format!("removed profile {name}"))
        }
        Act::Default { name: None, none: false, json } => match folder.marked()? {
            name if json => print(&format!("{:#}\n", json!({ "default": name }))),
            Some(name) => print(&format!("{name}\n")),
            None => done("no profile is marked as the default"),
        },
        Act::Default { name, json, .. } => {
            folder.mark(name.as_deref())?;
            if json {
                return print(&format!("{:#}\n", json!({ "default": name })));
            }
            let marked = name
                .map_or("no profile is the default".into(), |name| format!("the default is profile {name}"));
            done(&marked)
        }
        Act::Import { file, name, replace, dry_run } => import(&folder, &file, name, replace, dry_run),
        Act::Export { name, file } => export(&folder.find(&name)?, &file),
    }
}

fn done(text: &str) -> Result<(), Failure> {
    say(text);
    Ok(())
}

/// The device that covers a profile, or does not.
fn offer(sdr: &str) -> Result<DeviceOffer, Failure> {
    let sdr = sdr.strip_prefix("soapy:").unwrap_or(sdr);
    let offers = sdr::probe(sdr).map_err(|error| Failure::Failed(error.to_string()))?;
    let found = offers.into_iter().next();
    let found = found.ok_or_else(|| {
        Failure::Failed(format!("no SDR {sdr:?} is found; `skyhound probe` lists what is there"))
    })?;
    match &found.problem {
        Some(problem) => Err(Failure::Failed(format!("soapy:{} cannot be asked: {problem}", found.args))),
        None => Ok(found),
    }
}

/// What of a profile a device does not offer, where one is asked about.
fn uncovered(profile: &Profile, offer: Option<&DeviceOffer>) -> Result<Option<Vec<String>>, Failure> {
    let Some(offer) = offer else { return Ok(None) };
    let mut told = sdr::uncovered(offer, &profile.settings()?.tuning().sdr);
    // Of a band its middle was asked about; its ends may be another matter.
    if let Some((low_hz, high_hz)) = profile.about.band_hz.filter(|_| told.is_empty()) {
        let mut asked = profile.settings()?.sdr;
        for hz in [low_hz, high_hz] {
            asked.frequency_hz = Some(hz);
            told.extend(sdr::uncovered(offer, &asked));
        }
    }
    Ok(Some(told))
}

fn list(folder: &Folder, sdr: Option<&str>, is_json: bool) -> Result<(), Failure> {
    let offer = sdr.map(offer).transpose()?;
    let default = folder.marked()?;
    let own = folder.list()?;
    let built_in = Profile::built_in().filter(|profile| own.iter().all(|own| own.name != profile.name));
    let (mut good, mut bad) = (built_in.collect::<Vec<_>>(), Vec::new());
    for own in own {
        match own.profile {
            Ok(profile) => good.push(profile),
            Err(failure) => bad.push(failure.message().unwrap_or_default().to_string()),
        }
    }
    good.sort_by(|a, b| (a.is_built_in, &a.name).cmp(&(b.is_built_in, &b.name)));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    let mut header = vec!["profile", "of", "MHz", "for"];
    header.extend(offer.as_ref().map(|_| "this SDR"));
    table.set_header(header);
    let mut rows = Vec::new();
    for profile in &good {
        let uncovered = uncovered(profile, offer.as_ref())?;
        let is_default = default.as_deref() == Some(&profile.name);
        let of = if profile.is_built_in { "program" } else { "yours" };
        let of = if is_default { format!("{of}, default") } else { of.to_string() };
        let mut row = vec![profile.name.clone(), of, places(profile)?, profile.about.description.clone()];
        row.extend(
            uncovered
                .as_ref()
                .map(|told| if told.is_empty() { "yes".into() } else { format!("no: {}", told.join("; ")) }),
        );
        table.add_row(row);
        rows.push(value(profile, is_default, uncovered.as_deref())?);
    }
    print(&if is_json { format!("{:#}\n", Value::from(rows)) } else { format!("{table}\n") })?;
    if bad.is_empty() { Ok(()) } else { Err(Failure::Failed(bad.join("\n"))) }
}

/// Where its beacons are, MHz.
fn places(profile: &Profile) -> Result<String, Failure> {
    if let Some((low_hz, high_hz)) = profile.about.band_hz {
        return Ok(format!("{} to {}", low_hz / 1e6, high_hz / 1e6));
    }
    let settings = profile.settings()?;
    let places = settings.beacons.iter().filter_map(|beacon| beacon.frequency_hz);
    Ok(places.map(|hz| (hz / 1e6).to_string()).collect::<Vec<_>>().join(" "))
}

fn value(profile: &Profile, is_default: bool, uncovered: Option<&[String]>) -> Result<Value, Failure> {
    let settings = profile.settings()?;
    let band_hz = profile.about.band_hz.map(|(low_hz, high_hz)| [low_hz, high_hz]);
    let of_all = settings.beacons.iter().filter(|_| band_hz.is_none()).map(|beacon| beacon.frequency_hz);
    Ok(json!({
        "name": profile.name,
        "built_in": profile.is_built_in,
        "default": is_default,
        "description": profile.about.description,
        "source": profile.about.source,
        "band_hz": band_hz,
        "frequencies_hz": of_all.collect::<Vec<_>>(),
        "sha256": profile.sha256(),
        "uncovered": uncovered,
    }))
}

fn show(folder: &Folder, profile: &Profile, sdr: Option<&str>, is_json: bool) -> Result<(), Failure> {
    let offer = sdr.map(offer).transpose()?;
    let uncovered = uncovered(profile, offer.as_ref())?;
    if is_json {
        let is_default = folder.marked()?.as_deref() == Some(&profile.name);
        let mut value = value(profile, is_default, uncovered.as_deref())?;
        value["toml"] = profile.text.as_str().into();
        return print(&format!("{value:#}\n"));
    }
    say(&profile.in_force(false).to_string());
    match &uncovered {
        Some(told) if told.is_empty() => say("this SDR covers it"),
        Some(told) => told.iter().for_each(|told| say(&format!("this SDR does not cover it: {told}"))),
        None => {}
    }
    print(&profile.text)
}

fn save(folder: &Folder, args: &Save) -> Result<(), Failure> {
    folder.may_write(&args.name, args.replace)?;
    let from = args.settings.profile.as_deref().filter(|name| *name != profiles::NONE);
    let from = from.map(|name| folder.find(name)).transpose()?.map(|from| from.about).unwrap_or_default();
    let description = args.description.clone().or(Some(from.description).filter(|text| !text.is_empty()));
    let description =
        description.ok_or_else(|| Failure::Usage("what is it for? write --description TEXT".into()))?;
    let settings = args.settings.load(&Flags::default())?;
    // A frequency that was asked for is told by now.
    let about = About { description, source: args.source.clone().or(from.source), band_hz: None };
    let (text, left) = settings.to_profile(&about);
    let profile = Profile::read(&args.name, &text, false)?;
    if Settings::default().to_toml() == profile.settings()?.to_toml() {
        return Err(Failure::Usage(
            "nothing that a profile keeps is set; give --config, --profile or --set with what is sought"
                .into(),
        ));
    }
    if !left.is_empty() {
        say(&format!(
            "left out, for a profile keeps only what is sought and how it is heard: {}",
            left.join(", ")
        ));
    }
    hear(&profile)?;
    let path = folder.write(&profile, args.replace)?;
    done(&format!("saved profile {} to {}", args.name, path.display()))
}

/// Whether it can be heard: what is heard only in part is told, what is not heard at all refused.
fn hear(profile: &Profile) -> Result<(), Failure> {
    let (note, deaf) = wiring::foresee(&profile.settings()?)?;
    note.iter().for_each(|note| say(&format!("note: {note}")));
    deaf.iter().for_each(|deaf| say(&format!("{}: {deaf}", deaf.severity.name())));
    Deafness::refusal(&deaf).map_or(Ok(()), |why| Err(Failure::Usage(why)))
}

fn import(
    folder: &Folder,
    file: &Path,
    name: Option<String>,
    is_replacing: bool,
    is_dry: bool,
) -> Result<(), Failure> {
    let shown = file.display();
    let text = profiles::read(file)?.ok_or_else(|| Failure::Failed(format!("{shown}: is not there")))?;
    let refused = |why: &str| Failure::Usage(format!("{shown}: {why}"));
    let (mut imports, report) = match origin::read(&text) {
        Some(read) => {
            let read = read.map_err(|why| refused(&why))?;
            let report = read.iter().map(told).collect::<String>();
            (read.into_iter().map(|read| (read.name, read.text)).collect::<Vec<_>>(), report)
        }
        None if file.extension().is_some_and(|ending| ending == "json") => {
            return Err(refused("is no JSON that can be read; a profile of ours ends with .toml"));
        }
        None => {
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            (vec![(stem.unwrap_or_default(), text)], String::new())
        }
    };
    match (name, &mut imports[..]) {
        (Some(name), [(own, _)]) => *own = name,
        (Some(_), several) => {
            return Err(refused(&format!("there are {} profiles; --as names one", several.len())));
        }
        (None, _) => {}
    }
    // All are looked at before one is written.
    let mut read: Vec<Profile> = Vec::new();
    for (name, text) in &imports {
        if read.iter().any(|other| other.name == *name) {
            return Err(refused(&format!("two of its profiles would be called {name}; rename one")));
        }
        folder.may_write(name, is_replacing)?;
        let profile = Profile::read(name, text, false).map_err(|errors| refused(&errors.to_string()))?;
        hear(&profile)?;
        read.push(profile);
    }
    print(&report)?;
    for profile in &read {
        match is_dry {
            true => say(&format!("would take profile {}", profile.name)),
            false => say(&format!(
                "took profile {} to {}",
                profile.name,
                folder.write(profile, is_replacing)?.display()
            )),
        }
    }
    Ok(())
}

/// What became of each field.
pub(super) fn told(read: &origin::Imported) -> String {
    let mut text = format!("{:?} as {}\n", read.title, read.name);
    for (word, lines) in [("taken", &read.taken), ("changed", &read.changed), ("left", &read.left)] {
        for line in lines {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {word:<8} {line}");
        }
    }
    text
}

fn export(profile: &Profile, file: &Path) -> Result<(), Failure> {
    if file == Path::new("-") {
        return print(&profile.text);
    }
    let doing = |error: std::io::Error| Failure::doing(format!("cannot write {}", file.display()), error);
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(doing)?;
    std::io::Write::write_all(&mut new, profile.text.as_bytes()).map_err(doing)?;
    done(&format!("wrote {}", file.display()))
}
