//! A profile on its way into the passes, made outside of them, and out of them again.

use super::excerpts::Tapped;
use crate::store::Switch;
use skyhound::config::ChannelConfig;
use skyhound::decide::Decide;
use skyhound::record::Text;
use skyhound::sense::Successor;
use std::sync::mpsc::SyncSender;

/// What the control pass takes over, and what of it has gone when it comes back.
pub struct Takeover {
    /// The control pass with this profile; back with what was in force.
    pub decide: Decide,
    /// For the sense pass.
    pub sense: Option<Box<Successor>>,
    /// For the record.
    pub row: Option<Box<Switch>>,
    /// For the status: the beacons, and the profile in words.
    pub channels: Vec<ChannelConfig>,
    /// The same by their numbers, for samples that are kept.
    pub tapped: Tapped,
    /// See `channels`.
    pub profile: Option<String>,
    /// What people are told.
    pub told: Text,
    /// Where it goes back to.
    pub back: SyncSender<Returned>,
}

/// It, and why it was refused, if so.
pub type Returned = (Box<Takeover>, Result<(), String>);
