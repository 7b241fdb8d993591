//! Profiles as layers, and those that come with the program.

use super::*;
use crate::settings::profile::About;

const TAG: &str = "[profile]\ndescription = \"my tag\"\n[[beacon]]\nname = \"tag\"\nfrequency_hz = 150.1e6\nbandwidth_hz = 5e3\n[sdr]\ngain_db = 30.0\nsample_rate_sps = 250e3\n[homing]\nlost_s = 9.0\n";

fn profile(text: &str) -> Profile {
    Profile::read("mine", text, false).unwrap()
}

fn named(text: &str) -> Flags {
    Flags { profile: Some(profile(text)), ..Flags::default() }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_named_profile_goes_over_the_file_and_under_set() {
    let file = file(
        "[homing]\nlost_s = 3.0\nspeed_mps = 2.0\n[sdr.gain_elements_db]\nLNA = 20\n[[beacon]]\nname = \"file's\"\n[[beacon]]\nname = \"second\"\n",
    );
    let settings = Settings::load(Some(file.path()), &["sdr.gain_db=12".into()], &named(TAG)).unwrap();
    let names: Vec<&str> = settings.beacons.iter().map(|beacon| beacon.name.as_str()).collect();
    assert_eq!(names, ["tag"], "the profile's beacons take the place of the file's");
    assert_eq!((settings.homing.lost_us, settings.homing.speed_mps), (9_000_000, 2.0));
    assert_eq!((settings.sdr.gain_db, settings.sdr.gain_elements_db.len()), (Some(12.0), 0));
    let in_force = settings.profile.clone().unwrap();
    assert_eq!((in_force.name.as_str(), in_force.sha256), ("mine", profile(TAG).sha256()));
    // What a flight keeps reads back to the same, without the profile.
    assert_eq!(load_text(&settings.to_toml()).unwrap().to_toml(), settings.to_toml());
    // One of thresholds alone leaves the file's beacons.
    let thresholds = "[profile]\ndescription = \"deaf\"\n[analytics]\ntrigger_db = 20.0\n";
    let settings = Settings::load(Some(file.path()), &[], &named(thresholds)).unwrap();
    assert_eq!((settings.beacons.len(), settings.analytics.trigger_db), (2, 20.0));
    assert_eq!(settings.sdr.gain_elements_db, [("LNA".to_string(), 20.0)]);
}

#[test]
fn an_antenna_is_told_whole_and_a_device_tuned_for_other_beacons_is_tuned_anew() {
    let file = file(
        "[sdr]\nfrequency_hz = 868e6\n[antenna]\nkind = \"directional\"\npattern = \"a.csv\"\npolarisation = \"vertical\"\n",
    );
    let load = |more: &str, sets: &[&str]| {
        let text = format!("[profile]\ndescription = \"x\"\n{more}");
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Settings::load(Some(file.path()), &sets, &named(&text)).unwrap()
    };
    let beacon = "[[beacon]]\nfrequency_hz = 150.1e6\n";
    let settings = load(beacon, &[]);
    assert_eq!(settings.sdr.frequency_hz, Some(150.1e6));
    assert_eq!(
        settings.antenna,
        AntennaSettings::Directional("a.csv".into(), true),
        "of which it tells nothing"
    );
    assert_eq!(load(beacon, &["sdr.frequency_hz=150e6"]).sdr.frequency_hz, Some(150e6));
    assert_eq!(load("[[beacon]]\noffset_hz = 1e4\n", &[]).sdr.frequency_hz, Some(868e6));
    assert_eq!(load("[analytics]\ntrigger_db = 9\n", &[]).sdr.frequency_hz, Some(868e6));
    assert_eq!(load("[antenna]\nkind = \"omni\"\n", &[]).antenna, AntennaSettings::Omni);
    let other = load("[antenna]\nkind = \"directional\"\npattern = \"b.csv\"\n", &[]);
    assert_eq!(
        other.antenna,
        AntennaSettings::Directional("b.csv".into(), false),
        "its polarisation is another's"
    );
}

#[test]
fn the_default_profile_stands_under_the_file_and_only_where_no_beacon_is_named() {
    let load = |text: &str, sets: &[String]| {
        let marked = || Ok::<_, SettingsErrors>(Some(profile(TAG)));
        Settings::load_marked(Some(file(text).path()), sets, &Flags::default(), marked).unwrap()
    };
    let settings = load("[homing]\nlost_s = 3.0\n", &[]);
    assert_eq!((settings.beacons[0].name.as_str(), settings.homing.lost_us), ("tag", 3_000_000));
    assert!(settings.profile.unwrap().is_marked);
    for settings in [load("[[beacon]]\nname = \"own\"\n", &[]), load("", &["beacon.0.name=own".to_string()])]
    {
        assert_eq!((settings.beacons[0].name.as_str(), settings.profile), ("own", None));
    }
    let never = || -> Result<Option<Profile>, SettingsErrors> { panic!("a broken default is not looked at") };
    Settings::load_marked(None, &["beacon.0.name=own".into()], &Flags::default(), never).unwrap();
}

#[test]
fn of_a_recording_a_profile_changes_no_device() {
    let flags = Flags { sdr: Some("file:a_150.2M_1000k.cs8".into()), ..named(TAG) };
    let settings = Settings::load(None, &["sdr.correction_ppm=3".into()], &flags).unwrap();
    assert_eq!((settings.sdr.sample_rate_sps, settings.sdr.gain_db), (None, None));
    assert_eq!(settings.beacons[0].frequency_hz, Some(150.1e6));
    assert_eq!(settings.sdr.correction_ppm, 3.0);
}

#[test]
fn what_no_profile_holds_is_refused_by_its_line() {
    let told = |text: &str| {
        let text = format!("[profile]\ndescription = \"x\"\n{text}");
        Profile::read("evil", &text, false).unwrap_err().to_string()
    };
    for key in KEYS {
        let (section, name) = key.path.rsplit_once('.').unwrap();
        let dangerous = [
            "autopilot",
            "interlock",
            "interlock.fence",
            "recorder",
            "daemon",
            "sdr.file",
            "sdr.stream_args",
        ]
        .contains(&section)
            || [
                "sdr.source",
                "search.fly",
                "search.polygon",
                "search.prior",
                "homing.speed_mps",
                "homing.height_min_m",
            ]
            .contains(&key.path);
        if !dangerous {
            continue;
        }
        let name = name.replace('*', "any");
        let told = told(&format!("[{section}]\n{name} = 1\n"));
        let expected = format!("profile evil:4: {section}.{name}: a profile says");
        assert!(told.starts_with(&expected), "{}: {told}", key.path);
    }
    assert!(
        told("[analytics]\ntriger_db = 1\n")
            .contains("evil:4: analytics.triger_db: no such key; did you mean analytics.trigger_db?")
    );
    assert!(
        told("[analytics]\ntrigger_db = 1e9\n")
            .contains("evil:4: analytics.trigger_db: 1000000000 is out of range")
    );
    assert!(told("[analytics]\ndrop_db = 20\n").contains("too much for analytics.trigger_db"));
    let two = told("[daemon]\nrealtime = false\n[autopilot]\naddress = \"none\"\n");
    assert_eq!(two.lines().count(), 2, "all mistakes at once: {two}");
    let about = |text: &str| Profile::read("p", text, false).unwrap_err().to_string();
    assert!(about("[analytics]\ntrigger_db = 10\n").contains("what it is for is not told"));
    assert!(about("[profile]\ndescription = \"a\\nb\"\n").contains("p:2: profile.description: write a line"));
    assert!(
        about("[profile]\ndescription = \"a\"\nname = \"b\"\n").contains("p:3: profile.name: no such key")
    );
    assert!(
        about("[profile]\ndescription = \"a\"\nband_hz = [2, 1]\n").contains("p:3: profile.band_hz: write")
    );
    let both = "[profile]\ndescription = \"a\"\nband_hz = [1e6, 2e6]\n[[beacon]]\nfrequency_hz = 1.5e6\n";
    assert!(about(both).contains("p:5: beacon.0.frequency_hz: profile.band_hz says"));
    // A settings file is no profile, and a section of that name is no settings file's.
    assert!(errors(load_text("[profile]\ndescription = \"a\"\n")).contains("profile: no such section"));
}

#[test]
fn a_profile_of_a_band_asks_for_the_frequency() {
    let tag = "[profile]\ndescription = \"a\"\nband_hz = [148e6, 174e6]\n[[beacon]]\nbandwidth_hz = 5e3\n";
    let load = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        Settings::load(None, &sets, &named(tag))
    };
    assert!(errors(load(&[])).contains("write --set beacon.0.frequency_hz=…, 148 to 174 MHz"));
    let told = errors(load(&["beacon.0.frequency_hz=121.5e6"]));
    assert!(told.contains("--set: beacon.0.frequency_hz: 121.5 MHz is none of profile mine's"), "{told}");
    let settings = load(&["beacon.0.frequency_hz=150.123e6"]).unwrap();
    assert_eq!(settings.sdr.frequency_hz, Some(150.123e6), "a device is tuned there");
}

