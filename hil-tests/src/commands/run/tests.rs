//! The run command: wrong use, names of pages, what repeats a failure.

use super::*;

#[test]
fn a_repeat_command_is_what_a_shell_takes() {
    assert_eq!(quoted("rigs/sitl.toml"), "rigs/sitl.toml");
    assert_eq!(quoted("my rigs/it's.toml"), r"'my rigs/it'\''s.toml'");
    assert_eq!(quoted(""), "''");
}
