//! Flights at depth a: repeatable, and every built-in scenario holds what it expects.
