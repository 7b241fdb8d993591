//! Old flights make room for new ones: by free disk and by count, oldest first.
//!
//! Never one that is being recorded or read, never one that was set aside, and none without a verified copy ([`super::receipt`])
//! unless the settings say so. Its IQ belongs to it: it must have a copy too, and goes with the flight's last file. What stays though it should go is told.

use super::error::StoreError;
use super::iq::{has_uncopied_iq, iq_bytes};
use super::keep::remove;
use super::live::{is_live_here, user_of};
use super::name::{flight_files, flight_of};
use super::place::flight_bytes;
use super::receipt::copies;
use super::scratch::free_bytes;
use crate::settings::RetentionSettings;
use std::path::{Path, PathBuf};

/// What retention does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Files that go, oldest first, each with its size in bytes.
    pub gone: Vec<(PathBuf, u64)>,
    /// Files that should go too and stay, because nobody has verified a copy of them.
    pub without_copy: Vec<PathBuf>,
    /// Free disk afterwards, bytes.
    pub free_bytes: u64,
}

impl Retained {
    /// What stays though it should go, for people; `None` when nothing does.
    pub fn complaint(&self, settings: &RetentionSettings) -> Option<String> {
        let count = self.without_copy.len();
        (count > 0).then(|| {
            format!(
                "{count} flights should make room ({} MB free, retention.free_mb = {}) and have no verified copy: `skyhound backup` \
                 them, or set retention.without_copy",
                self.free_bytes >> 20,
                settings.free_mb
            )
        })
    }
}

/// Removes what `settings` give up of the flights in `folder`; with `is_dry` it is only told.
///
/// # Errors
/// The folder cannot be read, or a file not removed.
pub fn retain(folder: &Path, settings: &RetentionSettings, is_dry: bool) -> Result<Retained, StoreError> {
    let mut flights = flight_files(folder)?;
    let mut retained = Retained { free_bytes: free_bytes(folder)?, ..Retained::default() };
    let wanted_bytes = u64::from(settings.free_mb) << 20;
    let mut count = flights.len() as u64;
    let is_used = |path: &Path| is_live_here(path) || !user_of(path).is_ok_and(|user| user.is_none());
    // The earlier files of a flight that is recorded belong to it.
    let used: Vec<_> = flights.iter().filter(|path| is_used(path)).map(|path| flight_of(path)).collect();
    flights.retain(|path| !used.contains(&flight_of(path)));
    for (at, path) in flights.iter().enumerate() {
        let is_too_many = settings.flights_max > 0 && count > u64::from(settings.flights_max);
        if !is_too_many && retained.free_bytes >= wanted_bytes {
            break;
        }
        if !settings.without_copy && (copies(path).is_empty() || has_uncopied_iq(path)) {
            retained.without_copy.push(path.clone());
            continue;
        }
        let stays = flights[at + 1..].iter().chain(&retained.without_copy);
        let is_last = !stays.into_iter().any(|other| flight_of(other) == flight_of(path));
        let bytes = flight_bytes(path) + if is_last { iq_bytes(path) } else { 0 };
        if !is_dry {
            remove(path)?;
        }
        retained.gone.push((path.clone(), bytes));
        retained.free_bytes = if is_dry { retained.free_bytes + bytes } else { free_bytes(folder)? };
        count -= 1;
    }
    Ok(retained)
}

#[cfg(test)]
mod tests {
    use super::super::receipt::{Receipt, receipts_path};
    use super::super::sample::{self, settings, start};
    use super::*;

    #[test]
    fn old_flights_go_when_they_have_a_copy_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let made = sample_flight(folder.path());
        let name = |day: u32| folder.path().join(format!("2026010{day}T000000Z-0000000{day}.duckdb"));
        for day in 1..=4 {
            std::fs::copy(&made, name(day)).unwrap();
        }
        std::fs::remove_file(&made).unwrap();
        let aside = folder.path().join("20250101T000000Z-00000000.duckdb.damaged");
        std::fs::write(&aside, b"x").unwrap();
        let (_inlets, recorder) = start(&settings(folder.path()));
        let live = recorder.file().unwrap();
        // Five flights with the one that is recorded.
        let keep = |flights_max| RetentionSettings { flights_max, free_mb: 0, without_copy: false };
        let retained = retain(folder.path(), &keep(2), false).unwrap();
        assert_eq!((retained.gone.len(), retained.without_copy.len()), (0, 4));
        let said = retained.complaint(&keep(2)).unwrap();
        assert!(said.contains("4 flights") && said.contains("retention.without_copy"), "{said}");
        for day in [1, 3] {
            Receipt::of(&name(day), "/media/stick", "00", 1).unwrap().add(&name(day)).unwrap();
        }
        assert_eq!(
            retain(folder.path(), &keep(5), false).unwrap(),
            Retained { free_bytes: free(folder.path()), ..Retained::default() }
        );
        let dry = retain(folder.path(), &keep(2), true).unwrap();
        assert_eq!(dry.gone.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [name(1), name(3)]);
        assert!(name(1).exists());
        // A file that changed since it was copied has no copy.
        std::fs::File::options().append(true).open(name(3)).unwrap().set_len(1 << 20).unwrap();
        let retained = retain(folder.path(), &keep(2), false).unwrap();
        assert_eq!(retained.gone.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [name(1)]);
        assert_eq!(retained.without_copy, [name(2), name(3), name(4)]);
        assert!(!name(1).exists() && !receipts_path(&name(1)).exists() && receipts_path(&name(3)).exists());
        // Told so, all go but the one that is recorded, with all its files, and the one set aside.
        let earlier = live.with_file_name(format!("{}-2.duckdb", live.file_stem().unwrap().display()));
        std::fs::copy(name(2), &earlier).unwrap();
        let all = RetentionSettings { flights_max: 0, free_mb: u32::MAX, without_copy: true };
        let retained = retain(folder.path(), &all, false).unwrap();
        assert_eq!((retained.gone.len(), retained.complaint(&all)), (3, None));
        assert!(live.exists() && earlier.exists() && aside.exists() && !receipts_path(&name(3)).exists());
        recorder.stop().unwrap();
    }

    fn sample_flight(folder: &Path) -> PathBuf {
        let (mut inlets, recorder) = start(&settings(folder));
        assert!(inlets.readings.push(sample::reading(1, 0)));
        recorder.stop().unwrap().files.remove(0)
    }

    fn free(folder: &Path) -> u64 {
        free_bytes(folder).unwrap()
    }
}
