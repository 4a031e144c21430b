//! One launch from its start to its stop; gone when dropped.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::lane::Place;
use super::space::{Launch, Space};
use crate::engine::Said;
use crate::words;

/// Longest look at a boot, in seconds; a shorter one ends when nothing goes on any more.
const BOOT: &str = "170";
/// Longest stop, in seconds, before the engine kills: of what is up, and of what is not.
const STOP: [&str; 2] = ["10", "2"];
/// Looks into a container that does not let one in, such as one that is about to end.
const LOOKS: usize = 3;
/// Console and journal lines that are kept, and the longest of them.
const KEPT: usize = 30;
const LONGEST: usize = 300;
/// Longest words of an engine, whose end tells most.
const LONGEST_ERROR: usize = 900;

/// Words of a client that did not reach its engine, or was cut.
const UNASKED: [&str; 3] = ["Cannot connect", "Is the docker daemon running", "unable to connect"];

/// What is asked inside: the manager's state until it is final or the jobs stay the same for twenty seconds, who
/// is PID 1, what failed, what was warned of. Each state is printed, so that a look which is cut tells the last
/// one. 34 is pause(2), in which systemd waits when it has given up.
const SCRIPT: &str = r#"
export SYSTEMD_COLORS=0
grep ' - cgroup2 ' /proc/self/mountinfo | tail -n 1 | sed 's/^/mount: /'
n=0 same=0 mute=0 before=
while [ $n -lt 150 ] && [ $same -lt 40 ] && [ $mute -lt 24 ]; do
  n=$((n+1)); call=; comm=
  read -r call rest </proc/1/syscall
  [ "$call" = 34 ] && { echo "state: frozen"; break; }
  read -r comm </proc/1/comm
  state=$(timeout 6 systemctl is-system-running 2>/dev/null)
  case $state in
    running|degraded|maintenance) echo "state: $state"; break;;
    starting|initializing)
      mute=0; jobs=$(timeout 6 systemctl list-jobs --no-legend --no-pager 2>/dev/null)
      if [ "$jobs" = "$before" ]; then same=$((same+1)); else same=0; fi
      before=$jobs;;
    *)
      state=unreachable; mute=$((mute+1))
      case $comm in systemd|init) ;; *) [ $mute -lt 8 ] || { echo "state: not-systemd"; break; };; esac;;
  esac
  echo "state: $state"
  sleep 0.5
done
timeout 8 systemctl list-units --state=failed --plain --no-legend --no-pager 2>/dev/null \
  | cut -d' ' -f1 | sed 's/^/failed: /'
timeout 8 systemctl list-jobs --no-legend --no-pager 2>/dev/null | sed 's/^/job: /'
timeout 8 journalctl -b -p warning --no-pager -o cat \
  _TRANSPORT=journal + _TRANSPORT=stdout + _TRANSPORT=syslog 2>/dev/null | tail -n 30 | sed 's/^/journal: /'
"#;

/// Where a launch came to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All units came up.
    Running,
    /// It is up, and units failed.
    Degraded,
    /// The rescue shell.
    Maintenance,
    /// PID 1 ended.
    Died,
    /// systemd gave up and waits in pause(2).
    Frozen,
    /// It still boots when the time is over.
    Hangs,
    /// The manager does not answer.
    Unreachable,
    /// PID 1 is something else.
    NotSystemd,
    /// The engine did not start it.
    Refused,
}

/// How it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Seconds, rounded.
    pub seconds: u64,
    /// Exit code.
    pub exit: i64,
}

/// What was seen of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where it came to rest.
    pub state: State,
    /// Exit code of those that ended by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i64>,
    /// Whether the kernel killed it for its memory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub oom: bool,
    /// The engine's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Whether the engine knows a container, of those that it did not start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exists: bool,
    /// Failed units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// Jobs that it waits for, of those that hang.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// Options of the cgroup2 mount inside, of those that lived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nsdelegate: Option<bool>,
    /// The stop, of those that lived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Lines of the console.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub console: Vec<String>,
    /// Warnings of the journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<String>,
}

