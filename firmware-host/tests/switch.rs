//! Another profile while it flies, by the binary: what stays misses no reading, each switch is recorded, a replay makes the same of it, and
//! what cannot be done is refused by name.

use skyhound_host::ctl::{self, Ask};
use skyhound_host::replay::Replay;
use skyhound_host::store::Chain;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Field {
    folder: tempfile::TempDir,
}

impl Field {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn skyhound(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
        command.args(line).env_remove("RUST_LOG").env_remove("XDG_RUNTIME_DIR");
        command.env("SKYHOUND_PROFILES", self.path("profiles"));
        command
    }

    fn run(&self, line: &[&str]) -> (Option<i32>, String, String) {
        let output = self.skyhound(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn ctl(&self, line: &[&str]) -> (Option<i32>, String, String) {
        let door = self.path("ctl.sock");
        self.run(&[&["ctl", "--socket", door.to_str().unwrap()], line].concat())
    }

    fn profile(&self, name: &str, text: &str) {
        let text = format!("[profile]\ndescription = \"of the test\"\n{text}");
        fs::write(self.path("profiles").join(format!("{name}.toml")), text).unwrap();
    }

    /// A minute at 250 kS/s of noise with carriers at ±40 kHz, begun to be flown with profile `one`.
    fn fly(&self) -> Ended {
        let recording = self.path("two_433.92M_250k.cu8");
        let mut seed = 7_u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
        };
        // 40 kHz of 250 kS/s turns 4 times in 25 samples: a second can be repeated.
        let sample = |n: u32| {
            let turns = std::f64::consts::TAU * 40e3 * f64::from(n) / 250e3;
            [2.0 * 4.0 * turns.cos(), 0.0].map(|part| (127.5 + part + 24.0 * noise()).round() as u8)
        };
        let second: Vec<u8> = (0..250_000).flat_map(sample).collect();
        let mut file = fs::File::create(&recording).unwrap();
        (0..60).for_each(|_| file.write_all(&second).unwrap());
        let (source, door) = (format!("file:{}", recording.display()), self.path("ctl.sock"));
        let (flights, door) = (self.path("flights"), format!("daemon.ctl_socket={}", door.display()));
        let line = ["--log", "warn", "fly", "--pace", "realtime", "--autopilot", "none", "--profile", "one"];
        let mut command = self.skyhound(&line);
        command.args(["--sdr", &source, "--set", &door, "--set", "recorder.disk_reserve_mb=16", "--flights"]);
        let daemon = command.arg(flights).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Ended(daemon);
        self.wait_for("keep is heard", |status| status.channels.iter().any(|c| c.name == "keep" && c.heard));
        daemon
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&ctl::Status) -> bool) {
        let begun = Instant::now();
        let door = self.path("ctl.sock");
        while !ctl::ask(&door, Ask::Status).is_ok_and(|answer| answer.status.is_some_and(|s| is_so(&s))) {
            assert!(begun.elapsed() < Duration::from_secs(50), "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn beacon(name: &str, hz: f64) -> String {
    format!(
        "[[beacon]]\nname = \"{name}\"\nfrequency_hz = {hz:?}\nbandwidth_hz = 4e3\nemission = \"continuous\"\n"
    )
}

fn field() -> Field {
    let field = Field { folder: tempfile::tempdir().unwrap() };
    fs::create_dir(field.path("profiles")).unwrap();
    field.profile("one", &(beacon("keep", 433.96e6) + &beacon("gone", 433.90e6)));
    field.profile("two", &(beacon("comes", 433.88e6) + &beacon("keep", 433.96e6)));
    field.profile("far", &beacon("plb", 406.04e6));
    field.profile("fine", &(beacon("keep", 433.96e6) + "[sense]\nfft_len = 1024\n"));
    field
}

fn file_of(flights: &Path) -> String {
    let mut files = fs::read_dir(flights).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|ending| ending == "duckdb"));
    file.unwrap().to_str().unwrap().to_string()
}

#[test]
fn a_profile_is_switched_in_flight_and_what_stays_misses_no_reading() {
    let field = field();
    let mut daemon = field.fly();
    let (code, said, why) = field.ctl(&["profile", "two"]);
    assert_eq!(code, Some(0), "{said}{why}");
    assert!(
        said.starts_with("profile two (your own, ") && said.contains("is in force: comes, keep"),
        "{said}"
    );
    field.wait_for("comes is heard", |status| {
        status.profile.as_ref().is_some_and(|told| told.starts_with("profile two"))
            && status
                .channels
                .iter()
                .map(|c| (c.name.as_str(), c.heard))
                .eq([("comes", true), ("keep", true)])
    });
    let (_, list, _) = field.ctl(&["profile"]);
    assert!(list.contains("> two") && list.contains("  plb-406"), "{list}");
    let (_, list, _) = field.ctl(&["profile", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let two = list["profiles"].as_array().unwrap().iter().find(|profile| profile["name"] == "two").unwrap();
    assert_eq!((&two["in_force"], &two["built_in"]), (&true.into(), &false.into()));

    for (line, told) in [
        (&["profile", "far"][..], "outside the band the SDR sees; write 4337"),
        (&["profile", "fine"], "sense.fft_len: 1024 is not what flies"),
        (&["profile", "tow"], "there is no profile \"tow\"; did you mean two?"),
        (&["profile", "two", "--set", "interlock.fix_min=3"], "interlock.fix_min: is not changed in flight"),
    ] {
        let (code, out, said) = field.ctl(line);
        assert!(code == Some(1) && out.is_empty() && said.contains(told), "{line:?}: {out}{said}");
    }
    // Refused is refused: what was in force is, and what is asked by --set alone is a switch too.
    let (code, said, why) = field.ctl(&["profile", "one", "--set", "analytics.trigger_db=20"]);
    assert_eq!(code, Some(0), "{said}{why}");
    field.wait_for("gone is back", |status| status.channels.iter().any(|channel| channel.name == "gone"));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(field.ctl(&["stop"]).0, Some(0));
    assert!(daemon.0.wait().unwrap().success());

    let file = file_of(&field.path("flights"));
    let at_s = recorded(&field, &file);
    replayed(&field, &file, &at_s);
}

/// Each switch, and every hop of what stayed; when they were, s.
fn recorded(field: &Field, file: &str) -> Vec<f64> {
    let ask = |sql: &str| {
        let (code, out, said) = field.run(&["query", file, sql, "--format", "csv"]);
        assert_eq!(code, Some(0), "{said}");
        out.lines().skip(1).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(ask("select profile, channels from switch order by at_us"), "two,2 0\none,0 1");
    assert_eq!(ask("select count(*) from switch where settings_sha256 = sha256(settings_toml)"), "2");
    assert!(ask("select asked_by from switch").starts_with("uid "));
    let names = "select name, value from setting where name like 'channel.%' order by name";
    assert_eq!(ask(names), "channel.0.name,keep\nchannel.1.name,gone\nchannel.2.name,comes");
    // Each hop from the first to the last, once, and in the order of the samples.
    let hops = "select count(*) = (max(sample_index) - min(sample_index)) // 2500 + 1, count(*) = count(distinct sample_index)
        from reading where channel = 0";
    assert_eq!(ask(hops), "true,true");
    // Of those that come and go there is one or the other at each hop, but for the flight's last.
    let others = "select abs(count(*) - (select count(*) from reading where channel = 0)) <= 1 from reading where channel <> 0";
    assert_eq!(ask(others), "true");
    let lost = "select coalesce(sum(dropped_total), 0) from health where kind in ('lane', 'discard')";
    assert_eq!(ask(lost), "0");
    let began =
        "select beacon from detections where beacon = 'comes' and began_us > (select min(at_us) from switch)";
    assert!(ask(began).starts_with("comes"));
    assert_eq!(ask("select count(*) from detections where ended_us is null"), "0");
    assert!(ask("select text from event where kind = 'profile'").contains("profile two (your own, "));
    let at_s = ask("select at_us / 1e6 from switch order by at_us");
    at_s.lines().map(|at_s| at_s.parse().unwrap()).collect()
}

/// The same to the bit, and at each time with the beacons that were in force.
fn replayed(field: &Field, file: &str, at: &[f64]) {
    let (code, told, said) = field.run(&["replay", file, "--verify"]);
    assert_eq!(code, Some(0), "{told}{said}");
    for (at_s, names) in [(at[0] - 0.2, "keep gone"), (at[0] + 0.3, "comes keep"), (at[1] + 0.2, "keep gone")]
    {
        let (_, told, said) = field.run(&["at", file, &at_s.to_string(), "--json"]);
        let told: serde_json::Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{said}"));
        let channels: Vec<_> =
            told["channels"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert_eq!(channels.join(" "), names, "at {at_s}");
    }
    let chain = Chain::open(Path::new(file), 0).unwrap();
    let replay = Replay::new(&chain, &[]).unwrap();
    assert_eq!(
        replay.names().into_iter().collect::<Vec<_>>(),
        [(0, "keep"), (1, "gone"), (2, "comes")],
        "by the numbers that estimates have"
    );
    assert_eq!(field.run(&["report", file]).0, Some(0));
}
