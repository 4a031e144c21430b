//! What a seccomp filter answers to a system call, and what that means for one version of systemd.
//!
//! Pure: a profile, capabilities and a machine in, answers out.

mod defaults;
mod evaluate;
mod needs;
mod profile;

pub use defaults::default_answer;
pub use evaluate::{Answer, Machine, evaluate};
pub use needs::{Blocked, Effect, Hierarchy, Surroundings, blocked, blocked_in};
pub use profile::{Profile, ProfileError};
