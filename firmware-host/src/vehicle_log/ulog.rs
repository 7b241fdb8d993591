//! ULog, the log of PX4: messages `SIZE TYPE …`, after definitions that say how the topics in them are laid out.
//!
//! There is no checksum. Behind a message of no known type the next synchronisation mark is searched, and what lies between is
//! refused as one stretch. Source: docs.px4.io, "ULog File Format".

use std::collections::HashMap;
use std::io::Read;

use super::row::{Account, Take};
use super::window::Window;

mod layout;
mod topics;

use layout::{Field, layout_of};

/// What a file begins with.
pub const MAGIC: [u8; 7] = *b"ULog\x01\x12\x35";
const HEADER_BYTES: usize = 16;
const MESSAGE_HEADER_BYTES: usize = 3;
const MESSAGE_BYTES_MAX: usize = MESSAGE_HEADER_BYTES + u16::MAX as usize;
const SYNC: [u8; 11] = [8, 0, b'S', 0x2F, 0x73, 0x13, 0x20, 0x25, 0x0C, 0xBB, 0x12];
const KNOWN: &[u8] = b"BFIMPQADRLCSO";
/// Definitions of topics that are kept: PX4 has some 300.
const FORMATS_MAX: usize = 4096;
const RUN_US_MAX: u64 = 10_000_000_000_000;

struct Topic {
    name: String,
    instance: u8,
    /// By the fields' names; empty: a topic that has no table, or of another instance than the first.
    fields: HashMap<String, Field>,
    bytes: usize,
}

/// Reads a log; every row goes to `take`.
///
/// # Errors
/// The file cannot be read, or `take` does not take any more.
pub fn read<R: Read>(window: &mut Window<R>, take: Take) -> Result<Account, String> {
    let header = window.peek(HEADER_BYTES).map_err(|error| error.to_string())?.len();
    window.skip(header);
    let mut log = Log {
        formats: HashMap::new(),
        topics: HashMap::new(),
        appended: Vec::new(),
        account: Account::default(),
        take,
    };
    loop {
        let offset = window.offset;
        let waiting = window.peek(MESSAGE_BYTES_MAX).map_err(|error| error.to_string())?;
        if waiting.is_empty() {
            return Ok(log.account);
        }
        let size = waiting.first_chunk().map_or(0, |size| usize::from(u16::from_le_bytes(*size)));
        let bytes = MESSAGE_HEADER_BYTES + size;
        // What was appended after a crash begins where the file says, whatever the message before promised.
        let until = log.appended.iter().find(|&&at| at > offset).map_or(u64::MAX, |at| at - offset);
        if waiting.len() < bytes || bytes as u64 > until {
            let there = waiting.len().min(usize::try_from(until).unwrap_or(usize::MAX));
            window.skip(there);
            log.account.refuse(
                || format!("byte {offset}"),
                || format!("{there} of {bytes} bytes of a message are there: the log was cut off"),
            );
            continue;
        }
        if !KNOWN.contains(&waiting[2]) {
            let kind = waiting[2];
            log.stretch(window, kind)?;
            continue;
        }
        let message = waiting[2..bytes].to_vec();
        log.message(offset, message[0], &message[1..])?;
        window.skip(bytes);
    }
}

struct Log<'take> {
    formats: HashMap<String, String>,
    topics: HashMap<u16, Topic>,
    appended: Vec<u64>,
    account: Account,
    take: Take<'take>,
}

