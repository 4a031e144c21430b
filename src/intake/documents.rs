//! JSON documents within a text: the answers of `inspect`, `info` and `version`, of Docker and of Podman.

use serde_json::Value;

use super::page::Line;
use crate::pattern::Literals;

/// Most lines of one document.
const LONGEST: usize = 20_000;
/// Documents that are looked for in one text.
const MOST: usize = 64;

/// Keys of which every known document has one.
static KNOWN: Literals =
    Literals::new(&["Config\"", "host\"", "ServerVersion\"", "CgroupDriver\"", "CgroupVersion\"", "Server\"", "Client\"", "ApiVersion\""]);

/// A document and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// What it is.
    pub kind: Kind,
    /// The document.
    pub value: Value,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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

/// All known documents of a page.
#[must_use]
pub fn documents(lines: &[Line]) -> Vec<Document> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() && found.len() < MOST {
        let begins = matches!(lines[at].text.trim_start().bytes().next(), Some(b'{' | b'['));
        match begins.then(|| value(&lines[at..])).flatten() {
            Some((value, used)) => {
                let (line, last) = (lines[at].number, lines[at + used - 1].number);
                found.extend(sorted(value).into_iter().map(|(kind, value)| Document { line, last, kind, value }));
                at += used;
            }
            None => at += 1,
        }
    }
    found
}

/// The JSON value that begins at the first line, and how many lines it takes.
fn value(lines: &[Line]) -> Option<(Value, usize)> {
    let mut text = String::new();
    let mut depth = 0_i64;
    for (index, line) in lines.iter().take(LONGEST).enumerate() {
        depth += nesting(&line.text);
        text.push_str(&line.text);
        text.push('\n');
        if depth <= 0 {
            // Many logs are documents of one line each.
            if index == 0 && !KNOWN.may_occur_in(&text) {
                return None;
            }
            // What stands behind the document on its last line is no part of it.
            let mut stream = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            return Some((stream.next()?.ok()?, index + 1));
        }
        // Pretty JSON is indented: a line at the margin that opens nothing is the text going on.
        if index > 0 && !line.text.starts_with([' ', '}', ']', '{', '[', '"']) && !line.text.is_empty() {
            return None;
        }
    }
    None
}

/// Brackets opened minus brackets closed, outside of strings.
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

fn sorted(value: Value) -> Vec<(Kind, Value)> {
    match value {
        Value::Array(list) => list.into_iter().filter_map(|value| Some((kind(&value)?, value))).collect(),
        value => kind(&value).map(|kind| (kind, value)).into_iter().collect(),
    }
}

fn kind(value: &Value) -> Option<Kind> {
    let has = |pointer: &str| value.pointer(pointer).is_some();
    let map = value.as_object()?;
    if map.contains_key("HostConfig") || has("/State/Status") && map.contains_key("Config") {
        let podman = has("/Config/SystemdMode") || map.contains_key("OCIRuntime") || map.contains_key("ConmonPidFile");
        Some(if podman { Kind::PodmanContainer } else { Kind::Container })
    } else if map.contains_key("Config") && (map.contains_key("RepoTags") || map.contains_key("RootFS")) {
        Some(Kind::Image)
    } else if has("/host/cgroupVersion") || has("/host/ociRuntime") {
        Some(Kind::PodmanInfo)
    } else if map.contains_key("ServerVersion") || map.contains_key("CgroupDriver") || map.contains_key("CgroupVersion") {
        Some(Kind::Info)
    } else if has("/Server/Version") || has("/Client/ApiVersion") || has("/Client/APIVersion") || map.contains_key("ApiVersion") {
        Some(Kind::Version)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, u64, u64)> {
        let lines = Line::all(text);
        documents(&lines).into_iter().map(|document| (document.kind, document.line, document.last)).collect()
    }

    #[test]
    fn documents_are_told_by_their_fields() {
        let text = "$ docker inspect web\n[\n    {\n        \"Id\": \"0\",\n        \"Config\": {\"Tty\": true},\n        \"HostConfig\": {}\n    }\n]\n\
                    and\n{\"ServerVersion\":\"28.5\",\"CgroupVersion\":\"2\"}\n{\"host\":{\"cgroupVersion\":\"v2\"}}\n{\"a\":1}\n";
        assert_eq!(found(text), [(Kind::Container, 2, 8), (Kind::Info, 10, 10), (Kind::PodmanInfo, 11, 11)]);
    }

    #[test]
    fn what_only_begins_like_json_is_left_alone() {
        assert!(found("[  OK  ] Started x\n[!!!!!!] Failed\n{{ template }}\n[root@host ~]# ls\n{\n\"open\": [\n").is_empty());
    }
}
