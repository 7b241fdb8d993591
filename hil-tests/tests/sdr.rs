//! The host's SDR part through the real SoapySDR library, against the rig's driver with its faults on command.
//!
//! Each test runs in a process of its own, because SoapySDR reads its environment once: the test program calls itself.

#[path = "sdr/faults.rs"]
mod faults;
#[path = "sdr/settings.rs"]
mod settings;
#[path = "sdr/world.rs"]
mod world;

use skyhound::record::{Event, Record};
use skyhound::ring::{Consumer, lane};
use skyhound::signal::{BlockStamp, Samples};
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::scan::{ScanOptions, scan};
use skyhound_host::sdr::{Block, Blocks, Receiver, Source, Step};
use skyhound_host::settings::{Flags as NoFlags, Pace, SdrSettings, Settings};
use skyhound_rig::{needs, soapy};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const RATE_SPS: f64 = 250_000.0;
/// Far beyond what anything here takes: only a fault of the program under test reaches it.
const PATIENCE_US: u64 = 30_000_000;

/// Runs `body`, which stands in a test of its own, in a process that sees the rig's driver.
fn on_rig<F: FnOnce(&Rig)>(body: F) {
    apart(test_of::<F>(), body);
}

/// The path of the test in which the closure `F` stands.
fn test_of<F>() -> &'static str {
    let path = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    path.split_once("::").expect("a path").1
}

fn apart(test: &str, body: impl FnOnce(&Rig)) {
    const INSIDE: &str = "SKYHOUND_RIG_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let folder = tempfile::tempdir().unwrap();
        return body(&Rig { control: folder.path().join("control"), _folder: folder });
    }
    let Some(module) = needs::sdr_module() else { return };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .envs(soapy::environment(&module))
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    let told = out.into_owned() + &err;
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "no such test as {test}: {told}");
}

fn open(settings: &SdrSettings) -> Result<Source, String> {
    Source::open(settings, Pace::Realtime, Clock::start()).map_err(|error| error.to_string())
}

/// A fifth of a second of samples, and the events until then.
fn listen(settings: &SdrSettings) -> (Source, Vec<(f64, f64)>, Vec<Event>) {
    let clock = Clock::start();
    let mut source = Source::open(settings, Pace::Realtime, clock).unwrap();
    let (mut block, mut samples, mut events) = (source.block(), Vec::new(), Vec::new());
    let end = clock.now().plus_us(PATIENCE_US);
    while samples.len() < RATE_SPS as usize / 5 {
        assert!(clock.now() < end, "no samples: {events:?}");
        if source.read(&mut block, &mut |event| events.push(event)).unwrap() == Step::Block {
            samples.extend(to_float(&block));
        }
    }
    (source, samples, events)
}

struct Rig {
    control: PathBuf,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// Settings for the driver with further arguments.
    fn settings(&self, args: &str) -> SdrSettings {
        SdrSettings {
            source: format!("soapy:driver=skyhound-rig,control={},{args}", self.control.display()),
            sample_rate_sps: Some(RATE_SPS),
            frequency_hz: Some(433.92e6),
            gain_db: None,
            stall_timeout_us: 600_000,
            reopen_wait_min_us: 50_000,
            reopen_wait_max_us: 200_000,
            clock_slack_us: 20_000,
            own_noise: None,
            ..Settings::load(None, &[], &NoFlags::default()).unwrap().sdr
        }
    }

    /// Tells the driver which faults to have from now on.
    fn faults(&self, words: &str) {
        skyhound_rig::shared::tell(&self.control, words).unwrap();
    }
}

/// A running receiver with all that came out of it so far.
struct Run {
    receiver: Receiver,
    blocks: Blocks,
    lane: Consumer<Record>,
    clock: Clock,
    events: Vec<Event>,
    stamps: Vec<(BlockStamp, usize)>,
}

