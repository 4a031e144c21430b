//! What the engine's inspect documents say of a container → a recipe that makes one like it.

pub mod create_command;
pub mod field_values;
pub mod fields;
pub mod mounts;
pub mod networks;
pub mod settings;
pub mod to_recipe;
