//! The bytes of the page as the daemon hands them out: what a browser loads before it shows something, and all that the page's files name.

use super::{KB, Row, number};
use crate::daemon::client;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Files that name others.
const NAMING: [&str; 3] = [".html", ".js", ".css"];
const FILES: [&str; 9] = [".html", ".js", ".css", ".svg", ".png", ".woff2", ".txt", ".json", ".webmanifest"];

/// Rows for both.
///
/// # Errors
/// The server does not answer.
pub fn sizes(page: SocketAddr) -> Result<Vec<Row>, String> {
    let all = files(page, &|_| true)?;
    let first = files(page, &|named| named.is_first)?;
    let row = |what: &str, files: &BTreeMap<String, usize>| {
        let bytes: usize = files.values().sum();
        Row::new(what, vec![number(bytes as f64 / KB, "kB"), number(files.len() as f64, "files")])
    };
    Ok(vec![row("the page until it shows", &first), row("all its files", &all)])
}

/// A file that another names.
struct Named {
    path: String,
    /// Whether the other cannot be shown without it.
    is_first: bool,
}

/// Files by their paths, with their sizes in bytes: the first, and what each names as far as it `counts`.
fn files(page: SocketAddr, counts: &dyn Fn(&Named) -> bool) -> Result<BTreeMap<String, usize>, String> {
    let mut found = BTreeMap::new();
    let mut asked = vec!["index.html".to_string()];
    let mut next = 0;
    while let Some(path) = asked.get(next).cloned() {
        next += 1;
        let got = client::get(page, &format!("/{path}")).map_err(|error| format!("page: {path}: {error}"))?;
        let Some(bytes) = got else { continue };
        found.insert(path.clone(), bytes.len());
        if NAMING.iter().any(|end| path.ends_with(end)) {
            let named = named(&path, &String::from_utf8_lossy(&bytes));
            asked.extend(named.into_iter().filter(|named| counts(named)).map(|named| named.path));
            let mut kept = std::collections::BTreeSet::new();
            asked.retain(|path| kept.insert(path.clone()));
        }
    }
    Ok(found)
}

/// Names in quotes that are files', as paths from the page's root.
fn named(by: &str, text: &str) -> Vec<Named> {
    let folder = by.rfind('/').map_or("", |at| &by[..=at]);
    let quoted = text.match_indices('"').filter_map(|(at, _)| {
        let name = text[at + 1..].split('"').next()?.split('#').next()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let is_file = FILES.iter().any(|end| name.ends_with(end)) && name.chars().all(is_plain);
        let path = format!("{folder}{}", name.trim_start_matches("./"));
        let before = &text[..at];
        let line = before.rsplit('\n').next().unwrap_or_default();
        // A script loaded on demand stands in brackets, a link to another page in no <link>.
        let is_first = ["from", "import", "src="].iter().any(|word| before.ends_with(word))
            || (before.ends_with("href=") && line.contains("<link"));
        is_file.then_some(Named { path, is_first })
    });
    quoted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_at_once_is_told_from_what_is_loaded_later() {
        let told = |by: &str, text: &str| -> Vec<(String, bool)> {
            named(by, text).into_iter().map(|named| (named.path, named.is_first)).collect()
        };
        let pair = |path: &str, is_first| (path.to_string(), is_first);
        let page =
            "<link rel=\"stylesheet\" href=\"a.css\">\n<script src=\"b.js\"></script><a href=\"c/d.html#e\">";
        assert_eq!(
            told("index.html", page),
            [pair("a.css", true), pair("b.js", true), pair("c/d.html", false)]
        );
        let script = "import{a}from\"./f.js\";import\"./g.js\";import(\"./h.js\");\"no file\"";
        assert_eq!(told("b.js", script), [pair("f.js", true), pair("g.js", true), pair("h.js", false)]);
        assert_eq!(told("c/d.html", "<link href=\"e.css\">"), [pair("c/e.css", true)]);
    }
}
