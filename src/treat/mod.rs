//! Treatment: steps in, a changed engine out. The only writer besides the reports.
//!
//! Steps are carried out as they are printed, with the engine's own CLI in a folder that goes away afterwards. Must not decide
//! what is wrong or what helps.

mod outcome;
#[cfg(feature = "engine")]
mod perform;

pub use outcome::{Minimal, Stop, TrialOutcome, UnitState};
#[cfg(feature = "engine")]
pub use perform::{TreatError, Workshop, command};
