//! The one way from documents to facts, for live containers, pasted text and saved snapshots alike. Pure.
//!
//! Facts come in three steps, and only this file knows their order:
//!
//! 1. [`of_documents`]: what the documents say. No two documents say the same fact.
//! 2. What was observed (files of the image, PID 1, the manager, lines of a text) replaces that: who looked
//!    knows better than who was asked. The collectors do this, because only they have looked.
//! 3. [`conclude`]: what follows from all of it. It never replaces what steps 1 and 2 found, apart from what
//!    the log itself says.
//!
//! [`complete`] repeats these steps for a saved snapshot: a fact that a later version of the program reads
//! from the same documents needs no new recording.
//!
//! Why the order matters: a configuration says what was requested, an observation what is the case. A
//! container with `--tmpfs /run` whose PID 1 shows no mount there has none, so the observation must win; and
//! a conclusion drawn before it would be wrong. Why it is in one place: the live collector and the reader of
//! texts observe different things, but the same documents must give the same facts to both.

use serde_json::Value;

use super::program::Program;
use super::seccomp_filter::ProfileReader;
use super::{
    Config, assume, container_facts, derive, distribution, engine_facts, image_name, mounts, seccomp_filter,
};
use crate::snapshot::{EngineKind, Facts, Gap, LogExcerpt, Snapshot, Target, TargetKind, key};

/// Names of the documents in a snapshot.
pub mod document {
    /// The container's inspect document, as the Engine API gives it.
    pub const CONTAINER: &str = "container";
    /// The container's inspect document, as Podman itself gives it.
    pub const PODMAN: &str = "podman";
    /// The image's inspect document.
    pub const IMAGE: &str = "image";
    /// The engine's info document.
    pub const ENGINE: &str = "engine";
    /// The seccomp profile in force for the container, if it is in a file.
    pub const SECCOMP: &str = "seccomp";
}

/// The documents of one container, as far as there are any.
#[derive(Debug, Clone, Default)]
pub struct Documents<'d> {
    /// The container's configuration.
    pub container: Option<Config<'d>>,
    /// The image's inspect document.
    pub image: Option<&'d Value>,
    /// The engine's info document.
    pub info: Option<&'d Value>,
    /// Name of the engine.
    pub engine: Option<EngineKind>,
    /// The engine's own version; empty if a live engine did not report it.
    pub version: Option<&'d str>,
    /// What a text says about its documents; `None` for the documents of a live engine.
    pub text: Option<OfText<'d>>,
}

/// What is known about documents found in a text.
#[derive(Debug, Clone, Default)]
pub struct OfText<'d> {
    /// Where the container's description is, in words.
    pub container_origin: &'d str,
    /// Where the engine's documents are, in words.
    pub engine_origin: &'d str,
    /// Reference of the container's image.
    pub image: Option<&'d str>,
    /// Reference of its base image.
    pub base: Option<&'d str>,
    /// What its command leads to, if the text alone shows it.
    pub program: Option<Program>,
}

/// Reads the facts of all documents.
#[must_use]
pub fn of_documents(documents: &Documents<'_>) -> Facts {
    let mut facts = Facts::default();
    if let Some(config) = &documents.container {
        let mut told = Facts::default();
        container_facts::facts(config, &mut told);
        if let Some(text) = &documents.text {
            named_in_text(config, text, &mut told);
        }
        add(&told, documents.text.as_ref().map(|text| text.container_origin), &mut facts);
    }
    if let Some(image) = documents.image {
        container_facts::image_facts(image, &mut facts);
    }
    let mut told = Facts::default();
    engine_facts_of(documents, &mut told);
    add(&told, documents.text.as_ref().map(|text| text.engine_origin), &mut facts);
    facts
}

/// Records what names in a text say about its container, beyond the configuration.
fn named_in_text(config: &Config<'_>, text: &OfText<'_>, told: &mut Facts) {
    let has_command = config.knows("/Config/Cmd") || config.knows("/Config/Entrypoint");
    if !has_command && text.image.is_some_and(image_name::is_program) {
        told.set(key::CONTAINER_RUNS_SYSTEMD, false, "name of the image");
    }
    if let Some(program) = &text.program {
        program.facts(told);
    }
    if let Some(image) = text.image {
        told.set(key::CONTAINER_IMAGE, image, "container inspect: Config.Image");
    }
}

/// Records the user of a rootless engine, if the path of its socket shows it.
pub fn engine_user(socket: &str, facts: &mut Facts) {
    if facts.get(key::ENGINE_ROOTLESS) == Some(true) {
        engine_facts::user_fact(socket, "path of the engine's socket", facts);
    }
}

