//! Puts together what was found in a text: one snapshot for each container, with the lines that belong to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::described_container::Described;
use super::engine_cli::EngineCli;
use super::engine_info::EngineInfo;
use super::group_descriptions::Found;
use super::line_owner::{self, ContainerPart};
use super::observe::Observed;
use super::reader::ReadText;
use crate::facts::pipeline::{self, Documents, OfText, document};
use crate::facts::program::{self, Program};
use crate::facts::refusal;
use crate::snapshot::{
    Fact, Facts, Gap, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Target, TargetKind, UNSEEN_TEXT, key,
};

/// Lines of a text that is nothing but a command and the error that it got.
const FEW_LINES: u64 = 2;
/// Units that failed, of one container; more are one disaster.
const MOST_UNITS: usize = 500;

/// Makes the snapshots of a page: one for each container, at least one.
pub fn snapshots(name: &str, page: &ReadText, found: &Found) -> Vec<Snapshot> {
    let count = found.containers.len();
    let one = |(index, part): (usize, ContainerPart<'_>)| {
        let container = found.containers.get(index);
        let label = container
            .filter(|_| count > 1)
            .map_or_else(|| name.to_owned(), |container| labelled(name, index, container));
        TextSnapshotBuilder::new(&label, page, found, container, part).finish()
    };
    line_owner::parts(page, found).into_iter().enumerate().map(one).collect()
}

/// Returns the snapshot of a text that could not be read.
pub fn unseen(name: &str, reason: &str) -> Snapshot {
    let page =
        ReadText { speaks: true, unseen: vec![format!("no verdict: {reason}")], ..ReadText::default() };
    TextSnapshotBuilder::new(name, &page, &Found::default(), None, ContainerPart::default()).finish()
}

fn labelled(name: &str, index: usize, container: &Described) -> String {
    match &container.name {
        Some(own) => format!("{name}: {own}"),
        None => format!("{name}: container {} (line {})", index + 1, container.line),
    }
}

/// A snapshot under construction.
struct TextSnapshotBuilder<'f> {
    name: String,
    found: &'f Found,
    container: Option<&'f Described>,
    facts: Facts,
    gaps: Vec<Gap>,
    documents: BTreeMap<String, Value>,
    log: LogExcerpt,
}

impl<'f> TextSnapshotBuilder<'f> {
    fn new(
        name: &str,
        page: &ReadText,
        found: &'f Found,
        container: Option<&'f Described>,
        part: ContainerPart<'_>,
    ) -> Self {
        let ContainerPart { lines, unrecognised, observed, is_spoken } = part;
        let mut builder = Self {
            name: name.to_owned(),
            found,
            container,
            facts: Facts::default(),
            gaps: gaps(page, found),
            documents: BTreeMap::new(),
            log: LogExcerpt {
                lines,
                lines_read: page.count,
                bytes_read: page.bytes,
                lines_cut: page.cut,
                unrecognised,
            },
        };
        builder.gaps.extend(unread_parts(page, found));
        let parts = builder.parts();
        let text = parts.documents();
        builder.facts = pipeline::of_documents(&text);
        builder.observed(&observed);
        let read = |path: &str| Err(format!("the profile is the file {path} on the engine's machine"));
        pipeline::conclude(&text, &builder.log, &read, &mut builder.facts, &mut builder.gaps);
        builder.subject(is_spoken);
        builder
    }

