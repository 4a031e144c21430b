//! Finds all descriptions of containers, images and engines in a text, and groups them: which are the same,
//! which belong together.
//!
//! How a paste is divided: nobody marks the parts of a paste, so each kind of description is searched for in
//! all lines on its own. JSON comes first, command lines next, YAML last, because its parser is the slowest
//! and may use whatever budget is left (`budget`). Prompts, time stamps and prefixes were removed before
//! (`line_prefix`), since a document is only found if its lines stand as they were printed. Each find keeps
//! the numbers of its lines: a container owns the lines from its description to the next one, unless a prefix
//! names another container (`line_owner`). Descriptions that say the same are one container, whatever their
//! form, and those that the engine itself gave replace the command line that led to them. Incomplete ones are
//! used only if there is no complete one, and then together: people quote single options of one command,
//! rarely of several.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::budget::{Budget, Work, size};
use super::described_container::Described;
use super::dockerfile::{self, Dockerfile};
use super::engine_cli::EngineCli;
use super::engine_info::{self, EngineInfo};
use super::json_documents::{self, DocumentKind, JsonDocument};
use super::observe::{self, Observed};
use super::reader::{Line, ReadText};
use super::spec::{InspectDocuments, Spec};
use super::{Supplied, image_config, listing, run_command, services, shell, surroundings, yaml};
use crate::scan::threads;
use crate::snapshot::{EngineKind, Facts};

/// Most containers of one text; a longer list is a catalogue, not a report.
const MOST: usize = 64;

/// Lines from which it pays to search for two things in parallel.
const LONG: usize = 2000;

/// Everything that a text describes.
#[derive(Debug, Default)]
pub struct Found {
    /// Containers, by line.
    pub containers: Vec<Described>,
    /// The engine.
    pub engine: EngineInfo,
    /// What single lines and listings show.
    pub observed: Vec<Observed>,
    /// Arguments without the content that they should have.
    pub empty: Vec<&'static str>,
    /// What was not parsed, in words.
    pub left_out: Vec<String>,
    /// The work that parsing took.
    pub work: Work,
}

/// Searches a page, and what was supplied beside it, for every description.
pub fn found(page: &ReadText, supplied: &Supplied) -> Found {
    let mut budget = Budget::of(page.lines.iter().map(|line| line.text.len() as u64).sum());
    let mut of_page = || of_lines(&page.lines, &mut budget);
    let observed = || {
        let (lines, readers) =
            (&page.lines, [observe::observations, listing::observations, surroundings::observations]);
        readers.map(|reader| reader(lines)).concat()
    };
    let mut found = if page.lines.len() < LONG {
        Found { observed: observed(), ..of_page() }
    } else {
        let (found, observed) = threads::join(of_page, observed);
        Found { observed, ..found }
    };
    let mut given = Found::default();
    for (text, what) in
        [(&supplied.inspect, "--inspect"), (&supplied.run, "--run"), (&supplied.info, "--info")]
    {
        let Some(text) = text else { continue };
        let mut own = Budget::of(text.len() as u64);
        let more = of_lines(&Line::all(text), &mut own);
        budget.add(&own);
        let engine = !more.engine.info.is_empty() || more.engine.version.is_some();
        if if what == "--info" { !engine } else { more.containers.is_empty() } {
            given.empty.push(what);
        }
        given.containers.extend(more.containers.into_iter().map(|container| Described {
            line: 0,
            origin: what.to_owned(),
            ..container
        }));
        given.engine.merge(more.engine);
    }
    // What was supplied on the command line is the container that the text is about.
    if !given.containers.is_empty() {
        given.containers.truncate(1);
        found.containers = given.containers;
    }
    given.engine.merge(found.engine);
    found.engine = given.engine;
    found.empty = given.empty;
    (found.left_out, found.work) = (budget.left_out().to_vec(), budget.work());
    found
}

fn of_lines(lines: &[Line], budget: &mut Budget) -> Found {
    budget.begin_part();
    let documents = json_documents::documents(lines, budget);
    budget.begin_part();
    let commands = shell::commands(lines, budget);
    // The most expensive parser comes last.
    budget.begin_rest();
    let blocks = yaml::blocks(lines, budget);
    let mut engine = engine_info::of_lines(lines);
    blocks.iter().filter_map(engine_info::of_yaml).for_each(|said| engine.merge(said));
    for document in &documents {
        match document.kind {
            DocumentKind::Info => engine.merge(engine_info::of_info(&document.value)),
            DocumentKind::PodmanInfo => engine.merge(engine_info::of_podman(&document.value)),
            DocumentKind::Version => engine.merge(engine_info::of_version(&document.value)),
            _ => {}
        }
    }
    engine.shown = engine_info::of_commands(lines);
    let mut specs: Vec<Spec> = commands.iter().filter_map(run_command::spec).collect();
    specs.extend(blocks.iter().flat_map(services::specs));
    specs.extend(lines.iter().filter_map(|line| services::of_json_list(line.number, line.command())));
    let files = dockerfile::files(lines);
    let declared = documents
        .iter()
        .find(|document| document.kind == DocumentKind::Image)
        .map(|document| document.value.clone());
    let mut containers = described(&sorted_out(specs), &files, declared.as_ref(), budget);
    inspected(&documents, declared.as_ref(), &mut containers, budget);
    if containers.is_empty() {
        containers.extend(files.last().map(of_file));
    }
    if containers.is_empty() {
        containers = compose_services(lines);
    }
    containers.sort_by_key(|container| container.line);
    if let Some(further) = containers.get(MOST) {
        budget
            .leave_out(format!("containers described from line {} on, after the first {MOST}", further.line));
        containers.truncate(MOST);
    }
    Found { containers, engine, ..Found::default() }
}

