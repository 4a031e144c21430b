//! Lists the privileges and host access that the new container keeps: capabilities, namespaces, devices and
//! paths of the host; and says where the words of a snapshot come from.
//!
//! Must not remove a privilege: what is kept is reported.

use std::path::{Component, Path, PathBuf};

use crate::prescribe::recipe::{Mount, Plan, Recipe};
use crate::quote::shown;
use crate::snapshot::TargetKind;

/// Namespaces, with what of the host each one exposes.
const NAMESPACES: [(&str, &str); 6] = [
    ("--pid", "the host's processes"),
    ("--network", "the host's network"),
    ("--ipc", "the host's shared memory and queues"),
    ("--uts", "the host's name"),
    ("--userns", "the host's users"),
    ("--cgroupns", "the host's cgroup tree"),
];
/// Flags that give access to devices or files of the host, or make the engine write a file.
const HOST_ACCESS_FLAGS: [&str; 11] = [
    "--device",
    "--device-cgroup-rule",
    "--gpus",
    "--secret",
    "--env-host",
    "--hostuser",
    "--hosts-file",
    "--pidfile",
    "--conmon-pidfile",
    "--health-log-destination",
    "--volumes-from",
];
/// Host folders that give access to the host itself.
const HOST_FOLDERS: [&str; 15] = [
    "/etc", "/root", "/boot", "/dev", "/proc", "/sys", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/home",
    "/run", "/var/run", "/var/lib",
];

/// Describes the privileges that the old container had and the new one keeps.
pub fn rights(plan: &Plan<'_>) -> Vec<String> {
    let every_path = is_foreign(plan);
    let before = of(&plan.inspected.recipe(&plan.recipe.name), every_path);
    of(&plan.recipe, every_path).into_iter().filter(|right| before.contains(right)).collect()
}

/// Summarises these privileges in a sentence; returns `None` if there are none.
pub fn summary(rights: &[String]) -> Option<String> {
    (!rights.is_empty()).then(|| format!("It keeps its extra privileges: {}.", rights.join("; ")))
}

/// Returns whether the words in the steps come from another machine.
pub fn is_foreign(plan: &Plan<'_>) -> bool {
    plan.snapshot.target.kind != TargetKind::Container
}

/// Says where the words of the steps come from and which image they run, if they come from a snapshot;
/// `image` is the one that is started.
pub fn origin(plan: &Plan<'_>, image: &str) -> Option<String> {
    is_foreign(plan).then(|| {
        format!(
            "These steps were derived from a snapshot of another machine and run its image {image}. Read \
                them before you run them."
        )
    })
}

/// Describes the privileges of a recipe.
fn of(recipe: &Recipe, every_path: bool) -> Vec<String> {
    let mut rights = Vec::new();
    if recipe.has("--privileged") {
        rights.push("--privileged, which is all capabilities and the host's devices".to_owned());
    }
    let added = recipe.values("--cap-add");
    let noun = if added.len() == 1 { "capability" } else { "capabilities" };
    rights.extend((!added.is_empty()).then(|| format!("the added {noun} {}", added.join(", "))));
    let host =
        |flag: &str| recipe.values(flag).iter().any(|value| *value == "host" || value.starts_with("host:"));
    rights.extend(
        NAMESPACES.iter().filter(|(flag, _)| host(flag)).map(|(flag, what)| format!("{what} ({flag} host)")),
    );
    for flag in recipe.flags.iter().filter(|flag| HOST_ACCESS_FLAGS.contains(&flag.name.as_str())) {
        rights.push(shown(&flag.words()));
    }
    let loose = |value: &&str| ["unconfined", "disable", "unmask="].iter().any(|word| value.contains(word));
    rights.extend(
        recipe
            .values("--security-opt")
            .into_iter()
            .filter(loose)
            .map(|value| format!("--security-opt {value}")),
    );
    rights.extend(
        recipe
            .values("--log-opt")
            .into_iter()
            .filter(|option| option.starts_with("path="))
            .map(|value| format!("--log-opt {value}")),
    );
    rights.extend(
        paths(recipe).into_iter().filter(|bind| every_path || bind.exposes_host()).map(|bind| bind.words()),
    );
    rights
}

/// A bind-mounted path of the host.
struct Bind {
    source: PathBuf,
    target: String,
    read_only: bool,
}

