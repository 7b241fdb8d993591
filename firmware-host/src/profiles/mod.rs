//! The user's own profiles: a folder with a file `NAME.toml` each, and a file `default` that names the one that is marked.
//!
//! The folder is `$SKYHOUND_PROFILES`, else `skyhound/profiles` in `$XDG_CONFIG_HOME`, else in `~/.config`. What is written is written
//! whole or not at all. Own profiles go before those that come with the program, so that an update changes no stored one.

pub mod origin;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::settings::{Profile, nearest_name};

/// Where the folder is told of.
pub const FOLDER_VARIABLE: &str = "SKYHOUND_PROFILES";
/// A profile is some lines; what is longer is none.
const BYTES_MAX: u64 = 64 * 1024;
const NAME_BYTES_MAX: usize = 64;
/// What is written in place of a name where no profile is meant.
pub const NONE: &str = "none";
const MARK: &str = "default";

/// The folder of the user's own profiles. It need not be there.
#[derive(Clone, Debug)]
pub struct Folder(Option<PathBuf>);

/// One of the folder's files.
#[derive(Debug)]
pub struct Own {
    /// Its profile's name.
    pub name: String,
    /// The profile, or what is wrong with its file.
    pub profile: Result<Profile, Failure>,
}

impl Folder {
    /// As the environment tells.
    pub fn of_environment() -> Folder {
        let of =
            |variable: &str| std::env::var_os(variable).filter(|told| !told.is_empty()).map(PathBuf::from);
        let config = || of("XDG_CONFIG_HOME").or_else(|| Some(of("HOME")?.join(".config")));
        Folder(of(FOLDER_VARIABLE).or_else(|| Some(config()?.join("skyhound").join("profiles"))))
    }

    /// A folder by its path.
    pub fn at(path: &Path) -> Folder {
        Folder(Some(path.to_path_buf()))
    }

    /// The profile called `name`: the user's own, else the one that comes with the program.
    ///
    /// # Errors
    /// There is none, or its file is no profile.
    pub fn find(&self, name: &str) -> Result<Profile, Failure> {
        check_name(name)?;
        if let Some(own) = self.own(name)? {
            return Ok(own);
        }
        Profile::built_in().find(|profile| profile.name == name).ok_or_else(|| {
            let own = self.list().unwrap_or_default();
            let built_in: Vec<Profile> = Profile::built_in().collect();
            let names = own.iter().map(|own| &own.name).chain(built_in.iter().map(|profile| &profile.name));
            let near = nearest_name(name, names.map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Failure::Usage(format!(
                "there is no profile {name:?}{near}; `skyhound profile list` tells which there are"
            ))
        })
    }

    /// All of the user's own, by name, those too that cannot be read.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn list(&self) -> Result<Vec<Own>, Failure> {
        let Some(folder) = &self.0 else { return Ok(Vec::new()) };
        let doing = |error: io::Error| Failure::doing(folder.display(), error);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(doing(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(doing)?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str());
            if path.extension().is_some_and(|ending| ending == "toml")
                && let Some(name) = name.filter(|name| check_name(name).is_ok())
            {
                names.push(name.to_string());
            }
        }
        names.sort();
        let own = |name: String| {
            let gone = || Failure::Failed(format!("profile {name}: its file is gone"));
            let profile = self.own(&name).and_then(|own| own.ok_or_else(gone));
            Own { name, profile }
        };
        Ok(names.into_iter().map(own).collect())
    }

    /// The name that is marked as the default.
    ///
    /// # Errors
    /// The mark is there and cannot be read.
    pub fn marked(&self) -> Result<Option<String>, Failure> {
        let Some(path) = self.0.as_ref().map(|folder| folder.join(MARK)) else { return Ok(None) };
        let name = read(&path)?.map(|text| text.trim().to_string());
        match name {
            Some(name) if check_name(&name).is_err() => Err(Failure::Usage(format!(
                "{} names no profile; `skyhound profile default NAME` writes it anew",
                path.display()
            ))),
            name => Ok(name),
        }
    }

    /// The profile that is marked as the default.
    ///
    /// # Errors
    /// One is, and is not there or not to be read.
    pub fn default_profile(&self) -> Result<Option<Profile>, Failure> {
        let Some(name) = self.marked()? else { return Ok(None) };
        let mend = "it is marked as the default: `skyhound profile default` marks another, or none";
        self.find(&name).map(Some).map_err(|failure| {
            let why = failure.message().unwrap_or_default();
            Failure::Usage(format!("{why}\n{mend}"))
        })
    }

    /// Marks a profile that is there as the default, or none.
    ///
    /// # Errors
    /// There is no such profile, it asks for a frequency that a mark cannot tell, or the mark cannot be written.
    pub fn mark(&self, name: Option<&str>) -> Result<(), Failure> {
        let Some(name) = name else { return self.remove(MARK) };
        if self.find(name)?.about.band_hz.is_some() {
            return Err(Failure::Usage(format!(
                "profile {name} asks for its beacon's frequency: save your own with it first, `skyhound profile save MINE --profile \
                 {name} --set beacon.0.frequency_hz=…`, and mark that"
            )));
        }
        self.write_file(MARK, &format!("{name}\n"), true)
    }

