//! Collecting: a container of a live engine in, a redacted [`Snapshot`] out. Changes nothing.
//!
//! Every source has a file; each call has its own deadline; what fails becomes a gap. Must not judge.

mod capability;
mod config;
mod container;
mod derive;
mod engine;
mod files;
mod filter;
mod guest;
mod host;
mod logs;
mod manager;
mod mounts;
mod pid1;
mod program;
mod signal;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::docker::{Engine, EngineError, EngineKind, LogQuery};
use crate::scan::{Excerpter, Matcher, clean};
use crate::snapshot::{Facts, Gap, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Source, Target, TargetKind};
use config::Config;

pub use derive::derive;
pub use logs::source;

/// What may be done while collecting.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Run read-only commands inside a running container.
    pub exec: bool,
    /// Part of the log that is read.
    pub log: LogQuery,
    /// Longest wait for a container that is still starting.
    pub patience: Duration,
}

/// The parts of a snapshot while they are gathered.
struct Draft {
    target: Target,
    facts: Facts,
    gaps: Vec<Gap>,
    documents: BTreeMap<String, Value>,
    log: LogExcerpt,
}

/// Collects everything about one container.
///
/// # Errors
/// [`EngineError`] only when the container cannot be inspected at all; everything later becomes a gap.
pub async fn collect(engine: &Engine, name: &str, options: &CollectOptions, matcher: &Matcher<'_>) -> Result<Snapshot, EngineError> {
    let inspect = engine.get(&format!("/containers/{}/json", escaped(name))).await?;
    let id = inspect.get("Id").and_then(Value::as_str).unwrap_or(name).to_owned();
    let native_path = format!("/v4.0.0/libpod/containers/{id}/json");
    let image_path = format!("/images/{}/json", inspect.get("Image").and_then(Value::as_str).unwrap_or_default());
    let (native, image, info) = tokio::join!(native(engine, &native_path), engine.get(&image_path), engine.get("/info"));
    let mut draft = Draft::new(engine, &inspect, &id, name);
    draft.keep_document("container", Ok(inspect.clone()));
    draft.keep_document("image", image);
    draft.keep_document("engine", info);
    if let Some(native) = &native {
        draft.documents.insert("podman".to_owned(), native.clone());
    }
    let config = Config { inspect: &inspect, native: native.as_ref(), kind: engine.kind };
    draft.configured(&config);
    draft.here(engine, &inspect, &id);
    draft.inside(engine, &id, &config, options, matcher).await;
    if let Err(error) = engine.get(&format!("/containers/{id}/json")).await
        && error.is_unknown()
    {
        draft.facts.set("container.status", "removed", "container inspect");
        draft.gap("container", "it was removed while it was examined");
    }
    Ok(draft.finish(&config))
}

async fn native(engine: &Engine, path: &str) -> Option<Value> {
    match engine.kind {
        EngineKind::Podman => engine.get(path).await.ok(),
        EngineKind::Docker => None,
    }
}

