//! `skyhound verify FILE…`: is every row of a flight there.

use std::path::PathBuf;

use super::failure::print;
use super::progress::Progress;
use super::{Failure, SettingsArgs};
use crate::store::{self, Verified};

/// Arguments of `skyhound verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Settings: a flight being recorded is copied, and the copy leaves `recorder.disk_reserve_mb` free.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Flight files, or folders date=…/flight=NAME of an archive; they are only read
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The content that it must have: SHA-256 as backup, archive and verify tell it
    #[arg(long, value_name = "SHA256")]
    pub hash: Option<String>,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Reads all of them.
///
/// # Errors
/// One is not whole, or says another thing than it is known to say.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = args.settings.disk_reserve_mb()?;
    if let Some(hash) = args.hash.as_ref().filter(|hash| !is_sha256(hash)) {
        return Err(Failure::Usage(format!(
            "--hash {hash}: that is no SHA-256; write its 64 hexadecimal digits"
        )));
    }
    let shown = Progress::begin();
    let verify = |(index, file): (usize, &PathBuf)| {
        shown.item(file, index, args.files.len());
        store::verify(file, args.hash.as_deref(), reserve_mb)
    };
    let verified: Vec<_> = args.files.iter().enumerate().map(verify).collect();
    drop(shown);
    if args.json {
        let values: Vec<_> = verified.iter().map(to_json).collect();
        print(&format!("{:#}\n", serde_json::Value::from(values)))?;
    } else {
        verified.iter().try_for_each(|verified| print(&to_text(verified)))?;
    }
    match verified.iter().filter(|verified| !verified.faults.is_empty()).count() {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} of {} are not whole", verified.len()))),
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn to_text(verified: &Verified) -> String {
    let path = verified.path.display();
    let mut text = match &verified.content {
        None => format!("{path}: cannot be read in whole\n"),
        Some(content) => {
            let known = match &verified.known_sha256 {
                _ if verified.is_live => ", still being recorded",
                Some(known) if *known == content.sha256 => ", as it was known",
                Some(_) => "",
                None => "; no content was known to compare it with",
            };
            let tables = content.tables.len();
            format!(
                "{path}: {} rows in {tables} tables, content {}{known}\n",
                content.row_count(),
                content.sha256
            )
        }
    };
    if !verified.lacking.is_empty() {
        text.push_str(&format!(
            "  made by another build or an earlier version (see `skyhound migrate`): it has no {}\n",
            verified.lacking.join(", ")
        ));
    }
    verified.faults.iter().for_each(|fault| text.push_str(&format!("  FAULT: {fault}\n")));
    text
}

fn to_json(verified: &Verified) -> serde_json::Value {
    serde_json::json!({
        "path": verified.path,
        "is_whole": verified.faults.is_empty(),
        "content_sha256": verified.content.as_ref().map(|content| &content.sha256),
        "known_sha256": verified.known_sha256,
        "is_live": verified.is_live,
        "rows": verified.content.as_ref().map(|content| {
            content.tables.iter().map(|(name, table)| (name.clone(), table.row_count)).collect::<std::collections::BTreeMap<_, _>>()
        }),
        "lacking": verified.lacking,
        "faults": verified.faults,
    })
}
