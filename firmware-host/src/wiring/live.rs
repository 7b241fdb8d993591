//! A flight by the clock: the threads of `ARCHITECTURE.md`, started, joined by lanes, and stopped in reverse order.

use super::threads::{join, spawn};
use super::{Parts, Shared, control, sensing, sink, status};
use crate::autopilot::Link;
use crate::cli::Failure;
use crate::clock::Clock;
use crate::realtime::{self, Role};
use crate::sdr::{Blocks, Receiver};
use crate::settings::{DaemonSettings, Settings};
use crate::store::RecorderHandle;
use crate::{ctl, systemd};
use skyhound::config::Config;
use skyhound::limits::{PASS_PULSES_MAX, PASS_READINGS_MAX};
use skyhound::ring;
use skyhound::sense::Sense;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Blocks between the receiver and the sense thread: 16 of up to 65 ms bridge a second of a starved sense thread.
const BLOCK_COUNT: usize = 16;
/// What the interlock's stop phase is given after a thread failed.
const STOP_PHASE: Duration = Duration::from_secs(1);

/// The operator's socket, opened before anything else: only one daemon flies behind it.
pub struct Doors {
    server: Option<ctl::Server>,
    board: ctl::Board,
    requests: mpsc::Receiver<ctl::Request>,
}

impl Doors {
    /// Opens the socket. Until the control thread runs, the status says that the flight is starting, and acts wait.
    ///
    /// # Errors
    /// Another daemon flies with this socket, or there cannot be one at its place.
    pub fn open(settings: &DaemonSettings) -> Result<Doors, Failure> {
        let board = ctl::Board::default();
        board.write(status::starting);
        let (acts, requests) = ctl::acts();
        let server = match ctl::socket_path(settings) {
            Some(path) => Some(ctl::Server::start(&path, board.clone(), acts)?),
            None => {
                tracing::warn!("no place for the operator's socket: name one with daemon.ctl_socket");
                None
            }
        };
        Ok(Doors { server, board, requests })
    }
}

/// Flies until a signal, the operator, the limit, the end of the recording, or a thread's failure.
pub fn fly(
    settings: &Settings,
    config: &Config,
    parts: Parts,
    doors: Doors,
    clock: Clock,
    recorder: RecorderHandle,
) -> Result<(), Failure> {
    let Parts { source, sense, decide, inlets, signal, limit } = parts;
    let Doors { server, board, requests } = doors;
    let stream = source.stream().clone();
    let (readings_in, readings) = ring::lane("reading", 4 * PASS_READINGS_MAX);
    let (pulses_in, pulses) = ring::lane("pulse", 4 * PASS_PULSES_MAX);
    let asking = Asking::new(settings.daemon.realtime);
    let (receiver, blocks) =
        Receiver::spawn(source, BLOCK_COUNT, inlets.receiver, clock, asking.of(Role::SdrRx))
            .map_err(|error| Failure::doing("no thread for the receiver", error))?;
    let shared = Arc::new(Shared {
        stop: AtomicBool::new(false),
        is_over: AtomicBool::new(false),
        receiver: receiver.totals(),
        recorder,
        failed: OnceLock::new(),
        refused: Arc::clone(&asking.refused),
    });
    let lanes = sensing::SenseLanes { readings: readings_in, pulses: pulses_in, spectra: inlets.spectra };
    let sensing =
        start_sensing(&shared, &asking, blocks, sense, lanes, inlets.sense, clock, stream.sample_rate_sps)?;
    let link_settings = settings.autopilot.clone();
    let about = status::About {
        channels: config.sense.channels.clone(),
        autopilot: settings.autopilot.address.clone(),
        sdr: stream.description,
        rate_sps: stream.sample_rate_sps,
        is_bench: settings.is_bench,
    };
    let parts = control::Parts {
        decide,
        readings,
        pulses,
        sink: sink::FlightSink::new(inlets.readings, inlets.control),
        has_door: server.is_some(),
        requests,
        board,
        watchdog: systemd::Watchdog::from_environment(),
        shared: Arc::clone(&shared),
        clock,
        control_hz: settings.daemon.control_hz,
        telemetry_hz: settings.autopilot.telemetry_hz,
        about,
    };
    let controlling = start_control(&shared, &asking, parts, link_settings)?;
    systemd::ready();
    wait_for_the_end(&shared, &controlling, &signal, limit, clock);
    systemd::stopping();
    shared.stop.store(true, Ordering::Release);
    // In reverse order of the start: nobody is asked by one who is gone.
    join(controlling, &shared);
    shared.is_over.store(true, Ordering::Release);
    join(sensing, &shared);
    if !receiver.stop() {
        tracing::warn!("the SDR's driver hangs and was left behind");
    }
    drop(server);
    match shared.failed.get() {
        Some(why) => Err(Failure::Failed(why.clone())),
        None => Ok(()),
    }
}

