//! The house rules as a failing test: layers, circles, folders of foreign libraries, words, sizes, clocks.
//!
//! Why they are so: `firmware-host/ARCHITECTURE.md`. Each test names the file and line that breaks one, and what to do. The
//! map of the layers is read from the crate's own header, so that the picture people see is the one that is kept.

mod circles;

use circles::Crate;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines a file may have at most; past it, split by concept.
const FILE_LINES_MAX: usize = 450;
/// Lines a function may have at most: a screen.
const FUNCTION_LINES_MAX: usize = 75;
/// Words that say nothing about what a thing is.
const BANNED: [&str; 12] = [
    "manager", "service", "helper", "helpers", "util", "utils", "common", "data", "info", "handler",
    "enhanced", "v2",
];

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines before the file's own tests, numbered from 1; comments and strings emptied out of reach of the rules.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len());
        let is_test_file = self.path.ends_with("tests.rs") || self.path.contains("/tests/");
        let end = if is_test_file { 0 } else { tests };
        self.text[..end]
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn engine_module(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?;
        Some(inner.split(['/', '.']).next().unwrap_or(inner))
    }
}

fn house() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "firmware-host", "hil-tests", "benches"] {
        collect(&house().join(folder), &mut found);
    }
    assert!(found.len() > 20, "only {} source files found: this test looks in the wrong place", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative =
                path.strip_prefix(house()).expect("below the house").to_string_lossy().into_owned();
            found.push(Source { path: relative, text: fs::read_to_string(&path).expect("readable source") });
        }
    }
}

fn broken(rule: &str, breaches: Vec<String>) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

/// Module → layer, from the header of `src/lib.rs`.
fn layers() -> HashMap<String, u32> {
    let header = fs::read_to_string(house().join("src/lib.rs")).expect("src/lib.rs");
    let mut layers = HashMap::new();
    for line in header.lines().filter_map(|line| line.strip_prefix("//! ")) {
        let mut words = line.split_whitespace();
        let Some(layer) = words.next().and_then(|word| word.parse::<u32>().ok()) else { continue };
        let modules = line[1..].trim_start();
        // What stands after three or more spaces in a row of names is either another name or a remark.
        for name in modules.split("  ").map(str::trim).filter(|name| !name.is_empty() && !name.contains(' '))
        {
            layers.insert(name.to_string(), layer);
        }
    }
    layers
}

