//! The live flight over a WebSocket, to a client that nobody here wrote.

use super::site::Site;
use super::{Flight, PATIENCE};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// As `skyhound::ground` counts them.
const CONNECTIONS_MAX: usize = 48;
const UPGRADE: [&str; 4] = [
    "Upgrade: websocket",
    "Connection: Upgrade, close",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

fn socket(site: &Site) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(site.0).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    tungstenite::client(format!("ws://{}/api/v1/live?from=0", site.0), stream).unwrap().0
}

/// The next event; pings are answered by the client itself, and counted.
fn event(socket: &mut WebSocket<TcpStream>, ping_count: &mut u32) -> Result<Value, tungstenite::Error> {
    loop {
        match socket.read()? {
            Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
            Message::Ping(_) => *ping_count += 1,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_flight_is_told_over_a_websocket_and_what_is_said_there_counts_for_nothing() {
    let flight = Flight::start();
    let site = &flight.site;
    let mut socket = socket(site);
    let (mut seen, mut ping_count, mut states) = (BTreeSet::new(), 0, 0);
    while states < 10 || !["spectrum", "log"].iter().all(|wanted| seen.contains(*wanted)) {
        let told = event(&mut socket, &mut ping_count).unwrap();
        let name = told["event"].as_str().unwrap();
        if name == "state" {
            assert_eq!(told["data"]["status"]["state"], "IDLE");
            states += 1;
            // Said in the middle of it: neither an act nor a question.
            socket.send(Message::text("{\"do\":\"stop\"}")).unwrap();
        }
        seen.insert(name.to_string());
    }
    assert!(ping_count >= 1);
    // Too much of it, and too long: each is left.
    let mut many = self::socket(site);
    let mut long = self::socket(site);
    long.send(Message::text("x".repeat(8_000))).unwrap();
    for left in [&mut many, &mut long] {
        while event(left, &mut ping_count).is_ok() {
            let _ = left.send(Message::text("x"));
        }
    }
    // Who says that it goes is answered.
    socket.close(None).unwrap();
    while !matches!(socket.read(), Ok(Message::Close(_)) | Err(_)) {}
    assert!(matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)));
    let recorder = super::status(flight.folder.path()).recorder;
    assert_eq!(recorder.state, "recording");
}

#[test]
fn pages_of_other_sites_get_no_websocket_and_nobody_gets_more_than_there_is_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, site) = super::ground(folder.path(), &[]);
    let upgrade = |without: &str, more: &[&str]| {
        let lines = UPGRADE.iter().filter(|line| without.is_empty() || !line.starts_with(without));
        let lines: Vec<&str> = lines.chain(more).copied().collect();
        let mut head = site.head("GET", "/api/v1/live", &lines);
        head.retain(|line| line != "Connection: close");
        site.say(&head, b"").code
    };
    // A browser always tells the origin, and asks nobody first.
    assert_eq!(upgrade("", &["Origin: http://evil.example"]), 403);
    assert_eq!(upgrade("", &["Origin: null"]), 403);
    assert_eq!(upgrade("", &["Sec-Fetch-Site: cross-site"]), 403);
    assert_eq!(upgrade("Sec-WebSocket-Key", &[]), 400);
    assert_eq!(upgrade("Sec-WebSocket-Version", &[]), 400);
    // Those that stay open have a place each, as any connection.
    let mut sockets: Vec<_> = (0..CONNECTIONS_MAX).map(|_| socket(&site)).collect();
    let mut one_more = TcpStream::connect(site.0).unwrap();
    one_more.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", site.0).as_bytes()).unwrap();
    one_more.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut answer = [0; 12];
    assert!(one_more.read(&mut answer).is_err(), "there is room for more than {CONNECTIONS_MAX}");
    sockets.pop();
    one_more.set_read_timeout(Some(PATIENCE)).unwrap();
    one_more.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}
