//! The error messages of engines: a line in, what was refused and what that means out. Pure.
//!
//! Only messages of the engine, its runtime and their clients; those of PID 1 are read elsewhere.

use crate::pattern::Pattern;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// A request that starts no container: removing one, running a command in one, naming one that does not
    /// exist.
    Other,
    /// The client did not reach the engine, the image could not be pulled, or the client rejected its
    /// arguments: a container was not started, if that was the request.
    Asking,
    /// A summary of earlier messages: a container did not start.
    Sum,
    /// Creating or starting a container.
    Start,
}

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal<'t> {
    /// The reason, without the name of the program that reports it.
    pub words: &'t str,
    /// What was refused.
    pub what: Refused,
}

/// Lines that only engines, their runtimes and their clients write; the group is the reason.
static FORMS: [Pattern; 11] = [
    Pattern::with_one_of(
        &["rror response from daemon: "],
        r"\b[Ee]rror response from daemon: (?P<words>\S.*)$",
    ),
    Pattern::with_one_of(
        &[
            "OCI ",
            "oci ",
            "runc ",
            "crun",
            "failed to create ",
            "failed to start containerd task",
            "container_linux.go",
            "to start container",
        ],
        r"(?:^|[\s:=\x22'])(?P<words>(?:OCI runtime (?:create failed|error|start failed)|oci runtime error|runc (?:create|run|start) failed|crun: |failed to (?:create (?:shim task|containerd (?:task|container)|task for container)|start containerd task)|container_linux\.go:\d+: |[Uu]nable to start container\b).*)$",
    ),
    // A program's messages about itself differ from those about its request by a word of refusal, wherever it
    // stands.
    Pattern::with_one_of(
        &[
            "docker",
            "podman: ",
            "nerdctl: ",
            "crun: ",
            "runc: ",
            "youki: ",
            "ctr: ",
            "buildah: ",
            "conmon: ",
            "nsenter: ",
        ],
        r"^(?:docker(?:-compose)?|podman|nerdctl|crun|runc|youki|ctr|buildah|conmon|nsenter): (?P<words>(?:.*[^\w-])?(?:[Ee]rror|[Ii]nvalid|[Cc]onflicting|[Oo]pening|[Bb]ad|[Uu]nsupported|[Uu]nknown|[Cc]annot|[Cc]an't|[Ff]ailed|[Uu]nable|[Nn]o such|no matching|is not|not found|already|permission denied|must be)\b.*|(?:open|stat|lstat|statfs|read|mkdir) \S.*)$",
    ),
    Pattern::with_one_of(
        &["Error: "],
        r"^Error: (?P<words>(?:(?:crun|runc|youki|kata-runtime|conmon|netavark|slirp4netns|pasta|rootlessport|unshare): .*|statfs /.*|l?stat /dev/.*|invalid reference format.*|.*(?:\b[Cc]groups?v?[12]?\b.*\b(?:[Nn]ot|[Nn]o|[Pp]ermission|[Uu]nable|[Ff]ail\w*|[Rr]equires?)\b|\bcgroup (?:controller|manager|namespace|parent|flag|driver|path)|/sys/fs/cgroup|security-opt|seccomp|user namespace|\buserns\b|new[ug]idmap|\bsub[ug]id|[Rr]ootless|\bOCI\b|storage driver|graph driver|\bpodman\b|\b(?:[Pp]asta|slirp4netns|netavark|conmon|crun|runc)\b|in (?:passwd|group) file|unqualified-search|systemd mode|--systemd\b)).*)$",
    ),
    // The word container alone is also an element of a page, or a store in a cloud.
    Pattern::with_one_of(
        &["Error: "],
        r"^Error: (?P<words>(?:.*\b(?:(?:creating|preparing|starting|start|initialize|initializing|create|init|running) container\b|containers? (?:name|storage|state|process|runtime|engine)\b|container \x22?[0-9a-f]{4,64}\b|failed to start containers|copying system image|unrecognized image).*))$",
    ),
    Pattern::with_one_of(
        &["FATA[", "ERRO[", "level="],
        r"(?:^(?:FATA|ERRO)\[\d+\] |\blevel=(?:fatal|error) msg=\x22)(?P<words>(?:.*(?:\bcontainerd\b|\bnew[ug]idmap|\bsub[ug]id\b|\buser namespace|\b[Rr]ootless\b|\bOCI\b|\b(?:runc|crun|youki|conmon|netavark|pasta|slirp4netns)\b|/sys/fs/cgroup|networking settings|failed to mount \{)).*)$",
    ),
    Pattern::with_one_of(
        &["ontainer ", "ependency failed to start"],
        r"^\W*(?P<words>Container \S+ +(?:Error|Failed)\b.*|[Dd]ependency failed to start: .*)$",
    ),
    // Compose reads its file and names the service.
    Pattern::with_one_of(
        &["service ", "services.", "validating ", "Compose file", "no configuration file", "no such service"],
        r"(?:^|[\s\x22'])(?P<words>(?:Cannot (?:start|create) (?:container for )?service \S.*|cannot create container for service \S.*)|services\.\S+ (?:[Aa]dditional propert(?:y|ies)|must be|contains).*|validating \S+\.ya?ml: .*|[Tt]he Compose file \S+ is invalid.*|no configuration file provided.*|service \x22[^\x22]+\x22 (?:is not running|has neither|depends on|refers to).*|^no such service: .*)$",
    ),
    // A cluster reports a container that it could not create.
    Pattern::with_one_of(
        &[
            "kubelet",
            "ContainerError",
            "ConfigError",
            "SandboxError",
            "ContainerCannotRun",
            "StartError",
            "is forbidden: ",
            "sandbox",
        ],
        r"\b(?:Warning\s+Failed(?:CreatePodSandBox|CreatePodContainer|Mount)?\s.*\bkubelet(?:, \S+)?\s+(?P<event>\S.*)|(?P<state>(?:RunContainerError|CreateContainerError|CreateContainerConfigError|RunPodSandboxError|CreatePodSandboxError|ContainerCannotRun|StartError)\b.*)|(?P<words>pods? \S+ is forbidden: (?:violates|unable to).*|[Ff]ailed to create pod sandbox.*))$",
    ),
    // Libraries that talk to an engine on behalf of other programs.
    Pattern::with_one_of(
        &[
            "docker.errors.",
            "dockerjava.",
            "http+docker:",
            "podman.errors.",
            "testcontainers",
            "ting container",
            "ning container",
        ],
        r"(?:(?:docker|podman)\.errors\.\w+: |\bdockerjava\.[\w.]*exception\.\w+: |\btestcontainers\.[\w.]*Exception: )(?P<words>\S.*)$|(?P<event>\b\d{3} (?:Client|Server) Error\b.*http\+docker:.*)$|(?P<state>\b[Ee]rror (?:starting|creating|running) container[: ].*)$",
    ),
    Pattern::with_one_of(
        &[
            "onnect to ",
            "during connect",
            "is the docker daemon running",
            "access containerd",
            "containerd not running",
        ],
        r"(?P<words>\b(?:(?:[Cc]annot|[Ff]ailed to|[Uu]nable to|[Cc]ould not|while trying to) connect to (?:the )?(?:[Dd]ocker|[Pp]odman|containerd)\b|[Pp]ermission denied while trying to connect to|error during connect|cannot access containerd|(?:rootless )?containerd not running).*)$",
    ),
];
/// Lines that other programs write too.
static LOOSE: Pattern = Pattern::with_one_of(
    &["Error: ", "unknown ", "nvalid argument ", "FATA[", "level=fatal"],
    r"^(?:Error: (?P<error>\S.*)|(?P<flag>unknown (?:shorthand )?flag: .*|[Ii]nvalid argument .+ for .?-.*)|FATA\[\d+\] (?P<fatal>\S.*)|time=\S+ level=fatal (?P<logged>\S.*))$",
);
/// Lines that say nothing of an engine by themselves; where a text holds nothing else, something asked for a
/// container and did not get it.
static LONE: Pattern = Pattern::with_one_of(
    &[
        "ontainer with name",
        "nable to find image",
        "cannot clone: ",
        "cannot re-exec",
        "ootless container",
        "ERROR: for ",
        "lxc",
        "incus: ",
        "machinectl: ",
        "systemd-nspawn: ",
        "unshare: ",
        "newuidmap: ",
        "newgidmap: ",
        "slirp4netns: ",
        "pasta: ",
        "fuse-overlayfs: ",
    ],
    r"^(?:Error: )?(?P<words>[Nn]o container with name .*|[Uu]nable to find image .*|cannot (?:clone: |re-exec ).*|[Rr]ootless containers? requires? .*|ERROR: for \S+ .*|(?:lxc|lxc-\w+|incus|machinectl|systemd-nspawn|unshare|new[ug]idmap|slirp4netns|pasta|fuse-overlayfs): .*)$",
);
/// Requests that start no container.
static OTHER: Pattern = Pattern::new(
    r"(?i)\bno such (?:container|object|image|network|volume|exec|service|node|pod)|no container with (?:name|id)|exec failed|runtime exec\b|\bis not running\b|\bis (?:already )?(?:paused|restarting|stopped)\b|\b(?:cannot|unable to|could not) (?:remove|delete|kill|stop|pause|unpause|attach|exec)|\bremoval of |\b(?:unable to|cannot) (?:delete|remove)|must be forced|page not found|\bprune\b|not a swarm manager|dockerfile parse error|failed to (?:build|solve|read dockerfile)|returned a non-zero code|\b(?:copy|add) failed|can only create exec|is not a docker command|container state improper|no configuration file provided|has active endpoints|volume is (?:in use|being used)|image is (?:in use|being used)",
);
/// Failures between the client and the engine, or between the engine and its registry.
static ASKING: Pattern = Pattern::new(
    r"(?i)cannot connect to|permission denied while trying to connect|error during connect|unable to connect to podman|pull access denied|manifest (?:for .* not found|unknown)|\btoomanyrequests\b|unauthorized:|authentication required|denied: requested access|dial tcp|tls handshake|x509:|client\.timeout|no basic auth|no such host|https?://\S+/v2/|reading manifest|initializing source|short-name|unable to find image|login attempt|failed to pull image|errimagepull|imagepullbackoff|unqualified-search|(?:connect to|access|reach) (?:the )?(?:docker|podman|containerd)|containerd not running",
);
/// Summaries of earlier messages.
static SUMS: Pattern = Pattern::new(
    r"failed to start containers|(?i)^dependency failed to start|^container \S+ +(?:Error|Failed)",
);
/// Text after the reason that adds nothing.
static REST: Pattern = Pattern::new(r"(?:: unknown)?\.?(?: ?See '(?:docker|podman|nerdctl)[^']*'\.?)?$");

