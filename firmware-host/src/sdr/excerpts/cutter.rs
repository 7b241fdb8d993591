//! From detections to files: which samples of the ring are written where, and when enough is enough.
//!
//! One file is open at a time. What is heard while its samples are still wanted stands in it too, and makes it longer, unless the same beacon
//! began one less than an interval ago. What it does is told by events: `iq_kept`, `iq_lost`, `iq_refused`, `iq_failed`.

use super::history::{Head, HistoryReader};
use super::meta::{Heard, Origin, Utc};
use super::written::Excerpt;
use skyhound::limits::CHANNELS_MAX;
use skyhound::record::{Event, Severity, Text};
use skyhound::ring::Consumer;
use skyhound::time::TimeUs;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// Detections that wait for an open file's end, and events for the recorder.
const WAITING_MAX: usize = 256;
/// A reader that was overtaken goes on so far from the oldest block, as a part of the ring, or it would be again at once.
const AHEAD_PART: u64 = 4;
/// What is missing at the begin of a file is told from here on: some blocks.
const LATE_MIN_US: u64 = 50_000;
/// At the end the recorder is given this long to take the last events.
const LAST_TRIES: u32 = 100;
const LAST_WAIT: Duration = Duration::from_millis(20);

/// What is to be kept.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is the same for all files.
    pub origin: Origin,
    /// Kept before a detection's evidence begins, µs.
    pub before_us: u32,
    /// Kept after it was confirmed, µs.
    pub after_us: u32,
    /// From one begin to the next of the same beacon at least, µs.
    pub interval_us: u32,
    /// Of all files together at most.
    pub disk_bytes: u64,
    /// UTC at time 0, until somebody knows better.
    pub utc: Utc,
}

/// Something was heard, or is not any more.
#[derive(Copy, Clone, Debug)]
pub struct Asked {
    /// What.
    pub heard: Heard,
    /// UTC at time 0 by GPS, when that is known.
    pub utc: Option<Utc>,
}

/// Where files go.
#[derive(Clone, Debug)]
pub struct Room {
    /// The folder; made when it is needed.
    pub folder: PathBuf,
    /// What may be written there before somebody else is short of disk.
    pub free_bytes: u64,
}

/// Where files go now, or why there is no place.
pub type AskRoom = Box<dyn FnMut() -> Result<Room, String> + Send>;

/// Who takes events; false when it cannot just now.
pub type Tell<'a> = &'a mut dyn FnMut(&Event) -> bool;

/// Cuts files out of the ring.
pub struct Cutter {
    plan: Plan,
    history: HistoryReader,
    asked: Consumer<Asked>,
    ask_room: AskRoom,
    waiting: VecDeque<Asked>,
    untold: VecDeque<Event>,
    open: Option<Open>,
    /// A block's bytes.
    bytes: Vec<u8>,
    spent_bytes: u64,
    /// When the newest file of each channel was begun.
    begun: [Option<TimeUs>; CHANNELS_MAX],
    /// Time of the newest block that was looked at.
    seen: TimeUs,
    skipped_total: u64,
    /// Why nothing is written, as it was told last.
    refusal: Option<String>,
}

struct Open {
    excerpt: Excerpt,
    /// Number of the next block.
    next: u64,
    /// The time from which on nothing is wanted.
    until: TimeUs,
    /// So far all that was wanted is written.
    reached: TimeUs,
    /// What comes next was written over.
    is_overtaken: bool,
    /// How much of that there was, µs.
    lost_us: u64,
}

impl Cutter {
    /// Of what is `asked`, from the ring behind `history`.
    pub fn new(plan: Plan, history: HistoryReader, asked: Consumer<Asked>, ask_room: AskRoom) -> Cutter {
        Cutter {
            plan,
            history,
            asked,
            ask_room,
            waiting: VecDeque::new(),
            untold: VecDeque::new(),
            open: None,
            bytes: Vec::new(),
            spent_bytes: 0,
            begun: [None; CHANNELS_MAX],
            seen: TimeUs(0),
            skipped_total: 0,
            refusal: None,
        }
    }

    /// Whether neither samples nor detections come any more. What was there before is still to be taken.
    pub fn is_over(&self) -> bool {
        self.asked.is_abandoned() && self.history.is_closed()
    }

    /// Takes what was asked for and writes what is there of it.
    pub fn step(&mut self, tell: Tell<'_>) {
        while let Some(asked) = self.asked.pop() {
            if self.waiting.len() < WAITING_MAX {
                self.waiting.push_back(asked);
            } else {
                self.skipped_total += 1;
            }
        }
        loop {
            self.take_waiting();
            self.write();
            if self.open.is_some() || self.waiting.is_empty() {
                break;
            }
        }
        while self.untold.front().is_some_and(&mut *tell) {
            self.untold.pop_front();
        }
    }

