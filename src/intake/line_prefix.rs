//! Removes the wrapping of a line in a paste or a CI log: time stamps, host names, prefixes of compose, CI
//! runners and log collectors.
//!
//! A clean line in, the bare line out, with the name of the container if a prefix gives it. Indentation after
//! the wrapping stays, because YAML needs it. Must not judge or drop lines.

use std::borrow::Cow;

use serde_json::Value;

use crate::pattern::{Literals, Pattern};

/// Most nested wrappings that are removed; no log has more.
const DEPTH: usize = 6;

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bare<'l> {
    /// The line.
    pub text: Cow<'l, str>,
    /// Name of the service or container that a prefix gave.
    pub container: Option<String>,
}

/// A prefix that carries no information.
struct Prefix {
    /// Whether the first bytes of a line may begin it; a quick way to say no.
    may: fn(&[u8]) -> bool,
    pattern: Pattern,
}

const fn prefix(may: fn(&[u8]) -> bool, pattern: &'static str) -> Prefix {
    Prefix { may, pattern: Pattern::new(pattern) }
}

static PREFIXES: [Prefix; 13] = [
    // Quotation marks of mail and Markdown.
    prefix(|line| matches!(line, [b' ' | b'>', ..]), r"^ {0,3}(?:> ?)+"),
    // RFC 3339 as written by `docker -t`, GitHub, Kubernetes and GitLab, followed by the stream mark of
    // GitLab or CRI.
    prefix(
        |line| matches!(line, [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', ..]),
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: \d\d[OE][ +]?| std(?:out|err) [FP] | |$)",
    ),
    // The same with a blank instead of the T: Python, PostgreSQL, CI runners.
    prefix(
        |line| matches!(opened(line), [b'0'..=b'9', _, _, _, b'-' | b'/', _, _, b'-' | b'/', _, _, b' ', ..]),
        r"^\[?\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?\]?(?: ?[-|:])? ?",
    ),
    // Jenkins' time stamper, and bare clock times.
    prefix(
        |line| matches!(opened(line), [b'0'..=b'9', _, b':', ..]),
        r"^\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?: ?\|)? {1,2}",
    ),
    prefix(
        |line| matches!(line, [b'[', b'0'..=b'9', _, _, _, b'-', ..]),
        r"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?\] ?",
    ),
    prefix(|line| line.starts_with(b"[P"), r"^\[Pipeline\] "),
    // Markers of GitHub, Azure, GitLab and Travis.
    prefix(
        |line| line.starts_with(b"##"),
        r"^##\[(?:group|endgroup|error|warning|debug|notice|command|section)\]",
    ),
    prefix(|line| line.starts_with(b"::"), r"^::(?:group|endgroup|error|warning|notice|debug)(?: [^:]*)?::"),
    prefix(|line| line.starts_with(b"[c"), r"^\[command\]"),
    prefix(|line| line.starts_with(b"section_"), r"^section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])? *"),
    prefix(|line| line.starts_with(b"travis_"), r"^travis_(?:fold|time):(?:start|end):\S* *"),
    // The kernel's ring buffer and the format of /dev/kmsg.
    prefix(|line| line.starts_with(b"<"), r"^<\d{1,3}>"),
    prefix(
        |line| matches!(line, [b'[', b' ' | b'0'..=b'9', ..]),
        r"^\[ *\d{1,8}\.\d{6}\](?:\[ *[TC]\d+\])? ",
    ),
];

/// Returns a line without its opening bracket.
fn opened(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"[").unwrap_or(line)
}

