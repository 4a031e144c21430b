//! Secrets in markup and in encoded text: elements, attributes, and the quotes and separators of addresses
//! and of JSON inside JSON.

use std::ops::Range;

use super::delimiters::{bare, blanks, quote, within};

/// Ways to write a quote in addresses, markup and JSON.
const QUOTES: [&str; 8] = ["%22", "%27", "&quot;", "&#34;", "&#39;", "&apos;", "\\u0022", "\\u0027"];
/// Ways to write the separator between a name and its value there.
const SIGNS: [&str; 7] = ["=", ":", "%3D", "%3d", "%3A", "%3a", "&#61;"];

/// Finds the value of `password%3Dvalue`, `%22password%22%3A%22value%22` or `&quot;password&quot;:
/// &quot;value&quot;`.
pub(super) fn encoded(text: &str, at: usize) -> Option<Range<usize>> {
    let start_of = |words: &[&'static str], place: usize| {
        words.iter().find(|word| text[place..].starts_with(**word)).copied()
    };
    let blank = |place: usize| {
        place + text[place..].len()
            - text[place..].trim_start_matches([' ', '+']).trim_start_matches("%20").len()
    };
    let quoted = start_of(&QUOTES, at);
    let sign_at = blank(at + quoted.map_or(0, str::len));
    let place = blank(sign_at + start_of(&SIGNS, sign_at)?.len());
    let is_plain = quoted.is_none() && text[sign_at..].starts_with(['=', ':']);
    let Some(quote) = start_of(&QUOTES, place) else {
        return if is_plain { None } else { bare(text, place) };
    };
    let from = place + quote.len();
    let length = text[from..].find(quote).unwrap_or(text.len() - from);
    (length > 0).then_some(from..from + length)
}

/// Finds the value of `<password>value</password>` or `<password type="plain">value</password>`.
pub(super) fn element(text: &str, start: usize, at: usize) -> Option<Range<usize>> {
    let rest =
        text.get(at..).filter(|rest| text[..start].ends_with(['<', ':']) && rest.starts_with(['>', ' ']))?;
    content(
        text,
        at + rest
            .find(['>', '<', '\n'])
            .filter(|end| rest[*end..].starts_with('>') && !rest[..*end].ends_with('/'))?,
    )
}

/// Returns the content of an element whose tag ends at a place.
fn content(text: &str, end: usize) -> Option<Range<usize>> {
    let length = text[end + 1..].find('<').unwrap_or(text.len() - end - 1);
    (length > 0).then_some(end + 1..end + 1 + length)
}

/// Finds the value of `name="password" value="x"` or `name="password">x</property>`.
pub(super) fn attribute(text: &str, at: usize) -> Option<Range<usize>> {
    let after = at + quote(text, at)?.len();
    if text[after..].starts_with('>') {
        return content(text, after);
    }
    let place = blanks(text.as_bytes(), after);
    let rest = text[place..].strip_prefix("value=")?;
    let value_at = text.len() - rest.len();
    let quote = quote(text, value_at)?;
    within(text, value_at + quote.len(), quote)
}
