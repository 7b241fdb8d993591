//! What is written onto the wire, and what comes back; and `skyhound ground`, which is asked so.

use super::PATIENCE;
use super::noisy::{Ended, skyhound};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A server, and what is said to it.
pub struct Site(pub SocketAddr);

impl Site {
    /// Exactly these lines, then `body`.
    pub fn say(&self, lines: &[String], body: &[u8]) -> Answer {
        self.answer(lines, body).unwrap_or_else(|| panic!("{lines:?}: no answer"))
    }

    /// The same; none where the connection is cut without an answer.
    pub fn answer(&self, lines: &[String], body: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.0).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
        // Who is refused for its length is not read to its end.
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(b"\r\n"))
            .and_then(|()| stream.write_all(body));
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = all[end + 4..].to_vec();
        let body =
            if head.to_lowercase().contains("transfer-encoding: chunked") { unchunked(&body) } else { body };
        Some(Answer { code, head, body })
    }

    pub fn get(&self, path: &str, more: &[&str]) -> Answer {
        self.say(&self.head("GET", path, more), b"")
    }

    pub fn post(&self, path: &str, body: &Value, more: &[&str]) -> Answer {
        let body = body.to_string();
        let length = format!("Content-Length: {}", body.len());
        let mut head = self.head("POST", path, &["Content-Type: application/json", &length]);
        if !more.iter().any(|line| line.starts_with("X-Skyhound-Client")) {
            head.push("X-Skyhound-Client: test-1".to_string());
        }
        head.extend(more.iter().map(|line| (*line).to_string()));
        self.say(&head, body.as_bytes())
    }

    pub fn head(&self, method: &str, path: &str, more: &[&str]) -> Vec<String> {
        let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_string()];
        if !more.iter().any(|line| line.starts_with("Host:")) {
            lines.push(format!("Host: {}", self.0));
        }
        lines.extend(more.iter().map(|line| (*line).to_string()));
        lines
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let count = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap().trim(), 16).unwrap();
        whole.extend_from_slice(&body[end + 2..end + 2 + count]);
        body = &body[end + 2 + count..];
        body = body.get(2..).unwrap_or_default();
    }
    whole
}

/// `skyhound ground` of a folder, which is also its user's home, and its first line.
pub fn ground_said(folder: &Path, sets: &[String]) -> (Ended, String) {
    let home = folder.join("home");
    std::fs::create_dir_all(&home).unwrap();
    let mut command = skyhound();
    command.env("XDG_DATA_HOME", &home).env("TMPDIR", &home);
    command.arg("ground").arg(folder).args(["--set", "ground.listen=127.0.0.1:0"]);
    sets.iter().for_each(|set| {
        command.args(["--set", set]);
    });
    let mut ended = Ended(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    BufReader::new(ended.0.stderr.take().unwrap()).read_line(&mut said).unwrap();
    (ended, said)
}

pub fn ground(folder: &Path, sets: &[String]) -> (Ended, Site) {
    let (ended, said) = ground_said(folder, sets);
    let at = said.split_once("http://").unwrap_or_else(|| panic!("{said}")).1;
    (ended, Site(at.split(',').next().unwrap().parse().unwrap()))
}
