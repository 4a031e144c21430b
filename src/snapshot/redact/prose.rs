//! Secrets that follow a blank only: `PASSWORD 'x'` in SQL, `password x` in netrc, and in sentences.

use std::ops::Range;

use super::delimiters::{bare, blanks, quote, within};
use super::{name, value};

/// Longest name of a plugin between `IDENTIFIED WITH` and `BY`.
const PLUGIN: usize = 64;

/// Finds the value of `PASSWORD 'value'` and `IDENTIFIED BY 'value'` in SQL, `login me password value` in
/// netrc, `password is value`, `db_password value`.
pub(super) fn spoken(text: &str, start: usize, at: usize, name: &str, sql: bool) -> Option<Range<usize>> {
    let lower = name.to_ascii_lowercase();
    let is_told = ["password", "passwd", "passphrase", "requirepass", "masterauth"].contains(&lower.as_str());
    let is_compound = name::is_compound(name) && !name.starts_with('-') && !name::is_of_file(name);
    let mut value_at = blanks(text.as_bytes(), at);
    if value_at == at || !(sql || is_told || is_compound) {
        return None;
    }
    if sql
        && let Some(by) =
            text[at..].char_indices().take(PLUGIN).find_map(|(by, _)| is_by(&text[at + by..]).then_some(by))
    {
        value_at = at + by + " by ".len();
    }
    if let Some(quote) = quote(text, value_at).filter(|quote| !quote.ends_with('`') && (sql || !is_compound))
    {
        return within(text, value_at + quote.len(), quote);
    }
    if let Some(range) = generated(text, value_at) {
        return Some(range);
    }
    let rest = &text[value_at..];
    let said = ["is: ", "is ", "to "]
        .iter()
        .find(|word| rest.starts_with(**word))
        .map_or(value_at, |word| value_at + word.len());
    let range = bare(text, said)?;
    let head = &text[..start];
    let is_netrc = head.trim_end().rsplit(' ').nth(1) == Some("login");
    let is_setting = is_netrc || lower == "requirepass" || lower == "masterauth";
    (is_setting && said == value_at
        || value::is_opaque(text[range.clone()].trim_end_matches(['.', ',', ';'])))
    .then_some(range)
}

fn is_by(text: &str) -> bool {
    text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(" by "))
}

/// Returns the password that `MySQL` generates on its first start: `A temporary password is generated for
/// root@localhost: value`.
fn generated(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("is generated for ")?;
    let account = rest.split_once(": ")?.0;
    let from = text.len() - rest.len() + account.len() + 2;
    let length = text[from..].find(char::is_whitespace).unwrap_or(text.len() - from);
    (!account.contains(' ') && length > 0).then_some(from..from + length)
}
