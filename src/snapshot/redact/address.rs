//! Passwords in addresses: `scheme://user:password@host`, also if the password contains `/` or `@`, and
//! `user:password@tcp(host)`.

use std::ops::Range;

use super::span::SecretSpan;
use super::value;

/// Longest address that is examined, in bytes.
const LONGEST: usize = 8192;

/// Returns the password of an address after its `://`, and where the address ends.
pub(super) fn userinfo(text: &str, mark: &Range<usize>) -> (Vec<SecretSpan>, usize) {
    let rest = &text[mark.end..];
    let quoted = |sign: char| {
        sign.is_whitespace() || sign.is_control() || matches!(sign, '"' | '\'' | '`' | '<' | '>' | '\\')
    };
    let end = rest
        .char_indices()
        .find(|(place, sign)| quoted(*sign) || *place > LONGEST)
        .map_or(rest.len(), |(place, _)| place);
    let end = rest[..end]
        .find("://")
        .map_or(end, |next| rest[..next].rfind([',', ';', '|', '=', '&', ' ']).unwrap_or(next));
    let (address, start) = (&rest[..end], mark.end);
    let spans = password(address)
        .into_iter()
        .map(|range| SecretSpan::secret(start + range.start..start + range.end))
        .collect();
    (spans, start + end)
}

fn password(address: &str) -> Option<Range<usize>> {
    let authority = address.find(['/', '?', '#']).unwrap_or(address.len());
    let colon = address[..authority].find(':');
    let at = last_at(address, authority)?;
    let Some(colon) = colon.filter(|colon| *colon < at) else {
        // A key instead of a user's name.
        return (at < authority && value::is_opaque(&address[..at])).then_some(0..at);
    };
    // `host:8080/path@2` has no password.
    let is_port = at > authority && address[colon + 1..authority].bytes().all(|byte| byte.is_ascii_digit());
    (!is_port && colon + 1 < at).then_some(colon + 1..at)
}

/// Returns the `@` that ends user and password: the last one before a query, since a password may contain it
/// too.
fn last_at(address: &str, authority: usize) -> Option<usize> {
    let in_authority = address[..authority].contains('@');
    let query = address
        .find('?')
        .filter(|query| in_authority || address[..*query].contains('@'))
        .unwrap_or(address.len());
    let head = &address[..query];
    let last = head.rfind('@')?;
    // In a path after a complete authority, `@` does not follow a user.
    let host = head[..authority.min(head.len())].rsplit('@').next().unwrap_or_default();
    let is_whole = in_authority && authority < head.len() && host.contains('.') && !host.ends_with('.');
    if is_whole { head[..authority].rfind('@') } else { Some(last) }
}

/// Returns the code after `?code=`, as OAuth passes one on (RFC 6749, section 4.1.2); a number, such as that
/// of an error, is none.
pub(super) fn code(text: &str, mark: &Range<usize>) -> Option<SecretSpan> {
    let rest = &text[mark.end..];
    let is_sign = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'/' | b'+')
    };
    let length = rest.bytes().take_while(|byte| is_sign(*byte)).count();
    let code = rest.get(..length)?;
    let is_number = code.len() < 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    (!code.is_empty() && !is_number).then(|| SecretSpan::secret(mark.end..mark.end + length))
}

/// Returns the password before `@tcp(`.
pub(super) fn source(text: &str, mark: &Range<usize>) -> Option<SecretSpan> {
    let head = &text[..mark.start];
    // Longest user and password that are examined.
    let from =
        (0..=mark.start.saturating_sub(512)).rev().find(|at| head.is_char_boundary(*at)).unwrap_or_default();
    let start = from
        + head[from..]
            .rfind(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '=' | '`'))
            .map_or(0, |place| place + 1);
    let colon = head.get(start..)?.find(':')?;
    Some(SecretSpan::secret(start + colon + 1..mark.start))
}
