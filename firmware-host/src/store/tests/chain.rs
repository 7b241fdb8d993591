//! A flight of several files reads as the same flight in one.

use super::super::batch::Batch;
use super::super::chain::Chain;
use super::super::file::{Continues, FlightFile};
use super::super::rows::rows;
use super::super::sample::{self, settings};
use super::super::{Given, Inputs};
use crate::clock::Clock;
use skyhound::record::{Event, Record, Severity, Taken, Text};
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use std::ops::Range;
use std::path::{Path, PathBuf};

const PASS_US: u64 = 50_000;

/// How a second file comes to be.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Second {
    None,
    /// The commit that was not answered for is in the first file all the same.
    Repeated,
    Clean,
    AfterPause,
}

fn fill(batch: &mut Batch, passes: Range<u64>) {
    for pass in passes {
        let at = TimeUs(pass * PASS_US);
        let taken = Taken { reading_count: 2, pulse_count: 1, sdr_alive: true, ..Taken::default() };
        batch.push(&Record::Pass(at, taken));
        let known = batch.vehicle();
        let now = if pass % 3 == 1 { sample::vehicle(at.0) } else { known };
        sample::parts(at.0, &known, &now).iter().for_each(|part| batch.push(part));
        batch.readings.extend([2 * pass, 2 * pass + 1].map(|index| sample::reading(index, 0)));
        let inputs = sample::records(at.0).into_iter().filter(|record| matches!(record, Record::Pulse(_)));
        inputs.for_each(|pulse| batch.push(&pulse));
        batch.push(&Record::Facts(sample::facts(at.0, 25.0, true)));
    }
}

fn file(folder: &Path, continues: Option<&Continues>) -> FlightFile {
    FlightFile::create(&settings(folder), &sample::about(), Clock::start(), continues).unwrap()
}

/// The last file of a flight of 90 passes.
fn flight(folder: &Path, second: Second) -> PathBuf {
    let (mut first, mut batch) = (file(folder, None), Batch::default());
    fill(&mut batch, 1..40);
    first.commit(&batch).unwrap();
    batch.clear();
    fill(&mut batch, 40..60);
    if matches!(second, Second::None | Second::Repeated) {
        first.commit(&batch).unwrap();
    }
    let mut last = first;
    if second != Second::None {
        let unrecorded_since = (second == Second::AfterPause).then_some(TimeUs(60 * PASS_US));
        let continues = Continues { file: Some(last.path().to_path_buf()), unrecorded_since };
        last.leave();
        last = file(folder, Some(&continues));
        // Passes that wait in the lanes are older.
        let now = TimeUs(65 * PASS_US + 17);
        let text = Text::new("it failed");
        batch.push(&Record::Event(Event {
            at: now,
            severity: Severity::Warning,
            kind: "recorder_next_file",
            text,
        }));
        let known = batch.vehicle();
        known.changes_since(&Vehicle::default(), &mut |part| batch.push(&Record::Vehicle(now, part)));
        last.commit(&batch).unwrap();
    }
    batch.clear();
    fill(&mut batch, 60..90);
    last.commit(&batch).unwrap();
    let path = last.path().to_path_buf();
    last.close().unwrap();
    path
}

/// What its passes were given, and when it derived facts, for comparison.
fn told(chain: &Chain) -> Vec<String> {
    let (mut inputs, mut given, mut told) = (Inputs::read(chain).unwrap(), Given::default(), Vec::new());
    while inputs.next(&mut given) {
        told.push(format!("{given:?}"));
    }
    for (_, flight) in &chain.files {
        told.extend(
            rows(flight, "SELECT at_us FROM signal", |row| row.get::<_, i64>(0))
                .unwrap()
                .iter()
                .map(i64::to_string),
        );
    }
    told
}

#[test]
fn files_of_a_flight_read_as_one() {
    let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [whole, repeated, clean, paused] = &folders;
    let expected = told(&Chain::open(&flight(whole.path(), Second::None), 0).unwrap());
    assert_eq!(expected.len(), 2 * 89);
    for (folder, second) in [(repeated, Second::Repeated), (clean, Second::Clean)] {
        let last = flight(folder.path(), second);
        let chain = Chain::open(&last, 0).unwrap();
        assert_eq!((chain.files.len(), &chain.rest), (2, &None));
        let again = told(&chain);
        assert!(again == expected, "{second:?}: {} and {}", again.len(), expected.len());
        let first = &chain.files[0].0;
        let rest = Chain::open(first, 0).unwrap().rest.unwrap();
        assert!(rest.contains(&format!("goes on in {}", last.display())), "{rest}");
    }
    let last = flight(paused.path(), Second::AfterPause);
    let chain = Chain::open(&last, 0).unwrap();
    let rest = chain.rest.clone().unwrap();
    assert!(chain.files.len() == 1 && rest.contains("nothing was recorded from 3.0"), "{rest}");
    let first = chain.files[0].0.clone();
    drop(chain);
    std::fs::rename(first, paused.path().join("elsewhere.duckdb")).unwrap();
    let refused = Chain::open(&last, 0).err().unwrap().to_string();
    assert!(
        refused.contains("what was known by then is not in it") && refused.contains("beside it"),
        "{refused}"
    );
}
