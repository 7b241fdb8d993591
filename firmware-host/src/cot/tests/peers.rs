//! Real sockets: one, a group, a stream; and a stream that hangs.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;
use crate::realtime::{self, Role};
use crate::settings::{CotSettings, CotTo, Settings};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of a group on this machine: administratively scoped (RFC 2365), and nobody's.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 31);

pub fn settings(to: &[String]) -> CotSettings {
    let to: Vec<CotTo> = to.iter().map(|to| to.parse().unwrap()).collect();
    let interface = Some(Ipv4Addr::LOCALHOST.into());
    CotSettings { to, period_us: 20_000, interface, ..Settings::default().cot }
}

pub fn sends(
    settings: &CotSettings,
    events: impl FnMut() -> Option<Vec<Event>> + Send + 'static,
    tell: impl Fn(&str) + Send + Sync + 'static,
) -> Sender {
    Sender::start(settings, events, tell, |body| realtime::start(Role::Ground, body)).unwrap()
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn received(socket: &UdpSocket) -> String {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = [0; 65_536];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

fn accepted(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Up to the end of the next event.
fn event(stream: &mut TcpStream) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"</event>") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn one_a_group_and_a_stream_get_the_same_events() {
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    let group = UdpSocket::bind((GROUP, 0)).unwrap();
    group.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
    let stream = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |address: SocketAddr| address.port();
    let to = [
        format!("udp:127.0.0.1:{}", port(one.local_addr().unwrap())),
        format!("udp:{GROUP}:{}", port(group.local_addr().unwrap())),
        format!("tcp:127.0.0.1:{}", port(stream.local_addr().unwrap())),
    ];
    let mut live = live();
    let told = Arc::new(Mutex::new(Vec::<String>::new()));
    let says = Arc::clone(&told);
    let mut rounds = 0;
    // No UTC at first.
    let events = move || {
        rounds += 1;
        let mut status = status();
        status.vehicle.started_utc_us = status.vehicle.started_utc_us.filter(|_| rounds > 3);
        live.events(NOW_US, &status, &picture(98_000_000, 1))
    };
    let sender = sends(&settings(&to), events, move |text| says.lock().unwrap().push(text.to_string()));
    let expected: Vec<String> = super::live()
        .events(NOW_US, &status(), &picture(98_000_000, 1))
        .unwrap()
        .iter()
        .map(Event::message)
        .collect();
    for socket in [&one, &group] {
        assert_eq!((0..3).map(|_| received(socket)).collect::<Vec<_>>(), expected);
    }
    let mut stream = accepted(&stream);
    // A server tells what others are: nobody here wants to know.
    stream.write_all(&[b' '; 100_000]).unwrap();
    let first: Vec<String> = (0..3).map(|_| event(&mut stream).trim().to_string()).collect();
    assert_eq!(first, expected.iter().map(|text| text.trim().to_string()).collect::<Vec<_>>());
    drop(sender);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("nothing goes out until") && told[1] == "events go out", "{told:?}");
}

#[test]
fn a_stream_that_hangs_or_is_gone_holds_nobody_up_and_gets_the_newest_when_it_is_back() {
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::sockopt::set_socket_recv_buffer_size(&hangs, 4096).unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let to = [
        format!("tcp:{}", hangs.local_addr().unwrap()),
        format!("tcp:{gone}"),
        format!("udp:{}", one.local_addr().unwrap()),
    ];
    let rounds = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&rounds);
    let mut live = live();
    let events = move || {
        let mut status = status();
        status.state = format!("round {};{}", counted.fetch_add(1, Ordering::SeqCst), "x".repeat(40_000));
        live.events(NOW_US, &status, &Picture::default())
    };
    let round = |text: &str| {
        let (_, after) = text.split_once("round ").unwrap();
        after.split(';').next().unwrap().parse::<u64>().unwrap()
    };
    let told = Arc::new(Mutex::new(Vec::<String>::new()));
    let says = Arc::clone(&told);
    let sender = sends(&settings(&to), events, move |text| says.lock().unwrap().push(text.to_string()));
    let hung = accepted(&hangs);
    let mut last = round(&received(&one));
    let is_told = |of: &str| told.lock().unwrap().iter().filter(|text| text.starts_with(of)).count();
    until("nobody says that it hangs", || {
        // Meanwhile whoever takes them gets all of them.
        let next = round(&received(&one));
        assert_eq!(next, last + 1);
        last = next;
        is_told(&to[0]) > 0
    });
    let by_then = rounds.load(Ordering::SeqCst);
    drop(hung);
    let mut back = accepted(&hangs);
    let newest = round(&event(&mut back));
    assert!(newest + 1 >= by_then, "round {newest} comes after {by_then}");
    assert!(by_then > 100, "{by_then}");
    assert_eq!((is_told(&to[0]), is_told(&to[1])), (1, 1), "{:?}", told.lock().unwrap());
    drop(sender);
}

#[test]
fn once_is_all_of_it() {
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stream = TcpListener::bind("127.0.0.1:0").unwrap();
    let events = live().events(NOW_US, &status(), &picture(98_000_000, 2)).unwrap();
    let settings = settings(&[]);
    let to = |text: String| text.parse::<CotTo>().unwrap();
    once(&settings, &to(format!("udp:{}", one.local_addr().unwrap())), &events).unwrap();
    let got: Vec<String> = events.iter().map(|_| received(&one)).collect();
    assert_eq!(got, events.iter().map(Event::message).collect::<Vec<_>>());
    once(&settings, &to(format!("tcp:{}", stream.local_addr().unwrap())), &events).unwrap();
    let mut text = String::new();
    accepted(&stream).read_to_string(&mut text).unwrap();
    assert_eq!(text, got.concat());
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(once(&settings, &to(format!("tcp:{gone}")), &events).is_err());
}
