//! The effect of the container's seccomp filter on this guest's systemd. Pure.

use crate::seccomp::{
    Answer, Effect, Engine, Hierarchy, InForce, Machine, Maker, Profile, Surroundings, USUAL_CAPABILITIES,
    Version, blocked_in, built_in,
};
use crate::snapshot::EngineKind;
use crate::snapshot::{Facts, Gap, key};

use super::Config;
use crate::snapshot::vocabulary::{CgroupMode, FilterAnswer, FilterEffect, SeccompMode};

/// Reads a profile that the configuration names by its path on the engine's machine.
pub type ProfileReader<'r> = &'r dyn Fn(&str) -> Result<String, String>;

/// Where the filter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// There is no filter.
    Unconfined,
    /// The engine's built-in filter.
    BuiltIn(Engine),
    /// The filter that the engine is configured to give every container.
    Daemon,
    /// The container's own filter.
    Own,
}

/// The filter of a container.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it comes from.
    pub origin: Origin,
    /// Its profile as text; empty where there is none.
    pub text: String,
    /// The filter in force, ready to be queried.
    pub in_force: InForce,
}

/// Records the facts of the filter; a profile that cannot be read becomes a gap.
pub fn collect(config: &Config<'_>, read: ProfileReader<'_>, facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let found = find(config, read, facts);
    if let Some(mode) = of_daemon(config, facts) {
        let mode = if mode == "unconfined" { SeccompMode::Unconfined } else { SeccompMode::Custom };
        facts.set(key::SECCOMP_MODE, mode, "engine info: SecurityOptions");
    }
    match found {
        Ok(Some(found)) => effect(&found.in_force, facts),
        Ok(None) => {}
        Err(reason) => gaps.push(Gap { fact: "seccomp.*".to_owned(), reason }),
    }
}

/// Returns the filter in force; `None` if nothing is known about it.
///
/// # Errors
/// Why its profile cannot be read.
pub fn find(config: &Config<'_>, read: ProfileReader<'_>, facts: &Facts) -> Result<Option<Found>, String> {
    let engine = engine(config.kind, facts);
    let own = config.security_option("seccomp");
    let mode = facts.get(key::SECCOMP_MODE);
    let daemon = of_daemon(config, facts);
    match (mode, daemon.as_deref(), own) {
        (Some(SeccompMode::Unconfined), ..) | (_, Some("unconfined"), _) => {
            Ok(Some(found(Origin::Unconfined, String::new(), None, engine, "no filter is in force", facts)))
        }
        (Some(SeccompMode::Default | SeccompMode::Custom), Some(path), _) => parsed(
            Origin::Daemon,
            local(path, read, facts)?,
            engine,
            &format!("the engine's own profile {path}"),
            facts,
        )
        .map(Some),
        (Some(SeccompMode::Default), None, _) => engine.map(|engine| of_engine(engine, facts)).transpose(),
        (Some(SeccompMode::Custom), None, Some(text)) if text.trim_start().starts_with('{') => {
            parsed(Origin::Own, text, engine, "container inspect: HostConfig.SecurityOpt seccomp={…}", facts)
                .map(Some)
        }
        (Some(SeccompMode::Custom), None, Some(path)) => {
            // Podman records the path of a profile on the engine's machine.
            parsed(Origin::Own, local(&path, read, facts)?, engine, &format!("seccomp profile {path}"), facts)
                .map(Some)
        }
        _ => Ok(None),
    }
}

/// Returns the path of the profile in force, if it is a file.
#[cfg(feature = "engine")]
#[must_use]
pub fn path(config: &Config<'_>, facts: &Facts) -> Option<String> {
    of_daemon(config, facts)
        .or_else(|| config.security_option("seccomp"))
        .filter(|path| path.starts_with('/'))
}

/// Returns what the engine applies to containers that request nothing, if that is not the built-in profile.
fn of_daemon(config: &Config<'_>, facts: &Facts) -> Option<String> {
    let asks =
        config.security_option("seccomp").is_some() || facts.get(key::CONTAINER_PRIVILEGED) == Some(true);
    facts
        .get(key::ENGINE_SECCOMP_PROFILE)
        .filter(|name| !asks && !matches!(*name, "builtin" | "default"))
        .map(str::to_owned)
}

fn engine(kind: EngineKind, facts: &Facts) -> Option<Engine> {
    let maker = match kind {
        EngineKind::Docker => Maker::Docker,
        EngineKind::Podman => Maker::Podman,
    };
    facts.get(key::ENGINE_VERSION).and_then(Version::parse).map(|version| Engine { maker, version })
}

