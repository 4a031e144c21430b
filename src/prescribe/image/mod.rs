//! Plans an image that boots systemd: its Dockerfile and its files.
//!
//! No unit of the package manager is deleted or edited: the image has its own target, links below `/etc` and
//! drop-ins, so that packages can still be updated.

mod boot_target;
mod build_dockerfile;
mod distribution;
mod image_error;
mod probe;

pub use boot_target::Extent;
pub use build_dockerfile::{ImagePlan, ImageWish, image};
pub use image_error::ImageError;
pub use probe::{name_after, probe, tag_after};
