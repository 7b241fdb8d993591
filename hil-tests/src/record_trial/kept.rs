//! After the flight: what the kill left is mended, replayed, archived, sent, removed, brought back and reported.

use super::flown::{Left, size_bytes};
use super::{Step, Steps, bucket};
use crate::daemon::{Said, Site, command, replay, rows};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the next daemon may take to mend a flight.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the next flight's event ends where all is well.
const RECOVERED: &str = ": recovered, nothing is lost";

/// Rows and hash of all that a flight, backup or archive says.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    row_count: u64,
    hash: String,
}

/// Keeps it, and looks at every place where it lies.
///
/// # Errors
/// A program fails where the next needs what it leaves.
pub fn keep(left: &Left, site: &Site, steps: &mut Steps) -> Result<(), String> {
    let bucket = Bucket::new(site)?;
    let flight = left.file.to_string_lossy();
    let known = bucket.content(&flight)?;
    let missing = left.committed_count.saturating_sub(known.row_count);
    let fault = (missing > 0).then(|| format!("{missing} rows that were told as committed are not there"));
    steps.add(Step { fault, ..known.step("found as the kill left it", &known, &left.file) });
    let copied = first_rows(&left.backup, None)?;
    let here = first_rows(&left.file, Some(copied.row_count))?;
    let told = "readings of the copy, and the flight's first".into();
    steps.add(Step { told, ..copied.step("backup compared", &here, &left.backup) });

    let told = mended(site, &left.file)?;
    let mut step = bucket.content(&flight)?.step("mended by the next start", &known, &left.file);
    step.fault = step.fault.or_else(|| (!told.ends_with(RECOVERED)).then(|| told.clone()));
    steps.add(Step { told, ..step });
    steps.add(replayed("replayed", &left.file)?);
    let report = bucket.report(&flight)?;

    let archive =
        bucket.kept(&["archive", &flight, "--to", &site.root().join("archive").to_string_lossy()])?;
    let content = bucket.content(&archive)?;
    steps.add(content.step("archived as Parquet", &known, Path::new(&archive)));
    let sent = bucket.kept(&["backup", &flight, "s3://flights/drone"])?;
    let content = bucket.content(&bucket.file_of(&sent))?;
    steps.add(Step {
        told: sent.clone(),
        ..content.step("copied to S3", &known, Path::new(&bucket.file_of(&sent)))
    });
    let archived = bucket.kept(&["archive", &flight, "--to", "s3://flights/archive", "--free"])?;
    let content = bucket.content(&bucket.file_of(&archived))?;
    let freed =
        content.step("archived to S3, local file freed", &known, Path::new(&bucket.file_of(&archived)));
    let fault = left.file.exists().then(|| format!("{flight} is still there"));
    steps.add(Step { told: archived.clone(), fault: freed.fault.clone().or(fault), ..freed });
    for gone in [site.flights(), site.root().join("archive"), site.root().join("backup")] {
        fs::remove_dir_all(&gone).map_err(|error| format!("{}: {error}", gone.display()))?;
    }

    for (what, from) in
        [("copy restored on an empty folder", sent), ("archive restored on an empty folder", archived)]
    {
        let laptop = site.root().join(if what.starts_with("copy") { "laptop" } else { "laptop-2" });
        let restored = bucket.kept(&["restore", &from, &laptop.to_string_lossy()])?;
        let content = bucket.content(&restored)?;
        steps.add(content.step(what, &known, Path::new(&restored)));
        steps.add(replayed("and replayed", Path::new(&restored))?);
        let again = bucket.report(&restored)?;
        let fault = (again != report).then(|| "another report than before".to_string());
        let told = format!("{} fields as before", report.as_object().map_or(0, |fields| fields.len()));
        steps.add(Step { what: "and reported".into(), told, fault, ..Step::default() });
    }
    Ok(())
}

