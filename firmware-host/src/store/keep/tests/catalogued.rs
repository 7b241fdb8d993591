//! The catalogue: every flight is found wherever it lies, and what people wrote to it is not lost.

use super::*;

fn names(flights: &[Known]) -> Vec<&str> {
    flights.iter().map(|flight| flight.name.as_str()).collect()
}

#[test]
fn flights_are_found_wherever_they_lie() {
    let (drone, stick, laptop) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (flight(drone.path(), 300), flight(drone.path(), 200));
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_string();
    let catalogue = Catalogue::open(&laptop.path().join("deep/catalog.duckdb")).unwrap();
    let scanned = catalogue.scan(drone.path(), "drone-1", 0).unwrap();
    assert_eq!((scanned.read.len(), scanned.faults.len()), (2, 0), "{scanned:?}");
    archive(&one, stick.path(), 0).unwrap();
    backup(&two, &stick.path().join("copies").join(two.file_name().unwrap()), 0).unwrap();
    catalogue.scan(stick.path(), "stick", 0).unwrap();
    let again = catalogue.scan(stick.path(), "stick", 0).unwrap();
    assert_eq!((again.read.len(), again.same.len()), (0, 2));

    // Of the same second they stand by their names, of which chance is a part.
    let mut stems = [stem(&one), stem(&two)];
    stems.sort();
    assert_eq!(names(&catalogue.find("").unwrap()), stems);
    let known = catalogue.one(&said(&one).sha256[..20]).unwrap();
    assert_eq!((known.name.as_str(), known.heard.join(" ").as_str()), (stem(&one).as_str(), "beacon"));
    let places = catalogue.places(&known.sha256).unwrap();
    let on: Vec<_> = places.iter().map(|place| (place.volume.as_str(), place.is_archive)).collect();
    assert_eq!(on, [("drone-1", false), ("stick", true)]);
    assert!(catalogue.one("2").unwrap_err().to_string().contains("2 flights begin with"));
    assert!(catalogue.one("x").unwrap_err().to_string().contains("`catalog find` lists them"));

    // What people wrote stays while the flight grows, and where its file was freed.
    catalogue
        .write_flight(&Known { tags: vec!["it's".into()], note: Some("lake".into()), ..known.clone() })
        .unwrap();
    edit(&one, "INSERT INTO event(text) VALUES ('more')");
    std::fs::remove_file(&two).unwrap();
    let later = catalogue.scan(drone.path(), "drone-1", 0).unwrap();
    assert_eq!((later.read.len(), later.gone.len()), (1, 1), "{later:?}");
    let grown = catalogue.find("LAKE").unwrap().remove(0);
    assert_eq!(
        (grown.name.as_str(), grown.tags.join(","), &grown.sha256),
        (stem(&one).as_str(), "it's".to_string(), &said(&one).sha256)
    );
    let left: Vec<_> = catalogue
        .places(&stem(&two))
        .unwrap()
        .into_iter()
        .map(|place| (place.volume, place.is_there))
        .collect();
    assert_eq!(left, [("stick".to_string(), true), ("drone-1".to_string(), false)]);

    // A copy that is not what it was is told, and does not pass for the flight.
    let copy = stick.path().join("copies").join(two.file_name().unwrap());
    edit(&copy, "DELETE FROM reading WHERE acquired_us < 1000000");
    let faults: Vec<_> = catalogue
        .verify("", laptop.path(), 0)
        .unwrap()
        .into_iter()
        .filter(|place| place.fault.is_some())
        .collect();
    assert!(
        faults.len() == 1 && faults[0].path == copy.canonicalize().unwrap().to_str().unwrap(),
        "{faults:?}"
    );

    // A fresh laptop.
    catalogue.save(stick.path(), stick.path()).unwrap();
    let fresh = Catalogue::open(&laptop.path().join("fresh.duckdb")).unwrap();
    assert_eq!(fresh.take_saved(stick.path(), stick.path()).unwrap(), 2);
    assert_eq!(fresh.find("").unwrap(), catalogue.find("").unwrap());
    assert_eq!(fresh.places("").unwrap(), catalogue.places("").unwrap());
    assert_eq!(fresh.take_saved(drone.path(), drone.path()).unwrap(), 0);
}

#[test]
fn what_was_heard_alike_is_near() {
    let (folder, laptop) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, alike, other) =
        (flight(folder.path(), 30), flight(folder.path(), 90), flight(folder.path(), 30));
    let silent = killed(folder.path());
    edit(&alike, "UPDATE hearing SET frequency_hz = frequency_hz + 100, cn0_e2 = cn0_e2 - 300");
    edit(&other, "UPDATE hearing SET kind = 'chirp', width_us = 4000; UPDATE detection SET pulse_period_us = 16e6, pulse_width_us = 4000;
        UPDATE spectrum SET power_e1 = list_transform(range(256), i -> (-900 + (i % 7) * 40)::SMALLINT)");
    let catalogue = Catalogue::open(&laptop.path().join("c.duckdb")).unwrap();
    assert_eq!(catalogue.scan(folder.path(), "here", 0).unwrap().read.len(), 4);
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_string();
    let similar = catalogue.similar(&catalogue.one(&name(&one)).unwrap()).unwrap();
    let near: Vec<_> = similar.iter().map(|(_, flight)| flight.name.clone()).collect();
    assert_eq!(near, [name(&alike), name(&other)]);
    assert!(similar[0].0 < 0.01 && similar[1].0 > 0.1, "{} {}", similar[0].0, similar[1].0);
    let nothing = catalogue.places(&name(&silent)).unwrap().remove(0).flight;
    assert!(
        catalogue
            .similar(&catalogue.one(&nothing).unwrap())
            .unwrap_err()
            .to_string()
            .contains("nothing was heard")
    );
}
