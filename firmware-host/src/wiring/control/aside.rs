//! What need not be done before the command is out: the recorder's state, telemetry for people, reports, the status.

use super::{Control, SECOND_US, Scratch};
use crate::store::RecorderState;
use crate::wiring::status;
use skyhound::record::{Event, Name, Record, Severity, Sink, Text};
use skyhound::time::TimeUs;
use std::path::PathBuf;

/// Time between status writes for the operator: its texts allocate, so not in every pass.
const STATUS_INTERVAL_US: u64 = 100_000;

impl Control {
    /// What need not be done before the command is out.
    pub(super) fn after_pass(&mut self, now: TimeUs, scratch: &mut Scratch) {
        self.watch_recorder(now, scratch);
        if self.parts.rates.telemetry_hz > 0.0 && now >= scratch.due.telemetry {
            self.telemetry(now);
            scratch.due.telemetry = now.plus_us((1e6 / self.parts.rates.telemetry_hz) as u64);
        }
        if now >= scratch.due.report {
            self.tell_alarms(now, scratch);
            self.report(now, scratch);
            scratch.due.report = now.plus_us(SECOND_US);
        }
        if now >= scratch.due.status {
            self.show_status(now, scratch);
            scratch.due.status = now.plus_us(STATUS_INTERVAL_US);
        }
        self.parts.goes.watchdog.feed(now);
    }

    fn show_status(&self, now: TimeUs, scratch: &Scratch) {
        let parts = &self.parts;
        let [placed, records] = parts.goes.sink.gauges();
        let seen = status::Seen {
            about: &parts.about,
            now,
            decide: &parts.decide,
            vehicle: &scratch.vehicle,
            link: &self.link,
            shared: &parts.shared,
            passes: scratch.passes,
            lanes: [parts.comes.readings.gauge(), parts.comes.pulses.gauge(), placed, records],
        };
        parts.goes.board.write(|status| status::show(status, &seen));
    }

    fn watch_recorder(&mut self, now: TimeUs, scratch: &mut Scratch) {
        if let Some((state, file)) = self.parts.shared.recorder.glance()
            && state != scratch.told.recorder
        {
            self.tell_recorder(now, &state, file);
            scratch.told.recorder = state;
        }
        if let (false, Some(utc)) = (scratch.told.utc, scratch.vehicle.utc_us) {
            scratch.told.utc = true;
            self.parts.shared.recorder.utc(utc.received_us, utc.value);
        }
        let armed = scratch.vehicle.heartbeat.is_some_and(|heartbeat| heartbeat.value.armed);
        if scratch.told.armed && !armed {
            self.parts.shared.recorder.landed();
        }
        scratch.told.armed = armed;
    }

    /// Pauses and their ends are in the files already: there they are said only.
    fn tell_recorder(&mut self, now: TimeUs, state: &RecorderState, file: Option<PathBuf>) {
        match state {
            RecorderState::Recording => {
                let file = file.unwrap_or_default();
                let text =
                    format_args!("recording again: {}", file.file_name().unwrap_or_default().display());
                self.parts.goes.sink.say(Severity::Warning, Text::format(text));
            }
            RecorderState::Paused { why } => {
                self.parts
                    .goes
                    .sink
                    .say(Severity::Critical, Text::format(format_args!("NOT RECORDING: {why}")));
            }
            RecorderState::Stopped { why } => {
                let (severity, text) = (Severity::Critical, format_args!("recorder stopped: {why}"));
                let text = Text::format(text);
                let event = Event { at: now, severity, kind: "recorder_stopped", text };
                self.parts.goes.sink.record(&Record::Event(event));
            }
        }
    }

    /// What the recorder finds dangerous, once each time it comes.
    fn tell_alarms(&mut self, now: TimeUs, scratch: &mut Scratch) {
        let Some(seen) = self.parts.shared.recorder.database() else { return };
        // The numbers in a text change, what it is about does not.
        let about =
            |text: &str| text.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default().to_string();
        let about_now: Vec<_> = seen.alarms.iter().map(|text| about(text)).collect();
        for (alarm, _) in
            seen.alarms.iter().zip(&about_now).filter(|(_, about)| !scratch.told.alarms.contains(about))
        {
            let (severity, text) = (Severity::Warning, Text::new(alarm));
            let event = Event { at: now, severity, kind: "recorder_alarm", text };
            self.parts.goes.sink.record(&Record::Event(event));
        }
        scratch.told.alarms = about_now;
    }

    fn telemetry(&mut self, now: TimeUs) {
        let channel = self.parts.decide.target().unwrap_or(0);
        let Some(facts) = self.parts.decide.facts().get(usize::from(channel)).copied() else { return };
        let floor = facts.floor_dbfs();
        let values = [("SKY_PWR", facts.power_dbfs), ("SKY_FLOOR", floor), ("SKY_SNR", facts.snr_db)];
        for (name, value) in values {
            if let Some(value) = value {
                self.link.named_value(now, name, value as f32);
            }
        }
        self.link.named_value(now, "SKY_STATE", f32::from(self.parts.decide.state() as u8));
    }

    pub(super) fn report(&mut self, now: TimeUs, scratch: &mut Scratch) {
        scratch.passes = scratch.budget.report();
        self.parts.goes.sink.record(&Record::Budget(now, Name::new("control"), scratch.passes));
        self.parts.goes.sink.record(&Record::Link(now, self.link.report()));
    }
}
