//! `skyhound handbook [CHAPTER]`: the handbook, which is in the program: served to a browser of this machine, or as text.

use std::io::{ErrorKind, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::builder::PossibleValuesParser;

use super::Failure;
use super::failure::{print, say};
use crate::ground::{Bound, has_page};
use crate::realtime::{self, Role};
use crate::settings::Settings;
use crate::wiring::served;

include!(concat!(env!("OUT_DIR"), "/handbook.rs"));

/// Opens an address in the browser that the desktop's user has chosen (xdg-utils).
const OPENER: &str = "xdg-open";
/// Colours and links go through it as they are; what fits the screen is not held back.
const PAGER: &str = "less -FRX";
/// Between looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Arguments of `skyhound handbook`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where to begin; as text without it: all of it
    #[arg(value_name = "CHAPTER", hide_possible_values = true, value_parser = PossibleValuesParser::new(CHAPTERS.iter().map(|(name, ..)| *name)))]
    pub chapter: Option<String>,
    /// Print it here: for a shell without a browser; a page at a time ($PAGER) where this is a terminal
    #[arg(long)]
    pub text: bool,
    /// Name the chapters
    #[arg(long, conflicts_with_all = ["chapter", "text"])]
    pub list: bool,
}

/// Shows it.
///
/// # Errors
/// There is no port to serve it on, or the output takes no more.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.list {
        return print(
            &CHAPTERS.iter().map(|(name, title, _)| format!("{name:<10} {title}\n")).collect::<String>(),
        );
    }
    let page = page(args.chapter.as_deref());
    if args.text {
        return paged(&text(args.chapter.as_deref()));
    }
    if !has_page(&page) {
        say("this program was built without its page (make setup, and build again): the handbook as text");
        return paged(&text(args.chapter.as_deref()));
    }
    serve(&page)
}

/// The page's file of a chapter; the first one's is the index.
fn page(chapter: Option<&str>) -> String {
    let first = CHAPTERS.first().map(|(name, ..)| *name);
    let chapter = chapter.filter(|chapter| Some(*chapter) != first).unwrap_or("index");
    format!("handbook/{chapter}.html")
}

/// A chapter, or all; without the marks that say what its quotations are made of.
fn text(chapter: Option<&str>) -> String {
    let wanted = CHAPTERS.iter().filter(|(name, ..)| chapter.is_none_or(|chapter| chapter == *name));
    let lines = wanted.flat_map(|(_, _, text)| text.lines().chain([""]));
    let kept = lines.filter(|line| !(line.starts_with("<!--") && line.ends_with("-->")));
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// Through the reader's pager on a terminal, plain elsewhere.
fn paged(text: &str) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        return print(text);
    }
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let pager = pager.unwrap_or_else(|| PAGER.to_string());
    let child = Command::new("sh").args(["-c", &pager]).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return print(text) };
    let written = child.stdin.take().map_or(Ok(()), |mut to| to.write_all(text.as_bytes()));
    let ended = child.wait().map_err(|error| Failure::doing(&pager, error))?;
    match written {
        // Whoever leaves the pager has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::doing(&pager, error)),
        // 127: the shell does not find it.
        _ if ended.code() == Some(127) => print(text),
        _ => Ok(()),
    }
}

/// Serves the page, without flights, until a signal comes.
fn serve(page: &str) -> Result<(), Failure> {
    let nothing = tempfile::tempdir().map_err(|error| Failure::doing("an empty folder", error))?;
    let mut settings = Settings::default();
    settings.recorder.flights = nothing.path().to_path_buf();
    settings.ground.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let Some(bound) = Bound::open(&settings.ground)? else { return Ok(()) };
    let signal = crate::signals::watch().map_err(|error| Failure::doing("signal handlers", error))?;
    let url = format!("{}/{page}", bound.url());
    let server = bound.serve(served(&settings, None), |body| realtime::start(Role::Ground, body))?;
    print(&format!("{url}\n"))?;
    let opened = if browse(&url) { "" } else { "no browser is opened here (--text prints it); " };
    say(&format!("{opened}Ctrl-C ends it"));
    while !signal.load(Ordering::Acquire) {
        std::thread::sleep(LOOK);
    }
    drop(server);
    Ok(())
}

/// Opens it in a browser, where there is a display.
fn browse(url: &str) -> bool {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let mut opener = Command::new(OPENER);
    opener.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Some openers stay as long as the browser does: nobody waits for them, and this process ends before it matters.
    has_display && opener.spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chapter_is_in_the_program_and_in_its_page() {
        assert_eq!(CHAPTERS.len(), 15);
        for (name, title, text) in CHAPTERS {
            assert!(text.lines().any(|line| line.starts_with("# ")), "{name}");
            assert!(!title.is_empty() && has_page(&page(Some(name))) == has_page("index.html"), "{name}");
        }
        assert_eq!(page(None), page(Some("about")));
    }

    #[test]
    fn the_text_is_the_chapters_without_marks() {
        let locked = text(Some("locked"));
        assert!(
            locked.starts_with("# ") && locked.contains("**Mend:**") && !locked.contains("<!--"),
            "{locked}"
        );
        let whole = text(None);
        assert!(CHAPTERS.iter().all(|(name, ..)| whole.contains(&text(Some(name)))));
    }
}