/// `Jan  2 03:04:05 ` of syslog and journalctl; with a year in journalctl's short formats of other locales.
static SYSLOG: Pattern = Pattern::new(
    r"^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{3,4})? ",
);
/// The program after syslog's time stamp and host.
static PROGRAM: Pattern = Pattern::new(r"^[\w@./()+-]+(?:\[\d+\])?: ");
/// `host ` in journalctl's short-iso format, after the time stamp and before the program.
static HOST: Pattern = Pattern::new(r"^[\w.-]+ (?:[\w@./()+-]+\[\d+\]|kernel): ");
/// `service-1  | ` of compose; journald's own tables have no such first column.
static COMPOSE: Pattern = Pattern::new(r"^[A-Za-z0-9][\w.-]{0,80} +\| ?");

/// The keys under which collectors keep a line.
static SAYS: Literals = Literals::new(&["log\"", "MESSAGE\"", "message\"", "msg\""]);

/// Removes the wrapping from a clean line.
#[must_use]
pub fn bare(line: &str) -> Bare<'_> {
    let (mut text, mut container) = (Cow::Borrowed(line), None);
    for _ in 0..DEPTH {
        if let Some(inner) = collected(&text) {
            text = Cow::Owned(inner);
            continue;
        }
        let length = match wrapping(&text) {
            0 if container.is_none() && text.contains('|') => {
                let length = COMPOSE.find(&text).map_or(0, |found| found.end);
                container =
                    text[..length].split(' ').next().filter(|name| !name.is_empty()).map(str::to_owned);
                length
            }
            length => length,
        };
        if length == 0 {
            break;
        }
        text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[length..]),
            Cow::Owned(text) => Cow::Owned(text[length..].to_owned()),
        };
    }
    Bare { text, container }
}

/// Returns the length of the wrapping at the beginning of a text, in bytes; 0 for none.
fn wrapping(text: &str) -> usize {
    let applies = |prefix: &Prefix| {
        if (prefix.may)(text.as_bytes()) { prefix.pattern.find(text).map(|found| found.end) } else { None }
    };
    if let Some(end) = PREFIXES.iter().filter_map(applies).find(|end| *end > 0) {
        let hosted = text[..end].contains('T') && HOST.is_match(&text[end..]);
        return if hosted { behind_word(text, end) } else { end };
    }
    if !matches!(text.as_bytes(), [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..]) {
        return 0;
    }
    let Some(stamp) = SYSLOG.find(text).map(|found| found.end) else { return 0 };
    let starts = [behind_word(text, stamp), stamp];
    starts.into_iter().find(|start| PROGRAM.is_match(&text[*start..])).unwrap_or_default()
}

/// Returns the end of the word that begins at `start` and of the blank after it.
fn behind_word(text: &str, start: usize) -> usize {
    text[start..].find(' ').map_or(start, |blank| start + blank + 1)
}

/// Returns the line within a record of Docker's json-file driver, or of a collector that stores it under a
/// common name.
fn collected(text: &str) -> Option<String> {
    if !(text.starts_with('{') && text.ends_with('}') && SAYS.may_occur_in(text)) {
        return None;
    }
    let document: Value = serde_json::from_str(text).ok()?;
    let map = document.as_object()?;
    let names: &[&str] = if map.contains_key("log") { &["log"] } else { &["MESSAGE", "message", "msg"] };
    let said = names.iter().find_map(|name| map.get(*name)?.as_str())?;
    // A container may log JSON itself: the driver's records have few other keys.
    let known = map.contains_key("log")
        || map.keys().any(|key| matches!(key.as_str(), "time" | "timestamp" | "ts" | "level" | "PRIORITY"));
    known.then(|| crate::scan::clean(said.trim_end_matches('\n').as_bytes()).into_owned())
}

/// Splits a line that quotes several lines, as JSON and Ansible print them, at each written `\n` and removes
/// the escapes of quotes; `None` if the line is to be read as it is.
#[must_use]
pub fn quoted_lines(text: &str) -> Option<Vec<String>> {
    memchr::memchr(b'\\', text.as_bytes())?;
    let parts = text.split("\\n").map(unescaped).filter(|part| part.chars().any(char::is_alphanumeric));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then_some(parts)
}