/// Reads a message of an engine.
#[must_use]
pub fn of_line(line: &str) -> Option<Refusal<'_>> {
    let line = line.trim();
    let first = FORMS.iter().find_map(|form| {
        let captures = form.captures(line)?;
        ["words", "event", "state"].into_iter().find_map(|name| captures.name(name))
    })?;
    Some(Refusal { words: bare(first), what: what(line, first) })
}

/// Reads a line that may come from an engine's client or from any other program.
#[must_use]
pub fn of_loose_line(line: &str) -> Option<Refusal<'_>> {
    let captures = LOOSE.captures(line.trim())?;
    let words = ["error", "flag", "fatal", "logged"].into_iter().find_map(|name| captures.name(name))?;
    (what(line, words) != Refused::Other).then(|| Refusal { words: bare(words), what: Refused::Asking })
}

/// Reads the only line of a text: one that says nothing of an engine beside other lines, and is of no program
/// that is not about containers.
#[must_use]
pub fn of_lone_line(line: &str) -> Option<&str> {
    LONE.captures(line.trim())?.name("words").map(bare)
}

fn what(line: &str, words: &str) -> Refused {
    if OTHER.is_match(line) {
        Refused::Other
    } else if ASKING.is_match(words) {
        Refused::Asking
    } else if SUMS.is_match(words) {
        Refused::Sum
    } else {
        Refused::Start
    }
}