/// The engine's modules that a line of code names by `crate::`.
fn named_modules(line: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let names = group.split('}').next().unwrap_or(group).split(',');
            named.extend(names.map(|name| name.trim().split("::").next().unwrap_or_default().to_string()));
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            named.push(rest[..end].to_string());
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn engine_modules_use_only_layers_below() {
    let layers = layers();
    assert!(layers.len() >= 16, "the map of the layers in src/lib.rs was not understood: {layers:?}");
    let mut breaches = Vec::new();
    for source in sources() {
        let Some(module) = source.engine_module() else { continue };
        if ["lib", "tidy", "allocation"].contains(&module) {
            continue;
        }
        let Some(&own) = layers.get(module) else {
            breaches.push(format!("{}: `{module}` stands in no layer of src/lib.rs's header", source.path));
            continue;
        };
        for (number, line) in source.code() {
            for other in named_modules(line) {
                let allowed = other == module || layers.get(&other).is_some_and(|&layer| layer < own);
                if !allowed {
                    breaches.push(format!("{}:{number}: {module} may not use {other}", source.path));
                }
            }
        }
    }
    broken("a module may use only layers below its own, never a neighbour", breaches);
}

#[test]
fn the_engine_touches_nothing_outside() {
    let outside = [
        "std::thread",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::io",
        "Instant::now",
        "SystemTime",
        "println!",
        "eprintln!",
        "serde",
        "tracing",
        "unwrap()",
        "panic!",
        "Mutex",
    ];
    let mut breaches = Vec::new();
    for source in sources() {
        if source.engine_module().is_none_or(|module| ["tidy", "allocation"].contains(&module)) {
            continue;
        }
        for (number, line) in source.code() {
            for word in outside.iter().filter(|word| line.contains(**word)) {
                breaches.push(format!("{}:{number}: `{word}` in the engine", source.path));
            }
        }
    }
    broken("the engine has no threads, files, sockets, clock, log or panics; give it plain values", breaches);
}

#[test]
fn no_file_uses_itself_by_way_of_others() {
    let sources = sources();
    let mut breaches = Vec::new();
    for folder in ["src/", "firmware-host/src/", "hil-tests/src/"] {
        let crate_files = || {
            sources.iter().filter_map(|source| {
                let inner = source.path.strip_prefix(folder).filter(|inner| *inner != "main.rs")?;
                let code: Vec<&str> = source.code().map(|(_, line)| line).collect();
                Some((inner, code.join("\n")))
            })
        };
        let files = Crate::of(crate_files());
        let found = files.file_circles();
        breaches.extend(found.iter().map(|circle| format!("{folder}: {}", circle.join(", "))));
        // The rigs' folders are still a knot.
        if folder != "hil-tests/src/" {
            let neighbours = files.neighbour_circles();
            breaches.extend(neighbours.iter().map(|circle| format!("{folder}: {}", circle.join(", "))));
        }
    }
    broken("no circles: move what both need below both", breaches);
}

#[test]
fn each_foreign_library_has_its_folder() {
    // (what, where it may stand)
    let homes: [(&str, &[&str]); 18] = [
        ("soapysdr", &["sdr/"]),
        ("mavlink::", &["autopilot/"]),
        ("tokio_serial", &["autopilot/"]),
        ("duckdb::", &["store/", "report/"]),
        ("open_with_flags", &["store/place.rs"]),
        ("object_store::", &["store/keep/bucket.rs"]),
        ("rusqlite::", &["import/pisad.rs"]),
        ("axum::", &["ground/"]),
        ("hyper::", &["ground/"]),
        ("redis::", &["forward/redis_stream.rs"]),
        ("async_nats::", &["forward/jet_stream.rs"]),
        ("rust_xlsxwriter::", &["report/export/xlsx.rs"]),
        ("mcap::", &["report/export/foxglove.rs"]),
        ("zip::", &["maps/kmz.rs"]),
        ("toml::", &["settings/"]),
        ("ClockId", &["clock.rs"]),
        ("Instant::now", &["clock.rs"]),
        ("SystemTime", &["clock.rs"]),
    ];
    let mut breaches = Vec::new();
    for source in sources() {
        let Some(inner) = source.path.strip_prefix("firmware-host/src/") else { continue };
        for (number, line) in source.code() {
            for (word, places) in homes {
                if line.contains(word) && !places.iter().any(|place| inner.starts_with(place)) {
                    breaches.push(format!("{}:{number}: `{word}` belongs in {places:?}", source.path));
                }
            }
        }
    }
    broken("one foreign library, one folder", breaches);
}

#[test]
fn parts_of_the_host_do_not_know_each_other() {
    let parts = ["sdr", "autopilot", "store", "report", "ctl", "ground"];
    let mut breaches = Vec::new();
    for source in sources() {
        let Some(inner) = source.path.strip_prefix("firmware-host/src/") else { continue };
        let part = inner.split(['/', '.']).next().unwrap_or(inner);
        if !parts.contains(&part) {
            continue;
        }
        for (number, line) in source.code() {
            for other in named_modules(line) {
                // A report reads the flight files that the store writes; a page is another way through the operator's door.
                let allowed = other == part
                    || !parts.contains(&other.as_str())
                    || [("report", "store"), ("ground", "ctl")].contains(&(part, other.as_str()));
                if !allowed {
                    breaches.push(format!("{}:{number}: {part} may not use {other}", source.path));
                }
            }
        }
    }
    broken(
        "sdr, autopilot, store, report, ctl, ground do not import each other; wiring knows them all",
        breaches,
    );
}

#[test]
fn nothing_flies_with_the_rig() {
    let mut breaches = Vec::new();
    for source in sources() {
        if source.path == "src/tidy.rs" {
            continue;
        }
        if source.path.starts_with("src/") || source.path.starts_with("firmware-host/src/") {
            let lines = source.code().filter(|(_, line)| line.contains("skyhound_rig"));
            breaches.extend(lines.map(|(number, _)| format!("{}:{number}", source.path)));
        }
    }
    let manifest = fs::read_to_string(house().join("firmware-host/Cargo.toml")).expect("host manifest");
    assert!(!manifest.contains("skyhound-rig"), "the host must not depend on the rig");
    broken("nothing imports hil-tests; the flight binary contains no simulation", breaches);
}

#[test]
fn names_say_what_a_thing_is() {
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| source.path != "src/tidy.rs") {
        let stem = Path::new(&source.path).file_stem().expect("a file").to_string_lossy().into_owned();
        if let Some(word) = banned_word(&stem) {
            breaches.push(format!("{}: `{word}` in a file's name", source.path));
        }
        for (number, line) in source.text.lines().enumerate() {
            if let Some((name, word)) = defined_name(line).and_then(|name| Some((name, banned_word(name)?))) {
                breaches.push(format!("{}:{}: `{word}` in `{name}`", source.path, number + 1));
            }
        }
    }
    broken("names use the field's words; these say nothing", breaches);
}