    /// Takes and writes the last, and ends what is open.
    pub fn finish(mut self, tell: Tell<'_>) {
        self.step(&mut *tell);
        while self.open.is_some() {
            self.close(None);
            self.step(&mut *tell);
        }
        let skipped = self.skipped_total + self.asked.gauge().dropped_total();
        if skipped > 0 {
            let text = format!("of {skipped} detections no IQ of their own was kept");
            self.say(Severity::Note, "iq_refused", &text);
        }
        for _ in 0..LAST_TRIES {
            self.step(&mut *tell);
            if self.untold.is_empty() {
                return;
            }
            std::thread::sleep(LAST_WAIT);
        }
    }

    fn take_waiting(&mut self) {
        while let Some(Asked { heard, utc }) = self.waiting.front().copied() {
            let detection = &heard.detection;
            let from = TimeUs(detection.began_us.0.saturating_sub(u64::from(self.plan.before_us)));
            let until = detection.confirmed_us.plus_us(u64::from(self.plan.after_us));
            self.plan.utc = utc.unwrap_or(self.plan.utc);
            let is_due = self.is_due(&heard);
            match &mut self.open {
                _ if detection.ended_us.is_some() => self.note_end(&heard),
                Some(open) if from <= open.until => {
                    open.excerpt.heard.push(heard);
                    if is_due {
                        open.until = open.until.max(until);
                        self.note_begin(&heard);
                    }
                }
                Some(_) => return,
                None if is_due => self.begin(heard, from, until),
                None => self.skipped_total += 1,
            }
            self.waiting.pop_front();
        }
    }

    fn is_due(&self, heard: &Heard) -> bool {
        let begun = self.begun.get(usize::from(heard.detection.channel)).copied().flatten();
        begun.is_none_or(|at| heard.detection.confirmed_us.since_us(at) >= u64::from(self.plan.interval_us))
    }

    fn note_begin(&mut self, heard: &Heard) {
        if let Some(begun) = self.begun.get_mut(usize::from(heard.detection.channel)) {
            *begun = Some(heard.detection.confirmed_us);
        }
    }

    fn note_end(&mut self, heard: &Heard) {
        let open = self.open.iter_mut().flat_map(|open| &mut open.excerpt.heard);
        for known in open.filter(|known| known.detection.id == heard.detection.id) {
            known.detection = heard.detection;
        }
    }

    fn begin(&mut self, heard: Heard, from: TimeUs, until: TimeUs) {
        self.seen = self.seen.max(heard.detection.confirmed_us);
        let room = match self.room() {
            Ok(room) => room,
            Err(why) => return self.refuse(&why),
        };
        self.refusal = None;
        let name = format!("detection-{}-{}", heard.detection.id, plain(heard.name.as_str()));
        let (next, late_us) = self.first_block(from);
        match Excerpt::begin(&room.folder, &name, heard, &self.plan.origin) {
            Ok(excerpt) => {
                let (reached, is_overtaken) = (from.plus_us(late_us), false);
                self.open = Some(Open { excerpt, next, until, reached, is_overtaken, lost_us: 0 });
            }
            Err(error) => return self.fail(&name, &error),
        }
        self.note_begin(&heard);
        if late_us > LATE_MIN_US {
            let late_s = late_us as f64 / 1e6;
            let text =
                format!("{name} begins {late_s:.1} s late: recorder.iq.ring_s does not reach back so far");
            self.say(Severity::Warning, "iq_lost", &text);
        }
    }

    /// Where a file may be written, or why not.
    fn room(&mut self) -> Result<Room, String> {
        let room = (self.ask_room)()?;
        let Origin { sample_rate_sps, format, .. } = self.plan.origin;
        let second_bytes = (sample_rate_sps * format.sample_bytes() as f64) as u64;
        if room.free_bytes < second_bytes {
            return Err("the disk is nearly full (twice recorder.disk_reserve_mb stays free)".to_string());
        }
        if self.spent_bytes + second_bytes > self.plan.disk_bytes {
            return Err("the flight's IQ takes what it may (recorder.iq.disk_mb)".to_string());
        }
        Ok(room)
    }

    /// Once for each cause, until something is written again.
    fn refuse(&mut self, why: &str) {
        self.skipped_total += 1;
        if self.refusal.as_deref() != Some(why) {
            self.say(Severity::Warning, "iq_refused", &format!("no IQ is kept: {why}"));
            self.refusal = Some(why.to_string());
        }
    }

