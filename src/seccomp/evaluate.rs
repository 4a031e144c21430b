//! Evaluates a profile for one call, given the container's capabilities, architecture, kernel and engine.

use std::collections::BTreeMap;

use super::Profile;
use super::profile::{Action, Filter, SyscallRule};
use super::version::{Engine, release};

/// EPERM, the errno of a denial that gives none.
const EPERM: i32 = 1;

/// Circumstances that determine which rules of a profile apply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Capabilities of the container, `CAP_…`.
    pub capabilities: Vec<String>,
    /// Architecture in Go's spelling (`amd64`, `arm64`).
    pub architecture: String,
    /// Kernel version, major and minor.
    pub kernel: (u32, u32),
    /// Engine that reads the profile; if unknown, one that supports every field.
    pub engine: Option<Engine>,
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
    /// The call goes through and is logged.
    Logged,
    /// Another program decides.
    HandedOver,
    /// It depends on the call's arguments.
    Conditional,
}

/// An answer, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub answer: Answer,
    /// Number of the rule that gives it, from 1; `None` for the profile's default.
    pub rule: Option<usize>,
}

/// Two rules for the same call, one of which allows it and the other does not, whatever its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The call.
    pub call: String,
    /// Number of the first rule, from 1.
    pub first: usize,
    /// Number of the other.
    pub other: usize,
    /// The one that takes effect; `None` if neither does, because both only repeat the default.
    pub counts: Option<usize>,
}

impl Answer {
    /// Returns whether the call is certainly denied.
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Errno(_) | Self::Killed)
    }

    fn of(action: Action, errno: Option<i32>) -> Self {
        match action {
            Action::Allow => Self::Allowed,
            Action::Errno => Self::Errno(errno.unwrap_or(EPERM)),
            Action::Kill | Action::KillProcess | Action::Trap => Self::Killed,
            Action::Log => Self::Logged,
            Action::Trace | Action::Notify => Self::HandedOver,
        }
    }
}

/// Evaluates a profile for one call.
#[must_use]
pub fn evaluate(profile: &Profile, call: &str, machine: &Machine) -> Answer {
    judge(profile, call, machine).answer
}

/// Evaluates a profile for one call and says which rule decides.
///
/// Follows moby's `setupSeccomp`, runc and libseccomp: rules whose filters do not hold are dropped, and so
/// are those that repeat the default. Among the others the first without conditions decides, before all that
/// have some; only those make the answer depend on the arguments.
#[must_use]
pub fn judge(profile: &Profile, call: &str, machine: &Machine) -> Verdict {
    let default = default_answer(profile, machine);
    let rules = || {
        let rules =
            profile.rules().iter().zip(1..).filter(|(rule, _)| rule.covers(call) && counts(rule, machine));
        rules
            .map(|(rule, number)| (rule, number, answer_of(rule, machine)))
            .filter(|(_, _, answer)| *answer != default)
    };
    if let Some((_, number, answer)) = rules().find(|(rule, _, _)| !rule.is_conditional()) {
        return Verdict { answer, rule: Some(number) };
    }
    match rules().next() {
        Some((_, number, _)) => Verdict { answer: Answer::Conditional, rule: Some(number) },
        None => Verdict { answer: default, rule: None },
    }
}

/// Returns the calls that rules both allow and deny, whatever their arguments.
#[must_use]
pub fn contradictions(profile: &Profile, machine: &Machine) -> Vec<Contradiction> {
    let mut seen: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    let mut found: BTreeMap<&str, Contradiction> = BTreeMap::new();
    for (rule, number) in
        profile.rules().iter().zip(1..).filter(|(rule, _)| !rule.is_conditional() && counts(rule, machine))
    {
        let denies = answer_of(rule, machine).is_denial();
        for call in rule.calls() {
            let (first, other) = *seen.entry(call).or_insert((number, denies));
            if other != denies && !found.contains_key(call) {
                let counts = judge(profile, call, machine).rule;
                found.insert(call, Contradiction { call: call.to_owned(), first, other: number, counts });
            }
        }
    }
    found.into_values().collect()
}

fn default_answer(profile: &Profile, machine: &Machine) -> Answer {
    let errno = profile.default_errno_ret.filter(|_| machine.engine.is_none_or(Engine::knows_default_errno));
    Answer::of(profile.default_action, errno)
}

fn answer_of(rule: &SyscallRule, machine: &Machine) -> Answer {
    Answer::of(rule.action, rule.errno_ret.filter(|_| machine.engine.is_none_or(Engine::knows_errno)))
}

fn counts(rule: &SyscallRule, machine: &Machine) -> bool {
    let included = rule.includes.as_ref().is_none_or(|filter| includes(filter, machine));
    let excluded = rule.excludes.as_ref().is_some_and(|filter| excludes(filter, machine));
    included && !excluded
}

