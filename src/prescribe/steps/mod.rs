//! Turns a finished plan into steps: what to build, write, put aside and start, in order; and the steps of a
//! trial.
//!
//! Must not decide what cures.

pub mod carried_rights;
mod fetch_secrets;
pub mod owner_file;
pub mod relaunch;
pub mod retire;
mod secret_script;
mod start_image;
mod trial_steps;

pub use start_image::{Start, Started, of_image, start};
pub use trial_steps::{TRIAL_LIFE, Trial, TrialSteps, trial, unchanged};
