//! Which planted bug is on.

use std::sync::OnceLock;

static ON: OnceLock<String> = OnceLock::new();

/// Whether the bug `name` is on.
pub fn is(name: &str) -> bool {
    ON.get_or_init(|| std::env::var("SKYHOUND_PLANTED").unwrap_or_default()) == name
}
