//! The folder of profiles, and those of the origin.

use super::*;
use crate::settings::Settings;

fn profile(name: &str, lost_s: u32) -> Profile {
    let text = format!("# kept\n[profile]\ndescription = \"x\"\n[homing]\nlost_s = {lost_s}\n");
    Profile::read(name, &text, false).unwrap()
}

fn told<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    result.unwrap_err().message().unwrap().to_string()
}

#[test]
fn a_profile_is_stored_whole_found_replaced_and_removed() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(&place.path().join("not/yet"));
    assert!(folder.list().unwrap().is_empty() && folder.default_profile().unwrap().is_none());
    let path = folder.write(&profile("mine", 7), false).unwrap();
    assert_eq!(folder.find("mine").unwrap().text, std::fs::read_to_string(&path).unwrap());
    assert!(told(folder.write(&profile("mine", 8), false)).contains("--replace"));
    folder.write(&profile("mine", 8), true).unwrap();
    assert_eq!(folder.find("mine").unwrap(), profile("mine", 8));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o400, 0o400, "{mode:o}");
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half written stays: {left:?}");

    folder.mark(Some("mine")).unwrap();
    assert_eq!(folder.default_profile().unwrap().unwrap().name, "mine");
    assert!(folder.delete("mine").unwrap(), "it was the default");
    assert_eq!(folder.marked().unwrap(), None);
    assert!(told(folder.delete("mine")).contains("is not there"));
    assert!(told(folder.find("mine")).contains("skyhound profile list"));
    folder.mark(None).unwrap();
}

#[test]
fn the_programs_own_stay_and_those_that_ask_are_no_default() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path());
    assert!(folder.find("plb-406").unwrap().is_built_in);
    assert!(told(folder.write(&profile("plb-406", 7), true)).contains("comes with the program"));
    assert!(told(folder.delete("plb-406")).contains("comes with the program"));
    assert!(told(folder.mark(Some("tag-holohil"))).contains("skyhound profile save"));
    folder.mark(Some("plb-406")).unwrap();
    // One that was stored before the program had one of its name is still what it was.
    std::fs::write(place.path().join("plb-406.toml"), profile("plb-406", 7).text).unwrap();
    assert!(!folder.default_profile().unwrap().unwrap().is_built_in);
}

#[test]
fn a_name_leads_nowhere_else() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(&place.path().join("in"));
    std::fs::create_dir(place.path().join("in")).unwrap();
    std::fs::write(place.path().join("out.toml"), profile("out", 7).text).unwrap();
    let long = "a".repeat(65);
    for name in [
        "../out",
        "/etc/passwd",
        "none",
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "a b",
        "-a",
        "a\n",
        "ü",
        "a\0",
        &long,
    ] {
        assert!(told(folder.find(name)).contains("is no profile's name"), "{name:?}");
        assert!(told(folder.delete(name)).contains("is no profile's name"), "{name:?}");
        assert!(told(folder.may_write(name, true)).contains("is no profile's name"), "{name:?}");
        assert!(folder.mark(Some(name)).is_err());
        std::fs::write(place.path().join("in/default"), format!("{name}/")).unwrap();
        assert!(told(folder.default_profile()).contains("names no profile"), "{name:?}");
    }
    assert!(place.path().join("out.toml").exists());
}

#[test]
fn what_is_no_profile_is_told_and_hides_no_other() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path());
    folder.write(&profile("good", 7), false).unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(place.path().join(name), bytes).unwrap();
    put("steers.toml", b"[profile]\ndescription = \"x\"\n[interlock]\nfix_min = 3\n");
    put("bytes.toml", &[0xff, 0xfe]);
    put("long.toml", &vec![b'#'; 70_000]);
    put("note.txt", b"no profile's");
    let list = folder.list().unwrap();
    let names: Vec<(&str, bool)> = list.iter().map(|own| (own.name.as_str(), own.profile.is_ok())).collect();
    assert_eq!(names, [("bytes", false), ("good", true), ("long", false), ("steers", false)]);
    let steers = told(folder.find("steers"));
    assert!(
        steers.contains("steers.toml is no profile") && steers.contains(":4: interlock.fix_min"),
        "{steers}"
    );
    put("default", b"steers\n");
    assert!(told(folder.default_profile()).contains("marked as the default"));
}

/// As the origin documents its fields, with its own defaults.
const WIFI: &str = r#"{
    "id": "5f0c", "name": "WiFi Beacon", "description": "", "isDefault": true,
    "sdrConfig": {"frequency": 2437000000.0, "sampleRate": 2000000.0, "gain": "AUTO", "bandwidth": 2000000.0, "buffer_size": 1024, "device_args": ""},
    "signalConfig": {"fftSize": 1024, "ewmaAlpha": 0.1, "triggerThreshold": -60.0, "dropThreshold": -70.0},
    "homingConfig": {"forwardVelocityMax": 5.0, "yawRateMax": 1.0, "approachVelocity": 2.0, "signalLossTimeout": 5.0, "algorithmMode": "GRADIENT"},
    "geofenceConfig": {"enabled": false},
    "createdAt": "2025-08-12T10:00:00", "updatedAt": "2025-08-12T10:00:00"}"#;

