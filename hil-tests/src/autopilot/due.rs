//! What leaves without being asked at that moment: streams as they fall due, lists, and news.
//!
//! News goes to every link: a change of mode or of arming as a heartbeat out of turn (ArduPilot `GCS::send_message` in
//! `Copter::set_mode`), texts, a mission item that was reached, a home that moved. PX4's heartbeat (`HEARTBEAT.hpp`, const_rate)
//! stays on its grid of 1 Hz whatever changes.

use super::face::{Face, lock};
use super::messages;
use super::wire::Message;
use crate::scenario::Flavour;

impl Face {
    /// ArduPilot's heartbeat at once when mode or arming have changed.
    pub(super) fn tell_change(&mut self, now_us: u64) {
        if self.flavour == Flavour::Px4 {
            return;
        }
        let now = {
            let aircraft = lock(&self.aircraft);
            (!aircraft.belief().is_silent).then(|| (aircraft.belief().custom_mode, aircraft.belief().armed))
        };
        if now.is_none() || self.said == now {
            return;
        }
        let is_first = self.said.is_none();
        self.said = now;
        for open in self.links.iter_mut().filter(|_| !is_first) {
            open.streams.beaten(now_us);
            open.streams.ask("HEARTBEAT");
        }
    }

    /// What is told once, when it happens: texts, items reached, a home that moved.
    pub(super) fn tell_events(&mut self) {
        let (said, reached, home) = {
            let mut aircraft = lock(&self.aircraft);
            let said: Vec<_> = aircraft.texts().collect();
            (said, aircraft.belief().mission_reached, aircraft.belief().home)
        };
        for (severity, text) in said {
            self.text_id = self.text_id.checked_add(1).unwrap_or(1);
            for message in messages::texts(severity, &text, self.text_id) {
                self.send_patiently(&message);
            }
        }
        if reached.1 != self.reached_total {
            self.reached_total = reached.1;
            self.send_patiently(&Message::new("MISSION_ITEM_REACHED").with("seq", reached.0));
        }
        if home != self.home {
            self.home = home;
            for open in &mut self.links {
                open.streams.ask("HOME_POSITION");
            }
        }
    }

    /// Streams, what waits, and lists of parameters, link by link.
    pub(super) fn send_due(&mut self, now_us: u64) {
        if lock(&self.aircraft).belief().is_silent {
            return;
        }
        for link in 0..self.links.len() {
            let open = &mut self.links[link];
            if !open.is_open {
                continue;
            }
            let (mut streams, mut waiting) =
                (std::mem::take(&mut open.streams), std::mem::take(&mut open.waiting));
            streams.run(now_us, |name| {
                if name == "HEARTBEAT" && self.faults.is_heartless() {
                    return true;
                }
                let message = messages::telemetry(name, &lock(&self.aircraft));
                message.is_none_or(|message| self.send(link, message))
            });
            while let Some(message) = waiting.front()
                && self.send(link, message.clone())
            {
                waiting.pop_front();
            }
            let open = &mut self.links[link];
            (open.streams, open.waiting) = (streams, waiting);
        }
    }

    /// The next parameter of each list that was asked for: 100 a second, or as many as there is room for.
    pub(super) fn send_lists(&mut self) {
        for link in 0..self.links.len() {
            let Some(index) = self.links[link].listed else { continue };
            let next =
                self.parameter_value(index).map(|message| index + usize::from(self.send(link, message)));
            self.links[link].listed = next;
        }
    }
}
