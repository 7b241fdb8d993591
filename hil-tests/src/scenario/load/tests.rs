//! What is refused says file, key and mend; what is built in loads.

use super::*;
use crate::scenario::{Act, Kind, Scenario, Trigger, Waveform};

const GOOD: &str = r#"
about = "a test"
duration_s = 60
[[world.beacon]]
north_m = 50.0
east_m = 0.0
frequency_hz = 433.96e6
power_dbm = 0.0
[search]
pattern = "hover"
airborne = true
[skyhound]
beacon = [{ name = "b", frequency_hz = 433.96e6, bandwidth_hz = 4000.0, emission = "continuous" }]
"#;

fn read(more: &str) -> Result<Scenario, String> {
    parse("test", &format!("{GOOD}{more}"), "some/file.toml")
}

#[test]
fn a_good_one_is_read() {
    let scenario =
        read("[[fault]]\non = 'homing'\nafter_s = 2\nfor_s = 1\ndo = 'gps_glitch'\neast_m = 50\n").unwrap();
    assert_eq!((scenario.name.as_str(), scenario.operator.homes), ("test", true));
    assert_eq!(scenario.world.beacon[0].waveform, Waveform::Continuous);
    assert_eq!(scenario.fault[0].trigger, Trigger { on: Act::Homing, after_s: 2.0 });
    assert_eq!(scenario.fault[0].kind, Kind::GpsGlitch { north_m: 0.0, east_m: 50.0 });
    assert_eq!(scenario.fault[0].kind.to_string(), "gps_glitch north_m=0 east_m=50");
    assert_eq!(Kind::Mode { mode: "RTL".into() }.to_string(), "mode RTL");
}

#[test]
fn every_built_in_scenario_loads_and_none_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut listed: Vec<String> = list().map(str::to_string).collect();
    for name in &listed {
        assert_eq!(find(name).unwrap_or_else(|why| panic!("{why}")).name, *name);
    }
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
}

#[test]
fn refusals_name_file_key_and_mend() {
    let of_faults = [
        ("do = 'gps_glitch'\neats_m = 5", "eats_m: no such key; gps_glitch has on,"),
        ("do = 'gps_glich'", "do: no such fault as \"gps_glich\"; write one of"),
        ("on = 'homing'", "do: is missing"),
        ("do = 'mode'\nmode = 'OFFBOARD'", "mode: ArduCopter has no \"OFFBOARD\"; write"),
        ("do = 'mode'\nmode = 'RTL'\nfor_s = 1", "for_s: mode is done at one moment"),
        ("do = 'beacon_off'\nbeacon = 1", "beacon: 1 is none of the world's; write 0 to 0"),
        ("do = 'interferer_on'", "interferer: the world has none"),
        ("do = 'stick'\nchannel = 17\nus = 1500", "channel: 17 is out of range; write 1 to 16"),
        ("do = 'battery'\nratio = 1.5", "ratio: 1.5 is out of range; write 0 to 1"),
        ("do = 'absurd'\nfield = 'yaw'\nvalue = 'nan'", "field: \"yaw\"; write MESSAGE.field"),
        ("do = 'cpu_starved'\npause_ms = 500\nevery_ms = 100", "pause_ms: 500"),
        ("on = 'homing'\ndo = 'ekf_bad'\n[operator]\nhomes = false", "on: nobody enables homing"),
    ];
    let of_faults =
        of_faults.map(|(more, wanted)| (format!("[[fault]]\n{more}\n"), format!("fault[0].{wanted}")));
    let of_others = [
        ("[expect.number]\nfinal_error_m = { min = 5, max = 1 }", "write min, max or both"),
        ("[expect]\nstates = ['HOVERING']", "expect.states: no such state as \"HOVERING\"; write IDLE"),
        (
            "[expect]\nstops = ['fence']",
            "expect.stops: no such cause as \"fence\"; write operator, operator_enable",
        ),
        ("[skyhound.homing]\nsped_mps = 3.0", "homing.sped_mps"),
        ("[skyhound.homing]\nspeed_mps = 300.0", "homing.speed_mps"),
        ("[skyhound.sdr]\nsample_rate_sps = 1e6", "skyhound.sdr.sample_rate_sps: write it as world.receiver"),
        ("[aircraft]\nwind = 3", "unknown field `wind`"),
        ("[aircraft]\nspeed_max_mps = 3", "search.speed_mps: 6 is out of range; write 0.1 to 3 m/s"),
        ("[operator]\nlands_after_s = nan", "operator.lands_after_s: NaN is out of range"),
        ("[aircraft]\nsystem = true", "line 15: invalid type: boolean `true`, expected u8"),
        ("[aircraft", "line 14: "),
    ];
    let of_others = of_others.map(|(more, wanted)| (format!("{more}\n"), wanted.to_owned()));
    for (more, wanted) in of_faults.into_iter().chain(of_others) {
        let told = read(&more).expect_err(&more);
        assert!(told.starts_with("some/file.toml: ") && told.contains(&wanted), "{more}\n{told}\n{wanted}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn unknown_names_say_what_there_is() {
    let told = find("open_carier").unwrap_err();
    assert!(told.contains("did you mean") && told.contains("open_carrier"), "{told}");
    assert!(find("nothing-like-it").unwrap_err().contains("skyhound-rig list"));
    assert!(find("no/such.toml").unwrap_err().starts_with("no/such.toml: cannot be read"));
}

#[test]
fn the_list_of_kinds_is_serdes_own() {
    let told = toml::from_str::<Kind>("do = 'none of them'").unwrap_err().to_string();
    let mut known: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
    known.retain(|name| *name != "none of them");
    let listed: Vec<&str> = crate::scenario::words::KINDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(known, listed);
}

#[test]
fn beacons_and_sections_reach_the_daemons_settings() {
    let scenario =
        read("[skyhound.interlock.fence]\nradius_m = 150.0\npolygon = [[47, 8], [48, 8], [48, 9]]\n")
            .unwrap();
    let config = scenario.config().unwrap();
    assert_eq!(config.interlock.fence.radius_m, 150.0);
    assert_eq!(config.interlock.fence.polygon.len(), 3);
    assert_eq!(config.sense.channels[0].name, "b");
    assert_eq!(config.sense.center_hz, 433.92e6);
}
