//! The rig's SoapySDR driver: built from its C++ sources with the system's compiler, found by SoapySDR through two
//! environment variables.
//!
//! The library lands below the target folder and is built again only when a source changed. Whoever needs it runs as a
//! process with [`environment`]: SoapySDR reads the variables once, and the system's own modules must stay out, because
//! some search the network for seconds.

use crate::programs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, io};

/// Name and text of each source; the headers among them are not compiled by themselves.
const SOURCES: [(&str, &str); 10] = [
    ("control.hpp", include_str!("../soapy/control.hpp")),
    ("convert.cpp", include_str!("../soapy/convert.cpp")),
    ("device.cpp", include_str!("../soapy/device.cpp")),
    ("device.hpp", include_str!("../soapy/device.hpp")),
    ("model.hpp", include_str!("../soapy/model.hpp")),
    ("skyhound_rig.cpp", include_str!("../soapy/skyhound_rig.cpp")),
    ("source.hpp", include_str!("../soapy/source.hpp")),
    ("stream.cpp", include_str!("../soapy/stream.cpp")),
    ("tone.cpp", include_str!("../soapy/tone.cpp")),
    ("world.cpp", include_str!("../soapy/world.cpp")),
];

/// Why there is no driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoModule {
    /// The machine lacks a compiler or SoapySDR's own files: what needs the driver is ignored.
    Lacks(String),
    /// It is ours to mend.
    Broken(String),
}

impl std::fmt::Display for NoModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoModule::Lacks(why) => write!(f, "libsoapysdr-dev and g++: {why}"),
            NoModule::Broken(why) => write!(f, "the SDR driver does not build: {why}"),
        }
    }
}

impl From<NoModule> for String {
    fn from(why: NoModule) -> String {
        why.to_string()
    }
}

/// Builds the driver when needed: the folder that holds it, or why it cannot be built.
pub fn module() -> Result<PathBuf, NoModule> {
    // Tests are threads of one program: the first builds, the others wait for it.
    static BUILT: OnceLock<Result<PathBuf, NoModule>> = OnceLock::new();
    let build_it = || {
        let target = programs::folder().map_err(NoModule::Broken)?;
        build(&target.join("skyhound-rig-soapy"))
    };
    BUILT.get_or_init(build_it).clone()
}

/// The variables with which a process sees the driver of `module`, and no other.
pub fn environment(module: &Path) -> [(&'static str, PathBuf); 2] {
    [("SOAPY_SDR_PLUGIN_PATH", module.to_owned()), ("SOAPY_SDR_ROOT", module.join("no-system-modules"))]
}

fn build(folder: &Path) -> Result<PathBuf, NoModule> {
    let told = |error: io::Error| NoModule::Broken(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(told)?;
    let built_from = folder.join("built_from.txt");
    let all: String = SOURCES.iter().map(|(name, text)| format!("// {name}\n{text}")).collect();
    if fs::read_to_string(&built_from).is_ok_and(|text| text == all) {
        return Ok(folder.to_owned());
    }
    // Several programs may build at once: each works in a folder of its own, and the rename is one step.
    let own = folder.join(format!("build-{}", std::process::id()));
    fs::create_dir_all(&own).map_err(told)?;
    for (name, text) in SOURCES {
        fs::write(own.join(name), text).map_err(told)?;
    }
    let library = own.join("library");
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "g++".into());
    let built = Command::new(&compiler)
        .args(["-std=c++17", "-O3", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .args(SOURCES.iter().filter(|(name, _)| name.ends_with(".cpp")).map(|(name, _)| own.join(name)))
        .arg("-lSoapySDR")
        .output()
        .map_err(|error| NoModule::Lacks(format!("{compiler}: {error}")))?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        let is_missing = (said.contains("SoapySDR/") && said.contains("No such file"))
            || said.contains("cannot find -lSoapySDR");
        return Err(if is_missing { NoModule::Lacks(said) } else { NoModule::Broken(said) });
    }
    fs::rename(&library, folder.join("libskyhound_rig.so")).map_err(told)?;
    fs::write(own.join("text"), all).map_err(told)?;
    fs::rename(own.join("text"), &built_from).map_err(told)?;
    fs::remove_dir_all(&own).map_err(told)?;
    Ok(folder.to_owned())
}
