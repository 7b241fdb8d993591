//! Sources of engine and host → one hash, which the program tells as its version; and how it is built. The page's files and
//! the handbook's text → the program.

use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let host = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let house = host.parent().unwrap_or(&host);
    let mut files = vec![house.join("Cargo.lock")];
    for folder in [house.join("src"), host.join("src")] {
        sources(&folder, &mut files)?;
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    println!("cargo::rerun-if-changed={}", files[0].display());
    files.sort();
    let mut whole = Sha256::new();
    for file in files {
        let (name, text) = (file.strip_prefix(house)?.to_string_lossy().into_owned(), std::fs::read(&file)?);
        for part in [name.as_bytes(), &text] {
            whole.update((part.len() as u64).to_le_bytes());
            whole.update(part);
        }
    }
    let hex: String = whole.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=SKYHOUND_SOURCE={hex}");
    let compiler = std::process::Command::new(std::env::var("RUSTC")?).arg("--version").output()?;
    let compiler = String::from_utf8_lossy(&compiler.stdout).trim().to_string();
    let (target, level) = (std::env::var("TARGET")?, std::env::var("OPT_LEVEL")?);
    println!("cargo::rustc-env=SKYHOUND_BUILD={target} opt-level {level} {compiler}");
    handbook(&host.join("handbook/src"))?;
    page(&host.join("web/dist"))
}

/// The handbook's chapters as `CHAPTERS: &[(name, title, Markdown)]`, in the order of its summary.
fn handbook(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let summary = std::fs::read_to_string(folder.join("SUMMARY.md"))?;
    let mut text = "static CHAPTERS: &[(&str, &str, &str)] = &[\n".to_string();
    for line in summary.lines() {
        let link =
            line.split_once('[').and_then(|(_, rest)| rest.trim_end().strip_suffix(".md)")?.split_once("]("));
        if let Some((title, name)) = link {
            text += &format!(
                "    ({name:?}, {title:?}, include_str!({:?})),\n",
                folder.join(format!("{name}.md"))
            );
        }
    }
    text += "];\n";
    Ok(std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("handbook.rs"), text)?)
}

/// The page's files as `PAGE: &[(name, bytes, entity tag)]`; none where the set-up did not make them.
fn page(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        sources(folder, &mut files)?;
    }
    files.sort();
    let mut text = "pub static PAGE: &[(&str, &[u8], &str)] = &[\n".to_string();
    for file in files {
        let name = file.strip_prefix(folder)?.to_string_lossy().into_owned();
        let hash = Sha256::digest(std::fs::read(&file)?);
        let tag: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        text += &format!("    ({name:?}, include_bytes!({file:?}), \"\\\"{tag}\\\"\"),\n");
    }
    text += "];\n";
    Ok(std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("page.rs"), text)?)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
