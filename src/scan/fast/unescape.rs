//! A quick view of a raw line, as reading will turn it into text, as far as needles are concerned: escape
//! sequences, control characters and JSON escapes removed.
//!
//! If the line, once read, contains a needle, then so does the raw line or its view, or the line is marked as
//! one that has to be read. The view guarantees nothing else; the real text comes from
//! [`clean`](crate::scan::clean) and from the intake.

/// The escape character.
const ESC: u8 = 0x1b;

/// Returns whether reading may change a byte.
#[must_use]
pub fn is_odd(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\n') || byte == b'\\' || byte >= 0x7f
}

/// Returns the first place at or after `from` with a byte that reading may change.
#[must_use]
pub fn find_odd(text: &[u8], from: usize) -> Option<usize> {
    const AT_ONCE: usize = 64;
    let mut at = from;
    while let Some(block) = text.get(at..at + AT_ONCE) {
        // Written so that the compiler vectorises it.
        if block.iter().fold(false, |odd, byte| odd | is_odd(*byte)) {
            break;
        }
        at += AT_ONCE;
    }
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let odd = odd_of_eight(u64::from_le_bytes(*eight));
        if odd != 0 {
            return Some(at + odd.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    text.get(at..)?.iter().position(|byte| is_odd(*byte)).map(|place| at + place)
}

/// Sets the highest bit of each odd byte. No sum carries into the next byte.
fn odd_of_eight(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7f * ONES;
    let differs = |byte: u8| {
        let other = bytes ^ (u64::from(byte) * ONES);
        ((other & LOW) + LOW) | other
    };
    let from_blank = (bytes & LOW) + (0x80 - 0x20) * ONES;
    let delete = (bytes & LOW) + ONES;
    ((!from_blank & differs(b'\n')) | !differs(b'\\') | delete | bytes) & !LOW
}

/// The result of rendering a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendered {
    /// Its view was appended.
    Plainly,
    /// It contains something that the view cannot follow: the line has to be read.
    NotFollowed,
}

/// Appends the view of a line without its newline.
pub fn render(line: &[u8], view: &mut Vec<u8>) -> Rendered {
    let mut rest = line;
    loop {
        let end = find_odd(rest, 0).unwrap_or(rest.len());
        view.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
        let Some((first, behind)) = rest.split_first() else { return Rendered::Plainly };
        let left = match *first {
            ESC => escape(behind),
            b'\t' | b'\r' => {
                view.push(b' ');
                Some(behind)
            }
            b'\\' => written_out(behind, view),
            0x80.. => text(rest, view),
            _ => Some(behind),
        };
        match left {
            Some(left) => rest = left,
            None => return Rendered::NotFollowed,
        }
    }
}

/// Returns what follows an escape sequence; `None` for one that is not of a usual form.
fn escape(behind: &[u8]) -> Option<&[u8]> {
    match behind {
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|byte| !(0x20..0x40).contains(byte))?;
            (0x40..0x7f).contains(&rest[end]).then(|| &rest[end + 1..])
        }
        [b']', rest @ ..] => {
            let end = rest.iter().position(|byte| !(0x20..0x7f).contains(byte))?;
            match &rest[end..] {
                [0x07, left @ ..] | [ESC, b'\\', left @ ..] => Some(left),
                _ => None,
            }
        }
        [b'\\', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Appends the character that an escape stands for; returns what follows it.
fn written_out<'t>(behind: &'t [u8], view: &mut Vec<u8>) -> Option<&'t [u8]> {
    let mut push = |byte: u8, rest: &'t [u8]| {
        view.push(byte);
        Some(rest)
    };
    match behind {
        [b'n' | b'r' | b't', rest @ ..] => push(b' ', rest),
        [byte @ (b'"' | b'/'), rest @ ..] => push(*byte, rest),
        [b'u', b'0', b'0', b'1', b'b' | b'B', rest @ ..] => written_escape(rest),
        [b'u', b'0', b'0', high @ b'2'..=b'7', low, rest @ ..] => {
            push(hexadecimal(*high)? << 4 | hexadecimal(*low)?, rest)
        }
        _ => None,
    }
}