    /// Collects what the text says about its container and the engine, and keeps the documents.
    fn parts(&mut self) -> TextParts<'f> {
        let said: &EngineInfo = &self.found.engine;
        if let Some(container) = self.container {
            self.documents.insert(document::CONTAINER.to_owned(), container.documents.inspect.clone());
            let image = container.declared.clone();
            self.documents.extend(image.map(|image| (document::IMAGE.to_owned(), image)));
        }
        let info = (!said.info.is_empty()).then(|| Value::Object(said.info.clone()));
        self.documents.extend(info.clone().map(|info| (document::ENGINE.to_owned(), info)));
        let origin = said.line.map_or_else(|| "text".to_owned(), |line| format!("text line {line}"));
        TextParts { said, container: self.container, info, origin }
    }

    /// Adds what the build file and the lines around the container say about it.
    fn observed(&mut self, observed: &[(&Observed, bool)]) {
        self.facts.extend(self.container.map(|container| container.facts.clone()).unwrap_or_default());
        let whole = self.container.is_some_and(|container| container.documents.complete.contains(&""));
        let mut failed = Units::default();
        for (observed, own) in observed {
            for (key, fact) in observed.facts.iter() {
                // Among several rows of `docker ps`, the question is about the container that ended.
                let up = key == key::CONTAINER_STATUS.name()
                    && fact.value == "running"
                    && self.facts.named(key).is_some();
                // Mounts decide; the groups of a process count only if nothing better is known.
                let weaker = key == key::CGROUP_MODE.name()
                    && !fact.source.ends_with("mounts")
                    && self.facts.named(key).is_some();
                if !own && !line_owner::is_shared(key)
                    || whole && key.starts_with("container.")
                    || up
                    || weaker
                {
                    continue;
                }
                if key == key::MANAGER_FAILED_UNITS.name() {
                    failed.add(fact);
                } else {
                    self.facts.set_named(key, fact.value.clone(), &fact.source);
                }
            }
        }
        failed.tell(self);
    }

    /// Records whether systemd is the subject: the container's description asks for it, or the text mentions
    /// it.
    fn subject(&mut self, is_spoken: bool) {
        let spoken =
            is_spoken || self.documents.values().any(|document| line_owner::signs(&document.to_string()));
        let meant = self.facts.get(key::CONTAINER_MEANT_FOR_SYSTEMD);
        if spoken && meant != Some(true) {
            self.facts.set(key::CONTAINER_MEANT_FOR_SYSTEMD, true, "text: mentions systemd");
            return;
        }
        let unknown = self.facts.get(key::CONTAINER_ERROR).is_some()
            || self.gaps.iter().any(|gap| gap.fact == UNSEEN_TEXT);
        if spoken || meant.is_some() || unknown {
            return;
        }
        // An engine was asked for something and did not do it; what became of a container nobody says.
        let lines = || self.log.lines.iter().map(|line| line.text.as_str());
        let other = lines().find_map(refusal::of_line).map(|refusal| refusal.words);
        // An error that is all of a text may be an engine's; one that ends a longer text is that program's.
        let lone = || lines().find_map(refusal::of_lone_line).filter(|_| self.log.lines_read <= FEW_LINES);
        match other.or_else(lone) {
            Some(words) => {
                let reason =
                    format!("no verdict: the text only contains the engine's answer to a request: {words}");
                self.gaps.push(Gap { fact: UNSEEN_TEXT.to_owned(), reason });
            }
            None => self.facts.set(key::CONTAINER_MEANT_FOR_SYSTEMD, false, "text: does not mention systemd"),
        }
    }

    fn finish(self) -> Snapshot {
        let target = Target { kind: TargetKind::Text, name: self.name, id: None, engine: None };
        let snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            target,
            facts: self.facts,
            gaps: self.gaps,
            log: self.log,
            documents: self.documents,
            derived: None,
        };
        Redactor::default().redacted(snapshot)
    }
}

/// What a text says about one container and its engine.
struct TextParts<'f> {
    said: &'f EngineInfo,
    container: Option<&'f Described>,
    info: Option<Value>,
    /// Where the statements of the engine are.
    origin: String,
}

