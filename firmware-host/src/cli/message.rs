//! `skyhound message HEX`: what a 406 MHz distress beacon's message says.

use skyhound::cospas::{Check, Frame, Held, Message, country_name};

use super::Failure;
use super::failure::print;
use crate::message::{activation_name, format_name, to_json};

/// Arguments of `skyhound message`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Hexadecimal digits: 30 of a long message, 22 of a short one, 36 or 28 with FFFE2F or FFFED0 before them, 15 of an identification
    #[arg(value_name = "HEX")]
    pub hex: String,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Prints what the message says.
///
/// # Errors
/// What is no message, or one with more wrong bits than can be corrected.
pub fn run(args: Args) -> Result<(), Failure> {
    let refused = |why: String| Failure::Usage(format!("message {}: {why}", args.hex));
    let frame = Frame::from_hex(&args.hex).map_err(|error| refused(error.to_string()))?;
    let message = Message::of(frame).map_err(|error| refused(error.to_string()))?;
    print(&if args.json { format!("{:#}\n", to_json(&message)) } else { to_text(&message) })
}

fn to_text(message: &Message) -> String {
    let mut lines = vec![("identification", format!("{:015X}", message.id()))];
    let kind = match message.is_self_test {
        Some(true) => ", a self-test",
        Some(false) if message.is_test() => ", a test",
        Some(false) => ", operational",
        None if message.is_test() => ", a test",
        None => "",
    };
    lines.push(("format", format!("{}{kind}", format_name(message))));
    let country = country_name(message.country).unwrap_or("of nobody");
    lines.push(("country", format!("{country} ({})", message.country)));
    lines.push(("protocol", format!("{}, beacon: {}", message.protocol.name(), message.beacon().name())));
    let named = match message.identity.mmsi(message.country) {
        Some(mmsi) => format!("MMSI {mmsi:09} ({})", message.identity),
        None => message.identity.to_string(),
    };
    lines.push(("names", named));
    let source = message.source.map_or(String::new(), |source| {
        format!(
            ", by a receiver {}",
            match source.name() {
                "internal" => "in the beacon",
                _ => "beside the beacon",
            }
        )
    });
    lines.push((
        "position",
        match message.position {
            Some(at) => format!(
                "{:.5} {:.5} in steps of {} s of arc, so within {:.0} m{source}",
                at.lat_deg,
                at.lon_deg,
                at.resolution_arcsec,
                at.radius_m()
            ),
            None if message.is_cancelled() => "none: the alarm is cancelled".into(),
            None if message.held == Held::Id => "none in an identification".into(),
            None => "none".into(),
        },
    ));
    if let Some(homer) = message.homer() {
        lines.push(("homing", homer.name().into()));
    }
    if let Some((activation, emergency)) = message.emergency() {
        lines.push(("activation", activation_name(activation).into()));
        lines.extend(emergency.map(|emergency| ("emergency", emergency.to_string())));
    }
    for (name, check) in [("BCH-1", message.first), ("BCH-2", message.second)] {
        match check {
            Check::Absent => {}
            Check::Right(0) => lines.push((name, "right".into())),
            Check::Right(count) => {
                lines.push((name, format!("right after {count} wrong bits were corrected")))
            }
            Check::Wrong => lines.push((name, "wrong beyond correction: what it holds is left out".into())),
        }
    }
    lines.iter().map(|(name, text)| format!("{name:<15} {text}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn json_of(hex: &str) -> Value {
        to_json(&Message::of(Frame::from_hex(hex).unwrap()).unwrap())
    }

    #[test]
    fn what_a_message_says_stands_under_names_of_its_own() {
        let ship = json_of("FFFE2FA0D205F260850F3DC9E0B70B6E4FD7");
        assert_eq!(
            (&ship["id"], &ship["hex"]),
            (&json!("41A40BE4C0FFBFF"), &json!("A0D205F260850F3DC9E0B70B6E4FD7"))
        );
        assert_eq!(
            (&ship["identification"]["mmsi"], &ship["country"]),
            (&json!(525_024_358), &json!("Indonesia"))
        );
        assert_eq!((&ship["position"]["resolution_arcsec"], &ship["self_test"]), (&json!(4), &json!(false)));
        assert_eq!((&ship["bch_1"]["corrected_bits"], &ship["bch_2"]["right"]), (&json!(0), &json!(true)));
        let short = json_of("4E86A265C600146DBC4076");
        assert_eq!((&short["format"], &short["hex"]), (&json!("short"), &json!("4E86A265C600146DBC4076")));
        assert_eq!((&short["emergency"], &short["bch_2"]), (&json!("sinking"), &Value::Null));
        assert_eq!(json_of("3EFBF9B23EBFDFF")["identification"]["mmsi"], json!(503_222_333));
    }

    #[test]
    fn what_is_no_message_is_wrong_use() {
        for (hex, told) in
            [("12", "2 digits are no message"), ("A3E7B1001615FFFFFF8B3689C09437", "more than 3 of its bits")]
        {
            let refused = run(Args { hex: hex.into(), json: false });
            assert!(matches!(&refused, Err(Failure::Usage(text)) if text.contains(told)), "{refused:?}");
        }
    }
}