fn bare(words: &str) -> &str {
    let end = REST.find(words).map_or(words.len(), |rest| rest.start);
    let bare = words[..end].trim();
    if bare.is_empty() { words.trim() } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_engine_errors_are_not_refused_starts() {
        for (line, words, what) in [
            (
                "docker: Error response from daemon: no idea what this is.",
                "no idea what this is",
                Refused::Start,
            ),
            ("Error response from daemon: cgroup: odd: unknown", "cgroup: odd", Refused::Start),
            ("docker: invalid restart policy \"often\".", "invalid restart policy \"often\"", Refused::Start),
            (
                "Error: crun: mknod `x`: Operation not permitted: OCI permission denied",
                "crun: mknod `x`: Operation not permitted: OCI permission denied",
                Refused::Start,
            ),
            ("Error: runc: runc create failed: nothing", "runc create failed: nothing", Refused::Start),
            (" \u{2718} Container a-web-1  Error", "Container a-web-1  Error", Refused::Sum),
            ("Error: failed to start containers: web", "failed to start containers: web", Refused::Sum),
            (
                "docker: Cannot connect to the Docker daemon at unix:///x. Is it running? See 'docker run \
                    --help'.",
                "Cannot connect to the Docker daemon at unix:///x. Is it running",
                Refused::Asking,
            ),
            (
                "Error response from daemon: pull access denied for x",
                "pull access denied for x",
                Refused::Asking,
            ),
            ("Error response from daemon: No such container: web", "No such container: web", Refused::Other),
            (
                "Error response from daemon: Container 0123 is not running",
                "Container 0123 is not running",
                Refused::Other,
            ),
            (
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"x\": not \
                    found",
                "unable to start container process: exec: \"x\": not found",
                Refused::Other,
            ),
        ] {
            let refusal = of_line(line).unwrap();
            assert_eq!(refusal.what, what, "{line}");
            assert!(refusal.words.starts_with(words), "{line}: {}", refusal.words);
        }
    }

    #[test]
    fn a_lone_line_may_be_of_a_client() {
        for line in [
            "Error: cannot re-exec process",
            "cannot clone: Operation not permitted",
            "rootless containers require user namespaces",
            "no container with name or ID \"web\" found: no such container",
            "lxc-start: web: tools/lxc_start.c: main: 306 The container failed to start",
            "ERROR: for web  Container \"0123\" is unhealthy.",
        ] {
            assert!(of_lone_line(line).is_some(), "{line}");
        }
        assert_eq!(of_lone_line("npm ERR! code ELIFECYCLE"), None);
        let nsenter = of_line("nsenter: failed to unshare namespaces: Operation not permitted").unwrap();
        assert_eq!(nsenter.what, Refused::Start);
    }

    #[test]
    fn other_programs_refuse_nothing() {
        for line in [
            "Error: Cannot find module 'express'",
            "error: failed to push some refs to 'github.com:a/b.git'",
            "bash: docker: command not found",
            "docker: 20.10.24",
            "Container web-1  Started",
            "[ERROR] response from server: 500",
            "systemd[1]: docker.service: Failed with result 'exit-code'.",
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
