//! The handbook says what the program does: what it quotes is made anew and compared, what it names is there.
//!
//! A quotation stands between `<!-- from: WHAT -->` and `<!-- end -->`. WHAT is a command (`skyhound config autopilot`), the list of
//! the `interlocks`, the words of one (`interlock mode`), which are read in its sources, or the table of `attacks` that the page's tests walk.
//! `SKYHOUND_WRITE_HANDBOOK=1 cargo test -p skyhound-host --test handbook` writes them anew.

#[path = "page/attacks.rs"]
mod attacks;

use attacks::{ATTACKS, At, Attack, Load};
use skyhound::command::Interlock;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const WRITE: &str = "SKYHOUND_WRITE_HANDBOOK";
const END: &str = "<!-- end -->\n";
type Words = BTreeMap<String, Vec<String>>;

fn house() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files in and below a folder whose names end so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.unwrap().path();
        if path.is_dir() {
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
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files(&folder, ".md").iter().map(|path| (name(path), read(path))).collect()
}

fn program(line: &[&str]) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhound"));
    command.env_remove("RUST_LOG").env("SKYHOUND_PROFILES", "/nonexistent").args(line);
    let done = command.output().unwrap();
    done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
}

/// What the interlocks say. A function speaks of the first that is named in it, else of the last above it.
fn words() -> Words {
    let mut words = Words::new();
    let folder = house().join("src/homing/interlock");
    for path in files(&folder, ".rs").iter().filter(|path| !path.starts_with(folder.join("tests"))) {
        let (text, mut named) = (read(path), String::new());
        for part in text.split("fn ") {
            let first = part.split_once("(Interlock::").and_then(|(_, after)| after.split_once(')'));
            named = first.map_or(named, |(first, _)| first.to_string());
            literals(part, named.clone(), &mut words);
        }
    }
    // Why it is not certain whom we command.
    let binding = read(&house().join("firmware-host/src/autopilot/binding.rs"));
    let whom = binding.split("\n\n").find(|part| part.contains("const RIVAL: &str")).expect("const RIVAL");
    literals(whom, "Identity".to_string(), &mut words);
    words
}

fn literals(text: &str, mut named: String, words: &mut Words) {
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', ':']) {
        let (before, from) = rest.split_at(at);
        if from.starts_with("//") {
            rest = from.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(after) = from.strip_prefix('"') {
            let close = after.replace("\\\"", "__").find('"').expect("a literal ends");
            let told: Vec<&str> = after[..close].split("\\\n").map(str::trim_start).collect();
            let told = told.concat().replace("\\\"", "\"");
            let all = words.entry(named.clone()).or_default();
            if !told.is_empty() && !before.ends_with("index(") && !all.contains(&told) {
                all.push(told);
            }
            rest = &after[close + 1..];
        } else if let Some(after) = from.strip_prefix("::").filter(|_| before.ends_with("Interlock")) {
            let name = after.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            named = if name == "ALL" { named } else { name.to_string() };
            rest = &after[name.len()..];
        } else {
            rest = &from[1..];
        }
    }
}

/// What the engine's list says of an interlock.
fn must_hold(interlock: Interlock) -> String {
    let source = read(&house().join("src/command.rs"));
    let before = source.split_once(&format!("\n    {interlock:?},\n")).expect("it is in the list").0;
    before.rsplit_once("/// ").expect("it has words").1.to_string()
}

/// The attacks that the page's tests walk.
fn attacked() -> String {
    let begin = "| OWASP | attack | what is asked | what is answered |\n|---|---|---|---|\n".to_string();
    ATTACKS.iter().fold(begin, |rows, attack| rows + &printed(attack))
}

