//! What is known of an image → the Dockerfile and files of one that boots systemd.

mod build_dockerfile;
mod distribution;
mod image_error;
mod probe;

pub use build_dockerfile::{Extent, ImagePlan, ImageWish, image};
pub use image_error::ImageError;
pub use probe::{name_after, probe, tag_after};
