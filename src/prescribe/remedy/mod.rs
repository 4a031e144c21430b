//! Remedies by id, each a function that edits a plan.

pub mod beyond_flags;
pub mod by_id;
pub mod least_cgroup_set;
pub mod seccomp_profile;
pub mod systemd_as_pid1;
