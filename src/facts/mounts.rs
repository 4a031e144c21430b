//! Mounts that decide a boot: /run, /run/lock, /tmp and the control group tree.
//!
//! Observed in PID 1's mountinfo if that is readable, otherwise derived from the configuration. Pure.

use procfs_core::process::{MountInfo, MountInfos};

use super::container_cgroup::lies_in;
use super::{Config, Mount, podman_create_command};
use crate::snapshot::vocabulary::{CgroupBind, CgroupMode, CgroupMount};
use crate::snapshot::{EngineKind, Facts, Key, key};

const CGROUP: &str = "/sys/fs/cgroup";

/// Records the facts of PID 1's actual mounts; `own` is its group in the unified hierarchy, as seen by this
/// machine.
pub fn observed(mounts: &MountInfos, own: Option<&str>, facts: &mut Facts) {
    let source = "/proc/PID/mountinfo";
    let at = |path: &str| mounts.iter().rev().find(|mount| mount.mount_point.to_str() == Some(path));
    facts.set(key::MOUNT_RUN, at("/run").is_some(), source);
    facts.set(key::MOUNT_RUN_LOCK, at("/run/lock").is_some(), source);
    facts.set(key::MOUNT_TMP, at("/tmp").is_some(), source);
    facts.set(key::MOUNT_DEV_SHM, at("/dev/shm").is_some(), source);
    if let Some(run) = at("/run") {
        let size = run.super_options.get("size").and_then(|size| size.as_deref()).and_then(bytes);
        facts.set(key::MOUNT_RUN_BYTES, size, source);
        facts.set(key::MOUNT_RUN_WRITABLE, is_writable(run), source);
    }
    let tree = at(CGROUP);
    let mode = tree.and_then(|tree| match tree.fs_type.as_str() {
        "cgroup2" => Some(CgroupMode::V2),
        "tmpfs" if at("/sys/fs/cgroup/unified").is_some() => Some(CgroupMode::Hybrid),
        "tmpfs" if mounts.iter().any(|mount| mount.fs_type == "cgroup") => Some(CgroupMode::V1),
        _ => None,
    });
    if let Some(mode) = mode {
        facts.set(key::CGROUP_MODE, mode, source);
    }
    facts.set(key::CGROUP_MOUNT, observed_tree(tree, mode, mounts, own), source);
    if let Some(delegates) = namespaces_delegate(mounts) {
        facts.set(key::CGROUP_NSDELEGATE, delegates, source);
    }
}

/// Returns whether cgroup v2 is mounted with `nsdelegate`, which makes every cgroup namespace a border for
/// processes (`cgroup-v2.rst`, "Delegation"). All mounts of v2 share this option, so any of them shows it.
#[must_use]
pub fn namespaces_delegate(mounts: &MountInfos) -> Option<bool> {
    let unified = mounts.iter().find(|mount| mount.fs_type == "cgroup2")?;
    Some(unified.super_options.contains_key("nsdelegate"))
}

/// Returns the state of the tree in which PID 1 must create its groups: all of v2, or name=systemd on v1.
fn observed_tree(
    tree: Option<&MountInfo>,
    mode: Option<CgroupMode>,
    mounts: &MountInfos,
    own: Option<&str>,
) -> CgroupMount {
    let below = |mount: &&MountInfo| {
        mount.mount_point.starts_with(CGROUP) && mount.mount_point.to_str() != Some(CGROUP)
    };
    let state = |mount: &MountInfo| if is_writable(mount) { CgroupMount::Rw } else { CgroupMount::Ro };
    let holds_own =
        |mount: &MountInfo| own.is_none_or(|own| std::path::Path::new(own).starts_with(&mount.root));
    match (tree, mode) {
        (None, _) => CgroupMount::None,
        // A narrower writable subtree is enough if it contains the container's own group.
        (Some(_), Some(CgroupMode::V2))
            if mounts
                .iter()
                .filter(below)
                .any(|m| m.fs_type == "cgroup2" && is_writable(m) && holds_own(m)) =>
        {
            CgroupMount::Rw
        }
        (Some(tree), Some(CgroupMode::V2)) => state(tree),
        (Some(_), Some(_)) => {
            let systemd =
                mounts.iter().rev().find(|m| m.mount_point.to_str() == Some("/sys/fs/cgroup/systemd"));
            systemd.map_or(CgroupMount::None, state)
        }
        (Some(_), None) => CgroupMount::Hidden,
    }
}

fn is_writable(mount: &MountInfo) -> bool {
    !mount.mount_options.contains_key("ro") && !mount.super_options.contains_key("ro")
}

