//! Files that another user may have written: checks what kind of file a path is and who owns it before it is
//! read. Must not know what the files say.

#[cfg(not(unix))]
mod no_file_access;
#[cfg(unix)]
mod owned;

use std::io;
use std::path::PathBuf;

#[cfg(not(unix))]
pub use no_file_access::{folder, text};
#[cfg(unix)]
pub use owned::{folder, open, text, user};

/// Who chose a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The user: other owners and links are their own choice.
    Named,
    /// Nobody: it was found in this folder, or named by a file in it. It must belong to this user or root,
    /// and lie inside the folder.
    Found(PathBuf),
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is a pipe, a device or the like.
    #[error("it is {0}, no regular file")]
    Kind(&'static str),
    /// It belongs to another user.
    #[error("{what} belongs to user {owner}, and this runs as user {user}", what = if *.folder { "its \
        folder" } else { "it" })]
    Owner {
        /// Whether the folder is meant, not the file.
        folder: bool,
        /// Its owner.
        owner: u32,
        /// This user.
        user: u32,
    },
    /// A link leads out of the folder.
    #[error("it is a link that leads out of {}", .0.display())]
    Outside(PathBuf),
    /// It is too large.
    #[error("it is larger than {0} bytes")]
    Large(u64),
    /// The operating system reports an error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Refusal {
    /// Returns whether the file does not exist.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        let Self::Io(error) = self else { return false };
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    }

    /// Returns whether trusting the project would lift the refusal.
    #[must_use]
    pub const fn is_distrust(&self) -> bool {
        matches!(self, Self::Owner { .. } | Self::Outside(_))
    }
}
