//! The rig's SoapySDR driver: built from its C++ source with the system's compiler, found by SoapySDR through two
//! environment variables.
//!
//! The library lands below the target folder and is built again only when its source changed. Whoever needs it runs as a
//! process with [`environment`]: SoapySDR reads the variables once, and the system's own modules must stay out, because
//! some search the network for seconds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, io};

const SOURCE: &str = include_str!("../soapy/skyhound_rig.cpp");

/// Builds the driver when needed: the folder that holds it, or why it cannot be built.
pub fn module() -> Result<PathBuf, String> {
    // Tests are threads of one program: the first builds, the others wait for it.
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build_it = || build(&target().map_err(|e| e.to_string())?.join("skyhound-rig-soapy"));
    BUILT.get_or_init(build_it).clone()
}

/// The variables with which a process sees the driver of `module`, and no other.
pub fn environment(module: &Path) -> [(&'static str, PathBuf); 2] {
    [("SOAPY_SDR_PLUGIN_PATH", module.to_owned()), ("SOAPY_SDR_ROOT", module.join("no-system-modules"))]
}

/// The profile's target folder, from where this program lies.
fn target() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

fn build(folder: &Path) -> Result<PathBuf, String> {
    let told = |e: io::Error| format!("{}: {e}", folder.display());
    fs::create_dir_all(folder).map_err(told)?;
    let built_from = folder.join("built_from.cpp");
    if fs::read_to_string(&built_from).is_ok_and(|text| text == SOURCE) {
        return Ok(folder.to_owned());
    }
    // Several programs may build at once: each works under its own name, and the rename is one step.
    let own = std::process::id();
    let (source, library) = (folder.join(format!("{own}.cpp")), folder.join(format!("{own}.o")));
    fs::write(&source, SOURCE).map_err(told)?;
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "g++".into());
    let built = Command::new(&compiler)
        .args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-lSoapySDR")
        .output()
        .map_err(|e| format!("{compiler}: {e}"))?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    fs::rename(&library, folder.join("libskyhound_rig.so")).map_err(told)?;
    fs::rename(&source, &built_from).map_err(told)?;
    Ok(folder.to_owned())
}
