//! Where the programs under test lie: cargo puts those of one build beside each other.

use std::path::{Path, PathBuf};

/// The flight program that was built together with the rig (`env!("CARGO_BIN_EXE_skyhound-rig")` in a test).
///
/// # Errors
/// It is not there: cargo builds it only when asked for its package or the workspace.
pub fn skyhound(rig: &Path) -> Result<PathBuf, String> {
    let program = rig.with_file_name(format!("skyhound{}", std::env::consts::EXE_SUFFIX));
    match program.is_file() {
        true => Ok(program),
        false => Err(format!("{} is not there; run `cargo build --workspace` first", program.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let rig = folder.path().join("skyhound-rig");
        let why = skyhound(&rig).unwrap_err();
        assert!(why.contains("/skyhound is not there; run `cargo build --workspace`"), "{why}");
        std::fs::write(folder.path().join("skyhound"), "").unwrap();
        assert_eq!(skyhound(&rig).unwrap(), folder.path().join("skyhound"));
    }
}
