//! Whole flights of both flavours.