fn printed(Attack { risk, attack, at, asked, load, answered, holds }: &Attack) -> String {
    let requests = asked.iter().map(|(line, head, body)| {
        let parts = std::iter::once(line).chain(*head).filter(|part| !part.is_empty());
        let parts = parts.chain((!body.is_empty()).then_some(body));
        parts.map(|part| format!("`` {part} ``")).collect::<Vec<_>>().join(" ")
    });
    let requests = requests.collect::<Vec<_>>().join("; ");
    let requests = match load {
        Load::Each | Load::Beside(_) => requests,
        Load::Flood(count) => format!("{count} × {requests}"),
    };
    let place = if *at == At::Tokens { " (where there are tokens)" } else { "" };
    let codes = answered.iter().map(|code| match code {
        0 => "the connection is cut".to_string(),
        code => code.to_string(),
    });
    let codes = codes.collect::<Vec<_>>().join(" or ");
    let holds = holds.iter().map(|held| format!(", `` {held} ``")).collect::<String>();
    format!("| {risk} | {attack}{place} | {requests} | {codes}{holds} |\n")
}

fn made(what: &str) -> String {
    let parts: Vec<&str> = what.split(' ').collect();
    let all = Interlock::ALL.into_iter();
    match parts[..] {
        ["skyhound", ref line @ ..] => {
            let told = program(line).expect(what);
            told.trim_end().lines().fold("```text\n".to_string(), |text, line| text + line.trim_end() + "\n")
                + "```\n"
        }
        ["interlocks"] => {
            let begin = "| interlock | what must hold |\n|---|---|\n".to_string();
            let row =
                |one: Interlock| format!("| [{0}](locked.md#{0}) | {1} |\n", one.name(), must_hold(one));
            all.map(row).fold(begin, |rows, row| rows + &row)
        }
        ["attacks"] => attacked(),
        ["interlock", name] => {
            let one = all.into_iter().find(|one| one.name() == name).expect(name);
            let told = words().remove(&format!("{one:?}")).unwrap_or_default();
            let begin = format!("What must hold: {}\n\n", must_hold(one));
            told.iter().fold(begin, |lines, told| {
                let marks = if told.contains('`') { ["`` ", " ``"] } else { ["`", "`"] };
                format!("{lines}- {}{told}{}\n", marks[0], marks[1])
            })
        }
        _ => panic!("from: {what}: neither a command nor an interlock nor the attacks"),
    }
}

#[test]
fn what_is_quoted_is_what_is_said() {
    let (is_written, mut stale) = (std::env::var_os(WRITE).is_some(), Vec::new());
    for (chapter, text) in chapters() {
        let mut pieces = text.split("<!-- from: ");
        let mut anew = pieces.next().unwrap().to_string();
        for piece in pieces {
            let (what, quoted) = piece.split_once(" -->\n").expect("a mark ends its line");
            let (quoted, after) = quoted.split_once(END).expect("a quotation ends");
            let made = made(what);
            if quoted != made {
                let alone = |of: &str, other: &str| {
                    let is_alone = |line: &&str| !other.lines().any(|there| there == *line);
                    of.lines().filter(is_alone).take(5).collect::<Vec<_>>().join("\n    ")
                };
                let (old, fresh) = (alone(quoted, &made), alone(&made, quoted));
                stale.push(format!("{chapter}: {what}\n  quoted\n    {old}\n  is\n    {fresh}"));
            }
            anew += &format!("<!-- from: {what} -->\n{made}{END}{after}");
        }
        if is_written && anew != text {
            std::fs::write(house().join("firmware-host/handbook/src").join(&chapter), anew).unwrap();
        }
    }
    assert!(is_written || stale.is_empty(), "{}\nmake it anew: {WRITE}=1, and this test", stale.join("\n"));
}

