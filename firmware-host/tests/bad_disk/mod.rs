//! A disk that fails as it is told to, for a child process: a library that is put before libc (`bad_disk.c`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The library, built once; `None`, with a word about it, where no C compiler is.
pub fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap().keep();
        let (source, library) = (folder.join("bad_disk.c"), folder.join("bad_disk.so"));
        std::fs::write(&source, include_str!("bad_disk.c")).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(&source)
            .arg("-ldl")
            .status();
        built.is_ok_and(|status| status.success()).then_some(library)
    });
    if built.is_none() {
        println!("ignored, needs a C compiler (cc)");
    }
    built.as_deref()
}

/// This test's program again, to run `child` alone on such a disk.
pub fn child(child: &str, disk: &Path, library: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", child, "--nocapture", "--test-threads=1"])
        .env("SKYHOUND_DISK", disk)
        .env("LD_PRELOAD", library);
    command
}
