//! Reaching the engine that the options name, and wording what it does not know.

use crate::collect::container_names;
use crate::docker::{
    Endpoint, Engine, EngineChoice, EngineError, EngineKind, Listener, Located, locate, without_password,
};
use crate::options::Options;
use crate::prescribe::Reach;
use crate::render::output;

use super::CommandError;

/// Similar names that are listed.
const NEAR: usize = 3;

/// Runs a future that talks to an engine, on this thread.
///
/// # Errors
/// [`CommandError::Runtime`], or what the future gives.
pub fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    on(&mut tokio::runtime::Builder::new_current_thread(), work)
}

/// The same for work that goes on for days: what blocks is done by one thread alone, since the allocator
/// keeps memory for each that it has served.
///
/// # Errors
/// As [`block_on`].
pub fn block_on_for_long<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    on(tokio::runtime::Builder::new_current_thread().max_blocking_threads(1), work)
}

fn on<T>(
    builder: &mut tokio::runtime::Builder,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = builder.enable_all().build().map_err(CommandError::Runtime)?;
    let outcome = runtime.block_on(work);
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    outcome
}

/// Finds and connects the engine.
///
/// # Errors
/// Any [`EngineError`] of finding or connecting.
pub async fn connect(options: &Options) -> Result<Engine, EngineError> {
    Ok(connect_and_reach(options).await?.0)
}

/// Finds and connects the engine, and says how its own CLI reaches it.
///
/// # Errors
/// Any [`EngineError`] of finding or connecting.
pub async fn connect_and_reach(options: &Options) -> Result<(Engine, Reach), EngineError> {
    let located = locate(&options.engine, &options.environment)?;
    if options.verbose {
        output::tell(&format!("the engine is {}, by {}", located.endpoint, located.found_by));
    }
    let engine = Engine::connect(located.endpoint.clone(), options.deadline, listener(options)).await?;
    let reach = reach(&located, engine.kind, &options.engine);
    Ok((engine, reach))
}

/// Tells each call of the engine on stderr, where that is wanted.
pub fn listener(options: &Options) -> Option<Listener> {
    options.verbose.then_some(|words, outcome, took| {
        output::tell(&format!("{words}: {outcome}, {} ms", took.as_millis()))
    })
}

/// Options that lead the engine's CLI to the same engine; none where it finds it by itself.
///
/// The docker CLI reads `DOCKER_HOST` and contexts, but not `CONTAINER_HOST`; podman's reads only the latter
/// (measured on 4.3).
fn reach(located: &Located, kind: EngineKind, choice: &EngineChoice) -> Reach {
    let address = located.endpoint.to_string();
    let usual = matches!(&located.endpoint, Endpoint::Unix(path) if path.ends_with("run/docker.sock") && !path.starts_with("/run/user"));
    let options = match (kind, located.found_by.as_str(), &choice.context) {
        (EngineKind::Docker, found_by, Some(context)) if found_by.starts_with("--context") => {
            vec!["--context".to_owned(), context.clone()]
        }
        (EngineKind::Docker, "--host" | "CONTAINER_HOST", _) => vec!["--host".to_owned(), address],
        (EngineKind::Docker, "default socket", _) if !usual => vec!["--host".to_owned(), address],
        (EngineKind::Docker, ..) | (EngineKind::Podman, "CONTAINER_HOST" | "default socket", _) => Vec::new(),
        (EngineKind::Podman, ..) => vec!["--url".to_owned(), address],
    };
    Reach { kind, options }
}

/// Words a failure about a container: one that the engine does not know is named, with similar names.
pub async fn failure(engine: &Engine, name: &str, error: EngineError, choice: &EngineChoice) -> CommandError {
    if !error.is_unknown() {
        return error.into();
    }
    let names = container_names(engine).await.unwrap_or_default();
    CommandError::NoContainer {
        name: name.to_owned(),
        address: engine.endpoint().to_string(),
        near: similar(name, &names),
        list: list_command(engine.kind, choice),
    }
}

/// `, did you mean …?` for names that are like the one that was asked for.
fn similar(name: &str, names: &[String]) -> String {
    let score = |other: &String| if other.contains(name) { 1.0 } else { strsim::jaro_winkler(other, name) };
    let mut near: Vec<(f64, &str)> =
        names.iter().map(|other| (score(other), other.as_str())).filter(|(score, _)| *score > 0.8).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let near: Vec<&str> = near.into_iter().take(NEAR).map(|(_, name)| name).collect();
    if near.is_empty() { String::new() } else { format!(", did you mean {}?", near.join(" or ")) }
}

/// The CLI's own list of all containers of the same engine.
fn list_command(kind: EngineKind, choice: &EngineChoice) -> String {
    let quoted = |word: &str| crate::quote::shown(&[word]);
    let engine = match (choice.host.as_deref(), choice.context.as_deref(), kind) {
        (Some(host), _, EngineKind::Docker) => format!(" --host {}", quoted(&without_password(host))),
        (Some(host), _, EngineKind::Podman) => format!(" --url {}", quoted(&without_password(host))),
        (None, Some(context), EngineKind::Docker) => format!(" --context {}", quoted(context)),
        _ => String::new(),
    };
    format!("{}{engine} ps -a", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_come_best_first() {
        let names = ["web", "web-db", "cache", "wbe"].map(str::to_owned);
        assert!(similar("webb", &names).starts_with(", did you mean web or web-db"));
        assert_eq!(similar("zzz", &names), "");
    }

    #[test]
    fn the_cli_reaches_the_same_engine() {
        let words = |found_by: &str, kind, context: Option<&str>| {
            let located = Located {
                endpoint: Endpoint::parse("unix:///x/engine.sock").unwrap(),
                found_by: found_by.to_owned(),
            };
            let choice = EngineChoice { host: None, context: context.map(str::to_owned) };
            reach(&located, kind, &choice).options.join(" ")
        };
        assert_eq!(words("--host", EngineKind::Docker, None), "--host unix:///x/engine.sock");
        assert_eq!(words("--context far", EngineKind::Docker, Some("far")), "--context far");
        assert_eq!(words("DOCKER_HOST", EngineKind::Docker, None), "");
        assert_eq!(words("CONTAINER_HOST", EngineKind::Docker, None), "--host unix:///x/engine.sock");
        assert_eq!(words("default socket", EngineKind::Docker, None), "--host unix:///x/engine.sock");
        assert_eq!(words("DOCKER_HOST", EngineKind::Podman, None), "--url unix:///x/engine.sock");
        assert_eq!(words("--context far", EngineKind::Podman, Some("far")), "--url unix:///x/engine.sock");
        assert_eq!(words("CONTAINER_HOST", EngineKind::Podman, None), "");
    }

    #[test]
    fn the_next_step_asks_the_same_engine() {
        let choice = |host: Option<&str>, context: Option<&str>| EngineChoice {
            host: host.map(str::to_owned),
            context: context.map(str::to_owned),
        };
        assert_eq!(list_command(EngineKind::Docker, &choice(None, None)), "docker ps -a");
        assert_eq!(
            list_command(EngineKind::Docker, &choice(Some("unix:///x"), None)),
            "docker --host unix:///x ps -a"
        );
        assert_eq!(
            list_command(EngineKind::Podman, &choice(Some("unix:///x"), None)),
            "podman --url unix:///x ps -a"
        );
        assert_eq!(
            list_command(EngineKind::Docker, &choice(None, Some("far"))),
            "docker --context far ps -a"
        );
    }
}
