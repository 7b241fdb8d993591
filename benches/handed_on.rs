//! What happens, to who waits for it: the log in the flight file and its door, beside SQLite with a trigger, Redis Streams and NATS
//! JetStream, each writing durably; how late it comes, what is lost when the other end dies, what it takes to run.
//!
//! Wall time of one machine's loopback: it is the disk and the waiting that count. The servers are those of the set-up (`.setup
//! witnesses`); without them their rows are left out. Late is counted from the moment that the writer was told it is on the disk.

use futures_util::StreamExt;
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{Client, Commands};
use rusqlite::Connection;
use skyhound::record::{Event, Record, Severity, Text};
use skyhound::time::TimeUs;
use skyhound_benches::median;
use skyhound_host::clock::Clock;
use skyhound_host::ctl::{self, Answering, Board, Door, Prepared, ProfileDoor, Question, Questions, Server};
use skyhound_host::forward::{Destination, Entry, Far};
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, Recorder, RecorderHandle, lanes};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

const EVENTS: u64 = 200;
/// Between events: no multiple of any poll.
const PACE: Duration = Duration::from_millis(17);
/// What waits for a database looks as often as our door does.
const POLL: Duration = Duration::from_millis(50);
/// Of the events of a flight in which the other end dies: the first that it does not live to see, and the first after it is back.
const OUTAGE: std::ops::Range<u64> = 60..140;

/// One way.
struct Way {
    name: &'static str,
    /// Until it is on the disk, ms.
    written_ms: Vec<f64>,
    /// From there to who waits, ms.
    late_ms: Vec<f64>,
    /// Of the events of an outage of the other end, those that never came.
    lost: String,
    /// What it takes.
    work: String,
}

fn main() {
    println!(
        "\nwhat happens, to who waits for it: {EVENTS} events, {} ms apart, each durable",
        PACE.as_millis()
    );
    println!(
        "{:<34} {:>17} {:>19}  {:<31} work to run it",
        "way", "on disk p50 p99", "then late p50 p99", "lost while the other end is dead"
    );
    for way in [Some(file()), Some(sqlite()), redis_stream(), jet_stream()].into_iter().flatten() {
        let both = |mut ms: Vec<f64>| {
            let middle = median(&mut ms);
            format!("{middle:.1} {:.1} ms", ms[ms.len() * 99 / 100])
        };
        println!(
            "{:<34} {:>17} {:>19}  {:<31} {}",
            way.name,
            both(way.written_ms),
            both(way.late_ms),
            way.lost,
            way.work
        );
    }
}

/// When each event came, by its id.
type Came = mpsc::Receiver<(u64, Instant)>;

/// Writes all events at their pace; `write` answers when the event is on the disk.
fn paced(came: &Came, mut write: impl FnMut(u64)) -> (Vec<f64>, Vec<f64>) {
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    let (mut written, mut on_disk) = (Vec::new(), Vec::new());
    for id in 1..=EVENTS {
        let begun = Instant::now();
        write(id);
        on_disk.push(Instant::now());
        written.push(ms(begun.elapsed()));
        std::thread::sleep(PACE);
    }
    let mut late = Vec::new();
    while late.len() < on_disk.len() {
        let (id, at) = came.recv_timeout(Duration::from_secs(10)).expect("an event never came");
        // Who waits may be told before the writer is.
        late.push(ms(at.saturating_duration_since(on_disk[id as usize - 1])));
    }
    (written, late)
}

struct Recorded(RecorderHandle);

impl Answering for Recorded {
    fn prepare(&self, _: &Question) -> Result<Prepared, String> {
        Err("no questions here".into())
    }

    fn is_recorded(&self, _: &Path) -> bool {
        true
    }

    fn log_after(&self, id: u64) -> Option<Vec<(u64, String)>> {
        Some(self.0.log_after(id)?.iter().map(|entry| (entry.id, entry.json())).collect())
    }

    fn rest(&self) {}
}

