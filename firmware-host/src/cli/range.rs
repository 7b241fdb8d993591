//! `skyhound range`: from how far a beacon is heard, before a search is flown.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use skyhound::config::Config;
use skyhound::propagation::{Model, Surroundings};

use super::failure::print;
use super::{Failure, ProfiledArgs, duration};
use crate::clock::Clock;
use crate::range::{self, Floor, Plan, Question};
use crate::sdr::Source;
use crate::settings::{Flags, Pace, Settings};

/// How long the floor is measured, s.
const MEASURED_S: f64 = 2.0;

/// Arguments of `skyhound range`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What is asked.
    #[command(flatten)]
    pub asked: Asked,
    /// Its power into its antenna while it is on: a wildlife tag -20 to 0, a distress beacon 14 to 37
    #[arg(long, value_name = "DBM", allow_negative_numbers = true, value_parser = decibels)]
    pub power_dbm: f64,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// The beacon, its way to the drone and the noise, for every command that asks from how far it is heard.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// Settings.
    #[command(flatten)]
    pub settings: ProfiledArgs,
    /// Which beacon of the settings; not needed where there is one alone
    #[arg(long, value_name = "NAME")]
    pub beacon: Option<String>,
    /// Gain of both antennas together, less cables and polarisation
    #[arg(long, value_name = "DB", default_value_t = 0.0, allow_negative_numbers = true, value_parser = decibels)]
    pub antenna_gain_db: f64,
    /// The drone's height over the ground, m
    #[arg(long, value_name = "M", default_value_t = 40.0, value_parser = height)]
    pub height: f64,
    /// The beacon's
    #[arg(long, value_name = "M", default_value_t = 1.0, value_parser = height)]
    pub beacon_height: f64,
    /// How long the beacon is to be within reach
    #[arg(long = "for", value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    pub time: Duration,
    /// Ground speed; without it homing.speed_mps
    #[arg(long, value_name = "MPS", value_parser = speed)]
    pub speed: Option<f64>,
    /// How power falls with distance
    #[arg(long, value_enum, default_value_t = Way::LogDistance)]
    pub model: Way,
    /// Of log_distance; 2 is free space
    #[arg(long, default_value_t = 2.2, value_parser = exponent)]
    pub exponent: f64,
    /// Of two_ray: magnitude of the ground's reflection
    #[arg(long, value_name = "RATIO", default_value_t = 0.7, value_parser = ratio)]
    pub reflection: f64,
    /// Deviation of shadowing by trees, bodies and ground: open country 2 to 4, wood and hills 6 to 10
    #[arg(long, value_name = "DB", default_value_t = 6.0, value_parser = sigma)]
    pub sigma_db: f64,
    /// Noise at the antenna, where it is known
    #[arg(long, value_name = "DBM_HZ", allow_negative_numbers = true, value_parser = decibels)]
    pub floor_dbm_hz: Option<f64>,
    /// Noise figure of the receiver
    #[arg(long, value_name = "DB", default_value_t = 6.0, value_parser = sigma)]
    pub noise_figure_db: f64,
    /// Where it is: what people's machines make of noise
    #[arg(long, value_enum, default_value_t = Where::Rural)]
    pub surroundings: Where,
    /// Measures the floor here: soapy:ARGS or file:PATH; needs --full-scale-dbm
    #[arg(
        long,
        value_name = "SDR",
        requires = "full_scale_dbm",
        conflicts_with = "floor_dbm_hz",
        group = "read"
    )]
    pub sdr: Option<String>,
    /// The floor that a flight had beside the beacon of this name; needs --full-scale-dbm
    #[arg(
        long,
        value_name = "FILE",
        requires = "full_scale_dbm",
        conflicts_with = "floor_dbm_hz",
        group = "read"
    )]
    pub flight: Option<PathBuf>,
    /// Power at the antenna that is 0 dBFS at the gain set: a generator's level less what is read of it
    #[arg(long, value_name = "DBM", requires = "read", allow_negative_numbers = true, value_parser = decibels)]
    pub full_scale_dbm: Option<f64>,
}

/// How power falls with distance.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Way {
    /// Friis
    FreeSpace,
    /// Direct ray and one from the ground
    TwoRay,
    /// Friis to 1 m, then by the exponent
    LogDistance,
}

/// Where it is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub enum Where {
    /// Business and industry
    City,
    /// Houses
    Residential,
    /// Fields
    Rural,
    /// Far from everything
    Quiet,
}

/// Prints the plan.
///
/// # Errors
/// A beacon that is not there, or that nothing can hear; a source that cannot be read.
pub fn run(args: Args) -> Result<(), Failure> {
    let plan = args.asked.plan(&args.asked.settings()?, args.power_dbm)?;
    print(&if args.json { format!("{:#}\n", plan.to_json()) } else { plan.to_text() })
}

