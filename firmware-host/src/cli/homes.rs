//! Where a user's own files lie, by the XDG base directory specification.

use std::path::PathBuf;

use super::Failure;

/// `skyhound` in the folder that `variable` names, or in `usual` of the home.
///
/// # Errors
/// There is no home; `instead` says what to write.
fn home(variable: &str, usual: &str, instead: &str) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute(variable).or_else(|| Some(absolute("HOME")?.join(usual)));
    let folder = folder.ok_or_else(|| Failure::Usage(format!("there is no HOME; {instead}")))?;
    Ok(folder.join("skyhound"))
}

/// The catalogue that is used when none is named.
///
/// # Errors
/// There is no home.
pub fn catalogue() -> Result<PathBuf, Failure> {
    Ok(home("XDG_DATA_HOME", ".local/share", "name the catalogue with --catalog")?.join("catalog.duckdb"))
}

/// Where it is kept how far something came that goes on the next time.
///
/// # Errors
/// There is no home.
pub fn state() -> Result<PathBuf, Failure> {
    home("XDG_STATE_HOME", ".local/state", "set XDG_STATE_HOME to a folder")
}

/// Where results lie that can be computed again; `None`: there is no home.
pub fn cache() -> Option<PathBuf> {
    home("XDG_CACHE_HOME", ".cache", "").ok()
}