impl Outcome {
    /// Whether its manager has booted.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Running | State::Degraded)
    }

    /// Whether it booted as the good set does, with no other unit failed.
    pub fn boots_like(&self, good: &Self) -> bool {
        self.is_up()
            && (self.state == State::Running || good.state == State::Degraded)
            && self.failed.iter().all(|unit| good.failed.contains(unit))
    }

    /// Whether it stopped by itself in the given time.
    pub fn stops(&self) -> bool {
        self.stop.is_some_and(|stop| stop.exit != 137)
    }

    /// Whether it boots as the good set does, and stops in order.
    pub fn is_fine(&self, good: &Self) -> bool {
        self.boots_like(good) && self.stops()
    }

    /// Whether a second look may say something else.
    pub fn is_doubtful(&self) -> bool {
        matches!(self.state, State::Hangs | State::Unreachable | State::Refused)
    }

    /// Whether the machine ran out of something that the launch does not take away.
    pub fn is_spoilt(&self) -> bool {
        let lines = self.console.iter().chain(&self.journal).chain([&self.error]);
        lines.into_iter().any(|line| line.contains("Too many open files"))
    }

    /// Whether two runs of a launch came to the same: state, exit code, and the kind of stop. Which units fail
    /// may differ.
    pub fn agrees(&self, other: &Self) -> bool {
        let killed = |outcome: &Self| outcome.stop.is_some_and(|stop| stop.exit == 137);
        (self.state, self.exit) == (other.state, other.exit) && killed(self) == killed(other)
    }
}

/// A container of the atlas.
pub struct Trial<'p> {
    place: &'p Place,
    /// Its name, without a dash, which would nest a slice.
    pub name: String,
    started: Said,
}

impl<'p> Trial<'p> {
    /// Starts a launch of a guest.
    pub fn start(place: &'p Place, space: &Space, guest: &str, launch: &Launch, name: &str) -> Result<Self> {
        let words = space.words(launch, name, &place.tags);
        let image = place.image(guest, words.image.as_ref())?;
        let mut line: Vec<String> =
            ["run", "-d", "--network", "none", "--label", "sysdock-atlas=1", "--name", name]
                .map(str::to_owned)
                .to_vec();
        line.extend(words.flags);
        let profile = tempfile::Builder::new().suffix(".json").tempfile()?;
        if let Some(call) = &words.deny {
            std::fs::write(profile.path(), crate::sweep::profile(call, 1))?;
            line.extend(["--security-opt".to_owned(), format!("seccomp={}", profile.path().display())]);
        }
        line.push(image);
        line.extend(words.command);
        let trial = Self { place, name: name.to_owned(), started: place.lane.client(&line)? };
        let said = trial.started.stderr.trim();
        let unasked = said.is_empty() || UNASKED.iter().any(|words| said.contains(words));
        ensure!(trial.started.good || !unasked, "{name} was not started: {said}");
        Ok(trial)
    }

    /// Waits until it rests, and says what was seen.
    pub fn rest(&self) -> Result<Outcome> {
        let (mut asked, mut seen) = (String::new(), self.look()?);
        for _ in 0..LOOKS {
            if !seen.runs() || asked.contains("state: ") {
                break;
            }
            if !asked.is_empty() {
                std::thread::sleep(Duration::from_secs(2));
            }
            let exec = ["exec", "-u", "0", &self.name, "sh", "-c", SCRIPT];
            asked = self.place.lane.client_within(BOOT, &exec)?.stdout + "\n";
            seen = self.look()?;
        }
        if seen.runs() && asked.contains("state: unreachable") {
            // It may be about to end.
            std::thread::sleep(Duration::from_secs(2));
            seen = self.look()?;
        }
        self.outcome(&asked, &seen)
    }

