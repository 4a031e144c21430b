//! Treatment: steps in, a changed engine out. The only writer besides the reports.
//!
//! Steps are carried out as they are printed, with the engine's own CLI in a folder that goes away afterwards. Must not decide
//! what is wrong or what helps.

mod folder;
mod mark;
mod outcome;
mod perform;

pub use folder::forget_the_dead;
pub use mark::{Claim, Mark, Marks, claim, is_made_image};
pub use outcome::{Minimal, Stop, TrialOutcome, UnitState};
pub use perform::{TreatError, Workshop, command};
