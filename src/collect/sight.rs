//! What this host and user allow the program to see: an engine in, one [`Sight`] per thing that examining a
//! container needs out.
//!
//! Reads only what `doctor` reads; runs a command only in a container that was named. Must not judge any
//! container.

use futures_util::StreamExt;
use procfs::process::Process;
use serde_json::Value;

use super::draft::Patient;
use super::layers::Layers;
use super::{KernelLog, host};
use crate::docker::{Engine, EngineError, LogQuery, is_name};
use crate::snapshot::Sight;

/// A thing to see: id, words, what is lost without it, and what to do.
struct Thing(&'static str, &'static str, &'static str, &'static str);

const LIST: Thing = Thing(
    "engine.containers",
    "the engine's containers",
    "containers cannot be found by name",
    "allow GET /containers/json in the engine or the proxy in front of it",
);
const INFO: Thing = Thing(
    "engine.info",
    "engine information",
    "the engine's cgroup, storage and security options are unknown",
    "allow GET /info in the engine or the proxy in front of it",
);
const INSPECT: Thing = Thing(
    "container.inspect",
    "a container's configuration",
    "the container cannot be diagnosed",
    "name an existing container, and allow GET /containers/…/json in any proxy",
);
const LOG: Thing = Thing(
    "container.log",
    "a container's log",
    "the verdict is based on configuration and files only",
    "use a logging driver that the engine can read: json-file, local or journald",
);
const FILES: Thing = Thing(
    "container.files",
    "files of a container",
    "the systemd version, the init program and the units are unknown",
    "allow HEAD and GET /containers/…/archive in any proxy in front of the engine",
);
const EXEC: Thing = Thing(
    "container.exec",
    "commands inside a container",
    "failed units and the journal of a running systemd are not visible",
    "name a running container that has systemctl: sysdock selftest CONTAINER",
);
const LOCAL: Thing = Thing(
    "host.local",
    "the engine on this machine",
    "PID 1, its mounts and the layers of dead containers are not visible",
    "run sysdock on the engine's machine, not in a container with its own PID namespace",
);
const PROC: Thing = Thing(
    "host.pid1",
    "PID 1 of a container in /proc",
    "whether systemd is frozen, and its mounts, are not visible from outside",
    "run sysdock as root or as the user of the rootless engine",
);
const LAYERS: Thing = Thing(
    "host.layers",
    "layers of a dead container",
    "files are read through the engine instead, which is slower",
    "run sysdock as root on the engine's machine",
);
const KERNEL: Thing = Thing(
    "host.kernel-log",
    "the kernel's log",
    "`sysdock seccomp trace` has to test all denied calls instead of only the logged ones",
    "run sysdock as root, or set kernel.dmesg_restrict to 0",
);
const LSM: Thing = Thing(
    "host.lsms",
    "the kernel's security modules",
    "AppArmor and SELinux are known only from the engine",
    "mount securityfs on /sys/kernel/security",
);

impl Thing {
    fn sight(&self, seen: Option<bool>, essential: bool, detail: String) -> Sight {
        let lost = seen == Some(false);
        let next = if seen == Some(true) { "" } else { self.3 };
        Sight {
            id: self.0,
            what: self.1,
            seen,
            essential,
            detail,
            consequence: if lost { self.2 } else { "" },
            next: next.to_owned(),
        }
    }

    fn of(&self, outcome: Result<String, String>) -> Sight {
        let essential =
            matches!(self.0, "engine.containers" | "container.inspect" | "container.log" | "container.files");
        match outcome {
            Ok(detail) => self.sight(Some(true), essential, detail),
            Err(reason) => self.sight(Some(false), essential, reason),
        }
    }

    fn untried(&self, why: &str) -> Sight {
        Sight { next: String::new(), ..self.sight(None, false, why.to_owned()) }
    }
}

