//! For systems whose files have owners: a path and who chose it in, an open file out, or the reason why not.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::{Refusal, Trust};

/// Where the shell and the kernel expose open files of this process, among them pipes.
const OWN: [&str; 3] = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];

/// Opens a regular file of at most `limit` bytes. Nothing else is opened, since opening a pipe or a device
/// may block or have side effects.
///
/// # Errors
/// [`Refusal`].
pub fn open(path: &Path, limit: u64, trust: &Trust) -> Result<File, Refusal> {
    let own_pipe = *trust == Trust::Named
        && OWN.iter().any(|own| path.to_str().is_some_and(|path| path.starts_with(own)));
    if own_pipe {
        return Ok(File::open(path)?);
    }
    let place = located(path, trust)?;
    regular(&std::fs::metadata(&place)?)?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = if *trust == Trust::Named { flags } else { flags | OFlags::NOFOLLOW };
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(&place)?;
    let metadata = file.metadata()?;
    regular(&metadata)?;
    if *trust != Trust::Named {
        ours(&metadata, false)?;
    }
    if metadata.len() > limit { Err(Refusal::Large(limit)) } else { Ok(file) }
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// [`Refusal`].
pub fn text(path: &Path, limit: u64, trust: &Trust) -> Result<String, Refusal> {
    let mut text = String::new();
    open(path, limit, trust)?.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit { Err(Refusal::Large(limit)) } else { Ok(text) }
}

/// Refuses a folder that is not to be trusted.
///
/// # Errors
/// [`Refusal::Owner`], [`Refusal::Outside`], [`Refusal::Io`].
pub fn folder(path: &Path, trust: &Trust) -> Result<(), Refusal> {
    let place = located(path, trust)?;
    if *trust == Trust::Named { Ok(()) } else { ours(&std::fs::metadata(place)?, true) }
}

/// Returns the effective user of this process.
#[must_use]
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Resolves the links of a path, which must stay in the folder in which it was found.
fn located(path: &Path, trust: &Trust) -> Result<PathBuf, Refusal> {
    let Trust::Found(folder) = trust else { return Ok(path.to_owned()) };
    let place = path.canonicalize()?;
    if place.starts_with(folder.canonicalize()?) { Ok(place) } else { Err(Refusal::Outside(folder.clone())) }
}

fn regular(metadata: &Metadata) -> Result<(), Refusal> {
    let kind = metadata.file_type();
    Err(Refusal::Kind(match kind {
        _ if kind.is_file() => return Ok(()),
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a named pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }))
}

/// Refuses a file of another user. As with git's `safe.directory`, root is trusted, since root can do
/// anything anyway.
fn ours(metadata: &Metadata, folder: bool) -> Result<(), Refusal> {
    let (owner, user) = (metadata.uid(), user());
    if owner == user || owner == 0 { Ok(()) } else { Err(Refusal::Owner { folder, owner, user }) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn refused(path: &Path, trust: &Trust) -> Option<String> {
        text(path, 10, trust).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let fifo = rustix::fs::CWD;
        rustix::fs::mkfifoat(fifo, at("pipe"), rustix::fs::Mode::RWXU).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        std::fs::write(at("long"), "01234567890").unwrap();
        std::fs::write(at("good"), "0123456789").unwrap();
        for trust in [Trust::Named, Trust::Found(folder.path().to_owned())] {
            for (name, words) in [
                ("pipe", "a named pipe"),
                ("socket", "a socket"),
                ("", "a folder"),
                ("long", "larger than 10 bytes"),
            ] {
                assert!(refused(&at(name), &trust).is_some_and(|said| said.contains(words)), "{name}");
            }
            assert_eq!(refused(&at("good"), &trust), None);
        }
        assert!(refused(Path::new("/dev/zero"), &Trust::Named).is_some_and(|said| said.contains("a device")));
    }

    #[test]
    fn links_stay_in_the_folder_in_which_they_were_found() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        std::fs::write(other.path().join("secret"), "s").unwrap();
        std::fs::write(at("file"), "f").unwrap();
        symlink("file", at("inside")).unwrap();
        symlink(other.path().join("secret"), at("out")).unwrap();
        symlink(other.path(), at("folder")).unwrap();
        symlink("out", at("twice")).unwrap();
        let found = Trust::Found(folder.path().to_owned());
        assert_eq!(refused(&at("inside"), &found), None);
        for name in ["out", "folder/secret", "twice"] {
            assert!(refused(&at(name), &found).is_some_and(|said| said.contains("leads out of")), "{name}");
            assert_eq!(refused(&at(name), &Trust::Named), None, "{name}: the user's own choice");
        }
    }

    #[test]
    fn what_others_own_is_not_read_unless_the_user_named_it() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("file"), "f").unwrap();
        // Only root can give files away.
        if chown(place.path().join("file"), Some(4321), None).is_err() {
            return;
        }
        let found = Trust::Found(place.path().to_owned());
        assert!(
            refused(&place.path().join("file"), &found)
                .is_some_and(|said| said.contains("belongs to user 4321"))
        );
        assert_eq!(refused(&place.path().join("file"), &Trust::Named), None);
        chown(place.path(), Some(4321), None).unwrap();
        assert!(folder(place.path(), &found).is_err_and(|refusal| refusal.is_distrust()));
        assert!(folder(place.path(), &Trust::Named).is_ok());
    }
}
