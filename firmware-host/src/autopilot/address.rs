//! Where the autopilot is reached, as the settings spell it.

use std::fmt;
use std::str::FromStr;

/// The forms an address may have, for errors and help.
pub const FORMS: &str = "serial:DEVICE:BAUD, udpin:ADDR:PORT, udpout:ADDR:PORT, tcpout:ADDR:PORT or none; for example \
     serial:/dev/ttyAMA0:921600 or udpin:127.0.0.1:14550";

/// Baud rates between the slowest radio modem and the fastest USB bridge in use.
const BAUD: std::ops::RangeInclusive<u32> = 1_200..=12_000_000;

/// Where the autopilot is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial device and its baud rate, 8N1, no flow control.
    Serial {
        /// Path of the device; may hold colons (`/dev/serial/by-path/…`).
        device: String,
        /// Bits per second.
        baud: u32,
    },
    /// We wait for datagrams here, and answer the peer that brings the autopilot's heartbeat.
    UdpIn(Place),
    /// We send datagrams there, from any port, and take what comes back from there.
    UdpOut(Place),
    /// We connect there.
    TcpOut(Place),
    /// No autopilot: nothing is heard, nothing is sent.
    None,
}

/// A host (name, IPv4, or IPv6 in brackets) and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name or address, without brackets.
    pub host: String,
    /// Never 0.
    pub port: u16,
}

/// An address that cannot be meant; says why, and shows the forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    text: String,
    why: String,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "autopilot address `{}`: {}; expected {FORMS}", self.text, self.why)
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        parse(text.trim()).map_err(|why| AddressError { text: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<Address, String> {
    if text == "none" {
        return Ok(Address::None);
    }
    let (kind, rest) = text.split_once(':').ok_or("it names no kind of line")?;
    match kind {
        "serial" => parse_serial(rest),
        "udpin" => Ok(Address::UdpIn(parse_place(rest)?)),
        "udpout" => Ok(Address::UdpOut(parse_place(rest)?)),
        "tcpout" => Ok(Address::TcpOut(parse_place(rest)?)),
        "none" => Err("`none` takes nothing after it".to_owned()),
        other => Err(format!("`{other}` is no kind of line")),
    }
}

fn parse_serial(rest: &str) -> Result<Address, String> {
    // From the right, because names below /dev/serial/by-path hold colons.
    let (device, baud) = rest.rsplit_once(':').ok_or("the baud rate is missing")?;
    if device.is_empty() {
        return Err("the device is missing".to_owned());
    }
    let baud: u32 = baud.parse().map_err(|_| format!("`{baud}` is no baud rate"))?;
    if !BAUD.contains(&baud) {
        return Err(format!("baud rate {baud} is not within {}..={}", BAUD.start(), BAUD.end()));
    }
    Ok(Address::Serial { device: device.to_owned(), baud })
}

fn parse_place(rest: &str) -> Result<Place, String> {
    let (host, port) = rest.rsplit_once(':').ok_or("the port is missing")?;
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is no port (1..=65535)"))?;
    if port == 0 {
        return Err("port 0 is no port (1..=65535)".to_owned());
    }
    let bracketed = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let host = match bracketed {
        Some(inner) => inner,
        None if host.contains(':') => return Err("an IPv6 address needs brackets: [::1]:14550".to_owned()),
        None => host,
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(format!("`{host}` is no host"));
    }
    Ok(Place { host: host.to_owned(), port })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Serial { device, baud } => write!(f, "serial:{device}:{baud}"),
            Address::UdpIn(place) => write!(f, "udpin:{place}"),
            Address::UdpOut(place) => write!(f, "udpout:{place}"),
            Address::TcpOut(place) => write!(f, "tcpout:{place}"),
            Address::None => f.write_str("none"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{open}{}{close}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form_and_spells_it_back() {
        for text in [
            "serial:/dev/ttyAMA0:921600",
            "serial:/dev/serial/by-path/platform-xhci-hcd.1-usb-0:1:1.0-port0:57600",
            "udpin:0.0.0.0:14550",
            "udpout:localhost:14551",
            "udpin:[::1]:14550",
            "tcpout:192.168.4.1:5760",
            "none",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn says_what_is_wrong_and_shows_the_forms() {
        for (text, why) in [
            ("", "no kind of line"),
            ("/dev/ttyAMA0", "no kind of line"),
            ("tty:/dev/ttyAMA0:57600", "`tty` is no kind"),
            ("serial:/dev/ttyAMA0", "baud rate is missing"),
            ("serial::57600", "device is missing"),
            ("serial:/dev/ttyAMA0:fast", "`fast` is no baud rate"),
            ("serial:/dev/ttyAMA0:1", "baud rate 1 is not within"),
            ("udpin:14550", "port is missing"),
            ("udpin::14550", "no host"),
            ("udpin:::1:14550", "needs brackets"),
            ("udpout:10.0.0.1:99999", "`99999` is no port"),
            ("tcpout:10.0.0.1:0", "port 0"),
            ("none:5", "takes nothing"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(FORMS), "{text}: {error}");
        }
    }
}
