//! The values that the stages of this module exchange: a recipe and its parts, the plan of a cure, and the
//! container to start.
//!
//! Values, and their conversion from and to text. Must not decide what is wrong or what cures it.

mod added_parts;
pub mod checked_names;
mod container_recipe;
pub mod csv_line;
mod fetch;
mod flag;
mod launch;
mod mount_option;
mod network;
mod plan;
mod secret_word;
mod volume;

pub use added_parts::{Element, added, leave_out};
pub use container_recipe::{PROFILES, Recipe};
pub use fetch::{Fetch, Part};
pub use flag::Flag;
pub use launch::Launch;
pub use mount_option::Mount;
pub use network::Network;
pub use plan::{Change, ChangePlace, Plan};
pub use secret_word::{Piece, Place, SecretWord, has_secret, map_at, pieces};
pub use volume::Volume;
