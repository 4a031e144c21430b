//! Finds the secret words of a command, in a list or in a line: those after an option that asks for a secret,
//! passwords that well-known programs take as `-p X`, `-pX` or `-u user:password`, and the settings of `-e`,
//! `--build-arg` and `--label`.

use std::ops::Range;

use super::span::SecretSpan;
use super::{allowlist, assignment, delimiters, name, value};

/// How a program takes a secret.
struct PasswordProgram {
    /// Prefix of its name.
    name: &'static str,
    /// Options with a secret value, separate or attached.
    secret: &'static [&'static str],
    /// Options with the value `user:password`, or with `%` or `,` as the separator.
    login: &'static [&'static str],
    /// Number of words at the end that are secret.
    last: usize,
}

const fn program(
    name: &'static str,
    secret: &'static [&'static str],
    login: &'static [&'static str],
    last: usize,
) -> PasswordProgram {
    PasswordProgram { name, secret, login, last }
}

const PROGRAMS: [PasswordProgram; 33] = [
    program("mysql", &["-p"], &[], 0),
    program("mariadb", &["-p"], &[], 0),
    program("sshpass", &["-p"], &[], 0),
    program("mongo", &["-p"], &[], 0),
    program("login", &["-p"], &[], 0),
    program("ncftp", &["-p"], &[], 0),
    program("useradd", &["-p"], &[], 0),
    program("usermod", &["-p"], &[], 0),
    program("7z", &["-p"], &[], 0),
    program("rar", &["-p", "-hp"], &[], 0),
    program("unrar", &["-p"], &[], 0),
    program("redis-cli", &["-a"], &[], 0),
    program("zip", &["-P"], &[], 0),
    program("unzip", &["-P"], &[], 0),
    program("sqlcmd", &["-P"], &[], 0),
    program("mosquitto_", &["-P"], &[], 0),
    program("ipmitool", &["-P"], &[], 0),
    program("ldap", &["-w"], &[], 0),
    program("cypher-shell", &["-p"], &[], 0),
    program("influx", &["-p"], &[], 0),
    program("kinit", &["-p"], &[], 0),
    program("tigervnc", &["-p"], &[], 0),
    program("curl", &[], &["-u", "-U", "--user", "--proxy-user"], 0),
    program("http", &[], &["-a", "--auth"], 0),
    program("smbclient", &[], &["-U", "--user"], 0),
    program("rpcclient", &[], &["-U", "--user"], 0),
    program("lftp", &[], &["-u", "--user"], 0),
    program("skopeo", &[], &["--creds", "--src-creds", "--dest-creds"], 0),
    program("htpasswd", &[], &[], 1),
    program("rabbitmqctl", &[], &[], 1),
    program("chpasswd", &[], &[], 0),
    program("wpa_passphrase", &[], &[], 1),
    program("openssl", &["-k"], &[], 0),
];

/// Programs with an account as one word: `user/password@database`.
const ACCOUNTS: [&str; 6] = ["sqlplus", "sqlldr", "expdp", "impdp", "rman", "sqlcl"];
/// Commands whose first word that is no option is secret.
const FIRST: [(&str, &str); 1] = [("vault", "login")];
/// Options that name a file with a key in some programs, and a key in others.
const KEYS: [&str; 2] = ["--key", "-key"];

/// Options of any program that are followed by `NAME=value`.
const VARIABLES: [&str; 5] = ["-e", "--env", "--build-arg", "--setenv", "--from-literal"];
const LABELS: [&str; 3] = ["-l", "--label", "--volume-label"];
/// Options of any program before `user:password`.
const LOGINS: [&str; 4] = ["--creds", "--user-password", "--basic-auth", "--proxy-user"];
/// Programs for which `-p` and `-u` mean something else.
const OTHERS: [&str; 10] =
    ["docker", "podman", "nerdctl", "ssh", "scp", "iptables", "mkdir", "ps", "id", "journalctl"];
