//! What the container starts: systemd itself, something that leads to it, or something else.
//!
//! Pure: words and script texts in, an answer out. Shell scripts are only skimmed for the commands that they
//! run; what cannot be determined stays unknown.

pub use crate::snapshot::vocabulary::Wrapper;
use std::path::Path;

use crate::snapshot::{Facts, key};

/// How a container gets to systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What runs between the engine and systemd.
    pub wrapper: Wrapper,
    /// The init that is reached, as written; `None` if none is.
    pub init: Option<String>,
    /// Whether the wrapper replaces itself with the init; `None` if unknown.
    pub execs: Option<bool>,
    /// Arguments that init receives.
    pub init_arguments: Vec<String>,
    /// A script of the image that would have to be read to know more.
    pub script: Option<String>,
}

impl Program {
    /// Records how the container gets to systemd.
    pub fn facts(&self, facts: &mut Facts) {
        let source = "container inspect: Config.Entrypoint, Config.Cmd and the scripts they name";
        facts.set(key::CONTAINER_RUNS_SYSTEMD, self.init.is_some(), source);
        facts.set(key::CONTAINER_WRAPPER, self.wrapper, source);
        if let Some(execs) = self.execs {
            facts.set(key::CONTAINER_WRAPPER_EXECS, execs, source);
        }
        facts.set(key::CONTAINER_INIT_ARGUMENTS, self.init_arguments.clone(), source);
    }
}

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"];
const SUPERVISORS: [&str; 8] = [
    "tini",
    "tini-static",
    "dumb-init",
    "docker-init",
    "catatonit",
    "podman-init",
    "s6-svscan",
    "supervisord",
];
/// Words that run the rest of their line as a command.
const PREFIXES: [&str; 9] = ["sudo", "nohup", "time", "env", "nice", "setsid", "command", "builtin", "gosu"];

/// Returns whether a word is the path or name of an init that is systemd on the usual distributions.
pub fn is_init(word: &str) -> bool {
    let path = Path::new(word);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::to_str).unwrap_or_default();
    match name {
        "systemd" => folder.is_empty() || folder.ends_with("systemd") || folder.ends_with("bin"),
        "init" => folder.is_empty() || folder.ends_with("sbin"),
        _ => false,
    }
}

/// Returns whether a word that names no program may have been meant as an init: one typing error away from
/// one, or at a wrong path.
#[must_use]
pub fn resembles_init(word: &str) -> bool {
    let path = Path::new(word);
    let name = basename(word).to_ascii_lowercase();
    let folder = path.parent().and_then(Path::to_str).unwrap_or_default();
    let of_system = folder.is_empty() || ["bin", "sbin", "systemd"].iter().any(|part| folder.ends_with(part));
    let near = |init: &str, slips: usize| strsim::osa_distance(&name, init) <= slips;
    matches!(name.as_str(), "init" | "systemd") || of_system && (near("init", 1) || near("systemd", 2))
}

fn basename(word: &str) -> &str {
    Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or(word)
}

/// Analyses the words of a command line; `sh` is what /bin/sh resolves to, if that is known.
#[must_use]
pub fn of_argv(argv: &[String], sh: Option<&str>) -> Program {
    let none =
        Program { wrapper: Wrapper::None, init: None, execs: None, init_arguments: Vec::new(), script: None };
    let mut words = argv;
    let mut supervised = false;
    let behind =
        |rest: &'_ [String], skipped: fn(&str) -> bool| rest.iter().take_while(|word| skipped(word)).count();
    let program = loop {
        let Some((first, rest)) = words.split_first() else { break none };
        if is_init(first) {
            break Program { init: Some(first.clone()), init_arguments: rest.to_vec(), ..none };
        } else if SUPERVISORS.contains(&basename(first)) {
            supervised = true;
            words = &rest[behind(rest, |word| word.starts_with('-'))..];
        } else if PREFIXES.contains(&basename(first)) {
            words = &rest[behind(rest, |word| word.starts_with('-') || word.contains('='))..];
        } else if SHELLS.contains(&basename(first)) {
            break of_shell(first, rest, sh);
        } else {
            let script = first.contains('/').then(|| first.clone());
            break Program {
                wrapper: if script.is_some() { Wrapper::Script } else { Wrapper::None },
                script,
                ..none
            };
        }
    };
    if supervised { Program { wrapper: Wrapper::Supervisor, execs: Some(false), ..program } } else { program }
}

