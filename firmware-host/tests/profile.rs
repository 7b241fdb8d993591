//! Profiles as their user meets them: kept, taken over, listed, flown.

use std::process::Command;

struct Field {
    folder: tempfile::TempDir,
}

impl Field {
    fn run(&self, line: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_skyhound"))
            .args(line)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env_remove("SKYHOUND_PROFILES")
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// What a command that is done says: stdout, stderr.
    fn done(&self, line: &str) -> (String, String) {
        let (code, out, said) = self.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, Some(0), "{line}: {out}{said}");
        (out, said)
    }

    /// What a command is refused with.
    fn refused(&self, line: &str) -> String {
        let (code, out, said) = self.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{line}: {said}");
        said
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
}

fn field() -> Field {
    Field { folder: tempfile::tempdir().unwrap() }
}

#[test]
fn a_profile_is_saved_shown_marked_exported_and_taken_again() {
    let field = field();
    assert!(field.refused("config check --profile tag-holohil").contains("--set beacon.0.frequency_hz"));
    let (_, said) = field.done(
        "profile save fox --profile tag-holohil --set beacon.0.frequency_hz=150.123e6 --set sdr.gain_db=40 --set homing.speed_mps=3",
    );
    assert!(said.contains("left out") && said.contains("homing.speed_mps"), "{said}");
    assert!(field.folder.path().join("config/skyhound/profiles/fox.toml").exists());
    assert!(field.refused("profile save fox --profile plb-121").contains("--replace"));
    assert!(field.refused("profile save nothing --description x").contains("nothing that a profile keeps"));
    let deaf = "profile save deaf --profile fox --set beacon.0.pulse_width_max_ms=0.1 --set beacon.0.pulse_width_min_ms=0.1";
    assert!(field.refused(deaf).contains("beacon.0.pulse_width_max_ms"), "what hears nothing is not kept");

    let (shown, said) = field.done("profile show fox");
    assert!(
        shown.contains("frequency_hz = 150123000.0\n") && said.contains("profile fox (your own"),
        "{shown}{said}"
    );
    field.done("profile export fox fox-copy.toml");
    assert_eq!(
        field.run(&["profile", "export", "fox", "fox-copy.toml"]).0,
        Some(1),
        "nothing is overwritten"
    );
    field.done("profile import fox-copy.toml");
    assert_eq!(field.done("profile show fox-copy").0, shown);

    field.done("profile default fox");
    assert_eq!(field.done("profile default").0, "fox\n");
    let (in_force, _) = field.done("config show");
    assert!(in_force.contains("name = \"holohil\"") && in_force.contains("gain_db = 40.0"), "{in_force}");
    let (own, _) = field.done("config show --set beacon.0.frequency_hz=433.9e6");
    assert!(!own.contains("holohil") && !own.contains("gain_db"), "{own}");
    let (list, _) = field.done("profile list --json");
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let fox = list.as_array().unwrap().iter().find(|profile| profile["name"] == "fox").unwrap();
    assert_eq!((&fox["default"], &fox["built_in"]), (&true.into(), &false.into()));
    assert_eq!(fox["frequencies_hz"][0], 150.123e6);
    assert!(list.as_array().unwrap().len() >= 18);

    let (_, said) = field.done("profile delete fox");
    assert!(said.contains("was the default"), "{said}");
    assert!(field.refused("profile show fox").contains("there is no profile"));
    assert!(
        field.refused("profile show ../config/skyhound/profiles/fox-copy").contains("is no profile's name")
    );
    assert!(field.refused("profile delete plb-406").contains("comes with the program"));
}

#[test]
fn a_file_that_steers_is_not_taken_and_the_origins_is_told_field_by_field() {
    let field = field();
    field.write(
        "evil.toml",
        "[profile]\ndescription = \"x\"\n[interlock]\nfix_min = 3\n[autopilot]\naddress = \"none\"\n",
    );
    let said = field.refused("profile import evil.toml");
    assert!(
        said.contains("evil:4: interlock.fix_min: ") && said.contains("evil:6: autopilot.address: "),
        "{said}"
    );
    let profile = |name: &str, more: &str| {
        format!(
            "{{\"name\": \"{name}\", \"sdrConfig\": {{\"frequency\": 868.3e6, \"sampleRate\": 2e6{more}}}}}"
        )
    };
    field.write(
        "two.json",
        &format!("[{}, {}]", profile("LoRa Tracker", ""), profile("Wide", ", \"bandwidth\": 1e12")),
    );
    let said = field.refused("profile import two.json");
    assert!(said.contains("sdr.bandwidth_hz: 1000000000000 is out of range"), "{said}");
    assert!(field.refused("profile show lora-tracker").contains("there is no profile"), "all or none");

    field.write("broken.json", "{\"name\": ");
    assert!(field.refused("profile import broken.json").contains("broken.json: is no JSON"));
    field.write("one.json", &profile("LoRa Tracker", ", \"gain\": \"AUTO\""));
    let (told, said) = field.done("profile import one.json --dry-run");
    assert!(
        told.contains("\"LoRa Tracker\" as lora-tracker\n") && said.contains("would take"),
        "{told}{said}"
    );
    assert!(field.refused("profile show lora-tracker").contains("there is no profile"));
    let (told, _) = field.done("profile import one.json --as dog");
    assert!(told.contains("  taken    sdrConfig.sampleRate = 2000000 as sdr.sample_rate_sps\n"), "{told}");
    assert!(told.contains("  left     sdrConfig.gain: "), "{told}");
    field.done("config check --profile dog");
}

#[test]
fn a_flight_tells_and_keeps_which_profile_is_in_force() {
    let field = field();
    // Noise, and a tag 23 kHz over the middle: 20 ms every 1.37 s.
    let (rate, mut seed) = (250_000.0, 7_u32);
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 24) - 0.5
    };
    let sample = |n: u32| {
        let at_s = f64::from(n) / rate;
        let level = if at_s % 1.37 < 0.02 { 8.0 } else { 0.0 };
        let (sin, cos) = (std::f64::consts::TAU * 23e3 * at_s).sin_cos();
        [cos, sin].map(|part| (127.5 + level * part + 24.0 * noise()).round() as u8)
    };
    let samples: Vec<u8> = (0..12 * 250_000).flat_map(sample).collect();
    std::fs::write(field.folder.path().join("tag_150.1M_250k.cu8"), samples).unwrap();
    let line = "fly --sdr file:tag_150.1M_250k.cu8 --pace max --flights flights --profile tag-holohil --set beacon.0.frequency_hz=150.123e6";
    let (flown, said) = field.done(line);
    assert!(said.contains("profile tag-holohil (built in, "), "{said}");
    let file = flown.trim();
    let ask = |sql: &str| field.run(&["query", file, sql, "--format", "csv"]).1;
    let kept = ask("select name, value from setting where name like 'profile%' order by name");
    let hash = field.done("profile list --json").0;
    let hash: serde_json::Value = serde_json::from_str(&hash).unwrap();
    let tag = hash.as_array().unwrap().iter().find(|profile| profile["name"] == "tag-holohil").unwrap();
    assert_eq!(
        kept,
        format!("name,value\nprofile,tag-holohil\nprofile_sha256,{}\n", tag["sha256"].as_str().unwrap())
    );
    assert!(ask("select text from event where kind = 'profile'").contains("profile tag-holohil"));
    let heard = ask("select kind, round(pulse_period_us / 1e4) from detections");
    assert_eq!(heard.lines().nth(1), Some("pulse_train,137.0"), "{heard}");
    let (code, told, said) = field.run(&["replay", file, "--verify"]);
    assert_eq!(code, Some(0), "{told}{said}");
}
