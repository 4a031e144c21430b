//! Credentials recognised by their format, whatever their name: access tokens of well-known services,
//! password hashes, PEM blocks, HTTP credentials.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::delimiters;
use super::span::SecretSpan;

/// Characters in the rest of a key.
#[derive(Debug, Clone, Copy)]
enum Signs {
    /// Hexadecimal digits in lower case.
    Hex,
    /// Letters and digits.
    Plain,
    /// Also `_`.
    Word,
    /// Also `-`.
    Dashed,
    /// Also `.`.
    Dotted,
    /// Those of crypt(3) and similar formats.
    Crypt,
}

impl Signs {
    fn hold(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Plain => byte.is_ascii_alphanumeric(),
            Self::Word => Self::Plain.hold(byte) || byte == b'_',
            Self::Dashed => Self::Word.hold(byte) || byte == b'-',
            Self::Dotted => Self::Dashed.hold(byte) || byte == b'.',
            Self::Crypt => Self::Dotted.hold(byte) || matches!(byte, b'/' | b'$' | b'+' | b'=' | b','),
        }
    }
}

/// Beginning, the least number of signs that follow, and which signs.
const FORMATS: [(&str, usize, Signs); 65] = [
    ("ghp_", 16, Signs::Plain),
    ("gho_", 16, Signs::Plain),
    ("ghu_", 16, Signs::Plain),
    ("ghs_", 16, Signs::Plain),
    ("ghr_", 16, Signs::Plain),
    ("github_pat_", 16, Signs::Word),
    ("glpat-", 12, Signs::Dotted),
    ("gldt-", 12, Signs::Dashed),
    ("glrt-", 12, Signs::Dotted),
    ("glcbt-", 12, Signs::Dashed),
    ("glptt-", 12, Signs::Dashed),
    ("glsa_", 16, Signs::Word),
    ("xoxa-", 8, Signs::Dashed),
    ("xoxb-", 8, Signs::Dashed),
    ("xoxe-", 8, Signs::Dashed),
    ("xoxe.", 8, Signs::Dotted),
    ("xoxo-", 8, Signs::Dashed),
    ("xoxp-", 8, Signs::Dashed),
    ("xoxr-", 8, Signs::Dashed),
    ("xoxs-", 8, Signs::Dashed),
    ("xapp-", 8, Signs::Dashed),
    ("sk_live_", 8, Signs::Word),
    ("sk_test_", 8, Signs::Word),
    ("rk_live_", 8, Signs::Word),
    ("rk_test_", 8, Signs::Word),
    ("whsec_", 8, Signs::Crypt),
    ("sk-", 20, Signs::Dashed),
    ("key-", 32, Signs::Plain),
    ("AIza", 20, Signs::Dashed),
    ("ya29.", 16, Signs::Dotted),
    ("GOCSPX-", 12, Signs::Dashed),
    ("npm_", 16, Signs::Plain),
    ("hf_", 16, Signs::Plain),
    ("hvs.", 8, Signs::Dotted),
    ("hvb.", 8, Signs::Dotted),
    ("hvr.", 8, Signs::Dotted),
    ("SG.", 12, Signs::Dotted),
    ("dckr_pat_", 8, Signs::Dashed),
    ("dckr_oat_", 8, Signs::Dashed),
    ("SWMTKN-1-", 16, Signs::Dashed),
    ("pypi-", 16, Signs::Dashed),
    ("rubygems_", 16, Signs::Plain),
    ("dop_v1_", 16, Signs::Plain),
    ("doo_v1_", 16, Signs::Plain),
    ("shpat_", 16, Signs::Plain),
    ("lin_api_", 16, Signs::Plain),
    ("ATATT", 16, Signs::Crypt),
    ("AGE-SECRET-KEY-1", 16, Signs::Plain),
    ("AKIA", 12, Signs::Plain),
    ("ASIA", 12, Signs::Plain),
    ("SK", 32, Signs::Hex),
    ("eyJ", 12, Signs::Dotted),
    ("$apr1$", 8, Signs::Crypt),
    ("$2a$", 8, Signs::Crypt),
    ("$2b$", 8, Signs::Crypt),
    ("$2y$", 8, Signs::Crypt),
    ("$1$", 8, Signs::Crypt),
    ("$5$", 8, Signs::Crypt),
    ("$6$", 8, Signs::Crypt),
    ("$7$", 8, Signs::Crypt),
    ("$y$", 8, Signs::Crypt),
    ("$argon2", 8, Signs::Crypt),
    ("$pbkdf2", 8, Signs::Crypt),
    ("{SHA}", 8, Signs::Crypt),
    ("{SSHA}", 8, Signs::Crypt),
];

