//! A copy of the engine, and of what depth a needs of host and rig, in the target folder, with bugs planted by textual patches,
//! built once beside the real ones.
//!
//! One build holds all bugs: each is guarded by `planted::is("name")`, which asks the environment. The copy is a workspace of
//! its own with the same dependencies, lock file, profile and target folder, so only our own three crates are compiled anew,
//! and of host and rig only the modules that a campaign flies through: a third of them. Its program has a name of its own, so
//! that the real one is never overwritten. Unchanged files keep their times: the second run compiles nothing.

use super::bugs::Bug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Name of the program with the bugs.
const PROGRAM: &str = "skyhound-rig-planted";
/// Asked by every guard.
const SWITCH: &str = "SKYHOUND_PLANTED";
/// The module that is added to the engine.
const MODULE: &str = include_str!("copy/planted.rs");

/// What depth a needs of the host, and of the rig.
const HOST: [&str; 5] = ["autopilot", "clock", "realtime", "sdr", "settings"];
const RIG: [&str; 13] = [
    "aircraft",
    "autopilot",
    "campaign",
    "codes",
    "engine",
    "invariants",
    "random",
    "scenario",
    "script",
    "shared",
    "trace",
    "truth",
    "world",
];
/// Flies a campaign: how many flights from which seed, until which invariant is broken (0 = none), with which fault.
const MAIN: &str = include_str!("copy/main.rs");

/// The program with all bugs, all off until one is named.
pub struct Planted {
    program: PathBuf,
}

impl Planted {
    /// Copies, patches and builds.
    ///
    /// # Panics
    /// When a patch does not match exactly once, or the build fails.
    pub fn build(bugs: &[Bug]) -> Planted {
        let real = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's folder");
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
        let mut files = vec![("Cargo.lock".into(), read(&real.join("Cargo.lock")))];
        files.push(("Cargo.toml".into(), read(&real.join("Cargo.toml"))));
        for folder in ["src", "firmware-host", "hil-tests", "benches"] {
            collect(real, Path::new(folder), &mut files);
        }
        let mut patches: Vec<_> = bugs.iter().flat_map(|bug| bug.patches).collect();
        let module = super::bugs::Patch {
            file: "src/lib.rs",
            from: "pub mod record;",
            to: "pub mod planted;\npub mod record;",
        };
        patches.push(&module);
        patches.iter().for_each(|patch| plant(&mut files, patch.file, patch.from, patch.to));
        let named = format!("name = \"{PROGRAM}\"");
        plant(
            &mut files,
            "hil-tests/Cargo.toml",
            "[[bin]]\nname = \"skyhound-rig\"",
            &format!("[[bin]]\n{named}"),
        );
        // Cargo tells packages of two workspaces apart by name, version and place within: with the same version the copy's
        // libraries would overwrite the real ones in the target folder.
        let version =
            |mark: &str| format!("[workspace.package]\nversion = \"{}{mark}\"", env!("CARGO_PKG_VERSION"));
        plant(&mut files, "Cargo.toml", &version(""), &version("-planted"));
        files.push(("src/planted.rs".into(), MODULE.into()));
        let only = |modules: &[&str]| {
            let modules = modules.iter().map(|name| format!("pub mod {name};\n"));
            format!("//! What depth a needs.\n#![allow(missing_docs)]\n{}", modules.collect::<String>())
        };
        replace(&mut files, "firmware-host/src/lib.rs", only(&HOST));
        replace(&mut files, "hil-tests/src/lib.rs", only(&RIG));
        replace(&mut files, "hil-tests/src/main.rs", MAIN.into());
        for (path, text) in &files {
            write(&copy.join(path), text);
        }
        Planted { program: compile(real, &copy) }
    }

    /// Runs the program with `bug` on, or none.
    pub fn run(&self, bug: Option<&str>, arguments: &[&str]) -> Output {
        let run = Command::new(&self.program).args(arguments).env(SWITCH, bug.unwrap_or_default()).output();
        run.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}

fn collect(real: &Path, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<_> =
        fs::read_dir(real.join(folder)).expect("a folder of sources").flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = folder.join(entry.file_name());
        let is_tests = path == Path::new("hil-tests/tests") || path == Path::new("firmware-host/tests");
        if entry.path().is_dir() {
            if !is_tests {
                collect(real, &path, files);
            }
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push((path, text));
        }
    }
}

fn replace(files: &mut [(PathBuf, String)], file: &str, with: String) {
    let found = files.iter_mut().find(|(path, _)| path == Path::new(file));
    found.unwrap_or_else(|| panic!("{file} is not there")).1 = with;
}

fn plant(files: &mut [(PathBuf, String)], file: &str, from: &str, to: &str) {
    let found = files.iter_mut().find(|(path, _)| path == Path::new(file));
    let (_, text) = found.unwrap_or_else(|| panic!("{file}: to be patched, but not there"));
    let count = text.matches(from).count();
    assert_eq!(
        count, 1,
        "{file}: this text must be there exactly once, so that a bug can be planted:\n{from}"
    );
    *text = text.replacen(from, to, 1);
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file's folder")).expect("a folder for the copy");
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Builds the program of the copy into the target folder and profile of this test.
fn compile(real: &Path, copy: &Path) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_skyhound-rig")).parent().expect("the profile's folder");
    let target = built.parent().expect("the target folder");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(real).args(["build", "--offline", "-p", "skyhound-rig", "--bin", PROGRAM]);
    cargo.arg("--manifest-path").arg(copy.join("Cargo.toml")).arg("--target-dir").arg(target);
    if built.file_name().is_some_and(|profile| profile == "release") {
        cargo.arg("--release");
    }
    // Cargo's own words to this test would make its dependencies look changed.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST")
            || name.starts_with("CARGO_BIN_")
        {
            cargo.env_remove(name);
        }
    }
    let done = cargo.output().expect("cargo");
    assert!(
        done.status.success(),
        "the planted engine does not build:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    built.join(PROGRAM)
}
