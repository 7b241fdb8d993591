//! `[cot]`: where Cursor-on-Target goes, and how often.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// What may be written.
const FORMS: &str = "udp:HOST:PORT (also a group, as udp:239.2.3.1:6969) or tcp:HOST:PORT";
/// Destinations at most.
const TO_MAX: usize = 8;

/// `[cot]`: Cursor-on-Target for TAK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CotSettings {
    /// Where it goes; empty = nowhere, the default.
    pub to: Vec<CotTo>,
    /// What people call the aircraft.
    pub callsign: String,
    /// Time between rounds of events, µs. Default 2 000 000.
    pub period_us: u32,
    /// Routers that a datagram to a group may pass, and one. Default 1.
    pub ttl: u32,
    /// Address of the interface by which groups are sent to; `None` = as the system's routes say.
    pub interface: Option<IpAddr>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CotTo {
    /// Datagrams to `HOST:PORT`, one an event.
    Udp(String),
    /// A stream to `HOST:PORT`.
    Tcp(String),
}

impl FromStr for CotTo {
    type Err = String;

    fn from_str(text: &str) -> Result<CotTo, String> {
        let refused = || format!("\"{text}\" is not possible here; write {FORMS}");
        let (way, address) = text.split_once(':').ok_or_else(refused)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(refused)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        if host.is_empty() || !is_port || (bare.is_none() && host.contains(':')) {
            return Err(refused());
        }
        if bare.and_then(|host| host.parse::<Ipv6Addr>().ok()).is_some_and(|host| host.is_multicast()) {
            return Err(format!("\"{text}\": groups of IPv6 are not sent to; write one of IPv4"));
        }
        match way {
            "udp" => Ok(CotTo::Udp(address.to_string())),
            "tcp" => Ok(CotTo::Tcp(address.to_string())),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for CotTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CotTo::Udp(address) => write!(f, "udp:{address}"),
            CotTo::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

/// Destinations with spaces between, or `none`.
pub(super) fn destinations(text: &str) -> Result<Vec<CotTo>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let to: Vec<CotTo> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match to.len() {
        1..=TO_MAX => Ok(to),
        count => Err(format!("{count} destinations; write none, or 1 to {TO_MAX} with spaces between")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_what_they_say() {
        let to = destinations("udp:239.2.3.1:6969 tcp:[::1]:8087").unwrap();
        assert_eq!(to, [CotTo::Udp("239.2.3.1:6969".into()), CotTo::Tcp("[::1]:8087".into())]);
        assert_eq!(
            to.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            "udp:239.2.3.1:6969 tcp:[::1]:8087"
        );
        assert_eq!(destinations("none"), Ok(Vec::new()));
        for wrong in [
            "",
            "udp:6969",
            "udp::6969",
            "tcp:host:0",
            "tls:host:8089",
            "udp:::1:6969",
            "udp:[ff02::1]:6969",
            "none tcp:a:1",
        ] {
            assert!(destinations(wrong).is_err_and(|why| why.contains("write ")), "{wrong}");
        }
    }
}