/// Between the number of a Telegram bot and its key, with the key's first letters.
pub(super) const BOT: &str = ":AA";

/// Returns the prefixes.
pub(super) fn starts() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|(start, ..)| *start)
}

/// The result of examining the prefix of a key.
pub(super) enum KeyMatch {
    /// A key.
    Key(SecretSpan),
    /// Not a key, and none with this prefix begins before this place, since the text up to it has been
    /// examined.
    NoneBefore(usize),
    /// Not a key.
    Nothing,
}

/// Returns the key that begins with a prefix.
pub(super) fn known(text: &str, mark: &Range<usize>) -> KeyMatch {
    let format =
        text.get(mark.clone()).and_then(|start| FORMATS.iter().find(|(prefix, ..)| *prefix == start));
    let Some((start, least, signs)) = format else { return KeyMatch::Nothing };
    let is_within = text[..mark.start].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if is_within && !start.starts_with(['$', '{']) {
        return KeyMatch::Nothing;
    }
    let rest = &text.as_bytes()[mark.end..];
    let length = rest.iter().take_while(|byte| signs.hold(**byte)).count();
    let body = &rest[..length];
    let upper = !matches!(*start, "AKIA" | "ASIA")
        || body.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let token = *start != "eyJ" || body.contains(&b'.');
    let mixed = *start != "sk-" || body.iter().any(u8::is_ascii_digit);
    let trimmed =
        text.get(mark.end..mark.end + length).unwrap_or_default().trim_end_matches(['.', ',']).len();
    match trimmed >= *least && token && mixed {
        true if upper => KeyMatch::Key(SecretSpan::secret(mark.start..mark.end + trimmed)),
        true => KeyMatch::Nothing,
        false => KeyMatch::NoneBefore(mark.end + length),
    }
}

/// Returns the key of a webhook: everything after its well-known address.
pub(super) fn hook(text: &str, mark: &Range<usize>) -> Option<SecretSpan> {
    let rest = &text[mark.end..];
    let ends =
        |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '`' | '<' | '>' | '\\' | ')' | '?');
    let length = rest.find(ends).unwrap_or(rest.len());
    (length > 0).then(|| SecretSpan::secret(mark.end..mark.end + length))
}

/// Returns the token of a Telegram bot around its `:AA`: the number of the bot, and 35 signs.
pub(super) fn bot(text: &str, mark: &Range<usize>) -> Option<SecretSpan> {
    const SIGNS: usize = 33;
    let head = &text[..mark.start];
    let number = head.bytes().rev().take(11).take_while(u8::is_ascii_digit).count();
    let is_within = head[..mark.start - number].ends_with(|sign: char| sign.is_ascii_alphanumeric());
    let rest = text.as_bytes().get(mark.end..)?;
    let length = rest.iter().take(SIGNS + 1).take_while(|byte| Signs::Dashed.hold(**byte)).count();
    let is_token = &text[mark.clone()] == BOT && (8..=10).contains(&number) && length == SIGNS;
    (is_token && !is_within).then(|| SecretSpan::secret(mark.start - number..mark.end + length))
}

/// Returns the credentials after `Bearer ` or `Basic ` without a header's name, unless it is prose.
pub(super) fn scheme(text: &str, mark: &Range<usize>) -> Option<SecretSpan> {
    const SHORTEST: usize = 8;
    let range = delimiters::bare(text, mark.end)?;
    let value = text.get(range.clone())?;
    let is_key = if text[mark.clone()].eq_ignore_ascii_case("basic ") {
        STANDARD.decode(value).is_ok_and(|bytes| bytes.contains(&b':'))
    } else {
        value.bytes().any(|byte| byte.is_ascii_digit()) || value.len() > 30
    };
    (value.len() >= SHORTEST && is_key).then(|| SecretSpan::secret(range))
}

/// Returns a PEM block, up to its end or the end of the text.
pub(super) fn pem(text: &str, start: usize) -> SecretSpan {
    let rest = &text[start..];
    let end = rest.find("-----END ").map_or(text.len(), |end| {
        let tail = &rest[end + "-----END ".len()..];
        start
            + end
            + "-----END ".len()
            + tail.find("-----").map_or(tail.len(), |length| length + "-----".len())
    });
    SecretSpan::secret(start..end)
}
