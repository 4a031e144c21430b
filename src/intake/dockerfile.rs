//! Dockerfile text as an image configuration: what it sets, and what its RUN lines do to systemd.

use serde_json::{Map, Value, json};

use super::reader::Line;
use crate::pattern::Pattern;
use crate::snapshot::{Facts, key};

/// Instructions, also after the step numbers of the classic builder or of BuildKit.
static INSTRUCTION: Pattern = Pattern::new(
    r"^(?:Step \d+(?:/\d+)? ?: |#\d+ \[[^\]]*\] )?(?P<word>FROM|RUN|CMD|ENTRYPOINT|ENV|VOLUME|STOPSIGNAL|USER|COPY|ADD|ARG|WORKDIR|EXPOSE|LABEL|SHELL|HEALTHCHECK|MAINTAINER|ONBUILD) +(?P<rest>\S.*)$",
);
/// Packages that contain the manager.
static INSTALLS: Pattern = Pattern::with_one_of(
    &["systemd"],
    r"\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|zypper|pacman|tdnf)\b[^;&|]*\b(?:install|-S\w*|in)\b[^;&|]*\bsystemd(?:-sysv)?\b",
);
/// The default target.
static DEFAULT: Pattern =
    Pattern::with_one_of(&["set-default"], r"\bsystemctl +set-default +(?P<unit>[\w@.-]+)");

/// An image as a Dockerfile describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dockerfile {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// Base image.
    pub base: Option<String>,
    /// What it sets, in the form of inspect's `Config`.
    pub config: Map<String, Value>,
    /// Facts about its RUN lines.
    pub facts: Facts,
}

/// Returns the Dockerfiles of a page: runs of instructions with nothing else between them.
#[must_use]
pub fn files(lines: &[Line]) -> Vec<Dockerfile> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (instructions, used) = block(&lines[at..]);
        let whole = instructions.len() >= 2
            || instructions.iter().any(|(word, rest)| word == "FROM" && from(rest).is_some());
        if whole {
            found.push(file(&instructions, lines[at].number, lines[at + used - 1].number));
        }
        at += used.max(1);
    }
    found
}

/// Returns the instructions from the first line on, and the number of lines that they take.
fn block(lines: &[Line]) -> (Vec<(String, String)>, usize) {
    let mut instructions = Vec::new();
    let mut at = 0;
    let mut end = 0;
    while let Some(line) = lines.get(at) {
        let text = line.command().trim();
        if let Some(captures) = may_instruct(text).then(|| INSTRUCTION.captures(text)).flatten() {
            let (rest, used) = continued(&captures["rest"], &lines[at + 1..]);
            instructions.push((captures["word"].to_owned(), rest));
            at += 1 + used;
            end = at;
        } else if !instructions.is_empty() && (text.is_empty() || line.text.trim_start().starts_with('#')) {
            at += 1;
        } else {
            break;
        }
    }
    (instructions, end)
}

/// Returns whether a line may begin with an instruction; a quick way to say no.
fn may_instruct(text: &str) -> bool {
    matches!(text.as_bytes(), [b'#', ..] | [b'S', b't', b'e', b'p', ..] | [b'A'..=b'Z', b'A'..=b'Z', ..])
}

fn continued(first: &str, rest: &[Line]) -> (String, usize) {
    let mut text = first.trim_end().to_owned();
    let mut used = 0;
    while text.ends_with('\\')
        && let Some(line) = rest.get(used)
    {
        used += 1;
        let next = line.text.trim();
        // Comments may stand between continuation lines.
        if !next.starts_with('#') {
            text.pop();
            text.push(' ');
            text.push_str(next);
        }
    }
    (text, used)
}

fn file(instructions: &[(String, String)], line: u64, last: u64) -> Dockerfile {
    let mut file = Dockerfile { line, last, base: None, config: Map::new(), facts: Facts::default() };
    for (word, rest) in instructions {
        match word.as_str() {
            "FROM" => {
                file.config.clear();
                file.base = from(rest).or(file.base);
            }
            "ENV" => append(&mut file.config, "Env", env(rest)),
            "VOLUME" => {
                let paths =
                    json_words(rest).unwrap_or_else(|| rest.split_whitespace().map(str::to_owned).collect());
                let entry = file.config.entry("Volumes").or_insert_with(|| json!({}));
                for path in paths {
                    entry[path] = json!({});
                }
            }
            "STOPSIGNAL" => put(&mut file.config, "StopSignal", json!(rest.trim())),
            "USER" => put(&mut file.config, "User", json!(rest.trim())),
            "CMD" => put(&mut file.config, "Cmd", json!(command(rest))),
            "ENTRYPOINT" => {
                put(&mut file.config, "Entrypoint", json!(command(rest)));
                // A new entrypoint resets the base image's command.
                file.config.entry("Cmd").or_insert(Value::Null);
            }
            "RUN" => run(rest, &mut file.facts),
            _ => {}
        }
    }
    file
}

