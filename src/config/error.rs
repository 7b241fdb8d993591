//! A setting that is refused.

/// What is wrong with a setting: the key as in `skyhound.toml`, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Key, for example `analytics.trigger_db`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub mend: String,
}

impl ConfigError {
    /// Of a key, with what to do about it.
    pub fn new(key: impl Into<String>, mend: impl Into<String>) -> ConfigError {
        ConfigError { key: key.into(), mend: mend.into() }
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.mend)
    }
}

impl std::error::Error for ConfigError {}
