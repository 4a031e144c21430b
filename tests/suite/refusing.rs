//! Who refuses to make a container, and who only speaks of something that is called one.

use super::program::{Run, roots, sysdock};

fn triage(text: &str) -> Run {
    sysdock(["triage", "--format", "json", "-"]).run_with(text.as_bytes())
}

/// Words of clients, of Compose, of clusters and of libraries that say the same.
const TOLD_BY_OTHERS: [&str; 24] = [
    "docker: bad format for path: srv",
    "docker: no matching manifest for linux/riscv64 in the manifest list entries.",
    "docker: --shm-size: this must be a number.",
    "nerdctl: the runtime is not known here",
    "Error: statfs /srv/gone: no such file or directory",
    "Error: stat /dev/hidraw9: no such file or directory",
    "Error: unable to find user daemon9: no matching entries in passwd file",
    "Error: setting up Pasta: pasta failed with exit code 3:",
    "Error: invalid internal status, try resetting the pause process with \"podman system migrate\"",
    "ERRO[0000] cannot find UID/GID for user ci: no subuid ranges found for user \"ci\" in /etc/subuid",
    "FATA[0001] failed to mount {Type:native Source:/x Options:[]}: operation not permitted",
    "time=\"2026-05-06T07:08:09Z\" level=fatal msg=\"rootless mode is not set up\"",
    "dependency failed to start: container lab-db-1 exited (3)",
    "ERROR: for web  Cannot create container for service web: nobody knows",
    "services.web additional properties 'tmpfss' not allowed",
    "validating /srv/lab/compose.yaml: services.db.tty must be a boolean",
    "  Warning  Failed                  4s (x3 over 20s)  kubelet            Error: failed to reserve \
        container name",
    "  Warning  FailedCreatePodSandBox  4s                kubelet            nobody knows",
    "lab-0   0/1   CreateContainerConfigError   0   4s",
    "      Reason:       StartError",
    "Error from server (Forbidden): pods \"lab\" is forbidden: violates PodSecurity \"baseline:latest\": \
        privileged",
    "docker.errors.APIError: 409 Client Error: Conflict (\"nobody knows\")",
    "com.github.dockerjava.api.exception.BadRequestException: Status 400: nobody knows",
    "fatal: [lab]: FAILED! => {\"msg\": \"Error creating container: nobody knows\"}",
];

#[test]
fn an_engine_refusal_is_found_in_every_source() {
    let noise =
        |word: &str| (0..1500).map(|n| format!("{word} object {n}")).collect::<Vec<_>>().join("\n") + "\n";
    for line in TOLD_BY_OTHERS {
        for text in [format!("{line}\n"), format!("{}{line}\n{}", noise("building"), noise("linking"))] {
            let report = triage(&text).ended(1).report(0);
            assert_eq!(roots(&report), ["engine-refused"], "{line}: {report:#}");
            assert_eq!(
                report["findings"][0]["evidence"][0]["text"].as_str().map(str::trim),
                Some(line.trim()),
                "{line}"
            );
        }
    }
    for line in [
        "Error: short-name \"lab\" did not resolve to an alias and no unqualified-search registries are \
            defined",
        "  Warning  Failed  4s  kubelet  Failed to pull image \"lab:1\": not found",
        "failed to connect to the docker API at unix:///run/docker.sock; check if the daemon is running",
        "level=fatal msg=\"cannot access containerd socket\"",
        "no configuration file provided: not found",
        "no such service: db",
    ] {
        let report = triage(line).ended(4).report(0);
        assert!(
            report["state"].as_str().is_some_and(|state| state.contains("the engine's answer")),
            "{line}: {report:#}"
        );
    }
}

#[test]
fn other_programs_containers_are_not_an_engines() {
    for line in [
        "Error: createRoot(...): Target container is not a DOM element.",
        "Error: Map container is already initialized.",
        "Error: The specified container does not exist.",
        "Error: the dependency injection container has no entry \"mailer\"",
        "time=\"2026-05-06T07:08:09Z\" level=error msg=\"could not scrape container metrics\"",
        "FATA[0000] failed to load config: open app.yaml: no such file",
        "Error: open config.yml: no such file or directory",
        "Error: unknown command \"deploy\" for \"tool\"",
        "Unable to connect to the server: dial tcp 127.0.0.1:6443: connect: connection refused",
        "web   1/1   Running   0   1d",
        " Container lab-web-1  Started",
        "docker: 28.5.2",
        "podman: true",
    ] {
        assert_eq!(triage(line).ended(0).report(0)["subject"], "not-systemd", "{line}");
    }
}
