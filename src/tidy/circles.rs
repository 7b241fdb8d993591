//! Who uses whom, and whether anyone uses itself by way of others.
//!
//! A file uses another when its code, tests aside, names something of it by a path (`crate::`, `super::`, `self::`), followed
//! through `use` to the file where that is written; what a parent names of the files below it does not count, because it
//! declares them. Of neighbours, each file or folder beside another counts as one, with all that lies below it.

use std::collections::{BTreeMap, BTreeSet};

type Module = Vec<String>;

/// A crate's files: each module's own text, without tests and comments.
pub struct Crate {
    files: BTreeMap<Module, File>,
}

struct File {
    path: String,
    /// Names that `use` brings in, and where from; `*` for all.
    brought: Vec<(String, Vec<String>)>,
    /// All paths that begin with `crate`, `super` or `self`.
    paths: Vec<Vec<String>>,
}

impl Crate {
    /// Of the files (path below the crate's folder, code).
    pub fn of<'a>(files: impl Iterator<Item = (&'a str, String)>) -> Crate {
        let files = files
            .map(|(path, code)| {
                let words = words(&code);
                let brought = brought(&words);
                let mut paths = paths(&words);
                paths.extend(brought.iter().map(|(_, from)| from.clone()));
                paths.retain(|path| ["crate", "super", "self"].contains(&path[0].as_str()));
                (module(path), File { path: path.to_string(), brought, paths })
            })
            .collect();
        Crate { files }
    }

    /// Every circle of files, as its uses. What a parent uses of what lies below it does not count: it declares it.
    pub fn file_circles(&self) -> Vec<Circle> {
        let mut uses = Uses::new();
        for (from, to) in self.uses().into_iter().filter(|(from, to)| !to.starts_with(from)) {
            let step = self.step(from, &to);
            let [from, to] = [from, &to].map(|module| self.files[module].path.clone());
            uses.entry(from).or_default().entry(to).or_insert(step);
        }
        circles_in(&uses)
    }

    /// Every circle of neighbours, files or folders, as its uses.
    pub fn neighbour_circles(&self) -> Vec<Circle> {
        let mut uses: BTreeMap<Module, Uses> = BTreeMap::new();
        for (from, to) in self.uses() {
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
                let folder = uses.entry(from[..shared].to_vec()).or_default();
                folder.entry(a.clone()).or_default().entry(b.clone()).or_insert_with(|| self.step(from, &to));
            }
        }
        uses.values().flat_map(circles_in).collect()
    }

    fn uses(&self) -> Vec<(&Module, Module)> {
        let mut uses = Vec::new();
        for (from, file) in &self.files {
            uses.extend(file.paths.iter().filter_map(|path| Some((from, self.resolve(from, path, 0)?))));
        }
        uses
    }

    fn step(&self, from: &Module, to: &Module) -> (String, String) {
        (self.files[from].path.clone(), self.files[to].path.clone())
    }

    /// The module of the file in which the last thing of `path`, as `from` spells it, is written.
    fn resolve(&self, from: &Module, path: &[String], depth: u32) -> Option<Module> {
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (Module::new(), &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => (from.split_last()?.1.to_vec(), &path[1..]),
            child => {
                let inside = [from.as_slice(), &[child.to_string()]].concat();
                self.files.get(&inside)?;
                (inside, &path[1..])
            }
        };
        while let Some((name, behind)) = rest.split_first() {
            let inside = [at.as_slice(), std::slice::from_ref(name)].concat();
            if name == "super" {
                at.pop();
            } else if self.files.contains_key(&inside) {
                at = inside;
            } else {
                let brought = self.files.get(&at).into_iter().flat_map(|file| &file.brought);
                let found =
                    brought.filter(|(brought, _)| depth < 8 && brought == name).find_map(|(_, path)| {
                        let whole = [path.as_slice(), behind].concat();
                        self.resolve(&at, &whole, depth + 1)
                    });
                return found.or_else(|| self.files.contains_key(&at).then_some(at));
            }
            rest = behind;
        }
        self.files.contains_key(&at).then_some(at)
    }
}

/// Who uses whom, of files or neighbours that use each other.
pub type Circle = Vec<String>;

/// Neighbour → neighbours it uses → the first such use.
type Uses = BTreeMap<String, BTreeMap<String, (String, String)>>;

fn reach<'a>(uses: &'a Uses, start: &str) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(at) = open.pop() {
        let next = uses.get(at).into_iter().flat_map(BTreeMap::keys);
        for name in next {
            if reached.insert(name.as_str()) {
                open.push(name);
            }
        }
    }
    reached
}

