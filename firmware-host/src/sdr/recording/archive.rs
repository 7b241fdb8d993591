//! A SigMF archive (`.sigmf`): a tar of one recording's metadata and samples, read where they stand.

use super::contents::{Refusal, refuse};
use super::sigmf::META_BYTES_MAX;
use std::collections::BTreeMap;
use std::io::{Read, Seek};

/// More is no archive of recordings.
const ENTRIES_MAX: usize = 4_096;
const MEND: &str = "take it apart (`tar xf FILE`) and name the recording in it";

/// The recording of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Archived {
    /// Text of its metadata.
    pub metadata: String,
    /// Path of the metadata in the archive, without its ending.
    pub stem: String,
    /// Files of the archive by path: first byte and bytes.
    files: BTreeMap<String, (u64, u64)>,
}

impl Archived {
    /// Where the samples stand, first byte and bytes: of the recording's own file, or of `dataset` beside its metadata.
    pub fn samples(&self, dataset: Option<&str>) -> Option<(u64, u64)> {
        let path = match dataset {
            None => format!("{}.sigmf-data", self.stem),
            Some(name) => match self.stem.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{name}"),
                None => name.to_owned(),
            },
        };
        self.files.get(&path).copied()
    }
}

/// Finds the one recording of a tar archive.
///
/// # Errors
/// None in it, or several: which, and the mend.
pub fn recording_in(file: &mut (impl Read + Seek)) -> Result<Archived, Refusal> {
    let mut files = BTreeMap::new();
    let (mut first, mut stems): (Option<String>, Vec<String>) = (None, Vec::new());
    let mut archive = tar::Archive::new(file);
    if let Ok(entries) = archive.entries_with_seek() {
        // An archive that is cut short ends with an error: what came before is there.
        for mut entry in entries.map_while(Result::ok).take(ENTRIES_MAX) {
            let path = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
            // macOS packs a `._NAME` beside each file, with what it knows of it.
            let is_apple_double = path.rsplit('/').next().is_some_and(|name| name.starts_with("._"));
            if !entry.header().entry_type().is_file() || is_apple_double {
                continue;
            }
            files.insert(path.clone(), (entry.raw_file_position(), entry.size()));
            let Some(stem) = path.strip_suffix(".sigmf-meta") else { continue };
            stems.push(stem.to_owned());
            if stems.len() > 1 {
                continue;
            }
            let mut text = String::new();
            match entry.by_ref().take(META_BYTES_MAX).read_to_string(&mut text) {
                Ok(_) => first = Some(text),
                Err(error) => return refuse(format!("{path} in it cannot be read: {error}"), MEND),
            }
        }
    }
    if stems.len() > 1 {
        let names = stems[..stems.len().min(5)].join(", ");
        return refuse(format!("holds {} recordings: {names} …", stems.len()), MEND);
    }
    match (stems.pop(), first) {
        (Some(stem), Some(metadata)) => Ok(Archived { metadata, stem, files }),
        _ => refuse("is a tar archive without a SigMF recording", MEND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn the_samples_are_found_where_they_stand() {
        let long = "n".repeat(150);
        for stem in ["rec/rec", "rec", long.as_str()] {
            let (meta, samples) = (format!("{stem}.sigmf-meta"), format!("{stem}.sigmf-data"));
            let tar = tar_of(&[(&meta, b"{}"), (&samples, b"samples")]);
            let found = recording_in(&mut Cursor::new(&tar)).unwrap();
            assert_eq!((found.metadata.as_str(), found.stem.as_str()), ("{}", stem));
            let (begin, bytes) = found.samples(None).unwrap();
            assert_eq!(&tar[begin as usize..(begin + bytes) as usize], b"samples");
            assert_eq!(found.samples(Some("other.bin")), None);
        }
        let apple = [("rec/._rec.sigmf-meta", &b"\0\x05\x16\x07\xff"[..]), ("rec/rec.sigmf-meta", b"{}")];
        assert_eq!(recording_in(&mut Cursor::new(tar_of(&apple))).unwrap().stem, "rec/rec");
        let tar = tar_of(&[("rec/rec.sigmf-meta", b"{}"), ("rec/own.bin", b"x")]);
        assert!(recording_in(&mut Cursor::new(&tar)).unwrap().samples(Some("own.bin")).is_some());
    }

    #[test]
    fn none_and_several_are_refused_with_their_names() {
        let none = recording_in(&mut Cursor::new(tar_of(&[("notes.txt", b"x")]))).unwrap_err();
        assert!(none.why.contains("without a SigMF"), "{none:?}");
        let two = tar_of(&[("a.sigmf-meta", b"{}"), ("b.sigmf-meta", b"{}")]);
        let two = recording_in(&mut Cursor::new(two)).unwrap_err();
        assert!(two.why.contains("2 recordings: a, b"), "{two:?}");
    }

    proptest! {
        #[test]
        fn cut_and_garbled_archives_are_judged(cut in 0usize..4_000, places in prop::collection::vec((0usize..4_000, any::<u8>()), 0..8)) {
            let mut tar = tar_of(&[("rec/rec.sigmf-meta", b"{}"), ("rec/rec.sigmf-data", b"samples")]);
            for (place, value) in places {
                if let Some(byte) = tar.get_mut(place) {
                    *byte = value;
                }
            }
            tar.truncate(cut);
            if let Ok(found) = recording_in(&mut Cursor::new(&tar)) {
                let _ = found.samples(None);
            }
        }
    }
}
