//! What an autopilot says in words: STATUSTEXT, its pieces joined, with severity and time.

/// From WARNING on.
const WARNING: u8 = 4;
/// Characters of one piece.
const PIECE: usize = 50;
/// More is not kept.
const TEXTS_MAX: usize = 1_000;

/// What it said.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<Text>);

#[derive(Clone, Debug)]
struct Text {
    at_us: u64,
    severity: u8,
    id: u16,
    text: String,
}

impl Texts {
    /// Takes a STATUSTEXT. Which text a piece belongs to stands in the message's extension.
    pub fn take(&mut self, severity: u8, piece: &[u8], payload: &[u8], at_us: u64) {
        let byte = |at: usize| payload.get(at).copied().unwrap_or(0);
        let (id, number) = (u16::from_le_bytes([byte(51), byte(52)]), byte(53));
        let end = piece.iter().take(PIECE).position(|byte| *byte == 0).unwrap_or(piece.len().min(PIECE));
        let piece = String::from_utf8_lossy(&piece[..end]);
        let begun = self.0.iter_mut().rev().find(|text| id != 0 && number > 0 && text.id == id);
        if let Some(text) = begun {
            text.text.push_str(&piece);
        } else if self.0.len() < TEXTS_MAX {
            self.0.push(Text { at_us, severity, id, text: piece.into_owned() });
        }
    }

    /// Its warnings and worse since a time, each once, in order.
    pub fn warnings(&self, since_us: u64) -> Vec<&str> {
        let mut told: Vec<&str> = Vec::new();
        for text in self.0.iter().filter(|text| text.at_us >= since_us && text.severity <= WARNING) {
            if !told.contains(&text.text.as_str()) {
                told.push(&text.text);
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_each_warning_is_told_once() {
        let mut texts = Texts::default();
        let mut take = |severity: u8, text: &str, id: u16, number: u8, at_us| {
            let mut payload = vec![severity];
            payload.extend(text.bytes());
            payload.resize(51, 0);
            payload.extend(id.to_le_bytes());
            payload.push(number);
            let piece = payload[1..51].to_vec();
            texts.take(severity, &piece, &payload, at_us);
        };
        take(2, "PreArm: Need Position Estimate", 0, 0, 5);
        take(6, "EKF3 IMU0 initialised", 0, 0, 6);
        take(2, &"x".repeat(50), 9, 0, 7);
        take(2, "y", 9, 1, 8);
        take(2, "PreArm: Need Position Estimate", 0, 0, 9);
        let long = format!("{}y", "x".repeat(50));
        assert_eq!(texts.warnings(0), ["PreArm: Need Position Estimate", &long]);
        assert_eq!(texts.warnings(8), ["PreArm: Need Position Estimate"]);
    }
}
