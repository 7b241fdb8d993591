//! The bugs of `bugs.diff`: what a careless hand, or the origin, would have done to the engine.
//!
//! `bug NAME INVARIANT [FAULT]`: the invariant that must tell of it, and the fault that brings it out (none = any). Then any
//! number of patches: `in FILE`, and lines as in a diff. Lines marked `#` are remarks. The first line of what is replaced may be
//! the end of a line, the last one its begin.

/// Replaces a text that must stand in the file exactly once.
pub struct Patch {
    pub file: &'static str,
    pub from: Vec<&'static str>,
    pub to: Vec<&'static str>,
}

/// A bug.
pub struct Bug {
    pub name: &'static str,
    pub invariant: u8,
    pub with: Option<&'static str>,
    pub patches: Vec<Patch>,
}

/// All of them.
pub fn all() -> Vec<Bug> {
    let mut bugs: Vec<Bug> = Vec::new();
    for line in include_str!("bugs.diff").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let patches = bugs.last_mut().map(|bug| &mut bug.patches);
        match (words[0], patches) {
            ("bug", _) => {
                let invariant = words[2].parse().expect("an invariant's number");
                bugs.push(Bug { name: words[1], invariant, with: words.get(3).copied(), patches: vec![] });
            }
            ("in", Some(patches)) => patches.push(Patch { file: words[1], from: vec![], to: vec![] }),
            ("#", _) => {}
            (_, patches) => {
                let patch = patches.and_then(|patches| patches.last_mut()).expect("a patch");
                let (mark, text) = line.split_at(1);
                patch.from.extend((mark != "+").then_some(text));
                patch.to.extend((mark != "-").then_some(text));
            }
        }
    }
    bugs
}
