//! Checks an engine and a container of it: whether what `doctor` reads is readable.
//!
//! Reads only what `doctor` reads; runs a command only in a container that was named.

use futures_util::StreamExt;
use procfs::process::Process;
use serde_json::Value;

use super::check::Check;
use super::machine_checks::machine;
use super::needs::{EXEC, FILES, INFO, INSPECT, LAYERS, LIST, LOCAL, LOG, PROC};
use crate::collect::{InspectedContainer, Layers, is_local, pid1};
use crate::docker::{Engine, EngineError, LogQuery};

/// Checks everything, with the named container or with any one; commands run only in a named one.
pub async fn checks(engine: &Engine, named: Option<&str>, exec: bool) -> Vec<Check> {
    let info = engine.info().await;
    let mut checks = vec![INFO.of(info.as_ref().map(|info| about(info)).map_err(EngineError::brief))];
    let list = engine.containers(|entry| Some((entry.id()?.to_owned(), entry.state() == "running"))).await;
    checks.push(LIST.of(list.as_ref().map(|list| counts(list)).map_err(EngineError::brief)));
    let list = list.unwrap_or_default();
    let name = named.map(str::to_owned).or_else(|| any(&list, true)).or_else(|| any(&list, false));
    let inspected = match name {
        Some(name) => Some(InspectedContainer::meet(engine, &name).await),
        None => None,
    };
    match &inspected {
        Some(Ok(inspected)) => {
            checks.push(INSPECT.of(Ok(inspected.name().to_owned())));
            checks.extend(inside(engine, inspected, named.is_some() && exec).await);
        }
        Some(Err(error)) => checks.push(INSPECT.of(Err(error.brief()))),
        None => {
            checks
                .extend([INSPECT, LOG, FILES, EXEC].map(|need| need.untried("the engine has no container")));
        }
    }
    let dead = match any(&list, false) {
        Some(name) => InspectedContainer::meet(engine, &name).await.ok(),
        None => None,
    };
    checks.extend(outside(
        engine,
        info.ok(),
        inspected.as_ref().and_then(|inspected| inspected.as_ref().ok()),
        dead.as_ref(),
    ));
    checks.extend(machine());
    checks
}

/// Returns a description of an engine's control groups and storage.
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

fn counts(list: &[(String, bool)]) -> String {
    let running = list.iter().filter(|(_, running)| *running).count();
    format!("{}, {running} of them running", list.len())
}

/// Returns the first container that is running, or the first that is not.
fn any(list: &[(String, bool)], running: bool) -> Option<String> {
    list.iter().find(|one| one.1 == running).map(|(id, _)| id.clone())
}

/// Checks what the engine shows of a container.
async fn inside(engine: &Engine, inspected: &InspectedContainer, exec: bool) -> Vec<Check> {
    let words = |error: EngineError| error.brief();
    let log = log(engine, inspected).await.map(|()| "readable".to_owned());
    let files =
        engine.stat_path(&inspected.id, "/etc").await.map(|_| "readable through the engine".to_owned());
    let mut checks = vec![LOG.of(log.map_err(words)), FILES.of(files.map_err(words))];
    checks.push(match (exec, inspected.runs()) {
        (false, _) => EXEC.untried("only checked in a named container, without --no-exec"),
        (true, false) => EXEC.untried("the container is not running"),
        (true, true) => EXEC.of(systemctl(engine, inspected).await),
    });
    checks
}

async fn log(engine: &Engine, inspected: &InspectedContainer) -> Result<(), EngineError> {
    let query = LogQuery { tail: Some(1), ..LogQuery::default() };
    let mut stream = engine.logs(&inspected.id, inspected.config().flag("/Config/Tty"), &query).await?;
    let first = tokio::time::timeout(engine.deadline, stream.next()).await;
    let late = |_| EngineError::Deadline { action: "read the log".to_owned(), deadline: engine.deadline };
    first.map_err(late)?.transpose().map(drop)
}

async fn systemctl(engine: &Engine, inspected: &InspectedContainer) -> Result<String, String> {
    let said = engine
        .exec(&inspected.id, &["systemctl", "is-system-running"])
        .await
        .map_err(|error| error.brief())?;
    let word = said.stdout.trim().to_owned();
    if word.is_empty() {
        Err(format!("systemctl does not answer: {}", said.stderr.trim()))
    } else {
        Ok(format!("systemctl says {word}"))
    }
}

/// Checks what this machine shows of a container.
fn outside(
    engine: &Engine,
    info: Option<&Value>,
    inspected: Option<&InspectedContainer>,
    dead: Option<&InspectedContainer>,
) -> Vec<Check> {
    let Some(inspected) = inspected else {
        return Vec::from([LOCAL, PROC, LAYERS].map(|need| need.untried("no container to examine")));
    };
    if !is_local(engine.endpoint(), inspected.document(), info, &inspected.id) {
        let far = LOCAL.of(Err("the container's processes and files are not on this machine".to_owned()));
        return vec![
            far,
            PROC.untried("the engine is not on this machine"),
            LAYERS.untried(
                "the engine is \
            not on this machine",
            ),
        ];
    }
    let proc = pid1::find(inspected.document(), &inspected.id)
        .map_or_else(|| PROC.untried("no running container"), |pid1| PROC.of(process(&pid1)));
    let layers = match dead {
        Some(dead) if !Layers::are_named(&dead.config()) => {
            LAYERS.untried("this image store does not say where they are; files are read through the engine")
        }
        Some(dead) if engine.endpoint().may_be_local() => {
            let found =
                Layers::of(&dead.config()).map(|_| format!("{} is read from its layers", dead.name()));
            LAYERS.of(found.ok_or_else(|| {
                "they are not overlay folders, are unreadable, or lie below mounts".to_owned()
            }))
        }
        _ => LAYERS.untried("no dead container"),
    };
    vec![LOCAL.of(Ok("its processes or files are on this machine".to_owned())), proc, layers]
}

fn process(pid1: &Process) -> Result<String, String> {
    let seen = pid1.fd_count().and_then(|open| Ok((open, pid1.mountinfo()?.0.len())));
    seen.map(|(open, mounts)| format!("process {}: {open} descriptors, {mounts} mounts", pid1.pid))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_container_is_told_from_a_dead_one() {
        let list = [("a".to_owned(), false), ("c".to_owned(), true)];
        assert_eq!((any(&list, true).as_deref(), any(&list, false).as_deref()), (Some("c"), Some("a")));
        assert_eq!((any(&[], true), counts(&list).as_str()), (None, "2, 1 of them running"));
    }
}
