//! Where the programs under test lie: cargo puts those of one build beside each other.

use std::path::{Path, PathBuf};

/// The folder of this build's programs, from where this one lies: a test's own program lies one deeper, in `deps`.
pub fn folder() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program's own path: {error}"))?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

/// The flight program of this build.
///
/// # Errors
/// It is not there: cargo builds it only when asked for its package or the workspace.
pub fn skyhound() -> Result<PathBuf, String> {
    skyhound_in(&folder()?)
}

fn skyhound_in(folder: &Path) -> Result<PathBuf, String> {
    let program = folder.join(format!("skyhound{}", std::env::consts::EXE_SUFFIX));
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
        let why = skyhound_in(folder.path()).unwrap_err();
        assert!(why.contains("/skyhound is not there; run `cargo build --workspace`"), "{why}");
        std::fs::write(folder.path().join("skyhound"), "").unwrap();
        assert_eq!(skyhound_in(folder.path()).unwrap(), folder.path().join("skyhound"));
    }
}
