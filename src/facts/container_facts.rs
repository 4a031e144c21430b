//! Facts of the inspect documents of the container and its image. Pure.

use serde_json::Value;

use super::{Config, capability, mounts, signal};
use crate::snapshot::vocabulary::{CgroupNamespace, SeccompMode};
use crate::snapshot::{Facts, Key, key};

/// Records all facts of the container's inspect document.
pub(super) fn facts(config: &Config<'_>, facts: &mut Facts) {
    state(config, facts);
    command(config, facts);
    security(config, facts);
    limits(config, facts);
    mounts::configured(config, facts);
}

/// Records status, exit code and restarts.
fn state(config: &Config<'_>, facts: &mut Facts) {
    let source = "container inspect: State";
    if !config.knows("/State") {
        return;
    }
    let status = config.text("/State/Status").unwrap_or("unknown").to_owned();
    // Podman says `initialized` or `configured` where Docker says created, and `stopped` for exited.
    let status = match status.as_str() {
        "configured" | "initialized" => "created",
        "stopped" => "exited",
        other => other,
    };
    facts.set_foreign(key::CONTAINER_STATUS, status, source);
    let error = config.text("/State/Error");
    facts.set(key::CONTAINER_ERROR, error, source);
    let code = config.field("/State/ExitCode").and_then(Value::as_i64);
    let refused = status == "created" && (error.is_some() || code.is_some_and(|code| code != 0));
    let ended = refused || matches!(status, "exited" | "dead" | "restarting" | "stopping");
    if ended && let Some(code) = code {
        facts.set(key::CONTAINER_EXIT_CODE, code, source);
    }
    facts.set(key::CONTAINER_OOM_KILLED, config.flag("/State/OOMKilled"), source);
    let restarts = config.field("/RestartCount").and_then(Value::as_i64).unwrap_or(0);
    facts.set(key::CONTAINER_RESTARTS, restarts, "container inspect: RestartCount");
}

/// Records program, user, environment, stop signal, terminal and log driver.
fn command(config: &Config<'_>, facts: &mut Facts) {
    let argv = config.argv();
    let source = "container inspect: Config.Entrypoint, Config.Cmd";
    if config.knows("/Config/Cmd") {
        facts.set(key::CONTAINER_ARGV, argv, source);
    }
    if config.knows("/Config/User") {
        let user = config.text("/Config/User").unwrap_or_default();
        let name = user.split(':').next().unwrap_or_default();
        facts.set(key::CONTAINER_USER, user, "container inspect: Config.User");
        facts.set(
            key::CONTAINER_RUNS_AS_ROOT,
            matches!(name, "" | "0" | "root"),
            "container inspect: Config.User",
        );
    }
    let variable = config.env("container");
    if variable.is_some() || config.knows_environment() {
        facts.set(key::CONTAINER_ENV_CONTAINER, variable, "container inspect: Config.Env");
    }
    set_flag(config, facts, key::CONTAINER_TTY, "/Config/Tty");
    if config.knows("/Config/StopSignal") {
        let signal = signal::canonical(config.text("/Config/StopSignal").unwrap_or("SIGTERM"));
        facts.set(
            key::CONTAINER_STOP_SIGNAL_HALTS,
            signal::halts_systemd(&signal),
            "container inspect: Config.StopSignal",
        );
        facts.set(key::CONTAINER_STOP_SIGNAL, signal, "container inspect: Config.StopSignal");
    }
    if config.knows("/HostConfig/LogConfig/Type") {
        let driver = config.text("/HostConfig/LogConfig/Type").unwrap_or("unknown");
        facts.set(key::CONTAINER_LOG_DRIVER, driver, "container inspect: HostConfig.LogConfig");
    }
    if let Some(mode) = config.systemd_mode() {
        facts.set(key::CONTAINER_SYSTEMD_MODE, mode, "podman inspect: Config.SystemdMode");
    }
}

/// Records a boolean of the configuration, if it is known.
fn set_flag(config: &Config<'_>, facts: &mut Facts, key: Key<bool>, pointer: &str) {
    if config.knows(pointer) {
        let source = format!("container inspect: {}", pointer.trim_start_matches('/').replace('/', "."));
        facts.set(key, config.flag(pointer), &source);
    }
}

/// Records privilege, namespaces and options.
fn security(config: &Config<'_>, facts: &mut Facts) {
    set_flag(config, facts, key::CONTAINER_PRIVILEGED, "/HostConfig/Privileged");
    set_flag(config, facts, key::CONTAINER_READ_ONLY, "/HostConfig/ReadonlyRootfs");
    if config.knows("/HostConfig/PidMode") {
        let pid = config.text("/HostConfig/PidMode").unwrap_or_default();
        facts.set(
            key::CONTAINER_PID_HOST,
            pid == "host" || pid.starts_with("container:"),
            "container inspect: HostConfig.PidMode",
        );
    }
    if config.knows("/HostConfig/Init") {
        facts.set(key::CONTAINER_ENGINE_INIT, engine_init(config), "container inspect: HostConfig.Init");
    }
    if config.knows("/HostConfig/Runtime") {
        facts.set(
            key::CONTAINER_RUNTIME,
            config.text("/HostConfig/Runtime").unwrap_or_default(),
            "container inspect: HostConfig",
        );
    }
    if let Some(namespace) = cgroup_namespace(config) {
        facts.set(key::CGROUP_NAMESPACE, namespace, "container inspect: HostConfig.CgroupnsMode");
    }
    if config.knows("/HostConfig/UsernsMode") {
        let mode = config.text("/HostConfig/UsernsMode").unwrap_or("default");
        facts.set(key::CONTAINER_USERNS_MODE, mode, "container inspect: HostConfig.UsernsMode");
    }
    capabilities(config, facts);
    options(config, facts);
}

