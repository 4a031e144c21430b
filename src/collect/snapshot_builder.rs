//! A snapshot under construction: the inspect document, what stays the same during a boot, and what holds at
//! this moment.

use std::collections::BTreeMap;

use serde_json::Value;

use super::image_layers::Layers;
use super::manager_answers::Answers;
use super::{files, host, logs, pid1};
use crate::docker::{Endpoint, Engine, EngineError, EngineKind, fit_name, is_name};
use crate::facts::pipeline::{self, Documents, document};
use crate::facts::{Config, seccomp_filter};
use crate::scan::clean;
use crate::snapshot::{
    EngineId, Facts, Gap, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Source, Target,
    TargetKind, key,
};

/// Longest quote of an invalid name, in characters.
const QUOTED: usize = 80;

/// A container with its inspect documents.
pub(crate) struct InspectedContainer {
    /// Id, 64 hex digits.
    pub id: String,
    name: String,
    /// What the engine calls it, escaped, if that is not a valid name.
    misnamed: Option<String>,
    inspect: Value,
    native: Option<Value>,
    kind: EngineKind,
}

impl InspectedContainer {
    /// Inspects a container by name or id.
    pub async fn meet(engine: &Engine, name: &str) -> Result<Self, EngineError> {
        let inspect = engine.inspect_container(name).await?;
        let id = inspect.get("Id").and_then(Value::as_str).unwrap_or(name);
        let nameless = || EngineError::Garbage {
            action: format!("inspect {name:?}"),
            reason: "its Id is none".to_owned(),
        };
        let id = [id, name].into_iter().find(|id| is_name(id)).ok_or_else(nameless)?.to_owned();
        let native = engine.inspect_podman_container(&id).await;
        let told = inspect.get("Name").and_then(Value::as_str).unwrap_or_default();
        let fit = fit_name(told, &id).unwrap_or(&id).to_owned();
        let misnamed = (!told.is_empty() && !told.ends_with(&fit))
            .then(|| format!("{:?}", told.chars().take(QUOTED).collect::<String>()));
        Ok(Self { id, name: fit, misnamed, inspect, native, kind: engine.kind })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the engine's answer to inspecting it.
    pub fn document(&self) -> &Value {
        &self.inspect
    }

    /// Returns its configuration.
    pub fn config(&self) -> Config<'_> {
        Config::live(&self.inspect, self.native.as_ref(), self.kind)
    }

    /// Returns whether a later document shows another state or another run.
    pub fn has_changed(&self, after: &Value) -> bool {
        ["/State/Status", "/State/StartedAt"]
            .iter()
            .any(|pointer| self.inspect.pointer(pointer) != after.pointer(pointer))
    }

    /// Returns whether commands can be run inside.
    pub fn runs(&self) -> bool {
        let config = self.config();
        config.flag("/State/Running") && !config.flag("/State/Paused") && !config.flag("/State/Restarting")
    }
}

/// What does not change while a container boots: its image, its engine, its files.
#[derive(Clone, Default)]
pub(super) struct StaticPart {
    /// Name, version and API of the engine.
    identity: Option<EngineId>,
    documents: BTreeMap<String, Value>,
    files: Facts,
    gaps: Vec<Gap>,
}

impl StaticPart {
    /// Collects it, with the requests running concurrently; what fails becomes a gap.
    pub async fn collect(engine: &Engine, inspected: &InspectedContainer) -> Self {
        let mut static_part = Self::default();
        let argv = inspected.config().argv();
        let reader = Self::files(engine, inspected);
        let image_id = inspected.config().text("/Image").unwrap_or_default();
        let looking = files::collect(&reader, &argv, &mut static_part.files, &mut static_part.gaps);
        let (version, info, image, history, ()) = tokio::join!(
            engine.version(),
            engine.info(),
            engine.inspect_image(image_id),
            engine.image_history(image_id),
            looking
        );
        static_part.gaps.extend(
            version
                .as_ref()
                .err()
                .map(|error| Gap { fact: key::ENGINE_VERSION.name().to_owned(), reason: error.brief() }),
        );
        static_part.identity = Some(identity(engine, version.ok()));
        static_part.keep(document::IMAGE, image);
        static_part.keep("history", history);
        static_part.keep(document::ENGINE, info.cloned());
        static_part
    }

    /// Returns a reader of the container's files, from this machine's disk if they are there.
    pub fn files<'a>(engine: &'a Engine, inspected: &'a InspectedContainer) -> files::Files<'a> {
        let layers = if engine.endpoint().may_be_local() { Layers::of(&inspected.config()) } else { None };
        files::Files::new(engine, &inspected.id, layers)
    }

    fn keep(&mut self, name: &str, answer: Result<Value, EngineError>) {
        match answer {
            Ok(document) => {
                self.documents.insert(name.to_owned(), document);
            }
            Err(error) => self.gaps.push(Gap { fact: format!("{name}.*"), reason: error.brief() }),
        }
    }
}

/// Returns the documents of a live container.
fn asked<'d>(
    inspected: &'d InspectedContainer,
    documents: &'d BTreeMap<String, Value>,
    version: &'d str,
) -> Documents<'d> {
    Documents {
        container: Some(inspected.config()),
        image: documents.get(document::IMAGE),
        info: documents.get(document::ENGINE),
        engine: Some(inspected.kind),
        version: Some(version),
        text: None,
    }
}

