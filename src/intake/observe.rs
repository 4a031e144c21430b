//! Command output in a text: exit codes, the states that systemctl prints, versions, what systemd says about
//! its guest.
//!
//! Lines in, facts with the number of their line out. A fact is taken only from a form that has no other
//! meaning.

use super::reader::Line;
use crate::facts::{distribution, guest_systemd_version};
use crate::pattern::{Captures, Group, Pattern};
use crate::snapshot::vocabulary::{BusState, CgroupMode, CgroupNamespace, ContainerStatus, ManagerState};
use crate::snapshot::{Facts, key};

/// Lines after a command within which its answer must be.
const ANSWER: usize = 3;

/// Facts of one place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Number of the line.
    pub line: u64,
    /// Name of the container that the line is about, if it gives one.
    pub about: Option<String>,
    /// What it says.
    pub facts: Facts,
}

/// `Exited (137) 2 minutes ago` of `docker ps`.
static PS_EXITED: Pattern = Pattern::with_one_of(&["Exited ("], r"\bExited \((?P<code>\d{1,3})\) ");
/// `web-1 exited with code 255` of compose.
static COMPOSE_EXITED: Pattern = Pattern::with_one_of(
    &[" exited with code "],
    r"^\S+ exited with code (?P<code>\d{1,3})(?: \(restarting\))?$",
);
/// Other messages about the container itself.
static CONTAINER_EXITED: Pattern = Pattern::with_one_of(
    &["xit", "XIT", "topped", "TOPPED", "erminated", "ERMINATED"],
    r"\b(?:[Cc]ontainer|CONTAINER)\b.{0,80}\b(?:[Ee]xit(?:ed|s)?|EXIT(?:ED|S)?|[Ss]topped|STOPPED|[Tt]erminated|TERMINATED)\b.{0,24}\b(?:[Cc]ode|CODE|[Ss]tatus|STATUS):? ?\(?(?P<code>\d{1,3})\b",
);
/// `Up 3 minutes` of `docker ps`, in a column of its own.
static PS_UP: Pattern = Pattern::with_one_of(&["  Up "], r" {2,}Up (?:\d+|About|Less) .{0,30}");
/// `State: degraded` of `systemctl status`.
static STATE: Pattern = Pattern::with_one_of(&["State: "], r"^\s*State: (?P<state>[a-z]+)$");
/// A row of `systemctl --failed`.
static FAILED_ROW: Pattern = Pattern::with_one_of(
    &["failed"],
    r"^\s*(?:[*x]|●|×)?\s*(?P<unit>[\w@:.\\-]+\.(?:service|socket|mount|target|timer|path|slice|scope|swap|device|automount)) +(?:loaded|not-found|masked|error|bad-setting) +failed +failed\b",
);
/// `Welcome to Debian GNU/Linux 12 (bookworm)!`
static WELCOME: Pattern = Pattern::with_one_of(&["Welcome to "], r"^\W*Welcome to (?P<name>\S.{0,80})!$");
/// Lines of os-release.
static OS_RELEASE: Pattern = Pattern::with_one_of(
    &["ID=", "PRETTY_NAME="],
    r#"^(?P<key>ID|PRETTY_NAME|VERSION_ID)="?(?P<value>[^"]+)"?$"#,
);
/// `uname -a`, and kernel releases in it.
static UNAME: Pattern = Pattern::with_one_of(&["Linux "], r"^Linux \S+ (?P<release>\d+\.\d+\S*) #\d");
/// A request for a container's whole log.
static LOGS: Pattern = Pattern::with_one_of(
    &[" logs "],
    r"^(?:sudo )?(?:docker|podman|nerdctl) (?:container )?logs (?:-[tf]+ )?[\w.-]+$",
);
/// A control group path that reveals the namespace: its own root, or the engine's place on the host.
static CGROUP_PATH: Pattern = Pattern::with_one_of(
    &["init.scope control group:"],
    r"Failed to create (?P<path>/\S*)init\.scope control group:",
);

/// All of these, and the commands whose answers are read.
static TELLING: Group<12> = Group::new([
    &PS_EXITED,
    &COMPOSE_EXITED,
    &CONTAINER_EXITED,
    &PS_UP,
    &STATE,
    &FAILED_ROW,
    &guest_systemd_version::OF_SYSTEMCTL,
    &WELCOME,
    &OS_RELEASE,
    &UNAME,
    &CGROUP_PATH,
    &ASKS,
]);
/// Commands whose answer is a bare word.
static ASKS: Pattern = Pattern::with_one_of(
    &["echo $?", "is-system-running", "/proc/1/comm", "/sys/fs/cgroup"],
    r"echo \$\?|is-system-running|/proc/1/comm|/sys/fs/cgroup",
);

