//! The command line as users write it. The binary itself is run by `tests/cli.rs`.

use std::path::Path;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use super::*;

/// Parses one command's arguments on their own, as if it were the program.
#[derive(Debug, Parser)]
struct Only<A: clap::Args> {
    #[command(flatten)]
    args: A,
}

fn parse<A: clap::Args>(line: &[&str]) -> Result<A, String> {
    let words = std::iter::once(&"skyhound").chain(line);
    Only::<A>::try_parse_from(words).map(|only| only.args).map_err(|error| error.to_string())
}

#[test]
fn the_commands_hold_claps_own_rules() {
    Cli::command().debug_assert();
}

#[test]
fn fly_takes_flags_over_sets_over_defaults() {
    let line = [
        "--sdr",
        "file:a.cs8",
        "--autopilot",
        "udpin:0.0.0.0:14550",
        "--flights",
        "out",
        "--pace",
        "max",
        "--for",
        "60s",
        "--set",
        "sdr.source=file:b.cs8",
        "--set",
        "beacon.0.offset_hz=-35890",
    ];
    let args: fly::Args = parse(&line).unwrap();
    assert_eq!(args.time, Some(Duration::from_secs(60)));
    let settings = args.load().unwrap();
    assert_eq!(settings.sdr.source, "file:a.cs8");
    assert_eq!(settings.autopilot.address, "udpin:0.0.0.0:14550");
    assert_eq!(settings.recorder.flights, Path::new("out"));
    assert_eq!(settings.pace, crate::settings::Pace::Max);
    assert_eq!(settings.beacons[0].offset_hz, -35_890.0);
    assert!(parse::<fly::Args>(&["--for", "60"]).unwrap_err().contains("500ms, 60s, 1.5m or 2h"));
    assert!(parse::<fly::Args>(&["--pace", "fast"]).unwrap_err().contains("realtime, max"));
    let wrong: fly::Args = parse(&["--autopilot", "/dev/ttyAMA0"]).unwrap();
    assert!(
        matches!(wrong.load(), Err(Failure::Usage(text)) if text.starts_with("--autopilot: autopilot.address: "))
    );
}

#[test]
fn a_bench_is_one_of_a_recording() {
    let live: fly::Args = parse(&["--bench", "--sdr", "soapy:driver=null"]).unwrap();
    assert!(matches!(live.load(), Err(Failure::Usage(text)) if text.contains("leave --bench out")));
    let recording: fly::Args =
        parse(&["--bench", "--sdr", "file:a.cs8", "--set", "sdr.frequency_hz=433920000"]).unwrap();
    assert!(recording.load().is_ok_and(|settings| settings.is_bench));
}

#[test]
fn the_other_commands_take_what_their_help_says() {
    let scan: scan::Args = parse(&["--sdr", "soapy:driver=null", "--json"]).unwrap();
    assert_eq!((scan.time, scan.json), (Duration::from_secs(2), true));
    assert_eq!(scan.load().unwrap().sdr.source, "soapy:driver=null");
    let probe: probe::Args = parse(&["driver=rtlsdr"]).unwrap();
    assert_eq!((probe.filter.as_str(), probe.json), ("driver=rtlsdr", false));
    let query: query::Args =
        parse(&["a.duckdb", "select 1", "--format", "parquet", "-o", "a.parquet"]).unwrap();
    assert_eq!(
        (query.format, query.output.as_deref()),
        (crate::store::Format::Parquet, Some(Path::new("a.parquet")))
    );
    assert!(parse::<query::Args>(&["a.duckdb"]).unwrap_err().contains("<SQL>"));
    let flights: flights::Args = parse(&["--flights", "x", "--json"]).unwrap();
    assert_eq!(flights.load().unwrap().recorder.flights, Path::new("x"));
    let report: report::Args = parse(&["a.duckdb", "--json"]).unwrap();
    assert!(report.json);
}

#[test]
fn cot_wants_to_know_where_to() {
    let args: cot::Args =
        parse(&["a.duckdb", "--to", "udp:239.2.3.1:6969", "--to", "tcp:base:8087"]).unwrap();
    assert_eq!(
        args.to.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["udp:239.2.3.1:6969", "tcp:base:8087"]
    );
    assert!(parse::<cot::Args>(&["a.duckdb"]).unwrap_err().contains("--to"));
    let wrong = parse::<cot::Args>(&["a.duckdb", "--to", "tls:base:8089"]).unwrap_err();
    assert!(wrong.contains("write udp:HOST:PORT") && wrong.contains("tcp:HOST:PORT"), "{wrong}");
}
