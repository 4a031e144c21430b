//! Treatment: steps in, a changed engine out. The only writer besides the reports.
//!
//! Steps are carried out as they are printed, with the engine's own CLI in a folder that goes away
//! afterwards. Must not decide what is wrong or what helps.

#[cfg(feature = "engine")]
mod folder;
#[cfg(feature = "engine")]
mod mark;
mod outcome;
#[cfg(feature = "engine")]
mod perform;

#[cfg(feature = "engine")]
pub use folder::forget_the_dead;
#[cfg(feature = "engine")]
pub use mark::{Claim, Mark, Marks, claim, is_made_image};
pub use outcome::{Minimal, Stop, TrialOutcome, UnitState};
#[cfg(feature = "engine")]
pub use perform::{TreatError, Workshop, command};
