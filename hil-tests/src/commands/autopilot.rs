//! `skyhound-rig autopilot`: the simulated aircraft alone, for a daemon, a ground station or a script to meet.

use std::time::{Duration, Instant};

use skyhound_host::cli::duration;

use super::{Failure, print, say};
use crate::aircraft::{Aircraft, Parameters};
use crate::autopilot::{Autopilot, Line};
use crate::scenario::{self, Flavour, Place};

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Names that begin alike for less have nothing in common.
const ALIKE_LEAST: usize = 2;
/// So many names are near at most.
const NEAR_MOST: usize = 6;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Whose modes it speaks: ardu_copter or px4
    #[arg(long, default_value = "ardu_copter", value_parser = flavour)]
    pub flavour: Flavour,
    /// udpin:ADDR:PORT, udpout:ADDR:PORT, tcp:ADDR:PORT (several clients) or pty:BAUD; again for more. Port 0 = any free one
    #[arg(long = "line", value_name = "LINE", default_values = ["tcp:127.0.0.1:5760", "udpout:127.0.0.1:14550"])]
    pub lines: Vec<Line>,
    /// Its MAVLink system id
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=254))]
    pub system: u8,
    /// A parameter that differs from its default; again for more
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, f64)>,
    /// Begins in the air, this many metres above home (over 0 to 5000), armed
    #[arg(long, value_name = "M", value_parser = height)]
    pub airborne: Option<f64>,
    /// Seed of wind and sensors
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How long; without it until it is interrupted
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub time: Option<Duration>,
}

fn flavour(text: &str) -> Result<Flavour, String> {
    match text {
        "ardu_copter" => Ok(Flavour::ArduCopter),
        "px4" => Ok(Flavour::Px4),
        _ => Err("use ardu_copter or px4".into()),
    }
}

fn parameter(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, for example GUID_TIMEOUT=3")?;
    Ok((name.into(), number(value)?))
}

fn height(text: &str) -> Result<f64, String> {
    let up_m = number(text)?;
    if up_m > 0.0 && up_m <= 5000.0 { Ok(up_m) } else { Err("it must be over 0 and at most 5000 m".into()) }
}

fn number(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value.filter(|value| value.is_finite()).ok_or_else(|| format!("`{text}` is no finite number"))
}

/// Whether the aircraft of `flavour` has it; if not, those whose names begin most like it.
fn known(flavour: Flavour, name: &str) -> Result<(), Failure> {
    let of = |flavour| Parameters::new(&scenario::Aircraft { flavour, ..scenario::Aircraft::default() });
    let (parameters, other) = match flavour {
        Flavour::ArduCopter => (of(flavour), Flavour::Px4),
        Flavour::Px4 => (of(flavour), Flavour::ArduCopter),
    };
    if parameters.find(name).is_some() {
        return Ok(());
    }
    let alike =
        |known: &str| known.bytes().zip(name.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let names = || (0..parameters.count()).filter_map(|index| Some(parameters.at(index)?.name.as_str()));
    let most = names().map(alike).max().filter(|most| *most >= ALIKE_LEAST);
    let near: Vec<&str> = names().filter(|known| Some(alike(known)) == most).take(NEAR_MOST).collect();
    let mend = match (of(other).find(name), near.is_empty()) {
        (Some(_), _) => "it is of the other --flavour".to_string(),
        (None, false) => format!("near it: {}", near.join(", ")),
        (None, true) => format!("known: {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::Usage(format!("--param {name}: the simulated aircraft has no such parameter; {mend}")))
}

/// Flies it, whether or not anybody reads on. Each line's address goes to stdout, beside what a daemon must be told to meet
/// it; changes of mode to stderr.
pub fn run(args: Args) -> Result<(), Failure> {
    args.parameters.iter().try_for_each(|(name, _)| known(args.flavour, name))?;
    let aircraft = scenario::Aircraft {
        flavour: args.flavour,
        system: args.system,
        parameters: args.parameters.into_iter().collect(),
        ..scenario::Aircraft::default()
    };
    let mut aircraft = Aircraft::new(&aircraft, &Place::default(), args.seed);
    if let Some(up_m) = args.airborne {
        aircraft.begin_airborne(0.0, 0.0, up_m, 0.0);
    }
    let autopilot =
        Autopilot::start(aircraft, &args.lines).map_err(|error| format!("cannot open a line: {error}"))?;
    for line in autopilot.lines() {
        print(&format!("{line}\t{}\n", line.for_daemon()))?;
    }
    let begun = Instant::now();
    let mut said = None;
    while args.time.is_none_or(|time| begun.elapsed() < time) {
        std::thread::sleep(LOOK_EVERY);
        let now = autopilot.look(|aircraft| (aircraft.mode_name(), aircraft.belief().armed));
        if said != Some(now) {
            said = Some(now);
            let armed = if now.1 { "armed" } else { "disarmed" };
            say(&format!("{:>8.1} s  {}, {armed}", begun.elapsed().as_secs_f64(), now.0));
        }
    }
    Ok(())
}
