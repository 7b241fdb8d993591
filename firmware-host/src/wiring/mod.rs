//! The one place that knows all parts: starts them, joins them by lanes, and stops them in reverse order.
//!
//! Threads: sdr-rx (the receiver), sense, control, recorder, ground (the operator's socket), excerpts where IQ is kept, and this one, which waits for
//! a signal. A panic in any of them is caught at its thread's boundary, written down, and stops commanding: of the others
//! through [`Shared::all_alive`], of the control thread itself by its silence. Then the process ends with exit code 1, and
//! whoever started it starts it again, in IDLE.

mod control;
mod excerpts;
mod foresight;
mod keeper;
mod live;
mod looking;
mod offline;
mod questions;
mod sensing;
mod sink;
mod situation;
mod status;
mod switching;
mod takeover;
mod threads;

pub use self::foresight::foresee;
pub use self::looking::{ASIDE_COMMAND, served};

use self::threads::{Life, Threads};
use crate::autopilot::Address;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::realtime::Role;
use crate::sdr::{ReceiverTotals, Source, Stream};
use crate::settings::{Deafness, Pace, Settings, Tuning, text_of};
use crate::store::{self, About, Inlets, Recorder, RecorderHandle, RecorderSummary};
use crate::version::VERSION;
use skyhound::config::Config;
use skyhound::decide::Decide;
use skyhound::limits::CHANNELS_MAX;
use skyhound::record::{Event, LaneReport, Name, Record, Severity, Text};
use skyhound::ring::Gauge;
use skyhound::sense::Sense;
use skyhound::time::TimeUs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Readings a second that the recorder's lane bridges a stall of the disk for, where a flight begins with fewer: 1.4 MB.
const OTHERS_HZ_MAX: f64 = 1_000.0;

/// What a flight is made of, whatever its clock.
struct Parts {
    source: Source,
    sense: Sense,
    decide: Decide,
    inlets: Inlets,
    /// Set by SIGTERM and SIGINT.
    signal: Arc<AtomicBool>,
    /// The flight's length at most.
    limit: Option<Duration>,
    clock: Clock,
    /// Samples kept around detections, if they are.
    excerpts: Option<excerpts::Excerpts>,
}

/// What the control thread sees of the others.
pub struct Shared {
    life: Arc<Life>,
    receiver: ReceiverTotals,
    recorder: RecorderHandle,
}

impl Shared {
    /// Whether the device streams.
    fn sdr_alive(&self) -> bool {
        self.receiver.is_alive()
    }
}

/// Flies: from the source's first sample to the closed flight file.
///
/// # Errors
/// What could not be opened, and what failed in flight. The flight file is made last, so that what cannot fly leaves none,
/// and closed in either case.
pub fn fly(settings: &Settings, limit: Option<Duration>) -> Result<RecorderSummary, Failure> {
    if settings.pace == Pace::Max && settings.autopilot.address != "none" {
        let why = "an autopilot needs --pace realtime: with --pace max the clock is the recording's own";
        return Err(Failure::Usage(why.to_string()));
    }
    if let Err(error) = settings.autopilot.address.parse::<Address>() {
        return Err(Failure::Usage(format!("autopilot.address: {error}")));
    }
    let clock = Clock::start();
    let (life, is_live) = (Arc::<Life>::default(), settings.pace == Pace::Realtime);
    let threads = Threads::new(Arc::clone(&life), is_live && settings.daemon.realtime);
    let doors = is_live.then(|| live::Doors::open(settings, &threads, clock)).transpose()?;
    let tuning = settings.tuning();
    let mut source =
        Source::open(&tuning.sdr, settings.pace, clock).map_err(|e| Failure::Failed(e.to_string()))?;
    let (config, deaf) = foresight::plan(settings, &tuning, &mut source, limit)?;
    if let Some(why) = Deafness::refusal(&deaf) {
        return Err(Failure::Usage(why));
    }
    let stream = source.stream().clone();
    let announced = announce(settings, &tuning, &deaf);
    let (sense, decide) = engine(&config)?;
    let ring = excerpts::ring(&settings.iq, &stream)?;
    let signal = crate::signals::watch().map_err(|error| Failure::doing("signal handlers", error))?;
    let hops_hz = 1e6 / f64::from(config.sense.hop_us);
    // A profile that takes over may have all the channels that there can be.
    let others_hz = (CHANNELS_MAX as f64 * hops_hz).min(OTHERS_HZ_MAX);
    let reading_hz = (config.sense.channels.len() as f64 * hops_hz).max(others_hz);
    let (mut inlets, outlets) = store::lanes(&settings.recorder, reading_hz);
    announced.into_iter().for_each(|event| {
        inlets.receiver.push(Record::Event(event));
    });
    let about = about(settings, &tuning, &config, &stream, clock);
    let recorder =
        Recorder::start(&settings.recorder, &about, outlets, clock, threads.starter(Role::Recorder))
            .map_err(|error| Failure::Failed(error.to_string()))?;
    let excerpts = ring.map(|ring| {
        let utc = excerpts::utc(&about, settings.pace, clock);
        excerpts::Excerpts::new(ring, settings, &config, &stream, utc, recorder.handle())
    });
    let parts = Parts { source, sense, decide, inlets, signal, limit, clock, excerpts };
    let flown = match doors {
        None => fly_offline(settings, parts),
        Some(doors) => {
            let flown = live::Flown { settings, config: &config, beside_hz: tuning.beside_hz };
            live::fly(flown, parts, doors, &threads, life, recorder.handle())
        }
    };
    let summary = recorder.stop().map_err(|error| Failure::Failed(error.to_string()))?;
    flown?;
    Ok(summary)
}