impl Asked {
    /// The settings in force.
    ///
    /// # Errors
    /// [`Failure::Usage`] with every mistake.
    pub fn settings(&self) -> Result<Settings, Failure> {
        self.settings.load(&Flags { sdr: self.sdr.clone(), ..Flags::default() })
    }

    /// Ground speed, m/s.
    pub fn speed_mps(&self, settings: &Settings) -> f64 {
        self.speed.unwrap_or(settings.homing.speed_mps)
    }

    /// From how far a beacon of this power is heard.
    ///
    /// # Errors
    /// As [`run`].
    pub fn plan(&self, settings: &Settings, power_dbm: f64) -> Result<Plan, Failure> {
        let (config, source) = tuned(settings, self.sdr.is_some())?;
        let number = range::place_of(&config, self.beacon.as_deref())?;
        let frequency_hz = config.sense.channels[number].frequency_hz;
        if frequency_hz < 1e5 {
            return Err(Failure::Usage(format!(
                "beacon.{number}.frequency_hz: {frequency_hz} Hz is no radio frequency; write the beacon's, or sdr.frequency_hz"
            )));
        }
        let floor = match (source, &self.flight, self.full_scale_dbm, self.floor_dbm_hz) {
            (Some(mut source), _, Some(full_scale_dbm), _) => {
                let clock = Clock::start();
                range::measured(&mut source, &config, number, MEASURED_S, full_scale_dbm, clock)?
            }
            (_, Some(flight), Some(full_scale_dbm), _) => {
                let (name, reserve_mb) =
                    (&config.sense.channels[number].name, settings.recorder.disk_reserve_mb);
                range::flown(flight, name, reserve_mb, full_scale_dbm)?
            }
            (_, _, _, Some(dbm_hz)) => Floor::told(dbm_hz),
            _ => Floor::of(self.surroundings.into(), frequency_hz, self.noise_figure_db),
        };
        let question = Question {
            power_dbm,
            antenna_gain_db: self.antenna_gain_db,
            height_m: self.height,
            beacon_height_m: self.beacon_height,
            seconds: self.time.as_secs_f64(),
            speed_mps: self.speed_mps(settings),
            model: match self.model {
                Way::FreeSpace => Model::FreeSpace,
                Way::TwoRay => Model::TwoRay(self.reflection),
                Way::LogDistance => Model::LogDistance(self.exponent),
            },
            sigma_db: self.sigma_db,
            floor,
        };
        range::plan(&config, number, question)
    }
}

/// The engine's configuration: for the source that is measured, else for the rate and frequency of the settings.
fn tuned(settings: &Settings, is_measured: bool) -> Result<(Config, Option<Source>), Failure> {
    let tuning = settings.tuning();
    let wrong = |error: skyhound::config::ConfigError| Failure::Usage(error.to_string());
    if is_measured {
        let mut source = Source::open(&tuning.sdr, Pace::Max, Clock::start())
            .map_err(|error| Failure::Failed(error.to_string()))?;
        let (rate_sps, centers_hz) = (source.stream().sample_rate_sps, source.centers_hz());
        let config = settings.engine_through(rate_sps, &centers_hz, tuning.beside_hz).map_err(wrong)?;
        source.plan(&config.sense.centers_hz().collect::<Vec<_>>());
        return Ok((config, Some(source)));
    }
    let (Some(rate_sps), Some(frequency_hz)) = (settings.sdr.sample_rate_sps, settings.sdr.frequency_hz)
    else {
        let why = "sdr.sample_rate_sps: a recording's rate and frequency are not known here; write both, or take soapy:";
        return Err(Failure::Usage(why.into()));
    };
    let centers_hz = [frequency_hz + tuning.beside_hz];
    Ok((settings.engine_through(rate_sps, &centers_hz, tuning.beside_hz).map_err(wrong)?, None))
}

impl From<Where> for Surroundings {
    fn from(place: Where) -> Surroundings {
        match place {
            Where::City => Surroundings::City,
            Where::Residential => Surroundings::Residential,
            Where::Rural => Surroundings::Rural,
            Where::Quiet => Surroundings::Quiet,
        }
    }
}

pub(super) fn within(text: &str, low: f64, high: f64, unit: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("write a number from {low} to {high}{unit}"))
}

pub(super) fn decibels(text: &str) -> Result<f64, String> {
    within(text, -250.0, 100.0, "")
}

pub(super) fn sigma(text: &str) -> Result<f64, String> {
    within(text, 0.0, 40.0, " dB")
}

fn height(text: &str) -> Result<f64, String> {
    within(text, 0.0, 10e3, " m")
}

fn speed(text: &str) -> Result<f64, String> {
    within(text, 0.0, 100.0, " m/s")
}

fn exponent(text: &str) -> Result<f64, String> {
    within(text, 1.5, 6.0, "")
}

fn ratio(text: &str) -> Result<f64, String> {
    within(text, 0.0, 1.0, "")
}
