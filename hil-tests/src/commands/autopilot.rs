//! `skyhound-rig autopilot`: the simulated aircraft alone, for a daemon, a ground station or a script to meet.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use skyhound_host::cli::duration;

use crate::aircraft::Aircraft;
use crate::autopilot::{Autopilot, LineSpec};
use crate::scenario::{self, Flavour, Place};

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Arguments of `skyhound-rig autopilot`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Whose modes it speaks: ardu_copter or px4
    #[arg(long, default_value = "ardu_copter", value_parser = flavour)]
    pub flavour: Flavour,
    /// udpin:ADDR:PORT, udpout:ADDR:PORT, tcp:ADDR:PORT (several clients) or pty:BAUD; again for more. Port 0 = any free one
    #[arg(long = "line", value_name = "LINE", default_values = ["tcp:127.0.0.1:5760", "udpout:127.0.0.1:14550"])]
    pub lines: Vec<LineSpec>,
    /// Its MAVLink system id
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=254))]
    pub system: u8,
    /// A parameter that differs from its default; again for more
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, f64)>,
    /// Begins in the air, this many metres above home, armed
    #[arg(long, value_name = "M")]
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
    let value = value.parse().map_err(|_| format!("`{value}` is no number"))?;
    Ok((name.into(), value))
}

/// Flies it. Each line's address goes to stdout, beside what a daemon must be told to meet it; changes of mode to stderr.
///
/// # Errors
/// A line that cannot be opened, or a parameter that the flavour has not.
pub fn run(args: Args) -> Result<(), String> {
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
    let aircraft = Arc::new(Mutex::new(aircraft));
    let autopilot = Autopilot::start(Arc::clone(&aircraft), &args.lines)
        .map_err(|error| format!("cannot open a line: {error}"))?;
    for line in autopilot.lines() {
        println!("{line}\t{}", line.for_daemon());
    }
    std::io::stdout().flush().map_err(|error| format!("cannot write to stdout: {error}"))?;
    let begun = Instant::now();
    let mut said = None;
    while args.time.is_none_or(|time| begun.elapsed() < time) {
        std::thread::sleep(LOOK_EVERY);
        let now = {
            let aircraft = aircraft.lock().unwrap_or_else(PoisonError::into_inner);
            (aircraft.mode_name(), aircraft.belief().armed)
        };
        if said != Some(now) {
            said = Some(now);
            let armed = if now.1 { "armed" } else { "disarmed" };
            eprintln!("{:>8.1} s  {}, {armed}", begun.elapsed().as_secs_f64(), now.0);
        }
    }
    Ok(())
}
