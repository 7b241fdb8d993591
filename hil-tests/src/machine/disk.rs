//! A small disk in memory (tmpfs) that really fills up. Only root may mount one.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const BALLAST: &str = "ballast";

/// A mounted disk; gone when dropped, whoever still holds a file there.
#[derive(Debug)]
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts one of `size_mb` at `at`, which is made where it is not there.
    pub fn mount(at: &Path, size_mb: u32) -> Result<SmallDisk, String> {
        fs::create_dir_all(at).map_err(|error| format!("{}: {error}", at.display()))?;
        let size = format!("size={size_mb}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(SmallDisk { at: at.to_owned() }),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("mount: {error}")),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Somebody else fills it to the last byte, or takes it away again.
    ///
    /// # Errors
    /// The disk answers something else than that it is full.
    pub fn fill(&self, is: bool) -> Result<(), String> {
        let ballast = self.at.join(BALLAST);
        if !is {
            return fs::remove_file(&ballast).map_err(|error| format!("{}: {error}", ballast.display()));
        }
        let mut file = File::create(&ballast).map_err(|error| format!("{}: {error}", ballast.display()))?;
        let block = vec![1; 1 << 16];
        loop {
            match file.write(&block) {
                Ok(1..) => {}
                Ok(0) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(format!("{}: {error}", ballast.display())),
            }
        }
    }

    /// Copies what is on it (but not the ballast) to `folder`, to outlive the disk.
    pub fn keep(&self, folder: &Path) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{} to {}: {error}", self.at.display(), folder.display());
        fs::create_dir_all(folder).map_err(told)?;
        for entry in fs::read_dir(&self.at).map_err(told)? {
            let entry = entry.map_err(told)?;
            if entry.file_name() != BALLAST && entry.file_type().map_err(told)?.is_file() {
                fs::copy(entry.path(), folder.join(entry.file_name())).map_err(told)?;
            }
        }
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a daemon that is being killed may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fills_up_and_empties() {
        let folder = tempfile::tempdir().unwrap();
        let disk = match SmallDisk::mount(&folder.path().join("disk"), 1) {
            Ok(disk) => disk,
            Err(why) => return println!("ignored, needs root: {why}"),
        };
        let file = disk.path().join("file");
        fs::write(&file, [1; 100]).unwrap();
        disk.fill(true).unwrap();
        assert_eq!(
            fs::write(disk.path().join("more"), [1; 100_000]).unwrap_err().kind(),
            ErrorKind::StorageFull
        );
        disk.fill(false).unwrap();
        fs::write(disk.path().join("more"), [1; 100_000]).unwrap();
        disk.keep(&folder.path().join("kept")).unwrap();
        drop(disk);
        assert!(!file.exists());
        assert_eq!(fs::read(folder.path().join("kept/file")).unwrap().len(), 100);
    }
}