/// Replaces `\"` and `\\\"` by `"`: nested quoting hides the messages of an engine.
fn unescaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut slashes = 0;
    for c in text.chars() {
        match c {
            '\\' => slashes += 1,
            c => {
                if c != '"' || slashes == 0 {
                    said.extend(std::iter::repeat_n('\\', slashes));
                }
                slashes = 0;
                said.push(c);
            }
        }
    }
    said.extend(std::iter::repeat_n('\\', slashes));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapping_comes_off() {
        for line in [
            "Failed to mount tmpfs at /run: Operation not permitted",
            "> Failed to mount tmpfs at /run: Operation not permitted",
            "> > Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04T10:11:12.123456789Z Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04T10:11:12.123456789+02:00 stdout F Failed to mount tmpfs at /run: Operation not \
                permitted",
            "2024-05-04T10:11:12.123456Z 01O Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04 10:11:12,345 - Failed to mount tmpfs at /run: Operation not permitted",
            "10:11:12  Failed to mount tmpfs at /run: Operation not permitted",
            "[2024-05-04T10:11:12.123Z] Failed to mount tmpfs at /run: Operation not permitted",
            "##[error]Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04T10:11:12.1Z ::error file=a,line=1::Failed to mount tmpfs at /run: Operation not \
                permitted",
            "section_start:1560896352:step[collapsed=true] Failed to mount tmpfs at /run: Operation not \
                permitted",
            "travis_fold:start:x Failed to mount tmpfs at /run: Operation not permitted",
            "[    1.234567] Failed to mount tmpfs at /run: Operation not permitted",
            r#"{"log":"\u001b[0;1;31mFailed to mount tmpfs at /run: Operation not permitted\r\n","stream":"stdout","time":"2024-05-04T10:11:12Z"}"#,
        ] {
            assert_eq!(bare(line).text, "Failed to mount tmpfs at /run: Operation not permitted", "{line}");
        }
    }

    #[test]
    fn programs_stay_when_hosts_and_times_go() {
        for line in [
            "May 14 09:21:44 host.example systemd[1]: a.service: Failed with result 'exit-code'.",
            "2024-05-14T09:21:44+0000 host systemd[1]: a.service: Failed with result 'exit-code'.",
            "<30>systemd[1]: a.service: Failed with result 'exit-code'.",
            "[   12.345678] systemd[1]: a.service: Failed with result 'exit-code'.",
        ] {
            assert_eq!(bare(line).text, "systemd[1]: a.service: Failed with result 'exit-code'.", "{line}");
        }
    }

    #[test]
    fn compose_prefixes_name_the_service() {
        let bare = bare("web-1  | Detected virtualization docker.");
        assert_eq!(
            (bare.text.as_ref(), bare.container.as_deref()),
            ("Detected virtualization docker.", Some("web-1"))
        );
    }

    #[test]
    fn indentation_behind_the_wrapping_stays() {
        assert_eq!(bare("2024-05-04T10:11:12.1Z   image: x").text, "  image: x");
        assert_eq!(bare(">   image: x").text, "  image: x");
        assert_eq!(bare("    image: x").text, "    image: x");
    }

    #[test]
    fn quoted_texts_are_read_line_by_line() {
        let line = r#""msg": "failure 1: not booted.\nFailed to connect to bus: Host is down\n""#;
        assert_eq!(
            quoted_lines(line).unwrap(),
            [r#""msg": "failure 1: not booted."#, "Failed to connect to bus: Host is down"]
        );
        assert_eq!(
            quoted_lines(r#"exec: \\\"/sbin/init\\\": stat"#).unwrap(),
            [r#"exec: "/sbin/init": stat"#]
        );
        assert_eq!(quoted_lines(r"C:\data").unwrap(), [r"C:\data"]);
        assert_eq!((quoted_lines("C:/data"), quoted_lines(r"\\")), (None, None));
    }
}
