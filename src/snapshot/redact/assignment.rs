//! Values with names: `DB_PASSWORD=x`, `"password": "x"` at any depth of escapes, `<password>x</password>`,
//! headers, and the `NAME=value` of environments, build arguments and labels.

use std::ops::Range;

use super::delimiters::{NAME_LIMIT, bare, blanks, is_name, quote, within};
use super::span::SecretSpan;
use super::{allowlist, markup, name, prose, value};

/// Words that precede `NAME=value`; `ENV`, `ARG` and `LABEL` are Dockerfile instructions.
pub(super) const SETTINGS: [&str; 8] =
    ["systemd.setenv=", "environment=", "label=", "env ", "arg ", "label ", "set_credential=", "credential:"];
/// Most settings that are read after one such word.
const MOST: usize = 1000;

/// The result of examining a mark in a name.
pub(super) struct NameMatch {
    pub spans: Vec<SecretSpan>,
    /// Where the examined text ends.
    pub end: usize,
    /// Whether it is an option whose value is the next word.
    pub is_flag: bool,
}

/// Examines the name around a mark and what follows it.
pub(super) fn named(text: &str, mark: &Range<usize>) -> NameMatch {
    let bytes = text.as_bytes();
    let start = (mark.start.saturating_sub(NAME_LIMIT)..mark.start)
        .rev()
        .take_while(|at| is_name(bytes[*at]))
        .last()
        .unwrap_or(mark.start);
    let rest = bytes.get(mark.end..).unwrap_or_default();
    let length = rest.iter().take(NAME_LIMIT).take_while(|byte| is_name(**byte)).count();
    let end = mark.end + length;
    let nothing = |end| NameMatch { spans: Vec::new(), end, is_flag: false };
    let Some(word) = text.get(start..end) else { return nothing(mark.end) };
    if word.starts_with("secret-") && text[..start].ends_with('<') && text[end..].starts_with('>') {
        // The whole word is a token.
        return nothing(end);
    }
    if let Some(span) = header(text, start, end, word) {
        return NameMatch {
            end: span.iter().map(|span| span.range.end).max().unwrap_or(end),
            spans: span,
            is_flag: false,
        };
    }
    let bare = word.trim_end_matches(['.', '-']);
    let of_words = bare.eq_ignore_ascii_case("key")
        && before(text, start).is_some_and(|before| name::is_secret(&format!("{before}_key")));
    let sql =
        text.get(start..mark.end).is_some_and(|word| word.to_ascii_lowercase().starts_with("identified "));
    if !(name::is_secret(bare) || of_words || sql) {
        return nothing(end);
    }
    let at = start + bare.len();
    let is_flag = bare.starts_with('-')
        && bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\'));
    let found = following(text, start, at, bare)
        .or_else(|| markup::encoded(text, at))
        .or_else(|| markup::element(text, start, at))
        .or_else(|| markup::attribute(text, at))
        .or_else(|| prose::spoken(text, start, at, bare, sql));
    let end = found.as_ref().map_or(end, |range| range.end.max(end));
    NameMatch { spans: found.into_iter().flat_map(|range| trimmed(text, range)).collect(), end, is_flag }
}

/// Returns the word before a place, separated by one blank.
fn before(text: &str, at: usize) -> Option<&str> {
    let head = text.get(..at)?.strip_suffix([' ', '-', '_'])?;
    let word = head.rsplit(|sign: char| !sign.is_ascii_alphanumeric()).next()?;
    ["api", "access", "secret", "private", "encryption", "account", "master", "license", "signing", "auth"]
        .contains(&word.to_ascii_lowercase().as_str())
        .then_some(word)
}

/// Returns a value, and also the value without the full stop that ends a sentence.
fn trimmed(text: &str, range: Range<usize>) -> Vec<SecretSpan> {
    let whole = text.get(range.clone()).unwrap_or_default();
    let shorter = whole.trim_end_matches(['.', ',', ';', ':', ')', '!', '?']);
    let mut spans = vec![SecretSpan::secret(range.clone())];
    if !shorter.is_empty() && shorter.len() < whole.len() {
        spans.push(SecretSpan::secret(range.start..range.start + shorter.len()));
    }
    spans
}

