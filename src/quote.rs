//! Shell quoting: turns a word into the text that a POSIX shell reads back as that word, and a file into the
//! commands that write it. The only place where command lines are put together. Must not decide which words
//! are allowed.

use crate::visible::{is_command, is_hidden, visible};

/// A word that no command line can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` cannot be used in a command line: it contains a NUL byte")]
pub struct Unquotable {
    /// The word, as it can be shown.
    word: String,
}

/// Which kind of quotes a word gets if it needs any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Single,
    /// Double quotes, where nothing in the word has a meaning inside them.
    Double,
}

/// Quotes one word, only where it needs quotes. Characters that a terminal would obey, a reader would not see
/// or a workflow would take for a command become escapes of `printf`.
///
/// # Errors
/// [`Unquotable`].
pub fn quoted(word: &str) -> Result<String, Unquotable> {
    in_quotes(word, Quotes::Single)
}

/// Quotes one word of a script that will itself be a quoted word: in double quotes where possible, so that a
/// person can read it.
///
/// # Errors
/// [`Unquotable`].
pub fn quoted_within(word: &str) -> Result<String, Unquotable> {
    in_quotes(word, Quotes::Double)
}

fn in_quotes(word: &str, quotes: Quotes) -> Result<String, Unquotable> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if word.contains('\0') {
        return Err(Unquotable { word: visible(word) });
    }
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return Ok(word.to_owned());
    }
    let unseen = word.chars().any(|c| !matches!(c, '\n' | '\t') && is_hidden(c));
    let commands = word.lines().skip(1).any(is_command) || word.contains("##[");
    Ok(if unseen || commands {
        escaped(word)
    } else if quotes == Quotes::Double && !word.contains(['$', '"', '`', '\\', '!', '\n']) {
        format!("\"{word}\"")
    } else if word.contains('\'') {
        // `try_quote` refuses only NUL.
        shlex::try_quote(word).map_or_else(|_| escaped(word), std::borrow::Cow::into_owned)
    } else {
        format!("'{word}'")
    })
}

/// Returns a command substitution of `printf` that prints the word, with octal escapes (POSIX, file format
/// notation). A substitution drops trailing line breaks, so those are put after it.
fn escaped(word: &str) -> String {
    let body = word.trim_end_matches('\n');
    let mut format = String::new();
    for (index, c) in body.chars().enumerate() {
        match c {
            '%' => format.push_str("%%"),
            '\\' => format.push_str("\\\\"),
            '\n' => format.push_str("\\n"),
            '\t' => format.push_str("\\t"),
            // Characters that end the quotes, that an interactive shell expands, or that a workflow looks
            // for; and a dash that would begin an option.
            '\'' | '!' | '#' => format.push_str(&octal(c)),
            '-' if index == 0 => format.push_str(&octal(c)),
            c if is_hidden(c) => format.push_str(&octal(c)),
            c => format.push(c),
        }
    }
    format!("\"$(printf '{format}'){}\"", &word[body.len()..])
}

fn octal(c: char) -> String {
    c.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect::<Vec<_>>().concat()
}

/// Quotes the words of one command line and joins them.
///
/// # Errors
/// [`Unquotable`] for the first word that a command line cannot carry.
pub fn line(argv: &[String]) -> Result<String, Unquotable> {
    Ok(argv.iter().map(|word| quoted(word)).collect::<Result<Vec<_>, _>>()?.join(" "))
}