/// Lists the bind-mounted paths of the host.
fn paths(recipe: &Recipe) -> Vec<Bind> {
    let read_only = |options: &str| options.split(',').any(|option| option == "ro");
    let volumes = recipe.volumes.iter().filter(|volume| volume.source.starts_with('/'));
    let mut binds: Vec<Bind> = volumes
        .map(|volume| Bind {
            source: tidy(&volume.source),
            target: volume.destination.clone(),
            read_only: read_only(&volume.options),
        })
        .collect();
    for mount in recipe.mounts.iter().map(|(_, text)| Mount::of(text)) {
        // A volume of the driver `local` can be any folder of the host.
        let device = mount
            .options
            .iter()
            .find_map(|(name, value)| value.strip_prefix("device=").filter(|_| name == "volume-opt"));
        let source = device.or(mount.source.as_deref()).filter(|source| source.starts_with('/')).map(tidy);
        binds.extend(source.map(|source| Bind {
            source,
            target: mount.target.clone(),
            read_only: mount.read_only,
        }));
    }
    binds
}

/// Returns the path without `.`, `..` and doubled slashes.
fn tidy(path: &str) -> PathBuf {
    let mut tidy = PathBuf::from("/");
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => tidy.push(name),
            Component::ParentDir => drop(tidy.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    tidy
}

impl Bind {
    /// Returns whether it gives access to a part of the host; old recipes bind the control group tree
    /// read-only, which grants nothing.
    fn exposes_host(&self) -> bool {
        let harmless = self.source.starts_with("/sys/fs/fuse")
            || self.read_only && self.source.starts_with("/sys/fs/cgroup");
        let part = HOST_FOLDERS
            .iter()
            .any(|folder| self.source.starts_with(folder) || Path::new(folder).starts_with(&self.source));
        !harmless && (part || self.source.extension().is_some_and(|ending| ending == "sock"))
    }

    fn words(&self) -> String {
        let may = if self.read_only { "read-only" } else { "writable" };
        format!(
            "the host's {} at {} ({may})",
            shown(&[self.source.to_string_lossy()]),
            shown(&[self.target.as_str()])
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::recipe::Volume;

    fn volume(source: &str, options: &str) -> Volume {
        Volume { source: source.to_owned(), destination: "/x".to_owned(), options: options.to_owned() }
    }

    #[test]
    fn what_reaches_beyond_the_container_is_named() {
        let mut recipe = Recipe::default();
        recipe.push("--privileged", None);
        for (flag, value) in [
            ("--cap-add", "SYS_ADMIN"),
            ("--cap-add", "ALL"),
            ("--pid", "host"),
            ("--userns", "host"),
            ("--device", "/dev/sda:/dev/sda:rwm"),
            ("--security-opt", "apparmor=unconfined"),
            ("--security-opt", "label=disable"),
            ("--network", "front"),
        ] {
            recipe.push(flag, Some(value.to_owned()));
        }
        for (source, options) in [
            ("/", ""),
            ("/srv/../etc/", "ro"),
            ("/var/run/docker.sock", ""),
            ("/var", ""),
            ("/srv/data", ""),
            ("data", ""),
        ] {
            recipe.volumes.push(volume(source, options));
        }
        recipe.mounts.push(("/m".to_owned(), "type=bind,source=/root/.ssh,target=/m".to_owned()));
        recipe.mounts.push((
            "/v".to_owned(),
            "type=volume,source=v,target=/v,volume-opt=type=none,volume-opt=device=/boot".to_owned(),
        ));
        let said = of(&recipe, false);
        assert_eq!(
            said,
            [
                "--privileged, which is all capabilities and the host's devices",
                "the added capabilities SYS_ADMIN, ALL",
                "the host's processes (--pid host)",
                "the host's users (--userns host)",
                "--device /dev/sda:/dev/sda:rwm",
                "--security-opt apparmor=unconfined",
                "--security-opt label=disable",
                "the host's / at /x (writable)",
                "the host's /etc at /x (read-only)",
                "the host's /var/run/docker.sock at /x (writable)",
                "the host's /var at /x (writable)",
                "the host's /root/.ssh at /m (writable)",
                "the host's /boot at /v (writable)",
            ]
        );
        assert_eq!(of(&recipe, true).len(), said.len() + 1);
    }

    #[test]
    fn what_every_container_has_is_not_named() {
        let mut recipe = Recipe::default();
        recipe.push("--security-opt", Some("no-new-privileges".to_owned()));
        recipe.push("--cgroupns", Some("private".to_owned()));
        recipe.volumes.extend([volume("data", ""), volume("/sys/fs/cgroup", "ro"), volume("/srv/www", "")]);
        assert!(of(&recipe, false).is_empty());
    }
}
