//! Through the real socket: what is asked is answered, and nobody can harm anybody else.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::*;
use crate::realtime::{self, Role};

mod questions;

struct Flight {
    folder: tempfile::TempDir,
    board: Board,
    requests: Receiver<Request>,
    server: Server,
}

fn flight() -> Flight {
    let folder = tempfile::tempdir().unwrap();
    let (sender, requests) = acts();
    let board = Board::default();
    let questions = questions::by_shell("exit 1", 1, 10);
    let door = Door::new(board.clone(), sender, questions, ProfileDoor::default());
    let start = |body| realtime::start(Role::Ground, body);
    let server = Server::start(&folder.path().join("ctl.sock"), door, start).unwrap();
    Flight { folder, board, requests, server }
}

fn server_at(path: &Path) -> Result<Server, crate::failure::Failure> {
    let questions = questions::by_shell("exit 1", 1, 10);
    let door = Door::new(Board::default(), acts().0, questions, ProfileDoor::default());
    Server::start(path, door, |body| realtime::start(Role::Ground, body))
}

impl Flight {
    fn path(&self) -> PathBuf {
        self.folder.path().join("ctl.sock")
    }

    /// Answers the next act as a control pass would.
    fn pass(&self, answer: Result<String, String>) -> (Option<Act>, Peer) {
        let request = self.requests.recv_timeout(Duration::from_secs(10)).unwrap();
        let seen = (request.act(), request.peer.clone());
        request.answer(answer);
        seen
    }
}

fn say(path: &Path, line: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    // The daemon may hang up on too long a line before it has all of it.
    let _ = stream.write_all(line);
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer
}

#[test]
fn when_the_socket_ends_nobody_could_switch_homing_off_though_a_page_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, requests) = acts();
    let questions = questions::by_shell("exit 1", 1, 10);
    let door = Door::new(Board::default(), sender, questions, ProfileDoor::default());
    let page = door.beside();
    let start = |body| realtime::start(Role::Ground, body);
    let server = Server::start(&folder.path().join("ctl.sock"), door, start).unwrap();
    assert_eq!(requests.try_recv().err(), Some(TryRecvError::Empty));
    drop(server);
    assert_eq!(
        requests.try_recv().err(),
        Some(TryRecvError::Disconnected),
        "the control pass ends homing by this"
    );
    let peer = Peer::Page { address: [127, 0, 0, 1].into(), name: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(page.act(Act::Operator(OperatorAct::HomingOn), peer));
    assert!(!answer.ok && answer.said.unwrap().contains("ended"));
}

#[test]
fn only_the_folders_group_may_open_it() {
    let flight = flight();
    let found = std::fs::symlink_metadata(flight.path()).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o660);
    assert_eq!(found.gid(), std::fs::metadata(flight.folder.path()).unwrap().gid());
    let path = flight.path();
    drop(flight.server);
    assert!(!path.exists());
}

#[test]
fn status_comes_from_the_board() {
    let flight = flight();
    assert!(flight.board.write(|status| {
        status.state = "SEARCHING".into();
        status.locked = Some("failsafes refused: FS_GCS_ENABLE".into());
        status.channels = vec![ChannelStatus { power_dbfs: Some(-71.25), ..ChannelStatus::default() }];
    }));
    let answer = ask(&flight.path(), Ask::Status).unwrap();
    assert!(answer.ok);
    assert_eq!(answer.status, Some(flight.board.read()));
    // Twice on one connection, and without a line break at the end.
    let mut stream = UnixStream::connect(flight.path()).unwrap();
    stream.write_all(b"{\"do\":\"status\"}\n{\"do\":\"status\"}").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("\"SEARCHING\"")).count(), 2, "{text}");
}

#[test]
fn acts_are_answered_by_the_control_pass() {
    let flight = flight();
    let path = flight.path();
    let asked = std::thread::spawn(move || {
        [Ask::Homing { on: true }, Ask::Homing { on: false }, Ask::Stop].map(|what| ask(&path, what).unwrap())
    });
    let (act, peer) = flight.pass(Err("battery unknown".into()));
    assert_eq!(act, Some(Act::Operator(OperatorAct::HomingOn)));
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    assert_eq!(peer, Peer::Local { pid: Some(i32::try_from(std::process::id()).unwrap()), uid, gid });
    assert_eq!(peer.to_string(), format!("uid {uid} gid {gid} pid {}", std::process::id()));
    assert_eq!(flight.pass(Ok("homing is off".into())).0, Some(Act::Operator(OperatorAct::HomingOff)));
    assert_eq!(flight.pass(Ok("stopping".into())).0, Some(Act::Stop));
    // What was answered arrives even though the server ends at once.
    drop(flight.server);
    let [on, off, stop] = asked.join().unwrap();
    assert_eq!((on.ok, on.said.as_deref()), (false, Some("battery unknown")));
    assert_eq!((off.ok, off.said.as_deref()), (true, Some("homing is off")));
    assert_eq!((stop.ok, stop.said.as_deref()), (true, Some("stopping")));
}