/// Lines of the log, told as they come.
struct Lines(mpsc::Sender<(u64, Instant)>, u64);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for _ in bytes.iter().filter(|byte| **byte == b'\n') {
            self.1 += 1;
            self.0.send((self.1, Instant::now())).map_err(std::io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Our recorder and our door, with a commit for each event.
fn file() -> Way {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = RecorderSettings {
        flights: folder.path().join("flights"),
        commit_interval_us: 1,
        memory_limit_mb: 32,
        threads: 1,
        disk_reserve_mb: 0,
        stall_bridge_s: 10,
        disk_warn_h: 0.0,
    };
    let (mut inlets, outlets) = lanes(&settings, 100.0);
    let clock = Clock::start();
    let recorder = Recorder::start(&settings, &About::default(), outlets, clock, |body| {
        realtime::start(Role::Recorder, body)
    })
    .expect("a recorder");
    let handle = recorder.handle();
    let socket = folder.path().join("ctl.sock");
    let questions = Questions::new(Arc::new(Recorded(handle.clone())), 1, Duration::from_secs(1));
    let (acts, _acts) = ctl::acts();
    let door = Door::new(Board::default(), acts, questions, ProfileDoor::default());
    let server = Server::start(&socket, door, |body| realtime::start(Role::Ground, body)).expect("a door");
    let (come, came) = mpsc::channel();
    let path = socket.clone();
    let reader = std::thread::spawn(move || ctl::follow(&path, 0, None, &mut Lines(come, 0)).map(drop));
    let (written_ms, late_ms) = paced(&came, |id| {
        let text = Text::format(format_args!("event {id}"));
        let event = Event { at: TimeUs(id), severity: Severity::Note, kind: "bench", text };
        inlets.control.push(Record::Event(event));
        while handle.log_after(id - 1).is_none_or(|entries| entries.is_empty()) {
            std::thread::sleep(Duration::from_micros(50));
        }
    });
    drop(server);
    // It ends with the door.
    let _ = reader.join();
    recorder.stop().expect("a clean stop");
    Way {
        name: "flight file and its door",
        written_ms,
        late_ms,
        lost: "no other end: reads on by id".into(),
        work: "none: no process, no package".into(),
    }
}

/// A trigger copies each event for who waits; nobody is told, so that one has to look.
fn sqlite() -> Way {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.db");
    let writer = Connection::open(&path).expect("a database");
    writer
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE event (id INTEGER PRIMARY KEY, text TEXT);
            CREATE TABLE outbox (id INTEGER PRIMARY KEY, text TEXT);
            CREATE TRIGGER handed AFTER INSERT ON event BEGIN INSERT INTO outbox VALUES (new.id, new.text); END",
        )
        .expect("tables");
    let (come, came) = mpsc::channel();
    let reader = Connection::open(&path).expect("a database");
    std::thread::spawn(move || {
        let mut last = 0_i64;
        loop {
            let mut rows = reader.prepare("SELECT id FROM outbox WHERE id > ? ORDER BY id").expect("SQL");
            let ids: Vec<i64> = rows.query_map([last], |row| row.get(0)).expect("rows").flatten().collect();
            for id in ids {
                last = id;
                if come.send((id as u64, Instant::now())).is_err() {
                    return;
                }
            }
            std::thread::sleep(POLL);
        }
    });
    let (written_ms, late_ms) = paced(&came, |id| {
        writer.execute("INSERT INTO event VALUES (?, 'event')", [id as i64]).expect("a row");
    });
    Way {
        name: "SQLite, trigger, looked at",
        written_ms,
        late_ms,
        lost: "no other end: reads on by id".into(),
        work: "no process; a second copy of each event, a library of 1.5 MB".into(),
    }
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server of the set-up.
struct Running {
    program: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Ended>,
}

impl Running {
    fn start(name: &str) -> Option<Running> {
        let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps").join(name);
        let system = ["/usr/bin", "/usr/sbin"].map(|folder| Path::new(folder).join(name));
        let program = std::iter::once(house).chain(system).find(|path| path.exists());
        let Some(program) = program else {
            println!("{name} is not here: left out (`.setup witnesses`)");
            return None;
        };
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let folder = tempfile::tempdir().expect("a folder");
        let mut running = Running { program, folder, port, child: None };
        running.again();
        Some(running)
    }

    fn again(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.path().to_str().expect("UTF-8"));
        let mut command = Command::new(&self.program);
        if self.program.ends_with("redis-server") {
            command.args(["--port", &port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]);
            command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        } else {
            command.args(["-js", "-sd", folder, "-a", "127.0.0.1", "-p", &port]);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server");
        self.child = Some(Ended(child));
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn memory_mb(&self) -> u64 {
        let child = self.child.as_ref().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap_or_default();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = rss.and_then(|rss| rss.split_whitespace().next()?.parse::<u64>().ok());
        kb.unwrap_or(0) / 1024
    }

    fn far(&self, scheme: &str, name: &str) -> Box<dyn Far> {
        let url = format!("{scheme}://127.0.0.1:{}", self.port);
        Destination::new(&url, name).and_then(|to| to.far()).expect("a destination")
    }
}

fn entry(id: u64) -> Entry {
    Entry { id, json: format!("{{\"id\":{id},\"kind\":\"bench\",\"text\":\"event {id}\"}}").into_bytes() }
}

/// Events that never come where the server is dead for a while: of a writer that only hands them over, and of `forward`, which goes on
/// from what the server says that it has.
fn outage(running: &mut Running, scheme: &str) -> String {
    let mut lost = [0; 2];
    for (forwards, lost) in [false, true].into_iter().zip(&mut lost) {
        let flight = if forwards { "forwarded" } else { "handed" };
        let mut far = running.far(scheme, "outage");
        far.begin(flight).expect("a server");
        for id in 1..=EVENTS {
            if id == OUTAGE.start {
                running.child = None;
            }
            if id == OUTAGE.end {
                running.again();
            }
            let is_back = id >= OUTAGE.end;
            let sent = far.send(&[entry(id)]).is_ok();
            if sent || !is_back {
                *lost += u64::from(!sent && !forwards);
                continue;
            }
            let Ok(newest) = far.begin(flight) else {
                *lost += u64::from(!forwards);
                continue;
            };
            let from = if forwards { newest.unwrap_or(0) + 1 } else { id };
            let rest: Vec<Entry> = (from..=id).map(entry).collect();
            far.send(&rest).expect("it is back");
        }
        if forwards {
            *lost = EVENTS - far.begin(flight).expect("a server").unwrap_or(0);
        }
    }
    let [handed, forwarded] = lost;
    format!("{handed} of {}; by forward {forwarded}", OUTAGE.end - OUTAGE.start)
}

fn redis_stream() -> Option<Way> {
    let mut running = Running::start("redis-server")?;
    let mut far = running.far("redis", "bench");
    far.begin("flight").expect("a server");
    let (come, came) = mpsc::channel();
    let client = Client::open(format!("redis://127.0.0.1:{}", running.port)).expect("a client");
    let mut reader = client.get_connection().expect("a server");
    std::thread::spawn(move || {
        let (options, mut last) = (StreamReadOptions::default().block(0), "0".to_string());
        loop {
            let read: redis::RedisResult<StreamReadReply> =
                reader.xread_options(&["bench:flight"], &[&last], &options);
            let Ok(read) = read else { return };
            for one in read.keys.iter().flat_map(|key| &key.ids) {
                last.clone_from(&one.id);
                let id = one.id.split('-').next().and_then(|id| id.parse().ok()).expect("an id");
                if come.send((id, Instant::now())).is_err() {
                    return;
                }
            }
        }
    });
    let (written_ms, late_ms) = paced(&came, |id| far.send(&[entry(id)]).expect("a server"));
    let memory_mb = running.memory_mb();
    let lost = outage(&mut running, "redis");
    let work = format!("a server ({memory_mb} MB, package redis-server), and `skyhound forward`");
    Some(Way { name: "Redis Streams, fsync always", written_ms, late_ms, lost, work })
}

fn jet_stream() -> Option<Way> {
    let mut running = Running::start("nats-server")?;
    let mut far = running.far("nats", "bench");
    far.begin("flight").expect("a server");
    let (come, came) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    let port = running.port;
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let client = async_nats::connect(format!("127.0.0.1:{port}")).await.expect("a server");
            let stream = async_nats::jetstream::new(client).get_stream("BENCH").await.expect("a stream");
            let config = async_nats::jetstream::consumer::pull::OrderedConfig::default();
            let mut messages =
                stream.create_consumer(config).await.expect("a consumer").messages().await.expect("messages");
            ready.send(()).expect("somebody waits");
            while let Some(Ok(message)) = messages.next().await {
                let id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id"));
                let id = id.and_then(|id| id.as_str().rsplit(':').next()?.parse().ok()).expect("an id");
                if come.send((id, Instant::now())).is_err() {
                    return;
                }
            }
        });
    });
    is_ready.recv().expect("a consumer");
    let (written_ms, late_ms) = paced(&came, |id| far.send(&[entry(id)]).expect("a server"));
    let memory_mb = running.memory_mb();
    let lost = outage(&mut running, "nats");
    let work = format!("a server ({memory_mb} MB, package nats-server), and `skyhound forward`");
    Some(Way { name: "NATS JetStream, synced each 2 min", written_ms, late_ms, lost, work })
}
