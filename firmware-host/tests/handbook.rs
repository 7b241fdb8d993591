//! The handbook says what the program does: what it quotes is made anew and compared, what it names is there.
//!
//! A quotation stands between `<!-- from: WHAT -->` and `<!-- end -->`. WHAT is a command (`skyhound config autopilot`), the list of
//! the `interlocks`, or the words of one (`interlock mode`), which are read in its sources.
//! `SKYHOUND_WRITE_HANDBOOK=1 cargo test -p skyhound-host --test handbook` writes them anew.

use skyhound::command::Interlock;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const WRITE: &str = "SKYHOUND_WRITE_HANDBOOK";
const END: &str = "<!-- end -->\n";

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below `folder` whose names end so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let is_made = path.ends_with("web") || path.ends_with("target");
        if path.is_dir() && !is_made {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The chapters by their names.
fn chapters() -> BTreeMap<String, String> {
    let folder = house().join("firmware-host/handbook/src");
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files(&folder, ".md").iter().map(|path| (name(path), read(path))).collect()
}

fn program(line: &[&str]) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env("SKYHOUND_PROFILES", "/nonexistent").args(line);
    let done = command.output().unwrap();
    done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
}

/// Strings of an interlock's sources, each by the interlock that was named last before it.
fn words() -> BTreeMap<String, Vec<String>> {
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut paths = files(&house().join("src/homing/interlock"), ".rs");
    paths.retain(|path| !path.components().any(|part| part.as_os_str() == "tests"));
    for path in paths {
        functions(&read(&path), &mut words);
    }
    // Why it is not certain whom we command.
    let binding = read(&house().join("firmware-host/src/autopilot/binding.rs"));
    let constants = binding.split("\n\n").find(|part| part.contains("const RIVAL: &str")).expect("const RIVAL");
    literals(constants, Some("Identity"), &mut words);
    words
}

/// A function speaks of the first interlock that is named in it, before that of those above.
fn functions<'a>(text: &'a str, words: &mut BTreeMap<String, Vec<String>>) {
    let named = |part: &'a str| Some(part.split_once("(Interlock::")?.1.split_once(')')?.0);
    let mut last = None;
    for part in text.split("fn ") {
        last = named(part).or(last);
        literals(part, last, words);
    }
}

fn literals(text: &str, named: Option<&str>, words: &mut BTreeMap<String, Vec<String>>) {
    let mut named = named.map(str::to_string);
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', ':']) {
        let (before, from) = rest.split_at(at);
        if from.starts_with("//") {
            rest = from.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(after) = from.strip_prefix('"') {
            // No literal there has a quotation mark escaped but at settings' values.
            let close = after.replace("\\\"", "\0\0").find('"').expect("a literal ends");
            let literal = &after[..close];
            let is_name = before.ends_with("index(") || before.ends_with("include_str!(");
            if let Some(named) = named.as_ref().filter(|_| !is_name) {
                let joined: Vec<&str> = literal.split("\\\n").map(str::trim_start).collect();
                let told = joined.concat().replace("\\\"", "\"");
                let all = words.entry(named.clone()).or_default();
                if !told.is_empty() && !all.contains(&told) {
                    all.push(told);
                }
            }
            rest = &after[close + 1..];
        } else if before.ends_with("Interlock") && from.starts_with("::") {
            let name: String = from[2..].chars().take_while(char::is_ascii_alphanumeric).collect();
            rest = &from[2 + name.len()..];
            if name != "ALL" {
                named = Some(name);
            }
        } else {
            rest = &from[1..];
        }
    }
}

/// What the engine's list says of an interlock.
fn must_hold(interlock: Interlock) -> String {
    let source = read(&house().join("src/command.rs"));
    let list = source.split_once("pub enum Interlock {").unwrap().1.split_once("\n}").unwrap().0;
    let entry = format!("    {interlock:?},");
    let lines: Vec<&str> = list.lines().collect();
    let at = lines.iter().position(|line| *line == entry).expect("it is in the list");
    lines[at - 1].trim().trim_start_matches("/// ").to_string()
}