/// Drops repetitions, and keeps incomplete descriptions only if there is no complete one; then they are
/// merged.
fn sorted_out(mut specs: Vec<Spec>) -> Vec<Spec> {
    specs.sort_by_key(|spec| spec.line);
    let mut said = BTreeSet::new();
    let is_new: Vec<bool> = specs.iter().map(|spec| spec.fragment || said.insert(spec.says())).collect();
    drop(said);
    let mut whole: Vec<Spec> = Vec::new();
    let mut parts: Option<Spec> = None;
    for (spec, _) in specs.into_iter().zip(is_new).filter(|(_, is_new)| *is_new) {
        if !spec.fragment {
            whole.push(spec);
        } else if let Some(known) = &mut parts {
            known.options.extend(spec.options);
        } else {
            parts = Some(spec);
        }
    }
    if whole.is_empty() { parts.into_iter().collect() } else { whole }
}

fn described(
    specs: &[Spec],
    files: &[Dockerfile],
    declared: Option<&Value>,
    budget: &mut Budget,
) -> Vec<Described> {
    let of = |spec: &Spec| {
        let service = spec.origin.contains("service");
        let file = files.last().filter(|_| !service || spec.image.is_none());
        let mut documents = spec.documents();
        if let Some(image) = declared.and_then(|image| image.get("Config")).and_then(Value::as_object) {
            image_config::inherit(&mut documents, image, true);
        } else if let Some(file) = file {
            image_config::inherit(&mut documents, &file.config, false);
        }
        Described {
            line: spec.line,
            name: spec.name.clone(),
            origin: format!("text line {}: {}", spec.line, spec.origin),
            engine: spec.engine,
            image: spec.image.clone(),
            base: file.and_then(|file| file.base.clone()),
            documents,
            declared: declared.cloned(),
            facts: file.map(|file| file.facts.clone()).unwrap_or_default(),
        }
    };
    let shared =
        declared.map_or(0, size) + files.last().map_or(0, |file| file.config.values().map(size).sum());
    budget.affordable(MOST, specs.iter().map(|spec| (spec.line, shared, spec))).into_iter().map(of).collect()
}

/// Adds the containers that the engine itself described; a command line for the same container adds nothing.
fn inspected(
    documents: &[JsonDocument],
    declared: Option<&Value>,
    containers: &mut Vec<Described>,
    budget: &mut Budget,
) {
    let told = documents
        .iter()
        .filter(|document| matches!(document.kind, DocumentKind::Container | DocumentKind::PodmanContainer));
    let sized = told.map(|document| (document.line, declared.map_or(0, size), document));
    let of_engine: Vec<Described> = budget
        .affordable(MOST, sized)
        .into_iter()
        .filter_map(|document| of_inspect(document, declared))
        .collect();
    if of_engine.len() == 1 && containers.len() == 1 {
        containers.clear();
    }
    let known: BTreeSet<&str> = of_engine.iter().filter_map(|container| container.name.as_deref()).collect();
    containers.retain(|container| container.name.as_deref().is_none_or(|name| !known.contains(name)));
    containers.extend(of_engine);
}

/// Returns a container as the engine describes it; a missing section was cut off.
fn of_inspect(document: &JsonDocument, declared: Option<&Value>) -> Option<Described> {
    let podman = match document.kind {
        DocumentKind::Container => false,
        DocumentKind::PodmanContainer => true,
        _ => return None,
    };
    let mut value = document.value.clone();
    // Podman's own CLI prints the stop signal as a number.
    if let Some(signal) = value.pointer("/Config/StopSignal").and_then(Value::as_i64) {
        value["Config"]["StopSignal"] = json!(signal.to_string());
    }
    let sections = ["/State", "/Config", "/HostConfig", "/Mounts"];
    let seen: Vec<&'static str> =
        sections.into_iter().filter(|section| value.pointer(section).is_some()).collect();
    let complete = if seen.len() == sections.len() { vec![""] } else { seen };
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let (name, image) = (text("/Name"), text("/Config/Image").or_else(|| text("/ImageName")));
    Some(Described {
        line: document.line,
        name: name.map(|name| name.trim_start_matches('/').to_owned()),
        origin: format!("text line {}: inspect", document.line),
        engine: podman.then_some(EngineCli::Podman),
        image,
        base: None,
        documents: InspectDocuments {
            native: podman.then(|| value.clone()),
            inspect: value,
            kind: if podman { EngineKind::Podman } else { EngineKind::Docker },
            complete,
        },
        declared: declared.cloned(),
        facts: Facts::default(),
    })
}

