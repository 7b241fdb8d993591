//! The template and the key table hold together, and every mistake is named.

use std::path::Path;

use super::keys::{KEYS, Key, Kind};
use super::layers::Layers;
use super::*;

mod profiles;
mod switched;
mod table;

fn load(sets: &[&str]) -> Result<Settings, SettingsErrors> {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    Settings::load(None, &sets, &Flags::default())
}

fn load_text(text: &str) -> Result<Settings, SettingsErrors> {
    let mut layers = Layers::defaults();
    layers.lay_text(text, Path::new("flight.toml"));
    Settings::resolve(layers, false)
}

fn errors(result: Result<Settings, SettingsErrors>) -> String {
    result.expect_err("this is wrong").to_string()
}

/// A path that can be written for a key of the table.
fn concrete(key: &Key) -> String {
    key.path.replace("beacon.*", "beacon.0").replace(".*", ".LNA")
}

/// Key and value of a line of the template, set or offered behind a "#".
fn written(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?;
    (!name.contains(' ')).then_some((name, value))
}

/// The template's comment above a key and the value behind it, by section.
fn template_entry(key: &Key) -> Option<(String, String)> {
    let (section, name) = key.path.rsplit_once('.').unwrap();
    let name = if name == "*" { None } else { Some(name) };
    let header = match section {
        "beacon.*" => "[[beacon]]".to_string(),
        section => format!("[{section}]"),
    };
    let mut lines = TEMPLATE.lines();
    let mut before = Vec::new();
    for line in lines.by_ref() {
        if line == header {
            break;
        }
        before.push(line);
    }
    let mut comment = String::new();
    if name.is_none() {
        let above: Vec<&str> =
            before.iter().rev().take_while(|line| line.starts_with('#')).copied().collect();
        return Some((above.into_iter().rev().collect::<Vec<_>>().join(" "), String::new()));
    }
    for line in lines.take_while(|line| !line.starts_with('[')) {
        if let Some((_, value)) = written(line).filter(|(found, _)| Some(*found) == name) {
            return Some((comment, value.to_string()));
        }
        comment = if line.starts_with('#') { comment + " " + line } else { String::new() };
    }
    None
}

#[test]
fn the_template_tells_meaning_and_range_of_every_key() {
    for key in KEYS {
        let (comment, _) =
            template_entry(key).unwrap_or_else(|| panic!("{} is not in the template", key.path));
        let range = match key.kind {
            Kind::Number { .. } if key.path.ends_with('*') => format!("[{} each]", key.range()),
            Kind::Text if key.path.ends_with('*') => "[text each]".to_string(),
            _ => format!("[{}]", key.range()),
        };
        assert!(comment.contains(&range), "{}: template says {comment:?}, the table {range}", key.path);
        let meaning = comment.rsplit_once('[').map_or("", |(meaning, _)| meaning).trim_matches([' ', '#']);
        assert!(meaning.len() > 8, "{} has no meaning: {comment:?}", key.path);
    }
}