/// Returns the image of FROM, without platform and stage name.
fn from(rest: &str) -> Option<String> {
    let image = rest.split_whitespace().find(|word| !word.starts_with("--"))?;
    let fits = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '$' | '{' | '}')
    };
    image.chars().all(fits).then(|| image.to_owned())
}

fn put(config: &mut Map<String, Value>, key: &str, value: Value) {
    config.insert(key.to_owned(), value);
}

fn append(config: &mut Map<String, Value>, key: &str, values: Vec<String>) {
    if let Value::Array(list) = config.entry(key).or_insert_with(|| json!([])) {
        list.extend(values.into_iter().map(Value::String));
    }
}

/// Returns the settings of `ENV a=b c="d e"` and of the old form `ENV a b`.
fn env(rest: &str) -> Vec<String> {
    let words = shlex::split(rest).unwrap_or_default();
    match words.split_first() {
        Some((first, others)) if !first.contains('=') => vec![format!("{first}={}", others.join(" "))],
        _ => words.into_iter().filter(|word| word.contains('=')).collect(),
    }
}

fn json_words(rest: &str) -> Option<Vec<String>> {
    serde_json::from_str(rest.trim()).ok()
}

/// Returns the words of a command: the exec form as it is, the shell form with its shell.
fn command(rest: &str) -> Vec<String> {
    json_words(rest).unwrap_or_else(|| ["/bin/sh", "-c", rest.trim()].map(str::to_owned).to_vec())
}

fn run(rest: &str, facts: &mut Facts) {
    if INSTALLS.is_match(rest) {
        facts.set(key::GUEST_SYSTEMD_INSTALLED, true, "Dockerfile: RUN");
    }
    if let Some(captures) = DEFAULT.captures(rest) {
        facts.set(key::GUEST_DEFAULT_TARGET, &captures["unit"], "Dockerfile: RUN");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Dockerfile> {
        let lines = Line::all(text);
        files(&lines)
    }

    #[test]
    fn instructions_become_the_image_s_configuration() {
        let text = "Here it is:\nFROM debian:12 AS base\nENV container=docker A=\"b c\"\nRUN apt-get \
            update \\\n  # why\n  && apt-get install -y systemd systemd-sysv\n\n\
                    STOPSIGNAL SIGRTMIN+3\nVOLUME [\"/sys/fs/cgroup\", \"/run\"]\nRUN systemctl set-default \
            multi-user.target\nENTRYPOINT [\"/sbin/init\"]\nand then\n";
        let file = &found(text)[0];
        assert_eq!((file.base.as_deref(), file.line, file.last), (Some("debian:12"), 2, 11));
        assert_eq!(file.config["Env"], json!(["container=docker", "A=b c"]));
        assert_eq!(file.config["Volumes"], json!({"/sys/fs/cgroup": {}, "/run": {}}));
        assert_eq!(
            (&file.config["Entrypoint"], &file.config["StopSignal"]),
            (&json!(["/sbin/init"]), &json!("SIGRTMIN+3"))
        );
        assert_eq!(file.facts.get(key::GUEST_SYSTEMD_INSTALLED), Some(true));
        assert_eq!(file.facts.get(key::GUEST_DEFAULT_TARGET), Some("multi-user.target"));
    }

    #[test]
    fn the_shell_form_runs_a_shell() {
        let file = &found("FROM x\nCMD /sbin/init\n")[0];
        assert_eq!(file.config["Cmd"], json!(["/bin/sh", "-c", "/sbin/init"]));
    }

    #[test]
    fn sentences_are_no_dockerfiles() {
        assert!(found("FROM what I can see it fails, see below\nUSER error, sorry? no.\n").len() <= 1);
        assert!(found("RUN systemctl daemon-reload\n").is_empty());
    }
}
