//! Converts the engine's inspect documents of a container to a recipe that recreates it, and finds its
//! seccomp filter.
//!
//! Must not ask an engine, and must not judge what it reads.

mod create_command;
mod documents;
mod field_values;
mod fields;
mod health_check;
mod mount_entry;
mod mounts;
mod networks;
mod seccomp_filter;
mod secret_places;
mod settings;
mod to_recipe;
mod user_namespace;

pub use create_command::{podman_only, recognises_as_init};
pub use documents::Inspected;
#[cfg(test)]
pub use fields::{FIELDS, FlagValue};
pub use seccomp_filter::{Found, Origin, allowing, filter_of, hierarchy_of, versions_of};
pub use secret_places::settle_secrets;
