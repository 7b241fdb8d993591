//! A flight by the clock: the threads of `ARCHITECTURE.md`, started, joined by lanes, and stopped in reverse order.

use super::keeper::Keeper;
use super::threads::{Life, Threads};
use super::{
    Parts, Shared, control, excerpts, looking, questions, sensing, sink, situation, status, switching,
};
use crate::autopilot::Link;
use crate::autopilot::post::{Desk, Post, post};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::realtime::Role;
use crate::sdr::{Receiver, Stream};
use crate::settings::Settings;
use crate::store::{RecorderHandle, Snapshots};
use crate::{cot, ctl, ground, station, systemd};
use skyhound::config::Config;
use skyhound::limits::{PASS_HEARINGS_MAX, PASS_PULSES_MAX, PASS_READINGS_MAX};
use skyhound::ring;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Blocks between the receiver and the sense thread: 16 of up to 65 ms bridge a second of a starved sense thread.
const BLOCK_COUNT: usize = 16;
/// What the interlock's stop phase is given after a thread failed.
const STOP_PHASE: Duration = Duration::from_secs(1);

/// The operator's socket, opened before anything else: only one daemon flies behind it.
pub struct Doors {
    server: Option<ctl::Server>,
    page: Option<ground::Server>,
    cot: Option<cot::Sender>,
    stations: ctl::Door,
    board: ctl::Board,
    requests: mpsc::Receiver<ctl::Request>,
    profiles: ctl::ProfileDoor,
    snapshots: Arc<Snapshots>,
}

/// What flies.
pub struct Flown<'a> {
    /// Its settings.
    pub settings: &'a Settings,
    /// What the engine is told of them.
    pub config: &'a Config,
    /// How far its device is tuned from where it was asked to be.
    pub beside_hz: f64,
}

impl Doors {
    /// Opens the socket. Until the control thread runs, the status says that the flight is starting, and acts wait.
    ///
    /// # Errors
    /// Another daemon flies with this socket, or there cannot be one at its place.
    pub fn open(settings: &Settings, threads: &Threads, clock: Clock) -> Result<Doors, Failure> {
        let snapshots = Arc::new(Snapshots::new(clock, settings.recorder.disk_reserve_mb));
        let board = ctl::Board::default();
        board.write(status::starting);
        let (acts, requests) = ctl::acts();
        let profiles = ctl::ProfileDoor::default();
        let questions = questions::questions(settings, Arc::clone(&snapshots));
        let door = ctl::Door::new(board.clone(), acts, questions, profiles.clone());
        let (server, beside) = match ctl::socket_path(&settings.daemon) {
            Some(path) => {
                let beside = door.beside();
                (Some(ctl::Server::start(&path, door, threads.starter(Role::Ground))?), beside)
            }
            None => {
                tracing::warn!("no place for the operator's socket: name one with daemon.ctl_socket");
                (None, door)
            }
        };
        let (lent, stations) = (beside.beside(), beside.clone());
        let cot = situation::tell(&settings.cot, lent, &snapshots, clock, threads.starter(Role::Ground))?;
        let page = looking::serve(settings, beside, &snapshots, clock, threads.starter(Role::Ground))?;
        if let Some(page) = &page {
            board.write(|status| status.page = Some(page.url().to_string()));
        }
        Ok(Doors { server, page, cot, stations, board, requests, profiles, snapshots })
    }
}

