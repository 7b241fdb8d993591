//! What we tell of ourselves when we are asked: MAV_CMD_REQUEST_MESSAGE and the older ways.

use crate::autopilot::message_id::{AUTOPILOT_VERSION, COMPONENT_INFORMATION_BASIC};
use crate::autopilot::post::Reply;
use crate::autopilot::replies;
use crate::version::VERSION;

const REQUEST_MESSAGE: u16 = 512;
const REQUEST_CAPABILITIES: u16 = 520;

/// The message that `command` with this first parameter asks for, when we have it.
pub fn asked(command: u16, first: Option<f64>) -> Option<Reply> {
    let id = match command {
        REQUEST_MESSAGE => first.filter(|id| id.fract() == 0.0 && (0.0..1e6).contains(id))? as u32,
        REQUEST_CAPABILITIES => AUTOPILOT_VERSION,
        _ => return None,
    };
    match id {
        AUTOPILOT_VERSION => Some(replies::autopilot_version(version(VERSION))),
        COMPONENT_INFORMATION_BASIC => {
            Some(replies::component_information("Skyhound", "beacon finder", VERSION))
        }
        _ => None,
    }
}

/// Major, minor and patch in a byte each, the lowest byte 0: development.
fn version(text: &str) -> u32 {
    let number = text.split(['+', '-']).next().unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap_or(0).min(255));
    let mut next = || parts.next().unwrap_or(0);
    next() << 24 | next() << 16 | next() << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_have_is_told_and_nothing_else() {
        let id = |command, first| asked(command, first).map(|reply| reply.id);
        assert_eq!(id(512, Some(148.0)), Some(AUTOPILOT_VERSION));
        assert_eq!(id(512, Some(396.0)), Some(COMPONENT_INFORMATION_BASIC));
        assert_eq!(id(520, None), Some(AUTOPILOT_VERSION));
        for first in [None, Some(-1.0), Some(148.5), Some(1e9), Some(0.0)] {
            assert_eq!(id(512, first), None, "{first:?}");
        }
        assert_eq!(id(400, Some(1.0)), None);
        assert_eq!(version("1.2.300-rc.1+3f2a"), 0x0102_FF00);
    }
}
