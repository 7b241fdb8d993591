//! What a flight will listen to, and what of it it cannot hear: known before anything flies.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::sdr::Source;
use crate::settings::{AtHand, Deafness, Pace, Settings, Tuning};
use skyhound::config::Config;
use skyhound::decide::Decide;
use std::path::Path;
use std::time::Duration;

/// The engine's configuration for those of the source's frequencies whose band holds a beacon, which the source is planned
/// for, and what it does not hear in the time at hand.
///
/// # Errors
/// A beacon that no band holds.
pub fn plan(
    settings: &Settings,
    tuning: &Tuning,
    source: &mut Source,
    limit: Option<Duration>,
) -> Result<(Config, Vec<Deafness>), Failure> {
    let rate_sps = source.stream().sample_rate_sps;
    let config = settings
        .engine_through(rate_sps, &source.centers_hz(), tuning.beside_hz)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let sense = &config.sense;
    let bands_hz: Vec<f64> = sense.centers_hz().collect();
    source.plan(&bands_hz);
    let at_hand = sense.channels.iter().map(|channel| {
        // Frequencies that are nearly the same are one band, of which the first is known here.
        let is_heard = |center_hz: f64| sense.holds(center_hz, channel);
        AtHand::of(source.span_us(&is_heard), limit)
    });
    let at_hand: Vec<AtHand> = at_hand.collect();
    let deaf = settings.deafness(&config, &at_hand, settings.sdr.is_recording());
    Ok((config, deaf))
}

/// What is not heard, without a flight: of a recording that is there, else of the rate and frequency that are set, else
/// whatever they are. With what is to be said of the tuning, or of a recording that is not there.
///
/// # Errors
/// A recording that cannot be read; a beacon out of the band.
pub fn foresee(settings: &Settings) -> Result<(Option<String>, Vec<Deafness>), Failure> {
    settings.own_noise().map_err(|error| Failure::Usage(error.to_string()))?;
    let tuning = settings.tuning();
    if let Some(mut source) = recording(settings)? {
        let (config, deaf) = plan(settings, &tuning, &mut source, None)?;
        would_fly(&config)?;
        return Ok((None, deaf));
    }
    let absent = path(settings).filter(|path| !path.exists());
    let note = absent.map(|path| format!("{} is not there: what it holds was not looked at", path.display()));
    let (Some(rate_sps), Some(frequency_hz)) = (settings.sdr.sample_rate_sps, settings.sdr.frequency_hz)
    else {
        // A recording may tell them itself; then the beacons' places are checked when it is opened.
        return Ok((note, settings.deafness_anywhere()));
    };
    let config = settings
        .engine_through(rate_sps, &[frequency_hz + tuning.beside_hz], tuning.beside_hz)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    would_fly(&config)?;
    Ok((note.or_else(|| tuning.note()), settings.deafness(&config, &[], settings.sdr.is_recording())))
}

/// What a flight would be refused for is told before: an area that is none, a prior far from it.
fn would_fly(config: &Config) -> Result<(), Failure> {
    Decide::new(config).map(drop).map_err(|error| Failure::Usage(error.to_string()))
}

/// Of the recording that the settings name; `None` for a device and for stdin.
fn path(settings: &Settings) -> Option<&Path> {
    settings.sdr.source.strip_prefix("file:").filter(|path| *path != "-").map(Path::new)
}

/// The recording that the settings name, where it is there. A pipe is left alone: what is read of it is gone.
fn recording(settings: &Settings) -> Result<Option<Source>, Failure> {
    let Some(path) = path(settings) else {
        return Ok(None);
    };
    // SigMF may be named without its ending.
    let is_file = std::fs::metadata(path).map(|facts| facts.is_file()).ok();
    if is_file == Some(false) {
        return Ok(None);
    }
    match Source::open(&settings.sdr, Pace::Max, Clock::start()) {
        Ok(source) => Ok(Some(source)),
        Err(error) if is_file.is_some() => Err(Failure::Failed(error.to_string())),
        Err(_) => Ok(None),
    }
}
