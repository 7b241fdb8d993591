//! The program that sets pages: `skyhound-pdf`, beside this one or in PATH. It is one of its own because it takes as long to build as all of
//! this one, and a flight needs none of it.

use super::document::Document;
use crate::failure::Failure;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NAME: &str = "skyhound-pdf";

/// The document as PDF.
///
/// # Errors
/// The program is not there, or it says why it failed.
pub fn pdf(document: &Document) -> Result<Vec<u8>, Failure> {
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    set(&found(folder), folder, document)
}

/// Beside this program; else the name, which is looked for in PATH.
fn found(folder: &Path) -> PathBuf {
    let beside = folder.join(NAME);
    if beside.is_file() { beside } else { NAME.into() }
}

fn set(program: &Path, folder: &Path, document: &Document) -> Result<Vec<u8>, Failure> {
    let json = serde_json::to_vec(document).map_err(|error| Failure::doing("the report as JSON", error))?;
    let mut command = Command::new(program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Failed(format!(
            "PDF is made by a program of its own, {NAME}, which is neither {} nor in PATH: build it with `cargo build --release -p {NAME}` \
             and put it there; meanwhile -o report.html prints on A4 too",
            folder.join(NAME).display()
        )),
        _ => Failure::doing(program.display(), error),
    })?;
    // It reads to the end before it writes. What it does not take, it tells why.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(&json);
    }
    let done = child.wait_with_output().map_err(|error| Failure::doing(program.display(), error))?;
    let said = String::from_utf8_lossy(&done.stderr);
    match done.status.success() {
        true => Ok(done.stdout),
        false if said.trim().is_empty() => Err(Failure::doing(program.display(), done.status)),
        false => Err(Failure::Failed(said.trim().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_mend() {
        let folder = tempfile::tempdir().unwrap();
        let document = Document {
            title: String::new(),
            foot: String::new(),
            dated_utc: String::new(),
            parts: Vec::new(),
        };
        let missing = folder.path().join("none");
        let Err(Failure::Failed(why)) = set(&missing, folder.path(), &document) else { panic!() };
        assert!(
            why.contains("/skyhound-pdf nor in PATH: build it with") && why.contains("-o report.html"),
            "{why}"
        );
        assert_eq!(found(folder.path()), Path::new("skyhound-pdf"));
        std::fs::write(folder.path().join("skyhound-pdf"), "").unwrap();
        assert_eq!(found(folder.path()), folder.path().join("skyhound-pdf"));
    }
}
