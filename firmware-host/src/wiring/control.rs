//! The control thread: at each pass it takes in what arrived from the autopilot, the sense thread and the operator, lets
//! the engine decide, and sends the command at once.
//!
//! One tokio runtime on one thread, so that nothing here is locked: the link is drained, decided on and written by the
//! same thread. What arrives between passes is taken in at once, and a pass follows at once when it says that the mode
//! is no longer ours. Our heartbeat is sent by the pass itself: a hung pass is a silent one.

use super::sink::FlightSink;
use super::{Shared, status};
use crate::autopilot::Link;
use crate::clock::Clock;
use crate::ctl;
use crate::store::RecorderState;
use crate::systemd::Watchdog;
use skyhound::budget::{Budget, BudgetReport};
use skyhound::command::{Command, OperatorAct, State};
use skyhound::decide::{Decide, PassInputs};
use skyhound::limits::{PASS_PULSES_MAX, PASS_READINGS_MAX};
use skyhound::record::{Event, Name, Record, Severity, Sink, Text};
use skyhound::ring::Consumer;
use skyhound::signal::{Flags, Pulse, Reading};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use skyhound::vehicle::Vehicle;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

/// Budget of one pass on a Pi 5.
const PASS_BUDGET_US: u32 = 1_000;
/// From taking the inputs in to sending a movement, at most.
const SEND_WITHIN_US: u64 = 10_000;
/// How long homing may take to stop when the daemon ends: the interlock's stop phase and some passes.
const STOP_WAIT_MAX_US: u64 = 1_500_000;
/// Time between status writes for the operator: its texts allocate, so not in every pass.
const STATUS_INTERVAL_US: u64 = 200_000;
/// A second: reports, and how long an operator waits for an answer.
const SECOND_US: u64 = 1_000_000;
/// What the operator of a PX4 is told.
const OFFERED: &str = "zero setpoints stream; enter OFFBOARD within 15 s, and homing begins";