/// Records the facts that the configuration alone gives; later observations replace them.
pub fn configured(config: &Config<'_>, facts: &mut Facts) {
    let source = "container inspect: Mounts, HostConfig.Tmpfs";
    // Podman's systemd mode mounts these itself (podman-run(1), --systemd); --read-only-tmpfs too.
    let prepared = config.systemd_mode() == Some(true);
    let read_only_tmpfs = config.kind == EngineKind::Podman && config.flag("/HostConfig/ReadonlyRootfs");
    // If Podman may prepare the container, mounts that were not requested may exist all the same.
    let whole = config.knows("/HostConfig/Tmpfs")
        && (config.kind != EngineKind::Podman || config.systemd_mode().is_some());
    let mut set = |key: Key<bool>, there: bool, source: &str| {
        if there || whole {
            facts.set(key, there, source);
        }
    };
    let has = |path: &str| config.mount_at(path).is_some() || prepared;
    set(key::MOUNT_RUN, has("/run") || read_only_tmpfs, source);
    set(key::MOUNT_RUN_LOCK, has("/run/lock"), source);
    set(key::MOUNT_TMP, has("/tmp") || read_only_tmpfs, source);
    if config.knows("/HostConfig/IpcMode") {
        let none = config.text("/HostConfig/IpcMode") == Some("none")
            || podman_create_command::asks_for(config, "--ipc", "none");
        let shm = config.mount_at("/dev/shm").is_some() || !none;
        facts.set(key::MOUNT_DEV_SHM, shm, "container inspect: HostConfig.IpcMode");
    }
    if let Some(run) = config.mount_at("/run") {
        facts.set(key::MOUNT_RUN_BYTES, size_option(&run.options), source);
        facts.set(key::MOUNT_RUN_WRITABLE, run.writable, source);
    }
    bind_facts(config, facts);
}

fn bind_facts(config: &Config<'_>, facts: &mut Facts) {
    let source = "container inspect: Mounts";
    let tree = config.mount_at(CGROUP);
    let bind = match &tree {
        Some(mount) if mount.kind == "bind" && mount.source == CGROUP => {
            if mount.writable {
                CgroupBind::Rw
            } else {
                CgroupBind::Ro
            }
        }
        _ => CgroupBind::None,
    };
    let binds_known = config.knows("/HostConfig/Binds");
    if bind != CgroupBind::None || binds_known {
        facts.set(key::CGROUP_BIND, bind, source);
    }
    // A volume may be declared by the image, which a command line does not show.
    let volume = tree.as_ref().is_some_and(|mount| mount.kind == "volume");
    if volume || config.knows("/Mounts") {
        facts.set(key::CGROUP_VOLUME, volume, source);
    }
    let over = tree.as_ref().is_some_and(|mount| mount.kind == "tmpfs");
    if over || config.knows("/HostConfig/Tmpfs") {
        facts.set(key::CGROUP_TMPFS_OVER, over, source);
    }
    let subtree = config.mounts().into_iter().find(|m| {
        m.kind == "bind"
            && m.writable
            && m.source.starts_with("/sys/fs/cgroup/")
            && m.destination.starts_with("/sys/fs/cgroup/")
    });
    if subtree.is_some() || binds_known {
        facts.set(key::CGROUP_BIND_SUBTREE, subtree.map(|m| m.destination), source);
    }
}

/// Records the expected state of the tree, from the configuration and the control group version, unless it
/// was observed.
pub fn predicted(config: &Config<'_>, facts: &mut Facts) {
    let Some(mode) = facts.get(key::CGROUP_MODE) else { return };
    let source = "container inspect: HostConfig (no running PID 1 to look at)";
    if !config.knows("/HostConfig/Binds")
        || config.kind == EngineKind::Podman && config.systemd_mode().is_none()
    {
        return;
    }
    let opened = config.flag("/HostConfig/Privileged")
        || facts.get(key::CONTAINER_WRITABLE_CGROUPS) == Some(true)
        // With user mapping the daemon drops the read-only flag for every container (moby, oci_linux.go).
        || config.kind == EngineKind::Docker && facts.get(key::ENGINE_USERNS) == Some(true)
        || config.systemd_mode() == Some(true);
    let tree = config.mount_at(CGROUP);
    let bound = |path: &str| config.mount_at(path).filter(|mount| mount.kind == "bind");
    let state = |mount: &Mount| if mount.writable { CgroupMount::Rw } else { CgroupMount::Ro };
    let mount = match (&tree, mode) {
        // Podman's systemd mode mounts its own tree over whatever was asked for at this path.
        _ if config.systemd_mode() == Some(true) => CgroupMount::Rw,
        (Some(mount), _) if mount.kind != "bind" => CgroupMount::Hidden,
        (Some(mount), CgroupMode::V2) if mount.source == CGROUP && mount.writable => CgroupMount::Rw,
        (_, CgroupMode::V2)
            if facts.get(key::CGROUP_BIND_SUBTREE).is_some_and(|subtree| {
                lies_in(subtree.strip_prefix(CGROUP).unwrap_or(subtree), config, facts)
            }) =>
        {
            CgroupMount::Rw
        }
        (Some(mount), CgroupMode::V2) if mount.source == CGROUP => CgroupMount::Ro,
        // A bind mount of the v1 tree includes its submounts, which stay writable even if it is read-only.
        (Some(mount), _) if mount.source == CGROUP => {
            bound("/sys/fs/cgroup/systemd").as_ref().map_or(CgroupMount::Rw, state)
        }
        (Some(_), _) => CgroupMount::Hidden,
        (None, CgroupMode::V2) => {
            if opened {
                CgroupMount::Rw
            } else {
                CgroupMount::Ro
            }
        }
        (None, _) => match bound("/sys/fs/cgroup/systemd") {
            Some(mount) => state(&mount),
            None => {
                if opened {
                    CgroupMount::Rw
                } else {
                    CgroupMount::Ro
                }
            }
        },
    };
    facts.set_if_unknown(key::CGROUP_MOUNT, mount, source);
}

