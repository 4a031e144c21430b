//! What was found in a text put together: one snapshot for each container, with the lines that belong to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::describe::{Described, Found};
use super::info;
use super::observe::Observed;
use super::page::Page;
use super::share::{self, Share};
use crate::facts::{
    Config, container, derive, distribution, engine, filter, image, mounts, program, refusal,
};
use crate::snapshot::{
    EngineId, Fact, Facts, Gap, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Target, TargetKind,
    UNSEEN_TEXT,
};

/// Units that failed, of one container; more are one disaster.
const MOST_UNITS: usize = 500;

/// Makes the snapshots of a page, one for each container, at least one.
pub fn snapshots(name: &str, page: &Page, found: &Found) -> Vec<Snapshot> {
    let count = found.containers.len();
    let one = |(index, share): (usize, Share<'_>)| {
        let container = found.containers.get(index);
        let label = container
            .filter(|_| count > 1)
            .map_or_else(|| name.to_owned(), |container| labelled(name, index, container));
        Draft::new(&label, page, found, container, share).finish()
    };
    share::shares(page, found).into_iter().enumerate().map(one).collect()
}

/// The snapshot of a text that could not be looked at.
pub fn unseen(name: &str, reason: &str) -> Snapshot {
    let page = Page { speaks: true, unseen: vec![format!("no verdict: {reason}")], ..Page::default() };
    Draft::new(name, &page, &Found::default(), None, Share::default()).finish()
}

fn labelled(name: &str, index: usize, container: &Described) -> String {
    match &container.name {
        Some(own) => format!("{name}: {own}"),
        None => format!("{name}: container {} (line {})", index + 1, container.line),
    }
}

/// A snapshot while it is put together.
struct Draft<'f> {
    name: String,
    found: &'f Found,
    container: Option<&'f Described>,
    facts: Facts,
    gaps: Vec<Gap>,
    documents: BTreeMap<String, Value>,
    log: LogExcerpt,
}

