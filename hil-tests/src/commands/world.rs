//! `skyhound-rig world SCENARIO --iq out.sigmf-meta | --serve SOCKET`: what the drone's SDR would hear, as a recording, or as
//! the device of any program that knows SoapySDR.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use skyhound::signal::SampleFormat;
use skyhound_host::cli::duration;

use super::{Failure, found, print, say};
use crate::course::Course;
use crate::iq_server::IqServer;
use crate::recording::{self, Written};
use crate::scenario::Scenario;
use crate::script::Timeline;
use crate::soapy;
use crate::world::iq::IqWorld;

const RECORDING_S: f64 = 10.0;
/// Longest recording: as CF32 at 20 MS/s it is 96 GB.
const SECONDS_MAX: f64 = 600.0;

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Name of a built-in scenario, or a file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Where the recording goes: FILE.sigmf-meta, with FILE.sigmf-data beside it
    #[arg(long, value_name = "FILE.sigmf-meta", required_unless_present = "serve")]
    pub iq: Option<PathBuf>,
    /// Serve the world in real time to the driver skyhound-rig, on this socket
    #[arg(long, value_name = "SOCKET", conflicts_with_all = ["iq", "format"])]
    pub serve: Option<PathBuf>,
    /// How long; a recording 10 s when not given, a served world until it is interrupted
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub time: Option<Duration>,
    /// Form of the samples: cu8 (unsigned, as RTL-SDR), cs8 (as HackRF), cs16 or cf32
    #[arg(long, default_value = "cs8", value_parser = format)]
    pub format: SampleFormat,
    /// Seed of all chance; the scenario's when not given
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

fn format(text: &str) -> Result<SampleFormat, String> {
    let formats = [
        ("cu8", SampleFormat::Cu8),
        ("cs8", SampleFormat::Cs8),
        ("cs16", SampleFormat::Cs16),
        ("cf32", SampleFormat::Cf32),
    ];
    let found = formats.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, format)| format).ok_or_else(|| "write cu8, cs8, cs16 or cf32".to_owned())
}

pub fn run(args: Args) -> Result<(), Failure> {
    let scenario = found(&args.scenario)?;
    let seed = args.seed.unwrap_or(scenario.seed);
    let scenario = scenario.drawn(seed);
    match (&args.iq, &args.serve) {
        (Some(iq), _) => record(iq, &scenario, seed, &args),
        (None, Some(socket)) => serve(socket, &scenario, seed, args.time),
        (None, None) => Err(Failure::Usage("--iq FILE.sigmf-meta or --serve SOCKET is needed".into())),
    }
}

fn record(iq: &Path, scenario: &Scenario, seed: u64, args: &Args) -> Result<(), Failure> {
    let path = iq.display();
    if iq.extension().is_none_or(|end| end != "sigmf-meta") {
        return Err(Failure::Usage(format!("--iq {path}: a recording's name ends in .sigmf-meta")));
    }
    let seconds = args.time.map_or(RECORDING_S, |time| time.as_secs_f64());
    if !(seconds > 0.0 && seconds <= SECONDS_MAX) {
        let why = format!("--for {seconds} s: it must be over 0 and at most {SECONDS_MAX} s");
        return Err(Failure::Usage(why));
    }
    let written = recording::write(iq, scenario, seed, seconds, args.format);
    let written = written.map_err(|error| format!("{path}: {error}"))?;
    let Written { meta, samples, sample_count, on_air_count, annotation_count } = written;
    if annotation_count < on_air_count {
        say(&format!("only the first {annotation_count} of {on_air_count} transmissions are annotated"));
    }
    print(&format!("{}\n", meta.display()))?;
    let (name, samples) = (&scenario.name, samples.display());
    say(&format!(
        "{sample_count} samples of scenario {name} with seed {seed}, {on_air_count} transmissions; samples in {samples}"
    ));
    Ok(())
}

fn serve(socket: &Path, scenario: &Scenario, seed: u64, time: Option<Duration>) -> Result<(), Failure> {
    let module = soapy::module().map_err(String::from)?;
    let since = Instant::now();
    // The course is flown by the clock.
    let course = Course::new(scenario);
    let poses = Arc::new(move || course.pose(since.elapsed().as_micros() as u64));
    let server =
        IqServer::start(socket, IqWorld::new(scenario, seed), poses).map_err(|error| error.to_string())?;
    for (name, value) in soapy::environment(&module) {
        print(&format!("export {name}={}\n", value.display()))?;
    }
    print(&format!("driver=skyhound-rig,world={}\n", socket.display()))?;
    let name = &scenario.name;
    say(&format!("serving scenario {name} with seed {seed}; set these variables and open this device"));
    let mut timeline = Timeline::new(&scenario.fault);
    while time.is_none_or(|time| since.elapsed() < time) {
        timeline.by_clock(since.elapsed().as_micros() as u64, |kind, begins| server.apply(kind, begins));
        std::thread::sleep(Duration::from_millis(20));
    }
    say(&format!("{} samples served, opened {} times", server.samples_total(), server.opened_total()));
    Ok(())
}