fn size_option(options: &str) -> Option<i64> {
    options.split(',').find_map(|option| option.strip_prefix("size=")).and_then(bytes)
}

/// Returns the bytes of a size such as `64k`, `1m`, `2g`; `50%` has no fixed size.
fn bytes(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number: i64 = digits.parse().ok()?;
    match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => Some(number),
        "k" | "kb" => number.checked_mul(1 << 10),
        "m" | "mb" => number.checked_mul(1 << 20),
        "g" | "gb" => number.checked_mul(1 << 30),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use procfs_core::FromRead;
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::vocabulary::CgroupDriver;

    #[test]
    fn a_rootless_engines_containers_lie_in_the_slice_of_its_user() {
        let mount = |subtree: &str, parent: &str, user: Option<i64>| {
            let bind = format!("{subtree}:{subtree}:rw");
            let inspect = json!({"HostConfig": {"Binds": [bind], "CgroupParent": parent}});
            let config = Config::live(&inspect, None, EngineKind::Docker);
            let mut facts = Facts::default();
            facts.set(key::CGROUP_MODE, CgroupMode::V2, "test");
            facts.set(key::ENGINE_ROOTLESS, true, "test");
            facts.set(key::ENGINE_CGROUP_DRIVER, CgroupDriver::Systemd, "test");
            user.into_iter().for_each(|user| facts.set(key::ENGINE_USER_ID, user, "test"));
            facts.set(key::CGROUP_BIND_SUBTREE, subtree.to_owned(), "test");
            predicted(&config, &mut facts);
            facts.get(key::CGROUP_MOUNT)
        };
        let manager = "/sys/fs/cgroup/user.slice/user-7.slice/user@7.service";
        for subtree in [manager.to_owned(), format!("{manager}/user.slice")] {
            assert_eq!(mount(&subtree, "", Some(7)), Some(CgroupMount::Rw), "{subtree}");
            assert_eq!(mount(&subtree, "", Some(8)), Some(CgroupMount::Ro), "{subtree}");
            assert_eq!(mount(&subtree, "", None), Some(CgroupMount::Ro), "{subtree}");
        }
        assert_eq!(mount(&format!("{manager}/app.slice"), "", Some(7)), Some(CgroupMount::Ro));
        assert_eq!(mount(manager, "web.slice", Some(7)), Some(CgroupMount::Rw));
        let slice = format!("{manager}/user.slice");
        assert_eq!(mount(&slice, "web.slice", Some(7)), Some(CgroupMount::Ro));
    }

    fn seen(mountinfo: &str) -> Facts {
        let mut facts = Facts::default();
        observed(&MountInfos::from_read(mountinfo.as_bytes()).unwrap(), Some("/x/y"), &mut facts);
        facts
    }

    #[test]
    fn mountinfo_tells_read_only_from_writable() {
        let ro = seen(
            "113 105 0:38 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n102 100 0:45 / /run rw - tmpfs \
                tmpfs rw,size=64k\n",
        );
        assert_eq!(
            (ro.get(key::CGROUP_MODE), ro.get(key::CGROUP_MOUNT), ro.get(key::MOUNT_RUN_BYTES)),
            (Some(CgroupMode::V2), Some(CgroupMount::Ro), Some(65536))
        );
        assert_eq!((ro.get(key::MOUNT_RUN), ro.get(key::MOUNT_RUN_LOCK)), (Some(true), Some(false)));
        let subtree = seen(
            "1 0 0:38 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n2 1 0:38 /x /sys/fs/cgroup/x rw - cgroup2 \
                cgroup rw\n",
        );
        assert_eq!(subtree.get(key::CGROUP_MOUNT), Some(CgroupMount::Rw));
        let other = seen(
            "1 0 0:38 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n2 1 0:38 /z /sys/fs/cgroup/z rw - cgroup2 \
                cgroup rw\n",
        );
        assert_eq!(other.get(key::CGROUP_MOUNT), Some(CgroupMount::Ro));
        let hybrid = seen(
            "1 0 0:3 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n2 1 0:4 / /sys/fs/cgroup/systemd rw - cgroup \
                cgroup rw,name=systemd\n3 1 0:5 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 \
                rw,nsdelegate,memory_recursiveprot\n",
        );
        assert_eq!(
            (
                hybrid.get(key::CGROUP_MODE),
                hybrid.get(key::CGROUP_NSDELEGATE),
                ro.get(key::CGROUP_NSDELEGATE)
            ),
            (Some(CgroupMode::Hybrid), Some(true), Some(false))
        );
        let v1 = seen(
            "1 0 0:3 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n2 1 0:4 / /sys/fs/cgroup/systemd ro - cgroup \
                cgroup rw,name=systemd\n",
        );
        assert_eq!(
            (v1.get(key::CGROUP_MODE), v1.get(key::CGROUP_MOUNT)),
            (Some(CgroupMode::V1), Some(CgroupMount::Ro))
        );
        assert_eq!(v1.get(key::CGROUP_NSDELEGATE), None);
        assert_eq!(seen("1 0 0:3 / / rw - ext4 /dev/x rw\n").get(key::CGROUP_MOUNT), Some(CgroupMount::None));
        assert_eq!(
            seen("1 0 0:3 / /sys/fs/cgroup rw - ext4 /dev/x rw\n").get(key::CGROUP_MOUNT),
            Some(CgroupMount::Hidden)
        );
    }

    fn foretold(inspect: &Value, mode: &str) -> Facts {
        foretold_where(inspect, mode, false)
    }

    fn foretold_where(inspect: &Value, mode: &str, maps_users: bool) -> Facts {
        let config = Config::live(inspect, None, EngineKind::Docker);
        let mut facts = Facts::default();
        facts.set(key::ENGINE_USERNS, maps_users, "test");
        facts.set_foreign(key::CGROUP_MODE, mode, "test");
        configured(&config, &mut facts);
        predicted(&config, &mut facts);
        facts
    }

    #[test]
    fn podmans_systemd_mode_mounts_its_own_tree_over_all_others() {
        let inspect = |kind: &str, source: &str| json!({"HostConfig": {"Binds": []}, "Mounts": [{"Type": kind, "Source": source, "Destination": "/sys/fs/cgroup", "RW": false}]});
        for (kind, source) in
            [("volume", "/v"), ("tmpfs", "tmpfs"), ("bind", "cgroup"), ("bind", "/sys/fs/cgroup")]
        {
            let inspect = inspect(kind, source);
            let mount = |mode: bool| {
                let native = json!({"Config": {"SystemdMode": mode}});
                let config = Config::live(&inspect, Some(&native), EngineKind::Podman);
                let mut facts = Facts::default();
                facts.set(key::CGROUP_MODE, CgroupMode::V2, "test");
                predicted(&config, &mut facts);
                facts.get(key::CGROUP_MOUNT)
            };
            assert_eq!(mount(true), Some(CgroupMount::Rw), "{inspect}");
            assert_ne!(mount(false), Some(CgroupMount::Rw), "{inspect}");
        }
    }

    #[test]
    fn the_configuration_predicts_the_tree() {
        let bind = |rw: bool| json!({"Mounts": [{"Type": "bind", "Source": "/sys/fs/cgroup", "Destination": "/sys/fs/cgroup", "RW": rw}]});
        for (inspect, mode, expected) in [
            (json!({}), "v2", CgroupMount::Ro),
            (json!({}), "v1", CgroupMount::Ro),
            (bind(true), "v2", CgroupMount::Rw),
            (bind(false), "v2", CgroupMount::Ro),
            (bind(false), "v1", CgroupMount::Rw),
            (json!({"HostConfig": {"Privileged": true}}), "v2", CgroupMount::Rw),
            (
                json!({"Mounts": [{"Type": "volume", "Source": "/v", "Destination": "/sys/fs/cgroup", "RW": true}]}),
                "v2",
                CgroupMount::Hidden,
            ),
        ] {
            assert_eq!(foretold(&inspect, mode).get(key::CGROUP_MOUNT), Some(expected), "{inspect} {mode}");
        }
        assert_eq!(foretold_where(&json!({}), "v2", true).get(key::CGROUP_MOUNT), Some(CgroupMount::Rw));
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(
            (bytes("64k"), bytes("1m"), bytes("512"), bytes("50%")),
            (Some(65536), Some(1 << 20), Some(512), None)
        );
    }
}
