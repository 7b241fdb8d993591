//! Results of replays, found again instead of computed: a replay is a function of the flight's bytes, the settings and the program.
//!
//! An entry is a file named by the SHA-256 of all three. One that is damaged counts as none; the newest [`COUNT_MAX`] are kept. Where they
//! cannot be kept, results are computed each time.

use crate::clock::system_utc_us;
use crate::hash::{hex, sha256};
use crate::store::Chain;
use crate::version::BUILD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Entries that are kept.
const COUNT_MAX: usize = 256;
/// Of an entry: what is larger is not kept.
const ENTRY_BYTES_MAX: usize = 1 << 20;
const ENDING: &str = "json";

/// A folder of results.
pub struct Results {
    folder: PathBuf,
}

/// What an entry's file holds.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// The result as JSON.
    result: String,
    /// When it was computed, UTC, µs since 1970.
    computed_utc_us: i64,
    /// SHA-256 of the two and of the key.
    sha256: String,
}

impl Results {
    /// Those in `folder`, which need not be there.
    pub fn at(folder: PathBuf) -> Results {
        Results { folder }
    }

    /// The result of this key, and when it was computed (UTC, µs since 1970).
    pub fn find<T: DeserializeOwned>(&self, key: &str) -> Option<(T, i64)> {
        let text = fs::read_to_string(self.path(key)).ok()?;
        let entry: Entry = serde_json::from_str(&text).ok()?;
        if entry.sha256 != sum(key, entry.computed_utc_us, &entry.result) {
            return None;
        }
        Some((serde_json::from_str(&entry.result).ok()?, entry.computed_utc_us))
    }

    /// Keeps a result. What keeps it from being kept is no failure: it is computed again.
    pub fn keep(&self, key: &str, result: &impl Serialize) {
        if let Err(error) = self.write(key, result) {
            tracing::debug!(%error, folder = %self.folder.display(), "a result was not kept");
        }
    }

    fn write(&self, key: &str, result: &impl Serialize) -> std::io::Result<()> {
        let (result, computed_utc_us) = (serde_json::to_string(result)?, system_utc_us());
        let sha256 = sum(key, computed_utc_us, &result);
        let text = serde_json::to_string(&Entry { result, computed_utc_us, sha256 })?;
        if text.len() > ENTRY_BYTES_MAX {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let part = self.folder.join(format!("{key}.{}.part", std::process::id()));
        fs::write(&part, text)?;
        fs::rename(&part, self.path(key))?;
        self.forget_the_oldest()
    }

    /// What was begun and never finished goes with them.
    fn forget_the_oldest(&self) -> std::io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let told = entry.metadata()?;
            entries.push(((told.mtime(), told.mtime_nsec()), entry.path()));
        }
        entries.sort();
        let surplus = entries.len().saturating_sub(COUNT_MAX);
        entries[..surplus].iter().try_for_each(|(_, path)| fs::remove_file(path))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(Path::new(key).with_extension(ENDING))
    }
}

/// The key of what is computed (`what`, with all that it was asked) of the flight with the `settings` of a replay; `None`: of a flight that is
/// being recorded nothing is kept.
pub fn key(chain: &Chain, what: &str, settings: &BTreeMap<String, String>) -> Option<String> {
    let mut whole = Sha256::new();
    let rest = chain.rest.as_deref().unwrap_or_default();
    let texts = settings.iter().filter(|(name, _)| *name == "settings_toml" || name.ends_with("(text)"));
    let texts = texts.flat_map(|(name, text)| [name.as_str(), text.as_str()]);
    for part in [BUILD, what, chain.sha256.as_deref()?, rest].into_iter().chain(texts) {
        whole.update((part.len() as u64).to_le_bytes());
        whole.update(part);
    }
    Some(hex(whole.finalize()))
}

fn sum(key: &str, computed_utc_us: i64, result: &str) -> String {
    sha256(format!("{key} {computed_utc_us} {result}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_found_again_until_it_is_damaged_or_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::at(folder.path().join("none/yet"));
        let key = |n: usize| format!("{n:064x}");
        assert_eq!(results.find::<Vec<f64>>(&key(0)), None);
        results.keep(&key(0), &vec![1.5, -2.0]);
        assert_eq!(results.find(&key(0)).map(|(result, _)| result), Some(vec![1.5, -2.0]));
        let path = results.path(&key(0));
        let whole = fs::read_to_string(&path).unwrap();
        for damaged in [whole.replace("1.5", "1.6"), whole[..whole.len() / 2].to_string(), String::new()] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(results.find::<Vec<f64>>(&key(0)), None);
        }
        // Another one's entry under this name.
        results.keep(&key(1), &vec![3.0]);
        fs::copy(results.path(&key(1)), &path).unwrap();
        assert_eq!(results.find::<Vec<f64>>(&key(0)), None);
        (2..COUNT_MAX + 10).for_each(|n| results.keep(&key(n), &vec![0.0]));
        assert_eq!(fs::read_dir(&results.folder).unwrap().count(), COUNT_MAX);
        assert!(results.find::<Vec<f64>>(&key(COUNT_MAX + 9)).is_some());
    }
}
