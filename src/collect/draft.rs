//! A snapshot while it is gathered: what was inspected, what lasts, what this moment shows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::layers::Layers;
use super::{files, host, logs, manager, pid1};
use crate::docker::{Engine, EngineError, EngineKind, fit_name, is_name};
use crate::facts::{Config, container, derive, engine, filter, mounts};
use crate::scan::clean;
use crate::snapshot::{
    EngineId, Facts, Gap, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Source, Target,
    TargetKind,
};

/// Most that is quoted of a name that is none, in characters.
const QUOTED: usize = 80;

/// A container as it was inspected.
pub(super) struct Patient {
    /// Id, 64 hex digits.
    pub id: String,
    name: String,
    /// The engine's word for it, escaped, where that is no name.
    misnamed: Option<String>,
    inspect: Value,
    native: Option<Value>,
    kind: EngineKind,
}

impl Patient {
    /// Inspects a container by name or id.
    pub async fn meet(engine: &Engine, name: &str) -> Result<Self, EngineError> {
        let inspect = engine.get(&format!("/containers/{}/json", escaped(name))).await?;
        let id = inspect.get("Id").and_then(Value::as_str).unwrap_or(name);
        let nameless = || EngineError::Garbage {
            action: format!("inspect {name:?}"),
            reason: "its Id is none".to_owned(),
        };
        let id = [id, name].into_iter().find(|id| is_name(id)).ok_or_else(nameless)?.to_owned();
        let native = match engine.kind {
            EngineKind::Podman => engine.get(&format!("/v4.0.0/libpod/containers/{id}/json")).await.ok(),
            EngineKind::Docker => None,
        };
        let told = inspect.get("Name").and_then(Value::as_str).unwrap_or_default();
        let fit = fit_name(told, &id).unwrap_or(&id).to_owned();
        let misnamed = (!told.is_empty() && !told.ends_with(&fit))
            .then(|| format!("{:?}", told.chars().take(QUOTED).collect::<String>()));
        Ok(Self { id, name: fit, misnamed, inspect, native, kind: engine.kind })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The engine's answer to inspecting it.
    pub fn document(&self) -> &Value {
        &self.inspect
    }

    /// Its configuration.
    pub fn config(&self) -> Config<'_> {
        Config::live(&self.inspect, self.native.as_ref(), self.kind)
    }

    /// Whether a later document shows another state or another run.
    pub fn has_changed(&self, after: &Value) -> bool {
        ["/State/Status", "/State/StartedAt"]
            .iter()
            .any(|pointer| self.inspect.pointer(pointer) != after.pointer(pointer))
    }

    /// Whether commands can be run inside.
    pub fn runs(&self) -> bool {
        let config = self.config();
        config.flag("/State/Running") && !config.flag("/State/Paused") && !config.flag("/State/Restarting")
    }
}

