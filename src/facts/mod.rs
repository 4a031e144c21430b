//! Documents and text in, facts out: the configuration of a container, its engine, its command, its seccomp
//! filter. Pure.
//!
//! Used for live containers and for pasted text alike. Must not ask an engine, read a file or judge.

mod assume;
pub mod capability;
pub mod container_cgroup;
mod container_config;
mod container_facts;
mod derive;
pub mod distribution;
mod engine_facts;
pub mod guest_systemd_version;
mod image_name;
pub mod mounts;
pub mod pipeline;
mod podman_create_command;
pub mod podman_systemd_mode;
pub mod program;
pub mod refusal;
pub mod refusal_meaning;
pub mod seccomp_filter;
pub mod signal;
pub mod size;

pub use container_config::{Config, Mount};
use derive::derive;
