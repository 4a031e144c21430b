//! Command lines in a text: prompts, `sudo` and the like removed, continued lines joined, split into words.
//!
//! Lines in, commands with the number of their first line out. Must not know what a command means.

use std::borrow::Cow;

use super::budget::{Attempts, Budget};
use super::engine_cli::EngineCli;
use super::log_line::Line;
use super::shell_prompt::unprompted;
use crate::facts::program::split_outside_quotes;
use crate::pattern::Pattern;

/// Most lines over which one command may be continued.
const CONTINUED: usize = 120;
/// Longest command in bytes: the limit of Linux for one argument (execve(2), `MAX_ARG_STRLEN`).
const COMMAND: usize = 128 * 1024;
/// Words that run the rest of their line.
const PREFIXES: [&str; 12] = [
    "sudo",
    "time",
    "env",
    "nohup",
    "exec",
    "command",
    "doas",
    "nice",
    "winpty",
    "/usr/bin/sudo",
    "/usr/bin/time",
    "+",
];

/// An engine's command that creates a container, anywhere in a line.
static CREATES: Pattern = Pattern::with_one_of(
    &["docker", "podman", "nerdctl"],
    r"\b(?:docker|podman|nerdctl)(?:\.exe)?(?: +-{1,2}[\w-]+(?:[= ]\S+)?){0,6} +(?:container +)?(?:run|create)(?: |$)",
);

/// Where a command line was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On its own line, with or without a prompt.
    Line,
    /// In quotes or backticks.
    Quoted,
    /// Within a sentence: its end is unknown.
    Prose,
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// Its words, without prefixes.
    pub words: Vec<String>,
    /// How it was found.
    pub place: Place,
    /// Whether a prompt preceded it.
    pub prompted: bool,
}

/// Returns a text without its prompt.
fn command_of(text: &str) -> &str {
    &text[unprompted(text).unwrap_or_default()..]
}

/// Returns all command lines of an engine that create a container, and lines after a prompt that begin with
/// an option.
#[must_use]
pub fn commands(lines: &[Line], budget: &mut Budget) -> Vec<Command> {
    let mut found = Vec::new();
    let mut attempts = Attempts::default();
    let mut at = 0;
    while at < lines.len() {
        if !(may_create(&lines[at]) && attempts.may_begin(at)) {
            at += 1;
            continue;
        }
        let Some(Joined { text, lines: used, work }) = joined(&lines[at..], budget) else {
            budget.end_at(lines[at].number, "command lines");
            break;
        };
        let here = of_text(&text, lines[at].number, lines[at + used - 1].number);
        if here.is_empty() {
            attempts.failed(at, used, work);
            at += 1;
        } else {
            at += used;
        }
        found.extend(here);
    }
    if let Some(at) = attempts.passed_over() {
        budget.leave_out(format!(
            "command lines that start inside another one, from line {} \
                on",
            lines[at].number
        ));
    }
    found
}

/// Returns whether a command may begin on a line; a quick way to say no.
fn may_create(line: &Line) -> bool {
    line.is_prompted() || CREATES.may_match(&line.text) || line.text.trim_end().ends_with('\\')
}

/// A line joined with those that continue it.
struct Joined<'l> {
    text: Cow<'l, str>,
    /// Number of lines.
    lines: usize,
    /// Bytes that were examined to find its end.
    work: usize,
}

/// Joins a line with those that continue it; `None` if the budget does not allow it.
fn joined<'l>(lines: &'l [Line], budget: &mut Budget) -> Option<Joined<'l>> {
    let mut text = Cow::Borrowed("");
    let (mut used, mut work) = (0, 0);
    for line in lines.iter().take(CONTINUED) {
        used += 1;
        let part = line.text.trim_end();
        text += part.strip_suffix('\\').unwrap_or(part);
        work += part.len() + 1;
        // Options on separate lines, after a paste that lost the backslashes.
        let next = lines.get(used).map(|line| line.text.trim_start());
        let mut lost = || {
            let open = next.is_some_and(super::run_options::is_known);
            work += if open { text.len() } else { 0 };
            open && ends_open(&text)
        };
        if text.len() > COMMAND || !part.ends_with('\\') && !lost() {
            break;
        }
        text += " ";
    }
    budget.spend(work).then_some(Joined { text, lines: used, work })
}

/// Returns whether a command line has options but no image yet.
fn ends_open(text: &str) -> bool {
    let pieces = words_of(command_of(text));
    let Some(rest) = after_create(&pieces) else { return false };
    super::run_options::sort(rest).rest.is_empty()
}

fn of_text(text: &str, line: u64, last: u64) -> Vec<Command> {
    let inner = command_of(text);
    let prompted = inner.len() < text.len();
    if prompted && super::run_options::is_known(inner) {
        let words = words_of(inner);
        return vec![Command { line, last, words, place: Place::Line, prompted }];
    }
    if !CREATES.is_match(text) {
        return Vec::new();
    }
    let whole: Vec<Command> = split_outside_quotes(inner)
        .into_iter()
        .map(words_of)
        .filter(|words| after_create(words).is_some())
        .map(|words| Command { line, last, words, place: Place::Line, prompted })
        .collect();
    if whole.is_empty() { within(text, line, last).into_iter().collect() } else { whole }
}

