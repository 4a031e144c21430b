//! Prescriptions for containers whose every word somebody hostile chose: nothing of them becomes a command, a
//! terminal or a workflow obeys nothing, no secret is printed, and what is refused or carried over is said.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::LazyLock;

use clap::ValueEnum;
use serde_json::{Value, json};
use sysdock::diagnose::{Report, diagnose_with};
use sysdock::prescribe::{CureFormat, Prescription, Reach, emit, prescribe};
use sysdock::render::{Answer, Context, human};
use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::Matcher;
use sysdock::snapshot::{EngineKind, Snapshot, saved_file};

use super::program::{project, sysdock};

/// Needs a derived image, the environment of the old container and a start.
const DERIVED: &str = "fixtures/default-target-broken/docker28-v2-bookworm-target-masked-tty.json";
/// Needs flags alone.
const FLAGS: &str = "fixtures/run-tmpfs-missing/docker20-v2-bullseye-bare-silent.json";
/// Those that a shell runs.
const SCRIPTS: [CureFormat; 3] = [CureFormat::Sh, CureFormat::Docker, CureFormat::Podman];
const CONTAINER: &str = "/documents/container";

static RULES: LazyLock<RuleSet> = LazyLock::new(|| builtin().expect("the built-in rules can be read"));
static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&RULES));

static JUDGED_DERIVED: LazyLock<Report> = LazyLock::new(|| judged(DERIVED));
static JUDGED_FLAGS: LazyLock<Report> = LazyLock::new(|| judged(FLAGS));

fn judged(fixture: &str) -> Report {
    let snapshot = saved_file::read(&project(fixture)).expect("a fixture is a snapshot");
    diagnose_with(&snapshot, &RULES, &MATCHER)
}

/// A recorded container with some fields changed.
struct Case {
    report: Report,
    cure: Prescription,
}

