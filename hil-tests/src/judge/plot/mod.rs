//! A judged flight to one HTML page with its plots as inline SVG: no scripts, no network, readable on a phone and on paper.
//!
//! Track over the true beacon (m east and north of home, one scale), then over time (s): power and noise floor (dBFS), SNR (dB), speed
//! asked for and flown (m/s), with our states as bands. What the scenario did is numbered, in the plots and in the list below.

mod chart;
mod over_time;
mod style;
mod track;

use std::fmt::Write as _;

use skyhound::command::State;

use super::{Outcome, Verdict, metrics, table};
use crate::scenario::Scenario;
use crate::trace::Trace;
use style::{CSS, colour, escape};

/// The page. `repeat` is the command that flies it again.
pub fn html(scenario: &Scenario, trace: &Trace, verdict: &Verdict, repeat: &str) -> String {
    let word = table::word(&verdict.outcome);
    let mut page = String::new();
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{name}: {word}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<h1>{name} <span class=\"{class}\">{word}</span></h1>\n\
         <p>{about}</p>\n<p>Repeat: <code>{repeat}</code></p>\n",
        name = escape(&scenario.name),
        class = word.to_lowercase(),
        about = escape(&scenario.about),
        repeat = escape(repeat),
    );
    if let Outcome::Ignored { needs } = &verdict.outcome {
        let _ = writeln!(page, "<p>Not flown: needs {}.</p>", escape(needs));
    }
    checks(&mut page, verdict);
    legend(&mut page);
    figure(&mut page, "Track", "from above, true positions; metres from home", track::svg(scenario, trace));
    figure(&mut page, "Power and noise floor", "on the beacon's channel", over_time::power(trace));
    figure(&mut page, "SNR", "over the floor; thick while heard", over_time::snr(trace));
    figure(&mut page, "Speed", "asked for by our setpoints, and flown", over_time::speed(scenario, trace));
    told(&mut page, trace);
    numbers(&mut page, verdict);
    page.push_str("</body>\n</html>\n");
    page
}

fn figure(page: &mut String, title: &str, caption: &str, svg: String) {
    let _ = writeln!(page, "<figure>\n<figcaption><b>{title}</b> {caption}</figcaption>\n{svg}</figure>");
}

fn checks(page: &mut String, verdict: &Verdict) {
    if verdict.checks.is_empty() {
        return;
    }
    page.push_str("<table>\n<tr><th>expected</th><th>measured</th><th>wanted</th><th></th></tr>\n");
    for check in &verdict.checks {
        let word = if check.passed { "passed" } else { "FAILED" };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"{}\">{word}</td></tr>",
            escape(&check.name),
            escape(&check.measured),
            escape(&check.wanted),
            word.to_lowercase(),
        );
    }
    page.push_str("</table>\n");
    for violation in &verdict.violations {
        let _ = writeln!(page, "<p class=\"failed\">{}</p>", escape(violation));
    }
}

fn legend(page: &mut String) {
    page.push_str("<p class=\"legend\">");
    for state in State::ALL {
        let _ = write!(page, "<span style=\"background:{}\"></span>{} ", colour(state.name()), state.name());
    }
    page.push_str(
        "<br/>numbers: what the scenario did (list below); red strokes: events of the flight file</p>\n",
    );
}

/// What happened, in order: deeds with their numbers in the plots, changes of state, events.
fn told(page: &mut String, trace: &Trace) {
    let mut rows: Vec<(u64, String, String)> = Vec::new();
    for (index, deed) in trace.deeds.iter().enumerate() {
        rows.push((deed.at_us, (index + 1).to_string(), deed.what.clone()));
    }
    for row in &trace.states {
        rows.push((row.at_us, "state".into(), format!("{} to {}: {}", row.from, row.to, row.reason)));
    }
    for event in &trace.events {
        rows.push((event.at_us, "event".into(), format!("{}: {}", event.kind, event.text)));
    }
    rows.sort_by_key(|(at_us, ..)| *at_us);
    page.push_str("<h2>What happened</h2>\n<table>\n<tr><th>s</th><th></th><th></th></tr>\n");
    for (at_us, mark, what) in rows {
        let at_s = at_us as f64 / 1e6;
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{at_s:.2}</td><td>{mark}</td><td>{}</td></tr>",
            escape(&what)
        );
    }
    page.push_str("</table>\n");
}

fn numbers(page: &mut String, verdict: &Verdict) {
    page.push_str("<h2>Numbers</h2>\n<table>\n");
    for (name, value) in &verdict.numbers {
        let about = metrics::find(name).map_or("", |metric| metric.about);
        let shown = metrics::with_unit(name, *value);
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td class=\"n\">{shown}</td><td>{}</td></tr>",
            escape(name),
            escape(about),
        );
    }
    page.push_str("</table>\n");
    if !verdict.files.is_empty() {
        page.push_str("<h2>Files</h2>\n<ul>\n");
        for file in &verdict.files {
            let _ = writeln!(page, "<li><code>{}</code></li>", escape(&file.display().to_string()));
        }
        page.push_str("</ul>\n");
    }
}

#[cfg(test)]
mod tests;
