//! What was found in a text put together: one snapshot for each container, with the lines that belong to it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::describe::{self, Described, Found};
use super::observe::Observed;
use super::page::{Page, Service};
use super::{Beside, info};
use crate::facts::{Config, container, derive, distribution, engine, filter, image, mounts, program, refusal};
use crate::pattern::Pattern;
use crate::snapshot::{
    Cluster, EngineId, Facts, Gap, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Target, TargetKind, UNSEEN_TEXT,
};

/// Words that only a text about systemd has, in lower case.
static SIGNS: Pattern = Pattern::new(
    r"\bsystemd|systemctl|journalctl|loginctl|hostnamectl|machinectl|/sbin/init\b|\bd-?bus\b|init\.scope|\[!!!!!!\]|pid 1\b|telinit",
);
/// Facts that hold for the machine, and so for every container of a text.
const SHARED: [&str; 3] = ["host.", "engine.", "cgroup.mode"];

/// Makes the snapshots of a page, one for each container, at least one.
pub fn snapshots(name: &str, page: &Page, beside: &Beside) -> Vec<Snapshot> {
    let found = describe::found(page, beside);
    if found.containers.is_empty() {
        return vec![Draft::new(name, page, &found, None, &|_, _| true).finish()];
    }
    let owners = Owners::new(&found.containers);
    let one = |index: usize| {
        let label = if found.containers.len() == 1 { name.to_owned() } else { labelled(name, index, &found.containers[index]) };
        Draft::new(&label, page, &found, Some(&found.containers[index]), &|line, service| owners.of(line, service) == index).finish()
    };
    (0..found.containers.len()).map(one).collect()
}

/// The snapshot of a text that could not be looked at.
pub fn unseen(name: &str, reason: &str) -> Snapshot {
    let page = Page { speaks: true, unseen: vec![format!("not judged: {reason}")], ..Page::default() };
    Draft::new(name, &page, &Found::default(), None, &|_, _| true).finish()
}

fn labelled(name: &str, index: usize, container: &Described) -> String {
    match &container.name {
        Some(own) => format!("{name}: {own}"),
        None => format!("{name}: container {} (line {})", index + 1, container.line),
    }
}

/// Which container a line belongs to.
struct Owners<'f> {
    containers: &'f [Described],
}

impl<'f> Owners<'f> {
    fn new(containers: &'f [Described]) -> Self {
        Self { containers }
    }

    /// The container that a prefix names, else the last one described before the line; of several in one document the one
    /// that is meant to run systemd.
    fn of(&self, line: u64, service: Option<&str>) -> usize {
        let named = |container: &Described| service.is_some_and(|service| container.is_called(service));
        if let Some(index) = self.containers.iter().position(named) {
            return index;
        }
        let last = self.containers.iter().map(|container| container.line).filter(|start| *start <= line).max();
        let start = last.unwrap_or_else(|| self.containers[0].line);
        let here = || self.containers.iter().enumerate().filter(|(_, container)| container.line == start);
        let meant = here().find(|(_, container)| container.reaches_systemd());
        meant.or_else(|| here().next()).map_or(0, |(index, _)| index)
    }
}

