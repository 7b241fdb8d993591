//! What channels are called in the records of a flight, whatever is sought by and by.

use super::ChannelConfig;

/// Each channel that a flight ever had, by its number: another number means another channel, and the same one the same.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Vec<ChannelConfig>);

impl Numbers {
    /// Of these channels, new ones being counted up; `None` when there are none left (256 in a flight).
    pub fn of(&mut self, channels: &[ChannelConfig]) -> Option<Vec<u8>> {
        let number = |channel: &ChannelConfig| {
            let known = self.0.iter().position(|known| known == channel);
            let number = known.unwrap_or_else(|| {
                self.0.push(channel.clone());
                self.0.len() - 1
            });
            u8::try_from(number).ok()
        };
        channels.iter().map(number).collect()
    }

    /// Names in the order of the numbers; of several alike the later ones with their number.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for ChannelConfig { name, .. } in &self.0 {
            let is_taken = names.contains(name);
            names.push(if is_taken { format!("{name} #{}", names.len()) } else { name.clone() });
        }
        names
    }
}
