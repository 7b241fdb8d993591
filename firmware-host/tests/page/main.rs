//! The page's server of the real daemon, and of `skyhound ground`: what it tells, what it does, and what it refuses (`attacks`).

mod attacked;
mod attacks;
mod documented;
#[path = "../noisy/mod.rs"]
mod noisy;
mod planned;
mod site;
mod socket;
mod tagged;
#[path = "../witness/mod.rs"]
mod witness;

use noisy::{Ended, skyhound, until};
use serde_json::{Value, json};
use site::{Site, ground, ground_said};
use skyhound_host::ctl::{self, Ask, Status};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(150);

/// A daemon that records noise, and its page.
struct Flight {
    daemon: Ended,
    folder: tempfile::TempDir,
    file: PathBuf,
    site: Site,
}

impl Flight {
    fn start() -> Flight {
        let folder = tempfile::tempdir().unwrap();
        let (daemon, file) = noisy::start(folder.path(), &folder.path().join("ctl.sock"));
        let page = status(folder.path()).page.expect("a page");
        let site = Site(page.strip_prefix("http://").unwrap().parse().unwrap());
        Flight { daemon, folder, file, site }
    }

    fn name(&self) -> String {
        self.file.file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// Ends it; what it leaves behind: its folder, and the name of the flight in that one's folder `flights`.
    fn end(self) -> (tempfile::TempDir, String) {
        let name = self.name();
        let Flight { mut daemon, folder, .. } = self;
        ctl::ask(&folder.path().join("ctl.sock"), Ask::Stop).unwrap();
        assert!(daemon.0.wait().unwrap().success());
        (folder, name)
    }
}

fn status(folder: &Path) -> Status {
    ctl::ask(&folder.join("ctl.sock"), Ask::Status).unwrap().status.unwrap()
}

/// Events of a stream until `enough`.
fn events(site: &Site, mut enough: impl FnMut(&str, &Value) -> bool) {
    let mut stream = TcpStream::connect(site.0).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("GET /api/v1/live HTTP/1.1\r\nHost: {}\r\n\r\n", site.0);
    stream.write_all(head.as_bytes()).unwrap();
    let mut name = String::new();
    let begun = Instant::now();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if let Some(told) = line.strip_prefix("event: ") {
            name = told.to_string();
        } else if let Some(told) = line.strip_prefix("data: ") {
            let told = serde_json::from_str(told).unwrap_or_else(|error| panic!("{error}: {told}"));
            if enough(&name, &told) {
                return;
            }
        }
        assert!(begun.elapsed() < PATIENCE, "it does not come");
    }
    panic!("the stream ended");
}

#[test]
fn a_flight_is_shown_asked_and_commanded_by_one_at_a_time() {
    let flight = Flight::start();
    let site = &flight.site;
    let (mut states, mut seen) = (0, std::collections::BTreeSet::new());
    events(site, |name, told| {
        if name == "state" {
            assert_eq!(told["status"]["state"], "IDLE");
            states += 1;
        }
        seen.insert(name.to_string());
        states >= 10 && ["spectrum", "log"].iter().all(|wanted| seen.contains(*wanted))
    });
    // What it asks of a flight that is being written is answered from its rows, by its name too.
    for name in ["live".to_string(), flight.name()] {
        let answer = site.post(
            &format!("/api/v1/flights/{name}/query"),
            &json!({"sql": "select count(*) as n from reading"}),
            &[],
        );
        assert!(answer.code == 200 && answer.json()[0]["n"].as_u64().unwrap() > 0, "{answer:?}");
    }
    let csv = site.post("/api/v1/flights/live/query", &json!({"sql": "select 7 as a", "format": "csv"}), &[]);
    assert_eq!(
        (csv.text().as_str(), csv.header("content-type")),
        ("a\n7\n", Some("text/csv; charset=utf-8"))
    );
    let flights = site.get("/api/v1/flights", &[]).json();
    assert!(flights[0]["name"] == flight.name() && flights[0]["is_live"] == true, "{flights}");
    assert_eq!(
        site.get(&format!("/api/v1/flights/{}/file", flight.name()), &[]).code,
        409,
        "it is being written"
    );
    // Nobody has control; who takes it is shown, and refused by the interlocks as by the socket; stopping wants no control.
    let on = |more: &[&str]| site.post("/api/v1/homing", &json!({"on": true}), more);
    assert!(on(&[]).code == 409 && on(&[]).text().contains("take control first"));
    let take =
        |name: &str, more: &[&str]| site.post("/api/v1/control", &json!({"take": true, "name": name}), more);
    assert_eq!(take("Anna", &[]).code, 200);
    let refused = on(&[]);
    assert!(refused.code == 409 && refused.text().contains("homing stays locked"), "{refused:?}");
    let others = take("Ben", &["X-Skyhound-Client: test-2"]);
    assert!(others.text().contains("Ben (127.0.0.1) has taken control from Anna"), "{others:?}");
    assert!(on(&[]).text().contains("Ben has control"));
    assert_eq!(site.get("/api/v1/state", &["X-Skyhound-Client: test-2"]).json()["you_control"], true);
    assert_eq!(site.post("/api/v1/homing", &json!({"on": false}), &[]).code, 200);
    // It stands in the record.
    until("the record tells who had control", || {
        let sql = json!({"sql": "select count(*) as n from event where kind = 'page' and text like '%Ben%'"});
        site.post("/api/v1/flights/live/query", &sql, &[]).json()[0]["n"] == 1
    });
    assert!(site.get("/api/v1/profiles", &[]).json()["profiles"].as_array().unwrap().len() > 10);
    let settings = site.get("/api/v1/settings", &[]).json();
    assert!(settings["toml"].as_str().unwrap().contains("bandwidth_hz = 4000"), "{settings}");
    assert_eq!(site.get("/readyz", &[]).code, 200);
    let metrics = site.get("/metrics", &[]).text();
    assert!(
        metrics.contains("\nskyhound_recorder_recording 1\n")
            && metrics.contains("skyhound_channel_power_dbfs{beacon="),
        "{metrics}"
    );
    drop(flight.daemon);
    assert!(flight.folder.path().exists());
}