/// Looks at everything, with a container that was named, or with any; commands are run only in a named one.
pub async fn sights(engine: &Engine, named: Option<&str>, exec: bool) -> Vec<Sight> {
    let info = engine.info().await;
    let mut sights = vec![INFO.of(info.as_ref().map(|info| about(info)).map_err(EngineError::brief))];
    let list = engine.list("/containers/json?all=1", |entry| listed(&entry)).await;
    sights.push(LIST.of(list.as_ref().map(|list| counts(list)).map_err(EngineError::brief)));
    let list = list.unwrap_or_default();
    let name = named.map(str::to_owned).or_else(|| any(&list, true)).or_else(|| any(&list, false));
    let patient = match name {
        Some(name) => Some(Patient::meet(engine, &name).await),
        None => None,
    };
    match &patient {
        Some(Ok(patient)) => {
            sights.push(INSPECT.of(Ok(patient.name().to_owned())));
            sights.extend(inside(engine, patient, named.is_some() && exec).await);
        }
        Some(Err(error)) => sights.push(INSPECT.of(Err(error.brief()))),
        None => sights
            .extend([INSPECT, LOG, FILES, EXEC].map(|thing| thing.untried("the engine has no container"))),
    }
    let dead = match any(&list, false) {
        Some(name) => Patient::meet(engine, &name).await.ok(),
        None => None,
    };
    sights.extend(outside(
        engine,
        info.ok(),
        patient.as_ref().and_then(|patient| patient.as_ref().ok()),
        dead.as_ref(),
    ));
    sights.extend(machine());
    sights
}

