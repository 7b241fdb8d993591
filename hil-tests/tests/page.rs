//! The page in a real browser, at the real daemon on the simulated rig: `firmware-host/web/dev/real.mjs` flies `real.toml` and
//! leads the aircraft from the page. Its screenshots go to `target/screens`, to be looked at.

use skyhound_rig::{needs, programs};
use std::process::Command;

#[test]
fn a_flight_is_led_from_the_page_and_replayed_there() {
    let (Some(web), Some(_)) = (needs::page_in_a_browser(), needs::sdr_module()) else { return };
    let target = programs::folder().unwrap();
    let screens = target.parent().unwrap().join("screens");
    let fly = || {
        let done = Command::new("node")
            .arg("dev/real.mjs")
            .args(["--rig", env!("CARGO_BIN_EXE_skyhound-rig"), "--skyhound"])
            .arg(programs::skyhound().unwrap())
            .arg("--screens")
            .arg(&screens)
            .current_dir(&web)
            .output()
            .unwrap();
        let [out, err] = [&done.stdout, &done.stderr].map(|said| String::from_utf8_lossy(said));
        (done.status.success(), format!("{out}{err}"))
    };
    let (mut is_done, mut said) = fly();
    if !is_done {
        // A browser and a flight in real time want processors, and machines of CI are shared.
        println!("flown again: {said}");
        (is_done, said) = fly();
    }
    assert!(is_done, "{said}");
    for name in ["live", "replay", "locked-homing", "link-lost", "phone", "plan", "what-if"] {
        assert!(screens.join(format!("{name}.png")).is_file(), "no screenshot {name}: {said}");
    }
}