fn capabilities(config: &Config<'_>, facts: &mut Facts) {
    let source = "container inspect: HostConfig.CapAdd, HostConfig.Privileged";
    let caps = config.capabilities();
    let admin = caps.iter().any(|cap| cap == "CAP_SYS_ADMIN");
    let added = config.knows("/HostConfig/CapAdd") && config.knows("/HostConfig/Privileged");
    if admin || added {
        facts.set(key::CONTAINER_CAP_SYS_ADMIN, admin, source);
    }
    if !(added && config.knows("/HostConfig/CapDrop")) {
        return;
    }
    facts.set(key::CONTAINER_CAPABILITIES, caps, "container inspect: HostConfig.CapAdd, HostConfig.CapDrop");
    let dropped = config.dropped_capabilities();
    let needed: Vec<String> = dropped
        .iter()
        .filter(|cap| capability::NEEDED.contains(&cap.trim_start_matches("CAP_")))
        .cloned()
        .collect();
    facts.set(key::CONTAINER_CAPABILITIES_MISSING, dropped, "container inspect: HostConfig.CapDrop");
    facts.set(key::CONTAINER_CAPABILITIES_NEEDED, needed, "container inspect: HostConfig.CapDrop");
}

/// Records what `--security-opt` sets.
fn options(config: &Config<'_>, facts: &mut Facts) {
    let source = "container inspect: HostConfig.SecurityOpt";
    let known = config.knows("/HostConfig/SecurityOpt");
    let writable =
        config.security_option("writable-cgroups").is_some_and(|value| value == "true" || value == "1");
    if writable || known {
        facts.set(key::CONTAINER_WRITABLE_CGROUPS, writable, source);
    }
    let seccomp = match config.security_option("seccomp").as_deref() {
        Some("unconfined") => SeccompMode::Unconfined,
        None if config.flag("/HostConfig/Privileged") => SeccompMode::Unconfined,
        None if !(known && config.knows("/HostConfig/Privileged")) => return,
        None | Some("builtin" | "default") => SeccompMode::Default,
        Some(_) => SeccompMode::Custom,
    };
    facts.set(key::SECCOMP_MODE, seccomp, source);
}

/// Returns whether the engine runs its own init; Docker records `--init`, Podman an annotation.
fn engine_init(config: &Config<'_>) -> bool {
    let annotated = config
        .native
        .and_then(|n| n.pointer("/Config/Annotations/io.podman.annotations.init"))
        .and_then(Value::as_str);
    config.flag("/HostConfig/Init") || annotated == Some("TRUE")
}

fn cgroup_namespace(config: &Config<'_>) -> Option<CgroupNamespace> {
    let native = config.native.and_then(|n| n.pointer("/HostConfig/CgroupMode")).and_then(Value::as_str);
    match native.or(config.text("/HostConfig/CgroupnsMode"))? {
        "host" => Some(CgroupNamespace::Host),
        "private" => Some(CgroupNamespace::Private),
        _ => None,
    }
}

/// Records the limits of memory, processes and descriptors.
fn limits(config: &Config<'_>, facts: &mut Facts) {
    let positive = |pointer: &str| config.field(pointer).and_then(Value::as_i64).filter(|n| *n > 0);
    for (key, pointer) in [
        (key::CONTAINER_PIDS_LIMIT, "/HostConfig/PidsLimit"),
        (key::CONTAINER_MEMORY_LIMIT, "/HostConfig/Memory"),
    ] {
        if config.knows(pointer) {
            facts.set(
                key,
                positive(pointer),
                &format!("container inspect: {}", pointer.trim_start_matches('/').replace('/', ".")),
            );
        }
    }
    if !config.knows("/HostConfig/Ulimits") {
        return;
    }
    let ulimits = config.field("/HostConfig/Ulimits").and_then(Value::as_array).into_iter().flatten();
    let nproc = ulimits.filter(|u| {
        u.get("Name")
            .and_then(Value::as_str)
            .is_some_and(|n| n.trim_start_matches("RLIMIT_").eq_ignore_ascii_case("nproc"))
    });
    let nproc = nproc.filter_map(|u| u.get("Soft").and_then(Value::as_i64)).find(|n| *n > 0);
    facts.set(key::CONTAINER_ULIMIT_NPROC, nproc, "container inspect: HostConfig.Ulimits");
}

/// Records the facts of the image's inspect document.
pub(super) fn image_facts(image: &Value, facts: &mut Facts) {
    let source = "image inspect";
    if let Some(architecture) = image.get("Architecture").and_then(Value::as_str).filter(|a| !a.is_empty()) {
        facts.set(key::IMAGE_ARCHITECTURE, super::engine_facts::architecture(architecture), source);
    }
    let signal = image.pointer("/Config/StopSignal").and_then(Value::as_str).filter(|s| !s.is_empty());
    facts.set(key::IMAGE_STOP_SIGNAL, signal.map(signal::canonical), source);
    let volumes = image.pointer("/Config/Volumes").and_then(Value::as_object);
    facts.set(
        key::IMAGE_VOLUME_CGROUP,
        volumes.is_some_and(|v| v.keys().any(|k| k.trim_end_matches('/') == "/sys/fs/cgroup")),
        source,
    );
}
