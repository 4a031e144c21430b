//! The answer of a profile to one call, with the container's capabilities, architecture and kernel in force.

use super::Profile;
use super::profile::{Filter, SyscallRule};

/// EPERM, the errno of a denial that names none.
const EPERM: i32 = 1;

/// Circumstances that decide which rules of a profile count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Capabilities of the container, `CAP_…`.
    pub capabilities: Vec<String>,
    /// Architecture in Go's spelling (`amd64`, `arm64`).
    pub architecture: String,
    /// Kernel version, major and minor.
    pub kernel: (u32, u32),
}

/// What a filter answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The call goes through.
    Allowed,
    /// The call fails with this errno.
    Errno(i32),
    /// The process or thread is killed.
    Killed,
    /// The call goes through and is logged, or is handed to another program.
    Watched,
    /// It depends on the call's arguments.
    Conditional,
}

impl Answer {
    /// Whether the call certainly does not go through.
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Errno(_) | Self::Killed)
    }

    fn of(action: &str, errno: Option<i32>) -> Self {
        match action {
            "SCMP_ACT_ALLOW" => Self::Allowed,
            "SCMP_ACT_ERRNO" => Self::Errno(errno.unwrap_or(EPERM)),
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_PROCESS" | "SCMP_ACT_KILL_THREAD" | "SCMP_ACT_TRAP" => Self::Killed,
            _ => Self::Watched,
        }
    }
}

/// Evaluates a profile for one call.
///
/// Follows moby's `setupSeccomp`: rules whose filters do not hold are left out; an unconditional rule decides over the
/// default; only conditional rules make the answer depend on the arguments.
#[must_use]
pub fn evaluate(profile: &Profile, call: &str, machine: &Machine) -> Answer {
    let default = Answer::of(&profile.default_action, profile.default_errno_ret);
    let rules: Vec<&SyscallRule> = profile.syscalls.iter().flatten().filter(|rule| rule.covers(call) && counts(rule, machine)).collect();
    if let Some(rule) = rules.iter().find(|rule| !rule.is_conditional()) {
        return Answer::of(&rule.action, rule.errno_ret);
    }
    if rules.iter().any(|rule| Answer::of(&rule.action, rule.errno_ret) != default) { Answer::Conditional } else { default }
}

fn counts(rule: &SyscallRule, machine: &Machine) -> bool {
    let included = rule.includes.as_ref().is_none_or(|filter| includes(filter, machine));
    let excluded = rule.excludes.as_ref().is_some_and(|filter| excludes(filter, machine));
    included && !excluded
}

fn includes(filter: &Filter, machine: &Machine) -> bool {
    let caps = filter.caps.iter().flatten().all(|cap| machine.capabilities.contains(cap));
    let arches = filter.arches.as_ref().is_none_or(|list| list.is_empty() || has_architecture(list, machine));
    caps && arches && filter.min_kernel.as_deref().and_then(version).is_none_or(|minimum| machine.kernel >= minimum)
}

fn excludes(filter: &Filter, machine: &Machine) -> bool {
    filter.caps.iter().flatten().any(|cap| machine.capabilities.contains(cap))
        || filter.arches.as_ref().is_some_and(|list| has_architecture(list, machine))
        || filter.min_kernel.as_deref().and_then(version).is_some_and(|minimum| machine.kernel >= minimum)
}

fn has_architecture(list: &[String], machine: &Machine) -> bool {
    let also = match machine.architecture.as_str() {
        "amd64" => &["amd64", "x86_64", "x32", "x86", "SCMP_ARCH_X86_64"][..],
        "arm64" => &["arm64", "aarch64", "arm", "SCMP_ARCH_AARCH64"],
        "s390x" => &["s390x", "s390", "SCMP_ARCH_S390X"],
        _ => &[],
    };
    list.iter().any(|name| *name == machine.architecture || also.contains(&name.as_str()))
}

/// Reads `major.minor` from the front of a kernel version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
    Some((numbers.next()?.parse().ok()?, numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0)))
}

impl Machine {
    /// Builds the circumstances from what engines say: a kernel release and an architecture in either spelling.
    #[must_use]
    pub fn new(capabilities: Vec<String>, architecture: &str, kernel: &str) -> Self {
        let architecture = match architecture {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self { capabilities, architecture: architecture.to_owned(), kernel: version(kernel).unwrap_or((u32::MAX, 0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str, call: &str, caps: &[&str]) -> Answer {
        let machine = Machine::new(caps.iter().map(|c| (*c).to_owned()).collect(), "x86_64", "6.18.44-x");
        evaluate(&Profile::parse(json).unwrap(), call, &machine)
    }

    const LIKE_DOCKER: &str = r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"syscalls":[
        {"names":["read","clone"],"action":"SCMP_ACT_ALLOW"},
        {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
        {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"excludes":{"caps":["CAP_SYS_ADMIN"]}},
        {"names":["ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
        {"names":["arch_prctl"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["amd64","x32"]}},
        {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]}]}"#;

    #[test]
    fn rules_count_by_capability_kernel_and_architecture() {
        assert_eq!(answer(LIKE_DOCKER, "read", &[]), Answer::Allowed);
        assert_eq!(answer(LIKE_DOCKER, "mount", &[]), Answer::Errno(1));
        assert_eq!(answer(LIKE_DOCKER, "mount", &["CAP_SYS_ADMIN"]), Answer::Allowed);
        assert_eq!(answer(LIKE_DOCKER, "clone3", &[]), Answer::Errno(38));
        assert_eq!(answer(LIKE_DOCKER, "ptrace", &[]), Answer::Allowed);
        assert_eq!(answer(LIKE_DOCKER, "arch_prctl", &[]), Answer::Allowed);
        assert_eq!(answer(LIKE_DOCKER, "personality", &[]), Answer::Conditional);
        assert_eq!(answer(LIKE_DOCKER, "statx", &[]), Answer::Errno(1));
    }

    #[test]
    fn a_single_denied_call_is_seen_in_an_allowing_profile() {
        let json = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO"},{"name":"mount","action":"SCMP_ACT_KILL"}]}"#;
        assert_eq!(answer(json, "statx", &[]), Answer::Errno(1));
        assert_eq!(answer(json, "mount", &[]), Answer::Killed);
        assert_eq!(answer(json, "openat", &[]), Answer::Allowed);
    }

    #[test]
    fn broken_profiles_are_told_with_line_and_column() {
        let said = Profile::parse("{\n  \"defaultAction\": 3}").unwrap_err().to_string();
        assert!(said.contains("line 2 column"), "{said}");
    }
}