impl TextParts<'_> {
    /// Returns the parts as documents.
    fn documents(&self) -> Documents<'_> {
        let said = self.said;
        let cli = self.container.and_then(|container| container.engine).and_then(EngineCli::engine);
        let engine = cli.or(said.name).or(said.shown);
        let text = OfText {
            container_origin: self.container.map_or("text", |container| container.origin.as_str()),
            engine_origin: &self.origin,
            image: self.container.and_then(|container| container.image.as_deref()),
            base: self.container.and_then(|container| container.base.as_deref()),
            program: self.container.and_then(told_program),
        };
        Documents {
            container: self.container.map(Described::config),
            image: self.container.and_then(|container| container.declared.as_ref()),
            info: self.info.as_ref(),
            engine,
            // The version of an engine other than the container's says nothing.
            version: said.version.as_deref().filter(|_| said.name.is_some() && said.name == engine),
            text: Some(text),
        }
    }
}

/// Returns what the command of a container leads to; `None` if unknown, or if a script decides it whose text
/// is not available.
fn told_program(container: &Described) -> Option<Program> {
    let config = container.config();
    let program = program::of_argv(&config.argv(), None);
    let is_told = program.init.is_some() || program.script.is_none();
    (config.knows("/Config/Cmd") && is_told).then_some(program)
}

/// Returns the gap for an argument that says nothing useful.
fn unread(what: &str) -> Gap {
    let (fact, wanted) = match what {
        "--info" => ("engine.*", "output of `docker info`, `docker version` or `podman info`"),
        "--inspect" => ("container.*", "output of `docker inspect CONTAINER`"),
        _ => ("container.*", "command line of `run` or `create`"),
    };
    Gap { fact: fact.to_owned(), reason: format!("{what} contains no {wanted}") }
}

/// Returns why a text, or a part of it, was not read. A text without a word says nothing, unless something
/// was supplied beside it.
fn unread_parts(page: &ReadText, found: &Found) -> Vec<Gap> {
    let wordless = (found.containers.is_empty() && !page.speaks).then(|| match page.bytes {
        0 => "nothing to diagnose: the text is empty".to_owned(),
        _ => "nothing to diagnose: the text contains no words".to_owned(),
    });
    let reasons = page.unseen.iter().cloned().chain(wordless);
    reasons.map(|reason| Gap { fact: UNSEEN_TEXT.to_owned(), reason }).collect()
}

/// Returns the gaps for what could not be read of a page.
fn gaps(page: &ReadText, found: &Found) -> Vec<Gap> {
    let left_out = found
        .left_out
        .iter()
        .map(|what| Gap { fact: "container.*".to_owned(), reason: format!("not read: {what}") });
    found
        .empty
        .iter()
        .map(|what| unread(what))
        .chain(page.is_sifted.then(passed_over))
        .chain(left_out)
        .collect()
}

/// Failed units, as listed in rows.
#[derive(Default)]
struct Units<'f> {
    seen: BTreeSet<&'f str>,
    /// In order, without repetitions.
    list: Vec<Value>,
    source: &'f str,
}

impl<'f> Units<'f> {
    fn add(&mut self, fact: &'f Fact) {
        for unit in fact.value.as_array().into_iter().flatten() {
            if unit.as_str().is_some_and(|unit| self.seen.insert(unit)) && self.list.len() < MOST_UNITS {
                self.list.push(unit.clone());
            }
        }
        self.source = &fact.source;
    }

    fn tell(self, builder: &mut TextSnapshotBuilder<'_>) {
        let further = self.seen.len() - self.list.len();
        if further > 0 {
            let reason = format!("not read: {further} more failed units, after the first {MOST_UNITS}");
            builder.gaps.push(Gap { fact: key::MANAGER_FAILED_UNITS.name().to_owned(), reason });
        }
        if !self.list.is_empty() {
            builder.facts.set_named(key::MANAGER_FAILED_UNITS.name(), self.list.into(), self.source);
        }
    }
}

/// Returns the gap for a text so long that its middle was only searched for signatures.
fn passed_over() -> Gap {
    let reason = "unknown failures were only searched for at the beginning and the end of this long text";
    Gap { fact: "log.unrecognised".to_owned(), reason: reason.to_owned() }
}
