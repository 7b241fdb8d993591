//! What is wrong with the settings: key, place, and the mend; all of it at once.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from. Later ones go over earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The template.
    Default,
    /// A file, at a line counted from 1.
    File(PathBuf, usize),
    /// A profile by its name, at a line counted from 1.
    Profile(String, usize),
    /// `--set`.
    Set,
    /// A flag of its own, such as `--sdr`.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Profile(name, line) => write!(f, "profile {name}:{line}"),
            Origin::Set => f.write_str("--set"),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingError {
    /// Full path of the key, for example `analytics.trigger_db`; empty when the file as a whole is at fault.
    pub key: String,
    /// Where it was written.
    pub origin: Origin,
    /// What is wrong and what to write instead.
    pub mend: String,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.mend)
    }
}

/// All mistakes, at least one. One line each.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsErrors(pub Vec<SettingError>);

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsErrors {}