fn made(what: &str) -> String {
    let mut text = String::new();
    let parts: Vec<&str> = what.split(' ').collect();
    match parts[..] {
        ["skyhound", ref line @ ..] => {
            let told = program(line).unwrap_or_else(|| panic!("`{what}` failed"));
            let told: Vec<&str> = told.trim_end().lines().map(str::trim_end).collect();
            write!(text, "```text\n{}\n```\n", told.join("\n")).unwrap();
        }
        ["interlocks"] => {
            text += "| interlock | what must hold |\n|---|---|\n";
            for interlock in Interlock::ALL {
                let (name, must) = (interlock.name(), must_hold(interlock));
                writeln!(text, "| [{name}](locked.md#{name}) | {must} |").unwrap();
            }
        }
        ["interlock", name] => {
            let interlock = Interlock::ALL.into_iter().find(|interlock| interlock.name() == name);
            let interlock = interlock.unwrap_or_else(|| panic!("there is no interlock {name}"));
            writeln!(text, "What must hold: {}\n", must_hold(interlock)).unwrap();
            for told in words().get(&format!("{interlock:?}")).into_iter().flatten() {
                let marks = if told.contains('`') { ["`` ", " ``"] } else { ["`", "`"] };
                writeln!(text, "- {}{told}{}", marks[0], marks[1]).unwrap();
            }
        }
        _ => panic!("from: {what}: neither a command nor an interlock"),
    }
    text
}

#[test]
fn what_is_quoted_is_what_is_said() {
    let mut stale = Vec::new();
    for (chapter, text) in chapters() {
        let mut pieces = text.split("<!-- from: ");
        let mut anew = pieces.next().unwrap().to_string();
        for piece in pieces {
            let (what, quoted) = piece.split_once(" -->\n").expect("a mark ends its line");
            let (quoted, after) = quoted.split_once(END).unwrap_or_else(|| panic!("{chapter}: {what}: no {END}"));
            let made = made(what);
            if let Some(odd) = difference(quoted, &made) {
                stale.push(format!("{chapter}: {what}: {odd}"));
            }
            write!(anew, "<!-- from: {what} -->\n{made}{END}{after}").unwrap();
        }
        if std::env::var_os(WRITE).is_some() && anew != text {
            std::fs::write(house().join("firmware-host/handbook/src").join(&chapter), anew).unwrap();
        }
    }
    let is_written = std::env::var_os(WRITE).is_some();
    assert!(is_written || stale.is_empty(), "{}\nmake it anew: {WRITE}=1, and this test", stale.join("\n"));
}

/// The first line that differs, as it is quoted and as it is.
fn difference(quoted: &str, made: &str) -> Option<String> {
    let (mut old, mut new) = (quoted.lines(), made.lines());
    loop {
        match (old.next(), new.next()) {
            (None, None) => return None,
            (old, new) if old == new => {}
            (old, new) => return Some(format!("\n  quoted {old:?}\n  is     {new:?}")),
        }
    }
}

/// As mdBook and the page name a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " _-".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_leads_somewhere_and_the_summary_has_every_chapter() {
    let chapters = chapters();
    for (chapter, text) in &chapters {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { chapter } else { file };
            let to = chapters.get(file).unwrap_or_else(|| panic!("{chapter}: {link}: there is no chapter {file}"));
            let is_there = place.is_empty() || anchors(to).contains(place);
            assert!(is_there, "{chapter}: {link}: {file} has no heading {place}");
        }
    }
    for name in chapters.keys().filter(|name| *name != "SUMMARY.md") {
        assert!(chapters["SUMMARY.md"].contains(&format!("]({name})")), "SUMMARY.md does not name {name}");
    }
}

#[test]
fn every_interlock_has_its_section() {
    let chapter = &chapters()["locked.md"];
    for interlock in Interlock::ALL {
        let name = interlock.name();
        let section = chapter.split(&format!("\n## {name}\n")).nth(1).unwrap_or_else(|| panic!("no section {name}"));
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains(&format!("<!-- from: interlock {name} -->")), "{name} without its words");
        assert!(section.contains("**Look at:**") && section.contains("**Mend:**"), "{name} without a mend");
    }
}

