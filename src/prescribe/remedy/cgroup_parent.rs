//! A container's own control group parent: what `--cgroup-parent` is given, and where the group then lies.
//!
//! With the driver `cgroupfs`, a parent is a path. With the driver `systemd`, it is a slice, whose place
//! follows from its name: a dash nests, so that `a-b.slice` lies in `a.slice` (systemd.slice(5)). Must not
//! touch a recipe.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::facts::container_cgroup::slice_path;
use crate::snapshot::vocabulary::CgroupDriver;

/// Prefix of the parents that this program names.
const PREFIX: &str = "sysdock-";
const SUFFIX: &str = ".slice";
/// Longest part of a slice's name that is taken from the container's. systemd's limit for the whole name is
/// 255 bytes, and so is that of a folder.
const LONGEST: usize = 200;

/// A control group parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CgroupParent {
    /// Value of `--cgroup-parent`.
    pub value: String,
    /// Its path below the control group tree, with a leading slash.
    pub path: String,
}

impl CgroupParent {
    /// Returns the parent of a container: the requested one, or a new one named after the container if none
    /// was requested or the driver would refuse it.
    #[must_use]
    pub fn of(container: &str, requested: Option<&str>, driver: CgroupDriver) -> Self {
        requested
            .and_then(|parent| Self::parse(parent, driver))
            .unwrap_or_else(|| Self::own(container, driver))
    }

    /// Parses a requested parent; returns `None` if it is the root of the tree or no name for this driver.
    fn parse(parent: &str, driver: CgroupDriver) -> Option<Self> {
        if driver == CgroupDriver::Systemd {
            return Some(Self { value: parent.to_owned(), path: slice_path(parent)? });
        }
        let path = format!("/{}", parent.trim_matches('/'));
        (path.len() > 1).then(|| Self { value: path.clone(), path })
    }

    /// Names a parent after a container.
    fn own(container: &str, driver: CgroupDriver) -> Self {
        if driver == CgroupDriver::Systemd {
            let value = format!("{PREFIX}{}{SUFFIX}", slice_part(container));
            let path = format!("/sysdock{SUFFIX}/{value}");
            return Self { value, path };
        }
        let path = format!("/{PREFIX}{container}");
        Self { value: path.clone(), path }
    }
}

/// Returns the parents that a container of this name would be given, one for each driver.
#[must_use]
pub fn own_parents(container: &str) -> [CgroupParent; 2] {
    [CgroupDriver::Cgroupfs, CgroupDriver::Systemd].map(|driver| CgroupParent::own(container, driver))
}

/// Returns whether a value of `--cgroup-parent` was named by this program.
pub fn is_own(value: &str) -> bool {
    value.trim_start_matches('/').starts_with(PREFIX)
}

/// Converts a container's name to one part of a slice's name: without dashes, which would nest it in the
/// slice of another container, and different for different containers.
fn slice_part(container: &str) -> String {
    let tame: String = container.chars().map(|c| if c == '-' { '_' } else { c }).take(LONGEST).collect();
    if tame == container {
        return tame;
    }
    let hash = Sha256::digest(container.as_bytes());
    hash.iter().take(4).fold(tame + ".", |mut name, byte| {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(container: &str) -> CgroupParent {
        CgroupParent::of(container, None, CgroupDriver::Systemd)
    }

    #[test]
    fn a_dash_in_the_name_of_a_slice_nests_it() {
        let path = |parent| CgroupParent::of("c", Some(parent), CgroupDriver::Systemd).path;
        assert_eq!(path("web.slice"), "/web.slice");
        assert_eq!(path("a-b.slice"), "/a.slice/a-b.slice");
        assert_eq!(path("a-b.c-d_e.slice"), "/a.slice/a-b.c.slice/a-b.c-d_e.slice");
        for refused in
            ["-.slice", "a--b.slice", "-a.slice", "a-.slice", ".slice", "/docker", "a/b.slice", "web"]
        {
            assert_eq!(path(refused), "/sysdock.slice/sysdock-c.slice", "{refused}");
        }
    }

    #[test]
    fn every_container_name_gives_a_slice_of_its_own() {
        let plain = own("Web_1.test");
        assert_eq!(plain.value, "sysdock-Web_1.test.slice");
        assert_eq!(plain.path, "/sysdock.slice/sysdock-Web_1.test.slice");
        let long = "x".repeat(300);
        let longer = "x".repeat(301);
        let names = ["a-b", "a_b", "a.b", "a--b", "a-", "a-b-trial-12-1767225600", &long, &longer];
        let mut values: Vec<String> = names.iter().map(|name| own(name).value).collect();
        for (name, value) in names.iter().zip(&values) {
            assert!(value.len() <= 255, "{name}");
            let path = slice_path(value).unwrap();
            assert_eq!((path.matches('/').count(), path), (2, own(name).path), "{name}");
        }
        values.sort();
        values.dedup();
        assert_eq!(values.len(), names.len(), "{values:?}");
    }

    #[test]
    fn the_driver_cgroupfs_takes_paths() {
        let of = |parent: Option<&str>| CgroupParent::of("a-b", parent, CgroupDriver::Cgroupfs);
        for (parent, path) in [(None, "/sysdock-a-b"), (Some("x/y/"), "/x/y"), (Some("/"), "/sysdock-a-b")] {
            assert_eq!(of(parent), CgroupParent { value: path.to_owned(), path: path.to_owned() });
        }
        assert!(is_own("/sysdock-a") && is_own("sysdock-a.slice") && !is_own("web.slice"));
    }
}
