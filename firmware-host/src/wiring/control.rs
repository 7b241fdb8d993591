//! The control thread: at each pass it takes in what arrived from the autopilot, the sense thread and the operator, lets
//! the engine decide, and sends the command at once.
//!
//! One tokio runtime on one thread, so that nothing here is locked: the link is drained, decided on and written by the
//! same thread. What arrives between passes is taken in at once, and a pass follows at once when it says that the mode
//! is no longer ours. Our heartbeat is sent by the pass itself: a hung pass is a silent one.

mod aside;
mod operator;
mod takeover;

use super::sink::FlightSink;
use super::switching::ForControl;
use super::{Shared, status};
use crate::autopilot::Link;
use crate::clock::Clock;
use crate::ctl;
use crate::store::{RecorderState, Switch};
use crate::systemd::Watchdog;
use skyhound::budget::{Budget, BudgetReport};
use skyhound::command::{Command, OperatorAct, State};
use skyhound::decide::{Decide, PassInputs};
use skyhound::limits::{PASS_HEARINGS_MAX, PASS_PULSES_MAX, PASS_READINGS_MAX};
use skyhound::record::{Event, Record, Severity, Sink, Text};
use skyhound::ring::{Consumer, Producer};
use skyhound::signal::{Flags, Hearing, HearingKind, Pulse, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound::vehicle::Vehicle;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Budget of one pass on a Pi 5.
const PASS_BUDGET_US: u32 = 1_000;
/// From taking the inputs in to sending a movement, at most.
const SEND_WITHIN_US: u64 = 10_000;
/// How long homing may take to stop when the daemon ends: the interlock's stop phase and some passes.
const STOP_WAIT_MAX_US: u64 = 1_500_000;
/// A second: reports, and how long an operator waits for an answer.
const SECOND_US: u64 = 1_000_000;

/// What the control thread is given.
pub struct Parts {
    /// The engine's control pass.
    pub decide: Decide,
    /// What comes in.
    pub comes: Comes,
    /// What goes out.
    pub goes: Goes,
    /// Profiles that take over.
    pub switching: ForControl,
    /// What it sees of the other threads.
    pub shared: Arc<Shared>,
    /// The clock.
    pub clock: Clock,
    /// What is how often.
    pub rates: Rates,
    /// What does not change in flight and is shown with the status.
    pub about: status::About,
}

/// What comes in, besides the link.
pub struct Comes {
    /// From the sense thread.
    pub readings: Consumer<Reading>,
    /// From the sense thread.
    pub pulses: Consumer<Pulse>,
    /// From the sense thread.
    pub hearings: Consumer<Hearing>,
    /// From the operator's socket, or, where there is none, from the page and ground stations.
    pub requests: Receiver<ctl::Request>,
}

/// What goes out, besides the link.
pub struct Goes {
    /// To the recorder, and what is said aloud.
    pub sink: FlightSink,
    /// To the recorder: profiles that took over.
    pub switches: Producer<Box<Switch>>,
    /// To the operator's socket.
    pub board: ctl::Board,
    /// systemd's watchdog.
    pub watchdog: Watchdog,
}

/// What is how often.
pub struct Rates {
    /// Passes per second.
    pub control_hz: f64,
    /// NAMED_VALUE_FLOAT per second per value; 0 = none.
    pub telemetry_hz: f64,
}

/// The control thread's own.
pub struct Control {
    parts: Parts,
    link: Link,
}

struct Scratch {
    waiting: VecDeque<ctl::Request>,
    readings: Vec<Reading>,
    pulses: Vec<Pulse>,
    hearings: Vec<Hearing>,
    vehicle: Vehicle,
    budget: Budget,
    passes: BudgetReport,
    due: Due,
    told: Told,
}

/// When what comes next.
#[derive(Default)]
struct Due {
    report: TimeUs,
    status: TimeUs,
    telemetry: TimeUs,
}

/// What was told last.
#[derive(Default)]
struct Told {
    recorder: RecorderState,
    alarms: Vec<String>,
    utc: bool,
    armed: bool,
}

impl Control {
    /// `link` was opened inside this thread's runtime.
    pub fn new(parts: Parts, link: Link) -> Control {
        Control { parts, link }
    }

    /// Runs until the flight is over: `shared.stop` is set, or the sense thread has ended and its last readings are
    /// taken. Ends with the aircraft not commanded.
    pub async fn run(mut self) {
        let mut scratch = Scratch::new();
        if self.parts.about.is_bench {
            let text = Text::new("BENCH: a recording may steer; never with an aircraft in the air");
            let at = self.parts.clock.now();
            let event = Event { at, severity: Severity::Warning, kind: "bench", text };
            self.parts.goes.sink.record(&Record::Event(event));
        }
        let period = Duration::from_secs_f64(1.0 / self.parts.rates.control_hz);
        let clock = self.parts.clock;
        let period_us = period.as_micros() as u64;
        let mut due = clock.now();
        loop {
            let wait = Duration::from_micros(due.since_us(clock.now()));
            tokio::select! {
                biased;
                () = tokio::time::sleep(wait) => {}
                () = self.link.ready() => {
                    // Between passes nothing is commanded, so only what takes the aircraft from us hurries. Timers fire
                    // only when this task rests, so a flood must not be what decides when the next pass is.
                    if !self.drain(&mut scratch) && clock.now() < due {
                        continue;
                    }
                }
            }
            // On a grid, but a pass that is a period late, or came before its time, begins a new one: none is made up for.
            let now = clock.now();
            let on_grid = now >= due && now.since_us(due) < period_us;
            due = if on_grid { due } else { now }.plus_us(period_us);
            let over = self.parts.shared.life.is_stopped()
                || (self.parts.comes.readings.is_abandoned()
                    && self.parts.comes.readings.waiting_count() == 0);
            if over {
                break;
            }
            self.serve(&mut scratch);
        }
        self.stop_commanding(&mut scratch, period).await;
        let now = self.parts.clock.now();
        self.parts.decide.finish(now, &mut self.parts.goes.sink);
        self.report(now, &mut scratch);
    }

    /// Takes in what has arrived; `true` when a pass must follow at once.
    fn drain(&mut self, scratch: &mut Scratch) -> bool {
        let now = self.parts.clock.now();
        let sink = &mut self.parts.goes.sink;
        self.link.drain(now, &mut scratch.vehicle, &mut |event| sink.record(&Record::Event(event)));
        self.parts.decide.hurries(now, &scratch.vehicle, self.sdr_alive())
    }

    fn sdr_alive(&self) -> bool {
        self.parts.shared.sdr_alive() && self.parts.shared.life.all_alive()
    }

    fn pass(&mut self, act: Option<OperatorAct>, scratch: &mut Scratch) -> Command {
        self.drain(scratch);
        let now = self.parts.clock.now();
        let reading_count = self.parts.comes.readings.pop_slice(&mut scratch.readings);
        let pulse_count = self.parts.comes.pulses.pop_slice(&mut scratch.pulses);
        let hearing_count = self.parts.comes.hearings.pop_slice(&mut scratch.hearings);
        let inputs = PassInputs {
            now,
            readings: &scratch.readings[..reading_count],
            pulses: &scratch.pulses[..pulse_count],
            hearings: &scratch.hearings[..hearing_count],
            vehicle: &scratch.vehicle,
            act,
            sdr_alive: self.sdr_alive(),
        };
        let command = self.parts.decide.pass(&inputs, &mut self.parts.goes.sink);
        // Held up since the inputs were taken in (a page fault, a starved core), a movement may be wrong by now.
        let is_late = self.parts.clock.now().since_us(now) > SEND_WITHIN_US;
        if !(is_late && matches!(command, Command::Velocity(_))) {
            self.link.command(now, &command);
        }
        self.link.tick(now, &mut scratch.vehicle);
        while let Some((severity, text)) = self.parts.goes.sink.next_said() {
            self.link.status_text(severity, text.as_str());
            log(severity, text.as_str());
        }
        scratch.budget.count(self.parts.clock.now().since_us(now));
        self.after_pass(now, scratch);
        command
    }

    /// The daemon ends: homing is switched off as the operator would, and passes go on until the interlock's stop phase
    /// is over and nothing is sent any more.
    async fn stop_commanding(&mut self, scratch: &mut Scratch, period: Duration) {
        let begun = self.parts.clock.now();
        if self.parts.decide.state() != State::Idle {
            let text = Text::new("the daemon ends: homing is switched off");
            let event = Event { at: begun, severity: Severity::Warning, kind: "daemon_ends", text };
            self.parts.goes.sink.record(&Record::Event(event));
        }
        let mut command = self.pass(Some(OperatorAct::HomingOff), scratch);
        while !matches!(command, Command::Silence(_))
            && self.parts.clock.now().since_us(begun) < STOP_WAIT_MAX_US
        {
            tokio::time::sleep(period).await;
            command = self.pass(None, scratch);
        }
    }
}

impl Scratch {
    fn new() -> Scratch {
        let still = Reading {
            acquired_us: TimeUs(0),
            sample_index: 0,
            channel: 0,
            flags: Flags::NONE,
            frame_count: 0,
            clipping_e4: 0,
            mean: CentiDb::LOWEST,
            peak: CentiDb::LOWEST,
            quiet: CentiDb::LOWEST,
        };
        let silent = Pulse {
            start_us: TimeUs(0),
            width_us: 0,
            channel: 0,
            flags: Flags::NONE,
            mean: CentiDb::LOWEST,
            peak: CentiDb::LOWEST,
            floor: CentiDb::LOWEST,
        };
        let nothing = Hearing {
            until_us: TimeUs(0),
            span_us: 0,
            channel: 0,
            kind: HearingKind::Line,
            frequency_hz: 0.0,
            drift_hz_s: 0.0,
            period_us: None,
            pulse_count: 0,
            width_us: 0,
            cn0: CentiDb::LOWEST,
            cn0_sigma: CentiDb::LOWEST,
            power: CentiDb::LOWEST,
            statistic: 0.0,
            threshold: 0.0,
            ln_false_alarms_per_hour: 0.0,
            message: None,
        };
        Scratch {
            waiting: VecDeque::new(),
            readings: vec![still; PASS_READINGS_MAX],
            pulses: vec![silent; PASS_PULSES_MAX],
            hearings: vec![nothing; PASS_HEARINGS_MAX],
            vehicle: Vehicle::default(),
            budget: Budget::new(PASS_BUDGET_US),
            passes: BudgetReport::default(),
            due: Due { report: TimeUs(SECOND_US), ..Due::default() },
            told: Told::default(),
        }
    }
}

fn log(severity: Severity, text: &str) {
    match severity {
        Severity::Critical => tracing::error!("{text}"),
        Severity::Warning => tracing::warn!("{text}"),
        Severity::Note => tracing::info!("{text}"),
    }
}
