//! Where a flight file really is, and the one door through which DuckDB opens it.
//!
//! DuckDB takes a path for more than a path: `:memory:`, `md:x`, `sqlite:x`, `s3://x`, `file:/x`, `~/x`; and it looks for the
//! WAL beside a symbolic link, not beside what it points to. An absolute path without links is none of that, so nothing else
//! is opened. One thing is left: what stands behind the first `?` of any path counts as the end of a URL. Beside
//! `/x/a?b/f.duckdb` DuckDB keeps `/x/a.wal?b/f.duckdb`. For such a folder [`make_ready`] puts links there that lead back into
//! it, so that a flight stays whole in its folder: as `.wal/f.duckdb`. It is read from a copy.

use super::error::StoreError;
use duckdb::{Config, Connection};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Files that may lie beside a database: DuckDB's, and ours.
pub const SIDE_SUFFIXES: [&str; 4] = [WAL, CHECKPOINT_WAL, ".wal.recovery", BLOCKS];
/// What is committed and not yet in the file.
pub const WAL: &str = ".wal";
/// What a checkpoint writes over, until it is done.
pub const BLOCKS: &str = ".blocks";
/// What is committed while a checkpoint writes.
pub const CHECKPOINT_WAL: &str = ".wal.checkpoint";

/// Absolute, with every link resolved. The file itself may not exist yet, its folder must.
///
/// # Errors
/// The folder cannot be found, or `path` names no file.
pub fn real(path: &Path) -> std::io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return found,
    }
    let name = path.file_name().ok_or(ErrorKind::NotFound)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).canonicalize()?.join(name))
}

/// The same, or the path as it is given where its folder cannot be found.
pub fn real_or_given(path: &Path) -> PathBuf {
    real(path).unwrap_or_else(|_| path.to_path_buf())
}

/// The same of a flight that must be there.
///
/// # Errors
/// Its folder cannot be found.
pub fn existing(path: &Path) -> Result<PathBuf, StoreError> {
    real(path).map_err(|_| StoreError::NotFound(path.to_path_buf()))
}

/// Opens a database; a file that is not there is created if the configuration allows writing.
///
/// # Errors
/// There is no such folder, or DuckDB refuses.
pub fn open(path: &Path, config: Config) -> Result<Connection, duckdb::Error> {
    let real = real(path).map_err(|_| duckdb::Error::InvalidPath(path.to_path_buf()))?;
    Connection::open_with_flags(real, config)
}

/// Puts the side files of the database at `real` to where DuckDB looks for them.
///
/// # Errors
/// They cannot be put there, or the file's own name has a `?`.
pub fn adopt(real: &Path) -> Result<(), StoreError> {
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return Ok(()) };
    if name.as_bytes().contains(&b'?') {
        let why = std::io::Error::from(ErrorKind::InvalidFilename);
        return Err(StoreError::io(real, "rename it and its side files to names without a ?")(why));
    }
    make_ready(folder)?;
    for side in side_files(real).iter().filter(|_| !is_plain(folder)) {
        let within = folder.join(side.suffix).join(name);
        std::fs::rename(&side.path, &within).map_err(StoreError::io(&side.path, "cannot be moved"))?;
    }
    Ok(())
}

/// Keeps the database at `path` from reaching other files, where DuckDB does not take its own side files for others.
///
/// # Errors
/// DuckDB does not know the setting.
pub fn fenced(path: &Path, config: Config) -> Result<Config, duckdb::Error> {
    let is_plain = real(path).is_ok_and(|real| is_plain(&real));
    if is_plain { config.enable_external_access(false) } else { Ok(config) }
}

/// Whether DuckDB keeps its side files beside the file at this path; see the module.
pub fn is_plain(real: &Path) -> bool {
    !real.as_os_str().as_bytes().contains(&b'?')
}

/// Lets DuckDB write databases in `folder`, also where its path has a `?`.
///
/// # Errors
/// The links cannot be made.
pub fn make_ready(folder: &Path) -> Result<(), StoreError> {
    let real = folder.canonicalize().map_err(StoreError::io(folder, "cannot find the folder"))?;
    if is_plain(&real) {
        return Ok(());
    }
    for suffix in SIDE_SUFFIXES {
        let link = duckdb_place(&real, suffix);
        link_back(&real.join(suffix), &link).map_err(StoreError::io(
            &link,
            "cannot be linked, and DuckDB keeps its WAL there for a folder with a ? in its path; name a folder without",
        ))?;
    }
    Ok(())
}