/// What is told at the start: which profile is in force, where the device is tuned, and what these settings do not hear.
fn announce(settings: &Settings, tuning: &Tuning, deaf: &[Deafness]) -> Vec<Event> {
    let profile = settings.profile.as_ref().map(|profile| (Severity::Note, "profile", profile.to_string()));
    let tuned = tuning.note().map(|note| (Severity::Note, "sdr_tuned", note));
    let told = profile
        .into_iter()
        .chain(tuned)
        .chain(deaf.iter().map(|deaf| (deaf.severity, "deaf", deaf.to_string())));
    let event = |(severity, kind, text): (Severity, &'static str, String)| {
        match severity {
            Severity::Note => tracing::info!("{text}"),
            Severity::Warning | Severity::Critical => tracing::warn!("{text}"),
        }
        Event { at: TimeUs(0), severity, kind, text: Text::new(&text) }
    };
    told.map(event).collect()
}

fn about(settings: &Settings, tuning: &Tuning, config: &Config, stream: &Stream, clock: Clock) -> About {
    let centers_hz: Vec<String> = config.sense.centers_hz().map(|hz| hz.to_string()).collect();
    let clock_source = match settings.pace {
        Pace::Max => "samples of the recording",
        Pace::Realtime => "monotonic clock",
    };
    About {
        settings_toml: settings.to_toml(),
        versions: vec![("skyhound".to_string(), VERSION.to_string())],
        channels: config.sense.channels.iter().map(|channel| channel.name.clone()).collect(),
        sdr: stream.description.clone(),
        autopilot: settings.autopilot.address.clone(),
        sample_rate_sps: stream.sample_rate_sps,
        frequency_hz: stream.frequency_hz,
        clock_source: clock_source.to_string(),
        recorded_utc_us: stream.recorded_utc_us.map(|utc_us| match settings.pace {
            Pace::Max => utc_us,
            // It begins to play as soon as the recorder is there.
            Pace::Realtime => utc_us - clock.now().0 as i64,
        }),
        settings: [
            ("settings_sha256".to_string(), settings.hash_sha256()),
            ("bench".to_string(), settings.is_bench.to_string()),
            ("tuned_beside_hz".to_string(), tuning.beside_hz.to_string()),
            ("centers_hz".to_string(), centers_hz.join(" ")),
        ]
        .into_iter()
        .chain(settings.profile.iter().flat_map(|profile| {
            [("profile", &profile.name), ("profile_sha256", &profile.sha256)]
                .map(|(key, text)| (key.to_string(), text.clone()))
        }))
        .chain(settings.files().into_iter().map(|(key, text)| (text_of(key), text)))
        .collect(),
    }
}

fn engine(config: &Config) -> Result<(Sense, Decide), Failure> {
    let refused = |error: skyhound::config::ConfigError| Failure::Usage(error.to_string());
    Ok((Sense::new(&config.sense).map_err(refused)?, Decide::new(config).map_err(refused)?))
}

fn fly_offline(settings: &Settings, parts: Parts) -> Result<(), Failure> {
    let Parts { mut source, sense, decide, mut inlets, signal, limit, clock: _, excerpts } = parts;
    let (history, tap, cutter) = excerpts::apart(excerpts);
    let limit_us = limit.map(|limit| u64::try_from(limit.as_micros()).unwrap_or(u64::MAX));
    let mut sink = sink::FlightSink::new(inlets.readings, inlets.control, tap);
    offline::Offline::new(sense, decide, inlets.spectra, settings.daemon.control_hz, history.zip(cutter))
        .run(&mut source, &mut inlets.receiver, &mut sink, limit_us, &signal)
        .map_err(|error| Failure::Failed(error.to_string()))
}

/// A lane's totals as a record.
fn lane_record(now: TimeUs, gauge: &Gauge) -> Record {
    let report = LaneReport {
        pushed_total: gauge.pushed_total(),
        dropped_total: gauge.dropped_total(),
        capacity_count: gauge.capacity_count() as u64,
    };
    Record::Lane(now, Name::new(gauge.name()), report)
}