impl Case {
    fn of(fixture: &str, changes: &[(&str, Value)]) -> Self {
        let text = std::fs::read_to_string(project(fixture)).expect("a fixture can be read");
        let mut document: Value = serde_json::from_str(&text).expect("a fixture is JSON");
        for (path, value) in changes {
            set(&mut document, path, value.clone());
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("snapshot.json");
        std::fs::write(&path, document.to_string()).expect("a file can be written");
        let snapshot: Snapshot = saved_file::read(&path).expect("a changed fixture is a snapshot");
        // Judging looks at facts and log, which stay as they were recorded.
        let recorded = if fixture == DERIVED { &*JUDGED_DERIVED } else { &*JUDGED_FLAGS };
        let report = Report { target: snapshot.target.clone(), ..recorded.clone() };
        let cure =
            prescribe(&report, &snapshot, &Reach::by_itself(EngineKind::Docker)).expect("there is a cause");
        Self { report, cure }
    }

    fn page(&self, width: usize) -> String {
        let answer = Answer { report: &self.report, prescription: Some(&self.cure), trial: None };
        human::answers(&[answer], &Context { width, color: false, unicode: true, hyperlinks: false })
    }

    fn forms(&self) -> Vec<(CureFormat, String)> {
        let text =
            |form| emit(&self.cure, form).expect("no serialiser fails").map(|emitted| (form, emitted.page()));
        CureFormat::value_variants().iter().copied().filter_map(text).collect()
    }

    /// All that is said of the cure, the report left aside: it quotes what was found.
    fn said(&self) -> String {
        let steps = self
            .cure
            .steps
            .iter()
            .map(|step| format!("{} {:?} {:?} {:?}", step.title, step.files, step.argv, step.needs));
        let head = format!("{} {} {}", self.cure.summary, self.cure.privilege, self.cure.cost);
        let forms = self.forms().into_iter().map(|(_, text)| text);
        std::iter::once(head).chain(steps).chain(forms).collect::<Vec<_>>().join("\n")
    }

    fn runs(&self) -> bool {
        self.cure.steps.iter().any(|step| !step.argv.is_empty())
    }
}

fn set(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for key in path.split('/').skip(1) {
        if place.is_null() {
            *place = json!({});
        }
        place = &mut place[key];
    }
    *place = value;
}

fn at(path: &str) -> String {
    format!("{CONTAINER}{path}")
}

/// Fields with words that end a here-document, a line, a quote, or a command.
fn hostile() -> Vec<(String, Value)> {
    let mut list = Vec::new();
    let words = [
        "x\nEND\ntouch pwned\n",
        "'; touch pwned; '",
        "$(touch pwned)",
        "`touch pwned`",
        "x\" && touch pwned && \"",
        "x\r\ntouch pwned",
        "\\\ntouch pwned #",
        "x\nEND_\nRUN touch pwned",
        "-\u{1b}[2J\u{202e}",
        "x\n::error::y\n  ##[error]z",
        "a\u{2066}b\u{61c}\u{200f}\u{9b}2J",
    ];
    let fields = [
        "/Config/Image",
        "/Config/User",
        "/Config/WorkingDir",
        "/Config/Hostname",
        "/Config/StopSignal",
        "/HostConfig/CgroupParent",
        "/HostConfig/Runtime",
        "/HostConfig/UsernsMode",
        "/Image",
        "/Created",
        "/Config/Domainname",
    ];
    for word in words {
        list.extend(fields.iter().map(|field| (at(field), json!(word))));
        list.push(("/target/name".to_owned(), json!(word)));
        list.push(("/documents/image/Config/User".to_owned(), json!(word)));
        list.push((at("/Config/Cmd"), json!(["/sbin/init", word])));
        list.push((at("/Config/Entrypoint"), json!(["/sbin/init", word])));
        list.push((at("/Config/Labels"), json!({"a": word, word: "b"})));
        list.push((at("/Config/Labels"), json!({ "a": word })));
        list.push((at("/Config/Env"), json!([format!("A={word}"), format!("{word}=1")])));
        list.push((at("/Config/Healthcheck"), json!({"Test": ["CMD-SHELL", word]})));
        list.push((at("/Config/ExposedPorts"), json!({ word: {} })));
        list.push((at("/HostConfig/Binds"), json!([format!("/a{word}:/b"), format!("{word}:/c:{word}")])));
        list.push((at("/HostConfig/Tmpfs"), json!({ format!("/t{word}"): word })));
        list.push((
            at("/HostConfig/Mounts"),
            json!([{"Type": "bind", "Source": word, "Target": format!("/m{word}")}]),
        ));
        list.push((
            at("/HostConfig/SecurityOpt"),
            json!([format!("seccomp={{\"defaultAction\": \"SCMP_ACT_ALLOW\"}}{word}"), word]),
        ));
        list.push((
            at("/HostConfig/SecurityOpt"),
            json!([format!("seccomp={}", json!({"defaultAction": "SCMP_ACT_ALLOW", "x": word}))]),
        ));
        list.push((at("/HostConfig/Sysctls"), json!({ word: word })));
        list.push((at("/HostConfig/RestartPolicy"), json!({ "Name": word })));
        list.push((
            at("/NetworkSettings/Networks"),
            json!({word: {"Aliases": [word]}, "ok": {"DriverOpts": {word: word}}}),
        ));
    }
    list
}

/// Runs a script where each engine's client does nothing; says whether `touch` was called, which none of the
/// steps does.
fn run(script: &str) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mark = folder.path().join("mark");
    let answer = "case \"$*\" in *inspect*) echo A=1; echo B=2;; esac".to_owned();
    let touched = format!(": > '{}'", mark.display());
    for (name, does) in [("docker", &answer), ("podman", &answer), ("install", &answer), ("touch", &touched)]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).expect("a file can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("a file can be made a program");
    }
    let search = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder.path()).env("PATH", search).env("TMPDIR", folder.path());
    shell.output().expect("a shell can be started");
    mark.exists()
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[test]
fn no_foreign_word_becomes_a_command() {
    assert!(run("(exit 1) || touch pwned"), "a command that runs is seen");
    for (field, value) in hostile() {
        let case = Case::of(DERIVED, &[(&field, value.clone())]);
        let scripts: Vec<String> = case
            .forms()
            .into_iter()
            .filter(|(form, _)| SCRIPTS.contains(form))
            .map(|(_, text)| text)
            .collect();
        // Each in a shell of its own, so that the end of one is not the end of all.
        let script = scripts.iter().map(|text| format!("(\n{text}\n)\n")).collect::<Vec<_>>().concat();
        assert!(scripts.is_empty() || !run(&script), "{field} {value}: {script}");
        for step in &case.cure.steps {
            let lines = step.files.get("image/Dockerfile").map(String::as_str).unwrap_or_default().lines();
            let odd: Vec<&str> = lines
                .filter(|line| {
                    !["FROM ", "USER ", "RUN systemctl "].iter().any(|begin| line.starts_with(begin))
                })
                .collect();
            assert!(odd.is_empty(), "{field} {value}: {odd:?}");
        }
    }
}

