//! Maps each remedy id that a rule can name to the function that edits the plan, and holds the planner that
//! applies them.
//!
//! Must not write steps, and must not ask which rule names a remedy.

mod beyond_flags;
mod boot_and_shutdown;
mod capabilities_and_limits;
mod cgroup_parent;
mod least_cgroup_set;
mod mounts;
pub mod planner;
mod podman_systemd_mode;
mod remedy_table;
mod seccomp_profile;
mod systemd_as_pid1;

pub use beyond_flags::steps as steps_beyond_flags;
pub use cgroup_parent::{CgroupParent, is_own as is_own_parent, own_parents};
#[cfg(test)]
pub use remedy_table::REMEDIES;
pub use remedy_table::unknown;
