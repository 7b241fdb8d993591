//! What a 406 MHz distress beacon's message says, as programs read it.

use serde_json::{Value, json};
use skyhound::cospas::{Activation, Check, Held, Identity, Message, country_name};

/// Whom it names, each as a number or text of its own; null where the protocol does not have it.
fn identity(message: &Message) -> Value {
    let mut value = json!({
        "mmsi": null, "call_sign": null, "aircraft": null, "aircraft_address": null, "operator": null,
        "type_approval": null, "serial_number": null, "beacon_number": null, "national_bits": null,
    });
    let mut set = |key: &str, is: Value| value[key] = is;
    match message.identity {
        Identity::Mmsi { last_six, beacon } => {
            set("mmsi", message.identity.mmsi(message.country).unwrap_or(last_six).into());
            set("beacon_number", beacon.to_string().into());
        }
        Identity::CallSign { letters, beacon } => {
            set("call_sign", letters.as_str().into());
            set("beacon_number", beacon.to_string().into());
        }
        Identity::Registration { letters, beacon } => {
            set("aircraft", letters.as_str().into());
            set("beacon_number", beacon.to_string().into());
        }
        Identity::Address { address, beacon } => {
            set("aircraft_address", format!("{address:06X}").into());
            set("beacon_number", beacon.to_string().into());
        }
        Identity::Operator { letters, serial } => {
            set("operator", letters.as_str().into());
            set("serial_number", serial.into());
        }
        Identity::Number { type_approval, serial } => {
            set("type_approval", type_approval.into());
            set("serial_number", serial.into());
        }
        Identity::National { bits, count } => {
            set("national_bits", format!("{bits:0width$b}", width = usize::from(count)).into());
        }
    }
    value
}

/// As people read it: `identification`, `long` or `short`.
pub fn format_name(message: &Message) -> &'static str {
    match message.held {
        Held::Id => "identification",
        _ if message.is_long() => "long",
        _ => "short",
    }
}

fn check(check: Check) -> Value {
    match check {
        Check::Absent => Value::Null,
        Check::Right(count) => json!({ "right": true, "corrected_bits": count }),
        Check::Wrong => json!({ "right": false, "corrected_bits": 0 }),
    }
}

/// As people read it.
pub fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Manual => "manual",
        Activation::Automatic => "automatic and manual",
    }
}

/// All of it, for programs: `null` is not known.
pub fn to_json(message: &Message) -> Value {
    let hex = (message.held != Held::Id).then(|| message.bits.hex(message.held == Held::Long).to_string());
    let position = message.position.map(|position| {
        json!({
            "lat_deg": position.lat_deg,
            "lon_deg": position.lon_deg,
            "resolution_arcsec": position.resolution_arcsec,
            "radius_m": position.radius_m(),
        })
    });
    let emergency = message.emergency();
    json!({
        "id": format!("{:015X}", message.id()),
        "hex": hex,
        "format": format_name(message),
        "self_test": message.is_self_test,
        "test": message.is_test(),
        "cancelled": message.is_cancelled(),
        "country_code": message.country,
        "country": country_name(message.country),
        "protocol": message.protocol.name(),
        "beacon": message.beacon().name(),
        "identification": identity(message),
        "position": position,
        "position_source": message.source.map(|source| source.name()),
        "homing": message.homer().map(|homer| homer.name()),
        "activation": emergency.map(|(activation, _)| activation_name(activation)),
        "emergency": emergency.and_then(|(_, emergency)| Some(emergency?.to_string())),
        "bch_1": check(message.first),
        "bch_2": check(message.second),
    })
}
