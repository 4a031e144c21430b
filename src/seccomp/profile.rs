//! The JSON form of seccomp profiles for Docker and Podman (`--security-opt seccomp=FILE`): text in, checked
//! profile out.
//!
//! Shape: moby, `profiles/seccomp` (`Seccomp`, `Syscall`, `Filter`). The OCI runtime form is a subset of it.
//! What the engines refuse is refused here too, with its place; must not read files.

use serde::Deserialize;

/// Largest profile that is read, in bytes; Docker's own has about 13 000.
pub const PROFILE_LIMIT: usize = 1 << 20;

/// A profile that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Larger than any real profile.
    #[error("the seccomp profile is larger than {} MiB, the limit", PROFILE_LIMIT >> 20)]
    TooLarge,
    /// Not JSON, or not of the shape of a profile; the message holds line and column.
    #[error("the seccomp profile is not valid: {0}")]
    Json(#[from] serde_json::Error),
    /// Of the right shape, but engines refuse it.
    #[error("the seccomp profile is not valid: {0}")]
    Refused(String),
}

/// What a rule answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Action {
    /// Allows the call.
    #[serde(rename = "SCMP_ACT_ALLOW")]
    Allow,
    /// Allows the call and logs it.
    #[serde(rename = "SCMP_ACT_LOG")]
    Log,
    /// Fails the call.
    #[serde(rename = "SCMP_ACT_ERRNO")]
    Errno,
    /// Kills the thread.
    #[serde(rename = "SCMP_ACT_KILL", alias = "SCMP_ACT_KILL_THREAD")]
    Kill,
    /// Kills the process.
    #[serde(rename = "SCMP_ACT_KILL_PROCESS")]
    KillProcess,
    /// Sends SIGSYS, which kills a process that does not handle it.
    #[serde(rename = "SCMP_ACT_TRAP")]
    Trap,
    /// Asks a tracer.
    #[serde(rename = "SCMP_ACT_TRACE")]
    Trace,
    /// Asks another program.
    #[serde(rename = "SCMP_ACT_NOTIFY")]
    Notify,
}

/// A whole profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Answer to every call that no rule names.
    pub default_action: Action,
    /// Errno of that answer; EPERM when absent.
    #[serde(default)]
    pub default_errno_ret: Option<i32>,
    /// Architectures in seccomp's spelling, as Docker up to 1.12 and the OCI write them.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// Architectures, each with those whose programs it can also run.
    #[serde(default)]
    pub arch_map: Option<Vec<Family>>,
    /// Rules, each for some calls.
    #[serde(default)]
    pub syscalls: Option<Vec<SyscallRule>>,
}

/// An architecture with those whose programs it can also run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Family {
    /// In seccomp's spelling.
    pub architecture: String,
    /// In seccomp's spelling.
    #[serde(default)]
    pub sub_architectures: Option<Vec<String>>,
}

/// One rule of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyscallRule {
    /// Names of the calls.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// Name of the call, in the form used by Docker up to 1.12.
    #[serde(default)]
    pub name: Option<String>,
    /// Answer to them.
    pub action: Action,
    /// Errno of that answer; EPERM when absent.
    #[serde(default)]
    pub errno_ret: Option<i32>,
    /// Conditions on the call's arguments; empty when there are none.
    #[serde(default)]
    pub args: Option<Vec<Argument>>,
    /// The rule applies only if all of this holds.
    #[serde(default)]
    pub includes: Option<Filter>,
    /// The rule does not apply if any of this holds.
    #[serde(default)]
    pub excludes: Option<Filter>,
}

/// A condition on an argument.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Argument {
    /// Which argument, from 0 to 5.
    pub index: u32,
    /// What it is compared with; the mask if there is one.
    #[serde(default)]
    pub value: u64,
    /// What the masked argument is compared with.
    #[serde(default)]
    pub value_two: u64,
    /// How.
    pub op: Comparison,
}

/// How an argument is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "they are the comparisons of mathematics")]
pub enum Comparison {
    #[serde(rename = "SCMP_CMP_NE")]
    Ne,
    #[serde(rename = "SCMP_CMP_LT")]
    Lt,
    #[serde(rename = "SCMP_CMP_LE")]
    Le,
    #[serde(rename = "SCMP_CMP_EQ")]
    Eq,
    #[serde(rename = "SCMP_CMP_GE")]
    Ge,
    #[serde(rename = "SCMP_CMP_GT")]
    Gt,
    #[serde(rename = "SCMP_CMP_MASKED_EQ")]
    MaskedEq,
}

/// Circumstances in which a rule applies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Capabilities, `CAP_…`.
    pub caps: Option<Vec<String>>,
    /// Architectures in Go's spelling.
    pub arches: Option<Vec<String>>,
    /// Lowest kernel version, `major.minor`.
    pub min_kernel: Option<String>,
}

