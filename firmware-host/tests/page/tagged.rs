//! Tags and notes: kept in the catalogue, found again, and bounded.

use super::site::{Answer, Site, ground};
use super::{Flight, PATIENCE, skyhound};
use serde_json::{Value, json};

fn about(site: &Site, name: &str, tags: &Value, note: &str) -> Answer {
    site.post(&format!("/api/v1/flights/{name}/about"), &json!({"tags": tags, "note": note}), &[])
}

fn listed(site: &Site, find: &str) -> Value {
    site.get(&format!("/api/v1/flights{find}"), &[]).json()
}

#[test]
fn what_people_say_of_a_flight_is_kept_and_found() {
    let flight = Flight::start();
    let name = flight.name();
    // Also of the one that flies, which nobody knows yet.
    let written = about(&flight.site, "live", &json!(["wood", "fox", " fox "]), "behind the barn\nin a tree");
    assert_eq!(written.code, 200, "{written:?}");
    let one = &listed(&flight.site, "")[0];
    assert_eq!((&one["tags"], &one["note"]), (&json!(["fox", "wood"]), &json!("behind the barn\nin a tree")));
    let (folder, _) = flight.end();
    let flights = folder.path().join("flights");
    // Another server of the same user, and the command line, tell the same.
    std::fs::rename(folder.path().join("home"), flights.join("home")).unwrap();
    let (_server, site) = ground(&flights, &[]);
    for (find, count) in [("?text=BARN", 1), ("?text=fox", 1), ("?text=nothing", 0), ("", 1)] {
        assert_eq!(listed(&site, find).as_array().unwrap().len(), count, "{find}");
    }
    // As many as the file has: noise alone can be taken for a beacon once in an hour.
    let sql = json!({"sql": "SELECT DISTINCT beacon FROM detections"});
    let heard = site.post(&format!("/api/v1/flights/{name}/query"), &sql, &[]).json();
    let heard: Vec<Value> = heard.as_array().unwrap().iter().map(|row| row["beacon"].clone()).collect();
    assert_eq!(listed(&site, &format!("?text={name}"))[0]["heard"], json!(heard));
    let catalogue = || {
        let mut command = skyhound();
        command.env("XDG_DATA_HOME", flights.join("home")).args(["catalog", "find", "--json"]);
        serde_json::from_slice::<Value>(&command.output().unwrap().stdout).unwrap()[0].clone()
    };
    assert_eq!(catalogue()["tags"], json!(["fox", "wood"]));
    // What is written takes the place of what was there; words of the command line are words.
    assert_eq!(about(&site, &name, &json!(["--catalog=x", "-h", "'; drop"]), "--note").code, 200);
    assert_eq!(
        (&catalogue()["tags"], &catalogue()["note"]),
        (&json!(["'; drop", "--catalog=x", "-h"]), &json!("--note"))
    );
    assert_eq!(about(&site, &name, &json!([]), "").code, 200);
    assert_eq!((&catalogue()["tags"], &catalogue()["note"]), (&json!([]), &Value::Null));
    // Several at once, and lists beside them: each waits for the other.
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (site, name) = (&site, &name);
            scope.spawn(move || {
                let begun = std::time::Instant::now();
                // Two processes at once are all that the server starts.
                while about(site, name, &json!([format!("tag {number}")]), "").code == 409 {
                    assert!(begun.elapsed() < PATIENCE, "it is never written");
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                assert!([200, 409].contains(&site.get("/api/v1/flights", &[]).code));
            });
        }
    });
    assert_eq!(catalogue()["tags"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_tag_and_no_note_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // It is no flight file: what is refused for its words is refused before it is read.
    std::fs::write(folder.path().join("a.duckdb"), b"no flight").unwrap();
    let tokens = folder.path().join("tokens");
    let line =
        String::from_utf8(skyhound().args(["ground", "token", "look"]).output().unwrap().stdout).unwrap();
    std::fs::write(&tokens, &line).unwrap();
    std::fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let (_server, site) = ground(folder.path(), &[]);
    let many: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
    for tags in [
        json!(many[..33]),
        json!([""]),
        json!(["  "]),
        json!(["a\u{0}b"]),
        json!(["a\nb"]),
        json!(["\u{1b}[31mred"]),
        json!(["x".repeat(41)]),
    ] {
        let refused = about(&site, "a", &tags, "");
        assert!(refused.code == 400 && refused.text().contains("tag"), "{tags}: {refused:?}");
    }
    assert!([400, 413].contains(&about(&site, "a", &json!(many), "").code));
    for note in ["\u{0}".to_string(), "\u{1b}]0;x".to_string(), "x".repeat(4_001)] {
        assert_eq!(about(&site, "a", &json!([]), &note).code, 400, "{note:?}");
    }
    for body in [
        json!({"tags": []}),
        json!({"tags": "fox", "note": ""}),
        json!({"tags": [], "note": "", "name": "b"}),
    ] {
        assert_eq!(site.post("/api/v1/flights/a/about", &body, &[]).code, 422, "{body}");
    }
    for name in ["..%2f..%2fetc%2fpasswd", "b", "live"] {
        assert!([404, 409].contains(&about(&site, name, &json!(["fox"]), "").code), "{name}");
    }
    let unread = about(&site, "a", &json!(["fox"]), "");
    assert!(unread.code == 409, "what cannot be read is not known: {unread:?}");
    assert_eq!(site.get(&format!("/api/v1/flights?text={}", "x".repeat(201)), &[]).code, 400);
    assert_eq!(site.get("/api/v1/flights?text=x%00y", &[]).code, 400);
    assert_eq!(site.get("/api/v1/flights?text=--help", &[]).json(), json!([]));
    let (_server, site) = ground(folder.path(), &[format!("ground.token_file={}", tokens.display())]);
    let bearer = format!("Authorization: Bearer {}", line.split_whitespace().nth(1).unwrap());
    let body = json!({"tags": [], "note": ""});
    assert_eq!(site.post("/api/v1/flights/a/about", &body, &[&bearer]).code, 403);
}
