//! `skyhound config init|check|show|autopilot`.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};
use skyhound::vehicle::parameter::{Need, PARAMETERS, Parameter};

use super::ProfiledArgs;
use super::failure::{Failure, print, say};
use crate::settings::{Deafness, Flags, TEMPLATE};
use crate::wiring;
use skyhound::record::Severity;

/// Arguments of `skyhound config`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
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
    Check(ProfiledArgs),
    /// Print the settings in force as TOML: defaults, file, profile and --set
    Show(ProfiledArgs),
    /// Print what homing needs of the autopilot's parameters
    Autopilot,
}

/// Runs it.
///
/// # Errors
/// Wrong settings are wrong use; a file that cannot be written is a failure.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.act {
        Act::Init { path } => init(&path),
        Act::Check(settings) if args.json => check_json(&settings),
        Act::Check(settings) => {
            let (note, deaf) = look(&settings)?;
            note.iter().for_each(|note| say(&format!("note: {note}")));
            tell(&deaf)?;
            print("ok\n")
        }
        Act::Show(settings) => {
            let settings = settings.load(&Flags::default())?;
            print(&if args.json { format!("{:#}\n", settings.to_json()) } else { settings.to_toml() })
        }
        Act::Autopilot if args.json => print(&format!("{:#}\n", autopilot_json())),
        Act::Autopilot => print(&format!("{}\n", autopilot())),
    }
}

type Looked = (Option<String>, Vec<Deafness>);

fn look(settings: &ProfiledArgs) -> Result<Looked, Failure> {
    wiring::foresee(&settings.load(&Flags::default())?)
}

/// The same, with the mistakes too: they are what was asked for.
fn check_json(settings: &ProfiledArgs) -> Result<(), Failure> {
    let (looked, refused) = match look(settings) {
        Ok((note, deaf)) => {
            let refused = Deafness::refusal(&deaf).map(Failure::Usage);
            ((note, deaf), refused)
        }
        Err(failure) => ((None, Vec::new()), Some(failure)),
    };
    let mistakes: Vec<&str> = refused.iter().filter_map(Failure::message).flat_map(str::lines).collect();
    let (note, deaf) = &looked;
    let deaf = deaf
        .iter()
        .map(|deaf| json!({ "severity": deaf.severity.name(), "key": deaf.key, "mend": deaf.mend }));
    let told = json!({
        "ok": refused.is_none(), "mistakes": mistakes, "notes": note.iter().collect::<Vec<_>>(),
        "deaf": deaf.collect::<Vec<_>>(),
    });
    print(&format!("{told:#}\n"))?;
    refused.map_or(Ok(()), Err)
}

fn autopilot_json() -> Value {
    let row = |row: &Parameter| {
        let other = Some(row.other_name).filter(|name| !name.is_empty());
        json!({
            "autopilot": format!("{:?}", row.firmware), "parameter": row.name, "other_name": other,
            "must_be": must(row.need), "mend": row.mend,
        })
    };
    PARAMETERS.iter().map(row).collect()
}

/// The engine's table, for people.
fn autopilot() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["autopilot", "parameter", "must be", "mend"]);
    let mut before = "";
    for row in &PARAMETERS {
        let name = match row.other_name {
            "" => row.name.to_string(),
            other => format!("{} ({other})", row.name),
        };
        let mend = if row.need == Need::Told || row.mend == before { "" } else { row.mend };
        before = row.mend;
        table.add_row([&format!("{:?}", row.firmware), &name, &must(row.need), mend]);
    }
    table
}

fn must(need: Need) -> String {
    match need {
        Need::Within(low, high) if low == high => format!("{low}"),
        Need::Within(low, high) => {
            let least =
                if low == f64::MIN_POSITIVE { "over 0".to_string() } else { format!("{low} or more") };
            if high == f64::MAX { least } else { format!("{least}, at most {high}") }
        }
        Need::AnyBit(bits) => format!("any of bits {}", bit_list(bits)),
        Need::NoBit(bits) => format!("none of bits {}", bit_list(bits)),
        Need::NoBitIfTold(bits) => format!("none of bits {}, where it exists", bit_list(bits)),
        Need::OneOf(values) => {
            let values: Vec<_> = values.iter().map(f64::to_string).collect();
            format!("one of {}", values.join(", "))
        }
        Need::GroundStation => "the id of a ground station, 1 to 255".into(),
        Need::Battery(chain, link) => format!("{chain:?} {link:?}: one chain whole").to_lowercase(),
        Need::Told => "told: flown by".into(),
    }
}

fn bit_list(bits: u32) -> String {
    let set: Vec<_> = (0..32).filter(|bit| bits & (1 << bit) != 0).map(|bit| bit.to_string()).collect();
    set.join(", ")
}

/// Warnings to stderr; what hears nothing at all is refused.
fn tell(deaf: &[Deafness]) -> Result<(), Failure> {
    let told = deaf.iter().filter(|deaf| deaf.severity != Severity::Critical);
    told.for_each(|deaf| say(&format!("{}: {deaf}", deaf.severity.name())));
    Deafness::refusal(deaf).map_or(Ok(()), |why| Err(Failure::Usage(why)))
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
    say(&format!("wrote {shown}"));
    Ok(())
}
