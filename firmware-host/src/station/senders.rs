//! Who speaks, and who of them may enable homing.

use std::fmt;

use skyhound::time::TimeUs;

/// Somebody who does not beat for this long is not there: five heartbeats.
const HEARD_US: u64 = 5_000_000;
/// Senders that are remembered.
const SENDERS_MAX: usize = 16;

/// MAVLink ids of a sender.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// System.
    pub system: u8,
    /// Component.
    pub component: u8,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.component)
    }
}

/// Who was heard, and when.
pub struct Senders {
    commanders: Vec<u8>,
    heard: Vec<(Sender, TimeUs)>,
}

impl Senders {
    /// Systems that may enable homing.
    pub fn new(commanders: Vec<u8>) -> Senders {
        Senders { commanders, heard: Vec::with_capacity(SENDERS_MAX) }
    }

    /// A heartbeat came.
    pub fn hear(&mut self, sender: Sender, at: TimeUs) {
        self.heard.retain(|(known, _)| *known != sender);
        if self.heard.len() == SENDERS_MAX {
            self.heard.remove(0);
        }
        self.heard.push((sender, at));
    }

    /// Whether it may enable what homing is.
    ///
    /// # Errors
    /// Why not, with the mend, in at most 50 bytes: what a STATUSTEXT holds.
    pub fn may_command(&self, sender: Sender, now: TimeUs) -> Result<(), String> {
        if !self.commanders.contains(&sender.system) {
            return Err(format!("system {} is not in station.commanders", sender.system));
        }
        let is_there = self.heard.iter().any(|(known, at)| *known == sender && now.since_us(*at) <= HEARD_US);
        if is_there { Ok(()) } else { Err(format!("no heartbeat of {sender} within 5 s")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_named_and_there_may() {
        let mut senders = Senders::new(vec![255]);
        let (pilot, stranger) =
            (Sender { system: 255, component: 190 }, Sender { system: 200, component: 190 });
        senders.hear(pilot, TimeUs(1_000_000));
        senders.hear(stranger, TimeUs(1_000_000));
        assert_eq!(senders.may_command(pilot, TimeUs(6_000_000)), Ok(()));
        assert_eq!(
            senders.may_command(pilot, TimeUs(6_000_001)),
            Err("no heartbeat of 255/190 within 5 s".into())
        );
        assert!(senders.may_command(stranger, TimeUs(1_000_000)).is_err());
        // Another component of that system was not heard.
        assert!(senders.may_command(Sender { component: 1, ..pilot }, TimeUs(1_000_000)).is_err());
        let all = (0..=255)
            .map(|system| Senders::new(vec![]).may_command(Sender { system, component: 1 }, TimeUs(0)));
        assert!(all.into_iter().all(|said| said.unwrap_err().len() <= 50));
    }

    #[test]
    fn a_crowd_is_forgotten_from_its_oldest_on() {
        let mut senders = Senders::new((0..=255).collect());
        for system in 0..=255 {
            senders.hear(Sender { system, component: 1 }, TimeUs(0));
        }
        assert!(senders.may_command(Sender { system: 0, component: 1 }, TimeUs(0)).is_err());
        assert_eq!(senders.may_command(Sender { system: 255, component: 1 }, TimeUs(0)), Ok(()));
        assert_eq!(senders.heard.len(), SENDERS_MAX);
    }
}
