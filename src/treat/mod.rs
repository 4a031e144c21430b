//! Treatment: carries out steps, which change the engine. Only this module writes anything besides reports.
//!
//! Steps are run as they are printed, with the engine's own client in a temporary folder. Must not decide
//! what is wrong or what helps, and must not print: the caller is informed through a [`Reporter`].

#[cfg(feature = "engine")]
mod build;
#[cfg(feature = "engine")]
mod capture_output;
#[cfg(feature = "engine")]
mod engine_client;
#[cfg(feature = "engine")]
mod error;
#[cfg(feature = "engine")]
mod examination;
#[cfg(feature = "engine")]
mod interrupt;
#[cfg(feature = "engine")]
mod launch;
#[cfg(feature = "engine")]
mod left_over_trials;
#[cfg(feature = "engine")]
mod minimise;
#[cfg(feature = "engine")]
mod not_found;
#[cfg(feature = "engine")]
mod ownership;
#[cfg(feature = "engine")]
mod private_folder;
#[cfg(feature = "engine")]
mod prove;
#[cfg(feature = "engine")]
mod removal;
#[cfg(feature = "engine")]
mod replace;
#[cfg(feature = "engine")]
mod reporter;
#[cfg(feature = "engine")]
mod roll_back;
#[cfg(feature = "engine")]
mod seccomp_trace;
#[cfg(feature = "engine")]
mod session;
mod traced_calls;
#[cfg(feature = "engine")]
mod trial;
#[cfg(feature = "engine")]
mod trial_cgroup;
mod trial_outcome;
#[cfg(feature = "engine")]
mod workspace;

#[cfg(feature = "engine")]
pub use build::{BuildWish, base_image, boot_once, build};
#[cfg(feature = "engine")]
pub use capture_output::{Listened, listen};
#[cfg(feature = "engine")]
pub use engine_client::reach;
#[cfg(feature = "engine")]
pub use error::TreatError;
#[cfg(feature = "engine")]
pub use examination::{Examination, Named};
#[cfg(feature = "engine")]
pub use interrupt::{Interrupt, Interrupted, SignalError};
#[cfg(feature = "engine")]
pub use launch::launch;
#[cfg(feature = "engine")]
pub use left_over_trials::sweep;
#[cfg(feature = "engine")]
pub use not_found::failure;
#[cfg(feature = "engine")]
pub use ownership::Marks;
#[cfg(feature = "engine")]
pub use private_folder::remove_stale_folders;
#[cfg(feature = "engine")]
pub use prove::prove;
#[cfg(feature = "engine")]
pub use replace::{Replacement, replace};
#[cfg(feature = "engine")]
pub use reporter::{Reporter, Working};
#[cfg(feature = "engine")]
pub use seccomp_trace::trace_denied_calls;
#[cfg(feature = "engine")]
pub use session::Session;
pub use traced_calls::{TraceMethod, TracedCalls};
pub use trial_outcome::{Minimal, Refusal, Stop, TrialOutcome, UnitState};
#[cfg(feature = "engine")]
pub use workspace::Workspace;
