//! The list of inputs: files, and folders down to their files, with what is left out of them. Must not read a
//! file.

use std::io;
use std::path::{Path, PathBuf};

use super::unreadable::Unreadable;

/// Most files in all folders together; no folder of logs has more.
const MOST_FILES: usize = 200_000;
/// Deepest nesting of folders.
const DEEPEST: usize = 32;

/// A file to read.
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the user named it, so that it is read whatever it contains.
    pub named: bool,
}

/// The inputs, with folders expanded to their files.
#[derive(Default)]
pub struct Inputs {
    /// The files to read.
    pub files: Vec<Input>,
    /// Folders that cannot be read.
    pub failures: Vec<Unreadable>,
    /// What exists and is not read, with the reason.
    pub unseen: Vec<(String, String)>,
}

impl Inputs {
    /// Lists the inputs: folders are walked in the order of names, links in them are not followed.
    #[must_use]
    pub fn of(given: &[PathBuf]) -> Self {
        let mut inputs = Self::default();
        for path in given {
            if path.as_os_str() == "-" || !path.is_dir() {
                inputs.files.push(Input { path: path.clone(), named: true });
                continue;
            }
            let before = inputs.count();
            inputs.folder(path, 0);
            if inputs.count() == before {
                inputs.leave_out(path, "no files in this folder");
            }
            if inputs.files.len() >= MOST_FILES {
                inputs.leave_out(path, &format!("only the first {MOST_FILES} files are read"));
            }
        }
        inputs
    }

    fn count(&self) -> usize {
        self.files.len() + self.failures.len() + self.unseen.len()
    }

    fn leave_out(&mut self, path: &Path, reason: &str) {
        self.unseen.push((path.display().to_string(), reason.to_owned()));
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        let failed = |source| Unreadable { name: path.display().to_string(), source };
        let mut found = Vec::new();
        match std::fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => {
                found
                    .extend(entries.iter().filter_map(|entry| Some((entry.path(), entry.file_type().ok()?))));
            }
            Err(source) => self.failures.push(failed(source)),
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, kind) in found {
            if kind.is_dir() && depth < DEEPEST {
                self.folder(&path, depth + 1);
            } else if kind.is_dir() {
                self.leave_out(&path, &format!("folders nested deeper than {DEEPEST}"));
            } else if kind.is_file() && self.files.len() < MOST_FILES {
                self.files.push(Input { path, named: false });
            }
        }
    }
}

/// Returns the bytes of all files together; `None` if one of them, such as a pipe, has no size.
#[must_use]
pub fn size(inputs: &[Input]) -> Option<u64> {
    let one = |input: &Input| {
        std::fs::metadata(&input.path).ok().filter(std::fs::Metadata::is_file).map(|data| data.len())
    };
    inputs.iter().map(one).sum()
}
