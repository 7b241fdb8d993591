//! The whole life of a record, short; `skyhound-rig record-trial --for 1h` is the long one.

use serde_json::Value;
use std::process::Command;

#[test]
fn a_record_is_the_same_after_all_that_happens_to_it() {
    let rig = env!("CARGO_BIN_EXE_skyhound-rig");
    let output = Command::new(rig).args(["record-trial", "--for", "10s", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let steps: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let step = |what: &str| {
        let found = steps.iter().find(|step| step["what"].as_str().unwrap().contains(what));
        found.unwrap_or_else(|| panic!("no step `{what}`: {said}"))
    };
    let known = step("found as the kill left it");
    // A reading each millisecond, those of the stalled disk too.
    assert!(known["row_count"].as_u64().unwrap() > 15_000, "{known}");
    assert!(step("mended")["told"].as_str().unwrap().contains("recovered, nothing is lost"), "{said}");
    for what in ["mended", "Parquet", "copied to S3", "freed", "copy restored", "archive restored"] {
        let [row_count, hash] = ["row_count", "hash"].map(|name| &step(what)[name]);
        assert_eq!((row_count, hash), (&known["row_count"], &known["hash"]), "{what}");
    }
    assert!(step("SIGKILL")["told"].as_str().unwrap().contains(" answers"), "{said}");
}
