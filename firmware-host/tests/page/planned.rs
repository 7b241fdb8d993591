//! Searches that are planned from the page, and flights that are flown again with other settings.

use super::Flight;
use super::site::{Answer, Site, ground};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const FIELD: [[f64; 2]; 4] = [[47.39, 8.54], [47.39, 8.55], [47.395, 8.55], [47.395, 8.54]];

fn plan(site: &Site, body: &Value) -> Answer {
    site.post("/api/v1/search/plan", body, &[])
}

/// On a sphere, which is good to a few parts in a thousand.
fn length_m(route: &[Value]) -> f64 {
    let place = |at: &Value| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let leg_m = |pair: &[Value]| {
        let ((lat, lon), (next_lat, next_lon)) = (place(&pair[0]), place(&pair[1]));
        let north_m = (next_lat - lat).to_radians() * 6_371e3;
        north_m.hypot((next_lon - lon).to_radians() * 6_371e3 * lat.to_radians().cos())
    };
    route.windows(2).map(leg_m).sum()
}

#[test]
fn a_search_is_planned_by_the_settings_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["sdr.sample_rate_sps=250000", "beacon.0.frequency_hz=433.96e6", "beacon.0.bandwidth_hz=4000"];
    let (_server, site) = ground(folder.path(), &sets.map(String::from));
    let body = json!({"polygon": FIELD, "power_dbm": -105, "spacing_m": 80, "height_m": 40, "speed_mps": 8});
    let planned = plan(&site, &body);
    assert_eq!(planned.code, 200, "{planned:?}");
    let planned = planned.json();
    let route = planned["route"].as_array().unwrap();
    for at in route {
        assert!((47.389_9..47.395_1).contains(&at[0].as_f64().unwrap()), "{at}");
        assert!((8.539_9..8.550_1).contains(&at[1].as_f64().unwrap()), "{at}");
    }
    let told_m = planned["length_m"].as_f64().unwrap();
    assert!((told_m / length_m(route) - 1.0).abs() < 0.01, "{told_m}, {}", length_m(route));
    assert!((planned["duration_s"].as_f64().unwrap() - told_m / 8.0).abs() < 1.0, "{planned}");
    assert_eq!(planned["spacing_m"], 80.0);
    for share in ["pod", "pos"] {
        assert!((0.01..1.0).contains(&planned[share].as_f64().unwrap()), "{planned}");
    }
    let said = planned["said"].as_str().unwrap();
    assert!(said.contains("track spacing 80 m") && said.contains("POS ") && !said.contains("--"), "{said}");
    // What nobody can know is null; a disc, and each pattern.
    let unknown = plan(&site, &json!({"polygon": FIELD, "spacing_m": 80})).json();
    assert_eq!(
        (&unknown["coverage"], &unknown["pod"], &unknown["pos"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for pattern in ["ps", "cs", "ss", "vs", "spiral"] {
        let disc = json!({"centre": [47.39, 8.54], "radius_m": 500, "pattern": pattern, "spacing_m": 80});
        assert!(plan(&site, &disc).json()["route"].as_array().unwrap().len() > 3, "{pattern}");
    }
    // As a file for whoever flies it.
    for (form, begin) in [("waypoints", "QGC WPL 110"), ("kml", "<?xml"), ("geojson", "{\"features\"")] {
        let mut body = body.clone();
        body["form"] = json!(form);
        let file = plan(&site, &body);
        assert!(file.code == 200 && file.text().starts_with(begin), "{file:?}");
        let kept = file.header("content-disposition").unwrap();
        assert_eq!(kept, format!("attachment; filename=\"plan.{form}\""));
    }
    // What is no search is refused in words of what was sent, and nothing is left on the disk.
    for (body, wanted) in [
        (json!({"spacing_m": 80}), "polygon"),
        (json!({"polygon": [], "spacing_m": 80}), "polygon"),
        (json!({"polygon": [[47.39, 8.54], [47.4, 8.55]], "spacing_m": 80}), "polygon"),
        (
            json!({"polygon": [[47.39, 8.54], [47.395, 8.55], [47.39, 8.55], [47.395, 8.54]], "spacing_m": 80}),
            "polygon",
        ),
        (json!({"polygon": [[147.39, 8.54], [47.4, 8.55], [47.4, 8.54]], "spacing_m": 80}), "polygon"),
        (json!({"polygon": [[1e300, 8.54], [47.4, 8.55], [47.4, 8.54]], "spacing_m": 80}), "polygon"),
        (json!({"polygon": FIELD, "centre": [47.39, 8.54], "radius_m": 500, "spacing_m": 80}), "centre"),
        (json!({"polygon": FIELD}), "power_dbm"),
        (json!({"polygon": FIELD, "spacing_m": 0.1}), "spacing_m"),
        (json!({"polygon": FIELD, "spacing_m": 80, "speed_mps": 0}), "speed_mps"),
        (json!({"centre": [47.39, 8.54], "radius_m": 1e9, "spacing_m": 80}), "radius_m"),
    ] {
        let refused = plan(&site, &body);
        let said = refused.text();
        assert!(refused.code == 400 && said.contains(wanted), "{body}: {refused:?}");
        assert!(!said.contains("--") && !said.contains(".geojson"), "{body}: {said}");
    }
    for body in [
        json!({"polygon": FIELD, "out": "/tmp/x"}),
        json!({"polygon": "/etc/passwd"}),
        json!({"form": "wpl"}),
    ] {
        assert_eq!(plan(&site, &body).code, 422, "{body}");
    }
    assert_eq!(std::fs::read_dir(folder.path().join("home")).unwrap().count(), 0);
}

#[test]
fn a_flight_is_flown_again_with_other_settings_and_shown_until_the_server_ends() {
    let flight = Flight::start();
    let ask = |site: &Site, name: &str, set: &Value| {
        site.post(&format!("/api/v1/flights/{name}/what-if"), &json!({"set": set}), &[])
    };
    let sets = json!(["analytics.trigger_db=9"]);
    for name in ["live", &flight.name()] {
        let refused = ask(&flight.site, name, &sets);
        assert!(refused.code == 409 && refused.text().contains("skyhound ground"), "{refused:?}");
    }
    // Nor while another process records it.
    let (_other, beside) = ground(&flight.folder.path().join("flights"), &[]);
    let refused = ask(&beside, &flight.name(), &sets);
    assert!(refused.code == 409 && refused.text().contains("being recorded"), "{refused:?}");
    let (folder, name) = flight.end();
    let flights = folder.path().join("flights");
    let (mut server, site) = ground(&flights, &[]);
    let made = ask(&site, &name, &sets);
    assert_eq!(made.code, 200, "{made:?}");
    let made = made.json();
    let first = made["name"].as_str().unwrap().to_string();
    assert!(first.starts_with("what-if-") && !made["said"].as_str().unwrap().contains("/"), "{made}");
    // Its name is taken wherever a flight's is, and it says what it is.
    let asked = |name: &str| {
        let sql = json!({"sql": "select value from setting where name = 'replayed.set'"});
        site.post(&format!("/api/v1/flights/{name}/query"), &sql, &[])
    };
    assert_eq!(asked(&first).json()[0]["value"], "analytics.trigger_db=9");
    for of_it in ["file", "report.json", "report.html", "estimate"] {
        assert_eq!(site.get(&format!("/api/v1/flights/{first}/{of_it}"), &[]).code, 200, "{of_it}");
    }
    let listed = site.get("/api/v1/flights", &[]).json();
    assert!(listed.as_array().unwrap().len() == 1 && listed[0]["name"] == name.as_str(), "{listed}");
    let about = json!({"tags": ["fox"], "note": ""});
    assert_eq!(site.post(&format!("/api/v1/flights/{first}/about"), &about, &[]).code, 409);
    // What a replay does not ask, and what would have it read a file of this computer.
    for set in [
        "recorder.flights=/tmp/x",
        "sdr.source=file:/etc/passwd",
        "sdr.file.pace=max",
        "ground.token_file=/etc/passwd",
        "antenna.pattern=/etc/passwd",
        " antenna.pattern = /etc/passwd",
        "search.prior=/etc/passwd",
        "analytics.trigger_db",
        "analytics.trigger_db=9\n[recorder]\nflights=1",
        "analytics.trigger_db=1e9",
        "analytics.nothing=1",
        "--into=/tmp/x",
    ] {
        let refused = ask(&site, &name, &json!([set]));
        assert!(refused.code == 400 && !refused.text().contains("root:"), "{set}: {refused:?}");
    }
    assert_eq!(ask(&site, &name, &json!(vec!["analytics.trigger_db=9"; 33])).code, 400);
    assert_eq!(ask(&site, "nothing", &sets).code, 404);
    // Eight are kept.
    let more: Vec<String> =
        (0..8).map(|_| ask(&site, &name, &json!([])).json()["name"].as_str().unwrap().to_string()).collect();
    assert_eq!((asked(&first).code, asked(&more[0]).code, asked(&more[7]).code), (404, 200, 200));
    let home = flights.join("home");
    let there = || std::fs::read_dir(&home).unwrap().count();
    assert_eq!(there(), 8);
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    assert!(server.0.wait().unwrap().success());
    assert_eq!(there(), 0, "they are gone with the server");
}
