//! Written next.

pub mod survey;