    /// The block that holds this time, or the next to it that is there; and how much of what the ring held is missing before that.
    fn first_block(&self, from: TimeUs) -> (u64, u64) {
        let (oldest, mut first) = (self.history.oldest(), self.history.end());
        let mut late_us = 0;
        while first > 0 {
            let head = (first > oldest).then(|| self.history.head(first - 1)).flatten();
            // It was written over, also just now.
            let Some(head) = head else { return (first, late_us) };
            if self.end_of(&head) <= from {
                break;
            }
            first -= 1;
            late_us = head.stamp.acquired_us.since_us(from);
        }
        // Before the first block of all there was nothing, and what a gap lacks the ring never held.
        (first, 0)
    }

    fn end_of(&self, head: &Head) -> TimeUs {
        let length_us = head.count as f64 * 1e6 / self.plan.origin.sample_rate_sps;
        head.stamp.acquired_us.plus_us(length_us as u64)
    }

    /// Writes what is there for the open file, and ends it where its time is over.
    fn write(&mut self) {
        while let Some(open) = &mut self.open {
            if open.next >= self.history.end() {
                return;
            }
            let Some(head) = self.history.read(open.next, &mut self.bytes) else {
                let (oldest, end) = (self.history.oldest(), self.history.end());
                open.next = oldest + (end - oldest) / AHEAD_PART;
                open.is_overtaken = true;
                continue;
            };
            let at = head.stamp.acquired_us;
            self.seen = self.seen.max(at);
            if at >= open.until {
                if std::mem::take(&mut open.is_overtaken) {
                    open.lost_us += open.until.since_us(open.reached);
                }
                self.close(None);
                continue;
            }
            let bytes = self.spent_bytes + open.excerpt.bytes() + self.bytes.len() as u64;
            if bytes > self.plan.disk_bytes {
                self.close(Some("cut: the flight's IQ takes what it may (recorder.iq.disk_mb)"));
                continue;
            }
            if open.excerpt.is_full() {
                self.close(Some("cut: too many gaps"));
                continue;
            }
            self.write_block(&head);
        }
    }

    fn write_block(&mut self, head: &Head) {
        let end = self.end_of(head);
        let Some(open) = &mut self.open else { return };
        // What the stream itself lacks was not written over.
        if std::mem::take(&mut open.is_overtaken) {
            open.lost_us += head.stamp.acquired_us.since_us(open.reached);
        }
        match open.excerpt.write(head, &self.bytes, &self.plan.origin, self.plan.utc) {
            Ok(is_synced) => {
                open.reached = end;
                open.next += 1;
                if is_synced && let Err(why) = (self.ask_room)().and_then(enough) {
                    self.close(Some(&why));
                }
            }
            Err(error) => {
                let name = open.excerpt.name();
                self.fail(&name, &error);
                self.close(Some("cut"));
            }
        }
    }

    /// Ends the open file; `cut`: before its time, and why.
    fn close(&mut self, cut: Option<&str>) {
        let Some(Open { excerpt, lost_us, .. }) = self.open.take() else { return };
        let name = excerpt.name();
        if excerpt.bytes() == 0 {
            excerpt.discard();
            return;
        }
        if lost_us > 0 {
            let lost_s = lost_us as f64 / 1e6;
            let text = format!("{name} lacks {lost_s:.2} s: the disk was slower than the ring is long");
            self.say(Severity::Warning, "iq_lost", &text);
        }
        match excerpt.finish(&self.plan.origin, self.plan.utc) {
            Ok(kept) => {
                self.spent_bytes += kept.bytes;
                let (from_s, length_s) = (kept.from_us as f64 / 1e6, kept.length_us as f64 / 1e6);
                let file = kept.file.file_name().unwrap_or_default().display();
                let sha256 = &kept.sha256;
                let text = format!("{file}: {length_s:.3} s from {from_s:.3} s on, sha256 {sha256}");
                self.say(Severity::Note, "iq_kept", &text);
                if let Some(why) = cut {
                    self.say(Severity::Warning, "iq_refused", &format!("{name} is {why}"));
                }
            }
            Err(error) => self.fail(&name, &error),
        }
    }

    fn fail(&mut self, name: &str, error: &std::io::Error) {
        self.say(Severity::Warning, "iq_failed", &format!("{name}: cannot be written: {error}"));
    }

    fn say(&mut self, severity: Severity, kind: &'static str, text: &str) {
        if self.untold.len() < WAITING_MAX {
            self.untold.push_back(Event { at: self.seen, severity, kind, text: Text::new(text) });
        }
    }
}

fn enough(room: Room) -> Result<(), String> {
    let why = "cut: the disk is nearly full (twice recorder.disk_reserve_mb stays free)";
    if room.free_bytes > 0 { Ok(()) } else { Err(why.to_string()) }
}

/// As part of a file's name.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect()
}
