//! Where entries go: `redis://` and `rediss://`, `nats://` and `tls://`, with user and password.

use std::fmt;

use url::Url;

use super::Far;
use super::jet_stream::Nats;
use super::redis_stream::Redis;

/// Names are parts of keys and subjects.
const NAME_BYTES_MAX: usize = 32;

/// Where entries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    url: Url,
    name: String,
}

impl Destination {
    /// Of a URL, and the name that keys, streams and subjects begin with.
    ///
    /// # Errors
    /// It is none of these, or the name none that both servers take.
    pub fn new(url: &str, name: &str) -> Result<Destination, String> {
        let written = "write redis://HOST:6379 or rediss:// (Redis Streams), nats://HOST:4222 or tls:// (NATS JetStream), \
                       with USER:PASSWORD@ before HOST where it asks for them";
        let url: Url = url.parse().map_err(|error| format!("{error}: {written}"))?;
        if !["redis", "rediss", "nats", "tls"].contains(&url.scheme())
            || url.host_str().is_none_or(str::is_empty)
        {
            return Err(written.to_string());
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(is_plain) {
            return Err(format!(
                "--name {name:?}: write 1 to {NAME_BYTES_MAX} letters, digits, \"-\" and \"_\""
            ));
        }
        Ok(Destination { url, name: name.to_string() })
    }

    /// The other end, not connected yet.
    ///
    /// # Errors
    /// The URL has a part that is none of its kind's.
    pub fn far(&self) -> Result<Box<dyn Far>, String> {
        match self.url.scheme() {
            "redis" | "rediss" => Ok(Box::new(Redis::new(self.url.as_str(), &self.name)?)),
            _ => Ok(Box::new(Nats::new(&self.url, &self.name)?)),
        }
    }
}

/// Without its password.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.url.scheme())?;
        self.url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_said() {
        let shown = Destination::new("redis://drone:secret@base:6380/2", "skyhound").unwrap().to_string();
        assert_eq!(shown, "redis://base:6380");
        for (url, name) in [
            ("http://base", "a"),
            ("redis://", "a"),
            ("base:6379", "a"),
            ("nats://base", "a.b"),
            ("nats://base", ""),
        ] {
            assert!(Destination::new(url, name).is_err(), "{url} {name}");
        }
    }
}
