//! Files of a stopped container on this machine, read where its storage driver keeps them: overlay layers,
//! uppermost first.
//!
//! This costs the engine nothing, while each file read through the archive endpoint means a mount and, on
//! Docker 20.10, a new process. Only a stopped container is read this way, because a running one could
//! replace a folder by a link in the meantime.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::docker::{PathStat, Tree, TreeEntry};
use crate::facts::Config;

/// Links that are followed before a path counts as a loop, as in the kernel.
const LINKS: usize = 40;
/// Largest file of a tree, in bytes.
const TREE_FILE: usize = 64 * 1024;
/// Most entries of a tree; a container with many services has a few hundred.
const ENTRIES: usize = 4096;
/// Deepest nesting of folders in a tree; systemd reads one level (systemd.unit(5)).
const DEPTH: usize = 4;
/// Most layers that the kernel stacks (`OVL_MAX_STACK`).
const LAYERS: usize = 500;
/// Attributes of a folder that hide what lower layers contain below it: of an overlay that root mounts, of
/// one that a user mounts (kernel, `Documentation/filesystems/overlayfs.rst`), and of `fuse-overlayfs(1)`.
const OPAQUE: [&str; 3] = ["trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque"];

/// The root file system of a container, as its layers.
#[derive(Debug, Clone)]
pub struct Layers(Vec<PathBuf>);

/// A folder, as the list of layers that contain it.
type Folder = Vec<PathBuf>;

impl Layers {
    /// Returns whether the engine says where layers are; one with the containerd image store does not.
    pub fn are_named(config: &Config<'_>) -> bool {
        config.field("/GraphDriver/Data").is_some_and(Value::is_object)
    }

    /// Returns the layers of a stopped container; `None` if they are not on this machine, cannot be read, or
    /// are hidden by mounts.
    pub fn of(config: &Config<'_>) -> Option<Self> {
        let driver = config.text("/GraphDriver/Name").or(config.text("/Driver"))?;
        if !driver.starts_with("overlay")
            || config.flag("/State/Running")
            || config.flag("/State/Paused")
            || hides_boot_files(config)
        {
            return None;
        }
        let data = config.field("/GraphDriver/Data")?;
        let upper = data.get("UpperDir").and_then(Value::as_str)?;
        let lower = data.get("LowerDir").and_then(Value::as_str)?;
        let layers: Vec<PathBuf> =
            std::iter::once(upper).chain(lower.split(':')).take(LAYERS).map(PathBuf::from).collect();
        layers.iter().all(|layer| std::fs::read_dir(layer).is_ok()).then_some(Self(layers))
    }

    /// Returns the entry at a path; links are followed on the way, but not at its end.
    pub fn read_path(&self, path: &str, limit: usize) -> Option<PathStat> {
        let found = self.find(Path::new(path), &mut LINKS.clone())?;
        stat(&found, limit)
    }

    /// Returns a small folder with everything below it, cut off once its files have more than `limit` bytes
    /// together.
    pub fn read_tree(&self, path: &str, limit: usize) -> Option<Tree> {
        let folder = self.folder(Path::new(path), &mut LINKS.clone())?;
        let mut growing = Growing { tree: Tree::default(), room: limit };
        growing.add(&folder, "", DEPTH);
        Some(growing.tree)
    }

    /// Returns the uppermost file at a path, its parents resolved.
    fn find(&self, path: &Path, links: &mut usize) -> Option<PathBuf> {
        let parent = path.parent()?;
        let name = path.file_name()?;
        let folder = self.folder(parent, links)?;
        visible(&folder, &name.to_owned())
    }

    /// Returns the folder at a path, links followed.
    fn folder(&self, path: &Path, links: &mut usize) -> Option<Folder> {
        let mut here = self.0.clone();
        let mut passed = PathBuf::from("/");
        let mut parts = path.components();
        while let Some(part) = parts.next() {
            match part {
                Component::Normal(name) => {
                    let found = visible(&here, &name.to_owned())?;
                    if std::fs::symlink_metadata(&found).ok()?.is_symlink() {
                        *links = links.checked_sub(1)?;
                        let target = tidy(&passed.join(std::fs::read_link(&found).ok()?));
                        return self.folder(&target.join(parts.as_path()), links);
                    }
                    here = below(&here, &name.to_owned());
                    passed.push(name);
                }
                Component::ParentDir => {
                    return self.folder(&tidy(&passed.join(part).join(parts.as_path())), links);
                }
                _ => {}
            }
        }
        Some(here)
    }
}