/// Returns all observations of a page, in order.
#[must_use]
pub fn observations(lines: &[Line]) -> Vec<Observed> {
    let mut found = silent(lines);
    for (at, line) in lines.iter().enumerate() {
        let mut facts = Facts::default();
        let place = |what: &str| format!("text line {}: {what}", line.number);
        let text = line.text.trim_end();
        if !TELLING.may_match(text) {
            continue;
        }
        exits(text, &place, &mut facts);
        guest(text, &place, &mut facts);
        manager(text, &place, &mut facts);
        answers(line.command().trim_end(), &lines[at + 1..], &place, &mut facts);
        if facts.iter().next().is_some() {
            let about = about(text);
            found.push(Observed { line: line.number, about, facts });
        }
    }
    found
}

/// Finds empty answers to `docker logs`: the next line is a prompt again, or the text ends.
fn silent(lines: &[Line]) -> Vec<Observed> {
    let asks = |line: &Line| line.is_prompted() && LOGS.is_match(line.command());
    let unanswered = |at: usize| {
        let next = lines[at + 1..].iter().find(|line| !line.text.trim().is_empty());
        next.is_none_or(Line::is_prompted)
    };
    let empty = |(at, line): (usize, &Line)| {
        if !asks(line) || !unanswered(at) {
            return None;
        }
        let mut facts = Facts::default();
        facts.set(key::LOG_EMPTY, true, &format!("text line {}: logs of the engine", line.number));
        Some(Observed { line: line.number, about: last_word(&line.text), facts })
    };
    lines.iter().enumerate().filter_map(empty).collect()
}

/// Returns the container that a line names: in the last column of `docker ps`, or as the first word of
/// compose's messages.
fn about(text: &str) -> Option<String> {
    if captured(&PS_EXITED, text).is_some() || captured(&PS_UP, text).is_some() {
        return last_word(text);
    }
    captured(&COMPOSE_EXITED, text)?;
    text.split_whitespace().next().map(str::to_owned)
}

fn last_word(text: &str) -> Option<String> {
    text.split_whitespace().next_back().map(str::to_owned)
}

fn captured<'t>(pattern: &Pattern, text: &'t str) -> Option<Captures<'t>> {
    pattern.captures(text)
}

type Source<'s> = &'s dyn Fn(&str) -> String;

fn exits(text: &str, place: Source<'_>, facts: &mut Facts) {
    for (pattern, what) in
        [(&PS_EXITED, "ps of the engine"), (&COMPOSE_EXITED, "compose"), (&CONTAINER_EXITED, "exit code")]
    {
        let Some(code) = captured(pattern, text).and_then(|captures| captures["code"].parse::<i64>().ok())
        else {
            continue;
        };
        exit_code(code, &place(what), facts);
        return;
    }
    if captured(&PS_UP, text).is_some() {
        facts.set(key::CONTAINER_STATUS, ContainerStatus::Running, &place("ps of the engine"));
        facts.set_absent(key::CONTAINER_ERROR, &place("ps of the engine"));
    }
}

fn exit_code(code: i64, source: &str, facts: &mut Facts) {
    facts.set(key::CONTAINER_STATUS, ContainerStatus::Exited, source);
    facts.set(key::CONTAINER_EXIT_CODE, code, source);
    // 125 to 127 are the engine's own codes; any other is the program's, which was therefore started.
    if !(125..=127).contains(&code) {
        facts.set_absent(key::CONTAINER_ERROR, source);
    }
}

fn guest(text: &str, place: Source<'_>, facts: &mut Facts) {
    if let Some(version) = guest_systemd_version::of_systemctl(text) {
        facts.set(key::GUEST_SYSTEMD_VERSION, version, &place("systemctl --version"));
        facts.set(key::GUEST_SYSTEMD_INSTALLED, true, &place("systemctl --version"));
    }
    if let Some(captures) = captured(&WELCOME, text) {
        let name = captures["name"].trim();
        facts.set(key::GUEST_OS_NAME, name, &place("systemd's welcome"));
        if let Some(id) = distribution::id_of_name(name) {
            facts.set(key::GUEST_OS_ID, id, &place("systemd's welcome"));
        }
    }
    if let Some(captures) = captured(&OS_RELEASE, text) {
        match &captures["key"] {
            "ID" => facts.set(key::GUEST_OS_ID, captures["value"].trim(), &place("os-release")),
            "PRETTY_NAME" => facts.set(key::GUEST_OS_NAME, captures["value"].trim(), &place("os-release")),
            _ => {}
        }
    }
    if let Some(captures) = captured(&UNAME, text) {
        facts.set(key::HOST_KERNEL, &captures["release"], &place("uname"));
    }
    if let Some(captures) = captured(&CGROUP_PATH, text) {
        let namespace =
            if &captures["path"] == "/" { CgroupNamespace::Private } else { CgroupNamespace::Host };
        facts.set(key::CGROUP_NAMESPACE, namespace, &place("control group path of systemd"));
    }
}

fn manager(text: &str, place: Source<'_>, facts: &mut Facts) {
    if let Some(state) = captured(&STATE, text).and_then(|captures| told(&captures["state"])) {
        facts.set(key::MANAGER_STATE, state, &place("systemctl status"));
        facts.set(key::MANAGER_BUS, BusState::Ok, &place("systemctl status"));
    }
    if let Some(captures) = captured(&FAILED_ROW, text) {
        facts.set(key::MANAGER_FAILED_UNITS, vec![captures["unit"].to_owned()], &place("systemctl --failed"));
    }
}

