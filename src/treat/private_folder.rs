//! A folder for secret files: accessible only to this user, in memory if the machine supports that, and
//! removed when the process ends.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path};

use procfs::process::Process;
use rustix::fs::OFlags;
use tempfile::TempDir;

use crate::trust;

/// Folder for files in memory; what a step fetches may be secret and must not be written to disk.
const MEMORY: &str = "/dev/shm";
/// Prefix of the folder's name, before the process ID and the start time of the process.
const PREFIX: &str = "sysdock-";
/// Modes of folders and files, regardless of the umask.
const MODES: (u32, u32) = (0o700, 0o600);

/// A temporary folder that only this user can access; removed when dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: TempDir,
    /// Locked as long as the process lives; processes in other PID namespaces see the lock even if the ID
    /// differs.
    _lock: File,
}

impl PrivateFolder {
    /// Creates it, in memory or in the folder for temporary files.
    ///
    /// # Errors
    /// Returns the error of the operating system.
    pub fn new() -> io::Result<Self> {
        Self::below(Path::new(MEMORY)).or_else(|_| Self::below(&std::env::temp_dir()))
    }

    fn below(place: &Path) -> io::Result<Self> {
        let process = std::process::id();
        let prefix = format!("{PREFIX}{process}-{}-", started(process).unwrap_or_default());
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(Permissions::from_mode(MODES.0))
            .tempdir_in(place)?;
        std::fs::set_permissions(folder.path(), Permissions::from_mode(MODES.0))?;
        let lock = File::open(folder.path())?;
        // If locking is not supported, process ID and start time are enough.
        drop(lock.try_lock());
        Ok(Self { folder, _lock: lock })
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into it, or into a subfolder.
    ///
    /// # Errors
    /// Returns the error of the operating system, or an error for a path outside of the folder.
    pub fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = Path::new(path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leaves the folder"));
        }
        let mut place = self.path().to_owned();
        for part in path.parent().into_iter().flat_map(Path::components) {
            place.push(part);
            if !place.is_dir() {
                DirBuilder::new().mode(MODES.0).create(&place)?;
                std::fs::set_permissions(&place, Permissions::from_mode(MODES.0))?;
            }
        }
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(MODES.1)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let mut file = options.open(self.path().join(path))?;
        file.set_permissions(Permissions::from_mode(MODES.1))?;
        file.write_all(text.as_bytes())
    }
}

/// Removes the folders of processes that were killed before they could do so; skips those of other users.
pub fn remove_stale_folders() {
    sweep(Path::new(MEMORY));
    sweep(&std::env::temp_dir());
}

fn sweep(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let maker = entry.file_name().to_str().and_then(maker);
        if maker.is_some_and(|(process, start)| !lives(process, start)) && is_abandoned(&entry.path()) {
            // It may be gone already.
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// Returns ID and start time of the process that created a folder; older versions wrote no start time.
fn maker(name: &str) -> Option<(u32, Option<u64>)> {
    let parts: Vec<&str> = name.strip_prefix(PREFIX)?.split('-').collect();
    let is_random = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match parts.as_slice() {
        [process, start, random] if is_random(random) => {
            Some((process.parse().ok()?, Some(start.parse().ok()?)))
        }
        [process, random] if is_random(random) => Some((process.parse().ok()?, None)),
        _ => None,
    }
}

/// Returns whether this very process is alive: IDs are reused, but not together with the start time.
fn lives(process: u32, start: Option<u64>) -> bool {
    match (started(process), start) {
        (None, _) => false,
        // The start time was not available, then or now.
        (Some(_), None | Some(0)) => true,
        (Some(began), Some(start)) => began == start,
    }
}

/// Returns the start time of a live process, in clock ticks since boot; 0 if the kernel does not show it.
fn started(process: u32) -> Option<u64> {
    let stat = Process::new(i32::try_from(process).ok()?).ok()?.stat();
    match stat {
        // A zombie no longer uses anything.
        Ok(stat) if matches!(stat.state, 'Z' | 'X' | 'x') => None,
        Ok(stat) => Some(stat.starttime),
        Err(_) => Some(0),
    }
}

/// Returns whether it is a folder of this user that no process has locked.
fn is_abandoned(path: &Path) -> bool {
    let own = path.symlink_metadata().is_ok_and(|data| data.is_dir() && data.uid() == trust::user());
    own && File::open(path).is_ok_and(|folder| !matches!(folder.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No process has this ID: the kernel's highest is 4194304 (proc(5), `pid_max`).
    const NOBODY: u32 = 4_194_999;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn nobody_else_can_read_it() {
        for place in [Path::new(MEMORY), &std::env::temp_dir()] {
            let folder = PrivateFolder::below(place).unwrap();
            for path in ["environment", "image/Dockerfile", "a/b/c"] {
                folder.write(path, "first, longer").unwrap();
                folder.write(path, "KEY=secret").unwrap();
                assert_eq!(std::fs::read_to_string(folder.path().join(path)).unwrap(), "KEY=secret");
                assert_eq!(mode(&folder.path().join(path)), 0o600, "{path}");
            }
            for path in ["", "image", "a", "a/b"] {
                assert_eq!(mode(&folder.path().join(path)), 0o700, "{path}");
            }
            let path = folder.path().to_owned();
            drop(folder);
            assert!(!path.exists());
        }
    }

    #[test]
    fn nothing_is_written_outside_of_it() {
        let folder = PrivateFolder::new().unwrap();
        std::os::unix::fs::symlink("/no/such/place", folder.path().join("link")).unwrap();
        for path in ["../x", "/tmp/x", "a/../../x", "link"] {
            assert!(folder.write(path, "x").is_err(), "{path}");
        }
    }

    #[test]
    fn folders_of_the_dead_are_removed_at_once_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        let (own, start) = (std::process::id(), started(std::process::id()).unwrap());
        let cases = [
            (format!("sysdock-{NOBODY}-77-abcDE1"), false),
            (format!("sysdock-{NOBODY}-abcDE1"), false),
            // Another process had that ID.
            (format!("sysdock-{own}-{}-abcDE1", start + 1), false),
            (format!("sysdock-{own}-{start}-abcDE1"), true),
            (format!("sysdock-{own}-abcDE1"), true),
            (format!("sysdock-{NOBODY}-77-mine"), true),
            (format!("sysdock-{NOBODY}-x-abcDE1"), true),
            (format!("other-{NOBODY}-77-abcDE1"), true),
            (format!("sysdock-probe-{NOBODY}-abcDE1"), true),
        ];
        for (name, _) in &cases {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        sweep(place.path());
        for (name, stays) in cases {
            assert_eq!(place.path().join(&name).exists(), stays, "{name}");
        }
    }

    #[test]
    fn what_is_held_or_is_somebody_elses_stays() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(format!("sysdock-{NOBODY}-77-{name}"));
        for name in ["locked", "theirs"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let lock = File::open(at("locked")).unwrap();
        lock.try_lock().unwrap();
        std::os::unix::fs::symlink(place.path().join("kept"), at("linked")).unwrap();
        std::fs::create_dir(place.path().join("kept")).unwrap();
        let given_away = std::os::unix::fs::chown(at("theirs"), Some(4321), None).is_ok();
        sweep(place.path());
        assert!(at("locked").exists() && place.path().join("kept").exists());
        assert_eq!(at("theirs").exists(), given_away);
        drop(lock);
        sweep(place.path());
        assert!(!at("locked").exists());
    }
}