impl Log<'_> {
    /// Refuses what is no message, up to the next synchronisation mark.
    fn stretch<R: Read>(&mut self, window: &mut Window<R>, kind: u8) -> Result<(), String> {
        let offset = window.offset;
        window.skip(1);
        loop {
            let waiting = window.peek(1 << 12).map_err(|error| error.to_string())?;
            let next = waiting.windows(SYNC.len()).position(|part| part == SYNC);
            let is_over = next.is_some() || waiting.len() < SYNC.len();
            let skipped =
                next.unwrap_or(if is_over { waiting.len() } else { waiting.len() + 1 - SYNC.len() });
            window.skip(skipped);
            if is_over {
                let bytes = window.offset - offset;
                self.account.refuse(|| format!("byte {offset}"), || {
                    format!("{kind:#04x} is no type of a message; {bytes} bytes up to the next mark are not read")
                });
                return Ok(());
            }
        }
    }

    fn message(&mut self, offset: u64, kind: u8, body: &[u8]) -> Result<(), String> {
        let place = || format!("byte {offset}");
        match kind {
            b'D' => return self.sample(offset, body),
            b'F' => {
                let text = String::from_utf8_lossy(body);
                match text.split_once(':').filter(|_| self.formats.len() < FORMATS_MAX) {
                    Some((name, fields)) => {
                        self.formats.insert(name.to_string(), fields.to_string());
                    }
                    None => {
                        self.account
                            .refuse(place, || "a definition without a name, or too many of them".into());
                        return Ok(());
                    }
                }
            }
            b'A' => {
                if let Err(why) = self.subscribe(body) {
                    self.account.refuse(place, || why);
                    return Ok(());
                }
            }
            b'B' => {
                // 8 compatible and 8 incompatible flags, then up to three places where something was appended.
                let places = body.get(16..).unwrap_or_default().chunks_exact(8);
                let places = places.filter_map(|place| place.first_chunk().map(|at| u64::from_le_bytes(*at)));
                self.appended = places.filter(|&at| at > 0).take(3).collect();
                self.appended.sort_unstable();
            }
            _ => {}
        }
        self.account.leave(kind_name(kind));
        Ok(())
    }

    fn subscribe(&mut self, body: &[u8]) -> Result<(), String> {
        let [instance, low, high, name @ ..] = body else {
            return Err("a subscription that is cut off".into());
        };
        let name = String::from_utf8_lossy(name).into_owned();
        if !self.formats.contains_key(&name) {
            return Err(format!("{name} is written, and its layout is told nowhere before"));
        }
        let is_ours = topics::is_ours(&name) && *instance == 0;
        let (fields, bytes) = if is_ours { layout_of(&self.formats, &name)? } else { (HashMap::new(), 0) };
        let topic = Topic { name, instance: *instance, fields, bytes };
        self.topics.insert(u16::from_le_bytes([*low, *high]), topic);
        Ok(())
    }

    fn sample(&mut self, offset: u64, body: &[u8]) -> Result<(), String> {
        let place = || format!("byte {offset}");
        let topic = body
            .split_first_chunk()
            .and_then(|(id, rest)| Some((self.topics.get(&u16::from_le_bytes(*id))?, rest)));
        let Some((topic, sample)) = topic else {
            self.account.refuse(place, || "a sample of a topic that was not told before".into());
            return Ok(());
        };
        if topic.fields.is_empty() {
            let of = if topic.instance == 0 { "" } else { " of another than the first" };
            self.account.leave(&format!("{}{of}", topic.name));
            return Ok(());
        }
        if sample.len() < topic.bytes {
            let (there, bytes) = (sample.len(), topic.bytes);
            self.account.refuse(place, || format!("{}: {there} of {bytes} bytes are there", topic.name));
            return Ok(());
        }
        let get = |name: &str| topic.fields.get(name).and_then(|field| field.value(sample));
        let log_us = get("timestamp").filter(|us| (0.0..RUN_US_MAX as f64).contains(us));
        let Some(log_us) = log_us else {
            self.account.refuse(place, || format!("{}: no time, or none a log can have", topic.name));
            return Ok(());
        };
        match topics::row(&topic.name, &get, log_us as i64) {
            Ok((row, changed)) => {
                self.account.take(&row);
                changed.iter().for_each(|why| self.account.change(why));
                (self.take)(&row)
            }
            Err(why) => {
                self.account.refuse(place, || format!("{}: {why}", topic.name));
                Ok(())
            }
        }
    }
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        b'B' => "flag bits",
        b'F' => "definition",
        b'I' | b'M' => "information",
        b'P' | b'Q' => "parameter",
        b'A' | b'R' => "subscription",
        b'L' | b'C' => "logged text",
        b'S' => "synchronisation",
        _ => "dropout",
    }
}