/// Returns a state printed by systemctl; in prose `unknown` is an ordinary word.
fn told(word: &str) -> Option<ManagerState> {
    word.parse().ok().filter(|state| *state != ManagerState::Unknown)
}

/// Records the answers of commands that print a single word on the next line.
fn answers(command: &str, after: &[Line], place: Source<'_>, facts: &mut Facts) {
    let answer = || after.iter().take(ANSWER).map(|line| line.command().trim()).find(|text| !text.is_empty());
    if command.ends_with("echo $?") {
        if let Some(code) = answer().and_then(|answer| answer.parse::<i64>().ok()).filter(|code| *code > 128)
        {
            exit_code(code, &place("echo $?"), facts);
        }
    } else if command.contains("is-system-running") {
        if let Some(state) = answer().and_then(told).filter(|state| *state != ManagerState::Offline) {
            facts.set(key::MANAGER_STATE, state, &place("systemctl is-system-running"));
            facts.set(key::MANAGER_BUS, BusState::Ok, &place("systemctl is-system-running"));
        }
    } else if command.ends_with("/proc/1/comm") {
        if let Some(name) = answer().filter(|answer| !answer.contains(' ')) {
            pid1(name, &place("/proc/1/comm"), facts);
        }
    } else if command.contains("stat ") && command.contains("/sys/fs/cgroup") {
        let mode = answer().and_then(|answer| match answer {
            "cgroup2fs" => Some(CgroupMode::V2),
            "tmpfs" => Some(CgroupMode::V1),
            _ => None,
        });
        if let Some(mode) = mode {
            facts.set(key::CGROUP_MODE, mode, &place("stat -f /sys/fs/cgroup"));
        }
    }
}

/// Records the facts about the program that is PID 1.
pub fn pid1(command: &str, source: &str, facts: &mut Facts) {
    let program = command.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    // ps truncates long names to the width of the terminal.
    let systemd = name == "init"
        || program.contains("systemd")
        || program.ends_with("/sy")
        || program.ends_with("/syst");
    facts.set(key::PID1_COMMAND, name, source);
    facts.set(key::PID1_SYSTEMD, systemd, source);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        let lines = Line::all(text);
        let mut all = Facts::default();
        observations(&lines).into_iter().for_each(|observed| all.extend(observed.facts));
        all
    }

    #[test]
    fn exit_codes_come_in_many_words() {
        for (text, code) in [
            ("web   img   4 minutes ago   Exited (255) 4 minutes ago   web", Some(255)),
            ("web-1 exited with code 137", Some(137)),
            ("The container exits immediately with code 255.", Some(255)),
            ("$ echo $?\n255", Some(255)),
            ("server process (PID 540) exited with exit code 255", None),
            ("Process completed with exit code 1.", None),
        ] {
            assert_eq!(facts(text).get(key::CONTAINER_EXIT_CODE), code, "{text}");
        }
    }

    #[test]
    fn an_empty_log_is_a_fact() {
        assert_eq!(facts("$ docker logs web\n$ docker ps").get(key::LOG_EMPTY), Some(true));
        assert_eq!(facts("$ docker logs web\n").get(key::LOG_EMPTY), Some(true));
        assert_eq!(facts("$ docker logs web\nhello").get(key::LOG_EMPTY), None);
        assert_eq!(facts("run docker logs web\n").get(key::LOG_EMPTY), None);
    }

    #[test]
    fn systemctl_tells_the_state() {
        assert_eq!(
            facts("# systemctl is-system-running\ndegraded").get(key::MANAGER_STATE),
            Some(ManagerState::Degraded)
        );
        assert_eq!(
            facts("● 1de7758f2e12\n    State: maintenance").get(key::MANAGER_STATE),
            Some(ManagerState::Maintenance)
        );
        assert_eq!(
            facts("● tmp.mount loaded failed failed Temporary Directory").list(key::MANAGER_FAILED_UNITS),
            ["tmp.mount"]
        );
        assert_eq!(facts("systemd 252 (252.39-1~deb12u2)\n+PAM").get(key::GUEST_SYSTEMD_VERSION), Some(252));
    }

    #[test]
    fn the_guest_introduces_itself() {
        let said = facts("Welcome to CentOS Linux 7 (Core)!");
        assert_eq!(
            (said.get(key::GUEST_OS_ID), said.get(key::GUEST_OS_NAME)),
            (Some("centos"), Some("CentOS Linux 7 (Core)"))
        );
        assert_eq!(
            facts("Failed to create /docker/abc/init.scope control group: x").get(key::CGROUP_NAMESPACE),
            Some(CgroupNamespace::Host)
        );
        assert_eq!(
            facts("Failed to create /init.scope control group: x").get(key::CGROUP_NAMESPACE),
            Some(CgroupNamespace::Private)
        );
        assert_eq!(facts("$ cat /proc/1/comm\nbash").get(key::PID1_SYSTEMD), Some(false));
    }
}
