//! Settings of a flight with another profile, chosen while it flies.
//!
//! The profile chosen last goes over everything: what `--set` said of beacons at the start was said of others. What the aircraft carries and how
//! its samples are read stays as it took off, and so does all that no profile holds: where and how it is flown, and what holds it back.

use std::path::Path;

use toml::Value;

use super::keys::{as_number, is_of_profiles};
use super::layers::{Entry, Layers};
use super::load::Words;
use super::text::toml_value;
use super::{Origin, Profile, Settings, SettingsErrors};

/// What the aircraft carries, and how samples are read.
const CARRIED: [&str; 3] = ["sdr.", "sense.", "antenna."];
/// Told by some profiles, and no more than where offsets are counted from.
const TUNED: &str = "sdr.frequency_hz";

fn is_carried(path: &str) -> bool {
    CARRIED.iter().any(|section| path.starts_with(section))
}

impl Settings {
    /// With `profile` over them in place of any other (`None`: without one), and keys that profiles hold by `sets` over that. Beacons' offsets
    /// become frequencies, counted from where the profile has the device tuned, else from `tuned_hz`.
    ///
    /// # Errors
    /// Every mistake, and every key that would have to change and cannot in flight.
    pub fn switched(
        &self,
        profile: Option<&Profile>,
        sets: &[String],
        tuned_hz: f64,
    ) -> Result<Settings, SettingsErrors> {
        let written = &self.written;
        let file = written.file.as_ref().map(|(path, text)| (Path::new(path), Ok(text.clone())));
        let words = Words { file, sets: &written.sets, flags: &written.flags };
        let mut layers = words.over(Layers::defaults(), None);
        if let Some(profile) = profile {
            layers.lay_profile(&profile.name, &profile.text, self.sdr.is_recording());
        }
        let mut told: Vec<&str> = Vec::new();
        for set in sets {
            let key = set.split('=').next().unwrap_or_default().trim();
            if is_of_profiles(key) {
                layers.lay_set(set);
                told.push(key);
            } else {
                let mend = "is not changed in flight: a profile says what is sought and how it is heard; leave it out";
                layers.refuse(key, Origin::Set, mend);
            }
        }
        if let Some(profile) = profile {
            layers.check_band(profile);
        }
        let is_told =
            |path: &str, entry: &Entry| matches!(entry.origin, Origin::Profile(..)) || told.contains(&path);
        let about_hz = layers.entries.get(TUNED).filter(|entry| is_told(TUNED, entry));
        let about_hz = about_hz.and_then(|entry| as_number(&entry.value)).unwrap_or(tuned_hz);
        let carried = layers.entries.iter().filter(|(path, _)| is_carried(path) && *path != TUNED);
        let others: Vec<(String, Entry)> = carried
            .filter(|(path, entry)| is_told(path, entry))
            .filter(|(path, entry)| {
                self.layers.entries.get(*path).map(|flown| &flown.value) != Some(&entry.value)
            })
            .map(|(path, entry)| (path.clone(), entry.clone()))
            .collect();
        for (path, entry) in others {
            let flown = self.layers.entries.get(&path).map(|flown| toml_value(&flown.value));
            let mend = format!(
                "{} is not what flies ({}), and cannot be changed in flight; take a profile without it, or land and fly with --profile",
                toml_value(&entry.value),
                flown.as_deref().unwrap_or("not set")
            );
            layers.refuse(&path, entry.origin, &mend);
        }
        layers.entries.retain(|path, _| !is_carried(path));
        let flown = self.layers.entries.iter().filter(|(path, _)| is_carried(path));
        layers.entries.extend(flown.map(|(path, entry)| (path.clone(), entry.clone())));
        layers.fix_beacons(about_hz);
        let settings = Settings::resolve(layers, self.is_bench)?;
        let profile = profile.map(|profile| profile.in_force(false));
        Ok(Settings { profile, written: written.clone(), ..settings })
    }
}

impl Layers {
    /// Offsets as frequencies.
    fn fix_beacons(&mut self, about_hz: f64) {
        for number in 0..self.beacon_count {
            let Some(offset) = self.entries.remove(&format!("beacon.{number}.offset_hz")) else { continue };
            let hz = about_hz + as_number(&offset.value).unwrap_or(0.0);
            let fixed = Entry { value: Value::Float(hz), origin: offset.origin };
            self.entries.entry(format!("beacon.{number}.frequency_hz")).or_insert(fixed);
        }
    }
}
