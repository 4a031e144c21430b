//! The options of `run` and `create` as the CLIs of Docker, Podman and nerdctl define them: names and whether
//! they take a value.
//!
//! Words are parsed by the rules of pflag, which all three use. Must not know what an option means.

use super::run_option_table::{GLOBAL_VALUED, LETTERS, SWITCHES, VALUED};

/// An option as it was given: its long name and its value, `true` for a switch.
pub type Given = (&'static str, String);

/// The words after `run`, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Options in their order.
    pub options: Vec<Given>,
    /// Options that no CLI defines.
    pub unknown: Vec<String>,
    /// The image and what follows it.
    pub rest: Vec<String>,
}

/// Returns how many words before the subcommand are options of the program itself.
#[must_use]
pub fn global(words: &[String]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += if GLOBAL_VALUED.contains(&word.as_str()) { 2 } else { 1 };
    }
    at.min(words.len())
}

/// Returns whether a text begins with an option of `run`.
#[must_use]
pub fn is_known(text: &str) -> bool {
    let Some(word) = text.split_whitespace().next() else { return false };
    let long = |name: &str| find(name.split('=').next().unwrap_or(name)).is_some();
    match word.strip_prefix("--") {
        Some(name) => long(name),
        None => word
            .strip_prefix('-')
            .and_then(|letters| letters.chars().next())
            .is_some_and(|letter| letter_name(letter).is_some()),
    }
}

/// Sorts the words after `run` into options, image and command, as pflag does without interspersed arguments.
#[must_use]
pub fn sort(words: &[String]) -> Words {
    let mut sorted = Words::default();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-') && word.len() > 1) {
        if word == "--" {
            break;
        }
        match word.strip_prefix("--").or_else(|| single_dash_long(word)) {
            Some(long) => long_option(long, &mut words, &mut sorted),
            None => letters(&word[1..], &mut words, &mut sorted),
        }
    }
    sorted.rest = words.cloned().collect();
    sorted
}

/// Returns the name in `-privileged`, as very old clients and some tools write it.
fn single_dash_long(word: &str) -> Option<&str> {
    let long = word.strip_prefix('-')?;
    (long.len() > 3 && find(long.split('=').next()?).is_some()).then_some(long)
}

type Rest<'w> = std::iter::Peekable<std::slice::Iter<'w, String>>;

fn long_option(long: &str, words: &mut Rest<'_>, sorted: &mut Words) {
    let (name, value) =
        long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
    match (find(name), value) {
        (Some((name, _)), Some(value)) => sorted.options.push((name, value)),
        (Some((name, true)), None) => sorted.options.push((name, words.next().cloned().unwrap_or_default())),
        (Some((name, false)), None) => sorted.options.push((name, "true".to_owned())),
        (None, value) => {
            sorted.unknown.push(format!("--{name}"));
            // An option of the program itself in the wrong place keeps its value.
            if value.is_none() && GLOBAL_VALUED.contains(&format!("--{name}").as_str()) {
                words.next();
            }
        }
    }
}

fn letters(letters: &str, words: &mut Rest<'_>, sorted: &mut Words) {
    for (at, letter) in letters.char_indices() {
        let Some(name) = letter_name(letter) else {
            sorted.unknown.push(format!("-{letter}"));
            return;
        };
        if VALUED.contains(&name) {
            let attached = letters[at + letter.len_utf8()..].trim_start_matches('=');
            let value = if attached.is_empty() {
                words.next().cloned().unwrap_or_default()
            } else {
                attached.to_owned()
            };
            sorted.options.push((name, value));
            return;
        }
        sorted.options.push((name, "true".to_owned()));
    }
}

fn letter_name(letter: char) -> Option<&'static str> {
    LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name)
}

/// Returns the table's name of an option and whether it takes a value.
fn find(name: &str) -> Option<(&'static str, bool)> {
    let of = |table: &'static [&'static str]| table.iter().find(|known| **known == name).copied();
    of(VALUED).map(|name| (name, true)).or_else(|| of(SWITCHES).map(|name| (name, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(line: &str) -> Words {
        sort(&shlex::split(line).unwrap())
    }

    #[test]
    fn letters_join_and_take_values() {
        let words = sorted("-itd -eA=1 -e B=2 -v/a:/b:ro --name=web --rm=false centos:7 /sbin/init -x");
        let given: Vec<_> = words.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            given,
            [
                "interactive=true",
                "tty=true",
                "detach=true",
                "env=A=1",
                "env=B=2",
                "volume=/a:/b:ro",
                "name=web",
                "rm=false"
            ]
        );
        assert_eq!(words.rest, ["centos:7", "/sbin/init", "-x"]);
    }

    #[test]
    fn what_no_cli_has_is_named() {
        let words = sorted("--frobnicate --cgroup-manager systemd -Z image");
        assert_eq!(
            (words.unknown.as_slice(), words.rest.as_slice()),
            (
                &["--frobnicate".to_owned(), "--cgroup-manager".to_owned(), "-Z".to_owned()][..],
                &["image".to_owned()][..]
            )
        );
    }

    #[test]
    fn options_of_the_program_come_before_its_command() {
        let words = shlex::split("--cgroup-manager systemd --log-level=debug run -t x").unwrap();
        assert_eq!(words[global(&words)], "run");
    }

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<_> = VALUED.iter().chain(SWITCHES).collect();
        names.sort();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(LETTERS.iter().all(|(_, name)| find(name).is_some()));
    }
}