/// Tells whether a line, said by a service where that is known, belongs here.
type Belongs<'b> = &'b dyn Fn(u64, Option<&str>) -> bool;

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
    fn new(name: &str, page: &Page, found: &'f Found, container: Option<&'f Described>, belongs: Belongs<'_>) -> Self {
        let mut draft = Self {
            name: name.to_owned(),
            found,
            container,
            facts: Facts::default(),
            gaps: found.empty.iter().map(|what| unread(what)).chain(page.is_sifted.then(passed_over)).collect(),
            documents: BTreeMap::new(),
            log: excerpt(page, belongs),
        };
        draft.gaps.extend(unread_parts(page, found));
        // A line that told a fact was understood.
        draft.log.unrecognised.retain(|cluster| !found.observed.iter().any(|observed| observed.line == cluster.line));
        draft.configured();
        draft.engine();
        draft.observed(belongs);
        derive(&draft.log, &mut draft.facts);
        draft.started();
        draft.guest();
        draft.worked_out();
        draft.subject(page, belongs);
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
                _ => told.set("engine.name", name, "name of the command"),
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
    fn observed(&mut self, belongs: Belongs<'_>) {
        let whole = self.container.is_some_and(|container| container.documents.complete.contains(&""));
        let described = &self.found.containers;
        for Observed { line, about, facts } in &self.found.observed {
            let named = |container: &Described| about.as_deref().is_some_and(|about| container.is_called(about));
            // A row about another container than those that the text describes is about none of them.
            let foreign = about.is_some() && described.iter().any(|container| container.name.is_some()) && !described.iter().any(named);
            let own = !foreign && belongs(*line, about.as_deref());
            for (key, fact) in facts.iter() {
                let shared = SHARED.iter().any(|start| key.starts_with(start));
                // Of several rows of `docker ps` the one that ended is the one that is asked about.
                let up = key == "container.status" && fact.value == "running" && self.facts.get(key).is_some();
                // What is mounted decides; the groups of a process only where nothing better is known.
                let weaker = key == "cgroup.mode" && !fact.source.ends_with("mounts") && self.facts.get(key).is_some();
                if !own && !shared || whole && key.starts_with("container.") || up || weaker {
                    continue;
                }
                let value = match (key, self.facts.get(key)) {
                    ("manager.failed_units", Some(known)) => joined(&known.value, &fact.value),
                    _ => fact.value.clone(),
                };
                self.facts.set(key, value, &fact.source);
            }
        }
    }

    /// Whether init is in the image: a container that ended otherwise than by the engine's own codes has started it, and who
    /// names an init and has no error to show is taken to have one.
    fn started(&mut self) {
        if self.facts.bool("container.runs_systemd") != Some(true) {
            return;
        }
        match self.facts.int("container.exit_code") {
            Some(125..=127) => {}
            Some(_) => self.facts.set_if_unknown("guest.init_present", true, "container.exit_code: the engine could start it"),
            None => self.facts.set_if_unknown("guest.init_present", true, "assumed: the text names it and says nothing against it"),
        }
    }

    /// What names tell of the guest, where systemd itself did not say it.
    fn guest(&mut self) {
        let name = self.facts.text("guest.os_name").map(str::to_owned);
        if let Some(version) = name.as_deref().and_then(distribution::of_name) {
            self.facts.set_if_unknown("guest.systemd_version", version, "guest.os_name");
        }
        let image = self.container.and_then(|container| container.base.as_deref().or(container.image.as_deref()));
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
    fn subject(&mut self, page: &Page, belongs: Belongs<'_>) {
        let signs = |text: &str| SIGNS.is_match(&text.to_ascii_lowercase());
        let spoken = self.log.lines.iter().any(|line| signs(&line.text))
            || page.lines.iter().any(|line| belongs(line.number, line.container.as_deref()) && signs(&line.text))
            || self.documents.values().any(|document| signs(&document.to_string()));
        let meant = self.facts.bool("container.meant_for_systemd");
        if spoken && meant != Some(true) {
            self.facts.set("container.meant_for_systemd", true, "text: it speaks of systemd");
            return;
        }
        let unknown = self.facts.text("container.error").is_some() || self.gaps.iter().any(|gap| gap.fact == UNSEEN_TEXT);
        if spoken || meant.is_some() || unknown {
            return;
        }
        // An engine was asked for something and did not do it; what became of a container nobody says.
        let other = self.log.lines.iter().find_map(|line| refusal::of_line(&line.text)).map(|refusal| refusal.words);
        match other {
            Some(words) => {
                let reason = format!("not judged: all that is told of a container is what an engine said to a request: {words}");
                self.gaps.push(Gap { fact: UNSEEN_TEXT.to_owned(), reason });
            }
            None => self.facts.set("container.meant_for_systemd", false, "text: it does not speak of systemd"),
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
    Gap { fact: fact.to_owned(), reason: format!("{what} holds no {wanted}") }
}

/// Why a text, or a part of it, was not seen; one without a word says nothing, unless something was given beside it.
fn unread_parts(page: &Page, found: &Found) -> Vec<Gap> {
    let wordless = (found.containers.is_empty() && !page.speaks).then(|| match page.bytes {
        0 => "nothing to judge: the text is empty".to_owned(),
        _ => "nothing to judge: the text holds no word".to_owned(),
    });
    let reasons = page.unseen.iter().cloned().chain(wordless);
    reasons.map(|reason| Gap { fact: UNSEEN_TEXT.to_owned(), reason }).collect()
}

fn joined(known: &Value, more: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = list(known);
    for value in list(more) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    json!(all)
}

/// What is said of a text so long that its middle was only looked at by the rules.
fn passed_over() -> Gap {
    let reason = "failures that no rule knows were looked for at the beginning and the end of this long text, not in its middle";
    Gap { fact: "log.unrecognised".to_owned(), reason: reason.to_owned() }
}

fn excerpt(page: &Page, belongs: Belongs<'_>) -> LogExcerpt {
    let own = |(service, lines): (&Service, &Vec<KeptLine>)| {
        lines.iter().filter(|line| belongs(line.line, service.as_deref())).cloned().collect::<Vec<_>>()
    };
    let mut lines: Vec<KeptLine> = page.kept.iter().flat_map(own).collect();
    lines.sort_by_key(|line| line.line);
    let unrecognised: Vec<Cluster> = page.unrecognised.iter().filter(|cluster| belongs(cluster.line, None)).cloned().collect();
    LogExcerpt { lines, lines_read: page.count, bytes_read: page.bytes, lines_cut: page.cut, unrecognised }
}
