//! File names made of untrusted words: a folder and a relative name in, a path inside that folder out.

use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

/// Longest component of a path in bytes, as on most file systems (`NAME_MAX`).
const PART: usize = 255;

/// Returns the path of `name` within `folder`. Every path made of untrusted words is made here.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a name that is empty, leads out of the folder, or contains control
/// characters.
pub fn within(folder: &Path, name: &str) -> Result<PathBuf> {
    let refused = |reason: &str| Error::new(ErrorKind::InvalidInput, format!("the name {name:?} {reason}"));
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(refused("is empty or holds control characters"));
    }
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) if part.len() <= PART => {}
            Component::Normal(_) => return Err(refused("is too long")),
            _ => return Err(refused("leads out of its folder")),
        }
    }
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        let folder = Path::new("/book");
        for name in ["a.md", "ids/run-tmpfs-missing.md", "files/etc/systemd/system/x.target", "a..b", "..."] {
            assert_eq!(within(folder, name).unwrap(), folder.join(name));
        }
        for name in [
            "",
            "..",
            "../x",
            "../../x",
            "a/../../x",
            "a/..",
            "/etc/passwd",
            "./x",
            "a\nb",
            "a\0b",
            "\u{9b}x",
        ] {
            assert_eq!(within(folder, name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name:?}");
        }
        assert!(within(folder, &"x".repeat(300)).is_err());
    }
}