/// Finds the value in `name = value`, `name: value` or `"name": "value"`.
fn following(text: &str, start: usize, at: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let quoted = quote(text, at);
    let mut place = quoted.map_or(at, |quote| at + quote.len());
    if quoted.is_some() && bytes.get(place) == Some(&b']') {
        place += 1;
    }
    place = blanks(bytes, place);
    let rest = text.get(place..)?;
    let sign = ["=>", ":=", "==", "=", ":"].iter().find(|sign| rest.starts_with(**sign))?;
    let (after, is_colon) = (place + sign.len(), *sign == ":");
    if is_colon && (bytes.get(after) == Some(&b':') || text[after..].starts_with("//")) {
        return None;
    }
    let value_at = blanks(bytes, after);
    if let Some(quote) = quote(text, value_at) {
        return within(text, value_at + quote.len(), quote);
    }
    let range = bare(text, value_at)?;
    // A volume with such a name: `secrets:/run/secrets:ro`.
    if is_colon && value_at == after && quoted.is_none() && is_plain_path(&text[range.clone()]) {
        return None;
    }
    // In `"/run/systemd/ask-password": Too many open files` the name ends a path, and the quote belongs to
    // the path.
    let ends_path = text[..start].ends_with('/');
    let is_named = name::is_compound(name) && !name::is_of_file(name);
    let is_prose = is_colon && value_at > after && (ends_path || quoted.is_none() && !is_named);
    let bare = text[range.clone()].trim_end_matches(['.', ',', ';', ')']);
    let is_plain = name::is_count(name, bare) || name::is_verdict(name, bare);
    (!is_plain && (!is_prose || is_told(text, &range, begins_line(text, start)))).then_some(range)
}

/// Returns whether a name begins a line, as in a list of settings.
fn begins_line(text: &str, start: usize) -> bool {
    let head = text[..start].trim_end_matches([' ', '\t', '-', '{', ',']);
    head.is_empty() || head.ends_with('\n')
}

/// Returns whether a value is a path without any random-looking part.
fn is_plain_path(value: &str) -> bool {
    value.starts_with('/') && !value.split(['/', ':']).any(value::is_opaque)
}

/// Returns whether the text after `password: ` in a sentence is a value, rather than the next word of the
/// sentence or the system's message for an error.
fn is_told(text: &str, range: &Range<usize>, is_setting: bool) -> bool {
    let value = text[range.clone()].trim_end_matches(['.', ',', ';', ')']);
    let plain_path = is_plain_path(value);
    let is_word = value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'\''));
    if !is_word && !plain_path {
        return true;
    }
    let rest = text[range.end..].lines().next().unwrap_or_default();
    let ends = rest.trim_matches(['"', '\'', ' ', '.', ')', '}']).is_empty();
    ends && (is_setting || is_word && !value.starts_with(|sign: char| sign.is_ascii_uppercase()))
}

/// Finds the credentials of `Authorization: …` and `Cookie: …`: everything except the scheme.
fn header(text: &str, start: usize, end: usize, word: &str) -> Option<Vec<SecretSpan>> {
    let lower = word.to_ascii_lowercase();
    let is_cookie = lower == "cookie" || lower == "set-cookie";
    if !is_cookie && !lower.ends_with("authorization") {
        return None;
    }
    let rest = text.get(end..)?;
    let colon = rest.trim_start_matches(['"', '\'', '\\']).trim_start().strip_prefix(':')?;
    let opening = &rest[..rest.len() - colon.len()];
    let at = blanks(text.as_bytes(), end + opening.len());
    let own = quote(text, at);
    let at = at + own.map_or(0, str::len);
    let enclosing = own.or_else(|| enclosing_quote(text, start));
    let line = text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length);
    let until = match enclosing {
        Some(quote) => text[at..line].find(quote).map_or(line, |length| at + length),
        None => line,
    };
    let until = at + text[at..until].trim_end_matches(['\\', ' ']).len();
    if until <= at {
        return None;
    }
    let scheme = text[at..until]
        .find(' ')
        .filter(|length| !is_cookie && text[at..at + length].bytes().all(|byte| byte.is_ascii_alphabetic()));
    let from = scheme.map_or(at, |length| blanks(text.as_bytes(), at + length));
    let mut spans = vec![SecretSpan::secret(from..until)];
    let mut place = from;
    for part in text[from..until].split([';', ',']) {
        if let Some((key, value)) = part.split_once('=').filter(|(_, value)| value.len() > 5) {
            spans.push(SecretSpan::secret(
                place + key.len() + 1..place + key.len() + 1 + value.trim_end().len(),
            ));
        }
        place += part.len() + 1;
    }
    Some(spans)
}

