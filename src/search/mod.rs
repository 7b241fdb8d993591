//! Search before anything is heard, in the words of the IAMSAR manual and of Koopman's search theory.
//!
//! In: an area, a prior of where the beacon lies, how it is heard over distance. Out: the route of a pattern ([`Route`]), how likely it finds
//! ([`theory`], [`Sight`]), what remains where after each listening ([`PoaMap`]), and the velocity that follows the route ([`Follow`]).
//!
//! Sources: IAMSAR Manual, vol. II (ICAO/IMO), ch. 4–5 and app. N; B. O. Koopman, "The theory of search", Operations Research 4–5
//! (1956–57), and *Search and Screening* (1980); J. R. Frost & L. D. Stone, *Review of Search Theory*, USCG CG-D-15-01 (2001).
//!
//! Not here: guidance once something is heard (`homing`), fences and batteries (its interlocks), files (the host).

mod area;
mod follow;
mod map;
mod pattern;
mod sight;
mod strips;
pub mod theory;
mod ways;

pub use area::{Area, AreaError};
pub use follow::Follow;
pub use map::{Cell, Cells, PoaMap, Region};
pub use pattern::{Order, Pattern, Route, RouteError};
pub use sight::{Link, Sight};
