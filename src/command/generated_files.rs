//! Files that the program generates, such as the book and the schemas: writes them to a folder, or compares
//! them with those in one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CommandError;
use crate::safe_path;

/// Writes files by their paths below a folder; skips those that already have the same text.
///
/// # Errors
/// Returns [`CommandError::Book`] that names the file or folder.
pub(super) fn put(files: &BTreeMap<String, String>, folder: &Path) -> Result<(), CommandError> {
    let at = |path: PathBuf| move |source: io::Error| CommandError::Book { path, source };
    for (name, text) in files {
        let path = safe_path::within(folder, name).map_err(at(folder.to_owned()))?;
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(at(parent.to_owned()))?;
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            continue;
        }
        fs::write(&path, text).map_err(at(path.clone()))?;
    }
    Ok(())
}

/// Returns a line for each file that is missing below a folder or has a different text.
///
/// # Errors
/// Returns [`CommandError::Book`] for a file that cannot be read.
pub(super) fn differing(
    files: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<Vec<String>, CommandError> {
    let mut odd = Vec::new();
    for (name, text) in files {
        match safe_path::within(folder, name).and_then(fs::read) {
            Ok(old) if old == text.as_bytes() => {}
            Ok(_) => odd.push(format!("{name}: differs\n")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => odd.push(format!("{name}: missing\n")),
            Err(source) => return Err(CommandError::Book { path: folder.join(name), source }),
        }
    }
    Ok(odd)
}