/// What the page for others is: a certificate of our own, made once, and tokens behind it.
#[test]
fn open_to_others_it_speaks_tls_with_a_certificate_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (tokens, tls) = (folder.path().join("tokens"), folder.path().join("tls"));
    let line =
        String::from_utf8(skyhound().args(["ground", "token", "look"]).output().unwrap().stdout).unwrap();
    std::fs::write(&tokens, &line).unwrap();
    std::fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut sets =
        vec!["ground.listen=0.0.0.0:0".to_string(), format!("ground.token_file={}", tokens.display())];
    let open = skyhound()
        .arg("ground")
        .arg(folder.path())
        .args(sets.iter().flat_map(|set| ["--set", set]))
        .output()
        .unwrap();
    assert!(open.status.code() == Some(2) && String::from_utf8_lossy(&open.stderr).contains("ground.tls"));
    sets.push(format!("ground.tls={}", tls.display()));
    let fingerprint = |said: &str| said.trim().rsplit(' ').next().unwrap().to_string();
    let (server, first) = ground_said(folder.path(), &sets);
    drop(server);
    let (_server, said) = ground_said(folder.path(), &sets);
    assert!(fingerprint(&first).len() == 64 && fingerprint(&first) == fingerprint(&said), "{first}{said}");
    let port = said.split("0.0.0.0:").nth(1).unwrap().split(',').next().unwrap();
    // A client that takes no certificate but this one, and of it only the names that it bears.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = std::fs::read(tls.join("certificate.pem")).unwrap();
    let root = reqwest::Certificate::from_pem(&pem).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = |url: String, token: Option<&str>| {
        let client = reqwest::Client::builder().tls_certs_only([root.clone()]).build().unwrap();
        let mut request = client.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        runtime.block_on(async {
            request.send().await.map(|answer| answer.status().as_u16()).map_err(|error| format!("{error:?}"))
        })
    };
    let token = line.split_whitespace().nth(1).unwrap();
    let state = format!("https://127.0.0.1:{port}/api/v1/state");
    assert_eq!(code(state.clone(), Some(token)), Ok(200));
    assert_eq!(code(state.clone(), None), Ok(401));
    assert!(code(state.replace("https", "http"), Some(token)).is_err(), "it is not told in the clear");
    let mode = std::fs::metadata(tls.join("key.pem")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
}

