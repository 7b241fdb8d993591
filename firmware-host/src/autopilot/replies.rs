//! From our words to payloads of what a component answers ground stations: [`Reply`]s, which the link puts on the line.

use mavlink::MessageData;
use mavlink::dialects::ardupilotmega as dialect;

use super::message_id::COMMAND_ACK;
use super::outbound::padded;
use super::post::Reply;

/// Bytes of a STATUSTEXT that every ground station shows whole.
pub const TEXT_BYTES: usize = 50;

/// AUTOPILOT_VERSION: what we speak, and our version, a byte each of major, minor, patch and kind of release.
pub fn autopilot_version(version: u32) -> Reply {
    Reply::of(&dialect::AUTOPILOT_VERSION_DATA {
        capabilities: dialect::MavProtocolCapability::MAV_PROTOCOL_CAPABILITY_MAVLINK2
            | dialect::MavProtocolCapability::MAV_PROTOCOL_CAPABILITY_COMMAND_INT,
        flight_sw_version: version,
        ..Default::default()
    })
}

/// COMPONENT_INFORMATION_BASIC; names longer than their fields are cut.
pub fn component_information(vendor: &str, model: &str, version: &str) -> Reply {
    Reply::of(&dialect::COMPONENT_INFORMATION_BASIC_DATA {
        vendor_name: padded(vendor).into(),
        model_name: padded(model).into(),
        software_version: padded(version).into(),
        ..Default::default()
    })
}

/// COMMAND_ACK to a sender, with the extension that names it.
pub fn command_ack(command: u16, result: u8, (system, component): (u8, u8)) -> Reply {
    let [low, high] = command.to_le_bytes();
    let (progress, param2) = (0, 0);
    Reply::new(
        COMMAND_ACK,
        dialect::COMMAND_ACK_DATA::EXTRA_CRC,
        &[low, high, result, progress, param2, 0, 0, 0, system, component],
    )
}

/// A STATUSTEXT that warns; what is longer than one is cut.
pub fn warning(text: &str) -> Reply {
    let end = (0..=TEXT_BYTES.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    Reply::of(&dialect::STATUSTEXT_DATA {
        severity: dialect::MavSeverity::MAV_SEVERITY_WARNING,
        text: padded(&text[..end]).into(),
    })
}