/// Programs that take the names of secrets stored by them.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// Returns the words that make it worthwhile to examine a line.
pub(super) fn marks() -> impl Iterator<Item = &'static str> {
    let options = [
        " -p",
        " -u",
        "\"-p",
        "\"-u",
        " -e",
        " -l",
        "\"-e",
        "\"-l",
        "stdin",
        "--env",
        "--setenv",
        "--build-arg",
        "--from-literal",
        "--label",
        "--volume-label",
    ];
    let subcommands = ["net use", "vault login"];
    PROGRAMS
        .iter()
        .map(|program| program.name)
        .chain(LOGINS)
        .chain(ACCOUNTS)
        .chain(options)
        .chain(subcommands)
        .chain(KEYS)
}

/// Returns the secret places of a line that may contain a command.
pub(super) fn in_text(text: &str) -> Vec<SecretSpan> {
    let ranges = words(text);
    let all: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
    let moved = |(word, span): (usize, SecretSpan)| {
        let start = ranges[word].start;
        let mut end = start + span.range.end;
        // A separator of commands is not part of the last word, unless it is quoted.
        let is_quoted = text[end..].starts_with(['"', '\'', '`', '\\']);
        if end == ranges[word].end && !is_quoted {
            let shorter = text[..end].trim_end_matches([';', '&', '|']).len();
            end = if shorter > start + span.range.start { shorter } else { end };
        }
        SecretSpan { range: start + span.range.start..end, scope: span.scope }
    };
    in_words(&all).into_iter().map(moved).collect()
}

/// Returns the secret places in words, each with the index of its word.
pub(super) fn in_words(words: &[&str]) -> Vec<(usize, SecretSpan)> {
    let mut found = Vec::new();
    let mut running = Running::default();
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).map_or("", |before| words[before]);
        // A word that ends with a shell separator still belongs to the command before it.
        if !is_end(word) || word.len() <= 2 {
            running.meet(word, before);
        }
        let span =
            running.after(before, word).or_else(|| running.attached(word)).or_else(|| whole(before, word));
        let span = span.or_else(|| key(before, word)).or_else(|| positional(words, place));
        found.extend(span.map(|span| (place, span)));
        if running.program.is_some_and(|program| program.last > 0)
            && words.get(place + 1).is_none_or(|next| is_end(next))
            && !is_end(word)
        {
            found.push((place, SecretSpan::secret(0..word.len())));
        }
        if *word == "chpasswd" {
            found.extend(fed(words, place));
        }
        if matches!(*word, "--password-stdin" | "--passphrase-stdin" | "--stdin") {
            found.extend(piped(words, place));
        }
        if is_end(word) {
            running = Running::default();
        }
    }
    found
}

/// The program whose words are being read.
#[derive(Default, Clone, Copy)]
struct Running {
    program: Option<&'static PasswordProgram>,
    is_other: bool,
    /// Whether it is an engine, whose `--secret` names a stored secret.
    is_engine: bool,
}

impl Running {
    fn meet(&mut self, word: &str, before: &str) {
        let base = word.rsplit('/').next().unwrap_or_default();
        if is_end(word) {
            *self = Self::default();
        } else if !word.starts_with('-') && !before.starts_with("-p") {
            let fits = |program: &&PasswordProgram| {
                base.starts_with(program.name)
                    && base.len() <= program.name.len() + 12
                    && (program.name != "login" || !before.is_empty())
            };
            if let Some(program) = PROGRAMS.iter().find(fits) {
                *self = Self { program: Some(program), is_other: false, ..*self };
            } else if OTHERS.contains(&base) {
                let is_engine = self.is_engine || ENGINES.contains(&base);
                *self = Self { program: None, is_other: true, is_engine };
            }
        }
    }

