//! What the usual reasons of a refusal mean: an engine's words in, a sentence for people out. Pure.

use crate::pattern::Pattern;

/// Explanations of the usual reasons; the first match counts.
static MEANINGS: [(Pattern, &str); 22] = [
    (
        Pattern::new(r"exec format error"),
        "the program, or the script's interpreter, is built for another architecture",
    ),
    (
        Pattern::new(r"client version \S+ is too (?:old|new)"),
        "the client and the engine share no API version; update one of them",
    ),
    (
        Pattern::new(r"(?i)apply caps|capabilit(?:y|ies)"),
        "the kernel denied the runtime a requested capability (also with --privileged): the engine itself \
            has fewer",
    ),
    (
        Pattern::new(r"(?i)namespace \S+.{0,24}does not exist|unknown namespace"),
        "the runtime does not support a namespace that the engine requests; one of them is too old",
    ),
    (
        Pattern::new(
            r"(?i)conflicts? with|conflicting options|cannot be used (?:with|together)|incompatible with|mutually exclusive|not supported (?:with|in|for)",
        ),
        "two options, or an option and the engine's mode, exclude each other; remove one",
    ),
    (
        Pattern::new(r"(?i)cgroups? v[12] (?:is )?not supported|requires cgroups? v[12]"),
        "the engine or its runtime does not support this cgroup version",
    ),
    (
        Pattern::new(r"cgroup\S*: no such file|cgroup\.controllers|cgroup\.subtree_control"),
        "the container's parent cgroup does not exist or is not delegated",
    ),
    (Pattern::new(r"(?i)security-opt"), "the engine does not know this security option; check its spelling"),
    (Pattern::new(r"(?i)seccomp"), "the seccomp profile cannot be read or used"),
    (Pattern::new(r"(?i)apparmor"), "the AppArmor profile is not loaded on the host, or cannot be used"),
    (
        Pattern::new(
            r"(?i)device\b.*no such file|stat /dev/\S+: no such file|/dev/\S+.*no such (?:file|device)",
        ),
        "a requested device does not exist on the host",
    ),
    (Pattern::new(r"(?i)not a directory"), "a file is mounted over a directory, or the reverse"),
    (
        Pattern::new(r"(?i)mount.*(?:no such file|does not exist)|bind source path|statfs .*no such file"),
        "a path to mount does not exist",
    ),
    (
        Pattern::new(r"(?i)read-only file system"),
        "a mount point could not be created on a read-only file \
        system",
    ),
    (
        Pattern::new(r"(?i)exec:? .*(?:no such file|not found)|executable file .*not found"),
        "the program to start, or its interpreter, is not in the image",
    ),
    (Pattern::new(r"(?i)exec:? .*permission denied"), "the program to start is not executable"),
    (
        Pattern::new(r"(?i)port is already allocated|address already in use"),
        "a port to publish is already in use",
    ),
    (Pattern::new(r"(?i)name .* is already in use"), "another container has this name"),
    (
        Pattern::new(r"(?i)unable to find user|no matching entries"),
        "the requested user or group does not exist in the image",
    ),
    (
        Pattern::new(
            r"(?i)unknown (?:shorthand )?flag|invalid argument|unknown or invalid runtime|unknown runtime",
        ),
        "the client or engine is too old for an option, or the option is misspelt",
    ),
    (Pattern::new(r"(?i)sysctl"), "a requested sysctl cannot be set for a container"),
    (
        Pattern::new(r"(?i)cannot connect to|while trying to connect|during connect"),
        "the client cannot reach the engine: it is not running, or this user has no access",
    ),
];

/// Returns an explanation of the reason, if there is one.
#[must_use]
pub fn meaning(words: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(pattern, _)| pattern.is_match(words)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_reasons_have_a_meaning() {
        for (words, part) in [
            (
                "error gathering device information while adding custom device \"/dev/nope\": no such file \
                    or directory",
                "device",
            ),
            ("stat /dev/fuse9: no such file or directory", "device"),
            (
                "error mounting \"/etc/os-release\" to rootfs at \"/usr\": not a directory",
                "a file is mounted over a directory",
            ),
            ("unable to apply caps: operation not permitted", "capability"),
            ("namespace {\"time\" \"\"} does not exist", "too old"),
            ("client version 1.30 is too old. Minimum supported API version is 1.44", "API"),
            ("unable to find user nobody2: no matching entries in passwd file", "user"),
        ] {
            assert!(
                meaning(words).is_some_and(|meaning| meaning.contains(part)),
                "{words}: {:?}",
                meaning(words)
            );
        }
        assert_eq!(meaning("something new"), None);
    }
}