fn of_engine(engine: Engine, facts: &Facts) -> Result<Found, String> {
    let source = format!(
        "{} {}.{}'s default seccomp profile",
        engine.maker.name().to_lowercase(),
        engine.version.0,
        engine.version.1
    );
    parsed(Origin::BuiltIn(engine), built_in(engine).to_string(), Some(engine), &source, facts)
}

fn local(path: &str, read: ProfileReader<'_>, facts: &Facts) -> Result<String, String> {
    if facts.get(key::HOST_LOCAL) == Some(true) {
        read(path)
    } else {
        Err(format!("the profile is the file {path} on the engine's machine"))
    }
}

fn parsed(
    origin: Origin,
    text: String,
    engine: Option<Engine>,
    source: &str,
    facts: &Facts,
) -> Result<Found, String> {
    let profile = Profile::parse(&text).map_err(|error| error.to_string())?;
    Ok(found(origin, text, Some(profile), engine, source, facts))
}

fn found(
    origin: Origin,
    text: String,
    profile: Option<Profile>,
    engine: Option<Engine>,
    source: &str,
    facts: &Facts,
) -> Found {
    let in_force = InForce { profile, machine: machine(facts).of(engine), source: source.to_owned() };
    Found { origin, text, in_force }
}

/// Returns the machine for which the filter is evaluated; unknown capabilities are taken to be the default
/// ones.
fn machine(facts: &Facts) -> Machine {
    let known = facts.is_known(key::CONTAINER_CAPABILITIES);
    let mut capabilities: Vec<String> =
        facts.list(key::CONTAINER_CAPABILITIES).into_iter().map(str::to_owned).collect();
    if !known {
        let admin = facts.get(key::CONTAINER_CAP_SYS_ADMIN) == Some(true);
        capabilities.extend(
            USUAL_CAPABILITIES.into_iter().chain(admin.then_some("CAP_SYS_ADMIN")).map(str::to_owned),
        );
    }
    // An unknown architecture must not make calls look denied.
    let architecture = facts.get(key::HOST_ARCHITECTURE).unwrap_or("x86_64");
    Machine::new(capabilities, architecture, facts.get(key::HOST_KERNEL).unwrap_or_default())
}

/// Returns the version of the control group tree that the guest sees.
#[must_use]
pub fn hierarchy(facts: &Facts) -> Option<Hierarchy> {
    match facts.get(key::CGROUP_MODE) {
        Some(CgroupMode::V2) => Some(Hierarchy::V2),
        Some(_) => Some(Hierarchy::V1),
        None => None,
    }
}

/// Returns an answer as the value of a fact.
fn word(answer: Answer) -> FilterAnswer {
    match answer {
        Answer::Allowed | Answer::Logged | Answer::HandedOver => FilterAnswer::Allowed,
        Answer::Errno(_) | Answer::Killed => FilterAnswer::Denied,
        Answer::Conditional => FilterAnswer::Conditional,
    }
}

/// Returns what a denied call returns, by the name of its errno if that is common in filters.
fn denial(answer: Answer) -> String {
    match answer {
        Answer::Errno(1) => "EPERM".to_owned(),
        Answer::Errno(38) => "ENOSYS".to_owned(),
        Answer::Errno(number) => format!("errno {number}"),
        Answer::Killed => "killed".to_owned(),
        other => word(other).word().to_owned(),
    }
}

fn effect(filter: &InForce, facts: &mut Facts) {
    let source = filter.source.as_str();
    facts.set(key::SECCOMP_NAME_TO_HANDLE_AT, word(filter.answer("name_to_handle_at")), source);
    facts.set(key::SECCOMP_MOUNT, word(filter.answer("mount")), source);
    let Some(version) = facts.get(key::GUEST_SYSTEMD_VERSION) else { return };
    let docker = if facts.get(key::ENGINE_NAME) == Some(EngineKind::Podman) {
        Some(0)
    } else {
        facts.get(key::ENGINE_MAJOR)
    };
    let place = Surroundings { hierarchy: hierarchy(facts), docker };
    let mut found = blocked_in(version, place, |call| filter.answer(call));
    let copes = facts.get(key::GUEST_MOUNT_ID_FALLBACK) == Some(true);
    found.retain(|blocked| !(copes && blocked.call == "name_to_handle_at"));
    facts.set(key::SECCOMP_FIRST_BLOCKED, found.first().map(|b| b.call.clone()), source);
    facts.set(key::SECCOMP_FIRST_ANSWER, found.first().map(|b| denial(filter.answer(&b.call))), source);
    facts.set(key::SECCOMP_EFFECT, found.first().map_or(FilterEffect::None, |b| b.effect.into()), source);
    facts.set(key::SECCOMP_BLOCKS, found.into_iter().map(|b| b.call).collect::<Vec<_>>(), source);
}