impl Content {
    fn step(&self, what: &str, must: &Content, place: &Path) -> Step {
        let fault = (self != must).then(|| format!("{} rows of {} are expected", must.row_count, must.hash));
        let size_bytes = Some(if place.is_dir() { folder_bytes(place) } else { size_bytes(place) });
        let (row_count, hash) = (Some(self.row_count), Some(self.hash.clone()));
        Step { what: what.into(), row_count, hash, size_bytes, fault, ..Step::default() }
    }
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

/// The first `count` readings as a flight has them; all where it is none.
fn first_rows(file: &Path, count: Option<u64>) -> Result<Content, String> {
    let limit = count.map_or(String::new(), |count| format!("LIMIT {count}"));
    let sql = format!(
        "SELECT count(*)::UBIGINT AS n, sum(hash(row_text, i))::VARCHAR AS h FROM
         (SELECT r::VARCHAR AS row_text, row_number() OVER () AS i FROM reading r {limit})"
    );
    let answer = rows(file, &sql)?;
    let fields = answer.first().and_then(|row| Some((row["n"].as_u64()?, row["h"].as_str()?)));
    let (row_count, hash) = fields.ok_or_else(|| format!("{sql}: {answer:?}"))?;
    Ok(Content { row_count, hash: format!("sum {hash}") })
}

/// The next daemon starts in the same folder; what its flight tells of this one.
fn mended(site: &Site, file: &Path) -> Result<String, String> {
    let source = format!("file:{}", site.root().join("inputs/iq.sigmf-meta").display());
    let line = [
        "--sdr",
        &source,
        "--autopilot",
        "none",
        "--set",
        "recorder.disk_reserve_mb=16",
        "--set",
        "sdr.file.repeat=true",
    ];
    let mut next = site.start(site.fly(&line)?)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let sql = format!("SELECT text FROM event WHERE kind = 'flight_mended' AND starts_with(text, '{name}')");
    let told = next.until("it tells of the flight before it", PATIENCE, |next| {
        let said = next.ctl(&["query", &sql, "--format", "csv"]).ok().filter(|said| said.code == Some(0))?;
        said.out.lines().nth(1).map(|text| text.trim_matches('"').to_owned())
    })?;
    next.stop(PATIENCE)?;
    Ok(told)
}

fn replayed(what: &str, file: &Path) -> Result<Step, String> {
    let differences = replay(file)?;
    let told = if differences.is_empty() { "the same to the bit".into() } else { String::new() };
    let fault =
        differences.first().map(|first| format!("{first} (one of {} differences)", differences.len()));
    Ok(Step { what: what.into(), told, fault, ..Step::default() })
}

/// An S3 server on loopback, and the program as its client.
struct Bucket {
    root: PathBuf,
    state: PathBuf,
    address: SocketAddr,
}

impl Bucket {
    fn new(site: &Site) -> Result<Bucket, String> {
        let (root, state) = (site.root().join("s3"), site.root().join("state"));
        let told = |error| format!("{}: {error}", root.display());
        fs::create_dir_all(root.join("flights")).map_err(told)?;
        let address = bucket::serve(&root).map_err(told)?;
        Ok(Bucket { root, state, address })
    }

    /// Where the server keeps what `url` names.
    fn file_of(&self, url: &str) -> String {
        self.root.join(url.trim_start_matches("s3://")).to_string_lossy().into_owned()
    }

    fn run(&self, line: &[&str]) -> Result<Said, String> {
        let mut command = command()?;
        command.args(line).env("XDG_STATE_HOME", &self.state);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address)).env("AWS_ALLOW_HTTP", "true");
        command.env("AWS_ACCESS_KEY_ID", bucket::KEY).env("AWS_SECRET_ACCESS_KEY", bucket::SECRET);
        command.env("AWS_REGION", "us-east-1");
        let output = command.output().map_err(|error| format!("skyhound {}: {error}", line.join(" ")))?;
        Ok(output.into())
    }

    fn told(&self, line: &[&str]) -> Result<Value, String> {
        let said = self.run(&[line, &["--json"]].concat())?;
        let told = serde_json::from_str(&said.out);
        told.map_err(|_| format!("skyhound {}: {}", line.join(" "), said.err.trim()))
    }

    /// Where a flight now lies that was backed up, archived or restored.
    fn kept(&self, line: &[&str]) -> Result<String, String> {
        let reserve = ["--set", "recorder.disk_reserve_mb=16"];
        let told = self.told(&[line, &reserve].concat())?;
        let path = told[0]["path"].as_str().filter(|_| told[0]["unread"].is_null());
        path.map(str::to_owned).ok_or_else(|| format!("skyhound {}: {told}", line.join(" ")))
    }

    fn content(&self, path: &str) -> Result<Content, String> {
        let told = self.told(&["verify", path])?;
        let verified = &told[0];
        let row_count =
            verified["rows"].as_object().map(|rows| rows.values().filter_map(Value::as_u64).sum());
        match (row_count, verified["content_sha256"].as_str(), verified["is_whole"].as_bool()) {
            (Some(row_count), Some(hash), Some(true)) => Ok(Content { row_count, hash: hash.into() }),
            _ => Err(format!("verify {path}: {}", verified["faults"])),
        }
    }

    /// The report, without where the file lies and how large it is.
    fn report(&self, path: &str) -> Result<Value, String> {
        let mut report = self.told(&["report", path])?;
        if let Some(fields) = report.as_object_mut() {
            ["file", "path", "file_bytes"].iter().for_each(|name| {
                fields.remove(*name);
            });
        }
        Ok(report)
    }
}