fn of_shell(shell: &str, rest: &[String], sh: Option<&str>) -> Program {
    let last = match (basename(shell), sh) {
        ("sh", shell) => shell.map(replaces_itself),
        (shell, _) => Some(replaces_itself(shell)),
    };
    let mut words = rest.iter();
    let none = Program {
        wrapper: Wrapper::Shell,
        init: None,
        execs: None,
        init_arguments: Vec::new(),
        script: None,
    };
    while let Some(word) = words.next() {
        if word.starts_with('-') && !word.starts_with("--") && word.contains('c') {
            let Some(text) = words.next() else { return none };
            let arguments: Vec<String> = words.skip(1).cloned().collect();
            return Program {
                wrapper: Wrapper::Shell,
                ..of_script_text(text, &arguments, ScriptPlace::Inline { last })
            };
        }
        if word.starts_with('-') {
            continue;
        }
        if basename(shell) == "busybox" && SHELLS.contains(&word.as_str()) {
            continue;
        }
        return Program { wrapper: Wrapper::Script, script: Some(word.clone()), ..none };
    }
    none
}

/// Returns whether a shell replaces itself with the last command of `-c`: bash does, dash and busybox fork
/// (measured on dash 0.5.12).
fn replaces_itself(shell: &str) -> bool {
    matches!(basename(shell), "bash" | "zsh" | "ksh")
}

/// Where a shell text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptPlace {
    /// In a file.
    File,
    /// After `-c`; `last` says whether the shell replaces itself with the last command.
    Inline {
        /// `None` if the shell is not known.
        last: Option<bool>,
    },
}

/// Skims a shell text that is called with `arguments`.
#[must_use]
pub fn of_script_text(text: &str, arguments: &[String], place: ScriptPlace) -> Program {
    let commands = commands(text);
    let count = commands.len();
    let mut program = Program {
        wrapper: if place == ScriptPlace::File { Wrapper::Script } else { Wrapper::Shell },
        init: None,
        execs: None,
        init_arguments: Vec::new(),
        script: None,
    };
    for (index, words) in commands.into_iter().enumerate() {
        let (exec, words) = simple_command(words, arguments);
        let Some((first, rest)) = words.split_first() else { continue };
        if is_init(first) {
            program.init = Some(first.clone());
            program.init_arguments = rest.to_vec();
            program.execs = match place {
                ScriptPlace::Inline { last } if !exec && index + 1 == count => last,
                _ => Some(exec),
            };
            return program;
        }
        if program.script.is_none() && first.starts_with('/') && exec {
            program.script = Some(first.clone());
        }
    }
    program
}

/// Returns the simple commands of a shell text, as words. Comments and quotes are honoured; substitutions are
/// left as written.
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pieces = lines.flat_map(|line| split_outside_quotes(line));
    pieces.filter_map(|piece| shlex::split(piece.trim())).filter(|words| !words.is_empty()).collect()
}

/// Splits at `;`, `&&`, `||`, `|` and `&` outside quotes.
#[must_use]
pub fn split_outside_quotes(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ';' | '&' | '|') => {
                pieces.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&line[start..]);
    pieces
}