#[test]
fn a_device_is_tuned_amid_beacons_that_are_elsewhere() {
    let tuned = |sets: &[&str]| load(&[&["sdr.source=soapy:"], sets].concat()).unwrap().sdr.frequency_hz;
    assert_eq!(tuned(&[]), Some(433.92e6));
    assert_eq!(tuned(&["beacon.0.frequency_hz=433.5e6"]), Some(433.92e6), "in the usual band");
    let two = ["beacon.0.frequency_hz=868.1e6", "beacon.1.name=b", "beacon.1.frequency_hz=868.5e6"];
    assert_eq!(tuned(&two), Some(868.3e6));
    assert_eq!(tuned(&[&two[..], &["sdr.frequency_hz=868e6"]].concat()), Some(868e6));
    assert_eq!(load(&["sdr.source=file:a.cu8", two[0]]).unwrap().sdr.frequency_hz, None);
}

#[test]
fn what_is_saved_is_what_was_written_and_reads_back_to_the_same() {
    let beam = "antenna.pattern=beam.csv";
    let sets = [
        "sdr.gain_db=40",
        "analytics.trigger_db=9",
        "beacon.1.emission=continuous",
        "antenna.kind=directional",
        beam,
    ]
    .map(String::from);
    let file = file("[autopilot]\naddress = \"udpin:0.0.0.0:14550\"\n[homing]\nspeed_mps = 2\nlost_s = 7\n");
    let settings = Settings::load(Some(file.path()), &sets, &named(TAG)).unwrap();
    let about = About { description: "two \"tags\"".into(), source: None, band_hz: None };
    let (text, left) = settings.to_profile(&about);
    assert_eq!(left, ["homing.speed_mps", "autopilot.address"]);
    assert!(!text.contains("pulse_trigger_db"), "defaults are left to the program: {text}");
    let saved = Profile::read("saved", &text, false).unwrap();
    assert_eq!(saved.about, about);
    let again = saved.settings().unwrap();
    let pattern = std::path::absolute("beam.csv").unwrap();
    assert_eq!(again.antenna, AntennaSettings::Directional(pattern, false), "wherever it is used from");
    assert_eq!(
        (&again.beacons, &again.sdr, &again.analytics),
        (&settings.beacons, &settings.sdr, &settings.analytics)
    );
    assert_eq!(again.homing.lost_us, 9_000_000);
    assert_eq!(again.homing.speed_mps, Settings::default().homing.speed_mps);
}

