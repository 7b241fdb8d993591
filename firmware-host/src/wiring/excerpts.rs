//! Samples around detections: the ring is filled by the sense thread, detections are told by the control thread's sink, and files are cut
//! by a thread of its own, or, of a recording at full pace, in between.

use super::threads::Threads;
use crate::clock::{Clock, system_utc_us};
use crate::failure::Failure;
use crate::memory;
use crate::realtime::Role;
use crate::sdr::{
    self, Asked, Cutter, Heard, History, HistoryReader, Origin, Plan, Room, Stream, Utc, ring_bytes,
};
use crate::settings::{IqSettings, Pace, Settings};
use crate::store::{self, About, RecorderHandle};
use skyhound::config::{ChannelConfig, Config};
use skyhound::geo::Wgs84;
use skyhound::record::{Event, Name, Record};
use skyhound::ring::{Producer, lane};
use skyhound::vehicle::Part;
use std::thread::JoinHandle;
use std::time::Duration;

/// Memory that the ring leaves: the rest of the daemon needs 160 MB at most.
const LEFT_BYTES: u64 = 256_000_000;
/// Detections that wait for the thread: their begins and ends for a stalled disk's seconds.
const ASKED_MAX: usize = 256;
const POLL: Duration = Duration::from_millis(50);

/// The ring's two ends.
pub struct Ring(History, HistoryReader);

/// All that keeps samples in a flight.
pub struct Excerpts {
    history: History,
    tap: Tap,
    cutter: Cutter,
}

/// Channels by their numbers.
pub type Tapped = Vec<(u8, ChannelConfig)>;

/// Hears of detections, and of where the aircraft is.
pub struct Tap {
    asked: Producer<Asked>,
    channels: Tapped,
    place: Option<(Wgs84, f64)>,
    utc: Option<Utc>,
}

/// The ring that the settings ask for, if they do.
///
/// # Errors
/// There is no memory for it.
pub fn ring(settings: &IqSettings, stream: &Stream) -> Result<Option<Ring>, Failure> {
    let ring_s = settings.ring_s;
    if ring_s <= 0.0 {
        return Ok(None);
    }
    let (ring_bytes, sps) = (ring_bytes(stream, ring_s), stream.sample_rate_sps);
    let free_bytes = memory::available_bytes().unwrap_or(u64::MAX);
    let mb = |bytes: u64| bytes.div_ceil(1_000_000);
    let sample_bytes = stream.format.sample_bytes();
    let refused = |most_s: f64| {
        Failure::Usage(format!(
            "recorder.iq.ring_s = {ring_s}: the ring takes {} MB of memory ({sample_bytes} bytes for each of {sps} samples/s), and {} MB \
             are free, of which {} stay for the rest; write at most {most_s}, or 0 to keep no IQ",
            mb(ring_bytes),
            free_bytes / 1_000_000,
            mb(LEFT_BYTES),
        ))
    };
    let most_bytes = free_bytes.saturating_sub(LEFT_BYTES) as f64;
    let most_s = (most_bytes / (sps * sample_bytes as f64) * 0.9).floor();
    if ring_bytes as f64 > most_bytes {
        return Err(refused(most_s));
    }
    let (history, reader) = sdr::history(stream, ring_s).ok_or_else(|| refused((ring_s / 2.0).floor()))?;
    tracing::info!("IQ: the newest {ring_s} s are kept, in {} MB of memory", mb(ring_bytes));
    Ok(Some(Ring(history, reader)))
}

/// UTC at time 0, as the flight file has it at first.
pub fn utc(about: &About, pace: Pace, clock: Clock) -> Utc {
    let since_us = if pace == Pace::Realtime { clock.now().0 as i64 } else { 0 };
    match about.recorded_utc_us {
        Some(started_us) => Utc { started_us, source: "recording" },
        None => Utc { started_us: system_utc_us() - since_us, source: "system" },
    }
}

