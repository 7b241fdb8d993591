//! Another profile in flight: what it may change, and what not.

use super::*;

const FOX: &str = "[profile]\ndescription = \"fox\"\n[[beacon]]\nname = \"fox\"\noffset_hz = 20e3\nbandwidth_hz = 5e3\n[homing]\nlost_s = 9.0\n";

fn profile(text: &str) -> Profile {
    Profile::read("mine", text, false).unwrap()
}

fn flying(text: &str, sets: &[&str]) -> Settings {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    // The file is gone by the time of the switch: what it said at the start holds.
    Settings::load(Some(file.path()), &sets, &Flags::default()).unwrap()
}

const DRONE: &str = "[sdr]\nsource = \"soapy:driver=rtlsdr\"\nfrequency_hz = 433.9e6\ngain_db = 20.0\n[homing]\nspeed_mps = 2.0\nlost_s = 3.0\n[interlock]\nsatellites_min = 11\n[[beacon]]\nname = \"file's\"\nfrequency_hz = 433.95e6\n";

#[test]
fn what_is_sought_changes_and_what_the_aircraft_carries_and_holds_to_stays() {
    let flown = flying(DRONE, &["beacon.0.bandwidth_hz=9e3", "homing.speed_mps=1.5"]);
    let to = flown.switched(Some(&profile(FOX)), &["beacon.0.bandwidth_hz=4e3".into()], 433.9e6).unwrap();
    assert_eq!(to.beacons.len(), 1);
    let fox = &to.beacons[0];
    // What --set said of the first beacon at the start was said of another one.
    assert_eq!((fox.name.as_str(), fox.frequency_hz, fox.bandwidth_hz), ("fox", Some(433.92e6), Some(4e3)));
    assert_eq!((to.homing.lost_us, to.homing.speed_mps), (9_000_000, 1.5));
    assert_eq!((&to.sdr, &to.interlock, &to.sense), (&flown.sdr, &flown.interlock, &flown.sense));
    assert_eq!(to.profile.as_ref().map(|profile| profile.name.as_str()), Some("mine"));
    // What the flight keeps of it reads back to the same, and a further switch is from the start's.
    assert_eq!(load_text(&to.to_toml()).unwrap().to_toml(), to.to_toml());
    let back = to.switched(None, &[], 433.9e6).unwrap();
    assert_eq!((back.to_toml(), back.profile.clone()), (flown.to_toml(), None));
    // Where a profile has the device tuned tells where its offsets are.
    let tuned = format!("{FOX}[sdr]\nfrequency_hz = 433.8e6\n");
    let tuned = flown.switched(Some(&profile(&tuned)), &[], 433.9e6).unwrap();
    assert_eq!((tuned.beacons[0].frequency_hz, tuned.sdr.frequency_hz), (Some(433.82e6), Some(433.9e6)));
}

#[test]
fn what_cannot_change_in_flight_is_refused_by_its_key() {
    let flown = flying(DRONE, &[]);
    for (more, key) in [
        ("[sdr]\ngain_db = 30.0\n", "mine:10: sdr.gain_db: 30.0 is not what flies (20.0)"),
        ("[sdr]\nsample_rate_sps = 250e3\n", "sdr.sample_rate_sps: 250000.0 is not what flies (not set)"),
        ("[sense]\nfft_len = 128\n", "sense.fft_len"),
        ("[antenna]\nkind = \"omni\"\n", "antenna.kind"),
    ] {
        let refused = flown.switched(Some(&profile(&format!("{FOX}{more}"))), &[], 433.9e6);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(key) && refused.contains("in flight"), "{refused}");
    }
    let same = profile(&format!("{FOX}[sdr]\ngain_db = 20\n"));
    assert!(flown.switched(Some(&same), &[], 433.9e6).is_ok(), "what is so already changes nothing");
    for set in [
        "interlock.fix_min=3",
        "homing.speed_mps=9",
        "recorder.flights=/tmp",
        "sdr.gain_db=3",
        "beacon.0.x=1",
    ] {
        let refused = flown.switched(Some(&profile(FOX)), &[set.into()], 433.9e6).unwrap_err().to_string();
        assert!(refused.contains(set.split('=').next().unwrap()), "{refused}");
    }
    let asked = Profile::built_in().find(|profile| profile.name == "tag-holohil").unwrap();
    let refused = flown.switched(Some(&asked), &[], 433.9e6).unwrap_err().to_string();
    assert!(refused.contains("--set beacon.0.frequency_hz"), "{refused}");
}