/// What the control thread is given.
pub struct Parts {
    /// The engine's control pass.
    pub decide: Decide,
    /// From the sense thread.
    pub readings: Consumer<Reading>,
    /// From the sense thread.
    pub pulses: Consumer<Pulse>,
    /// To the recorder, and what is said aloud.
    pub sink: FlightSink,
    /// From the operator's socket.
    pub requests: Receiver<ctl::Request>,
    /// Whether there is such a socket.
    pub has_door: bool,
    /// To the operator's socket.
    pub board: ctl::Board,
    /// systemd's watchdog.
    pub watchdog: Watchdog,
    /// What all threads share.
    pub shared: Arc<Shared>,
    /// The clock.
    pub clock: Clock,
    /// Passes per second.
    pub control_hz: f64,
    /// NAMED_VALUE_FLOAT per second per value; 0 = none.
    pub telemetry_hz: f64,
    /// What does not change in flight and is shown with the status.
    pub about: status::About,
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
    vehicle: Vehicle,
    budget: Budget,
    report_due: TimeUs,
    status_due: TimeUs,
    passes: BudgetReport,
    telemetry_due: TimeUs,
    recorder_stopped: bool,
    utc_told: bool,
    was_armed: bool,
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
            self.parts.sink.record(&Record::Event(event));
        }
        let period = Duration::from_secs_f64(1.0 / self.parts.control_hz);
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
            let over = self.parts.shared.stop.load(Ordering::Acquire)
                || (self.parts.readings.is_abandoned() && self.parts.readings.waiting_count() == 0);
            if over {
                break;
            }
            self.serve(&mut scratch);
        }
        self.stop_commanding(&mut scratch, period).await;
        let now = self.parts.clock.now();
        self.parts.decide.finish(now, &mut self.parts.sink);
        self.report(now, &mut scratch);
    }

    /// Takes in what has arrived; `true` when a pass must follow at once.
    fn drain(&mut self, scratch: &mut Scratch) -> bool {
        let now = self.parts.clock.now();
        let sink = &mut self.parts.sink;
        self.link.drain(now, &mut scratch.vehicle, &mut |event| sink.record(&Record::Event(event)));
        self.parts.decide.hurries(now, &scratch.vehicle, self.sdr_alive())
    }

    fn sdr_alive(&self) -> bool {
        self.parts.shared.sdr_alive() && self.parts.shared.all_alive()
    }

    fn pass(&mut self, act: Option<OperatorAct>, scratch: &mut Scratch) -> Command {
        self.drain(scratch);
        let now = self.parts.clock.now();
        let reading_count = self.parts.readings.pop_slice(&mut scratch.readings);
        let pulse_count = self.parts.pulses.pop_slice(&mut scratch.pulses);
        let inputs = PassInputs {
            now,
            readings: &scratch.readings[..reading_count],
            pulses: &scratch.pulses[..pulse_count],
            vehicle: &scratch.vehicle,
            act,
            sdr_alive: self.sdr_alive(),
        };
        let command = self.parts.decide.pass(&inputs, &mut self.parts.sink);
        // Held up since the inputs were taken in (a page fault, a starved core), a movement may be wrong by now.
        let is_late = self.parts.clock.now().since_us(now) > SEND_WITHIN_US;
        if !(is_late && matches!(command, Command::Velocity(_))) {
            self.link.command(now, &command);
        }
        self.link.tick(now, &mut scratch.vehicle);
        while let Some((severity, text)) = self.parts.sink.next_said() {
            self.link.status_text(severity, text.as_str());
            log(severity, text.as_str());
        }
        scratch.budget.count(self.parts.clock.now().since_us(now));
        self.after_pass(now, scratch);
        command
    }

    /// What need not be done before the command is out.
    fn after_pass(&mut self, now: TimeUs, scratch: &mut Scratch) {
        self.watch_recorder(now, scratch);
        if self.parts.telemetry_hz > 0.0 && now >= scratch.telemetry_due {
            self.telemetry(now);
            scratch.telemetry_due = now.plus_us((1e6 / self.parts.telemetry_hz) as u64);
        }
        if now >= scratch.report_due {
            self.report(now, scratch);
            scratch.report_due = now.plus_us(SECOND_US);
        }
        if now >= scratch.status_due {
            self.show_status(now, scratch);
            scratch.status_due = now.plus_us(STATUS_INTERVAL_US);
        }
        self.parts.watchdog.feed(now);
    }

    fn show_status(&self, now: TimeUs, scratch: &Scratch) {
        let parts = &self.parts;
        let [placed, records] = parts.sink.gauges();
        let seen = status::Seen {
            about: &parts.about,
            now,
            decide: &parts.decide,
            vehicle: &scratch.vehicle,
            link: &self.link,
            shared: &parts.shared,
            passes: scratch.passes,
            lanes: [parts.readings.gauge(), parts.pulses.gauge(), placed, records],
        };
        parts.board.write(|status| status::show(status, &seen));
    }

    fn watch_recorder(&mut self, now: TimeUs, scratch: &mut Scratch) {
        if !scratch.recorder_stopped
            && let RecorderState::Stopped { why } = self.parts.shared.recorder.state()
        {
            scratch.recorder_stopped = true;
            let text = Text::format(format_args!("recorder stopped: {why}"));
            self.parts.sink.record(&Record::Event(Event {
                at: now,
                severity: Severity::Critical,
                kind: "recorder_stopped",
                text,
            }));
        }
        if let (false, Some(utc)) = (scratch.utc_told, scratch.vehicle.utc_us) {
            scratch.utc_told = true;
            self.parts.shared.recorder.utc(utc.received_us, utc.value);
        }
        let armed = scratch.vehicle.heartbeat.is_some_and(|heartbeat| heartbeat.value.armed);
        if scratch.was_armed && !armed {
            self.parts.shared.recorder.landed();
        }
        scratch.was_armed = armed;
    }

    fn telemetry(&mut self, now: TimeUs) {
        let channel = self.parts.decide.target().unwrap_or(0);
        let Some(facts) = self.parts.decide.facts().get(usize::from(channel)).copied() else { return };
        let floor = facts.floor_spectral_dbfs.or(facts.floor_temporal_dbfs);
        let values = [("SKY_PWR", facts.power_dbfs), ("SKY_FLOOR", floor), ("SKY_SNR", facts.snr_db)];
        for (name, value) in values {
            if let Some(value) = value {
                self.link.named_value(now, name, value as f32);
            }
        }
        self.link.named_value(now, "SKY_STATE", f32::from(self.parts.decide.state() as u8));
    }

    fn report(&mut self, now: TimeUs, scratch: &mut Scratch) {
        scratch.passes = scratch.budget.report();
        self.parts.sink.record(&Record::Budget(now, Name::new("control"), scratch.passes));
        self.parts.sink.record(&Record::Link(now, self.link.report()));
    }

    /// One pass with what the operator asked for, if anything. Homing off and stop go before all that waits.
    fn serve(&mut self, scratch: &mut Scratch) {
        loop {
            match self.parts.requests.try_recv() {
                Ok(request) => scratch.waiting.push_back(request),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    // Nobody could switch homing off any more.
                    let alone = self.parts.has_door && self.parts.decide.state() != State::Idle;
                    self.pass(alone.then_some(OperatorAct::HomingOff), scratch);
                    return;
                }
            }
        }
        let ends = |request: &ctl::Request| request.act() != Some(ctl::Act::Operator(OperatorAct::HomingOn));
        let first = scratch.waiting.iter().position(ends).unwrap_or(0);
        match scratch.waiting.remove(first) {
            Some(request) => self.answer(request, scratch),
            None => {
                self.pass(None, scratch);
            }
        }
    }

    fn answer(&mut self, request: ctl::Request, scratch: &mut Scratch) {
        let Some(act) = request.act() else {
            self.pass(None, scratch);
            return;
        };
        let text = Text::format(format_args!("{act} by {}", request.peer));
        let at = self.parts.clock.now();
        self.parts.sink.record(&Record::Event(Event {
            at,
            severity: Severity::Note,
            kind: "operator",
            text,
        }));
        match act {
            ctl::Act::Operator(act) => {
                self.pass(Some(act), scratch);
                let is_on = act == OperatorAct::HomingOn;
                let refused = is_on && self.parts.decide.state() == State::Idle;
                let state = self.parts.decide.state().name();
                let told = request.answer(match self.parts.decide.locked() {
                    Some(_) if is_on && self.parts.decide.is_offered() => Ok(format!("{act}; {OFFERED}")),
                    Some(_) if refused => Err(self.refusal()),
                    _ => Ok(format!("{act}; state {state}")),
                });
                if is_on && !told {
                    // The operator was told that nobody answered, and must not be wrong about it.
                    self.pass(Some(OperatorAct::HomingOff), scratch);
                }
            }
            ctl::Act::Stop => {
                self.parts.shared.stop.store(true, Ordering::Release);
                self.pass(Some(OperatorAct::HomingOff), scratch);
                request.answer(Ok("ending the flight".to_string()));
            }
        }
    }

    /// All that keeps homing locked, each with its mend.
    fn refusal(&self) -> String {
        let missing = self.parts.decide.missing().iter().map(ToString::to_string);
        format!("homing stays locked: {}", missing.collect::<Vec<_>>().join("\n  "))
    }

    /// The daemon ends: homing is switched off as the operator would, and passes go on until the interlock's stop phase
    /// is over and nothing is sent any more.
    async fn stop_commanding(&mut self, scratch: &mut Scratch, period: Duration) {
        let begun = self.parts.clock.now();
        if self.parts.decide.state() != State::Idle {
            let text = Text::new("the daemon ends: homing is switched off");
            let event = Event { at: begun, severity: Severity::Warning, kind: "daemon_ends", text };
            self.parts.sink.record(&Record::Event(event));
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
        Scratch {
            waiting: VecDeque::new(),
            readings: vec![still; PASS_READINGS_MAX],
            pulses: vec![silent; PASS_PULSES_MAX],
            vehicle: Vehicle::default(),
            budget: Budget::new(PASS_BUDGET_US),
            report_due: TimeUs(SECOND_US),
            status_due: TimeUs(0),
            passes: BudgetReport::default(),
            telemetry_due: TimeUs(0),
            recorder_stopped: false,
            utc_told: false,
            was_armed: false,
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