    /// Stores a profile; returns its path.
    ///
    /// # Errors
    /// There is one of its name, and it is not to be replaced; the folder cannot be written.
    pub fn write(&self, profile: &Profile, is_replacing: bool) -> Result<PathBuf, Failure> {
        self.may_write(&profile.name, is_replacing)?;
        let file = format!("{}.toml", profile.name);
        self.write_file(&file, &profile.text, is_replacing)?;
        Ok(self.place()?.join(file))
    }

    /// Whether a profile could be stored by this name.
    ///
    /// # Errors
    /// As [`Folder::write`], but for the writing.
    pub fn may_write(&self, name: &str, is_replacing: bool) -> Result<(), Failure> {
        check_name(name)?;
        let is_there = fs::symlink_metadata(self.place()?.join(format!("{name}.toml"))).is_ok();
        if is_there && !is_replacing {
            return Err(Failure::Usage(format!(
                "profile {name} is there already; --replace puts this in its place"
            )));
        }
        if !is_there && Profile::built_in().any(|profile| profile.name == name) {
            return Err(Failure::Usage(format!("profile {name} comes with the program; take another name")));
        }
        Ok(())
    }

    /// Removes one of the user's own. Whether it was the default, and is no more.
    ///
    /// # Errors
    /// There is no such file, or it cannot be removed.
    pub fn delete(&self, name: &str) -> Result<bool, Failure> {
        check_name(name)?;
        let file = format!("{name}.toml");
        if fs::symlink_metadata(self.place()?.join(&file)).is_err() {
            let of = if Profile::built_in().any(|profile| profile.name == name) {
                "comes with the program and stays"
            } else {
                "is not there"
            };
            return Err(Failure::Usage(format!(
                "profile {name} {of}; `skyhound profile list` tells your own"
            )));
        }
        // The mark first: never one that names nothing.
        let was_default = self.marked().ok().flatten().as_deref() == Some(name);
        if was_default {
            self.mark(None)?;
        }
        self.remove(&file)?;
        Ok(was_default)
    }

    fn own(&self, name: &str) -> Result<Option<Profile>, Failure> {
        let Some(path) = self.0.as_ref().map(|folder| folder.join(format!("{name}.toml"))) else {
            return Ok(None);
        };
        let Some(text) = read(&path)? else { return Ok(None) };
        let wrong = |errors| Failure::Usage(format!("{} is no profile:\n{errors}", path.display()));
        Profile::read(name, &text, false).map(Some).map_err(wrong)
    }

    fn place(&self) -> Result<&Path, Failure> {
        self.0.as_deref().ok_or_else(|| {
            Failure::Usage(format!("no place for profiles: name a folder by {FOLDER_VARIABLE}, or set HOME"))
        })
    }

    fn write_file(&self, file: &str, text: &str, is_replacing: bool) -> Result<(), Failure> {
        let folder = self.place()?;
        let written = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            // As the umask lets: a daemon of another user may be the one to read it.
            let permissions = fs::Permissions::from_mode(0o666);
            let mut new =
                tempfile::Builder::new().prefix(".").permissions(permissions).tempfile_in(folder)?;
            new.write_all(text.as_bytes())?;
            new.as_file().sync_all()?;
            let path = folder.join(file);
            let put = if is_replacing { new.persist(path) } else { new.persist_noclobber(path) };
            put.map_err(|error| error.error)?;
            File::open(folder)?.sync_all()
        };
        written().map_err(|error| Failure::doing(folder.join(file).display(), error))
    }

    /// Removes a file of the folder, where it is there.
    fn remove(&self, file: &str) -> Result<(), Failure> {
        let folder = self.place()?;
        match fs::remove_file(folder.join(file)).and_then(|()| File::open(folder)?.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Failure::doing(folder.join(file).display(), error))
            }
            _ => Ok(()),
        }
    }
}

/// The text of a file, or of stdin as `-`; `None` = it is not there.
///
/// # Errors
/// It cannot be read, is too long for a profile, or no text.
pub fn read(path: &Path) -> Result<Option<String>, Failure> {
    let mut text = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().take(BYTES_MAX + 1).read_to_end(&mut text),
        false => File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut text)),
    };
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::doing(path.display(), error)),
        Ok(bytes) if bytes as u64 > BYTES_MAX => {
            return Err(Failure::Usage(format!("{}: over {BYTES_MAX} bytes, no profile", path.display())));
        }
        Ok(_) => {}
    }
    let wrong = |_| Failure::Usage(format!("{}: is no text in UTF-8", path.display()));
    String::from_utf8(text).map(Some).map_err(wrong)
}

/// A name is one of a file on every system, and leads nowhere else.
///
/// # Errors
/// It is none, with what one is.
pub fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.len() <= NAME_BYTES_MAX
        && name != NONE
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
    {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{name:?} is no profile's name: 1 to {NAME_BYTES_MAX} letters, digits, \"-\", \"_\" and \".\", the first a letter or digit; \
         not {NONE:?}"
    )))
}
