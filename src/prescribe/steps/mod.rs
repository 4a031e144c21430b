//! A finished plan → steps.

pub mod carried_rights;
pub mod fetch_secrets;
pub mod owner_file;
pub mod relaunch;
pub mod retire;
pub mod start_image;
pub mod trial;