/// Returns a command within a sentence: up to its closing quote, or to the end of the line.
fn within(text: &str, line: u64, last: u64) -> Option<Command> {
    let start = CREATES.find(text)?.start;
    let before = text[..start].trim_end_matches(|c: char| !matches!(c, '`' | '"' | '\'')).chars().next_back();
    let direct = text[..start].trim_end().chars().next_back();
    let quote = before
        .filter(|quote| text[..start].matches(*quote).count() % 2 == 1 && text[start..].contains(*quote));
    let rest = &text[start..];
    let (rest, place) = match (quote, direct) {
        (Some(quote), _) => (&rest[..rest.find(quote)?], Place::Quoted),
        // `Running command: docker run …`
        (None, Some(':' | ']')) => (rest, Place::Line),
        (None, _) => (rest, Place::Prose),
    };
    let words = words_of(rest);
    let after = after_create(&words)?;
    let plain =
        place == Place::Prose && !after.first().is_some_and(|word| super::run_options::is_known(word));
    (!plain).then_some(Command { line, last, words, place, prompted: false })
}

/// A command substitution: one word, whatever it is.
static SUBSTITUTION: Pattern = Pattern::new(r"\$\([^()]*\)|`[^`]*`");

/// Returns the words of a simple command without what precedes its program.
fn words_of(text: &str) -> Vec<String> {
    let text = SUBSTITUTION.replace_all(text.trim(), "$SUBSTITUTED");
    let text = text.as_ref();
    let words = shlex::split(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect());
    let mut words: Vec<String> = words.into_iter().collect();
    let mut start = 0;
    while let Some(word) = words.get(start) {
        if PREFIXES.contains(&word.as_str()) || is_assignment(word) {
            start += 1;
            // Options of sudo and similar programs; `-u` and `-g` take a value.
            while let Some(option) = words
                .get(start)
                .filter(|word| start > 0 && word.starts_with('-') && EngineCli::of_word(word).is_none())
            {
                start += if matches!(option.as_str(), "-u" | "-g" | "-n" | "-C") && words.len() > start + 2 {
                    2
                } else {
                    1
                };
            }
        } else {
            break;
        }
    }
    words.split_off(start.min(words.len()))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Returns the words after `run` or `create` of an engine's command.
#[must_use]
pub fn after_create(words: &[String]) -> Option<&[String]> {
    EngineCli::of_word(words.first()?)?;
    let rest = &words[1..];
    let mut rest = &rest[super::run_options::global(rest)..];
    if rest.first().is_some_and(|word| word == "container") {
        rest = &rest[1..];
    }
    matches!(rest.first()?.as_str(), "run" | "create").then(|| &rest[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Command> {
        commands(&Line::all(text), &mut Budget::of(text.len() as u64))
    }

    fn words(text: &str) -> String {
        found(text).first().map(|command| command.words.join(" ")).unwrap_or_default()
    }

    #[test]
    fn prompts_and_prefixes_come_off() {
        for line in [
            "docker run -d img",
            "$ docker run -d img",
            "root@host:~# docker run -d img",
            "[root@host ~]# docker run -d img",
            "user@host:~/src$ sudo docker run -d img",
            "# time sudo -E docker run -d img",
            "$ FOO=1 env BAR=2 docker run -d img",
            "+ docker run -d img",
            "➜  docker run -d img",
            "cd x && docker run -d img && echo ok",
            "Use `docker run -d img` to see it.",
            "Running: docker run -d img",
            "[command]docker run -d img",
        ] {
            assert_eq!(words(line), "docker run -d img", "{line}");
        }
        assert_eq!(
            words("$ /usr/bin/podman --log-level debug container create -t img"),
            "/usr/bin/podman --log-level debug container create -t img"
        );
    }

    #[test]
    fn continued_lines_are_one_command() {
        let text = "$ docker run -d \\\n    --privileged \\\n  -v /a:/b img /sbin/init\nHello";
        let command = &found(text)[0];
        assert_eq!(
            (command.line, command.last, command.words.join(" ").as_str()),
            (1, 3, "docker run -d --privileged -v /a:/b img /sbin/init")
        );
        assert_eq!(
            words("docker run -d\n  --privileged\n  -v /a:/b\n"),
            "docker run -d --privileged -v /a:/b"
        );
    }

    #[test]
    fn sentences_are_no_commands() {
        for line in [
            "If you docker run this image it fails.",
            "See 'docker run --help'.",
            "docker-compose run web",
            "the docker create step failed",
        ] {
            let found = found(line);
            assert!(found.iter().all(|command| command.words.len() <= 3), "{line}: {found:?}");
        }
        assert_eq!(
            found("I start it with docker run --privileged img and then it hangs")[0].place,
            Place::Prose
        );
    }
}
