//! Where a kept flight comes to lie: written under another name, brought to the disk, then named; with what it says beside it.

use super::super::error::StoreError;
use super::super::iq::remove_iq;
use super::super::place::{existing, is_plain, real, side_files, with_suffix};
use super::super::receipt::receipts_path;
use super::content::Content;
use crate::progress::{self, Unit};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Of the file beside a kept flight that says what its content is.
pub const CONTENT_SUFFIX: &str = ".content";

/// A file or folder on its way: removed when dropped, unless it got its name.
pub struct Part {
    /// Where it is.
    pub path: PathBuf,
}

impl Part {
    /// Keeps watch on `path`.
    pub fn at(path: PathBuf) -> Part {
        Part { path }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = if self.path.is_dir() {
            std::fs::remove_dir_all(&self.path)
        } else {
            std::fs::remove_file(&self.path)
        };
    }
}

/// `path` with its folder made where it is not there, and without links.
///
/// # Errors
/// It cannot be made, or DuckDB does not take its path.
pub fn ready(path: &Path) -> Result<PathBuf, StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(StoreError::io(folder, "cannot make the folder"))?;
    let real = real(path).map_err(StoreError::io(path, "cannot find it"))?;
    if !is_plain(&real) || real.to_str().is_none() {
        let why = "DuckDB takes no path with a ?, and none that is not UTF-8; name another folder";
        return Err(StoreError::kept(path, why));
    }
    Ok(real)
}

/// Brings what was written to `path` to the disk, and has the next reader read it from there.
///
/// # Errors
/// The disk took not all of it.
pub fn settle(path: &Path) -> Result<(), StoreError> {
    progress::part("bringing it to the disk", None, Unit::Bytes);
    let settle = || {
        let file = File::open(path)?;
        file.sync_all()?;
        // Only a hint: where it is not taken, what is read comes from memory.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        Ok(())
    };
    settle().map_err(StoreError::io(path, "cannot sync"))
}

/// Gives `part` its name, for good.
///
/// # Errors
/// It cannot be renamed, or the folder not be synced.
pub fn name(part: &Path, path: &Path) -> Result<(), StoreError> {
    std::fs::rename(part, path).map_err(StoreError::io(path, "cannot rename to"))?;
    sync_folder(path)
}

/// The same, where nothing may be replaced.
///
/// # Errors
/// Something of that name is there, or as [`name`].
pub fn name_new(part: &Path, path: &Path) -> Result<(), StoreError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, part, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::EXIST) => Err(is_there(path)),
        // File systems of some sticks and shares cannot tell.
        Err(Errno::INVAL | Errno::NOSYS) if path.exists() => Err(is_there(path)),
        Err(Errno::INVAL | Errno::NOSYS) => name(part, path),
        Err(error) => Err(StoreError::io(path, "cannot rename to")(error.into())),
        Ok(()) => sync_folder(path),
    }
}

/// That something lies where a new file was to come.
pub fn is_there(path: &Path) -> StoreError {
    StoreError::kept(path, "is there already; nothing is replaced: name another file, or move it away")
}

/// Brings the name of `path` to the disk.
///
/// # Errors
/// The disk did not take it.
pub fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let synced = File::open(folder).and_then(|file| file.sync_all());
    match synced {
        // File systems of some sticks and shares have no such thing for folders.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced.map_err(StoreError::io(folder, "cannot sync")),
    }
}

/// What is known of the content of the flight at `path`; `None`: nothing.
///
/// # Errors
/// It cannot be read, or is not what was written.
pub fn known_content(path: &Path) -> Result<Option<Content>, StoreError> {
    let beside = with_suffix(path, CONTENT_SUFFIX);
    let text = match std::fs::read_to_string(&beside) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(StoreError::io(&beside, "cannot read"))?,
    };
    let content = serde_json::from_str(&text);
    content.map(Some).map_err(|error| StoreError::kept(&beside, format!("damaged: {error}; remove it")))
}

/// Forgets what is known of the content of `path`, before it gets another one.
///
/// # Errors
/// It cannot be removed.
pub fn forget_content(path: &Path) -> Result<(), StoreError> {
    let beside = with_suffix(path, CONTENT_SUFFIX);
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StoreError::io(&beside, "cannot remove")),
    }
}

/// Writes beside the flight at `path` what its content is, by way of `part`.
///
/// # Errors
/// It cannot be written.
pub fn tell_content(path: &Path, part: &Path, content: &Content) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(part)?;
        serde_json::to_writer_pretty(&mut file, content)?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(StoreError::io(part, "cannot write"))?;
    name(part, &with_suffix(path, CONTENT_SUFFIX))
}

/// Removes a flight with all that belongs to it, and with its last file its IQ; the file last: what is cut off in between is still listed.
///
/// # Errors
/// It cannot be removed.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    let real = existing(path)?;
    let sides = side_files(&real).into_iter().map(|side| side.path);
    for part in sides.chain([receipts_path(path)]).filter(|part| part.exists()) {
        std::fs::remove_file(&part).map_err(StoreError::io(&part, "cannot remove"))?;
    }
    forget_content(path)?;
    remove_iq(&real)?;
    std::fs::remove_file(path).map_err(StoreError::io(path, "cannot remove"))?;
    sync_folder(&real)
}