#[test]
fn no_format_and_no_page_shows_control_sequences_or_workflow_commands() {
    for (field, value) in hostile() {
        let case = Case::of(DERIVED, &[(&field, value.clone())]);
        let pages = [40, 100].map(|width| case.page(width));
        assert!(
            !pages.iter().any(|page| page.contains("<<")),
            "{field} {value}: a line of a here-document can end it: {}",
            pages[1]
        );
        for text in case.forms().into_iter().map(|(_, text)| text).chain(pages) {
            let odd = text.lines().find(|line| {
                line.trim_start().starts_with("::")
                    || line.trim_start().starts_with("##[")
                    || line.contains(is_unseen)
            });
            assert_eq!(odd, None, "{field} {value}: {text}");
        }
    }
}

#[test]
fn what_holds_a_hostile_word_in_yaml_holds_it_still() {
    let word = "a\u{202e}\u{1b}]0;x\u{7}\n::error::b\n##[group]c";
    let case = Case::of(FLAGS, &[(&at("/Config/Labels"), json!({ "a": word }))]);
    let compose = case
        .forms()
        .into_iter()
        .find(|(form, _)| *form == CureFormat::Compose)
        .expect("there is such a form")
        .1;
    let file: yaml_serde::Value = yaml_serde::from_str(&compose).expect("it is YAML");
    assert_eq!(
        file["services"]["bare-bullseye"]["labels"][0].as_str(),
        Some(format!("a={word}").as_str()),
        "{compose}"
    );
}

#[test]
fn invalid_names_make_no_command_and_are_reported() {
    for name in ["x; touch pwned; #", "../../x", "a b", "-v", "\u{202e}x", "a\nb", "", "ünï"] {
        let case = Case::of(DERIVED, &[("/target/name", json!(name))]);
        assert!(
            !case.runs() && !case.cure.curable && case.cure.retired.is_none(),
            "{name:?}: {:?}",
            case.cure.steps
        );
        assert!(
            case.cure.summary.contains("is not a container name") && case.forms().is_empty(),
            "{name:?}: {}",
            case.cure.summary
        );
    }
    for image in ["x y", "-v", "a\nRUN id", "A/B:c:d", "x\u{2066}"] {
        let unknown = [
            (at("/Config/Image"), json!(image)),
            (at("/Image"), json!(image)),
            ("/documents/image/RepoTags".to_owned(), json!(null)),
        ];
        let changes: Vec<(&str, Value)> =
            unknown.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
        let case = Case::of(DERIVED, &changes);
        assert!(
            !case.runs() && case.cure.summary.contains("is not an image reference"),
            "{image:?}: {}",
            case.cure.summary
        );
    }
    for user in ["root\nRUN id", "a b", "$(id)"] {
        let case = Case::of(DERIVED, &[("/documents/image/Config/User", json!(user))]);
        assert!(
            !case.runs()
                && case.said().contains("USER of the image")
                && case.said().contains(
                    "is not a \
                user"
                ),
            "{user:?}: {}",
            case.said()
        );
    }
}

#[test]
fn labels_of_the_image_and_odd_names_are_no_owner() {
    let owners = [
        json!({"com.docker.compose.project": "p", "com.docker.compose.service": "web"}),
        json!({"PODMAN_SYSTEMD_UNIT": "web.service"}),
        json!({"com.docker.swarm.service.name": "s"}),
        json!({"io.kubernetes.pod.name": "p"}),
        json!({"creator": "molecule"}),
    ];
    let owner =
        |case: &Case| case.cure.steps.first().is_some_and(|step| step.title.starts_with("This container"));
    for labels in owners {
        assert!(owner(&Case::of(FLAGS, &[(&at("/Config/Labels"), labels.clone())])), "{labels}");
        let inherited = Case::of(
            FLAGS,
            &[(&at("/Config/Labels"), labels.clone()), ("/documents/image/Config/Labels", labels.clone())],
        );
        assert!(!owner(&inherited) && inherited.runs(), "{labels}: {}", inherited.said());
    }
    for odd in ["web; curl x | sh", "$(id)", "a b", "a\nb", "-x", "`id`", "web\u{202e}"] {
        for labels in [
            json!({"com.docker.compose.project": "p", "com.docker.compose.service": odd}),
            json!({ "com.docker.compose.project": odd }),
            json!({"com.docker.compose.project": "p", "com.docker.compose.project.config_files": format!("a.yml;{odd}")}),
            json!({ "PODMAN_SYSTEMD_UNIT": odd }),
            json!({ "com.docker.swarm.service.name": odd }),
            json!({ "io.kubernetes.pod.name": odd }),
        ] {
            let case = Case::of(FLAGS, &[(&at("/Config/Labels"), labels.clone())]);
            assert!(!owner(&case) && case.runs(), "{labels}: {}", case.said());
            let remark = case.cure.steps.last().map(|step| step.title.clone()).unwrap_or_default();
            assert!(remark.starts_with("The label ") && !remark.contains(odd), "{labels}: {remark}");
        }
    }
}

