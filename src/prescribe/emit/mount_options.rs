//! Knows which options of a tmpfs or a volume each engine accepts, and takes out those that another one
//! lacks.
//!
//! Sources: Podman, `pkg/util/mount_opts.go`; Docker, `pkg/mount` for a tmpfs and `volume/mounts` for `-v`.
//! Must not lose an option silently: each one that is taken out is reported.

use crate::prescribe::recipe::Recipe;
use crate::snapshot::EngineKind;

/// Options that both engines accept for a tmpfs.
const TMPFS: [&str; 11] =
    ["rw", "ro", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "noatime", "size", "mode"];
/// Further options of Docker for a tmpfs.
const TMPFS_DOCKER: [&str; 19] = [
    "uid",
    "gid",
    "nr_inodes",
    "nr_blocks",
    "mpol",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "diratime",
    "nodiratime",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
    "defaults",
];
/// Further options of Podman for a tmpfs.
const TMPFS_PODMAN: [&str; 12] = [
    "tmpcopyup",
    "notmpcopyup",
    "noswap",
    "U",
    "private",
    "rprivate",
    "slave",
    "rslave",
    "shared",
    "rshared",
    "unbindable",
    "runbindable",
];
/// Options that both engines accept for `-v`.
const VOLUME: [&str; 12] =
    ["ro", "rw", "z", "Z", "nocopy", "copy", "private", "rprivate", "slave", "rslave", "shared", "rshared"];
/// Further options of Docker for `-v`.
const VOLUME_DOCKER: [&str; 3] = ["consistent", "cached", "delegated"];
/// Further options of Podman for `-v`.
const VOLUME_PODMAN: [&str; 16] = [
    "U",
    "O",
    "exec",
    "noexec",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "bind",
    "rbind",
    "idmap",
    "subpath",
    "upperdir",
    "workdir",
    "unbindable",
    "runbindable",
];

/// Takes out the options that an engine does not accept; returns each with its mount.
pub fn keep_known(recipe: &mut Recipe, kind: EngineKind) -> Vec<String> {
    let mut gone = Vec::new();
    let (tmpfs, volume): (&[&str], &[&str]) = match kind {
        EngineKind::Docker => (&TMPFS_DOCKER, &VOLUME_DOCKER),
        EngineKind::Podman => (&TMPFS_PODMAN, &VOLUME_PODMAN),
    };
    for (path, options) in &mut recipe.tmpfs {
        let known = |key: &str| TMPFS.contains(&key) || tmpfs.contains(&key);
        let lost = split(options, known);
        gone.extend(lost.iter().map(|option| format!("{option} of the tmpfs on {path}")));
    }
    for mount in &mut recipe.volumes {
        let known = |key: &str| VOLUME.contains(&key) || volume.contains(&key);
        let lost = split(&mut mount.options, known);
        gone.extend(lost.iter().map(|option| format!("{option} of the volume at {}", mount.destination)));
    }
    gone
}

/// Keeps the known options of a list; returns the others.
fn split(options: &mut String, known: impl Fn(&str) -> bool) -> Vec<String> {
    let fits = |option: &&str| known(option.split('=').next().unwrap_or(option));
    let (kept, gone): (Vec<&str>, Vec<&str>) =
        options.split(',').filter(|option| !option.is_empty()).partition(fits);
    let gone = gone.into_iter().map(str::to_owned).collect();
    *options = kept.join(",");
    gone
}