/// Returns the name, version and API of the engine; the version is empty if the engine did not give it.
fn identity(engine: &Engine, version: Option<&Value>) -> EngineId {
    let version = version.and_then(|version| version.get("Version")?.as_str()).unwrap_or_default();
    EngineId { name: engine.kind.name().to_owned(), version: version.to_owned(), api: engine.api.to_string() }
}

/// The parts of a snapshot under construction.
pub(super) struct SnapshotBuilder {
    target: Target,
    /// Facts so far.
    pub facts: Facts,
    /// Gaps so far.
    pub gaps: Vec<Gap>,
    documents: BTreeMap<String, Value>,
    log: LogExcerpt,
}

impl SnapshotBuilder {
    /// Starts with the documents and with what does not change.
    pub fn new(engine: &Engine, inspected: &InspectedContainer, static_part: StaticPart) -> Self {
        let identity = static_part.identity.unwrap_or_else(|| identity(engine, None));
        let mut documents = static_part.documents;
        documents.insert(document::CONTAINER.to_owned(), inspected.inspect.clone());
        documents.extend(inspected.native.clone().map(|native| (document::PODMAN.to_owned(), native)));
        let mut facts = pipeline::of_documents(&asked(inspected, &documents, &identity.version));
        if let Endpoint::Unix(socket) = engine.endpoint() {
            pipeline::engine_user(&socket.to_string_lossy(), &mut facts);
        }
        facts.extend(static_part.files);
        let target = Target {
            kind: TargetKind::Container,
            name: inspected.name.clone(),
            id: Some(inspected.id.clone()),
            engine: Some(identity),
        };
        let mut gaps = static_part.gaps;
        let refused = |word: &String| Gap {
            fact: "container.name".to_owned(),
            reason: format!("the engine calls it {word}, which is not a container name; using its ID"),
        };
        gaps.extend(inspected.misnamed.as_ref().map(refused));
        Self { target, facts, gaps, documents, log: LogExcerpt::default() }
    }

    /// Adds the facts of this machine and of PID 1, if the engine is local.
    pub fn here(&mut self, engine: &Engine, inspected: &InspectedContainer) {
        let info = self.documents.get(document::ENGINE);
        if host::is_local(engine.endpoint(), &inspected.inspect, info, &inspected.id) {
            host::collect(&mut self.facts, &mut self.gaps);
            match (pid1::find(&inspected.inspect, &inspected.id), pid1::number(&inspected.inspect)) {
                (Some(process), _) => pid1::collect(&process, &mut self.facts, &mut self.gaps),
                (None, Some(pid)) => self.gaps.push(Gap {
                    fact: "pid1.*".to_owned(),
                    reason: format!("process {pid} ended while the container was examined"),
                }),
                (None, None) => {}
            }
        } else {
            self.facts.set(
                key::HOST_LOCAL,
                false,
                "the container's processes and files are not on this \
                machine",
            );
            self.gaps.push(Gap {
                fact: "pid1.*".to_owned(),
                reason: "the engine is not proved to run on this machine".to_owned(),
            });
        }
    }

    /// Adds what systemd inside answered.
    pub fn asked(&mut self, answers: Answers) {
        self.facts.extend(answers.facts);
        if let Some(channel) = answers.frozen_in {
            let source = "exec: cat /proc/1/comm /proc/1/wchan";
            self.facts.set_if_unknown(key::PID1_WCHAN, Some(channel.as_str()), source);
            self.facts.set_if_unknown(key::PID1_FROZEN, true, source);
        }
        self.gaps.extend(answers.gaps);
        self.add_lines(Source::Exec, answers.said.exec.into_iter());
        self.add_lines(Source::Journal, answers.said.journal.into_iter());
    }

    /// Adds the log, and the engine's own messages about the container.
    pub fn read(&mut self, log: LogExcerpt, readable: bool) {
        logs::log_facts(log.bytes_read, readable, &mut self.facts);
        let others = std::mem::replace(&mut self.log, log).lines;
        let error = self.facts.get(key::CONTAINER_ERROR).map(str::to_owned);
        self.add_lines(Source::Engine, error.iter().flat_map(|error| error.lines()).map(str::to_owned));
        self.log.lines.extend(others);
    }

    fn add_lines(&mut self, source: Source, lines: impl Iterator<Item = String>) {
        let kept = lines.zip(1..).map(|(text, line)| KeptLine {
            line,
            source,
            text: clean(text.as_bytes()).into_owned(),
        });
        self.log.lines.extend(kept.filter(|line| !line.text.is_empty()));
    }

    /// Keeps the text of a seccomp profile beside the documents, so that a cure can be worked out from it:
    /// Podman, and an engine with one profile for all containers, keep only the path.
    fn keep_profile(&mut self, config: &Config<'_>) {
        let path = seccomp_filter::path(config, &self.facts)
            .filter(|_| self.facts.get(key::HOST_LOCAL) == Some(true));
        let profile = path
            .and_then(|path| host::read_profile(&path).ok())
            .and_then(|text| serde_json::from_str(&text).ok());
        self.documents.extend(profile.map(|profile: Value| (document::SECCOMP.to_owned(), profile)));
    }

    /// Adds what follows from all this, and redacts the result.
    pub fn finish(mut self, inspected: &InspectedContainer) -> Snapshot {
        let version = self.target.engine.as_ref().map_or("", |engine| engine.version.as_str());
        let documents = asked(inspected, &self.documents, version);
        pipeline::conclude(&documents, &self.log, &host::read_profile, &mut self.facts, &mut self.gaps);
        self.keep_profile(&inspected.config());
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
