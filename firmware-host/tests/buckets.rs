//! Flights go to an S3 server and come back with the same content: a real server on loopback (s3s-fs), the binary as a client; also
//! when the line is cut in the middle, and when what lies there was changed.

#[path = "../../hil-tests/src/record_trial/bucket.rs"]
mod bucket;
mod rows;

use bucket::{KEY, SECRET, serve};
use serde_json::Value;
use skyhound_host::clock::Clock;
use skyhound_host::realtime::{self, Role};
use skyhound_host::settings::RecorderSettings;
use skyhound_host::store::{About, Recorder, lanes};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A line to the server that carries so many bytes up, and then none.
struct Line {
    address: SocketAddr,
    left_bytes: Arc<AtomicU64>,
    /// First lines of the requests.
    asked: Arc<Mutex<Vec<String>>>,
}

fn line(to: SocketAddr) -> Line {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (left_bytes, asked) = (Arc::new(AtomicU64::new(u64::MAX)), Arc::new(Mutex::new(Vec::new())));
    let (left, asked_too) = (left_bytes.clone(), asked.clone());
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(to) else { continue };
            let (mut down_from, mut down_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut down_from, &mut down_to);
                let _ = down_to.shutdown(std::net::Shutdown::Both);
            });
            let (left, asked) = (left.clone(), asked_too.clone());
            std::thread::spawn(move || {
                let (mut client, mut server, mut buffer) = (client, server, vec![0; 65_536]);
                while let Ok(count @ 1..) = client.read(&mut buffer) {
                    let spent = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(count as u64)
                    });
                    if spent.is_err() || server.write_all(&buffer[..count]).is_err() {
                        break;
                    }
                    let text = String::from_utf8_lossy(&buffer[..count.min(300)]).into_owned();
                    if let Some(first) = text.lines().next().filter(|first| first.ends_with("HTTP/1.1")) {
                        asked.lock().unwrap().push(first.to_string());
                    }
                }
                let _ =
                    (client.shutdown(std::net::Shutdown::Both), server.shutdown(std::net::Shutdown::Both));
            });
        }
    });
    Line { address, left_bytes, asked }
}

struct Ground {
    folder: tempfile::TempDir,
    address: SocketAddr,
}

impl Ground {
    fn run(&self, secret: &str, line: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
        command.arg(line[0]).args(["--json", "--set", "recorder.disk_reserve_mb=16"]).args(&line[1..]);
        command.env_remove("RUST_LOG").env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address)).env("AWS_ALLOW_HTTP", "true");
        command
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_REGION", "us-east-1");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn told(&self, line: &[&str]) -> Value {
        let (code, out, err) = self.run(SECRET, line);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{line:?}");
        serde_json::from_str::<Value>(&out).unwrap()[0].clone()
    }

    fn hash(&self, path: &Path) -> Value {
        self.told(&["verify", path.to_str().unwrap()])["content_sha256"].clone()
    }
}

/// A closed flight of `text_count` texts that nothing compresses, 32 bytes each.
fn flight(folder: &Path, text_count: u32) -> PathBuf {
    let settings = RecorderSettings { memory_limit_mb: 64, ..rows::settings(folder) };
    let (mut inlets, outlets) = lanes(&settings, 1_000.0);
    let recorder = Recorder::start(&settings, &About::default(), outlets, Clock::start(), |body| {
        realtime::start(Role::Recorder, body)
    });
    (0..500).for_each(|index| assert!(inlets.readings.push(rows::reading(index))));
    let file = recorder.unwrap().stop().unwrap().files.remove(0);
    let sql = format!("INSERT INTO event(text) SELECT md5(i::VARCHAR) FROM range({text_count}) t(i)");
    duckdb::Connection::open(&file).unwrap().execute_batch(&sql).unwrap();
    file
}