#[test]
fn the_templates_values_are_the_defaults_and_nothing_else_is_in_it() {
    let layers = Layers::defaults();
    assert_eq!(layers.errors, []);
    let settings = Settings::default();
    assert_eq!(settings, load(&[]).unwrap());
    let from_file = load_text(TEMPLATE).unwrap();
    assert_eq!(from_file.to_toml(), settings.to_toml());
    // With every "#" before a key taken away it still holds (offset_hz gives way to frequency_hz).
    let whole: String = TEMPLATE
        .lines()
        .filter(|line| !line.starts_with("offset_hz"))
        .map(|line| match written(line) {
            // A pattern is a directional antenna's alone.
            Some(("kind", "\"whip\"")) => "kind = \"directional\"\n".to_string(),
            Some((name, value)) => format!("{name} = {value}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let whole = load_text(&whole).unwrap();
    let missing =
        |key: &&Key| !whole.rows().iter().any(|(path, _, _)| super::keys::generic(path) == key.path);
    let missing: Vec<&str> = KEYS.iter().filter(missing).map(|key| key.path).collect();
    assert_eq!(missing, ["beacon.*.offset_hz"]);
}

#[test]
fn what_the_design_fixes_is_the_default() {
    let settings = Settings::default();
    assert_eq!((settings.analytics.floor_window_us, settings.analytics.floor_percentile), (10_000_000, 0.10));
    assert_eq!((settings.analytics.trend_window_us, settings.sense.hop_us), (2_000_000, 10_000));
    assert_eq!((settings.analytics.trigger_db, settings.analytics.drop_db), (12.0, 6.0));
    assert_eq!(
        (settings.interlock.heartbeat_age_max_us, settings.interlock.pose_age_max_us),
        (2_500_000, 500_000)
    );
    assert_eq!((settings.interlock.slew_max_mps2, settings.interlock.jump_max_m), (2.5, 10.0));
    assert_eq!((settings.interlock.stick_ratio_max, settings.interlock.stick_us), (0.10, 60_000));
    assert_eq!((settings.recorder.commit_interval_us, settings.recorder.memory_limit_mb), (250_000, 32));
    assert_eq!((settings.daemon.control_hz, settings.autopilot.component), (20.0, 191));
    assert!((settings.homing.yaw_rate_max_rad_s - 30f64.to_radians()).abs() < 1e-12);
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_what_was_meant() {
    let told =
        errors(load_text("[analytics]\nfloor_window_us = 3\n\n[homing]\ntrigger_db = 9\nzzzzzzzz = 1\n"));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "flight.toml:2: analytics.floor_window_us: no such key; did you mean analytics.floor_window_s?",
            "flight.toml:5: homing.trigger_db: no such key; did you mean analytics.trigger_db?",
            "flight.toml:6: homing.zzzzzzzz: no such key; `skyhound config init` writes a file with all of them",
        ]
    );
    for (cut, meant) in [
        ("sdr.gain", "sdr.gain_db"),
        ("beacon.3.freq_hz", "beacon.3.frequency_hz"),
        ("sdr.gan_db", "sdr.gain_db"),
    ] {
        let told = errors(load(&[&format!("{cut}=1")]));
        assert!(told.contains(&format!("did you mean {meant}?")), "{told}");
    }
    for key in KEYS.iter().filter(|key| !key.path.ends_with('*')) {
        let path = concrete(key);
        let mut letters: Vec<char> = path.chars().collect();
        let at = letters.len() - 2;
        letters.swap(at, at - 1);
        let misspelt: String = letters.into_iter().collect();
        if super::keys::find(&misspelt).is_none() {
            let told = errors(load(&[&format!("{misspelt}=1")]));
            assert!(told.contains(&format!("did you mean {path}?")), "{told}");
        }
    }
}

#[test]
fn wrong_sections_are_told() {
    assert!(errors(load_text("[beacon]\nname = \"a\"\n")).contains("flight.toml:1: beacon: "));
    assert!(
        errors(load_text("[intrelock]\nfix_min = 3\n"))
            .contains("intrelock: no such section; there are [sdr]")
    );
    assert!(errors(load_text("sdr = 3\n")).contains("sdr: is a section; write [sdr]"));
    assert!(errors(load_text("[sdr]\ngain_db = \n")).starts_with("flight.toml:2: "));
    assert!(errors(load_text("beacon = [1]\n")).contains("write [[beacon]]"));
    assert!(errors(load(&["beacon.name=a"])).contains("beacon.0."));
    assert!(errors(load(&["analytics.trigger_db"])).contains("no value"));
    let told = errors(Settings::load(Some(Path::new("/nowhere/sky.toml")), &[], &Flags::default()));
    assert!(told.contains("/nowhere/sky.toml: cannot be read"), "{told}");
}

#[test]
fn rules_between_keys_name_the_key_that_was_written() {
    let told = errors(load(&["analytics.drop_db=20"]));
    assert!(
        told.contains("--set: analytics.drop_db: 20 is too much for analytics.trigger_db = 12"),
        "{told}"
    );
    let told = errors(load(&["interlock.speed_max_mps=2"]));
    assert!(
        told.contains("--set: interlock.speed_max_mps: 2 is too little for homing.speed_mps = 5"),
        "{told}"
    );
    let told = errors(load(&["homing.height_min_m=3"]));
    assert!(
        told.contains("homing.height_min_m: 3 is too little for interlock.fence.alt_rel_min_m = 5"),
        "{told}"
    );
    assert!(errors(load(&["beacon.0.period_max_ms=10"])).contains("beacon.0.period_max_ms"));
    assert!(errors(load(&["daemon.control_hz=5"])).contains("daemon.control_hz"));
    assert!(
        errors(load(&["interlock.pass_gap_max_s=0.06", "daemon.control_hz=12"])).contains("pass_gap_max_s")
    );
    assert!(errors(load(&["sdr.source=rtl"])).contains("write soapy:ARGS or file:PATH"));
    assert!(errors(load(&["autopilot.address=ttyAMA0"])).contains("serial:DEVICE:BAUD"));
    assert!(errors(load(&["beacon.0.name=0123456789012345678901234"])).contains("24 bytes"));
    assert_eq!(load(&["analytics.drop_db=20", "sense.hop_ms=0"]).unwrap_err().0.len(), 2);
}

#[test]
fn later_layers_go_over_earlier_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    std::fs::write(
        &path,
        "[sdr]\nsource = \"file:a.cs8\"\nfrequency_hz = 1_000_000\n[recorder]\nflights = \"a\"\n",
    )
    .unwrap();
    let flags = Flags { sdr: Some("file:c.cs8".into()), pace: Some(Pace::Max), ..Flags::default() };
    let sets = ["sdr.source=file:b.cs8".to_string(), "recorder.flights=b".to_string()];
    let settings = Settings::load(Some(&path), &sets, &flags).unwrap();
    assert_eq!(settings.sdr.source, "file:c.cs8");
    assert_eq!(settings.sdr.frequency_hz, Some(1e6));
    assert_eq!(settings.sdr.sample_rate_sps, None);
    assert_eq!(settings.recorder.flights, Path::new("b"));
    assert_eq!(settings.pace, Pace::Max);
    let rows = settings.rows();
    let origin = |key: &str| rows.iter().find(|(path, _, _)| path == key).unwrap().2.to_string();
    assert_eq!(origin("sdr.source"), "--sdr");
    assert_eq!(origin("sdr.frequency_hz"), format!("{}:3", path.display()));
    let flags = Flags { sdr: Some("nonsense".into()), ..Flags::default() };
    assert!(errors(Settings::load(None, &[], &flags)).starts_with("--sdr: sdr.source: "));
}

#[test]
fn texts_need_no_quotes_and_texts_that_look_like_numbers_stay_texts() {
    let settings =
        load(&["sdr.stream_args.bufflen=16384", "sdr.antenna=2", "sdr.gain_elements_db.LNA=20"]).unwrap();
    assert_eq!(settings.sdr.stream_args, [("bufflen".to_string(), "16384".to_string())]);
    assert_eq!(settings.sdr.antenna.as_deref(), Some("2"));
    assert_eq!(settings.sdr.gain_elements_db, [("LNA".to_string(), 20.0)]);
    let quoted = load(&["sdr.source=\"file:a b.cs8\""]).unwrap();
    assert_eq!(quoted.sdr.source, "file:a b.cs8");
}

#[test]
fn a_files_beacons_replace_the_default_one() {
    let text = "[[beacon]]\nname = \"left\"\nfrequency_hz = 433.9e6\nbandwidth_hz = 5000\n\n[[beacon]]\noffset_hz = 1e4\n";
    let settings = load_text(text).unwrap();
    assert_eq!(settings.beacons.len(), 2);
    assert_eq!(settings.beacons[0].frequency_hz, Some(433.9e6));
    assert_eq!((settings.beacons[1].name.as_str(), settings.beacons[1].offset_hz), ("beacon-2", 1e4));
    assert_eq!(settings.beacons[1].pulse_trigger_db, Settings::default().beacons[0].pulse_trigger_db);
    let config = settings.engine(250e3, 433.92e6).unwrap();
    assert_eq!(config.sense.channels[0].frequency_hz, 433.9e6);
    assert_eq!(config.sense.channels[1].frequency_hz, 433.93e6);

    let told = errors(load_text("[[beacon]]\nfrequency_hz = 1e6\noffset_hz = 1e3\n"));
    assert!(told.contains("write only one"), "{told}");
    assert!(errors(load_text(&"[[beacon]]\n".repeat(9))).contains("write 1 to 8 [[beacon]]"));
    assert!(errors(load_text("beacon = []\n")).contains("0 beacons"));
    let told = errors(load_text("[[beacon]]\nname = \"a\"\n[[beacon]]\nname = \"a\"\n"));
    assert!(told.contains("flight.toml:4: beacon.1.name"), "{told}");

    let set = load(&["beacon.1.name=second", "beacon.0.frequency_hz=433.95e6"]).unwrap();
    assert_eq!((set.beacons.len(), set.beacons[0].frequency_hz), (2, Some(433.95e6)));
    assert!(errors(load(&["beacon.4.name=far"])).contains("the next is beacon.1"));
}

#[test]
fn the_default_beacon_fits_every_source() {
    for (rate_sps, frequency_hz, fft_len) in [
        (250e3, 433.92e6, 256),
        (2.4e6, 868.625e6, 2048),
        (2.048e6, 0.0, 2048),
        (8e3, 1e6, 64),
        (50e6, 2.4e9, 16_384),
    ] {
        let config = Settings::default().engine(rate_sps, frequency_hz).unwrap();
        assert_eq!(config.sense.fft_len, fft_len, "{rate_sps}");
        assert_eq!(config.sense.channels[0].frequency_hz, frequency_hz);
        assert!(config.sense.channels[0].bandwidth_hz < rate_sps);
    }
}

#[test]
fn the_engines_complaints_are_in_the_files_words() {
    let engine = |sets: &[&str]| load(sets).unwrap().engine(250e3, 433.92e6).unwrap_err();
    let error = engine(&["sense.hop_ms=1", "sense.fft_len=512"]);
    assert_eq!(error.key, "sense.fft_len");
    assert!(error.mend.contains("hop_ms"), "{error}");
    assert_eq!(engine(&["beacon.0.offset_hz=200000"]).key, "beacon.0.offset_hz");
    assert_eq!(engine(&["beacon.0.frequency_hz=1e9"]).key, "beacon.0.frequency_hz");
    assert_eq!(engine(&["beacon.0.bandwidth_hz=1e6"]).key, "beacon.0.bandwidth_hz");
    assert_eq!(super::engine::engine_path("analytics.floor_window_s"), "analytics.floor_window_us");
    assert_eq!(super::engine::engine_path("homing.yaw_rate_max_deg_s"), "homing.yaw_rate_max_rad_s");
}

#[test]
fn chirps_have_bandwidths_and_spreadings_of_their_own() {
    let engine = |sets: &[&str]| load(sets).unwrap().engine(250e3, 433.92e6);
    let lora = ["beacon.0.emission=chirp", "beacon.0.bandwidth_hz=125000", "beacon.0.spreading_min=9"];
    let config = engine(&lora).unwrap();
    let sought = skyhound::config::Emission::Chirp(skyhound::config::Spreading { min: 9, max: 12 });
    assert_eq!(config.sense.channels[0].emission, sought);
    // The bandwidth of what is sent is nobody's to guess.
    let error = engine(&lora[..1]).unwrap_err();
    assert!(error.key == "beacon.0.bandwidth_hz" && error.mend.contains("125000, 250000, 500000"), "{error}");
    let told = errors(load(&["beacon.0.spreading_max=8", "beacon.0.spreading_min=9"]));
    assert!(told.contains("beacon.0.spreading_m"), "{told}");
    assert!(errors(load(&["beacon.0.spreading_max=13"])).contains("spreading_max"));
}

#[test]
fn a_pattern_is_read_written_back_and_refused_where_it_does_not_fit() {
    let tag = ["beacon.0.pulse_width_max_ms=10", "beacon.0.period_min_ms=500"];
    let with = |pattern: &str| load(&[&tag[..], &[&format!("beacon.0.pattern_ms={pattern}")]].concat());
    let settings = with("[22, 57.5, 103]").unwrap();
    let skyhound::config::Emission::Any(train) = settings.beacons[0].emission else { panic!() };
    assert_eq!(train.pattern.later_us().collect::<Vec<_>>(), [22_000, 57_500, 103_000]);
    let written = settings.to_toml();
    assert!(written.contains("pattern_ms = [22.0, 57.5, 103.0]\n"), "{written}");
    assert_eq!(load_text(&written).unwrap().to_toml(), written);
    settings.engine(250e3, 433.92e6).unwrap();
    for (pattern, why) in [
        ("[22, 57, 57]", "that ascend"),
        ("[-22]", "0.1 to 10000 ms"),
        ("[30, 60, 90, 120, 150, 180, 210, 240]", "up to 7"),
        ("[22, \"57\"]", "is not possible here"),
        ("[22, 40]", "18 ms apart"),
        ("[22, 490]", "do not fit in period_min_ms = 500"),
    ] {
        let told = errors(with(pattern));
        assert!(told.contains("--set: beacon.0.pattern_ms: ") && told.contains(why), "{pattern}: {told}");
    }
}

#[test]
fn of_several_frequencies_those_that_hold_a_beacon_are_listened_to() {
    let narrow = |number: usize, place: &str| {
        [
            format!("beacon.{number}.name={number}"),
            format!("beacon.{number}.{place}"),
            format!("beacon.{number}.bandwidth_hz=10000"),
        ]
    };
    let sets =
        [narrow(0, "frequency_hz=433.96e6"), narrow(1, "frequency_hz=868.3e6"), narrow(2, "offset_hz=-4e4")];
    let sets: Vec<&str> = sets.iter().flatten().map(String::as_str).collect();
    let through =
        |sets: &[&str], centers_hz: &[f64]| load(sets).unwrap().engine_through(250e3, centers_hz, 0.0);
    let config = through(&sets, &[100e6, 868.3e6, 433.92e6, 433.95e6]).unwrap();
    // Two beacons are in each of the last three bands: offsets are counted from the first of those.
    assert_eq!(config.sense.centers_hz().collect::<Vec<_>>(), [868.3e6, 433.92e6, 433.95e6]);
    assert_eq!(config.sense.channels[2].frequency_hz, 868.26e6);
    let refused = through(&sets[..6], &[868.3e6, 100e6]).unwrap_err();
    assert_eq!(refused.key, "beacon.0.frequency_hz");
    assert!(refused.mend.contains("write 868180000 to 868420000 Hz"), "of the nearest band: {refused}");
    assert_eq!(
        through(&sets[..3], &[433.92e6]).unwrap(),
        load(&sets[..3]).unwrap().engine(250e3, 433.92e6).unwrap()
    );
}

#[test]
fn what_is_shown_reads_back_to_the_same_with_the_same_hash() {
    let sets = [
        "sdr.gain_elements_db.LNA=20",
        "sdr.stream_args.bufflen=16384",
        "beacon.1.offset_hz=-5000",
        "autopilot.system=3",
        "interlock.fence.polygon=[[46.0, 8.0], [46.1, 8.0], [46.1, 8.1]]",
        "daemon.ctl_socket=/run/a \"b\".sock",
    ];
    let settings = load(&sets).unwrap();
    assert_eq!(settings.interlock.fence.polygon.len(), 3);
    let again =
        load_text(&settings.to_toml()).unwrap_or_else(|error| panic!("{error}\n{}", settings.to_toml()));
    assert_eq!(again.to_toml(), settings.to_toml());
    assert_eq!(again.hash_sha256(), settings.hash_sha256());
    assert_eq!(again.engine(250e3, 1e8).unwrap(), settings.engine(250e3, 1e8).unwrap());
    assert_ne!(settings.hash_sha256(), Settings::default().hash_sha256());
    // However it is written: a whole number for a number is the same setting.
    assert_eq!(
        load(&["homing.lost_s=5"]).unwrap().hash_sha256(),
        load(&["homing.lost_s=5.0"]).unwrap().hash_sha256()
    );
    assert_eq!(settings.hash_sha256().len(), 64);
}

#[test]
fn an_area_makes_a_search_and_half_a_one_is_refused() {
    let disc = ["search.centre_lat_deg=47.4", "search.centre_lon_deg=8.5", "search.radius_m=200"];
    let config = load(&disc).unwrap().engine(250e3, 433.92e6).unwrap();
    let search = config.search.unwrap();
    assert!(search.speed_mps == 5.0 && !search.flies && search.sought.cn0_db_hz < 46.0, "{search:?}");
    // kT0 and 6 dB: at 433.92 MHz fields add nothing.
    assert!((search.sought.floor_dbm_hz + 168.0).abs() < 0.1, "{search:?}");
    assert!(load(&[]).unwrap().engine(250e3, 433.92e6).unwrap().search.is_none());
    assert!(errors(load(&disc[1..])).contains("half a disc"));
    let polygon = "search.polygon=[[47.0, 8.0], [47.1, 8.0], [47.1, 8.1]]";
    assert!(errors(load(&[&disc[..], &[polygon]].concat())).contains("only one"));
    assert!(errors(load(&["search.speed_mps=6"])).contains("interlock.speed_max_mps"));
}
