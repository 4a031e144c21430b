//! How the engine's own command line client, which runs the steps, reaches the same engine.

use crate::docker::{Endpoint, EngineChoice, EngineKind, FoundBy, Located, without_password};
use crate::prescribe::Reach;
use crate::quote;

/// Returns the options that make the client use the same engine; empty if it does so by default.
///
/// The docker CLI reads `DOCKER_HOST` and contexts, but not `CONTAINER_HOST`; podman's reads only the latter
/// (measured on 4.3).
#[must_use]
pub fn reach(located: &Located, kind: EngineKind) -> Reach {
    let address = located.endpoint.to_string();
    let option = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    let options = match (kind, &located.found_by) {
        (EngineKind::Docker, FoundBy::ContextOption(context)) => option("--context", context),
        (EngineKind::Docker, FoundBy::HostOption | FoundBy::ContainerHost) => option("--host", &address),
        (EngineKind::Docker, FoundBy::DefaultSocket) if !is_usual(&located.endpoint) => {
            option("--host", &address)
        }
        (EngineKind::Docker, _) | (EngineKind::Podman, FoundBy::ContainerHost | FoundBy::DefaultSocket) => {
            Vec::new()
        }
        (EngineKind::Podman, _) => option("--url", &address),
    };
    Reach { kind, options }
}

/// Returns whether the docker CLI uses this endpoint by default.
fn is_usual(endpoint: &Endpoint) -> bool {
    matches!(endpoint, Endpoint::Unix(path)
        if path.ends_with("run/docker.sock") && !path.starts_with("/run/user"))
}

/// Returns the client's command line that lists all containers of the same engine.
pub fn list_command(kind: EngineKind, choice: &EngineChoice) -> String {
    let quoted = |word: &str| quote::shown(&[word]);
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
    fn the_cli_reaches_the_same_engine() {
        let words = |found_by: FoundBy, kind| {
            let endpoint = Endpoint::parse("unix:///x/engine.sock").unwrap();
            reach(&Located { endpoint, found_by }, kind).options.join(" ")
        };
        let far = || "far".to_owned();
        for (found_by, docker, podman) in [
            (FoundBy::HostOption, "--host unix:///x/engine.sock", "--url unix:///x/engine.sock"),
            (FoundBy::ContextOption(far()), "--context far", "--url unix:///x/engine.sock"),
            (FoundBy::DockerHost, "", "--url unix:///x/engine.sock"),
            (FoundBy::DockerContext(far()), "", "--url unix:///x/engine.sock"),
            (FoundBy::CurrentContext(far()), "", "--url unix:///x/engine.sock"),
            (FoundBy::ContainerHost, "--host unix:///x/engine.sock", ""),
            (FoundBy::DefaultSocket, "--host unix:///x/engine.sock", ""),
        ] {
            assert_eq!(words(found_by.clone(), EngineKind::Docker), docker, "{found_by}");
            assert_eq!(words(found_by.clone(), EngineKind::Podman), podman, "{found_by}");
        }
    }

    #[test]
    fn the_next_step_asks_the_same_engine() {
        let choice = |host: Option<&str>, context: Option<&str>| EngineChoice {
            host: host.map(str::to_owned),
            context: context.map(str::to_owned),
        };
        for (kind, host, context, command) in [
            (EngineKind::Docker, None, None, "docker ps -a"),
            (EngineKind::Docker, Some("unix:///x"), None, "docker --host unix:///x ps -a"),
            (EngineKind::Podman, Some("unix:///x"), None, "podman --url unix:///x ps -a"),
            (EngineKind::Docker, None, Some("far"), "docker --context far ps -a"),
        ] {
            assert_eq!(list_command(kind, &choice(host, context)), command);
        }
    }
}