#[test]
fn each_field_of_the_origin_is_taken_changed_or_left_with_its_reason() {
    let read = origin::read(WIFI).unwrap().unwrap();
    let [wifi] = &read[..] else { panic!("{read:?}") };
    assert_eq!(wifi.name, "wifi-beacon");
    let taken = [
        "sdrConfig.bandwidth",
        "sdrConfig.frequency",
        "sdrConfig.sampleRate",
        "homingConfig.signalLossTimeout",
    ];
    for field in taken {
        assert!(wifi.taken.iter().any(|told| told.starts_with(field)), "{field}: {:?}", wifi.taken);
    }
    assert_eq!((wifi.taken.len(), wifi.changed.len()), (taken.len(), 1));
    assert_eq!(
        wifi.changed[0],
        "signalConfig.ewmaAlpha = 0.1 as analytics.ewma_time_constant_s = 0.949, at its 10 readings a second"
    );
    let fields: Vec<&str> = wifi.left.iter().filter_map(|told| told.split(':').next()).collect();
    for field in [
        "isDefault",
        "sdrConfig.gain",
        "sdrConfig.buffer_size",
        "signalConfig.fftSize",
        "signalConfig.triggerThreshold",
        "signalConfig.dropThreshold",
        "homingConfig.forwardVelocityMax",
        "homingConfig.yawRateMax",
        "homingConfig.approachVelocity",
        "homingConfig.algorithmMode",
        "geofenceConfig.enabled",
    ] {
        assert!(fields.contains(&field), "{field}: {fields:?}");
    }
    assert_eq!(fields.len(), 11, "{fields:?}");
    let settings = Profile::read(&wifi.name, &wifi.text, false).unwrap().settings().unwrap();
    assert_eq!((settings.sdr.frequency_hz, settings.sdr.sample_rate_sps), (Some(2.437e9), Some(2e6)));
    assert_eq!(settings.beacons[0].frequency_hz, Some(2.437e9));
    assert_eq!(settings.analytics.trigger_db, Settings::default().analytics.trigger_db);
    assert_eq!(settings.homing.lost_us, 5_000_000);
}

#[test]
fn rows_of_the_origins_table_and_thresholds_over_the_noise_are_taken() {
    let rows = r#"[{"id": "1", "name": "LoRa Tracker", "description": "dog\ncollar",
        "sdr_config": "{\"frequency\": 433.0e6, \"sampleRate\": 2e6, \"gain\": 30, \"bandwidth\": 1e6}",
        "signal_config": "{\"ewmaAlpha\": 1, \"triggerThreshold\": 12, \"dropThreshold\": 6}",
        "homing_config": null, "is_default": 0, "created_at": null, "updated_at": null}]"#;
    let read = origin::read(rows).unwrap().unwrap();
    assert_eq!((read[0].name.as_str(), read[0].left.len()), ("lora-tracker", 0), "{read:?}");
    let profile = Profile::read("x", &read[0].text, false).unwrap();
    assert_eq!(profile.about.description, "LoRa Tracker: dog collar");
    let settings = profile.settings().unwrap();
    assert_eq!((settings.analytics.trigger_db, settings.analytics.drop_db), (12.0, 6.0));
    assert_eq!((settings.analytics.ewma_time_constant_us, settings.sdr.gain_db), (10_000, Some(30.0)));
}

#[test]
fn what_is_no_profile_of_the_origin_is_refused_by_its_field() {
    let told = |text: &str| origin::read(text).unwrap().unwrap_err();
    assert!(origin::read("[profile]\ndescription = \"x\"\n").is_none(), "TOML is no JSON");
    assert!(told("[]").contains("no profile in the list") && told("3").contains("is no profile"));
    assert!(told("[1]").starts_with("profile 1: is no object"));
    assert!(told("{}").contains("name: is not told"));
    let with = |part: &str| format!("{{\"name\": \"x\", \"sdrConfig\": {{\"frequency\": 4e8}}, {part}}}");
    assert!(told("{\"name\": \"x\"}").contains("sdrConfig.frequency: is not told"));
    assert!(
        told(&with("\"signalConfig\": {\"ewmaAlpha\": 2}"))
            .contains("signalConfig.ewmaAlpha: 2 is no weight")
    );
    assert!(told(&with("\"signalConfig\": {\"dropThreshold\": \"low\"}")).contains("is no number"));
    assert!(told(&with("\"homingConfig\": \"{\"")).contains("homingConfig: "));
    // What is out of our range is refused when it is read as a profile.
    let read = origin::read(&with("\"homingConfig\": {\"signalLossTimeout\": 900}")).unwrap().unwrap();
    let errors = Profile::read("x", &read[0].text, false).unwrap_err().to_string();
    assert!(errors.contains("homing.lost_s: 900 is out of range"), "{errors}");
    for (title, name) in
        [("WiFi Beacon", "wifi-beacon"), ("../etc", "etc"), ("ÄÖ", "imported"), ("LoRa (868)", "lora-868")]
    {
        let text = format!("{{\"name\": \"{title}\", \"sdrConfig\": {{\"frequency\": 4e8}}}}");
        let read = origin::read(&text).unwrap().unwrap();
        assert_eq!(read[0].name, name, "{title}");
        check_name(&read[0].name).unwrap();
    }
}