impl From<Effect> for FilterEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Units => Self::Units,
            Effect::Unreachable => Self::Unreachable,
            Effect::Stuck => Self::Stuck,
            Effect::Fatal => Self::Fatal,
            Effect::Create => Self::Create,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(mode: &str, profile: Option<&str>) -> Facts {
        let mut facts = Facts::default();
        facts.set_foreign(key::SECCOMP_MODE, mode, "test");
        facts.set(key::ENGINE_VERSION, "20.10.24+dfsg1", "test");
        facts.set(key::GUEST_SYSTEMD_VERSION, 262, "test");
        facts.set(key::HOST_LOCAL, true, "test");
        if let Some(profile) = profile {
            facts.set(key::ENGINE_SECCOMP_PROFILE, profile, "test");
        }
        facts
    }

    fn collected(inspect: &Value, mut facts: Facts) -> (Facts, Vec<Gap>) {
        let mut gaps = Vec::new();
        let read = |path: &str| {
            match path {
            "/etc/own.json" => {
                Ok(r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO"}]}"#.to_owned())
            }
            _ => Err("no such file".to_owned()),
        }
        };
        collect(&Config::live(inspect, None, EngineKind::Docker), &read, &mut facts, &mut gaps);
        (facts, gaps)
    }

    #[test]
    fn the_engines_own_profile_is_looked_into() {
        let nothing = json!({"HostConfig": {}});
        let (known, gaps) = collected(&nothing, facts("default", Some("/etc/own.json")));
        assert_eq!(
            (known.get(key::SECCOMP_FIRST_BLOCKED), known.get(key::SECCOMP_MODE)),
            (Some("statx"), Some(SeccompMode::Custom))
        );
        assert_eq!(
            (known.get(key::SECCOMP_FIRST_ANSWER), known.get(key::SECCOMP_MOUNT)),
            (Some("EPERM"), Some(FilterAnswer::Allowed))
        );
        assert!(gaps.is_empty());
        let (known, gaps) = collected(&nothing, facts("default", Some("/etc/gone.json")));
        assert_eq!((known.get(key::SECCOMP_EFFECT), gaps.len()), (None, 1));
        let (known, _) = collected(&nothing, facts("default", Some("unconfined")));
        assert_eq!(
            (known.get(key::SECCOMP_EFFECT), known.get(key::SECCOMP_MODE)),
            (Some(FilterEffect::None), Some(SeccompMode::Unconfined))
        );
        let (known, _) = collected(&nothing, facts("default", Some("builtin")));
        assert_eq!(
            (known.get(key::SECCOMP_EFFECT), known.get(key::SECCOMP_MODE)),
            (Some(FilterEffect::None), Some(SeccompMode::Default))
        );
    }

    #[test]
    fn a_container_that_asks_for_a_profile_gets_that() {
        let asks = json!({"HostConfig": {"SecurityOpt": ["seccomp=/etc/own.json"]}});
        let (known, _) = collected(&asks, facts("custom", Some("/etc/gone.json")));
        assert_eq!(known.get(key::SECCOMP_FIRST_BLOCKED), Some("statx"));
    }

    #[test]
    fn a_manager_with_the_fallback_does_without_the_call() {
        for (version, fallback, blocked) in [
            (219, None, Some("name_to_handle_at")),
            (219, Some(false), Some("name_to_handle_at")),
            (219, Some(true), None),
            (232, Some(true), None),
            (229, Some(false), Some("name_to_handle_at")),
        ] {
            let mut facts = facts("default", None);
            facts.set(key::GUEST_SYSTEMD_VERSION, version, "test");
            if let Some(fallback) = fallback {
                facts.set(key::GUEST_MOUNT_ID_FALLBACK, fallback, "test");
            }
            let (known, _) = collected(&json!({"HostConfig": {}}), facts);
            assert_eq!(known.get(key::SECCOMP_FIRST_BLOCKED), blocked, "{version} {fallback:?}");
        }
    }
}