/// Removes keywords, assignments, redirections and prefixes from a command, and substitutes the arguments for
/// `"$@"`.
fn simple_command(words: Vec<String>, arguments: &[String]) -> (bool, Vec<String>) {
    let mut exec = false;
    let mut rest = Vec::new();
    let mut leading = true;
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if leading {
            match word.as_str() {
                "exec" => {
                    exec = true;
                    // `exec -a NAME` and `exec -l` still run the command that follows.
                    while let Some(option) = words.next_if(|w| w.starts_with('-')) {
                        if option == "-a" {
                            words.next();
                        }
                    }
                    continue;
                }
                "then" | "else" | "do" | "if" | "while" | "!" | "{" | "(" => continue,
                w if PREFIXES.contains(&basename(w)) => continue,
                w if is_assignment(w) || w.starts_with('-') => continue,
                _ => leading = false,
            }
        }
        match word.as_str() {
            "$@" | "$*" | "${@}" | "${@:-}" => rest.extend(arguments.iter().cloned()),
            w if w.starts_with('>') || w.starts_with("2>") || w.starts_with('<') => {}
            _ => rest.push(word),
        }
    }
    (exec, rest)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Program {
        of_argv(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), None)
    }

    #[test]
    fn inits_are_known_by_path() {
        for yes in [
            "/sbin/init",
            "/usr/sbin/init",
            "/lib/systemd/systemd",
            "/usr/lib/systemd/systemd",
            "init",
            "systemd",
        ] {
            assert!(is_init(yes), "{yes}");
        }
        for no in ["/init", "/usr/bin/tini", "/app/init.sh", "/opt/init", "systemd-nspawn", "initdb"] {
            assert!(!is_init(no), "{no}");
        }
    }

    #[test]
    fn a_slip_of_the_keyboard_resembles_an_init() {
        for yes in [
            "/sbin/initt",
            "/sbin/inti",
            "/usr/sbin/ini",
            "/lib/systemd/sytemd",
            "/usr/lib/systemd/systemdd",
            "/bin/init",
            "/usr/init",
            "Init",
        ] {
            assert!(resembles_init(yes), "{yes}");
        }
        for no in
            ["/usr/bin/tini", "/usr/sbin/sshd", "/app/main", "nginx", "sh", "/usr/bin/dumb-init", "systemctl"]
        {
            assert!(!resembles_init(no), "{no}");
        }
    }

    #[test]
    fn direct_commands_hand_over_their_arguments() {
        let program = argv(&["/sbin/init", "--log-level=info"]);
        assert_eq!(
            (program.wrapper, program.init_arguments.as_slice()),
            (Wrapper::None, &["--log-level=info".to_owned()][..])
        );
        assert_eq!(argv(&["sleep", "600"]).init, None);
    }

    #[test]
    fn shells_are_skimmed_for_exec() {
        let program = argv(&["/bin/bash", "-c", "echo preparing; /lib/systemd/systemd; echo done"]);
        assert_eq!(
            (program.wrapper, program.init.as_deref(), program.execs),
            (Wrapper::Shell, Some("/lib/systemd/systemd"), Some(false))
        );
        assert_eq!(argv(&["sh", "-c", "mkdir -p /x && exec /sbin/init --x"]).execs, Some(true));
        assert_eq!(argv(&["sh", "-ec", "/sbin/init"]).execs, None);
        assert_eq!(argv(&["bash", "-c", "true && /sbin/init"]).execs, Some(true));
        assert_eq!(argv(&["dash", "-c", "/sbin/init"]).execs, Some(false));
        let words = ["sh", "-c", "/sbin/init"].map(str::to_owned);
        assert_eq!(of_argv(&words, Some("/usr/bin/dash")).execs, Some(false));
        assert_eq!(argv(&["sh", "-c", "echo 'run; /sbin/init'"]).init, None);
    }

    #[test]
    fn scripts_receive_the_command() {
        let arguments = vec!["/sbin/init".to_owned()];
        let text = "#!/bin/sh\n# exec nothing\nset -e\nif [ -f /x ]; then\n  echo x\nfi\nexec \"$@\"\n";
        let program = of_script_text(text, &arguments, ScriptPlace::File);
        assert_eq!((program.init.as_deref(), program.execs), (Some("/sbin/init"), Some(true)));
        assert_eq!(of_script_text("#!/bin/sh\n\"$@\"\n", &arguments, ScriptPlace::File).execs, Some(false));
        assert_eq!(
            of_script_text("#!/bin/sh\nexec env A=1 /usr/sbin/init\n", &[], ScriptPlace::File).execs,
            Some(true)
        );
        assert_eq!(
            of_script_text("#!/bin/sh\nexec /second.sh\n", &[], ScriptPlace::File).script.as_deref(),
            Some("/second.sh")
        );
    }

    #[test]
    fn small_inits_stand_in_front() {
        let program = argv(&["/usr/bin/tini", "--", "/sbin/init"]);
        assert_eq!((program.wrapper, program.init.as_deref()), (Wrapper::Supervisor, Some("/sbin/init")));
        assert_eq!(argv(&["/entry.sh", "/sbin/init"]).script.as_deref(), Some("/entry.sh"));
        let program = argv(&["env", "A=1", "tini", "-g", "sudo", "-E", "/sbin/init", "--x"]);
        assert_eq!(
            (program.wrapper, program.init_arguments.as_slice()),
            (Wrapper::Supervisor, &["--x".to_owned()][..])
        );
    }

    #[test]
    fn what_stands_in_front_may_be_long() {
        for word in ["tini", "env", "/usr/bin/sudo", "dumb-init"] {
            let mut words = vec![word; 300_000];
            words.push("/sbin/init");
            assert_eq!(argv(&words).init.as_deref(), Some("/sbin/init"), "{word}");
        }
    }
}