/// Percent-encodes what a container's name or id may not hold.
fn escaped(name: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What does not change while a container boots: its image, its engine, its files.
#[derive(Clone, Default)]
pub(super) struct Lasting {
    /// Name, version and API of the engine.
    identity: Option<EngineId>,
    documents: BTreeMap<String, Value>,
    files: Facts,
    gaps: Vec<Gap>,
}

impl Lasting {
    /// Collects it, side by side; what fails becomes a gap.
    pub async fn collect(engine: &Engine, patient: &Patient) -> Self {
        let mut lasting = Self::default();
        let argv = patient.config().argv();
        let reader = Self::files(engine, patient);
        let image_path = format!("/images/{}/json", patient.config().text("/Image").unwrap_or_default());
        let looking = files::collect(&reader, &argv, &mut lasting.files, &mut lasting.gaps);
        let history_path = format!("/images/{}/history", patient.config().text("/Image").unwrap_or_default());
        let (version, info, image, history, ()) = tokio::join!(
            engine.version(),
            engine.info(),
            engine.get(&image_path),
            engine.get(&history_path),
            looking
        );
        lasting.gaps.extend(
            version
                .as_ref()
                .err()
                .map(|error| Gap { fact: "engine.version".to_owned(), reason: error.brief() }),
        );
        lasting.identity = Some(identity(engine, version.ok()));
        lasting.keep("image", image);
        lasting.keep("history", history);
        lasting.keep("engine", info.cloned());
        lasting
    }

    /// Reads the container's files, from this machine's disk where they are there.
    pub fn files<'a>(engine: &'a Engine, patient: &'a Patient) -> files::Files<'a> {
        let layers = if engine.endpoint().may_be_local() { Layers::of(&patient.config()) } else { None };
        files::Files::new(engine, &patient.id, layers)
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

/// Name, version and API of the engine, the version only when it told it.
fn identity(engine: &Engine, version: Option<&Value>) -> EngineId {
    let version = version.and_then(|version| version.get("Version")?.as_str()).unwrap_or_default();
    EngineId { name: engine.kind.name().to_owned(), version: version.to_owned(), api: engine.api.to_string() }
}

/// The parts of a snapshot while they are gathered.
pub(super) struct Draft {
    target: Target,
    /// Facts so far.
    pub facts: Facts,
    /// Gaps so far.
    pub gaps: Vec<Gap>,
    documents: BTreeMap<String, Value>,
    log: LogExcerpt,
}

impl Draft {
    /// Starts with the configuration and with what lasts.
    pub fn new(engine: &Engine, patient: &Patient, lasting: Lasting) -> Self {
        let identity = lasting.identity.unwrap_or_else(|| identity(engine, None));
        let mut facts = Facts::default();
        engine::version_facts(&identity, &mut facts);
        container::facts(&patient.config(), &mut facts);
        let mut documents = lasting.documents;
        if let Some(image) = documents.get("image") {
            container::image_facts(image, &mut facts);
        }
        facts.extend(lasting.files);
        documents.insert("container".to_owned(), patient.inspect.clone());
        if let Some(native) = &patient.native {
            documents.insert("podman".to_owned(), native.clone());
        }
        let target = Target {
            kind: TargetKind::Container,
            name: patient.name.clone(),
            id: Some(patient.id.clone()),
            engine: Some(identity),
        };
        let mut gaps = lasting.gaps;
        let refused = |word: &String| Gap {
            fact: "container.name".to_owned(),
            reason: format!("the engine calls it {word}, which is not a container name; using its ID"),
        };
        gaps.extend(patient.misnamed.as_ref().map(refused));
        Self { target, facts, gaps, documents, log: LogExcerpt::default() }
    }

    /// Facts of this machine and of PID 1, when the engine is local.
    pub fn here(&mut self, engine: &Engine, patient: &Patient) {
        let info = self.documents.get("engine");
        if host::is_local(engine.endpoint(), &patient.inspect, info, &patient.id) {
            host::collect(&mut self.facts, &mut self.gaps);
            let pid = patient
                .config()
                .field("/State/Pid")
                .and_then(Value::as_i64)
                .and_then(|pid| i32::try_from(pid).ok());
            if let Some(pid) = pid.filter(|pid| *pid > 0) {
                pid1::collect(pid, &mut self.facts, &mut self.gaps);
            }
        } else {
            self.facts.set(
                "host.local",
                false,
                "the container's processes and files are not on this \
                machine",
            );
            self.gaps.push(Gap {
                fact: "pid1.*".to_owned(),
                reason: "the engine is not proved to run on this machine".to_owned(),
            });
        }
        // What PID 1 sees comes first; the engine's own word fills in.
        if let Some(info) = self.documents.get("engine") {
            engine::info_facts(info, &mut self.facts);
        }
    }

    /// What systemd inside said.
    pub fn asked(&mut self, answers: manager::Answers) {
        self.facts.extend(answers.facts);
        self.gaps.extend(answers.gaps);
        self.add_lines(Source::Exec, answers.said.exec.into_iter());
        self.add_lines(Source::Journal, answers.said.journal.into_iter());
    }

    /// The log, and the engine's own words about the container.
    pub fn read(&mut self, log: LogExcerpt, readable: bool) {
        logs::log_facts(log.bytes_read, readable, &mut self.facts);
        let others = std::mem::replace(&mut self.log, log).lines;
        let error = self.facts.text("container.error").map(str::to_owned);
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

    /// Podman keeps only the path of a seccomp profile, and so does an engine that has one for all
    /// containers: its text is kept beside, so that a cure can be worked out from it.
    fn keep_profile(&mut self, config: &Config<'_>) {
        let path = filter::path(config, &self.facts).filter(|_| self.facts.bool("host.local") == Some(true));
        let profile = path
            .and_then(|path| host::read_profile(&path).ok())
            .and_then(|text| serde_json::from_str(&text).ok());
        self.documents.extend(profile.map(|profile: Value| ("seccomp".to_owned(), profile)));
    }

    /// Adds what follows from all this, and takes the secrets out.
    pub fn finish(mut self, patient: &Patient) -> Snapshot {
        let config = patient.config();
        mounts::predicted(&config, &mut self.facts);
        filter::collect(&config, &host::read_profile, &mut self.facts, &mut self.gaps);
        self.keep_profile(&config);
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