/// Removes `.` and `..` from an absolute path without looking at the disk; the parent of the root is the
/// root.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => tidy.push(name),
            Component::ParentDir => {
                tidy.pop();
            }
            _ => {}
        }
    }
    tidy
}

/// Returns whether a mount covers places that matter for the boot, so that the layers alone would be
/// misleading.
fn hides_boot_files(config: &Config<'_>) -> bool {
    const PLACES: [&str; 7] = ["/etc", "/usr", "/lib", "/sbin", "/bin", "/var/lib/dpkg", "/entrypoint"];
    let over = |destination: &str| {
        PLACES.iter().any(|place| destination == *place || destination.starts_with(&format!("{place}/")))
    };
    let configured =
        |destination: &str| !matches!(destination, "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf");
    config.mounts().iter().any(|mount| over(&mount.destination) && configured(&mount.destination))
}

/// Returns the path of a name in the uppermost layer of a folder that has it; `None` if no layer has it or it
/// was deleted.
fn visible(folder: &Folder, name: &OsString) -> Option<PathBuf> {
    for layer in folder {
        let path = layer.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if is_whiteout(&meta) => return None,
            Ok(_) => return Some(path),
            Err(_) => {}
        }
    }
    None
}

/// Returns the subfolder of that name: all layers down to the one that hides the rest.
fn below(folder: &Folder, name: &OsString) -> Folder {
    let mut found = Vec::new();
    for layer in folder {
        let path = layer.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                let opaque = is_opaque(&path);
                found.push(path);
                if opaque {
                    break;
                }
            }
            Ok(_) => break,
            Err(_) => {}
        }
    }
    found
}

/// Returns whether an entry marks a deleted file: a character device 0/0.
fn is_whiteout(meta: &std::fs::Metadata) -> bool {
    meta.file_type().is_char_device() && meta.rdev() == 0
}

fn is_opaque(folder: &Path) -> bool {
    OPAQUE.iter().any(|attribute| {
        let mut value = [0_u8; 4];
        rustix::fs::lgetxattr(folder, *attribute, &mut value)
            .is_ok_and(|length| value.get(..length) == Some(b"y"))
    })
}

fn stat(path: &Path, limit: usize) -> Option<PathStat> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if meta.is_symlink() {
        return Some(PathStat::Link(std::fs::read_link(path).ok()?.to_string_lossy().into_owned()));
    }
    if meta.is_dir() {
        return Some(PathStat::Directory);
    }
    if !meta.is_file() {
        return Some(PathStat::Special);
    }
    let mut content = Vec::new();
    std::fs::File::open(path).ok()?.take(limit as u64).read_to_end(&mut content).ok()?;
    Some(PathStat::File(content))
}

/// A tree that is being read.
struct Growing {
    tree: Tree,
    /// Bytes of content for which there is still room.
    room: usize,
}

impl Growing {
    /// Adds all entries of a folder, by name, until a limit is reached.
    fn add(&mut self, folder: &Folder, prefix: &str, depth: usize) {
        let (names, cut) = names(folder);
        self.tree.cut |= cut || depth == 0;
        for (name, path) in names {
            if self.tree.cut {
                return;
            }
            let Some(stat) = stat(&path, TREE_FILE.min(self.room + 1)) else { continue };
            let length = if let PathStat::File(content) = &stat { content.len() } else { 0 };
            if length > self.room || self.tree.entries.len() >= ENTRIES {
                self.tree.cut = true;
                return;
            }
            self.room -= length;
            let shown = format!("{prefix}{}", name.to_string_lossy());
            let directory = stat == PathStat::Directory;
            self.tree.entries.push(TreeEntry { path: shown.clone(), stat });
            if directory {
                self.add(&below(folder, &name), &format!("{shown}/"), depth - 1);
            }
        }
    }
}

