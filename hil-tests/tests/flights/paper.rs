//! A flight on paper: `skyhound report -o x.pdf` of what the daemon recorded, read by poppler, which nobody here wrote. The pages go to
//! `target/screens`, to be looked at.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Field, told};
use super::homing::PATIENT;
use super::poppler::asked;
use skyhound_rig::programs;
use std::path::PathBuf;
use std::process::Command;

const FLIGHT_S: f64 = 26.0;
const BEACON: &str = "beacon.0.frequency_hz=433960000 beacon.0.bandwidth_hz=4000 beacon.0.name=fox";
const SEARCH: &str =
    "search.centre_lat_deg=47.3985 search.centre_lon_deg=8.5456 search.radius_m=150 search.power_dbm=-70";

/// A flight that hears a beacon and has places.
fn flown(field: &Field) -> PathBuf {
    let (port, autopilot) = free_port();
    let mut daemon =
        field.start(&field.sample(FLIGHT_S), &format!("{autopilot} {BEACON} {SEARCH} {PATIENT}"));
    daemon.status();
    let _aircraft = Aircraft::fly(FLIGHT_S, port);
    daemon.recorded("estimate", 8.0);
    daemon.stopped()
}

#[test]
fn a_search_lead_prints_what_the_page_shows() {
    let field = Field::new();
    let file = flown(&field);
    let pdf = field.folder().join("a.pdf");
    told(&format!("report {} -o {}", file.display(), pdf.display()));
    let json: serde_json::Value = {
        let path = field.folder().join("a.json");
        told(&format!("report {} -o {}", file.display(), path.display()));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let bytes = std::fs::read(&pdf).unwrap();
    assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
    told(&format!("report {} -o {}", file.display(), pdf.display()));
    assert!(std::fs::read(&pdf).unwrap() == bytes, "the same flight gives the same bytes");

    let Some(text) = asked("pdftotext", &["-layout"], &pdf) else { return };
    let name = json["name"].as_str().unwrap();
    let mgrs = json["places"][0]["mgrs"].as_str().unwrap();
    for words in [
        name,
        mgrs,
        "fox is at",
        "Where the beacon is",
        "Power of fox, dBFS",
        "Height over home, m",
        "Losses",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let said = Command::new("pdfinfo").arg(&pdf).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let of = |key: &str| {
        said.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim().to_string()
    };
    assert!(
        of("Title:").contains(name) && of("Page size:").ends_with("(A4)") && of("Tagged:") == "yes",
        "{said}"
    );
    let pages: usize = of("Pages:").parse().unwrap();
    assert!((2..12).contains(&pages) && text.contains(&format!("page {pages} of {pages}")), "{said}");

    let screens = programs::folder().unwrap().parent().unwrap().join("screens");
    std::fs::create_dir_all(&screens).unwrap();
    let seen = Command::new("pdftoppm")
        .args(["-gray", "-png", "-r", "80"])
        .arg(&pdf)
        .arg(screens.join("report-pdf"))
        .output()
        .unwrap();
    assert!(seen.status.success() && seen.stderr.is_empty(), "{}", String::from_utf8_lossy(&seen.stderr));
}