/// Returns the services of a compose log that nothing describes, distinguished by their prefixes; none if
/// only one of them logs.
fn compose_services(lines: &[Line]) -> Vec<Described> {
    let mut counts: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for line in lines {
        let Some(name) = line.container.as_deref() else { continue };
        counts.entry(name).or_insert((line.number, 0)).1 += 1;
    }
    // `web-1` or, in compose v1, `web_1`; the first column of a table has no such number.
    let numbered =
        |name: &str| name.rsplit_once(['-', '_']).is_some_and(|(_, number)| number.parse::<u16>().is_ok());
    counts.retain(|name, (_, lines)| *lines > 1 && numbered(name));
    if counts.len() < 2 {
        return Vec::new();
    }
    let one = |(name, (line, _)): (&str, (u64, usize))| Described {
        line,
        name: Some(name.to_owned()),
        origin: format!("text line {line}: log of {name}"),
        engine: None,
        image: None,
        base: None,
        documents: InspectDocuments {
            inspect: json!({}),
            native: None,
            kind: EngineKind::Docker,
            complete: Vec::new(),
        },
        declared: None,
        facts: Facts::default(),
    };
    counts.into_iter().map(one).collect()
}

/// Returns an image without a container: how it is started is unknown.
fn of_file(file: &Dockerfile) -> Described {
    let mut documents = InspectDocuments {
        inspect: json!({"Config": {}}),
        native: None,
        kind: EngineKind::Docker,
        complete: Vec::new(),
    };
    image_config::inherit(&mut documents, &file.config, false);
    Described {
        line: file.line,
        name: None,
        origin: format!("text line {}: Dockerfile", file.line),
        engine: None,
        image: None,
        base: file.base.clone(),
        documents,
        declared: None,
        facts: file.facts.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn containers(text: &str) -> Vec<Described> {
        of_lines(&Line::all(text), &mut Budget::of(text.len() as u64)).containers
    }

    #[test]
    fn repetitions_are_one_container_and_parts_give_way() {
        assert_eq!(
            containers("$ docker run -d a:1\nx\n$ docker run -d a:1\n$ docker run -d b:1\n$ --privileged\n")
                .len(),
            2
        );
        assert_eq!(containers("$ --privileged\n$ -v /a:/b\n").len(), 1);
    }

    #[test]
    fn services_are_told_apart_by_their_prefixes() {
        let line = |number, name: &str| {
            let mut line = Line::new(number, "said");
            line.container = Some(name.into());
            line
        };
        let names = |lines: &[Line]| {
            of_lines(lines, &mut Budget::of(0))
                .containers
                .into_iter()
                .filter_map(|one| one.name)
                .collect::<Vec<_>>()
        };
        let both = [
            line(1, "web-1"),
            line(2, "db_1"),
            line(3, "web-1"),
            line(4, "db_1"),
            line(5, "id"),
            line(6, "id"),
        ];
        assert_eq!(names(&both), ["web-1", "db_1"]);
        assert!(names(&both[..3]).is_empty());
    }

    #[test]
    fn a_dockerfile_fills_in_what_the_command_line_leaves_out() {
        let text = "FROM debian:12\nENV container=docker\nVOLUME /sys/fs/cgroup\nSTOPSIGNAL SIGRTMIN+3\nCMD \
            [\"/sbin/init\"]\n\n$ docker run -d -e A=1 --tmpfs /run img\n";
        let container = &containers(text)[0];
        let config = container.config();
        assert_eq!(
            (config.argv(), config.env("container"), config.env("A")),
            (vec!["/sbin/init".to_owned()], Some("docker".into()), Some("1".into()))
        );
        assert_eq!(config.mount_at("/sys/fs/cgroup").map(|mount| mount.kind), Some("volume".to_owned()));
        assert_eq!(container.base.as_deref(), Some("debian:12"));
    }

    #[test]
    fn inspect_takes_the_place_of_its_command_line() {
        let text = "$ docker run --name web img\n[\n \
            {\"Name\": \"/web\", \"State\": {\"Status\": \"exited\"}, \"Config\": {}, \"HostConfig\": {}, \"Mounts\": []}\n]\n";
        let found = containers(text);
        assert_eq!((found.len(), found[0].documents.complete.as_slice()), (1, &[""][..]));
    }
}