#[test]
fn the_programs_own_profiles_can_be_heard() {
    let built_in: Vec<Profile> = Profile::built_in().collect();
    assert!(built_in.len() >= 16, "one of them is no profile: {}", built_in.len());
    assert!(built_in.is_sorted_by(|a, b| a.name < b.name));
    for profile in &built_in {
        let name = &profile.name;
        assert!(profile.about.source.is_some(), "{name}: where do its numbers come from?");
        let settings = profile.settings().unwrap();
        let tuning = settings.tuning();
        let (rate_sps, tuned_hz) = (tuning.sdr.sample_rate_sps.unwrap(), tuning.sdr.frequency_hz.unwrap());
        let config = settings.engine_through(rate_sps, &[tuned_hz], tuning.beside_hz).unwrap();
        skyhound::decide::Decide::new(&config).unwrap();
        let deaf = settings.deafness(&config, &[], false);
        let warned: Vec<String> = deaf
            .iter()
            .filter(|deaf| deaf.severity != skyhound::record::Severity::Note)
            .map(ToString::to_string)
            .collect();
        assert_eq!(warned, Vec::<String>::new(), "{name}");
    }
}

/// C/S T.012: channels B to S that are or were assigned, kHz.
#[test]
fn each_channel_of_cospas_sarsat_lies_whole_in_one_of_the_beacons() {
    let plb = Profile::built_in().find(|profile| profile.name == "plb-406").unwrap().settings().unwrap();
    for channel_khz in
        [406_022, 406_025, 406_028, 406_037, 406_040, 406_049, 406_052, 406_061, 406_064, 406_073, 406_076]
    {
        let holds = |beacon: &BeaconSettings| {
            let off_hz = (beacon.frequency_hz.unwrap() - f64::from(channel_khz) * 1e3).abs();
            off_hz + 3e3 <= beacon.bandwidth_hz.unwrap() / 2.0
        };
        assert!(plb.beacons.iter().any(holds), "{channel_khz} kHz");
    }
}