#[test]
fn a_flight_goes_to_s3_and_comes_back() {
    let ground =
        Ground { folder: tempfile::tempdir().unwrap(), address: SocketAddr::from(([127, 0, 0, 1], 1)) };
    let root = ground.folder.path().join("s3");
    std::fs::create_dir_all(root.join("flights")).unwrap();
    let line = line(serve(&root).unwrap());
    let ground = Ground { address: line.address, ..ground };
    let file = flight(&ground.folder.path().join("drone"), 10);
    let name = file.file_name().unwrap().to_str().unwrap();
    let (path, hash) = (file.to_str().unwrap(), ground.hash(&file));
    let (laptop, url) = (ground.folder.path().join("laptop"), format!("s3://flights/drone-1/{name}"));
    let laptop_text = laptop.to_str().unwrap();
    let iq_name = format!("{}-iq", file.file_stem().unwrap().display());
    let (iq, samples) = (file.with_file_name(&iq_name), "detection-1-a.sigmf-data");
    std::fs::create_dir(&iq).unwrap();
    std::fs::write(iq.join("detection-1-a.sigmf-meta"), r#"{"global": {"core:datatype": "cu8"}}"#).unwrap();
    std::fs::write(iq.join(samples), b"IQIQIQ").unwrap();

    let (code, _, said) = ground.run("wrong", &["backup", path, "s3://flights/drone-1"]);
    assert!(code == Some(1) && said.contains("s3://flights/drone-1/"), "{said}");
    let sent = ground.told(&["backup", path, "s3://flights/drone-1"]);
    assert_eq!(
        (&sent["outcome"], &sent["content_sha256"], sent["path"].as_str()),
        (&"copied".into(), &hash, Some(url.as_str()))
    );
    assert_eq!(ground.told(&["backup", path, "s3://flights/drone-1"])["outcome"], "was there");
    assert_eq!(ground.told(&["restore", &url, laptop_text])["content_sha256"], hash);
    assert_eq!(ground.hash(&laptop.join(name)), hash);
    assert_eq!(sent["iq"]["file_count"], 2);
    assert_eq!(std::fs::read(laptop.join(&iq_name).join(samples)).unwrap(), b"IQIQIQ");

    // What lies there is another thing by now.
    let object = root.join("flights/drone-1").join(name);
    let mut bytes = std::fs::read(&object).unwrap();
    bytes[20_000] ^= 1;
    std::fs::write(&object, bytes).unwrap();
    std::fs::remove_dir_all(&laptop).unwrap();
    let (code, _, said) = ground.run(SECRET, &["restore", &url, laptop_text]);
    assert!(code == Some(1) && said.contains("not those that were sent"), "{said}");

    let archived = ground.told(&["archive", path, "--to", "s3://flights/archive", "--free"]);
    assert!(!file.exists() && !iq.exists(), "its IQ has a copy");
    let back = ground.told(&["restore", archived["path"].as_str().unwrap(), laptop_text]);
    assert_eq!((&back["content_sha256"], ground.hash(&laptop.join(name))), (&hash, hash.clone()));
    // The catalogue finds both without fetching them, and which of them is not what was sent when it does.
    let catalog = ground.folder.path().join("catalog.duckdb").display().to_string();
    let (code, out, said) = ground.run(SECRET, &["catalog", "scan", "s3://flights", "--catalog", &catalog]);
    let scanned: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, scanned["read"].as_array().map(Vec::len)), (Some(0), Some(2)), "{said}");
    let (code, out, _) = ground.run(SECRET, &["catalog", "verify", "--catalog", &catalog]);
    let places: Vec<Value> = serde_json::from_str(&out).unwrap();
    let faulty: Vec<_> = places.iter().filter(|place| !place["fault"].is_null()).collect();
    assert_eq!((code, places.len(), faulty.len()), (Some(1), 2, 1), "{out}");
    assert_eq!((faulty[0]["path"].as_str(), &faulty[0]["sha256"]), (Some(url.as_str()), &hash));
    // What people wrote comes back from the bucket on a fresh laptop.
    let flight = name.trim_end_matches(".duckdb");
    assert_eq!(ground.run(SECRET, &["catalog", "tag", flight, "lost", "--catalog", &catalog]).0, Some(0));
    assert_eq!(
        ground.run(SECRET, &["catalog", "save", "s3://flights/kept", "--catalog", &catalog]).0,
        Some(0)
    );
    let fresh = ground.folder.path().join("fresh.duckdb").display().to_string();
    let (code, _, said) =
        ground.run(SECRET, &["catalog", "restore", "s3://flights/kept", "--catalog", &fresh]);
    assert!(code == Some(0) && said.contains("1 flights were saved there"), "{said}");
    let (_, out, _) = ground.run(SECRET, &["catalog", "find", "lost", "--catalog", &fresh]);
    assert!(out.contains(flight), "{out}");
    assert_eq!(ground.run(SECRET, &["restore", "s3://flights/none", laptop_text]).0, Some(1));
    assert_eq!(ground.run(SECRET, &["restore", "s3://flights/none.duckdb", laptop_text]).0, Some(1));
    assert_eq!(ground.run(SECRET, &["backup", path, "ftp://flights"]).0, Some(1));
}

#[test]
fn a_line_that_is_cut_costs_only_the_part_that_was_under_way() {
    let ground =
        Ground { folder: tempfile::tempdir().unwrap(), address: SocketAddr::from(([127, 0, 0, 1], 1)) };
    let root = ground.folder.path().join("s3");
    std::fs::create_dir_all(root.join("flights")).unwrap();
    let line = line(serve(&root).unwrap());
    let ground = Ground { address: line.address, ..ground };
    let file = flight(&ground.folder.path().join("drone"), 1_000_000);
    let bytes = std::fs::metadata(&file).unwrap().len();
    assert!(bytes > 17 << 20, "only {bytes} bytes: too few parts");
    let parts = |number: u32| {
        let asked = line.asked.lock().unwrap();
        let wanted = format!("partNumber={number}&");
        asked.iter().filter(|first| first.starts_with("PUT") && first.contains(&wanted)).count()
    };
    line.left_bytes.store(12 << 20, Ordering::SeqCst);
    let (code, _, said) = ground.run(SECRET, &["backup", file.to_str().unwrap(), "s3://flights/a"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(parts(1), 1);
    line.asked.lock().unwrap().clear();
    line.left_bytes.store(u64::MAX, Ordering::SeqCst);
    let sent = ground.told(&["backup", file.to_str().unwrap(), "s3://flights/a"]);
    assert_eq!((parts(1), parts(2), parts(3)), (0, 1, 1), "{:?}", line.asked.lock().unwrap());
    let back = ground.told(&[
        "restore",
        sent["path"].as_str().unwrap(),
        ground.folder.path().join("laptop").to_str().unwrap(),
    ]);
    assert_eq!(back["content_sha256"], ground.hash(&file));
}
