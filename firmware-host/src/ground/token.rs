//! Who may do what: roles, and the file of tokens that give them.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// Shortest token: 128 bits in hexadecimal.
const TOKEN_CHARS_MIN: usize = 32;

/// What one may do; each what those before it may, too.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look on, ask, take files.
    Look,
    /// Also choose what is sought.
    Plan,
    /// Also enable homing. Stopping is open to all who may look.
    Command,
}

impl Role {
    const ALL: [(Role, &'static str); 3] =
        [(Role::Look, "look"), (Role::Plan, "plan"), (Role::Command, "command")];

    /// Its word.
    pub fn name(self) -> &'static str {
        Role::ALL.into_iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }

    fn of(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|(_, name)| *name == word).map(|(role, _)| role)
    }
}

/// Tokens by their SHA-256, so that comparing one takes as long however much of it is right.
#[derive(Clone, Debug)]
pub struct Tokens(Vec<(Role, [u8; 32])>);

impl Tokens {
    /// What `token` allows.
    pub fn role(&self, token: &str) -> Option<Role> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.0.iter().filter(|(_, known)| *known == hash).map(|(role, _)| *role).max()
    }
}

/// The tokens of the file at `path`: lines of role and token, remarks behind `#`.
///
/// # Errors
/// A file that cannot be read, that others may read, or that holds something else; with line and mend.
pub fn read(path: &Path) -> Result<Tokens, Failure> {
    let shown = path.display();
    let refused = |why: String| Failure::Usage(format!("ground.token_file: {shown}: {why}"));
    let about = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?;
    if about.mode() & 0o077 != 0 {
        return Err(refused(format!("others may read it; chmod 600 {shown}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let mut tokens = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let told = line.split('#').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>();
        let entry = match told.as_slice() {
            [] => continue,
            [role, token] if token.len() >= TOKEN_CHARS_MIN => {
                Role::of(role).map(|role| (role, Sha256::digest(token.as_bytes()).into()))
            }
            _ => None,
        };
        let mend = "write look, plan or command, and a token of at least 32 characters (`skyhound ground token ROLE` makes one)";
        tokens.push(entry.ok_or_else(|| refused(format!("line {}: {mend}", number + 1)))?);
    }
    if tokens.is_empty() {
        return Err(refused(
            "there is no token in it; `skyhound ground token command` makes one".to_string(),
        ));
    }
    Ok(Tokens(tokens))
}

/// A line for such a file with a token that nobody knows yet: 256 bits of the system's randomness.
///
/// # Errors
/// A word that is no role; a system without randomness.
pub fn line(role: &str) -> Result<String, Failure> {
    let role = Role::of(role)
        .ok_or_else(|| Failure::Usage(format!("{role} is no role: write look, plan or command")))?;
    let mut bytes = [0; 32];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::Failed(format!("the system gives no randomness: {error}")))?;
    Ok(format!("{} {}", role.name(), crate::hash::hex(bytes)))
}
