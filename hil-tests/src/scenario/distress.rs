//! The message that a scenario's distress beacon sends.

use serde::Deserialize;
use skyhound::cospas::{Bits, Frame, Held, HexError, Message};

/// A message with the check bits that belong to it, or whatever a scenario writes: 22, 28, 30 or 36 hexadecimal digits.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct DistressMessage(pub Frame);

impl Default for DistressMessage {
    /// A test beacon of Switzerland that says it is at 47°18′N 8°33′E (C/S T.001: standard location, test).
    fn default() -> DistressMessage {
        let bits = Bits::default()
            .with(25, 26, 0b10)
            .with(27, 36, 269)
            .with(37, 40, 0b1110)
            .with(41, 64, 0x5C_0FFE)
            // Quarters of a degree north and east, then 3′ and 3′ more.
            .with(65, 74, 4 * 47 + 1)
            .with(75, 85, 4 * 8 + 2)
            .with(107, 112, 0b11_0111)
            .with(113, 122, 0b10_0011_0000)
            .with(123, 132, 0b10_0011_0000);
        DistressMessage(Frame::sealed(bits, false))
    }
}

impl TryFrom<String> for DistressMessage {
    type Error = String;

    fn try_from(text: String) -> Result<DistressMessage, String> {
        let refused = |why: String| format!("message {text}: {why}");
        let frame = Frame::from_hex(&text).map_err(|error: HexError| refused(error.to_string()))?;
        if frame.held == Held::Id {
            return Err(refused("an identification is not all that is sent; write 22 or 30 digits".into()));
        }
        // What nobody could read is a mistake.
        Message::of(frame).map_err(|error| refused(error.to_string()))?;
        Ok(DistressMessage(frame))
    }
}

impl DistressMessage {
    /// Its identification.
    pub fn id(&self) -> Option<u64> {
        Message::of(self.0).ok().map(|message| message.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_test_with_a_place_and_others_are_read() {
        let message = Message::of(DistressMessage::default().0).unwrap();
        assert!(message.is_test() && message.is_long());
        let at = message.position.unwrap();
        assert!((at.lat_deg - 47.3).abs() < 1e-9 && (at.lon_deg - 8.55).abs() < 1e-9, "{at:?}");
        assert_eq!(at.resolution_arcsec, 4);
        for wrong in
            ["", "41A40BE4C0FFBFF", "A0D205F260850F3DC9E0B70B6E4FD", "A0D20FFFFF850F3DC9E0B70B6E4FD7"]
        {
            assert!(DistressMessage::try_from(wrong.to_string()).is_err(), "{wrong}");
        }
        let own = DistressMessage::try_from("FFFED0A0D205F260850F3DC9E0B70B6E4FD7".to_string()).unwrap();
        assert_eq!((own.0.is_self_test, own.id()), (Some(true), Some(0x41A40BE4C0FFBFF)));
    }
}
