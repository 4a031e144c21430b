//! What a denied call does to a boot, judged against usual boots of the same guest on the same lane.

use std::collections::{BTreeMap, BTreeSet};

use sysdock::seccomp::Effect;

use crate::boot::Rest;
use crate::cells::{Cell, Record};
use crate::words;

/// Words that are kept of a boot.
const WORDS: usize = 3;
/// Longest word that is kept, in characters.
const LONGEST: usize = 200;
/// How a line begins that tells of a unit that was started.
const OK: &str = "[  OK  ]";

/// What usual boots of one guest on one lane show.
#[derive(Debug, Default)]
pub struct Usual {
    managers: BTreeSet<String>,
    failed: BTreeSet<String>,
    shapes: BTreeSet<String>,
    /// What each of them says to have started, by shape.
    started: Option<BTreeSet<String>>,
}

impl Usual {
    /// Learns from the usual boots among these records.
    pub fn of(records: &BTreeMap<Cell, Record>, lane: &str, guest: &str) -> Self {
        let mut usual = Self::default();
        let boots = records.values().filter(|record| {
            record.cell.lane == lane && record.cell.guest == guest && record.cell.call.is_none()
        });
        for boot in boots {
            usual.managers.insert(boot.seen.manager.clone());
            usual.failed.extend(boot.seen.failed.iter().cloned());
            usual.shapes.extend(boot.seen.log.iter().map(|line| words::shape(line)));
            let started = started(&boot.seen.log);
            usual.started = Some(
                usual
                    .started
                    .map_or(started.clone(), |before| before.intersection(&started).cloned().collect()),
            );
        }
        usual
    }

    /// The harm that the denied call of a boot did; none for a harmless one.
    pub fn effect(&self, record: &Record) -> Option<Effect> {
        match record.seen.rest {
            Rest::Created => Some(Effect::Create),
            Rest::Exited | Rest::Frozen => Some(Effect::Fatal),
            Rest::Stuck => Some(Effect::Stuck),
            Rest::Unreachable => Some(Effect::Unreachable),
            Rest::Up if record.seen.manager == "maintenance" => Some(Effect::Stuck),
            Rest::Up
                if self.managers.contains(&record.seen.manager)
                    && self.units(record).is_empty()
                    && !self.is_hollow(record) =>
            {
                None
            }
            Rest::Up => Some(Effect::Units),
        }
    }

    /// Whether the boot went past its basic targets and started less than half of what every usual boot
    /// starts: a manager that could not read which units belong to a target is content with none of them. A
    /// log without such lines tells nothing.
    fn is_hollow(&self, record: &Record) -> bool {
        let Some(usual) = &self.started else { return false };
        let started = started(&record.seen.log);
        let passed = record.seen.log.iter().any(|line| {
            line.starts_with(OK) && (line.contains("basic.target") || line.contains("Basic System"))
        });
        passed && started.intersection(usual).count() * 2 < usual.len()
    }

    /// Units that failed and that usually do not.
    pub fn units(&self, record: &Record) -> Vec<String> {
        record.seen.failed.iter().filter(|unit| !self.failed.contains(*unit)).cloned().collect()
    }

    /// Lines that tell of the harm and that no usual boot prints.
    pub fn words(&self, record: &Record) -> Vec<String> {
        if record.seen.rest == Rest::Created {
            return vec![cut(&hide(complaint(&record.seen.error)))];
        }
        let status = |line: &String| {
            line.starts_with("[FAILED]") || line.starts_with("[DEPEND]") || line.starts_with("See 'systemctl")
        };
        let new = |line: &&String| {
            words::tells(line) && !self.shapes.contains(&words::shape(line)) && !status(line)
        };
        let mut kept: Vec<String> = Vec::new();
        for line in record
            .seen
            .log
            .iter()
            .filter(new)
            .map(|line| cut(&hide(&line.replace(&record.cell.guest, "GUEST"))))
        {
            if !kept.iter().any(|other| words::shape(other) == words::shape(&line)) {
                kept.push(line);
            }
        }
        // PID 1's last words tell most when it gives up, the first complaint when it goes on.
        if matches!(record.seen.rest, Rest::Exited | Rest::Frozen) {
            kept.drain(..kept.len().saturating_sub(WORDS));
        }
        kept.truncate(WORDS);
        kept
    }
}

/// Lines that say that a unit was started, by shape.
fn started(log: &[String]) -> BTreeSet<String> {
    log.iter().filter(|line| line.starts_with(OK)).map(|line| words::shape(line)).collect()
}

/// What the runtime itself complains of, without the programs that pass it on.
fn complaint(error: &str) -> &str {
    let line = error.lines().next().unwrap_or_default();
    let heads = [
        "runc create failed: ",
        "runc start failed: ",
        "unable to start container process: ",
        "error during container init: ",
    ];
    heads.iter().fold(line, |line, head| line.split_once(head).map_or(line, |(_, rest)| rest))
}

/// A line without ids, numbers of processes and folders of the lab.
fn hide(line: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let id = bare.len() >= 12 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        if word.contains("/exec/netns/") {
            "NETNS:".to_owned()
        } else if let Some((_, rest)) = word
            .strip_prefix("/proc/")
            .and_then(|rest| rest.split_once('/'))
            .filter(|(pid, _)| pid.parse::<u32>().is_ok())
        {
            format!("/proc/PID/{rest}")
        } else if id {
            word.replace(bare, "ID")
        } else {
            word.to_owned()
        }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn cut(line: &str) -> String {
    let line = line.trim();
    if line.chars().count() <= LONGEST {
        line.to_owned()
    } else {
        line.chars().take(LONGEST).chain(['…']).collect()
    }
}

/// A name for no harm.
pub fn name(effect: Option<Effect>) -> &'static str {
    effect.map_or("harmless", Effect::name)
}
