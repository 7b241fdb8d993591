//! What a viewer of the flight is told and was told already, whichever way it is told.

use serde::Serialize;

use super::Site;

/// Bytes of log in a frame at most, about.
const LOG_BYTES_MAX: usize = 32 << 10;

/// Something that is told: its name, and a line of JSON.
pub struct Event {
    name: &'static str,
    json: String,
}

/// What a viewer has been told.
#[derive(Default)]
pub struct Told {
    log_id: u64,
    spectrum_us: Option<u64>,
    estimates: Vec<(u8, u64)>,
    regions: Vec<(u8, u8, u64)>,
}

impl Event {
    /// `json` is one line, as all JSON of ours is.
    pub fn of(name: &'static str, json: String) -> Event {
        Event { name, json }
    }

    /// As server-sent events are written.
    pub fn server_sent(&self) -> String {
        format!("event: {}\ndata: {}\n\n", self.name, self.json)
    }

    /// As a message of its own.
    pub fn message(&self) -> String {
        format!("{{\"event\":\"{}\",\"data\":{}}}", self.name, self.json)
    }
}

impl Told {
    /// The log was told up to the entry `log_id`, and nothing else.
    pub fn up_to(log_id: u64) -> Told {
        Told { log_id, ..Told::default() }
    }

    /// What the log says that was not told yet.
    pub fn log(&mut self, site: &Site) -> Vec<Event> {
        let Some(flying) = &site.flying else { return Vec::new() };
        let Some(lines) = flying.door.log_after(self.log_id) else {
            // What is not at hand any more stands in the file; what is at hand is told from its begin.
            let behind = Event::of("behind", format!("{{\"from\":{}}}", self.log_id));
            self.log_id = flying.door.log_forgotten();
            return vec![behind];
        };
        let (mut events, mut bytes) = (Vec::new(), 0);
        for (id, line) in lines {
            if bytes > LOG_BYTES_MAX {
                break;
            }
            bytes += line.len();
            events.push(Event::of("log", line));
            self.log_id = id;
        }
        events
    }

    /// What was recorded since.
    pub fn picture(&mut self, site: &Site) -> Vec<Event> {
        let Some(flying) = &site.flying else { return Vec::new() };
        let picture = flying.door.picture();
        let mut events = Vec::new();
        if let Some(spectrum) = &picture.spectrum
            && self.spectrum_us.replace(spectrum.at_us) != Some(spectrum.at_us)
        {
            events.extend(made("spectrum", spectrum));
        }
        for estimate in &picture.estimates {
            let now = (estimate.channel, estimate.at_us);
            if !self.estimates.contains(&now) {
                self.estimates.retain(|(channel, _)| *channel != estimate.channel);
                self.estimates.push(now);
                events.extend(made("estimate", estimate));
            }
        }
        for region in &picture.regions {
            let now = (region.channel, region.percent, region.at_us);
            if !self.regions.contains(&now) {
                self.regions
                    .retain(|(channel, percent, _)| (*channel, *percent) != (region.channel, region.percent));
                self.regions.push(now);
                events.extend(made("region", region));
            }
        }
        events
    }
}

fn made(name: &'static str, value: &impl Serialize) -> Option<Event> {
    serde_json::to_string(value).ok().map(|json| Event::of(name, json))
}