fn includes(filter: &Filter, machine: &Machine) -> bool {
    let caps = filter.caps.iter().flatten().all(|cap| machine.capabilities.contains(cap));
    let arches =
        filter.arches.as_ref().is_none_or(|list| list.is_empty() || list.contains(&machine.architecture));
    caps && arches
        && filter.min_kernel.as_deref().and_then(release).is_none_or(|minimum| machine.kernel >= minimum)
}

fn excludes(filter: &Filter, machine: &Machine) -> bool {
    filter.caps.iter().flatten().any(|cap| machine.capabilities.contains(cap))
        || filter.arches.as_ref().is_some_and(|list| list.contains(&machine.architecture))
        || filter.min_kernel.as_deref().and_then(release).is_some_and(|minimum| machine.kernel >= minimum)
}

impl Machine {
    /// Builds the circumstances from what engines report: a kernel release, and an architecture in either
    /// spelling.
    ///
    /// An unknown kernel counts as newer than any in a profile.
    #[must_use]
    pub fn new(capabilities: Vec<String>, architecture: &str, kernel: &str) -> Self {
        let architecture = match architecture {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let kernel = release(kernel).unwrap_or((u32::MAX, 0));
        Self { capabilities, architecture: architecture.to_owned(), kernel, engine: None }
    }

    /// Sets the engine that reads the profile.
    #[must_use]
    pub fn of(self, engine: Option<Engine>) -> Self {
        Self { engine, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(caps: &[&str]) -> Machine {
        Machine::new(caps.iter().map(|c| (*c).to_owned()).collect(), "x86_64", "6.18.44-x")
    }

    fn answer(json: &str, call: &str, caps: &[&str]) -> Answer {
        evaluate(&Profile::parse(json).unwrap(), call, &machine(caps))
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
        let old = Machine { kernel: (4, 4), ..machine(&[]) };
        assert_eq!(evaluate(&Profile::parse(LIKE_DOCKER).unwrap(), "ptrace", &old), Answer::Errno(1));
    }

    #[test]
    fn a_single_denied_call_is_seen_in_an_allowing_profile() {
        let json = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO"},{"name":"mount","action":"SCMP_ACT_KILL"}]}"#;
        assert_eq!(answer(json, "statx", &[]), Answer::Errno(1));
        assert_eq!(answer(json, "mount", &[]), Answer::Killed);
        assert_eq!(answer(json, "openat", &[]), Answer::Allowed);
    }

    #[test]
    fn other_answers_have_their_names() {
        let rule = |action: &str| {
            format!(
                r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"names":["x"],"action":"{action}"}}]}}"#
            )
        };
        for (action, expected) in [
            ("SCMP_ACT_LOG", Answer::Logged),
            ("SCMP_ACT_NOTIFY", Answer::HandedOver),
            ("SCMP_ACT_TRACE", Answer::HandedOver),
            ("SCMP_ACT_TRAP", Answer::Killed),
            ("SCMP_ACT_KILL_THREAD", Answer::Killed),
        ] {
            assert_eq!(answer(&rule(action), "x", &[]), expected, "{action}");
        }
    }

    #[test]
    fn old_engines_drop_what_they_do_not_know() {
        let json = r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"names":["x"],"action":"SCMP_ACT_ERRNO","errnoRet":22}]}"#;
        let profile = Profile::parse(json).unwrap();
        let answers = |engine: &str| {
            let machine = machine(&[]).of(Engine::parse(engine));
            (evaluate(&profile, "other", &machine), evaluate(&profile, "x", &machine))
        };
        assert_eq!(answers("docker-28.5"), (Answer::Errno(38), Answer::Errno(22)));
        assert_eq!(answers("docker-20.10.24"), (Answer::Errno(1), Answer::Errno(22)));
        assert_eq!(answers("docker-19.03"), (Answer::Errno(1), Answer::Errno(1)));
        assert_eq!(answers("podman-4.3"), (Answer::Errno(38), Answer::Errno(22)));
    }

    #[test]
    fn contradictions_are_named_with_the_rule_that_counts() {
        let json = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["a","b"],"action":"SCMP_ACT_ERRNO"},
            {"names":["a","c"],"action":"SCMP_ACT_ALLOW"},{"names":["c"],"action":"SCMP_ACT_KILL"}]}"#;
        let profile = Profile::parse(json).unwrap();
        let found = contradictions(&profile, &machine(&[]));
        let brief: Vec<_> =
            found.iter().map(|each| (each.call.as_str(), each.first, each.other, each.counts)).collect();
        // The runtime drops a rule that repeats the default, so that the later one decides `a`.
        assert_eq!(brief, [("a", 1, 2, Some(2)), ("c", 2, 3, Some(2))]);
        assert_eq!((answer(json, "a", &[]), answer(json, "c", &[])), (Answer::Allowed, Answer::Allowed));
    }
}
