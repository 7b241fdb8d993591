//! From the words of a command line to settings: which layer lies over which.

use std::io;
use std::path::{Path, PathBuf};

use toml::Value;

use super::layers::Layers;
use super::{Origin, Pace, Profile, Settings, SettingsErrors};

/// What was written, and as it read at the start: for another profile over it later.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Written {
    pub file: Option<(PathBuf, String)>,
    pub sets: Vec<String>,
    pub flags: Flags,
}

/// Flags that go over the file and `--set`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flags {
    /// `--sdr`: `sdr.source`.
    pub sdr: Option<String>,
    /// `--autopilot`: `autopilot.address`.
    pub autopilot: Option<String>,
    /// `--flights`: `recorder.flights`.
    pub flights: Option<PathBuf>,
    /// `--pace`: `sdr.file.pace`.
    pub pace: Option<Pace>,
    /// `--bench`. No key of the file: what lies in a file is forgotten.
    pub is_bench: bool,
    /// `--profile`: over the file.
    pub profile: Option<Profile>,
}

impl Settings {
    /// Defaults, then the file if one is named, then the profile, then each `section.key=value` of `sets`, then `flags`.
    ///
    /// # Errors
    /// Every mistake there is, each with its key, its place and the mend.
    pub fn load(path: Option<&Path>, sets: &[String], flags: &Flags) -> Result<Settings, SettingsErrors> {
        Settings::load_marked(path, sets, flags, || Ok(None))
    }

    /// The same; where none of these names a profile or a beacon, over the profile that `marked` gives as the default one.
    ///
    /// # Errors
    /// As [`Settings::load`], and those of `marked`.
    pub fn load_marked<E: From<SettingsErrors>>(
        path: Option<&Path>,
        sets: &[String],
        flags: &Flags,
        marked: impl FnOnce() -> Result<Option<Profile>, E>,
    ) -> Result<Settings, E> {
        // Read once: it may be a pipe.
        let words = Words { file: path.map(|path| (path, std::fs::read_to_string(path))), sets, flags };
        let plain = words.over(Layers::defaults(), None);
        let source = plain.entries.get("sdr.source").and_then(|entry| entry.value.as_str());
        let is_recording = source.is_some_and(|source| source.starts_with("file:"));
        let profile = match &flags.profile {
            Some(profile) => Some((profile.clone(), false)),
            None if plain.has_own_beacons => None,
            None => marked()?.map(|profile| (profile, true)),
        };
        let written = Written {
            file: match &words.file {
                Some((path, Ok(text))) => Some((path.to_path_buf(), text.clone())),
                _ => None,
            },
            sets: sets.to_vec(),
            flags: flags.clone(),
        };
        let Some((profile, is_marked)) = profile else {
            return Ok(Settings { written, ..Settings::resolve(plain, flags.is_bench)? });
        };
        let mut layers = Layers::defaults();
        if is_marked {
            layers.lay_profile(&profile.name, &profile.text, is_recording);
            layers = words.over(layers, None);
        } else {
            layers = words.over(layers, Some((&profile, is_recording)));
        }
        layers.check_band(&profile);
        let settings = Settings::resolve(layers, flags.is_bench)?;
        Ok(Settings { profile: Some(profile.in_force(is_marked)), written, ..settings })
    }
}

/// What was written, from below upwards.
pub(super) struct Words<'a> {
    pub file: Option<(&'a Path, io::Result<String>)>,
    pub sets: &'a [String],
    pub flags: &'a Flags,
}

impl Words<'_> {
    /// All of it over `layers`, the profile between the file and the rest.
    pub fn over(&self, mut layers: Layers, profile: Option<(&Profile, bool)>) -> Layers {
        match &self.file {
            Some((path, Ok(text))) => layers.lay_text(text, path),
            Some((path, Err(error))) => layers.refuse_file(path, error),
            None => {}
        }
        if let Some((profile, is_recording)) = profile {
            layers.lay_profile(&profile.name, &profile.text, is_recording);
        }
        for set in self.sets {
            layers.lay_set(set);
        }
        let flags = self.flags;
        if flags.flights.as_ref().is_some_and(|path| path.to_str().is_none()) {
            layers.refuse("recorder.flights", Origin::Flag("--flights"), "is not UTF-8; write another path");
        }
        let pace = flags.pace.map(|pace| pace.name().to_string());
        let flights = flags.flights.as_ref().map(|path| path.to_string_lossy().into_owned());
        for (flag, key, text) in [
            ("--sdr", "sdr.source", &flags.sdr),
            ("--autopilot", "autopilot.address", &flags.autopilot),
            ("--flights", "recorder.flights", &flights),
            ("--pace", "sdr.file.pace", &pace),
        ] {
            if let Some(text) = text {
                layers.lay(key, Value::String(text.clone()), Origin::Flag(flag));
            }
        }
        layers
    }
}