/// Percent-encodes what a container's name or id may not hold.
fn escaped(name: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.bytes().map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Draft {
    fn new(engine: &Engine, inspect: &Value, id: &str, asked: &str) -> Self {
        let name = inspect.get("Name").and_then(Value::as_str).unwrap_or(asked).trim_start_matches('/').to_owned();
        let identity = engine::identity(engine);
        let mut facts = Facts::default();
        engine::version_facts(&identity, &mut facts);
        let target = Target { kind: TargetKind::Container, name, id: Some(id.to_owned()), engine: Some(identity) };
        Self { target, facts, gaps: Vec::new(), documents: BTreeMap::new(), log: LogExcerpt::default() }
    }

    fn gap(&mut self, fact: &str, reason: &str) {
        self.gaps.push(Gap { fact: fact.to_owned(), reason: reason.to_owned() });
    }

    fn keep_document(&mut self, name: &str, answer: Result<Value, EngineError>) {
        match answer {
            Ok(document) => {
                self.documents.insert(name.to_owned(), document);
            }
            Err(error) => self.gap(&format!("{name}.*"), &error.brief()),
        }
    }

    /// Facts of the engine's documents.
    fn configured(&mut self, config: &Config<'_>) {
        container::facts(config, &mut self.facts);
        if let Some(image) = self.documents.get("image") {
            container::image_facts(image, &mut self.facts);
        }
    }

    /// Facts of this machine and of PID 1, when the engine is local.
    fn here(&mut self, engine: &Engine, inspect: &Value, id: &str) {
        let info = self.documents.get("engine");
        if host::is_local(engine.endpoint(), inspect, info, id) {
            host::collect(&mut self.facts, &mut self.gaps);
            let pid = inspect.pointer("/State/Pid").and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok());
            if let Some(pid) = pid.filter(|pid| *pid > 0) {
                pid1::collect(pid, &mut self.facts, &mut self.gaps);
            }
        } else {
            self.facts.set("host.local", false, "no process or file of the container is on this machine");
            self.gap("pid1.*", "the engine is not proved to run on this machine");
        }
        // What PID 1 sees comes first; the engine's own word fills in.
        if let Some(info) = self.documents.get("engine") {
            engine::info_facts(info, &mut self.facts);
        }
    }

    /// Files, log and manager, side by side.
    async fn inside(&mut self, engine: &Engine, id: &str, config: &Config<'_>, options: &CollectOptions, matcher: &Matcher<'_>) {
        let argv = config.argv();
        let tty = config.flag("/Config/Tty");
        let running = config.flag("/State/Running") && !config.flag("/State/Paused") && !config.flag("/State/Restarting");
        let mut excerpter = Excerpter::new(matcher);
        let files = files::Files::new(engine, id);
        let (mut file_facts, mut file_gaps, mut log_gaps) = (Facts::default(), Vec::new(), Vec::new());
        let (mut manager_facts, mut manager_gaps) = (Facts::default(), Vec::new());
        let asking = async {
            match (running, options.exec) {
                (true, true) => manager::collect(engine, id, options.patience, &mut manager_facts, &mut manager_gaps).await,
                (true, false) => {
                    manager_gaps.push(Gap { fact: "manager.*".to_owned(), reason: "--no-exec was given".to_owned() });
                    manager::Said::default()
                }
                (false, _) => manager::Said::default(),
            }
        };
        let reading = logs::collect(engine, id, tty, &options.log, &mut excerpter, &mut log_gaps);
        let looking = files::collect(&files, &argv, &mut file_facts, &mut file_gaps);
        let (said, readable, ()) = tokio::join!(asking, reading, looking);
        self.facts.extend(file_facts);
        self.facts.extend(manager_facts);
        self.gaps.extend(file_gaps.into_iter().chain(log_gaps).chain(manager_gaps));
        self.log = excerpter.finish();
        logs::log_facts(self.log.bytes_read, readable, &mut self.facts);
        self.add_lines(Source::Engine, self.facts.text("container.error").map(str::to_owned).into_iter());
        self.add_lines(Source::Exec, said.exec.into_iter());
        self.add_lines(Source::Journal, said.journal.into_iter());
    }

    fn add_lines(&mut self, source: Source, lines: impl Iterator<Item = String>) {
        let kept = lines.zip(1..).map(|(text, line)| KeptLine { line, source, text: clean(text.as_bytes()) });
        self.log.lines.extend(kept.filter(|line| !line.text.is_empty()));
    }

    fn finish(mut self, config: &Config<'_>) -> Snapshot {
        mounts::predicted(config, &mut self.facts);
        filter::collect(config, &mut self.facts, &mut self.gaps);
        derive(&self.log, &mut self.facts);
        self.gaps.sort();
        self.gaps.dedup();
        let snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            target: self.target,
            facts: self.facts,
            gaps: self.gaps,
            log: self.log,
            documents: self.documents,
            derived: None,
        };
        Redactor::default().redacted(snapshot)
    }
}

/// Names of all containers, running or not.
///
/// # Errors
/// [`EngineError`] when the engine does not list them.
pub async fn container_names(engine: &Engine) -> Result<Vec<String>, EngineError> {
    let list = engine.get("/containers/json?all=1").await?;
    let name = |entry: &Value| Some(entry.pointer("/Names/0")?.as_str()?.trim_start_matches('/').to_owned());
    Ok(list.as_array().into_iter().flatten().filter_map(name).collect())
}