fn enclosing_quote(text: &str, start: usize) -> Option<&str> {
    let head = &text[..start];
    let quote = head.char_indices().next_back().filter(|(_, sign)| matches!(sign, '"' | '\'' | '`'))?.0;
    let slashes = head[..quote].len() - head[..quote].trim_end_matches('\\').len();
    head.get(quote - slashes..)
}

/// Values of `label=` as a security option (docker-run(1)).
const SELINUX: [&str; 7] = ["disable", "nested", "user:", "role:", "type:", "level:", "filetype:"];

/// Returns the values of the settings after a word, except those whose names are allowed.
pub(super) fn settings(text: &str, mark: &Range<usize>) -> Vec<SecretSpan> {
    let word = &text[mark.clone()];
    let free = text[..mark.start]
        .chars()
        .next_back()
        .is_none_or(|sign| !sign.is_ascii_alphanumeric() && sign != '-' && sign != '_' && sign != '.');
    let is_instruction = word.ends_with(' ');
    // In `--security-opt label=level:s0` the label belongs to SELinux.
    let is_selinux = word.eq_ignore_ascii_case("label=")
        && SELINUX.iter().any(|option| text[mark.end..].starts_with(option));
    if !free || is_selinux || is_instruction && word.to_ascii_uppercase() != word {
        return Vec::new();
    }
    let allowed =
        if word.to_ascii_lowercase().starts_with("label") { allowlist::label } else { allowlist::variable };
    let line = text[mark.end..].find('\n').map_or(text.len(), |length| mark.end + length);
    if is_instruction && let Some(span) = blank_separated(text, mark.end, line, word) {
        return vec![span];
    }
    let mut spans = Vec::new();
    let mut at = mark.end;
    for _ in 0..MOST {
        at = blanks(text.as_bytes(), at);
        let Some((span, end)) = setting(text, at, line, allowed) else { break };
        spans.extend(span);
        at = end.max(at + 1);
        if at >= line {
            break;
        }
    }
    spans
}

/// Finds the value of `ENV NAME value`, on a single line.
fn blank_separated(text: &str, at: usize, line: usize, word: &str) -> Option<SecretSpan> {
    let at = blanks(text.as_bytes(), at);
    let rest = text.get(at..line)?;
    let length = rest.bytes().take_while(|byte| is_name(*byte)).count();
    let value = rest[length..]
        .strip_prefix(' ')
        .filter(|value| length > 0 && word != "ARG " && !value.trim().is_empty())?;
    let range = line - value.len()..line;
    let name = &rest[..length];
    let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        || name::is_secret(name);
    (is_name && !value.starts_with('=')).then(|| pair(name, range, allowlist::variable)).flatten()
}

/// Finds the value of one `NAME=value`, quoted in any way, and where it ends.
fn setting(
    text: &str,
    at: usize,
    line: usize,
    allowed: fn(&str) -> bool,
) -> Option<(Option<SecretSpan>, usize)> {
    let outer = quote(text, at);
    let at = at + outer.map_or(0, str::len);
    let rest = text.get(at..line)?;
    let length = rest.find(['=', ':', ' ', '"', '\'']).filter(|length| *length > 0)?;
    if !rest[length..].starts_with(['=', ':']) {
        return None;
    }
    let value_at = at + length + 1;
    let range = match (quote(text, value_at), outer) {
        (_, Some(outer)) => within(text, value_at, outer)?,
        (Some(inner), None) => within(text, value_at + inner.len(), inner)?,
        (None, None) => {
            value_at
                ..line.min(
                    value_at + text[value_at..line].find([' ', '\t', '"', '\'']).unwrap_or(line - value_at),
                )
        }
    };
    // A quoted value may end on a later line.
    let behind = text.get(range.end..line).unwrap_or_default();
    let end = range.end + behind.bytes().take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\')).count();
    Some((pair(&rest[..length], range, allowed), end))
}

/// Returns what to redact of a named value: a secret everywhere, an allowed one not at all, anything else in
/// place.
pub(super) fn pair(name: &str, value: Range<usize>, allowed: fn(&str) -> bool) -> Option<SecretSpan> {
    if value.is_empty() {
        None
    } else if name::is_secret(name) {
        Some(SecretSpan::secret(value))
    } else {
        (!allowed(name)).then(|| SecretSpan::hidden(value))
    }
}
