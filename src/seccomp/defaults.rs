//! What the engines' built-in profiles answer to the calls that stopped systemd in the past.
//!
//! Facts read from moby's `profiles/seccomp/default.json` at the release tags 17.03 to 28.

use super::Answer;

/// EPERM and ENOSYS.
const EPERM: i32 = 1;
const ENOSYS: i32 = 38;

/// One change of a default profile: from this Docker version on, the call is let through.
struct Opened {
    call: &'static str,
    since: (i64, i64),
    before: i32,
}

/// Calls that Docker's default profile denied at first.
const OPENED: [Opened; 5] = [
    Opened { call: "name_to_handle_at", since: (24, 0), before: EPERM },
    Opened { call: "statx", since: (18, 9), before: EPERM },
    Opened { call: "faccessat2", since: (20, 10), before: EPERM },
    Opened { call: "openat2", since: (20, 10), before: EPERM },
    Opened { call: "close_range", since: (20, 10), before: EPERM },
];

/// Answer of Docker's default profile of an engine version (major, minor) to a call; `None` when this table does not
/// know the call. A container with `CAP_SYS_ADMIN` gets them all.
#[must_use]
pub fn default_answer(version: (i64, i64), call: &str, has_sys_admin: bool) -> Option<Answer> {
    if call == "clone3" {
        return Some(if has_sys_admin { Answer::Allowed } else { Answer::Errno(ENOSYS) });
    }
    let entry = OPENED.iter().find(|entry| entry.call == call)?;
    let open = version >= entry.since || (has_sys_admin && call == "name_to_handle_at");
    Some(if open { Answer::Allowed } else { Answer::Errno(entry.before) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_24_lets_name_to_handle_at_through() {
        assert_eq!(default_answer((20, 10), "name_to_handle_at", false), Some(Answer::Errno(1)));
        assert_eq!(default_answer((20, 10), "name_to_handle_at", true), Some(Answer::Allowed));
        assert_eq!(default_answer((24, 0), "name_to_handle_at", false), Some(Answer::Allowed));
        assert_eq!(default_answer((20, 10), "getpid", false), None);
    }
}