    /// Returns the secret place of a word after an option.
    fn after(self, option: &str, word: &str) -> Option<SecretSpan> {
        let whole = || SecretSpan::secret(0..word.len());
        if word.is_empty() || !option.starts_with('-') {
            return None;
        }
        if VARIABLES.contains(&option) || LABELS.contains(&option) {
            return setting(word, 0, option);
        }
        if word.starts_with('-') || option == "--secret" && self.is_engine {
            return None;
        }
        if !option.contains('=') && name::is_secret(option) {
            return Some(whole());
        }
        let asks = |options: &[&str]| options.contains(&option);
        if self.program.is_some_and(|program| asks(program.secret)) {
            return Some(whole());
        }
        // Of several letters after one dash, the last one takes the value.
        let last = option.rfind(|sign: char| sign.is_ascii_alphabetic()).map_or("", |last| &option[last..]);
        let is_last = option.len() > 2 && !option.starts_with("--");
        let asks_last =
            |options: &[&str]| is_last && options.iter().any(|asked| asked.strip_prefix('-') == Some(last));
        if self.program.is_some_and(|program| asks(program.login) || asks_last(program.login))
            || LOGINS.contains(&option)
        {
            return login(word, 0);
        }
        match option {
            "-p" if !self.is_other && value::is_opaque(word) => Some(whole()),
            "-u" if !self.is_other => login(word, 0).filter(|span| !is_number(&word[span.range.clone()])),
            _ => None,
        }
    }

    /// Returns the secret place of an option with its value attached: `-psecret`, `--env=NAME=value`.
    fn attached(self, word: &str) -> Option<SecretSpan> {
        if let Some((option, rest)) = word.split_once('=').filter(|(option, _)| option.starts_with("--")) {
            let at = option.len() + 1;
            if VARIABLES.contains(&option) || LABELS.contains(&option) {
                return setting(rest, at, option);
            }
            let asks = self.program.is_some_and(|program| program.login.contains(&option))
                || LOGINS.contains(&option);
            return if asks { login(rest, at) } else { None };
        }
        if let Some(program) = self.program {
            let is_long = word.starts_with("--");
            let option = program
                .secret
                .iter()
                .chain(program.login)
                .find(|option| !is_long && word.len() > option.len() && word.starts_with(**option))?;
            return if program.secret.contains(option) {
                Some(SecretSpan::secret(option.len()..word.len()))
            } else {
                login(&word[option.len()..], option.len())
            };
        }
        if let Some(rest) = word
            .strip_prefix("-e")
            .filter(|rest| self.is_other && rest.contains('=') && !rest.starts_with('='))
        {
            return setting(rest, 2, "-e");
        }
        let value = word.strip_prefix("-p").filter(|value| !self.is_other && value::is_opaque(value))?;
        Some(SecretSpan::secret(word.len() - value.len()..word.len()))
    }
}

/// Returns the value of a word `NAME=value`, which may contain blanks; a script is not such a word.
fn whole(before: &str, word: &str) -> Option<SecretSpan> {
    let is_script = before.starts_with('-') && !before.starts_with("--") && before.ends_with('c');
    let (name, value) = word.split_once('=').filter(|_| !is_script && !word.contains('\n'))?;
    name::is_secret(name).then(|| SecretSpan::secret(word.len() - value.len()..word.len()))
}

/// Returns the key in `--key=value` or `--key value`, unless it is the name of a file or a number.
fn key(before: &str, word: &str) -> Option<SecretSpan> {
    const SHORTEST: usize = 6;
    let value = if KEYS.contains(&before) {
        word
    } else {
        word.split_once('=').filter(|(option, _)| KEYS.contains(option))?.1
    };
    let is_key = value.len() >= SHORTEST
        && !value.starts_with('-')
        && !value.contains(['/', '.', ','])
        && value.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && !is_number(value);
    is_key.then(|| SecretSpan::secret(word.len() - value.len()..word.len()))
}

