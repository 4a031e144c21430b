//! Where an engine makes the control group of a container that has not been started, below the tree.
//!
//! The driver `cgroupfs` takes a path. The driver `systemd` takes a slice, whose place follows from its name:
//! a dash nests, so that `a-b.slice` lies in `a.slice` (systemd.slice(5)); the slices of a rootless engine
//! lie below the manager of its user. Defaults: moby, `daemon/daemon_unix.go`; Podman, `pkg/specgen`. Pure.

use std::fmt::Write;
use std::path::Path;

use super::Config;
use crate::snapshot::vocabulary::CgroupDriver;
use crate::snapshot::{EngineKind, Facts, key};

const SUFFIX: &str = ".slice";

/// Returns whether the control group that the engine will create lies in a subtree, a path below the control
/// group tree: `system.slice` holds each container of an engine with the driver `systemd` and no requested
/// parent.
#[must_use]
pub fn lies_in(subtree: &str, config: &Config<'_>, facts: &Facts) -> bool {
    parent(config, facts).is_some_and(|parent| Path::new(&parent).starts_with(subtree.trim_matches('/')))
}

/// Returns the path of the group in which the engine creates the container's, without a leading slash; `None`
/// if it depends on what is not known.
fn parent(config: &Config<'_>, facts: &Facts) -> Option<String> {
    let requested = config.text("/HostConfig/CgroupParent").map(|parent| parent.trim_matches('/'));
    let requested = requested.filter(|parent| !parent.is_empty());
    if !is_systemd(requested, facts)? {
        let default = if config.kind == EngineKind::Podman { "libpod_parent" } else { "docker" };
        return Some(requested.unwrap_or(default).to_owned());
    }
    let rootless = facts.get(key::ENGINE_ROOTLESS) == Some(true);
    let default = match config.kind {
        _ if rootless => "user.slice",
        EngineKind::Podman => "machine.slice",
        EngineKind::Docker => "system.slice",
    };
    let slice = slice_path(requested.unwrap_or(default))?;
    let Some(user) = facts.get(key::ENGINE_USER_ID).filter(|_| rootless) else {
        return (!rootless).then(|| slice.trim_matches('/').to_owned());
    };
    Some(format!("user.slice/user-{user}.slice/user@{user}.service{slice}"))
}

/// Returns whether the driver is `systemd`, which the form of a requested parent tells too.
fn is_systemd(requested: Option<&str>, facts: &Facts) -> Option<bool> {
    let driver = facts.get(key::ENGINE_CGROUP_DRIVER).map(|driver| driver == CgroupDriver::Systemd);
    driver.or_else(|| requested.map(|parent| parent.ends_with(SUFFIX)))
}

/// Returns the path of a slice below the tree, as systemd and runc derive it from the name, with a leading
/// slash; `None` if it is no name of a slice, or that of the root slice.
#[must_use]
pub fn slice_path(slice: &str) -> Option<String> {
    let name = slice.strip_suffix(SUFFIX).filter(|name| slice.len() <= 255 && !name.contains('/'))?;
    let mut path = String::new();
    let mut whole = String::new();
    for part in name.split('-') {
        if part.is_empty() {
            return None;
        }
        whole.push_str(part);
        // Writing to a string cannot fail.
        let _ = write!(path, "/{whole}{SUFFIX}");
        whole.push('-');
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Where a container of that engine lies.
    fn place(
        kind: EngineKind,
        driver: Option<CgroupDriver>,
        user: Option<i64>,
        asked: &str,
    ) -> Option<String> {
        let inspect = json!({"HostConfig": {"CgroupParent": asked}});
        let mut facts = Facts::default();
        driver.into_iter().for_each(|driver| facts.set(key::ENGINE_CGROUP_DRIVER, driver, "test"));
        if let Some(user) = user {
            facts.set(key::ENGINE_ROOTLESS, true, "test");
            facts.set(key::ENGINE_USER_ID, user, "test");
        }
        parent(&Config::live(&inspect, None, kind), &facts)
    }

    #[test]
    fn each_engine_has_its_own_default() {
        use EngineKind::{Docker, Podman};
        let (systemd, path) = (Some(CgroupDriver::Systemd), Some(CgroupDriver::Cgroupfs));
        let manager = "user.slice/user-7.slice/user@7.service/user.slice";
        for (kind, driver, user, wanted) in [
            (Docker, systemd, None, "system.slice"),
            (Podman, systemd, None, "machine.slice"),
            (Docker, systemd, Some(7), manager),
            (Podman, systemd, Some(7), manager),
            (Docker, path, None, "docker"),
            (Podman, path, None, "libpod_parent"),
        ] {
            assert_eq!(
                place(kind, driver, user, "").as_deref(),
                Some(wanted),
                "{kind:?} {driver:?} {user:?}"
            );
        }
        assert_eq!(place(Docker, None, None, ""), None, "the driver is not known");
    }

    #[test]
    fn a_requested_parent_is_where_its_driver_puts_it() {
        let docker = |driver, asked| place(EngineKind::Docker, driver, None, asked);
        let systemd = Some(CgroupDriver::Systemd);
        assert_eq!(docker(systemd, "a-b.slice").as_deref(), Some("a.slice/a-b.slice"));
        assert_eq!(docker(None, "a-b.slice").as_deref(), Some("a.slice/a-b.slice"));
        assert_eq!(docker(systemd, "/web"), None, "the engine refuses it");
        assert_eq!(docker(Some(CgroupDriver::Cgroupfs), "/web/").as_deref(), Some("web"));
        let rootless = place(EngineKind::Podman, systemd, Some(7), "own.slice");
        assert_eq!(rootless.as_deref(), Some("user.slice/user-7.slice/user@7.service/own.slice"));
    }

    #[test]
    fn an_ancestor_holds_the_group_and_a_neighbour_does_not() {
        let inspect = json!({"HostConfig": {"CgroupParent": "a-b.slice"}});
        let config = Config::live(&inspect, None, EngineKind::Docker);
        for (subtree, held) in [
            ("/a.slice", true),
            ("/a.slice/a-b.slice", true),
            ("/a.slice/a-b.slice/c", false),
            ("/a-b.slice", false),
            ("/system.slice", false),
        ] {
            assert_eq!(lies_in(subtree, &config, &Facts::default()), held, "{subtree}");
        }
    }
}
