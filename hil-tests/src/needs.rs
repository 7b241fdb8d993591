//! What a test needs and a machine may lack: said aloud where it is not there, so that nobody takes the test for passed.

use crate::soapy::{self, NoModule};
use std::path::{Path, PathBuf};

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
