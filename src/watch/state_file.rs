//! The state file, which holds the resume point of a watch: read at the start, replaced as a whole while the
//! watch runs. Must not know what it says.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::WatchError;
use super::resume_point::ResumePoint;

/// The file and its content.
pub struct StateFile {
    path: PathBuf,
    /// Its content, as last read or written.
    last: Option<ResumePoint>,
}

impl StateFile {
    /// Reads the file; if there is none yet, checks that one can be written.
    ///
    /// # Errors
    /// [`WatchError::State`].
    pub fn open(path: &Path) -> Result<Self, WatchError> {
        let failed = |reason: String| WatchError::State { path: path.display().to_string(), reason };
        let last = match std::fs::read_to_string(path) {
            Ok(text) => Some(ResumePoint::read(&text).map_err(failed)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        // Only tests whether the folder is writable.
        NamedTempFile::new_in(folder(path)).map_err(|error| failed(error.to_string()))?;
        Ok(Self { path: path.to_owned(), last })
    }

    /// Returns its content, if there is any.
    #[must_use]
    pub const fn resume_point(&self) -> Option<&ResumePoint> {
        self.last.as_ref()
    }

    /// Replaces its content, if that has changed.
    ///
    /// # Errors
    /// [`WatchError::State`].
    pub fn write(&mut self, point: ResumePoint) -> Result<(), WatchError> {
        if self.last.as_ref() == Some(&point) {
            return Ok(());
        }
        let written = point.to_json().map_err(io::Error::from).and_then(|text| replace(&self.path, &text));
        written.map_err(|error| WatchError::State {
            path: self.path.display().to_string(),
            reason: error.to_string(),
        })?;
        self.last = Some(point);
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let mut file = StateFile::open(&path).unwrap();
        assert!(file.resume_point().is_none() && !path.exists());
        let point = ResumePoint::new(7, BTreeMap::new());
        file.write(point.clone()).unwrap();
        assert_eq!(StateFile::open(&path).unwrap().resume_point(), Some(&point));
        std::fs::write(&path, "precious").unwrap();
        assert!(StateFile::open(&path).is_err());
        assert!(StateFile::open(&folder.path().join("none/state.json")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
