//! What wraps a line in a paste or a CI log taken off: time stamps, host names, prefixes of compose, runners and collectors.
//!
//! A clean line in, the bare line out, with the name of the container that a prefix gave. Indentation behind the wrapping
//! stays, because YAML needs it. Must not judge or drop lines.

use crate::pattern::Pattern;

use serde_json::Value;

/// Wrappings within wrappings that are taken off; more is no log.
const DEPTH: usize = 6;

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bare {
    /// The line.
    pub text: String,
    /// Name of the service or container that a prefix gave.
    pub container: Option<String>,
}

/// Prefixes that go without a trace.
static PREFIXES: [Pattern; 13] = [
    // Quotes of mail and Markdown.
    Pattern::new(r"^ {0,3}(?:> ?)+"),
    // RFC 3339 as `docker -t`, GitHub, Kubernetes and GitLab write it, with GitLab's stream mark and CRI's behind it.
    Pattern::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: \d\d[OE][ +]?| std(?:out|err) [FP] | |$)"),
    // The same with a blank: Python, PostgreSQL, runners.
    Pattern::new(r"^\[?\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?\]?(?: ?[-|:])? ?"),
    // Jenkins' time stamper, and clocks alone.
    Pattern::new(r"^\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?: ?\|)? {1,2}"),
    Pattern::new(r"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?\] ?"),
    Pattern::new(r"^\[Pipeline\] "),
    // Marks of GitHub, Azure, GitLab and Travis.
    Pattern::new(r"^##\[(?:group|endgroup|error|warning|debug|notice|command|section)\]"),
    Pattern::new(r"^::(?:group|endgroup|error|warning|notice|debug)(?: [^:]*)?::"),
    Pattern::new(r"^\[command\]"),
    Pattern::new(r"^section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])? *"),
    Pattern::new(r"^travis_(?:fold|time):(?:start|end):\S* *"),
    // The kernel's ring buffer and the form of /dev/kmsg.
    Pattern::new(r"^<\d{1,3}>"),
    Pattern::new(r"^\[ *\d{1,8}\.\d{6}\](?:\[ *[TC]\d+\])? "),
];

/// `Jan  2 03:04:05 host prog[12]: text` of syslog and journalctl; with a year in other locales of journalctl's short forms.
static SYSLOG: Pattern = Pattern::new(
    r"^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{3,4})? (?:\S+ )?(?P<rest>[\w@./()+-]+(?:\[\d+\])?: .*)$",
);
/// What journalctl's short-iso leaves behind the time stamp: `host prog[12]: text`.
static HOST: Pattern = Pattern::new(r"^[\w.-]+ (?P<rest>(?:[\w@./()+-]+\[\d+\]|kernel): .*)$");
/// `service-1  | text` of compose; journald's own tables have no such first column.
static COMPOSE: Pattern = Pattern::new(r"^(?P<name>[A-Za-z0-9][\w.-]{0,80}) +\| ?(?P<rest>.*)$");

/// Takes the wrapping off a clean line.
#[must_use]
pub fn bare(line: &str) -> Bare {
    let mut bare = Bare { text: line.to_owned(), container: None };
    for _ in 0..DEPTH {
        if !peel(&mut bare) {
            break;
        }
    }
    bare
}

/// Takes one wrapping off; tells whether there was one.
fn peel(bare: &mut Bare) -> bool {
    let text = bare.text.as_str();
    if let Some(inner) = collected(text) {
        bare.text = inner;
        return true;
    }
    let Some(first) = text.bytes().next() else { return false };
    if let Some(prefix) =
        PREFIXES.iter().filter(|_| b"0123456789[> #:st<".contains(&first)).find_map(|re| re.find(text)).filter(|found| !found.is_empty())
    {
        let rest = text[prefix.end..].to_owned();
        let rest = rest_of(&HOST, &rest).filter(|_| text[prefix].contains('T')).map_or(rest.clone(), str::to_owned);
        bare.text = rest;
        return true;
    }
    if let Some(rest) = rest_of(&SYSLOG, text).filter(|_| first.is_ascii_uppercase()) {
        bare.text = rest.to_owned();
        return true;
    }
    if bare.container.is_none()
        && text.contains('|')
        && let Some(captures) = COMPOSE.captures(text)
    {
        let (name, rest) = (captures["name"].to_owned(), captures["rest"].to_owned());
        *bare = Bare { text: rest, container: Some(name) };
        return true;
    }
    false
}

fn rest_of<'t>(pattern: &Pattern, text: &'t str) -> Option<&'t str> {
    pattern.captures(text)?.name("rest")
}

/// The line within a line of Docker's json-file driver, or of a collector that keeps it under a usual name.
fn collected(text: &str) -> Option<String> {
    if !(text.starts_with('{') && text.ends_with('}')) {
        return None;
    }
    let document: Value = serde_json::from_str(text).ok()?;
    let map = document.as_object()?;
    let names: &[&str] = if map.contains_key("log") { &["log"] } else { &["MESSAGE", "message", "msg"] };
    let said = names.iter().find_map(|name| map.get(*name)?.as_str())?;
    // A container's own JSON lines are no driver's: the driver's have few other keys.
    let known = map.contains_key("log") || map.keys().any(|key| matches!(key.as_str(), "time" | "timestamp" | "ts" | "level" | "PRIORITY"));
    known.then(|| crate::scan::clean(said.trim_end_matches('\n').as_bytes()))
}

/// Parts of a line that quote several lines, as JSON and Ansible print them: cut at the written-out `\n`, quotes unescaped.
#[must_use]
pub fn quoted_lines(text: &str) -> Vec<String> {
    if !text.contains('\\') {
        return vec![text.to_owned()];
    }
    let parts = text.split("\\n").map(unescaped).filter(|part| part.chars().any(char::is_alphanumeric));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { vec![text.to_owned()] } else { parts }
}

/// `\"` and `\\\"` as `"`: nested quoting hides the words of an engine.
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
            "2024-05-04T10:11:12.123456789+02:00 stdout F Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04T10:11:12.123456Z 01O Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04 10:11:12,345 - Failed to mount tmpfs at /run: Operation not permitted",
            "10:11:12  Failed to mount tmpfs at /run: Operation not permitted",
            "[2024-05-04T10:11:12.123Z] Failed to mount tmpfs at /run: Operation not permitted",
            "##[error]Failed to mount tmpfs at /run: Operation not permitted",
            "2024-05-04T10:11:12.1Z ::error file=a,line=1::Failed to mount tmpfs at /run: Operation not permitted",
            "section_start:1560896352:step[collapsed=true] Failed to mount tmpfs at /run: Operation not permitted",
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
        assert_eq!((bare.text.as_str(), bare.container.as_deref()), ("Detected virtualization docker.", Some("web-1")));
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
        assert_eq!(quoted_lines(line), [r#""msg": "failure 1: not booted."#, "Failed to connect to bus: Host is down"]);
        assert_eq!(quoted_lines(r#"exec: \\\"/sbin/init\\\": stat"#), [r#"exec: "/sbin/init": stat"#]);
        assert_eq!(quoted_lines(r"C:\data"), [r"C:\data"]);
    }
}
