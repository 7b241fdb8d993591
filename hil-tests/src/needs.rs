//! What a test needs and a machine may lack: said aloud where it is not there, so that nobody takes the test for passed.

use crate::soapy::{self, NoModule};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Oldest Node by which the page is built and tried.
const NODE_LEAST: u32 = 18;

/// A file or folder of SKYHOUND_DATA (by default `../shared/data` beside the workspace); `None`, said aloud, where it is not.
pub fn recorded(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("SKYHOUND_DATA").map_or(beside, PathBuf::from).join(name);
    if !path.exists() {
        println!("{name}: ignored, needs SKYHOUND_DATA");
        return None;
    }
    Some(path)
}

/// The folder of the rig's SDR driver; `None`, said aloud, where the machine lacks what builds it.
///
/// # Panics
/// When it does not build though all is there.
pub fn sdr_module() -> Option<PathBuf> {
    match soapy::module() {
        Ok(module) => return Some(module),
        Err(NoModule::Broken(why)) => panic!("{why}"),
        Err(why) => println!("ignored, needs {why}"),
    }
    None
}

/// The folder of the page's sources, where a browser can be had to try it in; `None`, said aloud, where the machine lacks that.
pub fn page_in_a_browser() -> Option<PathBuf> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-host/web");
    let chromium = std::env::var_os("CHROMIUM").map_or("/usr/bin/chromium".into(), PathBuf::from);
    let has_node = node_version().is_some_and(|version| version >= NODE_LEAST);
    let lacks = [
        (has_node, "node 18 or newer (Debian: npm)"),
        (chromium.exists(), "chromium (or its path in CHROMIUM)"),
        (web.join("node_modules/playwright-core").exists(), "npm ci in firmware-host/web"),
    ];
    if let Some((_, what)) = lacks.into_iter().find(|(is_there, _)| !is_there) {
        println!("ignored, needs {what}");
        return None;
    }
    Some(web)
}

/// 18 of `v18.20.4`.
fn node_version() -> Option<u32> {
    let said = Command::new("node").arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout);
    said.strip_prefix('v')?.split('.').next()?.parse().ok()
}