impl Run {
    fn start(settings: &SdrSettings) -> Run {
        let clock = Clock::start();
        let source = Source::open(settings, Pace::Realtime, clock).unwrap();
        let (events, lane) = lane("events", 1_024);
        let (receiver, blocks) =
            Receiver::spawn(source, 64, events, clock, |body| realtime::start(Role::SdrRx, body)).unwrap();
        Run { receiver, blocks, lane, clock, events: Vec::new(), stamps: Vec::new() }
    }

    /// Takes blocks until `enough` says so.
    fn until(&mut self, what: &str, mut enough: impl FnMut(&Run) -> bool) {
        let end = self.clock.now().plus_us(PATIENCE_US);
        while !enough(self) {
            assert!(self.clock.now() < end, "waited in vain until {what}: {:#?}", self.events);
            if let Some(block) = self.blocks.next(Duration::from_millis(50)) {
                self.stamps.push((*block.stamp(), block.samples().len()));
            }
            while let Some(record) = self.lane.pop() {
                if let Record::Event(event) = record {
                    self.events.push(event);
                }
            }
        }
    }

    fn run_for(&mut self, us: u64) {
        let end = self.clock.now().plus_us(us);
        self.until("time passes", |run| run.clock.now() >= end);
    }

    fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    fn lost_samples(&self) -> u64 {
        self.stamps.iter().map(|(stamp, _)| stamp.lost_samples).sum()
    }

    /// What must hold of any stream: the index counts samples and losses, time never goes back nor into the future, and
    /// index and time tell the same length within `slack_us`.
    fn check(&self, slack_us: u64) {
        for pair in self.stamps.windows(2) {
            let [(last, count), (stamp, _)] = pair else { unreachable!() };
            assert_eq!(stamp.sample_index, last.sample_index + *count as u64 + stamp.lost_samples);
            assert!(stamp.acquired_us >= last.acquired_us, "{last:?} {stamp:?}");
            assert!(stamp.acquired_us <= self.clock.now());
        }
        // The first arrivals may be late, as the machine is; the envelope has found its place within a second.
        let settled = self.stamps.iter().find(|(stamp, _)| stamp.sample_index as f64 > RATE_SPS);
        let (first, last) = (settled.expect("more than a second").0, self.stamps[self.stamps.len() - 1].0);
        let by_index_us = ((last.sample_index - first.sample_index) as f64 * 1e6 / RATE_SPS) as u64;
        let by_time_us = last.acquired_us.since_us(first.acquired_us);
        assert!(by_index_us.abs_diff(by_time_us) < slack_us, "{by_index_us} by index, {by_time_us} by time");
    }
}

fn to_float(block: &Block) -> Vec<(f64, f64)> {
    let scaled = |i: f64, q: f64, full: f64| (i / full, q / full);
    match block.samples() {
        Samples::Cu8(_) => unreachable!("no device gives cu8 here"),
        Samples::Cs8(s) => s.iter().map(|[i, q]| scaled((*i).into(), (*q).into(), 128.0)).collect(),
        Samples::Cs16(s) => s.iter().map(|[i, q]| scaled((*i).into(), (*q).into(), 32_768.0)).collect(),
        Samples::Cf32(s) => s.iter().map(|[i, q]| scaled((*i).into(), (*q).into(), 1.0)).collect(),
    }
}

fn power_dbfs(samples: &[(f64, f64)]) -> f64 {
    10.0 * (samples.iter().map(|(i, q)| i * i + q * q).sum::<f64>() / samples.len() as f64).log10()
}

/// Frequency of a strong tone: the mean turn from sample to sample.
fn tone_hz(samples: &[(f64, f64)]) -> f64 {
    let turn = samples.windows(2).fold((0.0, 0.0), |(re, im), pair| {
        let [(a, b), (c, d)] = pair else { unreachable!() };
        (re + a * c + b * d, im + a * d - b * c)
    });
    f64::atan2(turn.1, turn.0) / std::f64::consts::TAU * RATE_SPS
}
