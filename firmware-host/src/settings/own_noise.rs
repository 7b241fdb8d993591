//! The file of lines that the aircraft itself sends: as `scan --own-noise` writes it, and as `sdr.own_noise` names it.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use skyhound::config::{ConfigError, OwnLine};

use super::Settings;

/// By this a file is known as one that may be written anew.
pub const HEADER: &str = "# Lines of the aircraft's own, as `skyhound scan --own-noise` learned them.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Learned {
    #[serde(default)]
    line: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    low_hz: f64,
    high_hz: f64,
    cn0_db_hz: f64,
}

/// The file's text, `about` being a sentence on where the lines are from.
pub fn to_toml(lines: &[OwnLine], about: &str) -> String {
    let mut text = format!("{HEADER}\n# {about}\n");
    for OwnLine { low_hz, high_hz, cn0_db_hz } in lines {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n[[line]]\nlow_hz = {low_hz:.1}\nhigh_hz = {high_hz:.1}\ncn0_db_hz = {cn0_db_hz:.1}\n"
        );
    }
    text
}

fn read(path: &Path) -> Result<Vec<OwnLine>, String> {
    let mend = "`skyhound scan --own-noise` writes one";
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}; {mend}", path.display()))?;
    let learned: Learned = toml::from_str(&text)
        .map_err(|error| format!("{} holds no lines: {}; {mend}", path.display(), error.message()))?;
    let of = |line: Line| OwnLine { low_hz: line.low_hz, high_hz: line.high_hz, cn0_db_hz: line.cn0_db_hz };
    Ok(learned.line.into_iter().map(of).collect())
}

impl Settings {
    /// The lines of the file that `sdr.own_noise` names; none where it names none.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else.
    pub fn own_noise(&self) -> Result<Vec<OwnLine>, ConfigError> {
        let read = self.sdr.own_noise.as_deref().map_or(Ok(Vec::new()), read);
        let lines = read.map_err(|mend| ConfigError::new("sdr.own_noise", mend))?;
        lines.iter().try_for_each(OwnLine::check)?;
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;

    #[test]
    fn what_is_written_is_read_back_and_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        let lines = [(433.95e6, 433.9501e6, 31.5), (434.1e6, 434.2e6, 12.0)];
        let lines = lines.map(|(low_hz, high_hz, cn0_db_hz)| OwnLine { low_hz, high_hz, cn0_db_hz });
        std::fs::write(&path, to_toml(&lines, "60 s about 433.92 MHz")).unwrap();
        let settings = || {
            let set = format!("sdr.own_noise={}", path.display());
            Settings::load(None, &[set], &Flags::default()).unwrap()
        };
        assert_eq!(settings().own_noise(), Ok(lines.to_vec()));
        assert_eq!(settings().engine(250e3, 433.92e6).unwrap().sense.own_noise, lines);
        assert_eq!(Settings::default().own_noise(), Ok(Vec::new()));
        for (text, told) in
            [("low_hz = 3\n", "holds no lines"), ("[[line]]\nlow_hz = 1.0\n", "holds no lines")]
        {
            std::fs::write(&path, text).unwrap();
            let error = settings().engine(250e3, 433.92e6).unwrap_err();
            assert!(error.key == "sdr.own_noise" && error.mend.contains(told), "{error}");
        }
        let turned = OwnLine { low_hz: 434e6, high_hz: 433e6, cn0_db_hz: 9.0 };
        std::fs::write(&path, to_toml(&[turned], "")).unwrap();
        assert!(settings().own_noise().unwrap_err().mend.contains("is none; learn it again"));
        std::fs::remove_file(&path).unwrap();
        assert!(settings().own_noise().unwrap_err().mend.contains("cannot be read"));
    }
}
