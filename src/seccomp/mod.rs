//! Seccomp filters: what a filter answers to a system call, what that means for a version of systemd, and
//! which calls have to be allowed.
//!
//! Pure: a profile, capabilities and a machine in, answers and profiles out.

mod allow;
mod audit;
mod check;
mod default_profiles;
mod evaluate;
mod lookup;
mod profile;
mod search;
mod systemd_needs;
mod version;

pub use allow::{Wanted, allow, log, text};
pub use audit::logged_call;
pub use check::{InForce, MEASURED, Miss, by_effect, harm, needed_calls};
pub use default_profiles::{USUAL_CAPABILITIES, built_in, named_calls, versions};
pub use evaluate::{Answer, Contradiction, Machine, Verdict, contradictions, evaluate, judge};
pub use lookup::{Breakage, BuiltInAnswer, Known, lookup, nearest_call};
pub use profile::{
    Action, Argument, Comparison, Family, Filter, PROFILE_LIMIT, Profile, ProfileError, SyscallRule,
};
pub use search::Search;
pub use systemd_needs::{Blocked, Effect, Hierarchy, Surroundings, blocked, blocked_in};
pub use version::{Engine, Maker, Version};
