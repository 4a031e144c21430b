//! Where a value begins and ends: quotes at any depth of escapes, unquoted values, blanks.

use std::ops::Range;

/// Longest name that is examined, in bytes.
pub(super) const NAME_LIMIT: usize = 200;

/// Returns whether a byte may be part of a setting's name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Returns the quote at a place, with the backslashes that escape it.
pub(super) fn quote(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    rest.as_bytes().get(slashes).filter(|byte| matches!(byte, b'"' | b'\'' | b'`')).map(|_| &rest[..=slashes])
}

/// Returns the range from a place to the quote that closes `opening`: one with as many backslashes or fewer;
/// without one, the whole rest. An empty range is none.
pub(super) fn within(text: &str, at: usize, opening: &str) -> Option<Range<usize>> {
    let (inside, _) = quoted(text, at, opening);
    (!inside.is_empty()).then_some(inside)
}

/// Returns the range between `opening`, which ends at `at`, and the quote that closes it, with the place
/// after that quote. The closing quote may have fewer backslashes than the opening one.
pub(super) fn quoted(text: &str, at: usize, opening: &str) -> (Range<usize>, usize) {
    let sign = opening.bytes().next_back();
    let mut slashes = 0;
    for (place, byte) in text.bytes().enumerate().skip(at) {
        match byte {
            b'\\' => slashes += 1,
            byte if Some(byte) == sign && slashes < opening.len() => return (at..place - slashes, place + 1),
            _ => slashes = 0,
        }
    }
    (at..text.len(), text.len())
}

/// Returns the range of an unquoted value: up to a blank, a quote, or a separator.
pub(super) fn bare(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let ends = |(place, sign): &(usize, char)| {
        let after = &rest[place + sign.len_utf8()..];
        match sign {
            '"' | '\'' | '`' => true,
            '&' | ';' | ',' => is_begun(after),
            ')' | ']' | '}' | '|' => {
                after.is_empty() || after.starts_with([' ', ',', ';', ')', ']', '}', '"', '\'', '|', '\n'])
            }
            '\\' => {
                after.starts_with(['"', '\'']) || after.starts_with(['n', 'r', 't']) && is_begun(&after[1..])
            }
            sign => sign.is_whitespace(),
        }
    };
    let length = rest.char_indices().find(ends).map_or(rest.len(), |(place, _)| place);
    (length > 0).then_some(at..at + length)
}

/// Returns whether a text begins with a blank, a quote, or another name and its value.
fn is_begun(text: &str) -> bool {
    let length = text.bytes().take(NAME_LIMIT).take_while(|byte| is_name(*byte) || *byte == b' ').count();
    text.is_empty()
        || text.starts_with(['"', '\'', '\\'])
        || text.starts_with(char::is_whitespace)
        || length > 0 && text[length..].starts_with(['=', ':', '"'])
}

/// Returns the place after the blanks at `at`.
pub(super) fn blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
