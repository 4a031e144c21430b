//! What os-release and systemd's version reveal about a guest. Pure.

use super::guest_systemd_version;
use crate::snapshot::{Facts, key};

/// Records the facts of os-release.
#[cfg(feature = "engine")]
pub fn os_facts(text: Option<&str>, facts: &mut Facts) {
    let source = "container files: /etc/os-release";
    let value = |key: &str| {
        let line = text?.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        shlex::split(line)?.into_iter().next()
    };
    facts.set(key::GUEST_OS_ID, value("ID"), source);
    let like = value("ID_LIKE").unwrap_or_default();
    facts.set(key::GUEST_OS_LIKE, like.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), source);
    facts.set(key::GUEST_OS_NAME, value("PRETTY_NAME"), source);
}

/// Words in names of distributions and images, each with the id of os-release; the first match decides.
const IDS: &[(&str, &str)] = &[
    ("raspbian", "raspbian"),
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
    ("centos", "centos"),
    ("almalinux", "almalinux"),
    ("alma", "almalinux"),
    ("rockylinux", "rocky"),
    ("rocky", "rocky"),
    ("oraclelinux", "ol"),
    ("oracle linux", "ol"),
    ("red hat", "rhel"),
    ("rhel", "rhel"),
    ("ubi", "rhel"),
    ("fedora", "fedora"),
    ("amazonlinux", "amzn"),
    ("amazon linux", "amzn"),
    ("opensuse", "opensuse-leap"),
    ("archlinux", "arch"),
    ("arch linux", "arch"),
];

/// Returns the id of a distribution by its name.
#[must_use]
pub fn id_of_name(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    IDS.iter().find(|(word, _)| name.contains(word)).map(|(_, id)| *id)
}

/// Returns the distribution and the version of systemd that an image reference such as `centos:7` or
/// `x/ubuntu2204-y` implies.
#[must_use]
pub fn of_image(image: &str) -> Option<(&'static str, Option<i64>)> {
    let image = image.to_ascii_lowercase();
    // The registry's host says nothing about the content.
    let path = match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) => path,
        _ => &image,
    };
    let (at, word, id) = IDS
        .iter()
        .filter_map(|(word, id)| Some((path.rfind(word)?, *word, *id)))
        .max_by_key(|(at, word, _)| at + word.len())?;
    let bounded = at == 0 || !path.as_bytes()[at - 1].is_ascii_alphanumeric();
    if !bounded {
        return None;
    }
    Some((id, guest_systemd_version::of_release(id, &path[at + word.len()..])))
}

/// Returns the version of systemd in the release given by a distribution's own name, such as `CentOS Linux 7
/// (Core)`.
#[must_use]
pub fn of_name(name: &str) -> Option<i64> {
    let id = id_of_name(name)?;
    let release = name.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    guest_systemd_version::of_release(id, release.split('.').next().unwrap_or(release))
}

/// Records what distribution and version together mean for the boot.
pub fn distribution_facts(facts: &mut Facts) {
    let Some(version) = facts.get(key::GUEST_SYSTEMD_VERSION) else { return };
    if !facts.is_known(key::GUEST_OS_ID) {
        return;
    }
    let debian = matches!(
        facts.get(key::GUEST_OS_ID),
        Some("debian" | "ubuntu" | "raspbian" | "linuxmint" | "kali" | "devuan")
    );
    // Debian's patch adds /run/lock to the table of fatal mounts, from 215 to 255.
    facts.set(key::GUEST_RUN_LOCK_FATAL, debian && version < 256, "guest.os_id, guest.systemd_version");
    facts.set(
        key::GUEST_TMP_MOUNT_ENABLED,
        debian && version >= 256 || facts.get(key::GUEST_OS_ID) == Some("fedora"),
        "guest.os_id, guest.systemd_version",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_names_tell_their_distribution() {
        for (image, told) in [
            ("centos:7", Some(("centos", Some(219)))),
            ("docker.io/library/debian:bookworm-slim", Some(("debian", Some(252)))),
            ("someone/docker-ubuntu2204-ansible:latest", Some(("ubuntu", Some(249)))),
            ("someone/systemd-debian:10", Some(("debian", Some(241)))),
            ("quay.io/centos/centos:stream9", Some(("centos", Some(252)))),
            ("registry.access.redhat.com/ubi8-init", Some(("rhel", Some(239)))),
            ("fedora", Some(("fedora", None))),
            ("debian.example.com/app:1", None),
            ("mydebianize/x", None),
        ] {
            assert_eq!(of_image(image), told, "{image}");
        }
    }

    #[test]
    fn names_tell_the_release() {
        assert_eq!(of_name("CentOS Linux 7 (Core)"), Some(219));
        assert_eq!(of_name("Ubuntu 22.04.3 LTS"), Some(249));
        assert_eq!(of_name("Debian GNU/Linux 12 (bookworm)"), Some(252));
        assert_eq!(of_name("Arch Linux"), None);
    }
}