impl Excerpts {
    /// Of `ring`; files go beside those of `recorder`.
    pub fn new(
        Ring(history, reader): Ring,
        settings: &Settings,
        config: &Config,
        stream: &Stream,
        utc: Utc,
        recorder: RecorderHandle,
    ) -> Excerpts {
        let iq = &settings.iq;
        let plan = Plan {
            origin: Origin {
                format: stream.format,
                sample_rate_sps: stream.sample_rate_sps,
                hardware: stream.description.clone(),
                recorder: format!("Skyhound {}", env!("CARGO_PKG_VERSION")),
            },
            before_us: iq.before_us,
            after_us: iq.after_us,
            interval_us: iq.interval_us,
            disk_bytes: u64::from(iq.disk_mb) * 1_000_000,
            utc,
        };
        // The flight file must not be the one that is short of disk.
        let kept_bytes = 2 * (u64::from(settings.recorder.disk_reserve_mb) << 20);
        let room = move || {
            let file = recorder.files().into_iter().next();
            let file = file.ok_or_else(|| "there is no flight file yet".to_string())?;
            let free_bytes = store::free_bytes(file.parent().unwrap_or(&file));
            let free_bytes = free_bytes.map_err(|error| error.to_string())?.saturating_sub(kept_bytes);
            Ok(Room { folder: store::iq_folder(&file), free_bytes })
        };
        let (asked, asked_out) = lane("iq", ASKED_MAX);
        let cutter = Cutter::new(plan, reader, asked_out, Box::new(room));
        let tap = Tap {
            asked,
            channels: (0..).zip(config.sense.channels.clone()).collect(),
            place: None,
            utc: None,
        };
        Excerpts { history, tap, cutter }
    }
}

/// What each thread has of it.
pub fn apart(excerpts: Option<Excerpts>) -> (Option<History>, Option<Tap>, Option<Cutter>) {
    match excerpts {
        Some(Excerpts { history, tap, cutter }) => (Some(history), Some(tap), Some(cutter)),
        None => (None, None, None),
    }
}

/// Starts the thread that cuts, which ends when history and tap are gone.
///
/// # Errors
/// The system gives no thread.
pub fn start(
    threads: &Threads,
    cutter: Option<Cutter>,
    recorder: RecorderHandle,
) -> Result<Option<JoinHandle<()>>, Failure> {
    let run = |mut cutter: Cutter| {
        threads.spawn(Role::Excerpts, move || {
            let mut tell = |event: &Event| {
                let is_taken = recorder.note(*event);
                if is_taken {
                    sdr::say(event);
                }
                is_taken
            };
            while !cutter.is_over() {
                cutter.step(&mut tell);
                std::thread::sleep(POLL);
            }
            cutter.finish(&mut tell);
        })
    };
    cutter.map(run).transpose()
}

impl Tap {
    /// Other channels take over; `next` has those that were before.
    pub fn succeed(&mut self, next: &mut Tapped) {
        std::mem::swap(&mut self.channels, next);
    }

    /// Takes of a record what concerns samples. Never waits, allocates nothing.
    pub fn record(&mut self, record: &Record) {
        match record {
            Record::Vehicle(_, Part::Position(position)) => {
                self.place = position.map(|position| (position.value.place, position.value.alt_rel_m));
            }
            Record::Vehicle(_, Part::Utc(Some(utc))) => {
                let started_us = utc.value as i64 - utc.received_us.0 as i64;
                self.utc.get_or_insert(Utc { started_us, source: "gps" });
            }
            Record::Detection(detection) => {
                let mut channels = self.channels.iter();
                let named = channels.find(|(number, _)| *number == detection.channel);
                let Some((_, channel)) = named else { return };
                let (middle_hz, half_hz) = (channel.frequency_hz, channel.bandwidth_hz / 2.0);
                let heard = Heard {
                    detection: *detection,
                    name: Name::new(&channel.name),
                    edges_hz: (middle_hz - half_hz, middle_hz + half_hz),
                    place: self.place.map(|(place, _)| place),
                    alt_rel_m: self.place.map(|(_, alt_rel_m)| alt_rel_m),
                };
                self.asked.push(Asked { heard, utc: self.utc });
            }
            _ => {}
        }
    }
}
