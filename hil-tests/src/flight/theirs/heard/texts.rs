//! What an autopilot says in words: STATUSTEXT, its pieces joined, with severity and time.

use crate::autopilot::wire::Message;

/// From WARNING on.
const WARNING: u8 = 4;
/// More is not kept.
const TEXTS_MAX: usize = 1_000;

/// What it said.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<Text>);

#[derive(Clone, Debug)]
struct Text {
    at_us: u64,
    severity: u8,
    id: i64,
    text: String,
}

impl Texts {
    /// Takes a STATUSTEXT.
    pub fn take(&mut self, told: &Message, at_us: u64) {
        let (id, number, piece) = (told.whole("id"), told.whole("chunk_seq"), told.text("text"));
        let begun = self.0.iter_mut().rev().find(|text| id != 0 && number > 0 && text.id == id);
        if let Some(text) = begun {
            text.text.push_str(piece);
        } else if self.0.len() < TEXTS_MAX {
            self.0.push(Text { at_us, severity: told.byte("severity"), id, text: piece.to_owned() });
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
    use crate::autopilot::messages;

    #[test]
    fn pieces_are_joined_and_each_warning_is_told_once() {
        let mut texts = Texts::default();
        let long = format!("{}y", "x".repeat(50));
        let need = "PreArm: Need Position Estimate";
        for (severity, text, at_us) in
            [(2, need, 5), (6, "EKF3 IMU0 initialised", 6), (2, &long, 7), (2, need, 9)]
        {
            messages::texts(severity, text, 9).iter().for_each(|piece| texts.take(piece, at_us));
        }
        assert_eq!(texts.warnings(0), [need, &long]);
        assert_eq!(texts.warnings(8), [need]);
    }
}