    fn outcome(&self, asked: &str, seen: &Seen) -> Result<Outcome> {
        let told = |mark: &str| -> Vec<String> {
            asked.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
        };
        let state = if seen.runs() {
            told("state: ").pop().map_or(State::Unreachable, |word| state_of(&word))
        } else if seen.is_new() || !self.started.good {
            State::Refused
        } else {
            State::Died
        };
        let log = self.place.lane.client(&["logs", &self.name])?;
        let mut console = tidy(&(log.stdout + &log.stderr), &self.name, LONGEST);
        if state == State::Running {
            console.retain(|line| words::tells(line));
        }
        if !seen.exists() {
            console.clear();
        }
        let mount = told("mount: ").pop();
        Ok(Outcome {
            state,
            exit: (state == State::Died).then_some(seen.exit),
            oom: seen.oom,
            exists: state == State::Refused && seen.exists(),
            error: self.words_of(state, &seen.error),
            failed: told("failed: "),
            jobs: if state == State::Hangs { told("job: ") } else { Vec::new() },
            nsdelegate: mount.and_then(|line| super::lane::nsdelegate(&line)),
            stop: None,
            console,
            journal: tidy(&told("journal: ").join("\n"), &self.name, LONGEST),
        })
    }

    /// What the engine says of a container that it did not start, or that ended.
    fn words_of(&self, state: State, error: &str) -> String {
        let said =
            if error.is_empty() && state == State::Refused { self.started.stderr.trim() } else { error };
        let mut lines = tidy(said, &self.name, LONGEST_ERROR);
        lines.retain(|line| !line.contains(" --help"));
        lines.pop().unwrap_or_default()
    }

    /// Stops it.
    pub fn stop(&self, up: bool) -> Result<Stop> {
        let time = STOP[usize::from(!up)];
        let began = Instant::now();
        self.place.lane.client(&["stop", "-t", time, &self.name])?;
        let seconds = began.elapsed().as_secs_f64().round();
        // A handful of seconds.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is small and not negative"
        )]
        let seconds = seconds as u64;
        Ok(Stop { seconds, exit: self.look()?.exit })
    }

    fn look(&self) -> Result<Seen> {
        let format = "{{.State.Status}}\t{{.State.ExitCode}}\t{{.State.OOMKilled}}\t{{.State.Error}}";
        let said = self.place.lane.client(&["inspect", "-f", format, &self.name])?;
        let mut words = said.stdout.trim_end().splitn(4, '\t');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let (status, exit, oom, error) = (next(), next(), next(), next());
        ensure!(!status.is_empty() || !self.started.good, "{}: {}", self.name, said.stderr.trim());
        Ok(Seen { status, exit: exit.parse().unwrap_or(-1), oom: oom == "true", error })
    }
}

/// What the engine says of a container.
struct Seen {
    /// Its status; empty where it knows none.
    status: String,
    exit: i64,
    oom: bool,
    error: String,
}

impl Seen {
    fn exists(&self) -> bool {
        !self.status.is_empty()
    }

    fn runs(&self) -> bool {
        self.status == "running"
    }

    /// Whether it was never started.
    fn is_new(&self) -> bool {
        ["created", "configured", "initialized", ""].contains(&self.status.as_str())
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        self.place.lane.remove(&self.name);
    }
}

fn state_of(word: &str) -> State {
    match word {
        "running" => State::Running,
        "degraded" => State::Degraded,
        "maintenance" => State::Maintenance,
        "frozen" => State::Frozen,
        "not-systemd" => State::NotSystemd,
        "starting" | "initializing" => State::Hangs,
        _ => State::Unreachable,
    }
}

/// The last lines of a text, without escapes, IDs and the container's name.
fn tidy(text: &str, name: &str, longest: usize) -> Vec<String> {
    let mut lines = words::lines(text);
    lines.drain(..lines.len().saturating_sub(KEPT));
    let short = |line: String| {
        let line = words::without_ids(&line).replace(name, "NAME");
        line.chars().take(longest).collect()
    };
    lines.into_iter().map(short).collect()
}