impl Profile {
    /// Parses a profile.
    ///
    /// # Errors
    /// Any [`ProfileError`]; errors in the text are reported with line and column.
    pub fn parse(json: &str) -> Result<Self, ProfileError> {
        if json.len() > PROFILE_LIMIT {
            return Err(ProfileError::TooLarge);
        }
        let profile: Self = serde_json::from_str(json)?;
        profile.refusal().map_or(Ok(profile), |words| Err(ProfileError::Refused(words)))
    }

    /// Returns its rules.
    #[must_use]
    pub fn rules(&self) -> &[SyscallRule] {
        self.syscalls.as_deref().unwrap_or_default()
    }

    /// Returns why the engines' own check refuses it, if so (moby, `setupSeccomp`).
    fn refusal(&self) -> Option<String> {
        let listed = self.architectures.as_ref().is_some_and(|list| !list.is_empty());
        if listed && self.arch_map.as_ref().is_some_and(|list| !list.is_empty()) {
            return Some(
                "it has both `architectures` and `archMap`; engines accept only one of \
                them"
                    .to_owned(),
            );
        }
        let rule = |number: usize, words: &str| Some(format!("rule {} {words}", number + 1));
        self.rules().iter().enumerate().find_map(|(number, each)| {
            let named = each.name.as_deref().is_some_and(|name| !name.is_empty());
            let listed = each.names.as_ref().is_some_and(|names| !names.is_empty());
            match (named, listed) {
                (true, true) => rule(number, "has both `name` and `names`; engines accept only one of them"),
                _ if each.args.iter().flatten().any(|arg| arg.index > 5) => {
                    rule(number, "looks at an argument beyond the sixth")
                }
                _ if each.filters().any(|filter| {
                    filter.min_kernel.as_deref().is_some_and(|text| super::version::release(text).is_none())
                }) =>
                {
                    rule(number, "has a `minKernel` that is not a version such as 4.8")
                }
                _ => None,
            }
        })
    }
}

impl SyscallRule {
    /// Returns whether the rule names a call.
    pub(super) fn covers(&self, call: &str) -> bool {
        self.calls().any(|name| name == call)
    }

    /// Returns the names of the calls, in either form.
    pub(super) fn calls(&self) -> impl Iterator<Item = &str> {
        self.name
            .iter()
            .chain(self.names.iter().flatten())
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// Returns whether the rule checks the call's arguments.
    pub(super) fn is_conditional(&self) -> bool {
        self.args.as_ref().is_some_and(|args| !args.is_empty())
    }

    fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.includes.iter().chain(&self.excludes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(json: &str) -> String {
        Profile::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn errors_are_reported_with_their_location() {
        assert!(said("{\n  \"defaultAction\": 3}").contains("line 2 column"));
        assert!(said("{\"defaultAction\": \"SCMP_ACT_MAYBE\"}").contains("SCMP_ACT_MAYBE"));
        assert!(
            said("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscalls\":[{\"names\":[\"a\"]}]}")
                .contains("`action` at line 2")
        );
        assert!(said("").contains("line 1 column 0"));
        assert!(said(&"[".repeat(200_000)).contains("line 1 column"));
        let deep = format!("{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"x\":{}}}", "[".repeat(100_000));
        assert!(said(&deep).contains("line 1 column"), "{}", said(&deep));
    }

    #[test]
    fn what_engines_refuse_is_refused() {
        let rule = |text: &str| format!("{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{text}]}}");
        assert!(
            said(&rule(r#"{"name":"a","names":["b"],"action":"SCMP_ACT_ERRNO"}"#))
                .contains("rule 1 has both `name` and `names`")
        );
        let kernel = rule(r#"{"names":["b"],"action":"SCMP_ACT_ERRNO","includes":{"minKernel":"new"}}"#);
        assert!(said(&kernel).contains("minKernel"));
        let both = r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}"#;
        assert!(said(both).contains("archMap"));
        assert!(
            said(&rule(&format!("{{\"name\":\"{}\"}}", "x".repeat(PROFILE_LIMIT))))
                .contains("larger than 1 MiB")
        );
    }

    #[test]
    fn the_oldest_form_is_understood() {
        let old = r#"{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"name":"accept","action":"SCMP_ACT_ALLOW","args":[]}]}"#;
        let profile = Profile::parse(old).unwrap();
        assert!(profile.rules()[0].covers("accept") && !profile.rules()[0].is_conditional());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Profile::parse(&text);
        }

        #[test]
        fn any_cut_of_a_profile_is_refused(cut in 0_usize..150) {
            let whole = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#;
            prop_assert!(cut >= whole.len() || Profile::parse(&whole[..cut]).is_err());
        }
    }
}
