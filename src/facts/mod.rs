//! Documents and words in, facts out: the configuration of a container, its engine, its command, its filter.
//! Pure.
//!
//! Used for live containers and for pasted text alike. Must not ask an engine, read a file or judge.

pub mod capability;
mod container_config;
pub mod container_facts;
mod derive;
pub mod distribution;
pub mod engine_facts;
pub mod filter;
pub mod image_name;
pub mod mounts;
pub mod program;
pub mod refusal;
pub mod signal;
pub mod size;

#[cfg(feature = "engine")]
pub use capability::of_mask as capabilities_of_mask;
pub use container_config::{Config, Mount};
pub use derive::derive;
