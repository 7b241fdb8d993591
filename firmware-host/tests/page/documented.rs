//! The API by its own document, and the figures by their readers: Schemathesis asks what nobody here thought of, promtool reads what Prometheus would.

use super::witness::python;
use super::{Flight, status};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Requests a second: below what a page is allowed.
const RATE: &str = "80/s";
/// How long an answer may take, s: a report is given a minute, and the machine may be busy.
const ANSWER_S: &str = "90";
/// How long it asks.
const SECONDS: &str = "30";

/// An installed program, or one that the set-up fetched.
fn program(name: &str) -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([fetched]);
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()));
    if found.is_none() {
        println!("ignored, needs {name}: ./.setup witnesses");
    }
    found
}

#[test]
fn the_api_keeps_to_its_document_whatever_is_asked() {
    let Some(mut fuzzer) = python("schemathesis") else { return };
    let flight = Flight::start();
    let document = format!("http://{}/api/v1/openapi.json", flight.site.0);
    fuzzer.args([
        "-c",
        "from schemathesis.cli import schemathesis; schemathesis()",
        "run",
        &document,
        "--rate-limit",
        RATE,
        "--max-time",
        SECONDS,
        "--request-timeout",
        ANSWER_S,
    ]);
    fuzzer.args([
        "--header",
        "X-Skyhound-Client: fuzz",
        "--seed",
        "1",
        "--no-shrink",
        "--continue-on-failure",
    ]);
    // They never end.
    fuzzer.args(["--exclude-path", "/api/v1/live", "--exclude-path", "/api/v1/events"]);
    // What fits its shape may still be no SQL, name no flight, or be refused by an interlock.
    fuzzer.args(["--exclude-checks", "positive_data_acceptance"]);
    let done = fuzzer.current_dir(flight.folder.path()).env("NO_COLOR", "1").output().unwrap();
    let [out, err] = [&done.stdout, &done.stderr].map(|said| String::from_utf8_lossy(said).into_owned());
    assert!(done.status.success() && out.contains("Test cases:"), "{out}{err}");
    let status = status(flight.folder.path());
    let dropped_count: u64 = status.lanes.iter().map(|lane| lane.dropped_total).sum();
    assert_eq!((status.recorder.state.as_str(), dropped_count), ("recording", 0));
}

#[test]
fn the_figures_are_as_prometheus_wants_them() {
    let Some(promtool) = program("promtool") else { return };
    let flight = Flight::start();
    let figures = flight.site.get("/metrics", &[]).body;
    let mut reader = Command::new(promtool);
    reader.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = reader.spawn().unwrap();
    reader.stdin.take().unwrap().write_all(&figures).unwrap();
    let done = reader.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
