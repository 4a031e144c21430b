//! The values that the other parts of this room read and edit: the recipe of a container and what it is made of.

pub mod added_parts;
pub mod csv_line;
pub mod foreign_names;
pub mod launch_recipe;
pub mod plan;
pub mod secret_words;
