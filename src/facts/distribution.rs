//! What os-release and systemd's version say about a guest. Pure.

use crate::snapshot::{Facts, key};

/// Facts of os-release.
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

/// Words in names of distributions and of images, and the id of os-release for each; the first that fits
/// decides.
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

/// Version of systemd in a release (its newest update), by os-release id and the release's number or name.
const RELEASES: &[(&str, &str, i64)] = &[
    ("debian", "8", 215),
    ("debian", "jessie", 215),
    ("debian", "9", 232),
    ("debian", "stretch", 232),
    ("debian", "10", 241),
    ("debian", "buster", 241),
    ("debian", "11", 247),
    ("debian", "bullseye", 247),
    ("debian", "12", 252),
    ("debian", "bookworm", 252),
    ("debian", "13", 257),
    ("debian", "trixie", 257),
    ("ubuntu", "16", 229),
    ("ubuntu", "xenial", 229),
    ("ubuntu", "18", 237),
    ("ubuntu", "bionic", 237),
    ("ubuntu", "20", 245),
    ("ubuntu", "focal", 245),
    ("ubuntu", "22", 249),
    ("ubuntu", "jammy", 249),
    ("ubuntu", "24", 255),
    ("ubuntu", "noble", 255),
    ("centos", "7", 219),
    ("centos", "8", 239),
    ("centos", "9", 252),
    ("centos", "10", 257),
    ("almalinux", "8", 239),
    ("almalinux", "9", 252),
    ("almalinux", "10", 257),
    ("rocky", "8", 239),
    ("rocky", "9", 252),
    ("rocky", "10", 257),
    ("ol", "7", 219),
    ("ol", "8", 239),
    ("ol", "9", 252),
    ("rhel", "7", 219),
    ("rhel", "8", 239),
    ("rhel", "9", 252),
    ("rhel", "10", 257),
    ("amzn", "2", 219),
    ("amzn", "2023", 252),
    ("fedora", "38", 253),
    ("fedora", "39", 254),
    ("fedora", "40", 255),
    ("fedora", "41", 256),
    ("fedora", "42", 257),
    ("fedora", "43", 258),
];

/// The id of a distribution by its name.
pub fn id_of_name(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    IDS.iter().find(|(word, _)| name.contains(word)).map(|(_, id)| *id)
}

/// Distribution and version of systemd that an image reference such as `centos:7` or `x/ubuntu2204-y` names.
pub fn of_image(image: &str) -> Option<(&'static str, Option<i64>)> {
    let image = image.to_ascii_lowercase();
    // The registry's host says nothing of the content.
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
    Some((id, release_of(id, &path[at + word.len()..])))
}

/// The release that follows a distribution's name: `:7`, `2204`, `-12`, `_9`, `:bookworm-slim`.
fn release_of(id: &str, rest: &str) -> Option<i64> {
    let rest = rest.trim_start_matches(['/', ':', '-', '_']);
    let rest = ["systemd", "init", "stream", "linux", "ansible"]
        .iter()
        .fold(rest, |rest, word| rest.trim_start_matches(word).trim_start_matches([':', '-', '_']));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
    let number = match (id, digits.len()) {
        ("ubuntu", 4) => &digits[..2],
        _ => digits.as_str(),
    };
    RELEASES
        .iter()
        .find(|(of, release, _)| *of == id && (*release == number || *release == word))
        .map(|(.., version)| *version)
}

/// Version of systemd in the release that a distribution's own name gives, such as `CentOS Linux 7 (Core)`.
pub fn of_name(name: &str) -> Option<i64> {
    let id = id_of_name(name)?;
    let release = name.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    release_of(id, release.split('.').next().unwrap_or(release))
}

/// What distribution and version together mean for the boot.
pub fn distribution_facts(facts: &mut Facts) {
    let Some(version) = facts.get(key::GUEST_SYSTEMD_VERSION) else { return };
    if !facts.is_known(key::GUEST_OS_ID) {
        return;
    }
    let debian = matches!(
        facts.get(key::GUEST_OS_ID),
        Some("debian" | "ubuntu" | "raspbian" | "linuxmint" | "kali" | "devuan")
    );
    // Debian's patch puts /run/lock into the table of fatal mounts, from 215 to 255.
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