impl<'f> Draft<'f> {
    fn new(
        name: &str,
        page: &Page,
        found: &'f Found,
        container: Option<&'f Described>,
        share: Share<'_>,
    ) -> Self {
        let Share { lines, unrecognised, observed, is_spoken } = share;
        let mut draft = Self {
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
        draft.gaps.extend(unread_parts(page, found));
        draft.configured();
        draft.engine();
        draft.observed(&observed);
        derive(&draft.log, &mut draft.facts);
        draft.started();
        draft.guest();
        draft.worked_out();
        draft.subject(is_spoken);
        draft
    }

    /// Facts of the container's own description.
    fn configured(&mut self) {
        let Some(container) = self.container else { return };
        let config = container.config();
        let mut told = Facts::default();
        container::facts(&config, &mut told);
        let image = container.image.as_deref().unwrap_or_default();
        if !config.knows("/Config/Cmd") && !config.knows("/Config/Entrypoint") && image::is_program(image) {
            told.set("container.runs_systemd", false, "name of the image");
        }
        if config.knows("/Config/Cmd") {
            let program = program::of_argv(&config.argv(), None);
            let open = program.init.is_none() && program.script.is_some();
            // A script may lead to systemd; its text is not here.
            if !open {
                program.facts(&mut told);
            }
        }
        if let Some(image) = &container.image {
            told.set("container.image", image.as_str(), "container inspect: Config.Image");
        }
        self.attribute(&told, &container.origin);
        self.facts.extend(container.facts.clone());
        self.documents.insert("container".to_owned(), container.documents.inspect.clone());
        if let Some(image) = &container.declared {
            container::image_facts(image, &mut self.facts);
            self.documents.insert("image".to_owned(), image.clone());
        }
    }

    /// Takes facts over with the place in the text as their source.
    fn attribute(&mut self, told: &Facts, origin: &str) {
        for (key, fact) in told.iter().filter(|(key, _)| self.facts.get(key).is_none()).collect::<Vec<_>>() {
            let field = fact.source.rsplit_once(": ").map_or(fact.source.as_str(), |(_, field)| field);
            let field = field.split(" (").next().unwrap_or(field);
            self.facts.set(key, fact.value.clone(), &format!("{origin} ({field})"));
        }
    }

    /// Facts of the engine that the text speaks of.
    fn engine(&mut self) {
        let said: &info::Engine = &self.found.engine;
        let cli = self.container.and_then(|container| container.engine);
        let origin = said.line.map_or_else(|| "text".to_owned(), |line| format!("text line {line}"));
        let mut told = Facts::default();
        if let Some(name) = cli.filter(|cli| *cli != "nerdctl").or(said.name).or(said.shown) {
            match &said.version {
                Some(version) if said.name == Some(name) => {
                    let id = EngineId { name: name.to_owned(), version: version.clone(), api: String::new() };
                    engine::version_facts(&id, &mut told);
                }
                _ => told.set_foreign("engine.name", name, "name of the command"),
            }
        }
        if !said.info.is_empty() {
            let info = Value::Object(said.info.clone());
            engine::info_facts(&info, &mut told);
            self.documents.insert("engine".to_owned(), info);
        }
        self.attribute(&told, &origin);
    }

    /// What the lines around the container say of it.
    fn observed(&mut self, observed: &[(&Observed, bool)]) {
        let whole = self.container.is_some_and(|container| container.documents.complete.contains(&""));
        let mut failed = Units::default();
        for (observed, own) in observed {
            for (key, fact) in observed.facts.iter() {
                // Of several rows of `docker ps` the one that ended is the one that is asked about.
                let up =
                    key == "container.status" && fact.value == "running" && self.facts.get(key).is_some();
                // What is mounted decides; the groups of a process only where nothing better is known.
                let weaker =
                    key == "cgroup.mode" && !fact.source.ends_with("mounts") && self.facts.get(key).is_some();
                if !own && !share::is_shared(key) || whole && key.starts_with("container.") || up || weaker {
                    continue;
                }
                if key == "manager.failed_units" {
                    failed.add(fact);
                } else {
                    self.facts.set(key, fact.value.clone(), &fact.source);
                }
            }
        }
        failed.tell(self);
    }

    /// Whether init is in the image: a container that ended otherwise than by the engine's own codes has
    /// started it, and who names an init and has no error to show is taken to have one.
    fn started(&mut self) {
        if self.facts.bool("container.runs_systemd") != Some(true) {
            return;
        }
        match self.facts.int("container.exit_code") {
            Some(125..=127) => {}
            Some(_) => self.facts.set_if_unknown(
                "guest.init_present",
                true,
                "container.exit_code: the engine could start it",
            ),
            None => self.facts.set_if_unknown("guest.init_present", true, "assumed: the text mentions it"),
        }
    }

    /// What names tell of the guest, where systemd itself did not say it.
    fn guest(&mut self) {
        let name = self.facts.text("guest.os_name").map(str::to_owned);
        if let Some(version) = name.as_deref().and_then(distribution::of_name) {
            self.facts.set_if_unknown("guest.systemd_version", version, "guest.os_name");
        }
        let image =
            self.container.and_then(|container| container.base.as_deref().or(container.image.as_deref()));
        if let Some((id, version)) = image.and_then(distribution::of_image) {
            self.facts.set_if_unknown("guest.os_id", id, "name of the image");
            if let Some(version) = version {
                self.facts.set_if_unknown("guest.systemd_version", version, "name of the image");
            }
        }
        distribution::distribution_facts(&mut self.facts);
    }

    /// What follows from the configuration and the rest together.
    fn worked_out(&mut self) {
        let Some(container) = self.container else { return };
        let config: Config<'_> = container.config();
        let mut told = self.facts.clone();
        mounts::predicted(&config, &mut told);
        self.attribute(&told, &container.origin);
        let read = |path: &str| Err(format!("the profile is the file {path} on the engine's machine"));
        filter::collect(&config, &read, &mut self.facts, &mut self.gaps);
    }

    /// Whether systemd is the subject: asked for by the container's description, or spoken of in the text.
    fn subject(&mut self, is_spoken: bool) {
        let spoken = is_spoken || self.documents.values().any(|document| share::signs(&document.to_string()));
        let meant = self.facts.bool("container.meant_for_systemd");
        if spoken && meant != Some(true) {
            self.facts.set("container.meant_for_systemd", true, "text: mentions systemd");
            return;
        }
        let unknown = self.facts.text("container.error").is_some()
            || self.gaps.iter().any(|gap| gap.fact == UNSEEN_TEXT);
        if spoken || meant.is_some() || unknown {
            return;
        }
        // An engine was asked for something and did not do it; what became of a container nobody says.
        let other =
            self.log.lines.iter().find_map(|line| refusal::of_line(&line.text)).map(|refusal| refusal.words);
        match other {
            Some(words) => {
                let reason =
                    format!("no verdict: the text only contains the engine's answer to a request: {words}");
                self.gaps.push(Gap { fact: UNSEEN_TEXT.to_owned(), reason });
            }
            None => self.facts.set("container.meant_for_systemd", false, "text: does not mention systemd"),
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

/// An argument that was given and tells nothing.
fn unread(what: &str) -> Gap {
    let (fact, wanted) = match what {
        "--info" => ("engine.*", "output of `docker info`, `docker version` or `podman info`"),
        "--inspect" => ("container.*", "output of `docker inspect CONTAINER`"),
        _ => ("container.*", "command line of `run` or `create`"),
    };
    Gap { fact: fact.to_owned(), reason: format!("{what} contains no {wanted}") }
}

/// Why a text, or a part of it, was not seen; one without a word says nothing, unless something was given
/// beside it.
fn unread_parts(page: &Page, found: &Found) -> Vec<Gap> {
    let wordless = (found.containers.is_empty() && !page.speaks).then(|| match page.bytes {
        0 => "nothing to diagnose: the text is empty".to_owned(),
        _ => "nothing to diagnose: the text contains no words".to_owned(),
    });
    let reasons = page.unseen.iter().cloned().chain(wordless);
    reasons.map(|reason| Gap { fact: UNSEEN_TEXT.to_owned(), reason }).collect()
}

/// What could not be read of a page.
fn gaps(page: &Page, found: &Found) -> Vec<Gap> {
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

/// Units that failed, as rows of a list tell them.
#[derive(Default)]
struct Units<'f> {
    seen: BTreeSet<&'f str>,
    /// In their order, without repetitions.
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

    fn tell(self, draft: &mut Draft<'_>) {
        let further = self.seen.len() - self.list.len();
        if further > 0 {
            let reason = format!("not read: {further} more failed units, after the first {MOST_UNITS}");
            draft.gaps.push(Gap { fact: "manager.failed_units".to_owned(), reason });
        }
        if !self.list.is_empty() {
            draft.facts.set("manager.failed_units", self.list, self.source);
        }
    }
}

/// What is said of a text so long that its middle was only looked at by the rules.
fn passed_over() -> Gap {
    let reason = "unknown failures were only searched for at the beginning and the end of this long text";
    Gap { fact: "log.unrecognised".to_owned(), reason: reason.to_owned() }
}
