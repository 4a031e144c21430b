//! Containers of the lab with passwords in their command and health check: examined, tried and replaced, and
//! no password is printed.

use serde_json::Value;

use super::lab::{Container, Lane, lane, turn};
use super::program::Run;

/// Words that the containers have and nobody may see.
const SECRETS: [&str; 4] = ["Cmdt0ken77", "s3cond w0rd", "Hp4ssw0rd", "envsecret9"];
/// A health check of two lines, the second of which a workflow would obey.
const CHECK: &str = "true --password 'Hp4ssw0rd' \n::error::z";

fn broken(lane: &Lane) -> Container<'_> {
    let off = if lane.engine == "podman" { &["--systemd=false"][..] } else { &[] };
    let flags =
        [&["--health-cmd", CHECK, "-e", "DB_PASSWORD=envsecret9", "--label", "lines=a\nb"][..], off].concat();
    let command = [
        "/sbin/init",
        "--log-level=info",
        "--api-token=Cmdt0ken77",
        "--db-password",
        "s3cond w0rd\n\n",
        "it's $HOME `id`",
    ];
    let container = Container::start(lane, "unseen", &flags, "bookworm", &command);
    container.await_end(std::time::Duration::from_secs(5));
    container
}

fn documents(container: &Container<'_>, name: &str) -> Vec<Value> {
    let said = container.lane.client(&[
        "container",
        "inspect",
        "-f",
        "{{json .Config.Cmd}}\n{{json .Config.Healthcheck}}",
        name,
    ]);
    said.stdout.lines().map(|line| serde_json::from_str(line).expect("inspect gives JSON")).collect()
}

fn is_silent(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert_eq!(SECRETS.iter().find(|secret| text.contains(**secret)), None, "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn a_container_with_passwords_is_cured_and_none_is_printed() {
    let _turn = turn();
    for name in ["docker20-v2", "docker28-v2", "podman4-v2"] {
        let Some(lane) = lane("a_container_with_passwords_is_cured_and_none_is_printed", name) else {
            continue;
        };
        let container = broken(lane);
        let before = documents(&container, &container.name);
        let call = |arguments: &[&str]| {
            let path = std::env::var("PATH").unwrap_or_default();
            lane.sysdock(arguments).env("PATH", path).env("TMPDIR", std::env::temp_dir()).run()
        };
        for arguments in [
            &["doctor", "--format", "json"][..],
            &["doctor"],
            &["doctor", "--prescription", "sh"],
            &["doctor", "--prescription", "compose"],
        ] {
            is_silent(&call(&[arguments, &[&container.name]].concat()).ended(1));
        }
        is_silent(&call(&["prove", &container.name]).ended(0));
        is_silent(&call(&["fix", &container.name, "--yes"]).ended(0));
        let listed = lane.client(&[
            "ps",
            "-a",
            "--filter",
            &format!("name={}-before-", container.name),
            "--format",
            "{{.Names}}",
        ]);
        let _old = Container { lane, name: listed.stdout.trim().to_owned() };
        assert_eq!(documents(&container, &container.name), before, "{name}: a word is not what it was");
    }
}
