//! JSON documents within a text: the output of `inspect`, `info` and `version` of Docker and Podman.

use serde_json::Value;

use super::budget::{Attempts, Budget};
use super::reader::Line;
use crate::pattern::Literals;

/// Most documents that are read from one text.
const MOST: usize = 64;

/// Keys of which every known document has at least one.
static KNOWN: Literals = Literals::new(&[
    "Config\"",
    "host\"",
    "ServerVersion\"",
    "CgroupDriver\"",
    "CgroupVersion\"",
    "Server\"",
    "Client\"",
    "ApiVersion\"",
]);

/// A document and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonDocument {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// What it is.
    pub kind: DocumentKind,
    /// The document.
    pub value: Value,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A container's inspect, Docker's or Podman's compatible one.
    Container,
    /// A container's inspect as Podman's own CLI gives it.
    PodmanContainer,
    /// An image's inspect.
    Image,
    /// `docker info`.
    Info,
    /// `podman info`.
    PodmanInfo,
    /// `docker version`.
    Version,
}

/// Returns all known documents of a page.
#[must_use]
pub fn documents(lines: &[Line], budget: &mut Budget) -> Vec<JsonDocument> {
    let mut found = Vec::new();
    let mut text = None;
    let mut attempts = Attempts::default();
    let mut at = 0;
    while at < lines.len() {
        if !begins(&lines[at].text) || !attempts.may_begin(at) {
            at += 1;
            continue;
        }
        if budget.is_spent() {
            budget.end_at(lines[at].number, "JSON documents");
            break;
        }
        let text = text.get_or_insert_with(|| Joined::new(lines));
        match text.value(at, budget) {
            Ok((value, used)) => {
                let (line, last) = (lines[at].number, lines[at + used - 1].number);
                found.extend(sorted(value).into_iter().map(|(kind, value)| JsonDocument {
                    line,
                    last,
                    kind,
                    value,
                }));
                at += used;
            }
            Err(Failed { lines, work }) => {
                attempts.failed(at, lines, work);
                at += 1;
            }
        }
        if found.len() > MOST {
            budget.leave_out(format!(
                "JSON documents from line {} on, after the first {MOST}",
                found[MOST].line
            ));
            found.truncate(MOST);
            break;
        }
    }
    if let Some(at) = attempts.passed_over() {
        budget.leave_out(format!("broken JSON from line {} on", lines[at].number));
    }
    found
}

/// Returns whether a known document may begin on a line. Many logs consist of one-line documents.
fn begins(text: &str) -> bool {
    matches!(text.trim_start().bytes().next(), Some(b'{' | b'['))
        && (KNOWN.may_occur_in(text) || nesting(text) > 0)
}

/// All lines as one text.
struct Joined {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

/// A failed attempt to parse a value.
struct Failed {
    /// Lines that it covered, up to the one with the error.
    lines: usize,
    /// Bytes that it went over.
    work: usize,
}

impl Joined {
    fn new(lines: &[Line]) -> Self {
        let mut joined = Self { text: String::new(), starts: Vec::with_capacity(lines.len()) };
        for line in lines {
            joined.starts.push(joined.text.len());
            joined.text.push_str(&line.text);
            joined.text.push('\n');
        }
        joined
    }

    /// Returns the JSON value that begins on a line, and how many lines it takes. What follows it on its last
    /// line is ignored.
    fn value(&self, at: usize, budget: &mut Budget) -> Result<(Value, usize), Failed> {
        let start = self.starts[at];
        let affordable = usize::try_from(budget.left()).unwrap_or(usize::MAX);
        let text = &self.text
            [start..self.text.floor_char_boundary(start.saturating_add(affordable).min(self.text.len()))];
        let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let lines_to = |end: usize| self.starts.partition_point(|begin| *begin < start + end.max(1)) - at;
        match stream.next() {
            Some(Ok(value)) => {
                let used = stream.byte_offset();
                budget.spend(used);
                Ok((value, lines_to(used)))
            }
            Some(Err(error)) if !error.is_eof() => {
                let lines = error.line().max(1);
                let work = self.starts.get(at + lines).map_or(text.len(), |end| text.len().min(end - start));
                budget.spend(work);
                // The line with the error may begin another value.
                Err(Failed { lines: lines.saturating_sub(1).max(1), work })
            }
            _ => {
                budget.spend(text.len().max(1));
                Err(Failed { lines: lines_to(text.len()), work: text.len() })
            }
        }
    }
}

/// Returns the number of opening minus closing brackets outside strings.
fn nesting(text: &str) -> i64 {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth
}

fn sorted(value: Value) -> Vec<(DocumentKind, Value)> {
    match value {
        Value::Array(list) => list.into_iter().filter_map(|value| Some((kind(&value)?, value))).collect(),
        value => kind(&value).map(|kind| (kind, value)).into_iter().collect(),
    }
}

fn kind(value: &Value) -> Option<DocumentKind> {
    let has = |pointer: &str| value.pointer(pointer).is_some();
    let map = value.as_object()?;
    if map.contains_key("HostConfig") || has("/State/Status") && map.contains_key("Config") {
        let podman =
            has("/Config/SystemdMode") || map.contains_key("OCIRuntime") || map.contains_key("ConmonPidFile");
        Some(if podman { DocumentKind::PodmanContainer } else { DocumentKind::Container })
    } else if map.contains_key("Config") && (map.contains_key("RepoTags") || map.contains_key("RootFS")) {
        Some(DocumentKind::Image)
    } else if has("/host/cgroupVersion") || has("/host/ociRuntime") {
        Some(DocumentKind::PodmanInfo)
    } else if map.contains_key("ServerVersion")
        || map.contains_key("CgroupDriver")
        || map.contains_key("CgroupVersion")
    {
        Some(DocumentKind::Info)
    } else if has("/Server/Version")
        || has("/Client/ApiVersion")
        || has("/Client/APIVersion")
        || map.contains_key("ApiVersion")
    {
        Some(DocumentKind::Version)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(DocumentKind, u64, u64)> {
        let lines = Line::all(text);
        documents(&lines, &mut Budget::of(0))
            .into_iter()
            .map(|document| (document.kind, document.line, document.last))
            .collect()
    }

    #[test]
    fn documents_are_recognised_by_their_fields() {
        let text = "$ docker inspect web\n[\n    \
            {\n        \"Id\": \"0\",\n        \"Config\": {\"Tty\": true},\n        \"HostConfig\": {}\n    }\n]\n\
                    and\n{\"ServerVersion\":\"28.5\",\"CgroupVersion\":\"2\"}\n{\"host\":{\"cgroupVersion\":\"v2\"}}\n{\"a\":1}\n";
        assert_eq!(
            found(text),
            [
                (DocumentKind::Container, 2, 8),
                (DocumentKind::Info, 10, 10),
                (DocumentKind::PodmanInfo, 11, 11)
            ]
        );
    }

    #[test]
    fn what_only_begins_like_json_is_left_alone() {
        assert!(
            found("[  OK  ] Started x\n[!!!!!!] Failed\n{{ template }}\n[root@host ~]# ls\n{\n\"open\": [\n")
                .is_empty()
        );
    }
}
