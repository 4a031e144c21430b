//! Facts of the engine's version and info documents. Pure.

use serde_json::Value;

use crate::pattern::Pattern;
use crate::snapshot::vocabulary::CgroupMode;
use crate::snapshot::{EngineKind, Facts, key};

/// A path below the runtime folder of an ordinary user (file-hierarchy(7)); `0` is root's own.
static RUNTIME_FOLDER: Pattern = Pattern::new(r"\A(?:/var)?/run/user/([1-9][0-9]{0,9})/");

/// Reads the facts of an engine's name and version.
pub(super) fn version_facts(kind: EngineKind, version: &str, facts: &mut Facts) {
    let source = "engine version";
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<i64>);
    facts.set(key::ENGINE_NAME, kind, source);
    if !version.is_empty() {
        facts.set(key::ENGINE_VERSION, version, source);
    }
    if let Some(Ok(major)) = numbers.next() {
        facts.set(key::ENGINE_MAJOR, major, source);
        facts.set(key::ENGINE_MINOR, numbers.next().and_then(Result::ok).unwrap_or(0), source);
    }
}

/// Reads the facts of an engine's info document.
pub(super) fn info_facts(info: &Value, facts: &mut Facts) {
    let source = "engine info";
    let text = |key: &str| info.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mode = match text("CgroupVersion") {
        Some("2") => Some(CgroupMode::V2),
        Some("1") => Some(CgroupMode::V1),
        _ => None,
    };
    if let Some(mode) = mode {
        facts.set_if_unknown(key::CGROUP_MODE, mode, "engine info: CgroupVersion");
    }
    if let Some(driver) = text("CgroupDriver") {
        facts.set_foreign(key::ENGINE_CGROUP_DRIVER, driver, "engine info: CgroupDriver");
    }
    if let Some(kernel) = text("KernelVersion") {
        facts.set(key::HOST_KERNEL, kernel, "engine info: KernelVersion");
    }
    if let Some(machine) = text("Architecture") {
        facts.set(key::HOST_ARCHITECTURE, architecture(machine), "engine info: Architecture");
    }
    if info.get("SecurityOptions").is_none() && info.get("Rootless").is_none() {
        return;
    }
    let options: Vec<&str> = info
        .get("SecurityOptions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let has = |name: &str| {
        options.iter().any(|option| option.split(',').any(|part| part == format!("name={name}")))
    };
    let rootless = has("rootless") || info.get("Rootless").and_then(Value::as_bool) == Some(true);
    facts.set(key::ENGINE_ROOTLESS, rootless, source);
    if let Some(path) = info.pointer("/Containerd/Address").and_then(Value::as_str).filter(|_| rootless) {
        user_fact(path, "engine info: Containerd.Address", facts);
    }
    facts.set(key::ENGINE_USERNS, has("userns"), "engine info: SecurityOptions");
    facts.set(key::ENGINE_APPARMOR, has("apparmor"), "engine info: SecurityOptions");
    facts.set(key::ENGINE_SELINUX, has("selinux"), "engine info: SecurityOptions");
    let profile =
        options.iter().find_map(|option| option.strip_prefix("name=seccomp,")?.strip_prefix("profile="));
    if let Some(profile) = profile {
        facts.set(key::ENGINE_SECCOMP_PROFILE, profile, "engine info: SecurityOptions");
    }
}

/// Records the user of a rootless engine, if a path of the engine lies in the runtime folder of a user.
pub(super) fn user_fact(path: &str, source: &str, facts: &mut Facts) {
    let id = RUNTIME_FOLDER.captures(path).and_then(|found| found.get(1)?.parse::<i64>().ok());
    if let Some(id) = id {
        facts.set_if_unknown(key::ENGINE_USER_ID, id, source);
    }
}

/// Returns the one spelling of a processor architecture: that of `uname -m`.
pub(super) fn architecture(name: &str) -> &str {
    match name {
        "amd64" | "x86-64" => "x86_64",
        "arm64" => "aarch64",
        "386" | "i386" | "i586" => "i686",
        "arm" | "armhf" | "armv7" => "armv7l",
        other => other,
    }
}