/// Asks the system for each thread's scheduling, says what was refused, and keeps it for the status.
struct Asking {
    wanted: bool,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Asking {
    fn new(wanted: bool) -> Asking {
        let asking = Asking { wanted, refused: Arc::default() };
        if wanted {
            note(&asking.refused, realtime::lock_memory().into_iter().collect());
        }
        asking
    }

    fn of(&self, role: Role) -> impl FnOnce() + Send + use<> {
        let (wanted, refused) = (self.wanted, Arc::clone(&self.refused));
        move || {
            if wanted {
                note(&refused, realtime::ask(role));
            }
        }
    }
}

fn note(refused: &Mutex<Vec<String>>, what: Vec<String>) {
    what.iter().for_each(|what| tracing::info!("{what}"));
    refused.lock().unwrap_or_else(PoisonError::into_inner).extend(what);
}

#[expect(clippy::too_many_arguments, reason = "a thread's whole world, named once")]
fn start_sensing(
    shared: &Arc<Shared>,
    asking: &Asking,
    blocks: Blocks,
    sense: Sense,
    lanes: sensing::SenseLanes,
    records: ring::Producer<skyhound::record::Record>,
    clock: Clock,
    sample_rate_sps: f64,
) -> Result<JoinHandle<()>, Failure> {
    let (ask, shared_inside) = (asking.of(Role::Sense), Arc::clone(shared));
    spawn("sense", shared, move || {
        ask();
        sensing::run(blocks, sense, lanes, records, clock, sample_rate_sps, &shared_inside.is_over);
    })
}

fn start_control(
    shared: &Arc<Shared>,
    asking: &Asking,
    parts: control::Parts,
    settings: crate::settings::AutopilotSettings,
) -> Result<JoinHandle<()>, Failure> {
    let (ask, shared_inside) = (asking.of(Role::Control), Arc::clone(shared));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing("no runtime for the autopilot's link", error))?;
    spawn("control", shared, move || {
        ask();
        runtime.block_on(async {
            match Link::open(&settings, parts.clock) {
                Ok(link) => control::Control::new(parts, link).run().await,
                Err(error) => shared_inside.fail(&format!("autopilot.address: {error}")),
            }
        });
        // A device whose opening hangs is left behind.
        runtime.shutdown_background();
    })
}

/// Returns when a signal came, the time is over, a thread failed, or the control thread found the recording's end.
fn wait_for_the_end(
    shared: &Shared,
    controlling: &JoinHandle<()>,
    signal: &AtomicBool,
    limit: Option<Duration>,
    clock: Clock,
) {
    while !controlling.is_finished() {
        let over = limit.is_some_and(|limit| u128::from(clock.now().0) >= limit.as_micros());
        if over || signal.load(Ordering::Acquire) || shared.stop.load(Ordering::Acquire) {
            return;
        }
        if !shared.all_alive() {
            // The control thread sees it too and stops commanding.
            std::thread::sleep(STOP_PHASE);
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