/// Control groups and storage of an engine, in words.
fn about(info: &Value) -> String {
    let text = |key: &str| info.get(key).and_then(Value::as_str).unwrap_or_default();
    let parts = [
        ("cgroup v", text("CgroupVersion")),
        ("cgroup driver ", text("CgroupDriver")),
        ("storage ", text("Driver")),
    ];
    parts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}{value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A container of the engine's list: its id, and whether it runs.
fn listed(entry: &Value) -> Option<(String, bool)> {
    let id = entry.get("Id")?.as_str().filter(|id| is_name(id))?.to_owned();
    Some((id, entry.get("State").and_then(Value::as_str) == Some("running")))
}

fn counts(list: &[(String, bool)]) -> String {
    let running = list.iter().filter(|(_, running)| *running).count();
    format!("{}, {running} of them running", list.len())
}

/// The first container that runs, or that does not.
fn any(list: &[(String, bool)], running: bool) -> Option<String> {
    list.iter().find(|one| one.1 == running).map(|(id, _)| id.clone())
}

/// What the engine shows of a container.
async fn inside(engine: &Engine, patient: &Patient, exec: bool) -> Vec<Sight> {
    let words = |error: EngineError| error.brief();
    let log = log(engine, patient).await.map(|()| "readable".to_owned());
    let files = engine.stat_path(&patient.id, "/etc").await.map(|_| "readable through the engine".to_owned());
    let mut sights = vec![LOG.of(log.map_err(words)), FILES.of(files.map_err(words))];
    sights.push(match (exec, patient.runs()) {
        (false, _) => EXEC.untried("only checked in a named container, without --no-exec"),
        (true, false) => EXEC.untried("the container is not running"),
        (true, true) => EXEC.of(systemctl(engine, patient).await),
    });
    sights
}

async fn log(engine: &Engine, patient: &Patient) -> Result<(), EngineError> {
    let query = LogQuery { tail: Some(1), ..LogQuery::default() };
    let mut stream = engine.logs(&patient.id, patient.config().flag("/Config/Tty"), &query).await?;
    let first = tokio::time::timeout(engine.deadline, stream.next()).await;
    let late = |_| EngineError::Deadline { action: "read the log".to_owned(), deadline: engine.deadline };
    first.map_err(late)?.transpose().map(drop)
}

async fn systemctl(engine: &Engine, patient: &Patient) -> Result<String, String> {
    let said =
        engine.exec(&patient.id, &["systemctl", "is-system-running"]).await.map_err(|error| error.brief())?;
    let word = said.stdout.trim().to_owned();
    if word.is_empty() {
        Err(format!("systemctl does not answer: {}", said.stderr.trim()))
    } else {
        Ok(format!("systemctl says {word}"))
    }
}

/// What this machine shows of a container.
fn outside(
    engine: &Engine,
    info: Option<&Value>,
    patient: Option<&Patient>,
    dead: Option<&Patient>,
) -> Vec<Sight> {
    let Some(patient) = patient else {
        return Vec::from([LOCAL, PROC, LAYERS].map(|thing| thing.untried("no container to examine")));
    };
    if !host::is_local(engine.endpoint(), patient.document(), info, &patient.id) {
        let far = LOCAL.of(Err("the container's processes and files are not on this machine".to_owned()));
        return vec![
            far,
            PROC.untried(
                "the engine is not on this \
            machine",
            ),
            LAYERS.untried(
                "the engine is not on this \
            machine",
            ),
        ];
    }
    let pid = patient
        .document()
        .pointer("/State/Pid")
        .and_then(Value::as_i64)
        .and_then(|pid| i32::try_from(pid).ok());
    let proc = pid
        .filter(|pid| *pid > 0)
        .map_or_else(|| PROC.untried("no running container"), |pid| PROC.of(process(pid)));
    let layers = match dead {
        Some(dead) if engine.endpoint().may_be_local() => {
            let found =
                Layers::of(&dead.config()).map(|_| format!("{} is read from its layers", dead.name()));
            LAYERS.of(found.ok_or_else(|| {
                "they are not overlay folders, are unreadable, or lie below \
                    mounts"
                    .to_owned()
            }))
        }
        _ => LAYERS.untried("no dead container"),
    };
    vec![LOCAL.of(Ok("its processes or files are on this machine".to_owned())), proc, layers]
}

fn process(pid: i32) -> Result<String, String> {
    let seen = Process::new(pid).and_then(|process| Ok((process.fd_count()?, process.mountinfo()?.0.len())));
    seen.map(|(open, mounts)| format!("process {pid}: {open} descriptors, {mounts} mounts"))
        .map_err(|error| error.to_string())
}

/// What this machine shows of itself.
#[must_use]
pub fn machine() -> Vec<Sight> {
    let kernel =
        KernelLog::from_now().map(|_| "/dev/kmsg".to_owned()).map_err(|error| format!("/dev/kmsg: {error}"));
    let path = "/sys/kernel/security/lsm";
    let lsms = std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| format!("{path}: {error}"));
    vec![KERNEL.of(kernel), LSM.of(lsms)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_running_container_is_told_from_a_dead_one() {
        let list = [
            json!({"Id": "a", "State": "exited"}),
            json!({"Id": "../b", "State": "running"}),
            json!({"Id": "c", "State": "running"}),
        ];
        let list: Vec<_> = list.iter().filter_map(listed).collect();
        assert_eq!((any(&list, true).as_deref(), any(&list, false).as_deref()), (Some("c"), Some("a")));
        assert_eq!((any(&[], true), counts(&list).as_str()), (None, "2, 1 of them running"));
    }

    #[test]
    fn what_is_not_seen_says_what_is_lost_and_what_to_do() {
        for thing in [LIST, INFO, INSPECT, LOG, FILES, EXEC, LOCAL, PROC, LAYERS, KERNEL, LSM] {
            let lost = thing.of(Err("no".to_owned()));
            assert!(
                lost.seen == Some(false) && !lost.consequence.is_empty() && !lost.next.is_empty(),
                "{lost:?}"
            );
            let seen = thing.of(Ok("yes".to_owned()));
            assert!(
                seen.seen == Some(true) && seen.consequence.is_empty() && seen.next.is_empty(),
                "{seen:?}"
            );
            assert_eq!(thing.untried("why").seen, None);
        }
    }
}
