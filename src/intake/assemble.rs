//! What was found in a text put together: one snapshot for each container, with the lines that belong to it.

use std::collections::BTreeMap;

use super::page::Page;
use super::spec::{Documents, Spec};
use super::{Beside, run, shell};
use crate::facts::{Config, container, derive, filter, mounts, program};
use crate::snapshot::{Cluster, Facts, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Source, Target, TargetKind};

/// Everything that a text holds, sorted by kind.
#[derive(Debug, Default)]
struct Found {
    specs: Vec<Spec>,
}

/// Makes the snapshots of a page.
pub fn snapshots(name: &str, page: Page, beside: &Beside) -> Vec<Snapshot> {
    let _ = beside;
    let mut found = Found::default();
    found.specs = shell::commands(&page.lines).iter().filter_map(run::spec).collect();
    found.specs.sort_by_key(|spec| spec.line);
    let count = found.specs.len();
    let mut all = Vec::new();
    if count == 0 {
        all.push(snapshot(name, None, excerpt(&page, |_| true), &page));
    }
    for (index, spec) in found.specs.iter().enumerate() {
        let first = if index == 0 { 0 } else { spec.line };
        let last = found.specs.get(index + 1).map_or(u64::MAX, |next| next.line);
        let log = excerpt(&page, |line| (first..last).contains(&line));
        all.push(snapshot(name, Some(spec), log, &page));
    }
    all
}

fn excerpt(page: &Page, belongs: impl Fn(u64) -> bool) -> LogExcerpt {
    let mut lines: Vec<KeptLine> = page.kept.values().flatten().filter(|line| belongs(line.line)).cloned().collect();
    lines.sort_by_key(|line| line.line);
    let unrecognised: Vec<Cluster> = page.unrecognised.iter().filter(|cluster| belongs(cluster.line)).cloned().collect();
    LogExcerpt { lines, lines_read: page.count, bytes_read: page.bytes, lines_cut: page.cut, unrecognised }
}

fn snapshot(name: &str, spec: Option<&Spec>, log: LogExcerpt, _page: &Page) -> Snapshot {
    let mut facts = Facts::default();
    let mut documents = BTreeMap::new();
    let mut gaps = Vec::new();
    if let Some(spec) = spec {
        let Documents { inspect, native, kind, complete } = spec.documents();
        let config = Config::partial(&inspect, native.as_ref(), kind, &complete);
        let mut told = Facts::default();
        container::facts(&config, &mut told);
        let argv = config.argv();
        if config.knows("/Config/Cmd") {
            program::of_argv(&argv, None).facts(&mut told);
        }
        mounts::predicted(&config, &mut told);
        filter::collect(&config, &|path| Err(format!("the profile is the file {path}")), &mut told, &mut gaps);
        facts.extend(told);
        documents.insert("container".to_owned(), inspect);
    }
    derive(&log, &mut facts);
    let target = Target { kind: TargetKind::Text, name: name.to_owned(), id: None, engine: None };
    let _ = Source::Text;
    let snapshot = Snapshot { schema_version: SCHEMA_VERSION, target, facts, gaps, log, documents, derived: None };
    Redactor::default().redacted(snapshot)
}
