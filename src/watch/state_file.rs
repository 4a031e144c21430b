//! The state file of a watch: read at the start, replaced as a whole while it goes on. Must not know what it
//! says.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::command::CommandError;
use crate::watch::Memory;

/// The file.
pub struct Kept {
    path: PathBuf,
    /// What it says, as far as we know.
    last: Option<Memory>,
}

impl Kept {
    /// Reads it; one that is not there yet is begun, to learn now whether it can be written.
    ///
    /// # Errors
    /// [`CommandError::State`].
    pub fn open(path: &Path) -> Result<(Self, Option<Memory>), CommandError> {
        let failed = |reason: String| CommandError::State { path: path.display().to_string(), reason };
        let memory = match std::fs::read_to_string(path) {
            Ok(text) => Some(Memory::read(&text).map_err(failed)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        // Only to see that the folder takes files.
        NamedTempFile::new_in(folder(path)).map_err(|error| failed(error.to_string()))?;
        Ok((Self { path: path.to_owned(), last: memory.clone() }, memory))
    }

    /// Replaces what it says, where that has changed.
    ///
    /// # Errors
    /// [`CommandError::State`].
    pub fn write(&mut self, memory: Memory) -> Result<(), CommandError> {
        if self.last.as_ref() == Some(&memory) {
            return Ok(());
        }
        let written = memory.to_json().map_err(io::Error::from).and_then(|text| replace(&self.path, &text));
        written.map_err(|error| CommandError::State {
            path: self.path.display().to_string(),
            reason: error.to_string(),
        })?;
        self.last = Some(memory);
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
        let (mut kept, memory) = Kept::open(&path).unwrap();
        assert!(memory.is_none() && !path.exists());
        let memory = Memory::new(7, BTreeMap::new());
        kept.write(memory.clone()).unwrap();
        assert_eq!(Kept::open(&path).unwrap().1, Some(memory));
        std::fs::write(&path, "precious").unwrap();
        assert!(Kept::open(&path).is_err());
        assert!(Kept::open(&folder.path().join("none/state.json")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