#[test]
fn flights_that_have_ended_are_handed_out_in_parts_to_who_has_a_token() {
    let flight = Flight::start();
    let file = flight.file.clone();
    let (folder, name) = flight.end();
    let flights = folder.path().join("flights");
    let whole = std::fs::read(&file).unwrap();
    // Without tokens, on loopback, all may look.
    let (_server, site) = ground(&flights, &[]);
    let path = format!("/api/v1/flights/{name}/file");
    let answer = site.get(&path, &[]);
    assert!(answer.code == 200 && answer.body == whole);
    let tag = answer.header("etag").unwrap().to_string();
    let part = site.get(&path, &["Range: bytes=100-199", &format!("If-Range: {tag}")]);
    assert!(part.code == 206 && part.body == whole[100..200], "{}", part.head);
    let changed = site.get(&path, &["Range: bytes=100-199", "If-Range: \"another\""]);
    assert!(changed.code == 200 && changed.body == whole, "a part of another file is no part of this");
    assert_eq!(site.get(&path, &[&format!("If-None-Match: {tag}")]).code, 304);
    assert_eq!(site.get(&path, &["Range: bytes=999999999-"]).code, 416);
    let rows = site.post(
        &format!("/api/v1/flights/{name}/query"),
        &json!({"sql": "select count(*) n from reading"}),
        &[],
    );
    assert!(rows.json()[0]["n"].as_u64().unwrap() > 0);
    assert_eq!(site.get("/api/v1/state", &[]).json()["live"], false);
    assert_eq!(site.post("/api/v1/homing", &json!({"on": true}), &[]).code, 409, "nothing flies here");
    // With tokens: the page's files are open, all else wants one that allows it.
    let tokens = folder.path().join("tokens");
    let line = |role: &str| {
        let out = skyhound().args(["ground", "token", role]).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let (look, command) = (line("look"), line("command"));
    std::fs::write(&tokens, format!("# of the crew\n{look}{command}")).unwrap();
    std::fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let set = format!("ground.token_file={}", tokens.display());
    let refused = skyhound().arg("ground").arg(&flights).args(["--set", &set]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("chmod 600"), "{said}");
    std::fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (_server, site) = ground(&flights, &[set]);
    let bearer = |line: &str| format!("Authorization: Bearer {}", line.split_whitespace().nth(1).unwrap());
    let wrong = format!("Authorization: Bearer {}", "0".repeat(64));
    assert_eq!(site.get("/", &[]).code, 200);
    for path in ["/api/v1/state", "/api/v1/flights", "/metrics", "/api/v1/openapi.json"] {
        assert_eq!(site.get(path, &[]).code, 401, "{path}");
        assert_eq!(site.get(path, &[&wrong]).code, 401, "{path}");
        assert_eq!(site.get(path, &[&bearer(&look)]).code, 200, "{path}");
    }
    let homing = |token: &str| site.post("/api/v1/homing", &json!({"on": true}), &[&bearer(token)]).code;
    assert_eq!((homing(&look), homing(&command)), (403, 409), "it may not; nothing flies here");
    // Open to others it is only with tokens.
    let open =
        skyhound().arg("ground").arg(&flights).args(["--set", "ground.listen=0.0.0.0:0"]).output().unwrap();
    assert!(
        open.status.code() == Some(2) && String::from_utf8_lossy(&open.stderr).contains("ground.token_file")
    );
    let nowhere = skyhound().args(["ground", "no/such"]).output().unwrap();
    assert!(nowhere.status.code() == Some(2) && String::from_utf8_lossy(&nowhere.stderr).contains("no/such"));
}

#[test]
fn the_document_names_every_address_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, site) = ground(folder.path(), &[]);
    let document = site.get("/api/v1/openapi.json", &[]).json();
    assert_eq!(document["openapi"], "3.1.0");
    let told: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let source = include_str!("../../src/ground/mod.rs");
    let routes = source.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next());
    for route in routes.filter(|route| !route.starts_with("/maps/{") && *route != "/openapi.json") {
        let is_outside = ["/metrics", "/healthz", "/readyz"].contains(&route);
        let path = if is_outside { route.to_string() } else { format!("/api/v1{route}") };
        assert!(told.contains(&&path), "{path} is not among {told:?}");
    }
}

/// Whatever it brings, an address that is only read says so; and there is no act without what acts must bring.
#[test]
fn acts_bring_what_they_must_and_addresses_that_are_read_take_none() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, site) = ground(folder.path(), &[]);
    let document = site.get("/api/v1/openapi.json", &[]).json();
    let paths = document["paths"].as_object().unwrap();
    let mut act_count = 0;
    for (path, told) in paths {
        let path = path.replace("{name}", "x").replace("{report}", "report.html");
        let bare = site.say(&site.head("POST", &path, &["Content-Length: 2"]), b"{}").code;
        if told.get("post").is_none() {
            assert_eq!(bare, 405, "{path}");
            continue;
        }
        act_count += 1;
        let json = ["Content-Type: application/json", "Content-Length: 2"];
        let of_nobody = site.say(&site.head("POST", &path, &json), b"{}").code;
        let got = site.get(&path, &[]).code;
        assert_eq!((bare, of_nobody, got), (415, 400, 405), "{path}");
    }
    assert!(act_count >= 7, "{act_count}");
    assert_eq!(site.say(&site.head("POST", "/", &["Content-Length: 2"]), b"{}").code, 405);
}