#[test]
fn homing_that_nobody_answered_in_time_is_not_allowed_later() {
    let flight = flight();
    let path = flight.path();
    for (what, late) in [
        (Ask::Homing { on: true }, None),
        (Ask::Homing { on: false }, Some(Act::Operator(OperatorAct::HomingOff))),
    ] {
        let answer = ask(&path, what).unwrap();
        assert!(!answer.ok && answer.said.unwrap().contains("within 1 s"));
        assert_eq!(flight.pass(Ok("too late".into())).0, late);
    }
    drop(flight.requests);
    assert_eq!(ask(&path, Ask::Stop).unwrap().said.as_deref(), Some("the flight is ending"));
}

#[test]
fn garbage_and_long_lines_are_refused_and_harm_nobody() {
    let flight = flight();
    let path = flight.path();
    for garbage in [
        &b"hello\n"[..],
        b"\n",
        b"\xff\xfe\n",
        b"{\"do\":\"fly\"}\n",
        b"{\"do\":\"homing\"}\n",
        b"{\"do\":\"stop\"\n",
    ] {
        let answer: Answer = serde_json::from_str(&say(&path, garbage)).unwrap();
        assert!(!answer.ok && answer.said.unwrap().contains("write {\"do\":\"status\"}"));
    }
    assert!(say(&path, &[b'x'; 20_000]).contains("at most 16 kB"));
    assert!(flight.requests.try_recv().is_err(), "none of it is an act");
    // Clients that say nothing, or never read, do not keep another from being heard.
    let silent: Vec<UnixStream> = (0..10).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let mut deaf = UnixStream::connect(&path).unwrap();
    deaf.write_all(&b"{\"do\":\"status\"}\n".repeat(200)).unwrap();
    assert!(ask(&path, Ask::Status).unwrap().ok);
    let crowd: Vec<UnixStream> = (0..16).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let told = ask(&path, Ask::Status).map(|answer| answer.said);
    assert!(matches!(&told, Ok(Some(why)) if why == "too many clients") || told.is_err(), "{told:?}");
    drop((silent, deaf, crowd));
    let is_back = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        ask(&path, Ask::Status).is_ok_and(|answer| answer.ok)
    });
    assert!(is_back, "places are free again");
}

#[test]
fn a_dead_daemons_socket_is_replaced_and_a_flying_ones_is_not() {
    let flight = flight();
    let path = flight.path();
    let again = server_at(&path).unwrap_err();
    let message = again.message().unwrap();
    assert!(
        message.contains(&format!("another skyhound is flying (pid {}", std::process::id())),
        "{message}"
    );
    assert!(ask(&path, Ask::Status).unwrap().ok, "the first is unharmed");
    drop(flight.server);

    drop(UnixListener::bind(&path).unwrap());
    assert!(ask(&path, Ask::Status).unwrap_err().contains("left over"));
    let server = server_at(&path).unwrap();
    assert!(ask(server.path(), Ask::Status).unwrap().ok);
    drop(server);

    std::fs::write(&path, "precious").unwrap();
    let refused = server_at(&path).unwrap_err();
    assert!(refused.message().unwrap().contains("no socket"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let nowhere = ask(Path::new("/nowhere/ctl.sock"), Ask::Status).unwrap_err();
    assert!(nowhere.contains("no skyhound flies at /nowhere/ctl.sock"), "{nowhere}");
}

#[test]
fn the_named_socket_goes_first() {
    let settings = DaemonSettings {
        ctl_socket: Some("/a/b.sock".into()),
        realtime: false,
        control_hz: 20.0,
        query_clients: 5,
        query_max_s: 30,
        query_memory_mb: 96,
    };
    assert_eq!(socket_path(&settings), Some(PathBuf::from("/a/b.sock")));
}