/// The name that a line of code defines, if it defines one.
fn defined_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for prefix in ["pub(crate) ", "pub(super) ", "pub ", "async ", "const ", "unsafe "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let keywords = ["fn ", "struct ", "enum ", "trait ", "mod ", "type ", "static ", "let mut ", "let "];
    let after = keywords.iter().find_map(|keyword| rest.strip_prefix(keyword));
    let is_field = || {
        let name_end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        (line.trim_start().starts_with("pub") && rest[name_end..].starts_with(": ")).then_some(rest)
    };
    let name = after.or_else(is_field)?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end])
}

fn banned_word(name: &str) -> Option<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_uppercase() {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
    }
    words.into_iter().find(|word| BANNED.contains(&word.as_str()))
}

#[test]
fn files_and_functions_fit_a_reader() {
    let mut breaches = Vec::new();
    for source in sources() {
        let count = source.text.lines().count();
        if count > FILE_LINES_MAX {
            breaches.push(format!("{}: {count} lines, at most {FILE_LINES_MAX}", source.path));
        }
        for (number, lines) in long_functions(&source.text) {
            breaches.push(format!(
                "{}:{number}: a function of {lines} lines, at most {FUNCTION_LINES_MAX}",
                source.path
            ));
        }
        if !source.text.starts_with("//!") {
            breaches.push(format!("{}: no header that says what comes in and what goes out", source.path));
        }
    }
    broken("a file is read in a minute, a function on a screen", breaches);
}

/// First line and length of each function that is too long. Formatted code closes a function at its own indentation.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = code.starts_with("fn ") || (code.contains(" fn ") && code.starts_with("pub"));
        // A trait's function without a body ends where it begins.
        if !is_function || code.ends_with(';') {
            continue;
        }
        let close = format!("{}}}", &line[..line.len() - code.len()]);
        let end = lines[start..].iter().position(|line| *line == close).unwrap_or(0);
        if end + 1 > FUNCTION_LINES_MAX {
            found.push((start + 1, end + 1));
        }
    }
    found
}

#[test]
fn the_rules_bite() {
    assert_eq!(named_modules("use crate::{dsp::Hann, time};"), ["dsp", "time"]);
    assert_eq!(named_modules("let x = crate::sense::Sense::new();"), ["sense"]);
    assert_eq!(banned_word("ConnectionManager").as_deref(), Some("manager"));
    assert_eq!(banned_word("raw_data_bytes").as_deref(), Some("data"));
    assert_eq!(banned_word("database"), None);
    assert_eq!(defined_name("    pub async fn read_info(&self)"), Some("read_info"));
    assert_eq!(defined_name("    pub info: u8,"), Some("info"));
    assert_eq!(defined_name("    let data = 1;"), Some("data"));
    let long = format!("pub fn a() {{\n{}}}\n", "    x();\n".repeat(FUNCTION_LINES_MAX));
    assert_eq!(long_functions(&long), [(1, FUNCTION_LINES_MAX + 2)]);
    let layers = layers();
    assert_eq!((layers["units"], layers["facts"], layers["homing"], layers["decide"]), (0, 1, 3, 4));
}
