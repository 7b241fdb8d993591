//! What is on a disk after its power was cut, from a log of what was written to it (`bad_disk.c`).
//!
//! What a file was when it was last synced stays. Of what was written since, each sector of 512 bytes may be there or not, in any
//! order, and where the file became longer without them zeros are. Names (created, renamed, removed) since the folder was last
//! synced are there up to some moment: ext4, XFS, btrfs and F2FS keep their order. Syncing a file says nothing about its name.

use crate::random::random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SECTOR_BYTES: usize = 512;

enum Op {
    Create(PathBuf),
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    /// Readings that COMMIT answered for, as the child said.
    Acknowledged(u64),
}

/// What happened to a disk, in order.
pub struct Log {
    folder: PathBuf,
    ops: Vec<Op>,
}

#[derive(Clone, Default)]
struct File {
    /// As it was synced last.
    durable: Vec<u8>,
    /// Since then: where, and what; `None` is a new length.
    since: Vec<(usize, Option<Vec<u8>>)>,
}

type Names = BTreeMap<PathBuf, usize>;

impl Log {
    /// Of the files in `folder`.
    pub fn read(path: &Path, folder: &Path) -> Log {
        let bytes = std::fs::read(path).unwrap();
        let (mut rest, mut ops) = (&bytes[..], Vec::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8(rest[..end].to_vec()).unwrap();
            let words: Vec<&str> = line.split('\t').collect();
            let [what, path, other, at, count] = words[..] else { panic!("{line}") };
            let (at, count): (usize, usize) = (at.parse().unwrap(), count.parse().unwrap());
            let content = rest[end + 1..end + 1 + count].to_vec();
            rest = &rest[end + 1 + count..];
            let path = PathBuf::from(path);
            ops.push(match what {
                "create" => Op::Create(path),
                "write" => Op::Write(path, at, content),
                "truncate" => Op::Truncate(path, at),
                "sync" => Op::Sync(path),
                "rename" => Op::Rename(path, other.into()),
                "unlink" => Op::Unlink(path),
                "said" => {
                    let said = String::from_utf8_lossy(&content).into_owned();
                    let told = said
                        .lines()
                        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok())
                        .next_back();
                    let Some(told) = told else { continue };
                    Op::Acknowledged(told)
                }
                _ => panic!("{line}"),
            });
        }
        Log { folder: folder.to_path_buf(), ops }
    }

    /// Makes in `to` what may be there after a cut at a moment that `seed` chooses. Readings answered for before it.
    pub fn cut(&self, seed: u64, to: &Path) -> u64 {
        let mut state = seed;
        let moment = (random(&mut state) % (self.ops.len() as u64 + 1)) as usize;
        self.replay(moment, &mut |count| (random(&mut state) % count as u64) as usize, to)
    }

    /// What is there when only the process dies, at `part` of `whole` of its time: all that was written.
    pub fn kill(&self, part: usize, whole: usize, to: &Path) -> u64 {
        // The last of the names, and every sector.
        self.replay(self.ops.len() * part / whole, &mut |count| if count == 3 { 1 } else { count - 1 }, to)
    }

    /// Lengths that the file of this name had after a write.
    pub fn lengths(&self, name: &Path) -> Vec<usize> {
        let is_its = |path: &Path| path.file_name() == name.file_name();
        let end = |op: &Op| match op {
            Op::Write(path, at, bytes) if is_its(path) => Some(at + bytes.len()),
            _ => None,
        };
        self.ops.iter().filter_map(end).collect()
    }

    fn replay(&self, moment: usize, below: &mut dyn FnMut(usize) -> usize, to: &Path) -> u64 {
        let (mut files, mut now, mut durable, mut acknowledged) =
            (Vec::<File>::new(), Names::new(), Names::new(), 0);
        let mut names_since: Vec<Names> = Vec::new();
        for op in &self.ops[..moment] {
            let names_before = now.clone();
            match op {
                Op::Create(path) if now.contains_key(path) => {}
                Op::Create(path) => {
                    files.push(File::default());
                    now.insert(path.clone(), files.len() - 1);
                }
                Op::Write(path, at, bytes) => {
                    // One that has no name any more is of no interest.
                    if let Some(&file) = now.get(path) {
                        files[file].since.push((*at, Some(bytes.clone())));
                    }
                }
                Op::Truncate(path, size) => files[now[path]].since.push((*size, None)),
                Op::Sync(path) if *path == self.folder => {
                    durable = now.clone();
                    names_since.clear();
                }
                Op::Sync(path) => {
                    if let Some(&file) = now.get(path) {
                        let whole = files[file].after(&mut |_| true);
                        files[file] = File { durable: whole, since: Vec::new() };
                    }
                }
                Op::Rename(from, into) => {
                    let file = now.remove(from).unwrap();
                    now.insert(into.clone(), file);
                }
                Op::Unlink(path) => drop(now.remove(path)),
                Op::Acknowledged(count) => acknowledged = *count,
            }
            if now != names_before {
                names_since.push(now.clone());
            }
        }
        let names = match below(names_since.len() + 1) {
            0 => &durable,
            upto => &names_since[upto - 1],
        };
        std::fs::create_dir(to).unwrap();
        // Mostly all or nothing of a file is there; torn is the rest.
        for (path, &file) in names {
            let percent = [0, 100, 50][below(3)];
            let content = files[file].after(&mut |_| below(100) < percent);
            std::fs::write(to.join(path.file_name().unwrap()), content).unwrap();
        }
        acknowledged
    }
}

impl File {
    /// With those sectors that were written since for which `is_there`.
    fn after(&self, is_there: &mut dyn FnMut(usize) -> bool) -> Vec<u8> {
        let mut content = self.durable.clone();
        for (at, bytes) in &self.since {
            let Some(bytes) = bytes else {
                if is_there(*at) {
                    content.resize(*at, 0);
                }
                continue;
            };
            let mut from = 0;
            while from < bytes.len() {
                let sector_end = ((at + from) / SECTOR_BYTES + 1) * SECTOR_BYTES;
                let until = bytes.len().min(sector_end - at);
                if is_there(at + from) {
                    content.resize(content.len().max(at + until), 0);
                    content[at + from..at + until].copy_from_slice(&bytes[from..until]);
                }
                from = until;
            }
        }
        content
    }
}