/// Returns the secret of a word that only its place among the words makes one.
fn positional(words: &[&str], place: usize) -> Option<SecretSpan> {
    let word = words[place];
    if word.starts_with('-') || is_end(word) {
        return None;
    }
    let begin = words[..place].iter().rposition(|word| is_end(word)).map_or(0, |end| end + 1);
    // Looking far back for each word would cost the square of their number.
    let before = &words[begin.max(place.saturating_sub(6))..place];
    let is_program =
        |word: &str, names: &[&str]| names.contains(&word.rsplit('/').next().unwrap_or_default());
    if before.iter().any(|word| is_program(word, &ACCOUNTS)) {
        return account(word);
    }
    let options = before.iter().rev().take_while(|word| word.starts_with('-')).count();
    if let [.., program, subcommand] = &before[..before.len() - options]
        && FIRST.iter().any(|(name, second)| second == subcommand && is_program(program, &[name]))
        && !word.contains('=')
    {
        return Some(SecretSpan::secret(0..word.len()));
    }
    // `net use Z: \\host\share password /user:me`.
    let is_share = before.last().is_some_and(|word| word.starts_with("\\\\"));
    let is_use = before.windows(2).any(|two| is_program(two[0], &["net", "net.exe"]) && two[1] == "use");
    (is_share && is_use && !word.starts_with('/')).then(|| SecretSpan::secret(0..word.len()))
}

/// Returns the password of `user/password@database`.
fn account(word: &str) -> Option<SecretSpan> {
    let start = word.find('/').filter(|slash| *slash > 0)? + 1;
    let end = word[start..].rfind('@').map_or(word.len(), |at| start + at);
    let is_path = word.starts_with(['.', '@', '~']) || word[start..end].contains('/');
    (!is_path && end > start).then(|| SecretSpan::secret(start..end))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the value of `NAME=value`.
fn setting(word: &str, at: usize, option: &str) -> Option<SecretSpan> {
    let (name, value) = word.split_once('=')?;
    let allowed = if LABELS.contains(&option) { allowlist::label } else { allowlist::variable };
    let start = at + name.len() + 1;
    assignment::pair(name, start..start + value.len(), allowed)
}

/// Returns the password of `user:password`.
fn login(word: &str, at: usize) -> Option<SecretSpan> {
    let place = word.find([':', '%', ','])?;
    (place + 1 < word.len()).then(|| SecretSpan::secret(at + place + 1..at + word.len()))
}

/// Returns the password in the input of `chpasswd`: `echo root:password | chpasswd`.
fn fed(words: &[&str], place: usize) -> Option<(usize, SecretSpan)> {
    let (before, word) =
        words[..place].iter().enumerate().rev().take(6).find(|(_, word)| word.contains(':'))?;
    login(word, 0).map(|span| (before, span))
}

/// Returns the last word before the pipe into a command that reads a password: `echo password | docker login
/// --password-stdin`.
fn piped(words: &[&str], place: usize) -> Option<(usize, SecretSpan)> {
    let pipe = words[..place].iter().rposition(|word| *word == "|")?;
    let says = words[..pipe].iter().rposition(|word| is_end(word)).map_or(0, |end| end + 1);
    let is_said = words[says..pipe].iter().any(|word| word.ends_with("echo") || word.ends_with("printf"));
    let word = pipe.checked_sub(1).filter(|word| is_said && !words[*word].ends_with("echo"))?;
    Some((word, SecretSpan::secret(0..words[word].len())))
}

fn is_end(word: &str) -> bool {
    matches!(word, "|" | "||" | "&&" | ";" | "&") || word.ends_with(';')
}

/// Returns the words of a line, without quotes around them.
fn words(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let between = bytes[at].is_ascii_whitespace()
            || matches!(bytes[at], b'[' | b']' | b',' | b'{' | b'}' | b'(' | b')');
        if between {
            at += 1;
        } else if let Some(quote) = delimiters::quote(text, at) {
            let (inside, after) = delimiters::quoted(text, at + quote.len(), quote);
            at = after;
            found.push(inside);
        } else {
            let end = word_end(text, at);
            found.push(at..end);
            at = end;
        }
    }
    found
}

/// Returns the end of an unquoted word; quotes inside it protect blanks.
fn word_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
        if let Some(quote) = delimiters::quote(text, at) {
            if !text[start..at].contains('=') {
                return at.max(start + 1);
            }
            (_, at) = delimiters::quoted(text, at + quote.len(), quote);
        } else {
            at += 1;
        }
    }
    at.min(text.len())
}
