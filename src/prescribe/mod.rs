//! Turns a report and a snapshot into a prescription: the least privileged set of changes that cures, as
//! steps to carry out.
//!
//! `inspected` reads the container's documents into a recipe, `remedy` edits it, `steps` and `emit` write it;
//! `cure` connects them. Pure: the same report and snapshot give the same bytes. Must not ask an engine, read
//! a file or print; secrets never enter a step, which fetches them at run time instead.

mod checked_filter;
mod cure;
mod emit;
mod engine_cli;
mod image;
mod inspected;
mod prescription;
mod privilege;
mod recipe;
mod recreated_run_line;
mod remedy;
mod step;
mod steps;
#[cfg(test)]
mod tests;
mod trial_names;

pub use checked_filter::CheckedFilter;
pub use cure::{prescribe, prescribe_after};
pub use emit::{CureFormat, EmitError, Emitted, emit};
pub use engine_cli::Reach;
pub use image::{Extent, ImageError, ImagePlan, ImageWish, image, name_after, probe, tag_after};
pub use inspected::{Found, Origin, allowing, filter_of, hierarchy_of, versions_of};
pub use prescription::{NotOffered, Prescription, Retired};
pub use privilege::Privilege;
pub use recipe::checked_names::{is_container_name, is_image_reference};
pub use recipe::{Element, Fetch, Launch};
pub use remedy::unknown as unknown_remedies;
pub use remedy::{CgroupParent, own_parents};
pub use step::{Step, StepKind};
pub use steps::{Start, Started, TRIAL_LIFE, Trial, TrialSteps, of_image, start, trial, unchanged};
pub use trial_names::{
    IMAGE_TOKEN_LABEL, TOKEN_LABEL, TRIAL_LABEL, is_made_name, made_image, probe_name, trial_name,
};
