//! What is known of an image → the Dockerfile and files of one that boots systemd.
//!
//! No unit of the package manager is deleted or edited: a target of its own, links below `/etc` and drop-ins
//! say all, so that updates of packages stay possible.

mod boot_target;
mod build_dockerfile;
mod distribution;
mod image_error;
mod probe;

pub use boot_target::Extent;
pub use build_dockerfile::{ImagePlan, ImageWish, image};
pub use image_error::ImageError;
pub use probe::{name_after, probe, tag_after};
