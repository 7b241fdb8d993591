//! The ordered log: what happened to a flight and what it was told, entry by entry, as the recorder takes it from the lanes.
//!
//! An id is given once, in the order in which the entries are committed, and goes on over the files of a flight: whoever has
//! read to an id has all before it, which no time could say (the lanes of several threads are not in step). What is measured at a rate
//! (readings, pulses, motion) is in its own tables only; of what comes again and again, an entry is what changed.

use skyhound::command::{Aim, Command, Course, OperatorAct, StateChange, Trip};
use skyhound::facts::Detection;
use skyhound::record::{Record, Severity};
use skyhound::time::TimeUs;
use skyhound::vehicle::parameter::PARAMETERS;
use skyhound::vehicle::{Part, Vehicle};
use std::collections::VecDeque;

/// Entries that are kept in memory for who follows: some seconds of the busiest start of a flight.
const TAIL_MAX: usize = 256;

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Counts up from 1 within a flight; some may be missing.
    pub id: u64,
    /// When it happened, µs since start.
    pub at: TimeUs,
    /// The table it is of, or `vehicle`.
    pub source: &'static str,
    /// Of an event.
    pub severity: Option<Severity>,
    /// A fixed word.
    pub kind: &'static str,
    /// In words.
    pub text: String,
}

/// Entries that wait for their COMMIT, and what the next ones are compared with.
#[derive(Default)]
pub struct Logbook {
    /// They.
    pub entries: Vec<LogEntry>,
    last_id: u64,
    commanded: Option<(&'static str, Option<Aim>, Option<Trip>)>,
}

impl Logbook {
    /// Notes what `record` tells, the aircraft being `known` by all that came before it.
    pub fn note(&mut self, record: &Record, known: &Vehicle) {
        match record {
            Record::Event(event) => {
                let text = event.text.as_str().to_string();
                self.enter(event.at, "event", Some(event.severity), event.kind, text);
            }
            Record::Operator(at, act) => {
                let kind = match act {
                    OperatorAct::HomingOn => "homing_on",
                    OperatorAct::HomingOff => "homing_off",
                };
                self.enter(*at, "operator", None, kind, act.to_string());
            }
            Record::StateChange(StateChange { at, from, to, reason }) => {
                let text = format!("{} to {}: {reason}", from.name(), to.name());
                self.enter(*at, "state_change", None, to.name(), text);
            }
            Record::Detection(detection) => self.detection(detection),
            Record::Command(at, command, course) => self.command(*at, *command, course.as_ref()),
            Record::Vehicle(at, part) => {
                if let Some((kind, text)) = told(part, known) {
                    self.enter(*at, "vehicle", None, kind, text);
                }
            }
            _ => {}
        }
    }

    fn detection(&mut self, detection: &Detection) {
        let Detection { id, channel, .. } = detection;
        let (at, kind) = match detection.ended_us {
            Some(at) => (at, "ended"),
            None => (detection.confirmed_us, "confirmed"),
        };
        let what = detection.kind.name();
        let strongest = format!("SNR up to {:.1} dB", detection.snr_peak_db);
        self.enter(
            at,
            "detection",
            None,
            kind,
            format!("detection {id}: {what} on channel {channel}, {strongest}"),
        );
    }

    /// The first of its kind, or for a reason of its own.
    fn command(&mut self, at: TimeUs, command: Command, course: Option<&Course>) {
        let aim = course.map(|course| course.aim);
        let (kind, trip) = match command {
            Command::Velocity(_) => ("velocity", None),
            Command::Stop => ("stop", None),
            Command::Silence(trip) => ("silence", Some(trip)),
        };
        if self.commanded.replace((kind, aim, trip)) == Some((kind, aim, trip)) {
            return;
        }
        let why = trip.map(|trip| trip.to_string()).or(aim.map(|aim| aim.words().to_string()));
        self.enter(at, "command", None, kind, why.unwrap_or_else(|| kind.to_string()));
    }

    fn enter(
        &mut self,
        at: TimeUs,
        source: &'static str,
        severity: Option<Severity>,
        kind: &'static str,
        text: String,
    ) {
        self.last_id += 1;
        self.entries.push(LogEntry { id: self.last_id, at, source, severity, kind, text });
    }
}

impl LogEntry {
    /// As a line of JSON, with the names and the order of the table's columns.
    pub fn json(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let severity = self.severity.map_or_else(|| "null".to_string(), |severity| text(severity.name()));
        format!(
            "{{\"id\":{},\"at_us\":{},\"source\":{},\"severity\":{severity},\"kind\":{},\"text\":{}}}",
            self.id,
            self.at.0,
            text(self.source),
            text(self.kind),
            text(&self.text)
        )
    }
}

/// The newest entries that were committed.
#[derive(Default)]
pub struct LogTail {
    entries: VecDeque<LogEntry>,
    /// The newest id that is not kept any more.
    forgotten_id: u64,
}

impl LogTail {
    /// Keeps `entries`, which are durable.
    pub fn keep(&mut self, entries: &[LogEntry]) {
        self.entries.extend(entries.iter().cloned());
        while self.entries.len() > TAIL_MAX {
            self.forgotten_id = self.entries.pop_front().map_or(self.forgotten_id, |entry| entry.id);
        }
    }

