//! Errors that prevent an image from being planned. Messages only.

use crate::visible::visible;

/// Why no image can be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The distribution has no systemd.
    #[error("cannot add systemd to {distribution}: {why}\n  next: choose another base image")]
    NoSystemd {
        /// Its name.
        distribution: String,
        /// Why not.
        why: String,
    },
    /// The table does not say how to install packages on this distribution.
    #[error(
        "sysdock does not know how to add systemd to {distribution}\n  next: install systemd in your own \
            Dockerfile, build it, and use that image as the base"
    )]
    UnknownDistribution {
        /// Its name.
        distribution: String,
    },
    /// The image's files could not be read, so it is not known whether systemd is installed.
    #[error(
        "cannot read the files of {base}, so its contents are unknown\n  next: run `sysdock doctor` on a \
            container of that image to see why"
    )]
    Unseen {
        /// The image.
        base: String,
    },
    /// The word is not an image reference.
    #[error("`{}` is not an image reference\n  next: name the base as for `docker pull`, such as \
        debian:12", visible(.0))]
    Base(String),
    /// The word is not a unit name.
    #[error("`{}` is not a unit name\n  next: name units as for systemctl, such as nginx or \
        nginx.service", visible(.0))]
    Unit(String),
}