/// Flies until a signal, the operator, the limit, the end of the recording, or a thread's failure.
pub fn fly(
    flown: Flown<'_>,
    parts: Parts,
    doors: Doors,
    threads: &Threads,
    life: Arc<Life>,
    recorder: RecorderHandle,
) -> Result<(), Failure> {
    let Parts { source, sense, decide, inlets, signal, limit, clock, excerpts } = parts;
    let (history, tap, cutter) = excerpts::apart(excerpts);
    let Flown { settings, config, beside_hz } = flown;
    let Doors { server, page, cot, stations, board, requests, profiles, snapshots } = doors;
    snapshots.follow(recorder.clone());
    let stream = source.stream().clone();
    let (readings_in, readings) = ring::lane("reading", 4 * PASS_READINGS_MAX);
    let (pulses_in, pulses) = ring::lane("pulse", 4 * PASS_PULSES_MAX);
    let (hearings_in, hearings) = ring::lane("hearing", 4 * PASS_HEARINGS_MAX);
    let (switcher, for_control, for_sense) = switching::parts(settings, config, beside_hz);
    profiles.open(Box::new(switcher));
    let (receiver, blocks) =
        Receiver::spawn(source, BLOCK_COUNT, inlets.receiver, clock, threads.starter(Role::SdrRx))
            .map_err(|error| Failure::doing("no thread for the receiver", error))?;
    let shared = Arc::new(Shared { life, receiver: receiver.totals(), recorder });
    let lanes = sensing::SenseLanes {
        readings: readings_in,
        pulses: pulses_in,
        hearings: hearings_in,
        spectra: inlets.spectra,
        records: inlets.sense,
        history,
        switching: for_sense,
    };
    let (rate_sps, shared_inside) = (stream.sample_rate_sps, Arc::clone(&shared));
    let sensing = threads.spawn(Role::Sense, move || {
        sensing::run(blocks, sense, lanes, clock, rate_sps, &shared_inside.life.is_over);
    })?;
    let keeping = start_keeper(threads, settings, &shared, clock)?;
    let cutting = excerpts::start(threads, cutter, shared.recorder.clone())?;
    let parts = control::Parts {
        decide,
        comes: control::Comes { readings, pulses, hearings, requests },
        switching: for_control,
        goes: control::Goes {
            sink: sink::FlightSink::new(inlets.readings, inlets.control, tap),
            switches: inlets.switches,
            board,
            watchdog: systemd::Watchdog::from_environment(),
        },
        shared: Arc::clone(&shared),
        clock,
        rates: control::Rates {
            control_hz: settings.daemon.control_hz,
            telemetry_hz: settings.autopilot.telemetry_hz,
        },
        about: about(settings, config, stream),
    };
    let (post, desk) = post();
    let controlling = start_control(threads, parts, settings.autopilot.clone(), post)?;
    let talking = start_stations(threads, settings, desk, stations, clock)?;
    systemd::ready();
    wait_for_the_end(&shared, &controlling, &signal, limit, clock);
    // It ends when the link has.
    let listening = [Some(sensing), cutting, Some(talking)].into_iter().flatten();
    stop(threads, &shared, [controlling, keeping], listening, receiver);
    drop((cot, page, server));
    // A recording that cannot be read on has ended the flight as its end does, but it was not the end.
    let failed = shared.life.failed().or(shared.receiver.failed());
    failed.map_or(Ok(()), |why| Err(Failure::Failed(why.to_string())))
}

/// In reverse order of the start: nobody is asked by one who is gone.
fn stop(
    threads: &Threads,
    shared: &Shared,
    commanding: [JoinHandle<()>; 2],
    listening: impl Iterator<Item = JoinHandle<()>>,
    receiver: Receiver,
) {
    systemd::stopping();
    shared.life.stop();
    commanding.into_iter().for_each(|thread| threads.join(thread));
    shared.life.is_over.store(true, Ordering::Release);
    // Who cuts files ends when nobody is left who asks for them.
    listening.for_each(|thread| threads.join(thread));
    if !receiver.stop() {
        tracing::warn!("the SDR's driver hangs and was left behind");
    }
}

fn about(settings: &Settings, config: &Config, stream: Stream) -> status::About {
    status::About {
        channels: config.sense.channels.clone(),
        autopilot: settings.autopilot.address.clone(),
        sdr: stream.description,
        rate_sps: stream.sample_rate_sps,
        is_bench: settings.is_bench,
        profile: settings.profile.as_ref().map(ToString::to_string),
    }
}

fn start_keeper(
    threads: &Threads,
    settings: &Settings,
    shared: &Shared,
    clock: Clock,
) -> Result<JoinHandle<()>, Failure> {
    let keeper = Keeper {
        recorder: settings.recorder.clone(),
        retention: settings.retention.clone(),
        handle: shared.recorder.clone(),
        life: Arc::clone(&shared.life),
        clock,
    };
    threads.spawn(Role::Keeper, move || keeper.run())
}

/// Ends when the link has.
fn start_stations(
    threads: &Threads,
    settings: &Settings,
    desk: Desk,
    door: ctl::Door,
    clock: Clock,
) -> Result<JoinHandle<()>, Failure> {
    let parts = station::Parts { desk, door, settings: settings.station.clone(), clock };
    threads.spawn(Role::Station, move || {
        if let Err(error) = station::run(parts) {
            tracing::error!("ground stations are not answered: {error}");
        }
    })
}

fn start_control(
    threads: &Threads,
    parts: control::Parts,
    settings: crate::settings::AutopilotSettings,
    post: Post,
) -> Result<JoinHandle<()>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing("no runtime for the autopilot's link", error))?;
    let ask = threads.asking(Role::Autopilot);
    threads.spawn(Role::Control, move || {
        let shared = Arc::clone(&parts.shared);
        runtime.block_on(async {
            match Link::open_as(&settings, parts.clock, ask) {
                Ok(mut link) => {
                    link.deliver(post);
                    control::Control::new(parts, link).run().await;
                }
                Err(error) => shared.life.fail(&format!("autopilot.address: {error}")),
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
        if over || signal.load(Ordering::Acquire) || shared.life.is_stopped() {
            return;
        }
        if !shared.life.all_alive() {
            // The control thread sees it too and stops commanding.
            std::thread::sleep(STOP_PHASE);
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