/// The groups of neighbours that reach each other.
fn circles_in(uses: &Uses) -> Vec<Circle> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|name| (name.as_str(), reach(uses, name))).collect();
    let mut circles = Vec::new();
    let mut told = BTreeSet::new();
    for (name, to) in &reached {
        if !to.contains(name) || told.contains(name) {
            continue;
        }
        let group: Vec<&str> = to
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(name)))
            .collect();
        told.extend(group.iter().copied());
        let steps = group.iter().flat_map(|from| uses[*from].iter());
        let steps = steps.filter(|(to, _)| group.contains(&to.as_str())).map(|(_, step)| step);
        circles.push(steps.map(|(from, to)| format!("{from} uses {to}")).collect());
    }
    circles
}

/// `a/b.rs` and `a/b/mod.rs` are module a, b; `lib.rs` is the crate itself.
fn module(path: &str) -> Module {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Module = path.split('/').map(str::to_string).collect();
    if parts.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// Names, `::` and single characters, in their order; strings are left out.
fn words(code: &str) -> Vec<String> {
    let (mut words, mut chars) = (Vec::new(), code.chars().peekable());
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '_' {
            let mut word = c.to_string();
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(c);
            }
            words.push(word);
        } else if c == ':' && chars.next_if_eq(&':').is_some() {
            words.push("::".to_string());
        } else if c == '"' {
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                if c == '\\' {
                    chars.next();
                }
            }
        } else if !c.is_whitespace() {
            words.push(c.to_string());
        }
    }
    words
}

/// Paths of two names and more, outside of `use`.
fn paths(words: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let mut path = vec![words[at].clone()];
        while words.get(at + 1).is_some_and(|word| word == "::")
            && words.get(at + 2).is_some_and(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        {
            path.push(words[at + 2].clone());
            at += 2;
        }
        if path.len() > 1 {
            found.push(path);
        }
        at += 1;
    }
    found
}

/// Each name that a `use` brings in, with its whole path.
fn brought(words: &[String]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let begins = words.iter().enumerate().filter(|(_, word)| *word == "use").map(|(at, _)| at + 1);
    for begin in begins {
        let end = words[begin..].iter().position(|word| word == ";").map_or(words.len(), |end| begin + end);
        tree(&words[begin..end], &[], &mut found);
    }
    found
}

fn tree(words: &[String], front: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = front.to_vec();
    let mut name = None;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "::" => {}
            "as" => {
                name = words.get(at + 1).cloned();
                break;
            }
            "{" => {
                let inner = &words[at + 1..words.len() - 1];
                return branches(inner).into_iter().for_each(|branch| tree(branch, &path, found));
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_string()),
        }
    }
    if let Some(last) = path.last().cloned() {
        found.push((name.unwrap_or(last), path));
    }
}

/// The parts between commas that stand in no inner braces.
fn branches(words: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    let parts = words.split(|word| {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && word == ","
    });
    parts.filter(|part| !part.is_empty()).collect()
}

#[test]
fn circles_are_found_through_what_is_passed_on() {
    let crate_of = |files: &[(&'static str, &str)]| {
        let files = Crate::of(files.iter().map(|(path, code)| (*path, (*code).to_string())));
        (files.neighbour_circles(), files.file_circles())
    };
    let straight = [
        ("lib.rs", "pub mod a; pub mod b;"),
        ("a/mod.rs", "mod x; mod y; pub use x::X; pub struct A; fn f() { y::g() }"),
        ("a/x.rs", "use super::{A, y::{self, Y}}; pub struct X;"),
        ("a/y.rs", "use super::A; pub struct Y;"),
        ("b.rs", "use crate::a::X; fn f() { let s = \"crate::b::c\"; }"),
    ];
    assert_eq!(crate_of(&straight), (Vec::new(), Vec::new()));
    let mut files = straight;
    files[3].1 = "pub struct Y(super::X);";
    let among_files = vec![vec!["a/x.rs uses a/y.rs".to_string(), "a/y.rs uses a/x.rs".to_string()]];
    assert_eq!(crate_of(&files), (among_files.clone(), among_files));
    files[3].1 = "use crate::b; pub struct Y;";
    assert_eq!(crate_of(&files).0, [["a/y.rs uses b.rs", "b.rs uses a/x.rs"]]);
    assert_eq!(crate_of(&files).1, [["a/x.rs uses a/y.rs", "a/y.rs uses b.rs", "b.rs uses a/x.rs"]]);
    let three = [
        ("lib.rs", ""),
        ("a.rs", "use crate::b::{B as Other};"),
        ("b.rs", "use crate::{c, d};"),
        ("c.rs", "fn f(a: crate::a::A) {}"),
        ("d.rs", ""),
    ];
    assert_eq!(crate_of(&three).1, [["a.rs uses b.rs", "b.rs uses c.rs", "c.rs uses a.rs"]]);
}
