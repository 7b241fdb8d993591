//! The lines of the simulated autopilot by their spelling: where each listens, and what a daemon must be told to meet it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

const FORMS: &str = "udpin:ADDR:PORT, udpout:ADDR:PORT, tcp:ADDR:PORT or pty:BAUD (port 0 = any free one)";

/// A line: to be opened, with port 0 (any free one) or no path yet; and as it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// UDP that waits at an address for whoever speaks; it answers whom it heard last.
    UdpIn(SocketAddr),
    /// UDP to an address, whether anybody is there or not.
    UdpOut(SocketAddr),
    /// TCP that takes several clients, each of which is a line of its own.
    Tcp(SocketAddr),
    /// A pseudo-terminal.
    Pty {
        /// The end that others open.
        path: PathBuf,
        /// Bits per second in each direction; a byte takes ten.
        baud: u32,
    },
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Line, String> {
        let (kind, rest) = text.split_once(':').ok_or_else(|| format!("`{text}` is no line; use {FORMS}"))?;
        let address = || {
            let place = rest.replace("localhost", "127.0.0.1");
            place.parse().map_err(|_| format!("`{rest}` is no ADDR:PORT; use {FORMS}"))
        };
        match kind {
            "udpin" => Ok(Line::UdpIn(address()?)),
            "udpout" => Ok(Line::UdpOut(address()?)),
            "tcp" => Ok(Line::Tcp(address()?)),
            "pty" => match rest.parse() {
                Ok(baud) if (1_200..=4_000_000).contains(&baud) => {
                    Ok(Line::Pty { path: PathBuf::new(), baud })
                }
                _ => Err(format!("`{rest}` is no baud rate within 1200..=4000000; use {FORMS}")),
            },
            _ => Err(format!("`{kind}` is no kind of line; use {FORMS}")),
        }
    }
}

impl Line {
    /// What `skyhound fly --autopilot` must be told to meet this line.
    pub fn for_daemon(&self) -> String {
        match self {
            Line::UdpIn(at) => format!("udpout:{at}"),
            Line::UdpOut(to) => format!("udpin:{to}"),
            Line::Tcp(at) => format!("tcpout:{at}"),
            Line::Pty { path, baud } => format!("serial:{}:{baud}", path.display()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::UdpIn(at) => write!(f, "udpin:{at}"),
            Line::UdpOut(to) => write!(f, "udpout:{to}"),
            Line::Tcp(at) => write!(f, "tcp:{at}"),
            Line::Pty { path, baud } => write!(f, "pty:{}:{baud}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form_and_says_what_is_wrong() {
        let any = "127.0.0.1:0".parse().unwrap();
        assert_eq!("udpin:127.0.0.1:0".parse(), Ok(Line::UdpIn(any)));
        assert_eq!("udpout:localhost:0".parse(), Ok(Line::UdpOut(any)));
        assert_eq!("tcp:127.0.0.1:0".parse(), Ok(Line::Tcp(any)));
        assert_eq!("pty:57600".parse(), Ok(Line::Pty { path: PathBuf::new(), baud: 57_600 }));
        for (text, why) in [
            ("", "is no line"),
            ("udp:127.0.0.1:1", "no kind of line"),
            ("tcp:5760", "is no ADDR:PORT"),
            ("pty:fast", "no baud rate"),
            ("pty:9", "no baud rate"),
        ] {
            let error = text.parse::<Line>().unwrap_err();
            assert!(error.contains(why) && error.contains(FORMS), "{text}: {error}");
        }
    }
}
