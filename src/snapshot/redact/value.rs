//! What a value looks like: whether it can be searched for in other texts without masking ordinary words.

/// Shortest value that is searched for in other texts; a shorter one is replaced only under its name.
const SEARCHED: usize = 6;
/// Shortest value without a secret name that is searched for in other texts.
const OPAQUE: usize = 8;
/// Values under secret names that are not secrets.
const PLAIN: [&str; 12] = ["true", "false", "yes", "no", "none", "null", "nil", "on", "off", "0", "1", "-"];
/// Words of systemd, of the engines and of every log: if one is a password, it is replaced in place only.
const COMMON: [&str; 60] = [
    "systemd",
    "docker",
    "podman",
    "container",
    "containers",
    "compose",
    "system",
    "service",
    "server",
    "client",
    "socket",
    "target",
    "manager",
    "journal",
    "journald",
    "logind",
    "cgroup",
    "cgroups",
    "kernel",
    "memory",
    "module",
    "mount",
    "failed",
    "failure",
    "error",
    "started",
    "starting",
    "stopped",
    "reached",
    "reading",
    "access",
    "access denied",
    "denied",
    "permission",
    "operation",
    "invalid",
    "unknown",
    "default",
    "debian",
    "ubuntu",
    "fedora",
    "centos",
    "bookworm",
    "trixie",
    "bullseye",
    "localhost",
    "postgres",
    "mysqld",
    "nginx",
    "apache",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "private",
];

/// Returns whether a value under a secret name may stay without harm.
pub(super) fn is_plain(value: &str) -> bool {
    let reference = value.strip_prefix('$').is_some_and(|rest| {
        let name = rest.trim_start_matches('{').trim_end_matches('}');
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|sign: char| sign.is_ascii_digit())
    });
    // Asterisks, and placeholders in message templates.
    let filler =
        value.bytes().all(|byte| byte == b'*' || byte == b'.') || value.starts_with('%') && value.len() <= 2;
    value.is_empty()
        || reference
        || filler
        || value.contains("<secret-")
        || PLAIN.contains(&value.to_ascii_lowercase().as_str())
}

/// Returns whether a secret can be replaced wherever it occurs.
pub(super) fn is_searched(value: &str) -> bool {
    let is_path = value.starts_with('/') && value.split('/').all(|part| !is_opaque(part));
    let is_init = value.starts_with("/sbin/")
        || value.starts_with("/usr/")
        || value.starts_with("/lib/")
        || value.starts_with("/sys/");
    value.len() >= SEARCHED && !(is_path && is_init) && !COMMON.contains(&value.to_ascii_lowercase().as_str())
}

/// Returns whether a value consists of one kind of character, so that it may be part of other words or
/// numbers.
pub(super) fn is_word(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_lowercase()) || value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a value looks random: letters and digits mixed, or characters that names do not have.
/// Hexadecimal ids and digests do not count.
pub(super) fn is_opaque(value: &str) -> bool {
    if value.len() < OPAQUE
        || value.starts_with(['/', '.'])
        || value.contains(char::is_whitespace)
        || value.contains("://")
    {
        return false;
    }
    if value.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b':')) {
        return false;
    }
    let bytes = value.as_bytes();
    let turns = bytes.windows(2).filter(|pair| {
        pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit()
            || pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic()
    });
    let has = |kind: fn(&u8) -> bool| bytes.iter().any(kind);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let odd = bytes.iter().any(|byte| matches!(byte, b'!' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'~'))
        && has(u8::is_ascii_digit);
    let turns = turns.count();
    turns >= 3 || mixed && turns >= 2 || odd
}

/// Returns whether a text is long base64, as the lines of a key are.
pub(super) fn is_base64_block(value: &str) -> bool {
    const SHORTEST: usize = 40;
    let bytes = value.trim_end_matches('=').as_bytes();
    let has = |kind: fn(&u8) -> bool| bytes.iter().any(kind);
    bytes.len() >= SHORTEST
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_differ_from_names() {
        for value in ["x9Kd72mQp4", "S3cr3t!x", "a1b2c3zz", "Tr0ub4dor&3"] {
            assert!(is_opaque(value), "{value}");
        }
        for value in [
            "production",
            "docker28-v2",
            "x86_64-linux-gnu",
            "1.27.3",
            "4f2a9c0011aa",
            "/opt/a1b2c3d4z",
            "3.12.4-slim-bookworm",
            "v1.2.3-rc1",
        ] {
            assert!(!is_opaque(value), "{value}");
        }
    }

    #[test]
    fn words_of_messages_are_not_searched_for() {
        assert!(is_searched("hunter2") && is_searched("/x9Kd72mQp4") && is_searched("correcthorse"));
        assert!(!is_searched("systemd") && !is_searched("ab") && !is_searched("/usr/lib/systemd"));
        assert!(
            is_plain("${DB_PASSWORD}")
                && is_plain("***")
                && is_plain("True")
                && !is_plain("$ecret1!")
                && !is_plain("2")
        );
    }
}
