//! The log of a real flight into real servers that are killed, come back, and forget: every entry is there, once or with the same id.

mod noisy;

use noisy::{Ended, skyhound, start, until};
use skyhound_host::ctl::{self, Ask};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server's program: from the set-up, or the system's.
fn program(name: &str) -> Option<PathBuf> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps").join(name);
    let system = ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map(|folder| Path::new(folder).join(name));
    let found = std::iter::once(house).chain(system).find(|path| path.exists());
    if found.is_none() {
        println!("ignored, needs {name} (`.setup witnesses`)");
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that is started, killed and started again.
struct Server {
    program: PathBuf,
    is_redis: bool,
    port: u16,
    folder: tempfile::TempDir,
    running: Option<Ended>,
}

impl Server {
    fn start(program: PathBuf, is_redis: bool) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server { program, is_redis, port: free_port(), folder, running: None };
        server.again();
        server
    }

    fn again(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.path().to_str().unwrap());
        let mut command = Command::new(&self.program);
        if self.is_redis {
            command.args(["--port", &port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]);
            command.args(["--appendonly", "yes", "--appendfsync", "always", "--requirepass", "a:se/cret"]);
        } else {
            command.args([
                "-js",
                "-sd",
                folder,
                "-a",
                "127.0.0.1",
                "-p",
                &port,
                "--user",
                "drone",
                "--pass",
                "a:se/cret",
            ]);
        }
        self.running = Some(Ended(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()));
        until("the server does not start", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    fn kill(&mut self) {
        self.running = None;
    }

    /// Killed, with all that it kept.
    fn forget(&mut self) {
        self.kill();
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }

    fn url(&self, password: &str) -> String {
        let (scheme, user) = if self.is_redis { ("redis", "default") } else { ("nats", "drone") };
        format!("{scheme}://{user}:{password}@127.0.0.1:{}", self.port)
    }

    /// All that it has of a flight: entries with their ids, in its order.
    fn entries(&self, flight: &str) -> Vec<(u64, serde_json::Value)> {
        if self.is_redis { self.redis(flight) } else { self.nats(flight) }
    }

    fn redis(&self, flight: &str) -> Vec<(u64, serde_json::Value)> {
        use redis::streams::StreamRangeReply;
        let client = redis::Client::open(self.url("a%3Ase%2Fcret")).unwrap();
        let Ok(mut connection) = client.get_connection() else { return Vec::new() };
        let all =
            redis::cmd("XRANGE").arg(format!("skyhound:{flight}")).arg("-").arg("+").query(&mut connection);
        let all: StreamRangeReply = all.unwrap_or_default();
        let entry = |entry: &redis::streams::StreamId| {
            let fields = entry.map.iter().map(|(field, value)| {
                let text: String = redis::from_redis_value(value.clone()).unwrap();
                let number = text.parse::<i64>().map(serde_json::Value::from);
                (field.clone(), number.unwrap_or_else(|_| text.into()))
            });
            (
                entry.id.split('-').next().unwrap().parse().unwrap(),
                serde_json::Value::Object(fields.collect()),
            )
        };
        all.ids.iter().map(entry).collect()
    }

    fn nats(&self, flight: &str) -> Vec<(u64, serde_json::Value)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let all = runtime.block_on(async {
            let options =
                async_nats::ConnectOptions::new().user_and_password("drone".into(), "a:se/cret".into());
            let client = options.connect(format!("127.0.0.1:{}", self.port)).await.ok()?;
            let mut stream = async_nats::jetstream::new(client).get_stream("SKYHOUND").await.ok()?;
            let count = stream.info().await.ok()?.state.last_sequence;
            let mut all = Vec::new();
            for sequence in 1..=count {
                let message = stream.get_raw_message(sequence).await.unwrap();
                assert_eq!(message.subject.as_str(), format!("skyhound.{flight}"));
                let id = message.headers.get("Nats-Msg-Id").unwrap().to_string();
                let id = id.strip_prefix(&format!("{flight}:")).unwrap().parse().unwrap();
                all.push((id, serde_json::from_slice(&message.payload).unwrap()));
            }
            Some(all)
        });
        all.unwrap_or_default()
    }
}

fn forward(file: &Path, door: &Path, url: &str) -> Ended {
    let mut command = skyhound();
    command.arg("forward").arg(file).args(["--to", url, "--socket"]).arg(door);
    Ended(command.stderr(Stdio::piped()).spawn().unwrap())
}

/// Kills the server twice, the second time with all that it kept, and the forwarder once; returns what is there in the end, after
/// the flight.
fn flown(mut server: Server) {
    let folder = tempfile::tempdir().unwrap();
    let door: PathBuf = folder.path().join("ctl.sock");
    let (mut daemon, file) = start(folder.path(), &door);
    let flight = file.file_stem().unwrap().to_str().unwrap().to_string();
    let acts = |count: usize| {
        (0..count).for_each(|_| drop(ctl::ask(&door, Ask::Homing { on: true }).unwrap()));
    };

    let mut wrong = forward(&file, &door, &server.url("wrong"));
    assert_eq!(wrong.0.wait().unwrap().code(), Some(1), "a wrong password is no reason to wait");
    let said: Vec<_> = BufReader::new(wrong.0.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    assert!(
        said.iter().any(|line| line.contains("127.0.0.1")) && !said.concat().contains("wrong@"),
        "{said:?}"
    );

    let url = server.url("a%3Ase%2Fcret");
    let first = forward(&file, &door, &url);
    acts(10);
    until("nothing comes", || server.entries(&flight).len() > 20);
    server.kill();
    // More than the daemon keeps in memory.
    acts(150);
    server.again();
    acts(10);
    until("it does not come back", || server.entries(&flight).len() > 320);
    drop(first);
    acts(10);
    let mut second = forward(&file, &door, &url);
    until("a restarted one does not go on", || server.entries(&flight).len() > 340);
    server.forget();
    acts(3);
    server.again();
    until("what was forgotten does not come again", || server.entries(&flight).len() > 340);

    assert!(ctl::ask(&door, Ask::Stop).unwrap().ok);
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0));
    assert_eq!(second.0.wait().unwrap().code(), Some(0), "it ends with the flight");
    let all = skyhound().args(["events", "--json"]).arg(&file).output().unwrap().stdout;
    let whole: BTreeMap<u64, serde_json::Value> = String::from_utf8(all)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|entry: serde_json::Value| (entry["id"].as_u64().unwrap(), entry))
        .collect();
    let there = server.entries(&flight);
    for (id, entry) in &there {
        let known = whole[id].as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        let told = entry.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        assert!(known.eq(told), "{id}: {entry} is not {}", whole[id]);
    }
    let once: BTreeMap<u64, serde_json::Value> = there.iter().cloned().collect();
    assert!(once.keys().eq(whole.keys()), "{} of {} are there", once.len(), whole.len());
    println!("{} entries, {} of them came twice", whole.len(), there.len() - once.len());
    if server.is_redis {
        assert_eq!(there.len(), once.len(), "an id stands twice in a stream of Redis");
    }
}

#[test]
fn redis_has_every_entry_whatever_was_killed() {
    let Some(program) = program("redis-server") else { return };
    flown(Server::start(program, true));
}

#[test]
fn nats_has_every_entry_whatever_was_killed() {
    let Some(program) = program("nats-server") else { return };
    flown(Server::start(program, false));
}
