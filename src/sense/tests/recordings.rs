//! Real recordings.
