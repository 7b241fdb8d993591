//! The table of what the ground crew's part costs, short; `skyhound-rig ground-cost` by itself is the real one.

use serde_json::Value;
use std::process::Command;

#[test]
fn page_viewers_and_every_form_of_a_report_are_measured() {
    let rig = env!("CARGO_BIN_EXE_skyhound-rig");
    let line = ["ground-cost", "--for", "6s", "--reported", "1m", "--json"];
    let output = Command::new(rig).args(line).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let number = |what: &str, unit: &str| {
        let row =
            rows.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("no row {what}: {rows:?}"));
        let found = row["numbers"].as_array().unwrap().iter().find(|number| number["unit"] == unit);
        found.unwrap_or_else(|| panic!("no {unit} in {row}"))["value"].as_f64().unwrap()
    };
    let [first, all] = ["the page until it shows", "all its files"].map(|what| number(what, "kB"));
    assert!(first > 0.1 && all >= first, "{first} and {all} kB");
    assert!(number("a flight, nobody looks on", "% of a core") > 0.0);
    // A picture each tenth of a second and more.
    assert!(number("5 look on, besides", "kB/s to each") > 1.0);
    for (rate, ending) in
        ["100 Hz", "1 kHz"].iter().flat_map(|rate| ["html", "parquet", "mcap"].map(|ending| (rate, ending)))
    {
        assert!(number(&format!("report at {rate}: {ending}"), "kB") > 1.0);
    }
}
