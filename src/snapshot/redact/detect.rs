//! Finds the secret places in texts. One automaton searches for the marks of all kinds at once; each mark is
//! examined where it stands, and no part of a text is examined twice for the same kind.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::credential_formats::KeyMatch;
use super::span::SecretSpan;
use super::{address, assignment, command, credential_formats, value};

/// What a mark may introduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Part of a name that may belong to a secret.
    Name,
    /// `scheme://`.
    Address,
    /// `@tcp(`: the end of user and password in data source names of Go drivers.
    Source,
    /// `Bearer `, `Basic `.
    Scheme,
    /// The first line of a PEM block.
    Block,
    /// The well-known prefix of a key.
    Format,
    /// The address of a webhook, whose rest is its key.
    Hook,
    /// The middle of the token of a bot.
    Bot,
    /// A one-time code in the query of an address.
    Query,
    /// `NAME=value` follows.
    Setting,
    /// A program that takes passwords, or an option that takes one.
    Command,
}

const NAMES: [&str; 22] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "cookie",
    "session",
    "sessid",
    "dsn",
    "sig",
    "connectionstring",
    "connection_string",
    "connection-string",
    "pw",
    "_pat",
    "jwt",
    "psk",
    "otp",
    "identified by",
    "identified with",
];
const HOOKS: [&str; 6] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/",
    "api.telegram.org/bot",
];

/// All marks with their kinds.
static MARKS: LazyLock<Vec<(&'static str, Mark)>> = LazyLock::new(|| {
    let all = |words: &[&'static str], mark| words.iter().map(|word| (*word, mark)).collect::<Vec<_>>();
    [
        all(&NAMES, Mark::Name),
        all(&["://"], Mark::Address),
        all(&["@tcp(", "@unix("], Mark::Source),
        all(&["bearer ", "basic "], Mark::Scheme),
        all(&["-----begin "], Mark::Block),
        credential_formats::starts().map(|start| (start, Mark::Format)).collect(),
        all(&HOOKS, Mark::Hook),
        all(&[credential_formats::BOT], Mark::Bot),
        all(&["?code=", "&code="], Mark::Query),
        all(&assignment::SETTINGS, Mark::Setting),
        command::marks().map(|word| (word, Mark::Command)).collect(),
    ]
    .concat()
});

static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(MARKS.iter().map(|(word, _)| word)).ok()
});

/// Returns the secret places of a text in the order of their marks; they may overlap.
pub(super) fn spans(text: &str) -> Vec<SecretSpan> {
    let mut spans = detected(text).spans;
    spans.retain(|span| text.get(span.range.clone()).is_some_and(|value| !value::is_plain(value)));
    spans
}

/// Returns how many bytes were examined because of the marks in a text, for tests: examining a stretch again
/// for each of its marks would show here.
#[cfg(test)]
pub(super) fn work(text: &str) -> usize {
    detected(text).looked_at
}

/// Returns a place that lies within a character, for tests: nothing would be masked there.
#[cfg(test)]
pub(super) fn split_character(text: &str) -> Option<Range<usize>> {
    detected(text).spans.into_iter().map(|span| span.range).find(|range| text.get(range.clone()).is_none())
}

fn detected(text: &str) -> Detector {
    let mut found = Detector::default();
    let Some(automaton) = AUTOMATON.as_ref() else {
        found.spans.push(SecretSpan::hidden(0..text.len()));
        return found;
    };
    for hit in automaton.find_overlapping_iter(text) {
        let (word, kind) = MARKS[hit.pattern().as_usize()];
        found.look(text, hit.start()..hit.end(), word, kind);
    }
    if found.is_command {
        found.spans.extend(command::in_text(text));
    }
    found.spans.extend(block(text));
    found
}

#[derive(Default)]
struct Detector {
    spans: Vec<SecretSpan>,
    /// Where the examined text of each kind of mark ends.
    done: [usize; Mark::Command as usize + 1],
    /// Where the text ends in which no key of a format begins.
    barren: BTreeMap<&'static str, usize>,
    is_command: bool,
    /// Bytes from each examined mark to the end of what it introduces.
    looked_at: usize,
}

impl Detector {
    fn look(&mut self, text: &str, mark: Range<usize>, word: &'static str, kind: Mark) {
        if mark.start < self.done[kind as usize]
            || kind == Mark::Format && self.barren.get(word).is_some_and(|end| mark.start < *end)
        {
            return;
        }
        let (mut spans, mut end) = (Vec::new(), 0);
        match kind {
            Mark::Name => {
                let seen = assignment::named(text, &mark);
                (spans, end) = (seen.spans, seen.end);
                self.is_command |= seen.is_flag;
            }
            Mark::Address => (spans, end) = address::userinfo(text, &mark),
            Mark::Block => spans.push(credential_formats::pem(text, mark.start)),
            Mark::Source => spans.extend(address::source(text, &mark)),
            Mark::Scheme => spans.extend(credential_formats::scheme(text, &mark)),
            Mark::Format => match credential_formats::known(text, &mark) {
                KeyMatch::Key(span) => spans.push(span),
                KeyMatch::NoneBefore(end) => {
                    self.barren.insert(word, end);
                    self.looked_at += end - mark.start;
                }
                KeyMatch::Nothing => {}
            },
            Mark::Hook => spans.extend(credential_formats::hook(text, &mark)),
            Mark::Bot => spans.extend(credential_formats::bot(text, &mark)),
            Mark::Query => spans.extend(address::code(text, &mark)),
            Mark::Setting => spans = assignment::settings(text, &mark),
            Mark::Command => self.is_command = true,
        }
        let end = spans.iter().map(|span| span.range.end).max().unwrap_or_default().max(end);
        self.looked_at += end.max(mark.end) - mark.start;
        self.done[kind as usize] = end;
        self.spans.extend(spans);
    }
}

/// Returns a line of a key: nothing but base64 after the prefix of the log.
fn block(text: &str) -> Option<SecretSpan> {
    let last =
        text.trim_end().rsplit(char::is_whitespace).next().filter(|last| value::is_base64_block(last))?;
    let start = text.trim_end().len() - last.len();
    Some(SecretSpan::secret(start..start + last.len()))
}

/// Returns which lines of a log are inside a PEM block.
pub(super) fn in_blocks<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<Option<Range<usize>>> {
    let mut is_within = false;
    let body = |line: &str| {
        let last = line.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let start = line.trim_end().len() - last.len();
        (last.len() >= 4 && last.bytes().all(is_base64)).then_some(start..start + last.len())
    };
    let place = |line: &str| {
        let begins = line.contains("-----BEGIN ");
        let ends = line.contains("-----END ");
        let place = if is_within && !begins && !ends { body(line) } else { None };
        // Headers of a block, such as Proc-Type, precede its body.
        let goes_on =
            place.is_some() || line.trim().is_empty() || line.contains(": ") || line.contains("DEK-Info");
        is_within = !ends && (begins || is_within && goes_on);
        place
    };
    lines.map(place).collect()
}