/// Returns what follows an escape sequence whose escape character is written as `\u001b`. Only sequences
/// without a backslash in them are followed, since JSON escapes that one too.
fn written_escape(behind: &[u8]) -> Option<&[u8]> {
    match behind {
        [b'[', ..] => escape(behind),
        _ => None,
    }
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Appends a character outside ASCII, unless reading may drop it; returns what follows it.
fn text<'t>(rest: &'t [u8], view: &mut Vec<u8>) -> Option<&'t [u8]> {
    let length = match rest[0] {
        0xc3..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let character = rest.get(..length).filter(|bytes| std::str::from_utf8(bytes).is_ok())?;
    // The zero-width and direction marks are in the first two ranges, the byte order mark in the third.
    if matches!(
        character,
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae] | [0xe2, 0x81, 0xa6..=0xa9] | [0xef, 0xbb, 0xbf]
    ) {
        return None;
    }
    view.extend_from_slice(character);
    Some(&rest[length..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::clean;

    fn seen(line: &[u8]) -> Option<String> {
        let mut view = Vec::new();
        let rendered = render(line, &mut view);
        (rendered == Rendered::Plainly).then(|| String::from_utf8_lossy(&view).into_owned())
    }

    #[test]
    fn colours_titles_and_json_are_seen_through() {
        for (line, view) in [
            (&b"\x1b[0;1;31mFailed\x1b[0m to \x1b[0;1;39mmount\x1b[0m"[..], "Failed to mount"),
            (b"\x1b]3008;start=abc;x=y\x1b\\[\x1b[0;1;38:5:185m!!\x1b[0m] Failed", "[!!] Failed"),
            (b"\x1b]0;title\x07Fai\x00led", "Failed"),
            (
                br#"{"log":"\u001b[0;31mFailed to \"mount\"\u001b[0m\r\n"}"#,
                r#"{"log":"Failed to "mount"  "}"#,
            ),
            ("● unit… Fehler".as_bytes(), "● unit… Fehler"),
            (br"\u003cFailed\u003e", "<Failed>"),
        ] {
            assert_eq!(seen(line).as_deref(), Some(view));
        }
    }

    #[test]
    fn what_it_cannot_follow_is_reported() {
        for line in [
            &b"\x1b(Bx"[..],
            b"\x1b[0",
            b"\x1b]0;title",
            b"a\xff",
            "a\u{200b}b".as_bytes(),
            br"a\\b",
            br"\u00e9",
            br"\u0007",
        ] {
            assert_eq!(seen(line), None, "{line:?}");
        }
    }

    #[test]
    fn odd_bytes_are_found_wherever_they_are() {
        for at in 0..200 {
            let mut text = vec![b'x'; 200];
            text[at] = ESC;
            assert_eq!((find_odd(&text, 0), find_odd(&text, at + 1)), (Some(at), None));
        }
        for byte in 0..=u8::MAX {
            for place in 0..9 {
                let mut text = *b"a\nb c\nd\ne";
                text[place] = byte;
                assert_eq!(find_odd(&text, 0), is_odd(byte).then_some(place), "{byte} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_odd_byte_is_found(text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(0x0b), Just(0x1f), Just(b' '), any::<u8>()], 0..100), from in 0usize..101) {
            let plain = text.get(from..).and_then(|rest| rest.iter().position(|byte| is_odd(*byte))).map(|place| from + place);
            prop_assert_eq!(find_odd(&text, from), plain);
        }

        /// The text of a line, without white space at its ends, is what its view shows.
        #[test]
        fn the_view_is_what_is_read(parts in proptest::collection::vec(prop_oneof![
            Just(b"\x1b[1m".to_vec()), Just(b"\x1b]0;t\x07".to_vec()), Just(b"\t".to_vec()), Just(b"\x01".to_vec()),
            Just("…".as_bytes().to_vec()), "[ -\\[\\]-~]{0,6}".prop_map(String::into_bytes)], 0..8)) {
            let line = parts.concat();
            if let Some(view) = seen(&line) {
                prop_assert_eq!(view.trim_end(), clean(&line));
            }
        }
    }
}
