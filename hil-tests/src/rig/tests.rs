//! Rig files: what is built in, and what is refused with which mend.

use super::*;
use crate::scenario::{Flavour, Kind, Scenario};

#[test]
fn every_built_in_rig_and_example_reads() {
    let depths = Rig::built_in().map(|name| Rig::find(name).unwrap().depth);
    assert_eq!(depths, [Depth::A, Depth::B, Depth::B, Depth::B]);
    assert_eq!(Rig::find("serial").unwrap().autopilot, Autopilot::Simulated(Line::Pty { baud: 115_200 }));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs");
    for example in ["sitl", "px4", "pixhawk"] {
        let rig = Rig::find(&folder.join(example).with_extension("toml").to_string_lossy()).unwrap();
        assert_eq!((rig.name.as_str(), rig.depth), (example, Depth::C));
        assert!(matches!(rig.autopilot, Autopilot::At { .. }));
    }
}

#[test]
fn errors_name_the_key_and_the_mend() {
    let lines = "autopilot = 'udpin:127.0.0.1:1'\nrig_line = 'udpin:127.0.0.1:2'";
    let nan = format!("{lines}\n[parameters]\nGUID_TIMEOUT = nan");
    for (depth, more, words) in [
        ("d", "", "depth"),
        ("b", "lines = 'udp'", "unknown field `lines`"),
        ("b", "line = 'usb'", "line: `usb` is no line; write `udp`, `tcp` or `pty:BAUD`"),
        ("b", "line = 'pty:7'", "line: `pty:7`: the baud rate must be within 1200..=12000000"),
        ("b", "sdr = 'rtl'", "sdr = \"rtl\": write \"simulated\" or \"soapy:ARGUMENTS\""),
        ("b", "sdr = 'soapy:driver=rtlsdr'", "with hardware write depth = \"c\""),
        ("c", "", "or write depth = \"b\""),
        ("b", "rig_line = 'udpin:127.0.0.1:1'", "rig_line: only with an autopilot's address"),
        ("c", "autopilot = 'tcpout:127.0.0.1:5760'", "rig_line is missing"),
        ("c", lines.replacen("udpin:127.0.0.1:1", "usb", 1).as_str(), "autopilot: autopilot address `usb`"),
        ("c", lines.replacen("udpin:127.0.0.1:1", "none", 1).as_str(), "autopilot: `none` cannot fly"),
        ("b", "set_parameters = true", "set_parameters: only with an autopilot's address"),
        (
            "c",
            nan.as_str(),
            "parameters.GUID_TIMEOUT = NaN: write a name of 1 to 16 bytes and a finite number",
        ),
        ("c", format!("{lines}\nline = 'udp'").as_str(), "line: only with autopilot = \"simulated\""),
    ] {
        let text = format!("about = ''\ndepth = '{depth}'\n{more}");
        let why = file::parse("x", &text).unwrap_err();
        assert!(why.contains(words), "{text}\n{why}");
    }
    assert!(file::parse("x", "depth = 'a'").unwrap_err().contains("missing field `about`"));
    let why = Rig::find("rigs/none.toml").unwrap_err();
    assert!(why.contains("rigs/none.toml") && why.contains("engine, software, serial, tcp"), "{why}");
}

fn foreign(more: &str) -> Rig {
    let text = "about = ''\ndepth = 'c'\nautopilot = 'udpin:127.0.0.1:1'\nrig_line = 'udpin:127.0.0.1:2'\n";
    file::parse("x", &format!("{text}{more}")).unwrap()
}

#[test]
fn hardware_lacks_what_only_a_simulation_can_do() {
    let plain: Scenario = toml::from_str(include_str!("../../scenarios/open_carrier.toml")).unwrap();
    let with = |fault: &str| {
        let mut scenario = plain.clone();
        scenario.fault.push(toml::from_str(fault).unwrap());
        scenario
    };
    let (real, simulator) = (foreign(""), foreign("simulator = true"));
    assert_eq!((real.lacks(&plain), Rig::needs(&plain)), (None, vec![]));
    let gps = with("do = 'gps_loss'");
    assert!(real.lacks(&gps).unwrap().starts_with("a rig with simulator = true and an ArduCopter"));
    assert_eq!((simulator.lacks(&gps), Rig::needs(&gps).len()), (None, 1));
    assert!(simulator.lacks(&with("do = 'ekf_bad'")).unwrap().contains("autopilot = \"simulated\""));
    for (fault, rig) in
        [("do = 'disarm'", &simulator), ("do = 'rc_lost'", &simulator), ("do = 'gcs_lost'", &real)]
    {
        assert_eq!(rig.lacks(&with(fault)), None, "{fault}");
    }
    assert!(real.lacks(&with("do = 'disarm'")).is_some(), "nobody stops a real aircraft's motors in the air");
    assert_eq!(Rig::find("software").unwrap().lacks(&gps), None);
    let px4 = foreign("flavour = 'px4'\nsimulator = true");
    assert_eq!(px4.lacks(&plain).unwrap(), "an autopilot that is ArduCopter");
    assert_eq!(px4.lacks(&px4.adapted(&plain).unwrap()), None);
    assert!(px4.lacks(&px4.adapted(&gps).unwrap()).is_some(), "its simulator is told nothing");
}

#[test]
fn the_rigs_settings_go_over_the_scenarios_and_are_checked() {
    let fence: Scenario = toml::from_str(include_str!("../../scenarios/fence.toml")).unwrap();
    let rig_b = foreign("[skyhound.interlock]\nterrain = 'may_be_unknown'\nfence = { alt_rel_max_m = 90.0 }");
    let adapted = rig_b.adapted(&fence).unwrap();
    let limits = adapted.config().unwrap().interlock;
    assert_eq!((limits.fence.radius_m, limits.fence.alt_rel_max_m), (60.0, 90.0));
    assert_eq!(rig_b.adapted(&adapted).unwrap().skyhound, adapted.skyhound);
    let why = foreign("[skyhound.interlock]\nterain = 'known'").adapted(&fence).unwrap_err();
    assert!(why.starts_with("rig x: ") && why.contains("interlock.terain"), "{why}");
}

#[test]
fn modes_are_what_they_do_on_the_other_firmware() {
    let pilot: Scenario = toml::from_str(include_str!("../../scenarios/pilot_mode.toml")).unwrap();
    let px4 = foreign("flavour = 'px4'").adapted(&pilot).unwrap();
    assert_eq!(px4.aircraft.flavour, Flavour::Px4);
    assert_eq!(px4.fault[0].kind, Kind::Mode { mode: "POSCTL".into() });
    let same = foreign("").adapted(&pilot).unwrap();
    assert_eq!(same.fault[0].kind, Kind::Mode { mode: "LOITER".into() });
}
