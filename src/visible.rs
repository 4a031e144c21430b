//! Text from outside, made safe for a terminal and for the log of a workflow: names, log lines, facts and
//! messages of a container in, plain text out.

use std::fmt::Write as _;

/// Writes characters that a terminal would obey or a reader would not see as escapes such as `\u{1b}`; a tab
/// becomes a space.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => safe.push(' '),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            _ if is_hidden(c) => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// Returns JSON in which characters that a terminal would obey or a reader would not see are JSON escapes.
/// Outside its strings JSON contains none of them, so the values stay the same.
#[must_use]
pub fn in_json(json: &str) -> String {
    let mut units = [0; 2];
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            c.encode_utf16(&mut units).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    // A workflow looks for this anywhere in a line.
    safe.replace("##[", "\\u0023#[")
}

/// Returns whether a character is a control character, a bidirectional control, zero-width or otherwise
/// invisible, a tag (Unicode TR36, TR9), or not a character at all (XML accepts none of the last).
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns whether a GitHub workflow would obey a line: it begins with `::`, leading blanks aside, or
/// contains `##[`.
#[must_use]
pub fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::") || line.contains("##[")
}

/// Returns the line with the first character of each command escaped, as in `\u{3a}:error::`, so that no
/// workflow obeys it. Colour and link sequences before the text do not count.
#[must_use]
pub fn disarmed(line: &str) -> String {
    let line = line.replace("##[", "\\u{23}#[");
    let words = begin_of_words(&line);
    match line[words..].strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..words]),
        None => line,
    }
}

/// Returns where the text of a line begins, after blanks and escape sequences (ECMA-48: `ESC [ … letter`,
/// `ESC ] … ESC \`).
fn begin_of_words(line: &str) -> usize {
    let mut rest = line.trim_start();
    loop {
        let after = if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
            sequence.split_once(|c: char| c.is_ascii_alphabetic()).map(|(_, after)| after)
        } else {
            rest.strip_prefix("\u{1b}]")
                .and_then(|sequence| sequence.split_once("\u{1b}\\"))
                .map(|(_, after)| after)
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return line.len() - rest.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_shown_not_obeyed() {
        assert_eq!(visible("\u{1b}[31mred\u{7}\u{9b}2J"), "\\u{1b}[31mred\\u{7}\\u{9b}2J");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{feff}"), "a\\u{202e}b\\u{200b}c\\u{feff}");
        assert_eq!(visible("one\ttwo\nthree\r"), "one two\\nthree\\r");
    }

    #[test]
    fn json_has_no_command_of_a_workflow_and_the_same_values() {
        for text in ["##[error]x", "a\\##[group]", "x##[[##[", "\u{202e}##[x"] {
            let json = in_json(&serde_json::json!([text]).to_string());
            assert!(!json.contains("##["), "{json}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), serde_json::json!([text]));
        }
    }

    #[test]
    fn ordinary_text_of_any_language_stays() {
        for text in ["plain", "Füße", "日本語", "emoji 🚀", "•── │"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn no_line_is_a_command_of_a_workflow() {
        for line in [
            "::error::x",
            "  ::set-output name=a::b",
            "\t::warning::",
            "\u{1b}[1;31m::error::x\u{1b}[0m",
            "a ##[error]b",
        ] {
            let shown = disarmed(line);
            assert!(!is_command(&shown) && shown.contains("\\u{"), "{shown}");
        }
        assert_eq!(disarmed("\u{1b}]8;;https://x\u{1b}\\::x"), "\u{1b}]8;;https://x\u{1b}\\\\u{3a}:x");
        for line in ["a::b", "std::fs", ": :", "## [x]", ""] {
            assert_eq!(disarmed(line), line);
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            prop_assert!(visible(&text).chars().all(|c| !is_hidden(c)));
        }
    }
}