/// Returns the visible entries of a folder by name, and whether there are more than a tree may have.
fn names(folder: &Folder) -> (BTreeMap<OsString, PathBuf>, bool) {
    let mut names: BTreeMap<OsString, PathBuf> = BTreeMap::new();
    let mut gone: BTreeSet<OsString> = BTreeSet::new();
    for entry in
        folder.iter().filter_map(|layer| std::fs::read_dir(layer).ok()).flatten().filter_map(Result::ok)
    {
        let name = entry.file_name();
        if gone.contains(&name) || names.contains_key(&name) {
            continue;
        }
        if names.len() + gone.len() >= ENTRIES {
            return (names, true);
        }
        if entry.metadata().is_ok_and(|meta| is_whiteout(&meta)) {
            gone.insert(name);
        } else {
            names.insert(name, entry.path());
        }
    }
    (names, false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn layers() -> (tempfile::TempDir, Layers) {
        let dir = tempfile::tempdir().unwrap();
        let (upper, lower) = (dir.path().join("upper"), dir.path().join("lower"));
        for path in [
            "upper/etc/systemd/system",
            "lower/etc/systemd/system",
            "lower/usr/lib/systemd",
            "lower/usr/sbin",
        ] {
            std::fs::create_dir_all(dir.path().join(path)).unwrap();
        }
        symlink("usr/lib", lower.join("lib")).unwrap();
        symlink("../lib/systemd/systemd", lower.join("usr/sbin/init")).unwrap();
        symlink("usr/sbin", lower.join("sbin")).unwrap();
        std::fs::write(lower.join("usr/lib/systemd/systemd"), "binary").unwrap();
        std::fs::write(lower.join("etc/systemd/system/a.service"), "old").unwrap();
        std::fs::write(upper.join("etc/systemd/system/a.service"), "new").unwrap();
        std::fs::write(lower.join("etc/systemd/system/b.service"), "b").unwrap();
        symlink("/etc", lower.join("loop")).unwrap();
        symlink("loop2", upper.join("loop2")).unwrap();
        (dir, Layers(vec![upper, lower]))
    }

    #[test]
    fn upper_layers_win_and_links_are_resolved_inside() {
        let (_dir, layers) = layers();
        assert_eq!(
            layers.read_path("/etc/systemd/system/a.service", 9),
            Some(PathStat::File(b"new".to_vec()))
        );
        assert_eq!(layers.read_path("/lib/systemd/systemd", 3), Some(PathStat::File(b"bin".to_vec())));
        assert_eq!(
            layers.read_path("/sbin/init", 9),
            Some(PathStat::Link("../lib/systemd/systemd".to_owned()))
        );
        assert_eq!(
            layers.read_path("/loop/systemd/system/b.service", 9),
            Some(PathStat::File(b"b".to_vec()))
        );
        assert_eq!(layers.read_path("/../../etc", 9), Some(PathStat::Directory));
        assert_eq!(layers.read_path("/loop2/x", 9), None);
        assert_eq!(layers.read_path("/nowhere", 9), None);
    }

    #[test]
    fn a_tree_is_merged() {
        let (_dir, layers) = layers();
        let tree = layers.read_tree("/etc/systemd/system", 100).unwrap();
        assert!(!tree.cut);
        let names: Vec<_> = tree.entries.iter().map(|entry| (entry.path.as_str(), &entry.stat)).collect();
        assert_eq!(
            names,
            [("a.service", &PathStat::File(b"new".to_vec())), ("b.service", &PathStat::File(b"b".to_vec()))]
        );
    }

    #[test]
    fn a_folder_that_a_user_replaced_hides_the_one_below() {
        let (dir, layers) = layers();
        let upper = dir.path().join("upper/etc/systemd/system");
        let hidden = |attribute: &str| {
            rustix::fs::lsetxattr(&upper, attribute, b"y", rustix::fs::XattrFlags::empty()).unwrap();
            let found = layers.read_path("/etc/systemd/system/b.service", 9);
            rustix::fs::lremovexattr(&upper, attribute).unwrap();
            found.is_none()
        };
        assert!(hidden("user.overlay.opaque") && hidden("user.fuseoverlayfs.opaque"));
        assert!(layers.read_path("/etc/systemd/system/b.service", 9).is_some());
    }

    fn tree_of(fill: impl Fn(&Path), limit: usize) -> Tree {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path());
        Layers(vec![dir.path().to_owned()]).read_tree("/", limit).unwrap()
    }

    #[test]
    fn a_tree_without_end_is_cut() {
        let links = |folder: &Path| {
            std::fs::write(folder.join("0"), "x".repeat(1000)).unwrap();
            (1..50).for_each(|n| std::fs::hard_link(folder.join("0"), folder.join(n.to_string())).unwrap());
        };
        let tree = tree_of(links, 10_000);
        assert!(tree.cut && tree.entries.len() == 10, "{}", tree.entries.len());
        assert!(!tree_of(links, 50_000).cut);
        let many = |folder: &Path| {
            (0..=ENTRIES).for_each(|n| symlink("/dev/null", folder.join(n.to_string())).unwrap());
        };
        let tree = tree_of(many, 10_000);
        assert!(tree.cut && tree.entries.len() <= ENTRIES);
        let deep = |folder: &Path| std::fs::create_dir_all(folder.join("a/a/a/a/a/a/a")).unwrap();
        let tree = tree_of(deep, 10_000);
        assert!(tree.cut && tree.entries.len() == DEPTH, "{tree:?}");
    }
}