/// Returns a command line for a message: a word that no command line can carry is shown with an escape.
pub fn shown(argv: &[impl AsRef<str>]) -> String {
    let one = |word: &str| quoted(word).unwrap_or_else(|error| format!("'{}'", error.word));
    argv.iter().map(|word| one(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// Returns the command lines that write a file. Each line of the file is a quoted word, so that no line of it
/// can end the command; the folder must exist. The command has one line of text for each line of the file.
///
/// # Errors
/// [`Unquotable`] if path or text contain a NUL.
pub fn file(path: &str, text: &str) -> Result<Vec<String>, Unquotable> {
    if path.starts_with('-') {
        return file(&format!("./{path}"), text);
    }
    let path = quoted(path)?;
    let Some((whole, rest)) = text.rsplit_once('\n') else {
        return Ok(vec![format!("printf '%s' {} > {path}", always_quoted(text)?)]);
    };
    let words = whole.split('\n').map(always_quoted).collect::<Result<Vec<_>, _>>()?;
    let mut lines = if let [one] = words.as_slice() {
        vec![format!("printf '%s\\n' {one} > {path}")]
    } else {
        let inner = words.iter().map(|word| format!("  {word} \\"));
        std::iter::once("printf '%s\\n' \\".to_owned()).chain(inner).chain([format!("  > {path}")]).collect()
    };
    if !rest.is_empty() {
        lines.push(format!("printf '%s' {} >> {path}", always_quoted(rest)?));
    }
    Ok(lines)
}

/// Quotes a word even where it needs no quotes, so that the lines of a file look alike.
fn always_quoted(word: &str) -> Result<String, Unquotable> {
    let text = quoted(word)?;
    Ok(if text == word { format!("'{word}'") } else { text })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// Returns what a shell reads from a command line that prints its words.
    fn read_back(words: &[String], quote: impl Fn(&str) -> Result<String, Unquotable>) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| quote(word).unwrap()).collect();
        let script = format!("printf '%s\\0' {}", words.join(" "));
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn each_word_comes_back_from_a_shell() {
        let words = [
            "",
            "a",
            "=x",
            "it's",
            "$(touch x)",
            "`id`",
            "a\nb",
            "a\n::error::b\n\n",
            "\u{1b}[31m",
            "x\u{202e}y",
            "-\u{1b}",
            "%s\u{7}\\n",
            "tab\there",
            "!x\u{9b}",
            "##[group]",
            "'\u{feff}'",
            "\r\n",
            "a\u{7}9",
            "\\",
            "\"\u{2066}$x",
            "é\u{200d}",
        ];
        let words = words.map(str::to_owned);
        assert_eq!(read_back(&words, quoted), words);
        assert_eq!(read_back(&words, quoted_within), words);
    }

    #[test]
    fn nothing_unseen_and_no_command_of_a_workflow_is_left() {
        for word in [
            "\u{1b}]8;;x\u{7}",
            "a\u{202e}",
            "a\n  ::error::b",
            "##[error]x",
            "\u{85}",
            "\u{e0041}",
            "a\n\n##[x]",
        ] {
            let text = quoted(word).unwrap();
            assert!(
                !text.chars().any(|c| c != '\n' && is_hidden(c)) && !text.lines().any(is_command),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_word_with_nul_is_refused_by_name() {
        let said = quoted("a\0; rm").unwrap_err().to_string();
        assert!(said.contains("a\\u{0}; rm"), "{said}");
        assert!(
            line(&["x".to_owned(), "\0".to_owned()]).is_err()
                && file("f", "\0").is_err()
                && file("\0", "").is_err()
        );
        assert_eq!(shown(&["echo", "a\0b"]), "echo 'a\\u{0}b'");
    }

    #[test]
    fn people_can_read_what_is_quoted() {
        let one = |word: &str| quoted(word).unwrap();
        assert_eq!(
            (one("a=b:/c"), one("a b"), one("it's")),
            ("a=b:/c".to_owned(), "'a b'".to_owned(), "\"it's\"".to_owned())
        );
        assert_eq!(quoted_within("{{range .x}}").unwrap(), "\"{{range .x}}\"");
        assert_eq!(
            file("image/Dockerfile", "FROM web\n").unwrap(),
            ["printf '%s\\n' 'FROM web' > image/Dockerfile"]
        );
        let two = file("f", "a\nEND\n").unwrap();
        assert_eq!(two, ["printf '%s\\n' \\", "  'a' \\", "  'END' \\", "  > f"]);
    }

    #[test]
    fn a_file_comes_out_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("f", ""),
            ("f", "\n"),
            ("f", "a"),
            ("f", "a\nb"),
            ("f", "END\nEND\n$(id)\n"),
            ("a b", "\n\nx\n\n"),
            ("-f", "it's\n::error::\n\u{1b}\n"),
            ("; touch pwned; #", "%s\\n\n"),
        ] {
            let script = file(path, text).unwrap().join("\n");
            assert!(
                Command::new("sh")
                    .args(["-c", &script])
                    .current_dir(folder.path())
                    .status()
                    .unwrap()
                    .success(),
                "{script}"
            );
            assert_eq!(std::fs::read_to_string(folder.path().join(path)).unwrap(), text, "{script}");
        }
        assert!(!folder.path().join("pwned").exists());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_words_come_back(words in proptest::collection::vec("[^\0]{0,12}", 1..8)) {
            prop_assert_eq!(&read_back(&words, quoted), &words);
            prop_assert_eq!(&read_back(&words, quoted_within), &words);
        }
    }
}
