//! Rig files: what is built in, and what is refused with which mend.

use super::*;

#[test]
fn every_built_in_rig_and_example_reads() {
    let depths = Rig::built_in().map(|name| Rig::find(name).unwrap().depth);
    assert_eq!(depths, [Depth::A, Depth::B, Depth::B, Depth::B]);
    assert_eq!(Rig::find("serial").unwrap().autopilot, Autopilot::Simulated(Line::Pty { baud: 115_200 }));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs");
    for example in ["sitl", "pixhawk"] {
        let rig = Rig::find(&folder.join(example).with_extension("toml").to_string_lossy()).unwrap();
        assert_eq!((rig.name.as_str(), rig.depth), (example, Depth::C));
        assert!(matches!(rig.autopilot, Autopilot::At { .. }));
    }
}

#[test]
fn errors_name_the_key_and_the_mend() {
    for (text, words) in [
        ("depth = 'a'", "missing field `about`"),
        ("about = ''\ndepth = 'd'", "depth"),
        ("about = ''\ndepth = 'b'\nlines = 'udp'", "unknown field `lines`"),
        ("about = ''\ndepth = 'b'\nline = 'usb'", "line: `usb` is no line; write `udp`, `tcp` or `pty:BAUD`"),
        (
            "about = ''\ndepth = 'b'\nline = 'pty:7'",
            "line: `pty:7`: the baud rate must be within 1200..=12000000",
        ),
        ("about = ''\ndepth = 'b'\nsdr = 'rtl'", "sdr = \"rtl\": write \"simulated\" or \"soapy:ARGUMENTS\""),
        ("about = ''\ndepth = 'b'\nsdr = 'soapy:driver=rtlsdr'", "with hardware write depth = \"c\""),
        ("about = ''\ndepth = 'c'", "or write depth = \"b\""),
        (
            "about = ''\ndepth = 'b'\nrig_line = 'udpin:127.0.0.1:1'",
            "rig_line: only with an autopilot's address",
        ),
        ("about = ''\ndepth = 'c'\nautopilot = 'tcpout:127.0.0.1:5760'", "rig_line is missing"),
        (
            "about = ''\ndepth = 'c'\nautopilot = 'usb'\nrig_line = 'udpin:127.0.0.1:1'",
            "autopilot: autopilot address `usb`",
        ),
        (
            "about = ''\ndepth = 'c'\nautopilot = 'none'\nrig_line = 'udpin:127.0.0.1:1'",
            "autopilot: `none` cannot fly",
        ),
        (
            "about = ''\ndepth = 'c'\nautopilot = 'udpin:127.0.0.1:1'\nrig_line = 'udpin:127.0.0.1:2'\nline = 'udp'",
            "line: only with autopilot = \"simulated\"",
        ),
    ] {
        let why = Rig::parse("x", text).unwrap_err();
        assert!(why.contains(words), "{text}\n{why}");
    }
    let why = Rig::find("rigs/none.toml").unwrap_err();
    assert!(why.contains("rigs/none.toml") && why.contains("engine, software, serial, tcp"), "{why}");
}

#[test]
fn hardware_lacks_what_only_a_simulation_can_do() {
    let mut scenario: Scenario = toml::from_str(include_str!("../../scenarios/open_carrier.toml")).unwrap();
    let text = "about = ''\ndepth = 'c'\nautopilot = 'udpin:127.0.0.1:1'\nrig_line = 'udpin:127.0.0.1:2'";
    let rig = Rig::parse("x", text).unwrap();
    assert_eq!(rig.lacks(&scenario), None);
    scenario.fault.push(toml::from_str("do = 'gps_loss'").unwrap());
    assert_eq!(rig.lacks(&scenario).unwrap(), "a rig with autopilot = \"simulated\"");
    assert_eq!(Rig::needs(&scenario), ["a rig with autopilot = \"simulated\""]);
    assert_eq!(Rig::find("software").unwrap().lacks(&scenario), None);
}