    /// The newest id that is not kept any more.
    pub fn forgotten(&self) -> u64 {
        self.forgotten_id
    }

    /// What came after `id`; `None` when some of that is not kept any more: it stands in the file.
    pub fn after(&self, id: u64) -> Option<Vec<LogEntry>> {
        (id >= self.forgotten_id)
            .then(|| self.entries.iter().filter(|entry| entry.id > id).cloned().collect())
    }
}

/// What a part of the aircraft tells that was not so before, of those that change seldom.
fn told(part: &Part, known: &Vehicle) -> Option<(&'static str, String)> {
    const GONE: &str = "not known any more";
    let or_gone = |text: Option<String>| text.unwrap_or_else(|| GONE.to_string());
    match part {
        Part::Identity(identity) => {
            let words = identity
                .map(|id| format!("{:?}, system {}, component {}", id.firmware, id.system, id.component));
            Some(("identity", or_gone(words)))
        }
        Part::Contested(why) => Some(("contested", why.unwrap_or("not any more").to_string())),
        Part::Heartbeat(beat) => {
            let now = beat.map(|beat| (beat.value.mode, beat.value.armed));
            let words = now.map(|(mode, armed)| {
                format!("{}, {}", mode.name(), if armed { "armed" } else { "disarmed" })
            });
            let before = known.heartbeat.map(|beat| (beat.value.mode, beat.value.armed));
            (now != before).then(|| ("mode", or_gone(words)))
        }
        Part::Landed(landed) => {
            let now = landed.map(|landed| landed.value.name());
            let before = known.landed.map(|landed| landed.value.name());
            (now != before).then(|| ("landed", or_gone(now.map(str::to_string))))
        }
        Part::Home(home) => {
            let now = home.map(|home| home.value);
            let words = now.map(|home| format!("{:.7} {:.7}", home.place.lat_deg, home.place.lon_deg));
            (now != known.home.map(|home| home.value)).then(|| ("home", or_gone(words)))
        }
        Part::GroundStation(station) => {
            let now = station.map(|station| station.value);
            let before = known.ground_station.map(|station| station.value);
            (now != before).then(|| ("ground_station", or_gone(now.map(|id| format!("system {id}")))))
        }
        Part::Parameter(index, value) => {
            let (index, now) = (usize::from(*index), value.map(|value| value.value));
            let before = known.parameters.told(index).map(|value| value.value);
            let name = PARAMETERS.get(index)?.name;
            (now != before)
                .then(|| ("parameter", format!("{name} {}", or_gone(now.map(|now| now.to_string())))))
        }
        Part::Zones(read) => {
            let is_changed = read.is_none_or(|read| read.value.is_changed);
            is_changed.then(|| ("fence", or_gone(read.map(|_| "another one was read".to_string()))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::record::{Event, Text};

    #[test]
    fn who_follows_gets_all_after_an_id_or_is_told_that_it_is_not_kept() {
        let (mut book, mut tail) = (Logbook::default(), LogTail::default());
        assert_eq!(tail.after(0), Some(Vec::new()));
        let last_id = TAIL_MAX as u64 + 10;
        for at in 1..=last_id {
            let text = Text::new("said \"no\"");
            let event = Event { at: TimeUs(at), severity: Severity::Warning, kind: "gap", text };
            book.note(&Record::Event(event), &Vehicle::default());
            tail.keep(&std::mem::take(&mut book.entries));
        }
        let ids =
            |from| tail.after(from).map(|entries| entries.iter().map(|entry| entry.id).collect::<Vec<_>>());
        assert_eq!(ids(9), None);
        assert_eq!(ids(10), Some((11..=last_id).collect()));
        assert_eq!(ids(last_id - 1), Some(vec![last_id]));
        assert_eq!(ids(last_id), Some(vec![]));
        let line = tail.after(last_id - 1).unwrap()[0].json();
        let expected = format!(
            r#"{{"id":{last_id},"at_us":{last_id},"source":"event","severity":"warning","kind":"gap","text":"said \"no\""}}"#
        );
        assert_eq!(line, expected);
    }
}
