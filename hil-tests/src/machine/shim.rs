//! The library that stands between a daemon and its C library, and the words that it is told.

use crate::{programs, shared};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

const SOURCE: &str = include_str!("shim.c");

/// A process's disk and UTC as told. Well until told otherwise.
#[derive(Debug)]
pub struct Shim {
    library: PathBuf,
    told: PathBuf,
    stalled: bool,
    full: bool,
    ahead_s: i64,
}

impl Shim {
    /// Builds the library when needed; what it is told stands in `folder`.
    pub fn new(folder: &Path) -> Result<Shim, String> {
        static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let library = BUILT.get_or_init(|| build(&programs::folder()?.join("skyhound-rig-shim"))).clone()?;
        let shim = Shim { library, told: folder.join("shim"), stalled: false, full: false, ahead_s: 0 };
        shim.tell()?;
        Ok(shim)
    }

    /// Makes `command` start under it.
    pub fn around(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("SKYHOUND_RIG_SHIM", &self.told);
    }

    /// The disk does not answer to syncs, or answers again.
    pub fn stall(&mut self, is: bool) -> Result<(), String> {
        self.stalled = is;
        self.tell()
    }

    /// The disk takes no more bytes, or does again.
    pub fn fill(&mut self, is: bool) -> Result<(), String> {
        self.full = is;
        self.tell()
    }

    /// UTC is `ahead_s` seconds ahead of true; 0 = true again.
    pub fn step_utc(&mut self, ahead_s: i64) -> Result<(), String> {
        self.ahead_s = ahead_s;
        self.tell()
    }

    /// UTC is that of a board without a battery clock: the first seconds of 1970.
    pub fn to_1970(&mut self) -> Result<(), String> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
        self.step_utc(-(since.as_secs() as i64))
    }

    fn tell(&self) -> Result<(), String> {
        let mut words = format!("utc={}\n", self.ahead_s);
        for (word, is) in [("stall\n", self.stalled), ("full\n", self.full)] {
            words += if is { word } else { "" };
        }
        shared::tell(&self.told, &words)
    }
}

fn build(folder: &Path) -> Result<PathBuf, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(told)?;
    let (library, built_from) = (folder.join("libskyhound_shim.so"), folder.join("built_from.c"));
    if library.is_file() && fs::read_to_string(&built_from).is_ok_and(|text| text == SOURCE) {
        return Ok(library);
    }
    // Several programs may build at once: each works under its own name, and the rename is one step.
    let own = std::process::id();
    let (source, object) = (folder.join(format!("{own}.c")), folder.join(format!("{own}.so")));
    fs::write(&source, SOURCE).map_err(told)?;
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let built = Command::new(&compiler)
        .args(["-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"])
        .args([&object, &source])
        .arg("-ldl")
        .output()
        .map_err(|error| format!("needs a C compiler: {compiler}: {error}"))?;
    if !built.status.success() {
        return Err(format!("{compiler}: {}", String::from_utf8_lossy(&built.stderr)));
    }
    fs::rename(&object, &library).map_err(told)?;
    fs::rename(&source, &built_from).map_err(told)?;
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Stdio};
    use std::time::Duration;

    fn under(shim: &Shim, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        shim.around(&mut command);
        command
    }

    #[test]
    fn utc_is_where_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut shim = Shim::new(folder.path()).unwrap();
        let year = |shim: &Shim| {
            let output = under(shim, "date -u +%Y").output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().parse::<i32>().unwrap()
        };
        let now = year(&shim);
        shim.step_utc(400 * 86_400).unwrap();
        assert!(((now + 1)..=(now + 2)).contains(&year(&shim)));
        shim.to_1970().unwrap();
        assert_eq!(year(&shim), 1970);
        shim.step_utc(0).unwrap();
        assert_eq!(year(&shim), now);
    }

    #[test]
    fn a_full_disk_takes_nothing_and_stdout_does() {
        let folder = tempfile::tempdir().unwrap();
        let mut shim = Shim::new(folder.path()).unwrap();
        let archive = folder.path().join("archive.tar");
        let line = format!("tar cf {} /bin/sh; echo said", archive.display());
        shim.fill(true).unwrap();
        let output = under(&shim, &line).output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.stdout, b"said\n");
        assert!(talk.contains("No space left on device"), "{talk}");
        assert_eq!(fs::metadata(&archive).map_or(0, |file| file.len()), 0);
        shim.fill(false).unwrap();
        under(&shim, &line).output().unwrap();
        assert!(fs::metadata(&archive).unwrap().len() > 0);
    }

    #[test]
    fn a_stalled_disk_answers_when_the_stall_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut shim = Shim::new(folder.path()).unwrap();
        shim.stall(true).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let mut syncing = under(&shim, &format!("exec sync {}", file.display()));
        let mut child: Child = syncing.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        assert!(child.try_wait().unwrap().is_none(), "it did not wait for the disk");
        shim.stall(false).unwrap();
        let ended = shared::within(Duration::from_secs(60), || child.try_wait().unwrap());
        assert!(ended.is_some(), "it waits for ever");
    }
}