/// Headings as mdBook and the page name them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let is_kept = |c: &char| c.is_alphanumeric() || " _-".contains(*c);
    let name = |line: &str| line.trim_start_matches('#').trim().chars().filter(is_kept).collect::<String>();
    headings.map(|line| name(line).to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn every_link_leads_somewhere_and_the_summary_has_every_chapter() {
    let chapters = chapters();
    for (chapter, text) in &chapters {
        for link in text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let to = chapters.get(if file.is_empty() { chapter.as_str() } else { file });
            let leads = to.is_some_and(|to| place.is_empty() || anchors(to).contains(place));
            assert!(leads, "{chapter}: {link} leads nowhere");
        }
        let is_named = chapters["SUMMARY.md"].contains(&format!("]({chapter})"));
        assert!(is_named || chapter == "SUMMARY.md", "SUMMARY.md does not name {chapter}");
    }
}

#[test]
fn every_interlock_has_its_section() {
    let chapter = &chapters()["locked.md"];
    for name in Interlock::ALL.map(Interlock::name) {
        let after = chapter.split_once(&format!("\n## {name}\n")).expect(name).1;
        let section = after.split("\n## ").next().unwrap();
        for part in [&format!("<!-- from: interlock {name} -->"), "**Look at:**", "**Mend:**"] {
            assert!(section.contains(part), "{name} without {part}");
        }
    }
}

/// Commands in a text: at the begin of a line or in a span of code, up to a remark.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let spans = text.lines().flat_map(|line| std::iter::once(line).chain(line.split('`').skip(1).step_by(2)));
    let cut = |span: &'_ str| span.find(['#', '`', '|']).unwrap_or(span.len());
    spans.filter(|span| span.starts_with("skyhound ")).map(move |span| span[..cut(span)].trim_end())
}

#[test]
fn every_command_and_its_options_are_there() {
    let mut helped: BTreeMap<Vec<&str>, Option<String>> = BTreeMap::new();
    let chapters = chapters();
    for command in chapters.values().flat_map(|text| commands(text)) {
        let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        let (mut line, mut told) = (vec!["help"], program(&["help"]).unwrap());
        for word in command.split(' ').skip(1).take_while(is_name) {
            line.push(word);
            let help = helped.entry(line.clone()).or_insert_with(|| program(&line));
            // Below one that has no commands it is an argument.
            let Some(help) = help else {
                assert!(!told.contains("\nCommands:"), "`{command}`: {word} is no command");
                break;
            };
            told.clone_from(help);
        }
        for option in command.split(' ').filter(|word| word.starts_with("--")) {
            assert!(told.contains(option.split('=').next().unwrap()), "`{command}`: there is no {option}");
        }
    }
}

#[test]
fn every_hazard_has_its_interlock_its_test_and_its_bug() {
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_string).collect::<Vec<_>>();
    let chapter = &chapters()["safety.md"];
    let table = chapter.split_once("| hazard | interlock | test | planted bug |\n").expect("the table").1;
    let sources = ["src", "firmware-host/src", "firmware-host/tests", "hil-tests/src", "hil-tests/tests"];
    let rust = sources.iter().flat_map(|folder| files(&house().join(folder), ".rs"));
    let rust: String = rust.map(|path| read(&path)).collect();
    let bugs = read(&house().join("hil-tests/tests/planted/bugs.diff"));
    let bugs = bugs.lines().filter_map(|line| line.strip_prefix("bug ")?.split(' ').next());
    let bugs: BTreeSet<String> = bugs.map(str::to_string).collect();
    let interlocks: BTreeSet<String> = Interlock::ALL.map(|one| one.name().to_string()).into();
    let (mut held, mut planted) = (BTreeSet::new(), BTreeSet::new());
    for row in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert!(cells.len() == 4 && !names(cells[2]).is_empty(), "no test, or not four cells: {row}");
        held.extend(names(cells[1]));
        planted.extend(names(cells[3]));
        for name in names(cells[2]) {
            let is_scenario = house().join(format!("hil-tests/scenarios/{name}.toml")).exists();
            let is_test = rust.contains(&format!("fn {name}("));
            assert!(is_test || is_scenario, "there is no test or scenario {name}");
        }
    }
    assert_eq!(held, interlocks, "interlocks of the table, and those that there are");
    assert_eq!(planted, bugs, "planted bugs of the table, and those that there are");
}
