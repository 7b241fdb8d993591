//! What others wrote down, made here as they write it: joined or flown, counted again, whole or nothing.

mod flights;
mod logs;
