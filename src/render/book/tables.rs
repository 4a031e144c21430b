//! Writes the reference pages of the book: exit codes, permissions, facts and commands, each from the one
//! place that defines it.

use std::collections::BTreeMap;

use super::Help;
use super::page_markdown::{code, fence, sentence, text};
use crate::exit_code::Exit;
use crate::snapshot::{CATALOG, FactSpec, Kind};

/// Sources of facts: the collector, what it reads, and which permission that needs.
const SOURCES: [(&str, &str, &str); 10] = [
    ("container", "the engine's inspect data of the container", "the engine's socket, read calls only"),
    ("engine", "the engine's data on itself and on the image", "the engine's socket, read calls only"),
    (
        "files",
        "single files of the container's file system",
        "the engine's archive API; for a dead container on this machine also its layers, if this user can \
            read them",
    ),
    ("logs", "the container's log", "the engine's socket, and a logging driver that can be read"),
    (
        "pid1",
        "`/proc` of PID 1",
        "the engine on this machine, as root or as the engine's user; otherwise the engine's inspect data is \
            used",
    ),
    (
        "exec",
        "`systemctl is-system-running`, `--failed` and `show`, `journalctl`, in a running container",
        "the engine's exec API; skipped with `--no-exec`",
    ),
    (
        "host",
        "files in `/proc` and `/sys`, and the kernel log",
        "running on the engine's machine; the kernel log often needs root",
    ),
    ("seccomp", "the filter in force", "the engine's data; for a profile file, that file"),
    ("text", "words of a pasted text", "none"),
    ("derived", "the facts above", "none"),
];

/// Writes the table of exit codes.
pub fn exit_codes() -> String {
    let mut page =
        "# Exit codes\n\nThey are the same for every command and format. With several targets, 2 takes \
        precedence over 3, 3 over 1, 1 over 4, and 4 over 0.\n\n| code | meaning |\n|---|---|\n"
            .to_owned();
    for exit in Exit::DOCUMENTED {
        page.push_str(&format!("| {} | {} |\n", exit.code(), exit.meaning()));
    }
    page
}

/// Writes what the doctor reads and which permissions that needs.
pub fn permissions() -> String {
    let mut page = "# Permissions\n\n`doctor`, `triage`, `snapshot`, `explain` and `rules` change nothing. \
        What sysdock cannot read is listed as a gap; it is never treated as a \"no\". Only `prove`, `build`, \
        `run`, `fix` and `seccomp trace` create containers or images.\n\nAccess to an engine's socket is \
        equivalent to root on its machine. `triage` and `doctor --from` need neither an engine nor a \
        socket.\n"
        .to_owned();
    let facts = by_collector();
    for (name, what, right) in SOURCES {
        let known: Vec<String> = facts
            .get(name)
            .into_iter()
            .flatten()
            .map(|fact| format!("[{}](facts.md#{})", fact.key, anchor(fact.key)))
            .collect();
        page.push_str(&format!(
            "\n## {name}\n\n- Reads: {what}\n- Requires: {right}\n- Facts: {}\n",
            known.join(", ")
        ));
    }
    page
}

/// Returns the anchor that mdBook generates for a heading.
fn anchor(heading: &str) -> String {
    heading.replace('.', "").to_lowercase()
}

fn by_collector() -> BTreeMap<&'static str, Vec<&'static FactSpec>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for fact in CATALOG {
        groups.entry(fact.collector).or_default().push(fact);
    }
    groups
}

/// Writes all facts by name.
pub fn facts() -> String {
    let mut page =
        "# Facts\n\nWhat sysdock knows about a container. A fact is known, known to be absent, or unknown. \
        Rules are conditions over facts.\n"
            .to_owned();
    for fact in CATALOG {
        let kind = match fact.kind {
            Kind::Word(words) => {
                format!("one of {}", words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", "))
            }
            kind => kind.name().to_owned(),
        };
        page.push_str(&format!(
            "\n## {}\n\n{} ({kind})\n\nBy hand: {}\n",
            fact.key,
            sentence(fact.sentence),
            code(fact.how)
        ));
    }
    page
}

/// Writes all commands with their help.
pub fn commands(commands: &[Help]) -> String {
    let mut page = "# Commands\n\nThe output of `sysdock COMMAND --help`.\n".to_owned();
    for command in commands {
        page.push_str(&format!(
            "\n## {}\n\n{}.\n\n{}",
            command.name,
            text(&command.about),
            fence("text", &command.text)
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_of_facts_is_documented() {
        let told: Vec<&str> = SOURCES.iter().map(|(name, ..)| *name).collect();
        let odd: Vec<_> = by_collector().into_keys().filter(|name| !told.contains(name)).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}