fn engine_facts_of(documents: &Documents<'_>, told: &mut Facts) {
    match (documents.engine, documents.version) {
        (Some(name), Some(version)) => engine_facts::version_facts(name, version, told),
        (Some(name), None) => told.set(key::ENGINE_NAME, name, "name of the command"),
        (None, _) => {}
    }
    if let Some(info) = documents.info {
        engine_facts::info_facts(info, told);
    }
    let socket = documents.container.as_ref().and_then(|config| config.text("/NetworkSettings/SandboxKey"));
    if let Some(path) = socket.filter(|_| told.get(key::ENGINE_ROOTLESS) == Some(true)) {
        engine_facts::user_fact(path, "container inspect: NetworkSettings.SandboxKey", told);
    }
}

/// Adds the facts that are not known yet; their source is the place in the text, if there is one.
fn add(told: &Facts, origin: Option<&str>, facts: &mut Facts) {
    for (key, fact) in told.iter() {
        let source = origin.map(|origin| {
            let field = fact.source.rsplit_once(": ").map_or(fact.source.as_str(), |(_, field)| field);
            format!("{origin} ({})", field.split(" (").next().unwrap_or(field))
        });
        facts.set_named_if_unknown(key, fact.value.clone(), source.as_ref().unwrap_or(&fact.source));
    }
}

/// Adds what follows from documents, observations and the log together; a seccomp profile that cannot be read
/// becomes a gap.
pub fn conclude(
    documents: &Documents<'_>,
    log: &LogExcerpt,
    read: ProfileReader<'_>,
    facts: &mut Facts,
    gaps: &mut Vec<Gap>,
) {
    derive(log, facts);
    if let Some(text) = &documents.text {
        assume::init_is_present(facts);
        assume::guest_by_names(text.base.or(text.image), facts);
    } else if facts.get(key::CONTAINER_EXIT_CODE).is_some() {
        // A rootless Docker lets nobody read the files of a container with a read-only bind of the tree.
        assume::init_is_present(facts);
    }
    distribution::distribution_facts(facts);
    let Some(config) = &documents.container else { return };
    let mut told = facts.clone();
    mounts::predicted(config, &mut told);
    add(&told, documents.text.as_ref().map(|text| text.container_origin), facts);
    seccomp_filter::collect(config, read, facts, gaps);
}

/// Facts that older recordings lack, and that were read from documents before saved snapshots were completed.
/// They stay unknown there, so that the diagnosis of such a snapshot does not change. No new fact belongs
/// here.
pub const NEVER_COMPLETED: [&str; 13] = [
    key::BOOT_FAILED.name(),
    key::BOOT_UP.name(),
    key::CONTAINER_REFUSAL.name(),
    key::CONTAINER_USERNS.name(),
    key::CONTAINER_USERNS_MODE.name(),
    key::ENGINE_SECCOMP_PROFILE.name(),
    key::LOG_BANNER_SEEN.name(),
    key::LOG_CAME_UP.name(),
    key::LOG_GAVE_UP.name(),
    key::LOG_UNITS_SEEN.name(),
    key::LOG_VIRTUALIZATION.name(),
    key::SECCOMP_FIRST_ANSWER.name(),
    key::SECCOMP_MOUNT.name(),
];

/// Reads the facts of a saved snapshot's documents again and adds those that are missing. Recorded facts
/// stay: they were observed, and the documents have been redacted since.
///
/// Only the documents of a live engine are read again; those of a text are incomplete, and which parts were
/// is not recorded.
#[must_use]
pub fn complete(mut snapshot: Snapshot) -> Snapshot {
    let Some(mut facts) = documents_of(&snapshot).map(|documents| of_documents(&documents)) else {
        return snapshot;
    };
    facts.extend(snapshot.facts.clone());
    if let Some(documents) = documents_of(&snapshot) {
        let profile = snapshot.documents.get(document::SECCOMP).map(Value::to_string);
        let read = |path: &str| profile.clone().ok_or_else(|| format!("{path} is not in the snapshot"));
        conclude(&documents, &snapshot.log, &read, &mut facts, &mut Vec::new());
    }
    for (key, fact) in facts.iter().filter(|(key, _)| !NEVER_COMPLETED.contains(key)) {
        snapshot.facts.set_named_if_unknown(key, fact.value.clone(), &fact.source);
    }
    snapshot
}

/// Returns the documents in the snapshot of a live container; `None` for that of a text, or if there are no
/// documents.
#[must_use]
pub fn documents_of(snapshot: &Snapshot) -> Option<Documents<'_>> {
    let document = |name: &str| snapshot.documents.get(name);
    let Target { kind, engine: Some(engine), .. } = &snapshot.target else { return None };
    let kind: EngineKind = engine.name.parse().ok().filter(|_| *kind != TargetKind::Text)?;
    let container = document(document::CONTAINER)?;
    Some(Documents {
        container: Some(Config::live(container, document(document::PODMAN), kind)),
        image: document(document::IMAGE),
        info: document(document::ENGINE),
        engine: Some(kind),
        version: Some(&engine.version),
        text: None,
    })
}
