//! Each command that answers something answers programs too: `--json` on real inputs, parsed, with the fields by which it is known.

use serde_json::Value;
use skyhound_host::ctl::{self, Ask};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Field {
    folder: tempfile::TempDir,
}

impl Field {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn skyhound(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
        command.current_dir(self.folder.path()).env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
        for (name, folder) in [
            ("SKYHOUND_PROFILES", "profiles"),
            ("XDG_DATA_HOME", "share"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(name, self.path(folder));
        }
        command
    }

    /// Runs a line with `--json`; it has to answer with each of `known`, as JSON pointers. `code`: how it ends.
    fn ends(&self, code: i32, line: &[&str], known: &[&str]) -> Value {
        let output = self.skyhound().args(line).arg("--json").output().unwrap();
        let (out, said) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{line:?}: {out}{said}");
        let told: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line:?}: {error}: {out}{said}"));
        for pointer in known {
            assert!(told.pointer(pointer).is_some(), "{line:?}: no {pointer} in {told:#}");
        }
        told
    }

    fn told(&self, line: &str, known: &[&str]) -> Value {
        self.ends(0, &line.split(' ').collect::<Vec<_>>(), known)
    }

    /// A minute at 250 kS/s about 150.1 MHz: noise, and a pulse of 20 ms a second on 150.123 MHz.
    fn record(&self) -> String {
        let recording = self.path("air_150.1M_250k.cu8");
        let mut seed = 7_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
        };
        let sample = |n: u32| {
            let turns = std::f64::consts::TAU * 23e3 * f64::from(n) / 250e3;
            let level = if n < 5_000 { 40.0 } else { 0.0 };
            [turns.cos(), turns.sin()].map(|part| (127.5 + level * part + 24.0 * noise()).round() as u8)
        };
        let second: Vec<u8> = (0..250_000).flat_map(sample).collect();
        let mut file = fs::File::create(&recording).unwrap();
        (0..60).for_each(|_| file.write_all(&second).unwrap());
        format!("file:{}", recording.display())
    }

    /// A flight with everything that `ctl` asks of it; the path of its file.
    fn fly(&self, source: &str) -> String {
        let door = self.path("ctl.sock");
        let socket = format!("daemon.ctl_socket={}", door.display());
        let mut command = self.skyhound();
        command.args(["--log", "error", "fly", "--json", "--pace", "realtime", "--autopilot", "none"]);
        command.args(["--profile", "tag-holohil", "--set", "beacon.0.frequency_hz=150.123e6"]);
        command.args(["--sdr", source, "--flights", "flights", "--set", &socket]);
        command.args(["--set", "recorder.disk_reserve_mb=16", "--set", "ground.listen=none"]);
        let daemon = Ended(command.stdout(Stdio::piped()).spawn().unwrap());
        let begun = Instant::now();
        let hears =
            |status: ctl::Status| status.recorder.file.is_some() && status.channels.iter().any(|c| c.heard);
        while !ctl::ask(&door, Ask::Status).is_ok_and(|answer| answer.status.is_some_and(hears)) {
            assert!(begun.elapsed() < Duration::from_secs(50), "it flies and hears nothing");
            std::thread::sleep(Duration::from_millis(50));
        }
        let ctl = format!("ctl --socket {}", door.display());
        self.told(&format!("{ctl} status"), &["/state", "/sdr/lost_samples_total", "/uptime_s"]);
        self.told(&format!("{ctl} homing off"), &["/ok", "/said"]);
        self.told(&format!("{ctl} profile"), &["/profiles/0/in_force"]);
        // As the README has it: another tag in the band that is listened to.
        let switched = format!("{ctl} profile tag-vhf --set beacon.0.frequency_hz=150.145e6");
        self.told(&switched, &["/ok", "/said"]);
        let asked =
            ["ctl", "--socket", door.to_str().unwrap(), "query", "select count(*) as readings from reading"];
        self.ends(0, &asked, &["/0/readings"]);
        self.told(&format!("{ctl} stop"), &["/ok", "/said"]);
        let output = daemon.end();
        let flown: Value = serde_json::from_slice(&output).unwrap();
        for name in ["file_bytes", "readings", "rows", "unrecorded_s", "dropped_by_lane"] {
            assert!(flown.get(name).is_some(), "{flown:#}");
        }
        flown["files"][0].as_str().unwrap().to_string()
    }
}

struct Ended(Child);