fn link_back(to: &Path, link: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    if std::fs::read_link(link).is_ok_and(|before| before == to) {
        return Ok(());
    }
    if let Some(folder) = link.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if link.is_symlink() {
        // Of a folder that was moved since.
        std::fs::remove_file(link)?;
    }
    std::os::unix::fs::symlink(to, link)
}

/// `folder` as DuckDB spells it for side files (its `Path::AddSuffixToPath`).
fn duckdb_place(folder: &Path, suffix: &str) -> PathBuf {
    let bytes = folder.as_os_str().as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'?').unwrap_or(bytes.len());
    let (front, back) = bytes.split_at(at);
    PathBuf::from(OsString::from_vec([front, suffix.as_bytes(), back].concat()))
}

/// The side file of the database at `real` with this suffix, where it is or would be.
pub fn side_path(real: &Path, suffix: &str) -> PathBuf {
    let within = real
        .parent()
        .zip(real.file_name())
        .filter(|(folder, _)| !is_plain(folder))
        .map(|(folder, name)| folder.join(suffix).join(name));
    within.filter(|path| path.exists()).unwrap_or_else(|| with_suffix(real, suffix))
}

/// `path` with `suffix` behind its whole name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Bytes of a flight file with its side files.
pub fn flight_bytes(path: &Path) -> u64 {
    let own_bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    own_bytes + side_files(path).iter().map(|side| side.bytes).sum::<u64>()
}

/// Whether `path` is the flight file at `flight` or one of its side files, there or not, by whatever name.
pub fn is_part_of(path: &Path, flight: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(path), Ok(flight)) = (real(path), real(flight)) else { return false };
    let file = |path: &Path| std::fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    let is = |part: &Path| path == part || file(&path).is_some_and(|is| file(part) == Some(is));
    let side = |suffix: &str| is(&side_path(&flight, suffix)) || is(&with_suffix(&flight, suffix));
    is(&flight) || SIDE_SUFFIXES.into_iter().any(side)
}

/// A side file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideFile {
    /// Its suffix.
    pub suffix: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Its inode: another one after a checkpoint.
    pub inode: u64,
    /// Its size.
    pub bytes: u64,
}

/// The side files there are.
pub fn side_files(path: &Path) -> Vec<SideFile> {
    use std::os::unix::fs::MetadataExt;
    let found = |suffix: &'static str| {
        let side = side_path(path, suffix);
        let stat = std::fs::metadata(&side).ok()?;
        Some(SideFile { suffix, path: side, inode: stat.ino(), bytes: stat.len() })
    };
    SIDE_SUFFIXES.into_iter().filter_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_resolved_before_duckdb_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let file = folder.join("f.duckdb");
        assert_eq!(real(&file).unwrap(), file);
        std::fs::write(&file, b"x").unwrap();
        std::os::unix::fs::symlink(&file, folder.join("link")).unwrap();
        assert_eq!(real(&folder.join("link")).unwrap(), file);
        assert_eq!(
            real(&folder.join("../").join(folder.file_name().unwrap()).join("f.duckdb")).unwrap(),
            file
        );
        assert!(real(&folder.join("none/f.duckdb")).is_err());
        assert!(real(Path::new(":memory:")).unwrap().is_absolute());
        assert!(real(Path::new("")).is_err() && real(Path::new("/")).is_ok());
    }

    #[test]
    fn side_files_are_where_duckdb_looks_for_them() {
        let place = |folder: &str| duckdb_place(Path::new(folder), WAL);
        assert_eq!(place("/x/a?b"), Path::new("/x/a.wal?b"));
        assert_eq!(place("/x/a?b/c?d"), Path::new("/x/a.wal?b/c?d"));
        assert_eq!(side_path(Path::new("/x/f.duckdb"), WAL), Path::new("/x/f.duckdb.wal"));
    }
}
