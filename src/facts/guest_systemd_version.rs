//! The version of the guest's systemd, from any source that shows it: its binary, a package database, its
//! banner, the output of `systemctl --version`, the name of a release. Pure.
//!
//! The binary and systemd's own output are certain. A release stands for the version in its newest update,
//! which is what most people run.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::pattern::Pattern;

/// `libsystemd-shared-252.so` among the needed libraries, or the banner's format string in an all-in-one
/// binary.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)libsystemd-(?:shared|core)-(\d{3})|systemd (\d{3})[^\x00]{0,40} running in ").ok()
});

/// systemd's banner: `systemd 252.39-1~deb12u2 running in system mode (+PAM …)`, also without a
/// distribution's suffix.
static BANNER: Pattern = Pattern::with_one_of(
    &[" running in "],
    r"\bsystemd v?(\d{3})\S*(?: \(\S+\))? running in (?:test )?system mode",
);
/// `systemd 252 (252.39-1~deb12u2)` in the output of `systemctl --version`.
pub static OF_SYSTEMCTL: Pattern =
    Pattern::with_one_of(&["systemd "], r"^systemd (?P<version>\d{3})(?: \([^)]*\))?$");

/// Versions of systemd by release (in its newest update): os-release id, number or name of the release,
/// version.
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

/// Returns the version with which the manager's binary was built.
#[must_use]
pub fn of_binary(bytes: &[u8]) -> Option<i64> {
    let captures = VERSION.as_ref()?.captures(bytes)?;
    let digits = captures.get(1).or(captures.get(2))?.as_bytes();
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Returns whether the manager's binary reads the mount ID from /proc/self/fdinfo where
/// `name_to_handle_at(2)` is denied; `None` if it calls for a shared library, which may do that in its place.
///
/// The file name's format is part of the code that does so: `fd_fdinfo_mnt_id` in path-util.c of systemd 233,
/// which RHEL 7.5 took over into 219.
#[must_use]
pub fn has_mount_id_fallback(bytes: &[u8]) -> Option<bool> {
    let has = memchr::memmem::find(bytes, b"/proc/self/fdinfo/%i").is_some();
    let shared = memchr::memmem::find(bytes, b"libsystemd-shared-").is_some();
    (has || !shared).then_some(has)
}

/// Returns the version that dpkg's database lists as installed.
#[must_use]
pub fn of_package_database(status: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(status);
    let mut lines =
        text.lines().skip_while(|line| *line != "Package: systemd").take_while(|line| !line.is_empty());
    let version = lines.find_map(|line| line.strip_prefix("Version: "))?;
    version.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// Returns the version in systemd's banner, if the line is one.
#[must_use]
pub fn of_banner(line: &str) -> Option<i64> {
    BANNER.captures(line)?.get(1)?.parse().ok()
}

/// Returns the version in the output of `systemctl --version`, if the line belongs to it.
#[must_use]
pub fn of_systemctl(line: &str) -> Option<i64> {
    OF_SYSTEMCTL.captures(line)?["version"].parse().ok()
}

/// Returns the version of the release that follows a distribution's name: `:7`, `2204`, `-12`, `_9`,
/// `:bookworm-slim`.
#[must_use]
pub fn of_release(id: &str, rest: &str) -> Option<i64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_either_kind_of_binary() {
        for (bytes, version) in [
            (&b"\0libsystemd-shared-252.so\0"[..], Some(252)),
            (b"\0systemd 247.3-7+deb11u5 running in %ssystem mode. (+PAM)\0", Some(247)),
            (b"libsystemd-core-257.so", Some(257)),
            (b"\0busybox 1.36\0", None),
        ] {
            assert_eq!(of_binary(bytes), version);
        }
        let database =
            b"Package: libsystemd0\nVersion: 1\n\nPackage: systemd\nStatus: x\nVersion: 239-45.el8\n\n";
        assert_eq!(of_package_database(database), Some(239));
        assert_eq!(of_package_database(b"Package: systemd-sysv\nVersion: 252\n"), None);
    }

    #[test]
    fn systemd_itself_says_its_version() {
        let banner = "systemd 252.39-1~deb12u2 running in system mode (+PAM +AUDIT)";
        assert_eq!(of_banner(banner), Some(252));
        assert_eq!(of_banner("systemd 262 running in test system mode"), Some(262));
        assert_eq!(of_banner("systemd 252 running in user mode"), None);
        assert_eq!(of_systemctl("systemd 257 (257.4-1)"), Some(257));
        assert_eq!(of_systemctl("systemd 257 is new"), None);
    }

    #[test]
    fn the_fallback_is_seen_in_the_binary() {
        for (bytes, fallback) in [
            (&b"\0/proc/self/fdinfo/%i\0systemd 219 running in %ssystem mode\0"[..], Some(true)),
            (b"\0systemd 219 running in %ssystem mode\0", Some(false)),
            (b"\0/proc/self/fdinfo/\0systemd 229 running in %ssystem mode\0", Some(false)),
            // The library may hold it.
            (b"\0libsystemd-shared-233.so\0", None),
        ] {
            assert_eq!(has_mount_id_fallback(bytes), fallback, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