#[test]
fn carried_over_privileges_are_listed() {
    let variants = [
        ("/HostConfig/Privileged", json!(true), "--privileged"),
        ("/HostConfig/CapAdd", json!(["SYS_PTRACE"]), "SYS_PTRACE"),
        ("/HostConfig/PidMode", json!("host"), "--pid host"),
        ("/HostConfig/IpcMode", json!("host"), "--ipc host"),
        ("/HostConfig/UTSMode", json!("host"), "--uts host"),
        ("/HostConfig/UsernsMode", json!("host"), "--userns host"),
        ("/HostConfig/Binds", json!(["/:/host"]), "the host's / at /host (writable)"),
        ("/HostConfig/Binds", json!(["/srv/../etc:/e:ro"]), "the host's /etc at /e (read-only)"),
        ("/HostConfig/Binds", json!(["/run/docker.sock:/s"]), "/run/docker.sock"),
        ("/HostConfig/Binds", json!(["/home/me/.ssh:/k"]), "/home/me/.ssh"),
        (
            "/HostConfig/Mounts",
            json!([{"Type": "bind", "Source": "/root", "Target": "/r"}]),
            "the host's /root at /r",
        ),
        (
            "/HostConfig/Devices",
            json!([{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda", "CgroupPermissions": "rwm"}]),
            "/dev/sda",
        ),
        ("/HostConfig/SecurityOpt", json!(["apparmor=unconfined"]), "apparmor=unconfined"),
        ("/HostConfig/SecurityOpt", json!(["label=disable"]), "label=disable"),
    ];
    for (field, value, words) in variants {
        let case = Case::of(DERIVED, &[(&at(field), value.clone())]);
        assert!(
            case.cure.privilege.to_string().contains(words) && case.cure.summary.contains(words),
            "{field} {value}: {}",
            case.cure.privilege
        );
        assert!(!case.page(100).contains("privileges: unchanged. note"), "{}", case.page(100));
        assert!(
            case.forms().iter().all(|(_, text)| text.contains(words)),
            "{field} {value}: {:?}",
            case.forms()
        );
        assert!(!case.said().contains("the steps above need none of that"));
    }
    let privileged = Case::of(DERIVED, &[(&at("/HostConfig/Privileged"), json!(true))]);
    assert!(
        privileged.cure.not_offered[0].why.contains("has it already and keeps it"),
        "{:?}",
        privileged.cure.not_offered
    );
}

#[test]
fn steps_of_a_snapshot_name_their_origin_and_image() {
    for (fixture, image) in [(DERIVED, "test-target-masked:bookworm"), (FLAGS, "deb-systemd:bullseye")] {
        let case = Case::of(fixture, &[]);
        for text in case.forms().into_iter().map(|(_, text)| text).chain([case.cure.summary.clone()]) {
            assert!(
                text.contains("derived from a snapshot of another machine") && text.contains(image),
                "{text}"
            );
        }
    }
}

#[test]
fn secrets_of_commands_and_health_checks_are_fetched_and_not_printed() {
    let variants = [
        (vec![("/Config/Cmd", json!(["/sbin/init", "--password=hunter2222"]))], true),
        (vec![("/Config/Cmd", json!(["/sbin/init", "--api-token", "s3cr3tt0ken"]))], true),
        (
            vec![
                ("/Config/Entrypoint", json!(["/sbin/init", "--db-password", "hunter2222"])),
                ("/Config/Cmd", json!(["x"])),
            ],
            true,
        ),
        (
            vec![(
                "/Config/Healthcheck",
                json!({"Test": ["CMD-SHELL", "curl --password 's3cr3tt0ken x' localhost"]}),
            )],
            true,
        ),
        (vec![("/Config/Cmd", json!(["/sbin/init", "postgres://app:hunter2222@db/x\n"]))], true),
        // No flag of Docker's CLI takes words, and joined they are no word of the document.
        (vec![("/Config/Healthcheck", json!({"Test": ["CMD", "curl", "--password", "hunter2222"]}))], false),
        // A shell's line that the cure changes is no word of the document any more.
        (vec![("/Config/Cmd", json!(["/bin/sh", "-c", "login --password hunter2222; /sbin/init"]))], false),
    ];
    for (changes, fetched) in variants {
        let paths: Vec<(String, Value)> =
            changes.into_iter().map(|(path, value)| (at(path), value)).collect();
        let changes: Vec<(&str, Value)> =
            paths.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
        let case = Case::of(FLAGS, &changes);
        let said = case.said();
        assert!(!said.contains("hunter2222") && !said.contains("s3cr3tt0ken"), "{changes:?}: {said}");
        assert_eq!(case.runs(), fetched, "{changes:?}: {said}");
        let words = case.cure.steps.iter().filter(|step| step.title.contains("not shown")).count();
        assert_eq!(words > 0, fetched, "{changes:?}: {said}");
        assert!(!fetched || case.cure.steps.iter().any(|step| step.needs.is_some()), "{changes:?}");
    }
}

#[test]
fn secret_values_of_options_are_fetched_and_not_printed() {
    let volume =
        |options: Value| json!([{"Type": "volume", "Source": "v", "Target": "/v", "VolumeOptions": options}]);
    for (field, value, flag) in [
        ("/HostConfig/Mounts", volume(json!({"Labels": {"api.token": "hunter2222"}})), "--mount"),
        (
            "/HostConfig/Mounts",
            volume(
                json!({"DriverConfig": {"Name": "local", "Options": {"o": "user=me,password=hunter2222,ro"}}}),
            ),
            "--mount",
        ),
        (
            "/HostConfig/LogConfig",
            json!({"Type": "splunk", "Config": {"splunk-token": "hunter2222"}}),
            "--log-opt",
        ),
        ("/HostConfig/Annotations", json!({"db.password": "hunter2222"}), "--annotation"),
        ("/Config/Labels", json!({"plain": "x", "db.password": "hunter2222\nhunter2222"}), "--label"),
    ] {
        let case = Case::of(FLAGS, &[(&at(field), value.clone())]);
        let said = case.said();
        assert!(!said.contains("hunter2222") && case.runs() && said.contains(flag), "{value}: {said}");
        assert!(
            case.cure.steps.iter().any(|step| step.title.contains(".word-0 (values not shown)")),
            "{value}: {said}"
        );
        let start =
            case.cure.steps.iter().find(|step| step.title.starts_with("recreate ")).expect("it is started");
        assert!(!start.argv[2].contains("<secret-"), "{value}: {}", start.argv[2]);
    }
    // What stands in no map of options is refused by name.
    let case = Case::of(FLAGS, &[(&at("/HostConfig/ExtraHosts"), json!(["password=hunter2222:10.0.0.1"]))]);
    assert!(!case.runs() && !case.said().contains("hunter2222"), "{}", case.said());
}

#[test]
fn a_fetched_word_reaches_the_new_container_as_it_was() {
    let word = "--password='a b'\"$HOME`id`\\\n\n";
    let case = Case::of(FLAGS, &[(&at("/Config/Cmd"), json!(["/sbin/init", word, "plain"]))]);
    let start =
        case.cure.steps.iter().find(|step| step.title.starts_with("recreate ")).expect("it is started");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("bare-bullseye.word-0"), format!("{word}.\n"))
        .expect("a file can be written");
    let script = start.argv[2].replace("&& docker run", "&& printf '%s\\0'");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("a shell can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = said.split_terminator('\0').collect();
    assert_eq!(words[words.len() - 3..], ["/sbin/init", word, "plain"], "{script}");
}

#[test]
fn no_line_of_explain_is_a_command_of_a_workflow() {
    let messages = [
        "::error::Failed to mount tmpfs at /run: Operation not permitted",
        "##[error]Failed to create /init.scope control group: Read-only file system",
        "word word word word word word word word word word word word word ::set-output name=x::y Failed to \
            mount tmpfs at /run: Operation not permitted",
    ];
    for message in messages {
        let said = sysdock(["explain", message]).env("COLUMNS", "60").run();
        let odd =
            said.stdout.lines().find(|line| line.trim_start().starts_with("::") || line.contains("##["));
        assert_eq!(odd, None, "{}", said.stdout);
    }
}