impl Ended {
    /// What it wrote to stdout.
    fn end(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        std::io::Read::read_to_end(self.0.stdout.as_mut().unwrap(), &mut out).unwrap();
        assert!(self.0.wait().unwrap().success());
        out
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_command_that_answers_answers_programs() {
    let field = Field { folder: tempfile::tempdir().unwrap() };
    let source = field.record();
    before_a_flight(&field, &source);
    let file = field.fly(&source);
    asked(&field, &file);
    kept(&field, &file);
    catalogued(&field, &file);
}

fn before_a_flight(field: &Field, source: &str) {
    field.told("probe driver=none", &[]);
    field.told(&format!("scan --sdr {source} --for 1s"), &["/sample_rate_sps"]);
    field.told(
        "range --power-dbm -60 --set beacon.0.bandwidth_hz=4000 --set beacon.0.offset_hz=40000",
        &["/distance_m"],
    );
    field.told("message FFFE2FA0D205F260850F3DC9E0B70B6E4FD7", &["/id", "/position/lat_deg"]);
    field.told("profile list", &["/0/name", "/0/band_hz"]);
    field.told("profile show plb-121", &["/frequencies_hz/0", "/toml"]);
    assert!(field.told("profile default", &["/default"])["default"].is_null());
    let shown = field.told("config show", &["/sense/hop_ms", "/beacon/0/name"]);
    assert_eq!(shown["recorder"]["disk_reserve_mb"], 256);
    let checked = field.told("config check --set sdr.source=file:none_433.92M_250k.cu8", &["/ok", "/deaf"]);
    assert!(checked["notes"][0].as_str().unwrap().contains("is not there"), "{checked:#}");
    let wrong = ["config", "check", "--set", "homing.lost_s=-1", "--set", "a.b=1"];
    let wrong = field.ends(2, &wrong, &["/mistakes/1"]);
    assert_eq!((&wrong["ok"], wrong["mistakes"].as_array().unwrap().len()), (&false.into(), 2), "{wrong:#}");
    field.told("config autopilot", &["/0/autopilot", "/0/parameter", "/0/must_be", "/0/mend"]);
}

fn asked(field: &Field, file: &str) {
    field.ends(0, &["query", file, "select max(at_us) as at_us from pass"], &["/0/at_us"]);
    field.told("query --cookbook", &["/0/name", "/0/question", "/0/sql"]);
    field.told("query --cookbook noise", &["/sql"]);
    field.told(&format!("query {file} --cookbook noise"), &["/0"]);
    field.told("flights --flights flights", &["/0/path", "/0/duration_s", "/0/file_bytes"]);
    field.told("flights --flights flights --retain --dry-run", &["/gone", "/free_bytes"]);
    field.told(&format!("report {file}"), &["/utc_source"]);
    field.told(&format!("at {file} 1"), &["/at_s", "/state", "/channels/0/name"]);
    field.told(&format!("replay {file} --verify"), &["/took_s", "/tables/0", "/different"]);
    field.told(&format!("replay {file} --set analytics.trigger_db=20"), &["/flown", "/asked"]);
    field.told(&format!("replay {file} --into again.duckdb"), &["/into/path"]);
    let events = field.skyhound().args(["events", file, "--json"]).output().unwrap();
    let events = String::from_utf8(events.stdout).unwrap();
    assert!(events.lines().count() > 3);
    for line in events.lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap()["at_us"].is_u64(), "{line}");
    }
    let row = |n: u32| {
        let (lat, lon) = (47.0 + f64::from(n % 12) * 2e-4, 8.0 + f64::from(n / 12) * 2e-4);
        let metres = (lat - 47.0011).hypot((lon - 8.0009) * 0.68) * 111e3 + 20.0;
        format!("{n},{lat},{lon},40,{}\n", -40.0 - 25.0 * metres.log10())
    };
    let track: String = (0..120).map(row).collect();
    let header = "time_s,lat_deg,lon_deg,alt_rel_m,power_db\n";
    fs::write(field.path("track.csv"), format!("{header}{track}")).unwrap();
    field.told("locate track.csv", &["/0/mean/lat_deg", "/0/radius_95_m"]);
}

fn kept(field: &Field, file: &str) {
    field.told(
        &format!("backup {file} stick"),
        &["/0/outcome", "/0/rows", "/0/file_bytes", "/0/content_sha256"],
    );
    field.told(&format!("verify {file}"), &["/0/is_whole", "/0/content_sha256"]);
    field.told(&format!("archive {file} --to archive"), &["/0/path", "/0/rows"]);
    let name = PathBuf::from(file).file_name().unwrap().to_str().unwrap().to_string();
    field.told(&format!("restore stick/{name} back"), &["/0/path", "/0/rows"]);
    field.told(&format!("export {file} exported"), &["/path", "/rows/reading"]);
    field.told(&format!("compact {file}"), &["/0/before_bytes", "/0/after_bytes"]);
    // A flight as a version before made it, with all that the present one has.
    let old = field.path("20260101T000000Z-00000001.duckdb");
    fs::copy(field.path("back").join(&name), &old).unwrap();
    let before = duckdb::Connection::open(&old).unwrap();
    before.execute_batch("UPDATE flight SET schema_version = schema_version - 1; CHECKPOINT").unwrap();
    drop(before);
    field.told(&format!("migrate {}", old.display()), &["/from_version", "/to", "/row_count"]);
    let telemetry = "timestamp,latitude,longitude,relative_altitude,rssi_dbm\n\
        2026-01-01T12:00:00Z,47.0,8.0,40,-80\n2026-01-01T12:00:01Z,47.0001,8.0,40,-79\n2026-01-01T12:00:02Z,47.0002,8.0,40,-78\n";
    fs::write(field.path("telemetry.csv"), telemetry).unwrap();
    field.told("import telemetry.csv --flights taken", &["/files/0/file_bytes", "/files/0/made"]);
}

fn catalogued(field: &Field, file: &str) {
    let name = PathBuf::from(file).file_stem().unwrap().to_str().unwrap().to_string();
    field.told("catalog scan flights stick archive", &["/read/0", "/gone"]);
    field.told("catalog find", &["/0/name", "/0/row_count"]);
    field.told(&format!("catalog where {name}"), &["/0/path", "/0/volume", "/0/file_bytes"]);
    field.told("catalog verify", &["/0/verified_utc"]);
    assert_eq!(field.told(&format!("catalog tag {name} fox"), &[])[0]["tags"][0], "fox");
    assert_eq!(field.told(&format!("catalog note {name} heard"), &[])[0]["note"], "heard");
    field.told(&format!("catalog similar {name}"), &[]);
    field.told("catalog save saved", &["/saved"]);
    field.told("catalog restore saved", &["/read"]);
}