/// Commands in a text: after `skyhound `, at the begin of a line or of a span of code, up to what ends it.
fn commands(text: &str) -> Vec<&str> {
    let spans = text.lines().flat_map(|line| {
        let begins = line.starts_with("skyhound ").then_some(line);
        begins.into_iter().chain(line.split('`').skip(1).step_by(2)).chain(line.split("| ").skip(1))
    });
    let ends = ["#", "|", "`", "  "];
    let cut = |span: &'_ str| ends.iter().map(|end| span.find(end).unwrap_or(span.len())).min();
    spans.filter(|span| span.starts_with("skyhound ")).map(|span| &span[..cut(span).unwrap()]).collect()
}

#[test]
fn every_command_and_its_options_are_there() {
    let mut helped: BTreeMap<Vec<String>, Option<String>> = BTreeMap::new();
    for (chapter, text) in chapters() {
        for command in commands(&text) {
            let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let mut line = vec!["help".to_string()];
            let mut told = String::new();
            for word in command.split(' ').skip(1).take_while(|word| is_name(word) && !word.starts_with('-')) {
                line.push(word.to_string());
                let help = helped.entry(line.clone()).or_insert_with(|| {
                    program(&line.iter().map(String::as_str).collect::<Vec<_>>())
                });
                // What is no command below one may be its argument.
                let Some(help) = help else {
                    assert!(line.len() > 2 && !told.contains("Commands:"), "{chapter}: `{command}`: {word} is no command");
                    break;
                };
                told.clone_from(help);
            }
            for option in command.split(' ').filter(|word| word.starts_with("--")) {
                let option = option.split('=').next().unwrap();
                assert!(told.contains(option), "{chapter}: `{command}`: there is no {option}");
            }
        }
    }
}

#[test]
fn every_hazard_has_its_interlock_its_test_and_its_bug() {
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_string).collect::<Vec<_>>();
    let chapter = chapters()["safety.md"].clone();
    let table = chapter.split_once("| hazard | interlock | test | planted bug |").expect("the table").1;
    let rows: Vec<Vec<String>> = table.lines().skip(2).take_while(|line| line.starts_with('|')).map(|line| {
        line.trim_matches('|').split(" | ").map(str::to_string).collect()
    }).collect();
    let sources = ["src", "firmware-host/src", "firmware-host/tests", "hil-tests/src", "hil-tests/tests"];
    let rust = sources.iter().flat_map(|folder| files(&house().join(folder), ".rs"));
    let rust: String = rust.map(|path| read(&path)).collect();
    let bugs = read(&house().join("hil-tests/tests/planted/bugs.diff"));
    let bugs: BTreeSet<&str> = bugs.lines().filter_map(|line| line.strip_prefix("bug ")?.split(' ').next()).collect();
    let (mut held, mut planted) = (BTreeSet::new(), BTreeSet::new());
    for row in &rows {
        assert_eq!(row.len(), 4, "{row:?}");
        for name in names(&row[1]) {
            assert!(Interlock::ALL.iter().any(|interlock| interlock.name() == name), "{name} is no interlock");
            held.insert(name);
        }
        assert!(!names(&row[2]).is_empty(), "no test: {row:?}");
        for name in names(&row[2]) {
            let is_scenario = house().join(format!("hil-tests/scenarios/{name}.toml")).exists();
            assert!(is_scenario || rust.contains(&format!("fn {name}(")), "there is no test or scenario {name}");
        }
        for name in names(&row[3]) {
            assert!(bugs.contains(name.as_str()), "no bug {name} is planted");
            planted.insert(name);
        }
    }
    for interlock in Interlock::ALL {
        assert!(held.contains(interlock.name()), "{} is against no hazard", interlock.name());
    }
    for bug in bugs {
        assert!(planted.contains(bug), "planted bug {bug} is in no row");
    }
}
