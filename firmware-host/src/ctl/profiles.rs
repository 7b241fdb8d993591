//! What the socket asks of whoever knows the flight's profiles: it knows none itself.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::{Answer, Peer};

/// A profile as the flying daemon knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProfileStatus {
    /// By which it is called.
    pub name: String,
    /// What is sought, in a line; or what is wrong with its file.
    pub description: String,
    /// Whether it comes with the program.
    pub built_in: bool,
    /// Whether it is in force.
    pub in_force: bool,
}

/// Whoever knows which profiles there are, and has the flight take another.
pub trait Profiles: Send + Sync {
    /// Those that there are.
    ///
    /// # Errors
    /// Why that cannot be told.
    fn list(&self) -> Result<Vec<ProfileStatus>, String>;

    /// Has the flight take the profile `name` with `section.key=value` of `sets` over it; what came of it. May take seconds.
    ///
    /// # Errors
    /// Why not; nothing has changed then.
    fn switch(&self, name: &str, sets: &[String], peer: Peer) -> Result<String, String>;
}

/// Where profiles are asked for, once there is a flight. Clones are the same door.
#[derive(Clone, Default)]
pub struct ProfileDoor(Arc<OnceLock<Box<dyn Profiles>>>);

impl ProfileDoor {
    /// Opens it, once.
    pub fn open(&self, profiles: Box<dyn Profiles>) {
        // Of two flights behind one door the first counts; there is never a second.
        let _ = self.0.set(profiles);
    }

    /// What there is, or with a name what came of the switch.
    pub(super) fn answer(&self, name: Option<&str>, sets: &[String], peer: Peer) -> Answer {
        let answered = match (self.0.get(), name) {
            (None, _) => Err("the flight is starting; ask again in a moment".to_string()),
            (Some(profiles), Some(name)) => profiles.switch(name, sets, peer).map(|said| Answer {
                ok: true,
                said: Some(said),
                ..Answer::default()
            }),
            (Some(profiles), None) => profiles.list().map(|profiles| Answer {
                ok: true,
                profiles: Some(profiles),
                ..Answer::default()
            }),
        };
        answered.unwrap_or_else(|why| super::line::refused(&why))
    }
}
