//! The world behind its socket, asked as the driver asks it.

use super::*;
use crate::scenario::Scenario;
use crate::truth::hovering;

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

struct Rig {
    server: IqServer,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

fn start(socket: &Path) -> io::Result<IqServer> {
    let scenario: Scenario = toml::from_str(include_str!("../../tests/loud.toml")).unwrap();
    IqServer::start(socket, IqWorld::new(&scenario, 1), hovering(40.0))
}

fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("world.sock");
    Rig { server: start(&socket).unwrap(), socket, _folder: folder }
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What the server answers to `open`.
fn open(stream: &mut UnixStream) -> String {
    stream.write_all(b"open\n").unwrap();
    // Nothing comes behind it until something is asked for.
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer
}

fn take(stream: &mut UnixStream, from: u64, count: usize, words: &str) -> Vec<u8> {
    writeln!(stream, "take from={from} count={count} rate=250000 center=433920000 {words}").unwrap();
    let sample_bytes = if words.contains("CF32") { 8 } else { 2 };
    let mut bytes = vec![0; count * sample_bytes];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn samples_come_in_the_form_asked_for() {
    let rig = rig();
    let mut stream = connect(&rig.socket);
    assert_eq!(open(&mut stream), "ok\n");
    let codes = take(&mut stream, 0, 5_000, "gain=30 format=CS8 full=128");
    let floats = take(&mut stream, 5_000, 5_000, "gain=30 format=CF32 full=1");
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>() / 5_000.0;
    let codes = power(&mut codes.iter().map(|code| f64::from(*code as i8) / 128.0));
    let floats = floats.as_chunks::<4>().0;
    let floats = power(&mut floats.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))));
    assert!(codes > 1e-3 && (codes / floats - 1.0).abs() < 0.05, "{codes}, {floats}");
    assert_eq!((rig.server.samples_total(), rig.server.opened_total()), (10_000, 1));
}

#[test]
fn one_program_has_the_device_at_a_time() {
    let rig = rig();
    let mut first = connect(&rig.socket);
    assert_eq!(open(&mut first), "ok\n");
    let mut second = connect(&rig.socket);
    assert_eq!(open(&mut second), "busy\n");
    drop(first);
    assert_eq!(open(&mut second), "ok\n", "at once: its owner has closed");
    take(&mut second, 0, 100, "gain=30 format=CS8 full=128");
}

#[test]
fn whoever_talks_nonsense_is_put_out_and_the_others_stay() {
    let rig = rig();
    let mut good = connect(&rig.socket);
    open(&mut good);
    for nonsense in ["give me samples\n".to_owned(), "take from=0\n".into(), "x".repeat(2_000)] {
        let mut bad = connect(&rig.socket);
        // It may be put out before all is written.
        let _ = bad.write_all(nonsense.as_bytes());
        assert!(!matches!(bad.read(&mut [0; 8]), Ok(1..)), "nothing comes back to {nonsense:.20}");
    }
    take(&mut good, 0, 100, "gain=30 format=CS8 full=128");
}

#[test]
fn faults_pass_through() {
    let rig = rig();
    let mut stream = connect(&rig.socket);
    open(&mut stream);
    let mut level = |from: u64| {
        let codes = take(&mut stream, from, 25_000, "gain=30 format=CS8 full=128");
        codes.iter().map(|code| f64::from(*code as i8).powi(2)).sum::<f64>()
    };
    let on = level(0);
    assert!(rig.server.apply(&Kind::BeaconOff { beacon: 0 }, true));
    assert!(level(25_000) < on / 10.0);
    assert!(!rig.server.apply(&Kind::RcLost { zeroed: false, rssi_kept: false }, true));
}

#[test]
fn the_server_ends_whatever_its_drivers_do() {
    let Rig { server, socket, _folder } = rig();
    let mut idle = connect(&socket);
    open(&mut idle);
    let mut greedy = connect(&socket);
    // Asks for more than the socket holds and takes nothing.
    greedy.write_all(b"open\n").unwrap();
    writeln!(idle, "take from=0 count=1000000 rate=20000000 center=433e6 gain=30 format=CF32 full=1")
        .unwrap();
    drop(server);
    assert!(!socket.exists());
    // What a killed rig leaves behind is no hindrance; one that runs is.
    drop(UnixListener::bind(&socket).unwrap());
    let _again = start(&socket).unwrap();
    assert!(start(&socket).is_err());
    assert_eq!(open(&mut connect(&socket)), "ok\n");
}
