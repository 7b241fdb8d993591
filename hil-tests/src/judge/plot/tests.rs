//! The page of a flight: well formed, self-contained, with what it must show.

use super::*;
use crate::judge::{sample, verdict};
use crate::rig::Depth;
use crate::scenario::Bounds;

/// Checks that tags nest, and gives how often each was opened.
fn tags(page: &str) -> std::collections::BTreeMap<String, usize> {
    let (mut open, mut counts) = (Vec::new(), std::collections::BTreeMap::new());
    let body = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("`<{piece}` is not closed"));
        assert!(!text.contains('>') || open.last() == Some(&"style"), "a loose `>` in {text}");
        if tag.starts_with('?') || tag.starts_with('!') {
            continue;
        }
        let name = tag.split([' ', '\n', '/']).find(|name| !name.is_empty()).unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in <{tag}>");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another");
        } else {
            *counts.entry(name.to_string()).or_insert(0) += 1;
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    counts
}

fn page(change: impl Fn(&mut Scenario, &mut Trace)) -> String {
    let (mut scenario, mut trace) = (sample::scenario(), sample::trace());
    change(&mut scenario, &mut trace);
    let judged = verdict(&scenario, &trace, Depth::A);
    html(&scenario, &trace, &judged, "skyhound-rig run open_carrier --seed 1")
}

#[test]
fn the_page_is_whole_and_needs_nothing_else() {
    let page = page(|scenario, trace| {
        scenario.about = "<b>bold</b> & \"loud\"".into();
        scenario.expect.number.insert("final_error_m".into(), Bounds { min: None, max: Some(1.0) });
        trace.violations.push("a < b".into());
    });
    let tags = tags(&page);
    assert_eq!(tags["svg"], 5);
    for absent in ["script", "link", "img", "iframe", "b onload"] {
        assert!(!tags.contains_key(absent), "{absent}");
    }
    assert!(!page.contains("href=") && !page.contains("url(") && !page.contains("src="), "it loads nothing");
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt; &amp; &quot;loud&quot;"));
    assert!(page.contains("width=device-width"), "readable on a phone");
    assert!(!page.contains("<svg width"), "drawings scale");
    let row = "<td>final_error_m</td><td>2 m</td><td>at most 1</td><td class=\"failed\">FAILED</td>";
    assert!(page.contains(row) && page.contains("a &lt; b"));
}

#[test]
fn the_drawings_show_the_flight() {
    let page = page(|_, _| {});
    for (state, of) in [("SEARCHING", "track"), ("HOMING", "track"), ("HOLDING", "legend")] {
        assert!(page.to_lowercase().contains(colour(state)), "{state} in the {of}");
    }
    // The beacon stands 100 m north of where it was heard: the number of rows tells that the whole track is drawn.
    let (_, track) = page.split_once("<svg").unwrap();
    let (track, _) = track.split_once("</svg>").unwrap();
    let longest =
        track.split("points=\"").skip(1).map(|line| line.split('"').next().unwrap().split(' ').count()).max();
    assert!(longest.unwrap() >= 180, "{longest:?}");
    assert!(track.contains("home") && track.contains("beacon") && track.contains("estimate"));
    let tiles = [style::REGION_95, style::REGION_50].map(|colour| format!("Z\" fill=\"{colour}\""));
    assert!(tiles.iter().all(|tiles| track.contains(tiles)), "both regions");
}

#[test]
fn a_flight_that_left_nothing_still_has_a_page() {
    let page = html(&sample::scenario(), &Trace::default(), &Verdict::ignored("a rig"), "skyhound-rig run x");
    let tags = tags(&page);
    assert_eq!(tags["svg"], 1, "the map of where it would have flown");
    assert!(page.contains("Not flown: needs a rig."));
    assert!(page.contains("Nothing was measured."));
}

#[test]
fn numbers_that_would_cover_each_other_share_a_label() {
    let at = |x: f64| (x, 0.0);
    let labels = style::labels(&[at(0.0), at(1.0), at(2.0), at(50.0), at(51.0), at(100.0)], 5.0);
    let labels: Vec<(&str, f64)> = labels.iter().map(|(label, at)| (label.as_str(), at.0)).collect();
    assert_eq!(labels, [("1–3", 0.0), ("4–5", 50.0), ("6", 100.0)]);
    assert!(style::labels(&[], 5.0).is_empty());
}
