//! Folders of more rules: a path in, the texts of its files out. Must not parse the files.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::RuleError;
use crate::trust::{self, Trust};

/// Largest rule file in bytes; the largest built-in one has 20 KiB.
const LIMIT: u64 = 1 << 20;
/// Most files of one source.
const FILES: usize = 2000;
/// Deepest nesting of folders.
const DEPTH: usize = 16;

/// A folder or file of more rules, and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// Folder or file.
    pub path: PathBuf,
    /// Who may own it.
    pub trust: Trust,
    /// The project's file that named it and may not replace anything; none if the user named it or trusts the
    /// project.
    pub project: Option<PathBuf>,
    /// The configuration that named it, for messages; none for flags and variables.
    pub named_by: Option<PathBuf>,
}

impl From<PathBuf> for RuleSource {
    /// Makes a source that the user named.
    fn from(path: PathBuf) -> Self {
        Self { path, trust: Trust::Named, project: None, named_by: None }
    }
}

impl RuleSource {
    /// Reads its files in the order of their names; `take` receives each path with its text.
    pub(super) fn read(
        &self,
        mut take: impl FnMut(&Path, &str) -> Result<(), RuleError>,
    ) -> Result<(), RuleError> {
        let mut found = Vec::new();
        self.files(&self.path, 0, &mut found)?;
        for path in found {
            let text = trust::text(&path, LIMIT, &self.trust).map_err(refused(&path))?;
            take(&path, &text)?;
        }
        Ok(())
    }

    fn files(&self, place: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), RuleError> {
        if depth > DEPTH || found.len() > FILES {
            return Err(RuleError::Many { path: self.path.clone(), files: FILES, depth: DEPTH });
        }
        let is_rule = place.extension().is_some_and(|extension| extension == "toml");
        // Only a file that the user named may have another name; its kind is checked before it is opened.
        if !place.is_dir() && (is_rule || (depth == 0 && self.trust == Trust::Named)) {
            found.push(place.to_owned());
            return Ok(());
        }
        trust::folder(place, &self.trust).map_err(refused(place))?;
        let failed =
            |source: std::io::Error| RuleError::Read { path: place.to_owned(), source: source.into() };
        let entries: Vec<DirEntry> =
            std::fs::read_dir(place).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
        let mut paths: Vec<PathBuf> = entries.iter().map(DirEntry::path).collect();
        paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths.iter().try_for_each(|path| self.files(path, depth + 1, found))
    }
}

fn refused(path: &Path) -> impl Fn(trust::Refusal) -> RuleError {
    let path = path.to_owned();
    move |source| {
        let path = path.clone();
        if source.is_distrust() {
            RuleError::Distrusted { path, source }
        } else {
            RuleError::Read { path, source }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn read(source: &RuleSource) -> Result<Vec<String>, RuleError> {
        let mut names = Vec::new();
        source.read(|path, _| {
            names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            Ok(())
        })?;
        Ok(names)
    }

    fn found(folder: &Path) -> RuleSource {
        RuleSource { trust: Trust::Found(folder.to_owned()), ..RuleSource::from(folder.to_owned()) }
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.toml", "b/z.toml", "a.toml", "no.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(
            read(&RuleSource::from(folder.path().to_owned())).unwrap(),
            ["a.toml", "z.toml", "c.toml"]
        );
        assert_eq!(read(&RuleSource::from(folder.path().join("no.txt"))).unwrap(), ["no.txt"]);
    }

    #[test]
    fn pipes_and_long_files_are_refused_by_name_and_loops_have_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("x.toml");
        rustix::fs::mkfifoat(rustix::fs::CWD, &at, rustix::fs::Mode::RWXU).unwrap();
        for source in
            [RuleSource::from(folder.path().to_owned()), RuleSource::from(at.clone()), found(folder.path())]
        {
            let said = read(&source).unwrap_err().to_string();
            assert!(said.contains("x.toml") && said.contains("a named pipe"), "{said}");
        }
        std::fs::remove_file(&at).unwrap();
        std::fs::write(&at, "# long\n".repeat(200_000)).unwrap();
        assert!(read(&found(folder.path())).unwrap_err().to_string().contains("larger than"));
        std::fs::remove_file(&at).unwrap();
        symlink(".", folder.path().join("loop")).unwrap();
        assert!(read(&found(folder.path())).unwrap_err().to_string().contains("levels"));
    }

    #[test]
    fn links_of_a_project_do_not_lead_out_and_those_of_the_user_do() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("x.toml"), "").unwrap();
        for (target, link) in [(other.path().join("x.toml"), "a.toml"), (other.path().to_owned(), "folder")] {
            symlink(target, folder.path().join(link)).unwrap();
            assert!(read(&found(folder.path())).unwrap_err().to_string().contains("--trust"), "{link}");
            assert_eq!(read(&RuleSource::from(folder.path().to_owned())).unwrap().len(), 1);
            std::fs::remove_file(folder.path().join(link)).unwrap();
        }
        let named = RuleSource {
            trust: Trust::Found(other.path().to_owned()),
            ..RuleSource::from(PathBuf::from("/etc/hostname"))
        };
        assert!(read(&named).is_err(), "no name of a rule file");
    }
}
