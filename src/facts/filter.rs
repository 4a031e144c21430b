//! What the container's seccomp filter does to this guest's systemd. Pure.

use crate::seccomp::{Answer, Hierarchy, Machine, Profile, Surroundings, blocked_in, default_answer, evaluate};
use crate::snapshot::EngineKind;
use crate::snapshot::{Facts, Gap};

use super::Config;

/// Reads a profile that the configuration names by its path on the engine's machine.
pub type ProfileReader<'r> = &'r dyn Fn(&str) -> Result<String, String>;

/// Facts of the filter; a profile that cannot be read becomes a gap.
pub fn collect(config: &Config<'_>, read: ProfileReader<'_>, facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let mode = facts.text("seccomp.mode").map(str::to_owned);
    match mode.as_deref() {
        Some("unconfined") => effect(&|_| Answer::Allowed, "no filter is in force", facts),
        Some("default") => of_default(config, facts),
        Some("custom") => of_profile(config, read, facts, gaps),
        _ => {}
    }
}

fn of_default(config: &Config<'_>, facts: &mut Facts) {
    let (Some(major), Some(minor)) = (facts.int("engine.major"), facts.int("engine.minor")) else { return };
    // Podman's default profile lets all of these calls through.
    if config.kind == EngineKind::Podman {
        return effect(&|_| Answer::Allowed, "podman's default seccomp profile", facts);
    }
    let admin = facts.bool("container.cap_sys_admin") == Some(true);
    let answer = |call: &str| default_answer((major, minor), call, admin).unwrap_or(Answer::Allowed);
    effect(&answer, &format!("docker {major}.{minor}'s default seccomp profile"), facts);
}

fn of_profile(config: &Config<'_>, read: ProfileReader<'_>, facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let mut gap = |reason: String| gaps.push(Gap { fact: "seccomp.*".to_owned(), reason });
    let Some(text) = config.security_option("seccomp") else { return };
    let (json, source) = if text.trim_start().starts_with('{') {
        (text, "container inspect: HostConfig.SecurityOpt seccomp={…}".to_owned())
    } else {
        // Podman keeps the path of a profile; it is on the engine's machine.
        if facts.bool("host.local") != Some(true) {
            return gap(format!("the profile is the file {text} on the engine's machine"));
        }
        match read(&text) {
            Ok(json) => (json, format!("seccomp profile {text}")),
            Err(reason) => return gap(reason),
        }
    };
    match Profile::parse(&json) {
        Ok(profile) => {
            let machine = Machine::new(
                facts.list("container.capabilities").into_iter().map(str::to_owned).collect(),
                facts.text("host.architecture").unwrap_or_default(),
                facts.text("host.kernel").unwrap_or_default(),
            );
            effect(&|call| evaluate(&profile, call, &machine), &source, facts);
        }
        Err(error) => gap(error.to_string()),
    }
}

fn effect(answer: &dyn Fn(&str) -> Answer, source: &str, facts: &mut Facts) {
    let handle = match answer("name_to_handle_at") {
        Answer::Allowed | Answer::Watched => "allowed",
        Answer::Errno(_) | Answer::Killed => "denied",
        Answer::Conditional => "conditional",
    };
    facts.set("seccomp.name_to_handle_at", handle, source);
    let Some(version) = facts.int("guest.systemd_version") else { return };
    let hierarchy = match facts.text("cgroup.mode") {
        Some("v2") => Some(Hierarchy::V2),
        Some(_) => Some(Hierarchy::V1),
        None => None,
    };
    let docker = if facts.text("engine.name") == Some("podman") { Some(0) } else { facts.int("engine.major") };
    let found = blocked_in(version, Surroundings { hierarchy, docker }, answer);
    facts.set("seccomp.first_blocked", found.first().map(|b| b.call.clone()), source);
    facts.set("seccomp.effect", found.first().map_or("none", |b| b.effect.name()), source);
    facts.set("seccomp.blocks", found.into_iter().map(|b| b.call).collect::<Vec<_>>(), source);
}
