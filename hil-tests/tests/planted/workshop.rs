//! A copy of the engine, and of what depth a needs of host and rig, in the target folder, with bugs planted by textual patches,
//! built once beside the real ones.
//!
//! One build holds all bugs: each is guarded by `planted::is("name")`, which asks the environment. The copy is a workspace of
//! its own with the same dependencies, lock file, profile and target folder, so only our own three crates are compiled anew,
//! and of host and rig only the modules that a campaign flies through: a third of them. Its program has a name of its own, so
//! that the real one is never overwritten. Unchanged files keep their times: the second run compiles nothing.

use super::bugs::Bug;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Name of the program with the bugs.
const PROGRAM: &str = "skyhound-rig-planted";
/// What depth a needs of the host, and of the rig.
const HOST: &str = "autopilot clock hash polygons progress realtime sdr settings table vehicle_log";
const RIG: &str = "aircraft autopilot baseline campaign codes engine invariants random scenario script shared trace truth world";

/// The copy's files by their paths in the workspace.
type Files = BTreeMap<PathBuf, String>;

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
        let mut files = Files::new();
        for name in ["Cargo.lock", "Cargo.toml", "src", "firmware-host", "hil-tests", "benches"] {
            collect(real, Path::new(name), &mut files);
        }
        for patch in bugs.iter().flat_map(|bug| &bug.patches) {
            plant(&mut files, patch.file, &patch.from.join("\n"), &patch.to.join("\n"));
        }
        plant(&mut files, "src/lib.rs", "pub mod record;", "pub mod planted;\npub mod record;");
        let program = |name: &str| format!("[[bin]]\nname = \"{name}\"");
        plant(&mut files, "hil-tests/Cargo.toml", &program("skyhound-rig"), &program(PROGRAM));
        // Cargo tells packages of two workspaces apart by name, version and place within: with the same version the copy's
        // libraries would overwrite the real ones in the target folder.
        let version =
            |mark: &str| format!("[workspace.package]\nversion = \"{}{mark}\"", env!("CARGO_PKG_VERSION"));
        plant(&mut files, "Cargo.toml", &version(""), &version("-planted"));
        let only = |modules: &str| {
            let modules = modules.split(' ').map(|name| format!("pub mod {name};\n"));
            format!("//! What depth a needs.\n#![allow(missing_docs)]\n{}", modules.collect::<String>())
        };
        files.insert("src/planted.rs".into(), include_str!("copy/planted.rs").into());
        files.insert("firmware-host/src/lib.rs".into(), only(HOST));
        files.insert("hil-tests/src/lib.rs".into(), only(RIG));
        files.insert("hil-tests/src/main.rs".into(), include_str!("copy/main.rs").into());
        for (path, text) in &files {
            let path = copy.join(path);
            if !fs::read_to_string(&path).is_ok_and(|there| there == *text) {
                fs::create_dir_all(path.parent().expect("a file's folder")).expect("a folder for the copy");
                fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
        Planted { program: compile(real, &copy) }
    }

    /// Runs the program with `bug` on, or none.
    pub fn run(&self, bug: Option<&str>, arguments: &[&str]) -> Output {
        let mut program = Command::new(&self.program);
        program.args(arguments).env("SKYHOUND_PLANTED", bug.unwrap_or_default());
        program.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}

/// Reads the file at `path`, or all below the folder there but tests and what is no text.
fn collect(real: &Path, path: &Path, files: &mut Files) {
    if path.ends_with("hil-tests/tests") || path.ends_with("firmware-host/tests") {
        return;
    }
    if let Ok(entries) = fs::read_dir(real.join(path)) {
        entries.flatten().for_each(|entry| collect(real, &path.join(entry.file_name()), files));
    } else if let Ok(text) = fs::read_to_string(real.join(path)) {
        files.insert(path.to_owned(), text);
    }
}

fn plant(files: &mut Files, file: &str, from: &str, to: &str) {
    let text = files.get_mut(Path::new(file));
    let text = text.unwrap_or_else(|| panic!("{file}: to be patched, but not there"));
    let count = text.matches(from).count();
    assert_eq!(
        count, 1,
        "{file}: this text must be there exactly once, so that a bug can be planted:\n{from}"
    );
    *text = text.replacen(from, to, 1);
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
        let own = ["CARGO_PKG_", "CARGO_MANIFEST", "CARGO_BIN_"];
        if own.iter().any(|own| name.to_string_lossy().starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    let done = cargo.output().expect("cargo");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "the planted engine does not build:\n{said}");
    built.join(PROGRAM)
}
