//! Questions through the real socket, answered by a shell: passed on whole, bounded in number and time, and ended with who asked.

use std::any::Any;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::*;

/// Answers by a script, which has the SQL on its stdin.
struct Shell(String);

impl Answering for Shell {
    fn prepare(&self, _: &Question) -> Result<Prepared, String> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.0]);
        Ok(Prepared { command, keep: Box::new(()) as Box<dyn Any + Send> })
    }

    fn is_recorded(&self, _: &Path) -> bool {
        false
    }

    /// One more each time, of which the first three are not kept.
    fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>> {
        (id >= 3).then(|| vec![(id + 1, format!("{{\"id\":{}}}", id + 1))])
    }

    fn rest(&self) {}
}

pub fn by_shell(script: &str, clients_max: u32, time_max_s: u64) -> Questions {
    Questions::new(Arc::new(Shell(script.to_string())), clients_max, Duration::from_secs(time_max_s))
}

fn serve(folder: &Path, questions: Questions) -> (PathBuf, Server) {
    let path = folder.join("ctl.sock");
    let door = Door::new(Board::default(), acts().0, questions, ProfileDoor::default());
    let server = Server::start(&path, door, |body| realtime::start(Role::Ground, body));
    (path, server.unwrap())
}

fn question(sql: &str) -> Question {
    Question { sql: sql.to_string(), format: "csv".to_string(), file: None }
}

/// What was written of an answer, and why not all of it.
fn asked(path: &Path, sql: &str) -> (Vec<u8>, Option<String>) {
    let mut out = Vec::new();
    let why = match query(path, question(sql), &mut out).unwrap() {
        Questioned::Answered => None,
        Questioned::Refused(why) => Some(why),
        other => panic!("{other:?}"),
    };
    (out, why)
}

fn waited_for(what: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain");
}

#[test]
fn an_answer_is_passed_on_whole_and_what_went_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    // More than one piece, with bytes that are no text.
    let script = "read sql; case $sql in many) head -c 300000 /dev/zero;; none) ;; half) echo half; echo no more >&2; exit 1;; \
                  dies) kill -9 $$;; *) echo \"skyhound: wrong: $sql\" >&2; exit 1;; esac";
    let (path, _server) = serve(folder.path(), by_shell(script, 5, 30));
    assert_eq!(asked(&path, "many\n"), (vec![0; 300_000], None));
    assert_eq!(asked(&path, "none\n"), (Vec::new(), None));
    assert_eq!(asked(&path, "half\n"), (b"half\n".to_vec(), Some("no more".to_string())));
    assert_eq!(asked(&path, "selec\n"), (Vec::new(), Some("wrong: selec".to_string())));
    let (out, why) = asked(&path, "dies\n");
    assert!(out.is_empty() && why.as_ref().unwrap().contains("signal: 9"), "{why:?}");
    let other = Question { file: Some("/x".into()), ..question("many\n") };
    let elsewhere = query(&path, other, &mut Vec::new()).unwrap();
    assert!(matches!(elsewhere, Questioned::Elsewhere(why) if why == "/x: another file is being recorded"));
    // Several on one connection, and other asks between them.
    let mut stream = UnixStream::connect(&path).unwrap();
    for _ in 0..2 {
        stream.write_all(b"{\"do\":\"query\",\"sql\":\"half\\n\",\"format\":\"csv\"}\n").unwrap();
        let expected =
            b"{\"ok\":true,\"streams\":true}\n\0\0\0\x05half\n\0\0\0\0{\"ok\":false,\"said\":\"no more\"}\n";
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(expected));
        stream.write_all(b"{\"do\":\"status\"}\n").unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        assert!(line.starts_with("{\"ok\":true,\"status\":"), "{line}");
    }
}

#[test]
fn who_hangs_up_or_says_anything_ends_the_question_and_makes_room_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("pid");
    let script = format!("cat; echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 1000", pid_file.display());
    let (path, server) = serve(folder.path(), by_shell(&script, 1, 600));
    let running =
        || std::fs::read_to_string(&pid_file).ok().map(|pid| PathBuf::from("/proc").join(pid.trim()));
    let begin = || {
        let _ = std::fs::remove_file(&pid_file);
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"{\"do\":\"query\",\"sql\":\"x\",\"format\":\"csv\"}\n").unwrap();
        waited_for(|| running().is_some());
        let child = running().unwrap();
        assert!(child.exists());
        (stream, child)
    };
    let (stream, child) = begin();
    let (out, why) = asked(&path, "x");
    assert!(out.is_empty() && why.as_ref().unwrap().contains("1 questions are being answered"), "{why:?}");
    // An operator is not kept out by them.
    assert!(ask(&path, Ask::Status).unwrap().ok);
    drop(stream);
    waited_for(|| !child.exists());
    let (mut stream, child) = begin();
    stream.write_all(b"enough\n").unwrap();
    waited_for(|| !child.exists());
    let (_stream, child) = begin();
    drop(server);
    // Killed it is by now; the system may take a moment for the rest.
    waited_for(|| {
        !child.exists() || std::fs::read_to_string(child.join("stat")).is_ok_and(|stat| stat.contains(" Z "))
    });
}

#[test]
fn a_question_has_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _server) = serve(folder.path(), by_shell("cat; exec sleep 1000", 1, 1));
    let (out, why) = asked(&path, "begun");
    assert_eq!(
        (out, why),
        (b"begun".to_vec(), Some("not answered within 1 s (daemon.query_max_s)".to_string()))
    );
    // Whoever does not read is not waited for either, and its place is free again.
    let folder = tempfile::tempdir().unwrap();
    let (path, _server) = serve(folder.path(), by_shell("head -c 5000000 /dev/zero; exec sleep 1000", 1, 1));
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"do\":\"query\",\"sql\":\"x\",\"format\":\"csv\"}\n").unwrap();
    waited_for(|| asked(&path, "x").1.is_some_and(|why| !why.contains("try again")));
    let none = by_shell("cat", 0, 1);
    let folder = tempfile::tempdir().unwrap();
    let (path, _server) = serve(folder.path(), none);
    assert!(asked(&path, "x").1.unwrap().contains("daemon.query_clients is 0"));
}

#[test]
fn who_follows_gets_what_comes_after_its_place_until_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, server) = serve(folder.path(), by_shell("exit 1", 1, 1));
    let mut out = Vec::new();
    let behind = follow(&path, 2, None, &mut out).unwrap();
    assert!(matches!(behind, Questioned::Behind) && out.is_empty(), "{behind:?}");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{\"do\":\"events\",\"from\":3}\n").unwrap();
    let mut expected = b"{\"ok\":true,\"streams\":true}\n".to_vec();
    for id in 4..=9 {
        expected.extend([&9_u32.to_be_bytes()[..], format!("{{\"id\":{id}}}\n").as_bytes()].concat());
    }
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&expected));
    drop(server);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"\0\0\0\0{\"ok\":true,\"said\":\"the flight ended\"}\n"), "{rest:?}");
}
