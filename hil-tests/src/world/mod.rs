//! What is on the air, and how it arrives at the receiver. (This list is the branch `world`'s to fill.)

pub mod iq;
pub mod noise;
pub mod receiver;
