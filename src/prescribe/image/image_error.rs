//! Why an image cannot be made. Words only.

use crate::visible::visible;

/// Why no image can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The distribution has no systemd.
    #[error("systemd cannot be added to {distribution}: {why}\n  next: name another base image")]
    NoSystemd {
        /// Its name.
        distribution: String,
        /// Why not.
        why: String,
    },
    /// Nobody knows how packages are installed there.
    #[error(
        "it is not known how systemd is added to {distribution}\n  next: install systemd in a Dockerfile of \
            your own, build it, and name that image"
    )]
    UnknownDistribution {
        /// Its name.
        distribution: String,
    },
    /// Whether systemd is there could not be seen.
    #[error(
        "the files of {base} could not be read, so it is not known what is in it\n  next: `sysdock doctor` \
            of a container of it may say why"
    )]
    Unseen {
        /// The image.
        base: String,
    },
    /// A word that names no image.
    #[error("`{}` is no reference of an image\n  next: name the base as `docker pull` does, such as \
        debian:12", visible(.0))]
    Base(String),
    /// A word that names no unit.
    #[error("`{}` cannot be the name of a unit\n  next: name units as systemctl does, such as nginx or \
        nginx.service", visible(.0))]
    Unit(String),
}
