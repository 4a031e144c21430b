//! The JSON form of seccomp profiles that Docker and Podman take (`--security-opt seccomp=FILE`).
//!
//! Shape: moby, `profiles/seccomp` (`Seccomp`, `Syscall`, `Filter`). The runtime form of the OCI is a subset of it.

use serde::Deserialize;

/// A profile that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON, or not of the shape of a profile; the message holds line and column.
    #[error("the seccomp profile is not valid: {0}")]
    Json(#[from] serde_json::Error),
}

/// A whole profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Answer to every call that no rule names.
    pub default_action: String,
    /// Errno of that answer; EPERM when absent.
    #[serde(default)]
    pub default_errno_ret: Option<i32>,
    /// Rules, each for some calls.
    #[serde(default)]
    pub syscalls: Option<Vec<SyscallRule>>,
}

/// One rule of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyscallRule {
    /// Names of the calls.
    pub names: Option<Vec<String>>,
    /// Name of the call in the form that Docker up to 1.12 wrote.
    pub name: Option<String>,
    /// Answer to them.
    pub action: String,
    /// Errno of that answer; EPERM when absent.
    pub errno_ret: Option<i32>,
    /// Conditions on the call's arguments; empty when there are none.
    pub args: Option<Vec<serde_json::Value>>,
    /// The rule counts only where all of this holds.
    pub includes: Option<Filter>,
    /// The rule does not count where any of this holds.
    pub excludes: Option<Filter>,
}

/// Circumstances under which a rule counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Capabilities, `CAP_…`.
    pub caps: Option<Vec<String>>,
    /// Architectures in Go's or seccomp's spelling.
    pub arches: Option<Vec<String>>,
    /// Lowest kernel version, `major.minor`.
    pub min_kernel: Option<String>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError::Json`] with line and column.
    pub fn parse(json: &str) -> Result<Self, ProfileError> {
        Ok(serde_json::from_str(json)?)
    }
}

impl SyscallRule {
    /// Whether the rule speaks of a call.
    pub(super) fn covers(&self, call: &str) -> bool {
        self.name.as_deref() == Some(call) || self.names.iter().flatten().any(|name| name == call)
    }

    /// Whether the rule looks at the call's arguments.
    pub(super) fn is_conditional(&self) -> bool {
        self.args.as_ref().is_some_and(|args| !args.is_empty())
    }
}
