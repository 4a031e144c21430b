//! Converts text for terminals that support only ASCII: the project's own symbols get their usual
//! replacements, all other non-ASCII characters are escaped. Must not change text that is to be pasted.

use std::fmt::Write as _;

/// Returns the text in ASCII.
#[must_use]
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_ascii() => plain.push(c),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '—' | '–' | '─' | '·' => plain.push('-'),
            '×' | '✗' => plain.push('x'),
            '“' | '”' => plain.push('"'),
            '‘' | '’' => plain.push('\''),
            '│' => plain.push('|'),
            '✓' => plain.push('+'),
            '○' | '●' => plain.push('o'),
            '•' => plain.push('*'),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(plain, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_signs_have_stand_ins_and_the_rest_is_escaped() {
        assert_eq!(ascii("a → b … “c” — ✓ 2×"), "a -> b ... \"c\" - + 2x");
        assert_eq!(ascii("Grüße\n"), "Gr\\u{fc}\\u{df}e\n");
    }
}
