//! Secrets in all places and encodings where they are known to lie, against all outputs: none may come
//! through.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sysdock::rule::builtin;
use sysdock::snapshot::Redactor;

use super::fake::{Answer, Documents, Fake, frame, recorded};
use super::fixtures;
use super::program::{Run, sysdock};
use super::schemas::FORMATS;

/// Forms of a cure.
const PRESCRIPTIONS: [&str; 8] =
    ["sh", "docker", "podman", "compose", "quadlet", "kubernetes", "molecule", "dockerfile"];
/// Secrets that are planted at least.
const AT_LEAST: usize = 120;

/// A planted secret.
#[derive(Debug, Clone)]
struct Canary {
    place: String,
    value: String,
}

impl Canary {
    /// Whether a text tells it, in any way to write it.
    fn is_in(&self, text: &str) -> bool {
        let bare = |text: String| text.trim_end_matches('=').to_owned();
        let percent: String = self
            .value
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        let forms = [
            self.value.clone(),
            percent,
            bare(STANDARD.encode(&self.value)),
            bare(STANDARD.encode(format!("me:{}", self.value))),
        ];
        forms.iter().any(|form| text.contains(form))
    }
}

/// All that was planted.
#[derive(Debug, Default)]
struct Planted(Vec<Canary>);

impl Planted {
    /// Puts a new secret into a text: as it is for `§`, with signs of addresses in it for `¤`, in base64 for
    /// `64§`, after a user's name in base64 for `me64§`, encoded for a URL for `%§`.
    fn plant(&mut self, place: &str, text: &str) -> String {
        let number = self.0.len();
        let noise = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let letters: String = (0..5)
            .map(|at| {
                char::from(b"bdfghkmQRTXZpqrs"[usize::try_from((noise >> (at * 7)) % 16).unwrap_or_default()])
            })
            .collect();
        let value = if text.contains('¤') || text.contains("%§") {
            format!("c{number:03}/{letters}@7{}", noise % 9973)
        } else {
            format!("c{number:03}{letters}7{}", noise % 9973)
        };
        let percent = value.replace('/', "%2F").replace('@', "%40");
        let written = text
            .replace("me64§", &STANDARD.encode(format!("me:{value}")))
            .replace("url64§", &URL_SAFE_NO_PAD.encode(&value))
            .replace("64§", &STANDARD.encode(&value))
            .replace("%§", &percent)
            .replace(['§', '¤'], &value);
        self.0.push(Canary { place: format!("{place}: {text}"), value });
        written
    }

    fn all(&mut self, place: &str, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.plant(place, text)).collect()
    }

    /// Those that an output tells.
    fn left_in<'c>(&'c self, text: &str) -> Vec<&'c str> {
        self.0.iter().filter(|canary| canary.is_in(text)).map(|canary| canary.place.as_str()).collect()
    }
}

const VARIABLES: [&str; 19] = [
    "DB_PASSWORD=§",
    "POSTGRES_PASSWORD=¤",
    "API_TOKEN_1=§",
    "API_TOKEN_V2=§",
    "TLS_KEY_B64=64§",
    "DB_PASSWORD_PROD=§",
    "dbPassword=§",
    "REDIS_PASS=§",
    "MYSQL_PWD=§",
    "DATABASE_URL=postgres://app:¤@db/x",
    "REDIS_URL=redis://:§@cache:6379/0",
    "AZURE=DefaultEndpointsProtocol=https;AccountKey=§==;EndpointSuffix=core.windows.net",
    "PLAIN_SETTING=§",
    "WITH_BLANKS=open sesame §",
    "SLACK_URL=https://hooks.slack.com/services/T0/B0/§",
    "DOCKER_AUTH_CONFIG={\"auths\":{\"r.example.org\":{\"auth\":\"me64§\"}}}",
    "PEM=-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----",
    "SYSTEMD_PROXY_TOKEN=§",
    "SENTRY=https://§@sentry.example.org/1",
];
const LABELS: [(&str, &str); 6] = [
    ("deploy.secret", "§"),
    ("team.note", "call me with §"),
    ("traefik.http.middlewares.auth.basicauth.users", "me:$apr1$abcdefgh$§"),
    ("com.example/api-key", "§"),
    ("com.docker.compose.project.token", "§"),
    ("url", "https://me:¤@box/"),
];
const WORDS: [&[&str]; 15] = [
    &["--password", "§"],
    &["--api-key=§"],
    &["--db-password=open sesame §"],
    &["-p", "§"],
    &["mysql", "-uroot", "-p§"],
    &["sshpass", "-p", "§", "ssh", "box"],
    &["curl", "-u", "me:§", "https://box/"],
    &["-H", "Authorization: token §"],
    &["-H", "Cookie: sid=§; theme=dark"],
    &["systemd.setenv=PLAIN=§"],
    &["systemd.setenv=DB_PASSWORD=§"],
    &["https://me:¤@box/x"],
    &["{\"password\": \"§\", \"a\": 1}"],
    &["redis-cli", "-a", "§"],
    &["PASSWORD=open sesame §"],
];
const LINES: [&str; 46] = [
    r#"{"level":"error","password":"§","message":"failed to start"}"#,
    r#"{"level":"error","message":"failed: {\"password\": \"§\", \"a\": 1}"}"#,
    r#"error: failed {\\\"dbPassword\\\": \\\"open sesame §\\\"}"#,
    "app: error: cannot connect with password=§",
    "app: error: failed, pass: §",
    "app: fatal: invalid API_TOKEN_V2=§",
    "app: error: DB_PASSWORD=/§ was refused",
    "app: error: failed postgres://app:¤@db/x",
    "app: error: failed https://box/x?access_token=%§",
    "app: error: failed https://box/x?sv=2026&sig=§",
    "app: error: failed request, Authorization: Basic me64§",
    "app: error: failed request, authorization: Bearer §",
    "app: error: failed request, Cookie: session=§",
    "app: error: failed request, X-Vault-Token: §",
    "app: error: failed with eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.§",
    "app: error: failed with sk_live_§",
    "app: error: failed with AIza§0123456789",
    "app: error: failed with ghp_§0123456789",
    "app: error: failed with npm_§0123456789",
    "app: error: failed with hf_§0123456789",
    "app: error: failed with hvs.§",
    "app: error: failed with SG.§.x",
    "app: error: failed with xoxb-§",
    "app: error: failed with https://hooks.slack.com/services/T000/B000/§",
    "app: error: failed, aws_secret_access_key = §/abcdefghijklmnopqrstuvwxyz",
    "app: error: failed, me:$2y$05$§",
    "app: error: failed, root:$6$salt$§",
    "app: error: failed, me:{SHA}§=",
    "app: error: failed with dckr_pat_§",
    "app: error: failed with pypi-§0123456789",
    "app: error: failed with glpat-§",
    "app: error: failed, Server=db;User Id=sa;Pwd=§;Encrypt=true",
    "app: error: failed: mysql -uroot -p§ -h db",
    "app: error: failed: sshpass -p § ssh box",
    "app: error: failed: curl -u me:§ https://box/",
    "app: error: failed: docker login -u me -p § r.example.org",
    "app: error: failed: tool --password § --verbose",
    "app: error: failed: docker run -e PLAIN=§ -p 8080:80 image",
    "app: error: failed <password>§</password>",
    "app: error: failed: CREATE USER me IDENTIFIED BY '§'",
    "app: error: failed me:§@tcp(db:3306)/x",
    "Failed to start app.service - App with token=§.",
    "systemd[1]: app.service: Failed at step EXEC spawning /usr/bin/app --token=§: No such file or directory",
    "Failed to mount cgroup at /sys/fs/cgroup/systemd password=§: Operation not permitted",
    "app: error: failed with rk_live_§",
    "app: error: failed, connection string \"Host=db;Password=§\"",
];
const HISTORY: [&str; 5] = [
    "ENV PLAIN=§ LANG=C",
    "ARG BUILD_TOKEN=§",
    "RUN |2 PLAIN=§ LANG=C /bin/sh -c make",
    "RUN /bin/sh -c curl -H 'Authorization: token §' https://box/",
    "/bin/sh -c #(nop)  LABEL note=§",
];
/// Texts of people, by the name of their file.
const TEXTS: [(&str, &str); 12] = [
    ("run.txt", "docker run -d --name web -e PLAIN=§ --label note=¤ -p 8080:80 debian:12 /sbin/init"),
    ("run-env.txt", "podman run -d --env DB_PASSWORD='open sesame §' --env-file x debian:12 /sbin/init"),
    (
        "compose.yaml",
        "services:\n  web:\n    image: debian:12\n    command: /sbin/init\n    environment:\n      PLAIN: \
            §\n",
    ),
    (
        "compose-list.yaml",
        "services:\n  web:\n    image: debian:12\n    command: /sbin/init\n    environment:\n      - \
            DB_PASSWORD=§\n",
    ),
    (
        "compose-labels.yaml",
        "services:\n  web:\n    image: debian:12\n    command: /sbin/init\n    labels:\n      note: §\n",
    ),
    ("Dockerfile", "FROM debian:12\nARG BUILD_TOKEN=§\nCMD [\"/sbin/init\"]\n"),
    ("env.Dockerfile", "FROM debian:12\nENV PLAIN=§\nCMD [\"/sbin/init\"]\n"),
    ("web.container", "[Container]\nImage=debian:12\nExec=/sbin/init\nEnvironment=PLAIN=§\n"),
    (
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: \
            debian:12\n    command: [/sbin/init]\n    env:\n    - name: DB_PASSWORD\n      value: §\n",
    ),
    (
        "inspect.json",
        "[{\"Id\":\"0123\",\"Name\":\"/web\",\"Config\":{\"Image\":\"debian:12\",\"Cmd\":[\"/sbin/init\"],\"Env\":[\"PLAIN=§\"]},\"HostConfig\":{}}]",
    ),
    (
        "build.log",
        "Step 3/4 : ARG BUILD_TOKEN=§\nFailed to mount cgroup at /sys/fs/cgroup/systemd: Operation not \
            permitted\n",
    ),
    (
        "key.log",
        "app: error: failed -----BEGIN RSA PRIVATE KEY-----\napp: error: failed 64§64§64§64§\n-----END RSA \
            PRIVATE KEY-----\nFailed to start app.service.\n",
    ),
];

/// A container with secrets in all places of its documents and of its log.
fn container(planted: &mut Planted) -> (Documents, Value, String) {
    let mut documents = recorded().exited(255);
    let env = planted.all("environment", &VARIABLES);
    let config = &mut documents.container["Config"];
    config["Env"].as_array_mut().expect("a list").extend(env.into_iter().map(Value::from));
    for (name, value) in LABELS {
        config["Labels"][name] = planted.plant(&format!("label {name}"), value).into();
    }
    config["Healthcheck"] = json!({"Test": ["CMD-SHELL", planted.plant("health check", "mysqladmin ping -p§ \
        || curl -H 'X-Api-Key: x' box")]});
    let mut words: Vec<Value> = config["Cmd"].as_array().cloned().unwrap_or_default();
    for word in WORDS.iter().flat_map(|words| words.iter()) {
        words.push(
            if word.contains(['§', '¤']) { planted.plant("command", word) } else { (*word).to_owned() }
                .into(),
        );
    }
    config["Cmd"] = words.into();
    config["OnBuild"] = json!([planted.plant("OnBuild", "ENV PLAIN=§")]);
    let container = &mut documents.container;
    container["Args"] = json!(["--token", planted.plant("Args", "§")]);
    container["State"]["Error"] =
        planted.plant("State.Error", "failed to start: exec with token=§ was refused").into();
    container["State"]["Health"] =
        json!({"Log": [{"Output": planted.plant("health log", "Access denied (using password: '§')")}]});
    container["HostConfig"]["LogConfig"] =
        json!({"Type": "splunk", "Config": {"splunk-token": planted.plant("log option", "§")}});
    let mount = planted.plant("mount option", "username=me,password=§,vers=3.0");
    container["HostConfig"]["Mounts"] = json!([{"Type": "volume", "Target": "/v", "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": {"type": "cifs", "o": mount}}}}]);
    documents.image["Config"]["Env"] =
        json!(["PATH=/usr/bin", planted.plant("image environment", "IMAGE_SETTING=§")]);
    documents.image["Config"]["Labels"] = json!({"note": planted.plant("image label", "§ here")});
    documents.info["HttpProxy"] = planted.plant("proxy", "http://me:¤@proxy:3128").into();
    documents.info["Labels"] = json!([planted.plant("engine label", "note=§")]);
    let history: Vec<Value> = planted
        .all("history", &HISTORY)
        .into_iter()
        .map(|by| json!({"CreatedBy": by, "Comment": ""}))
        .collect();
    let log = planted.all("log", &LINES).join("\n") + "\n";
    documents.log = frame(2, log.as_bytes());
    let journal = planted.all(
        "journal",
        &[
            "Nov 30 10:00:00 web app[12]: error: failed to log in with token=§",
            "Nov 30 10:00:00 web app[12]: error: failed {\"secret\": \"§\"}",
            "Nov 30 10:00:00 web systemd[1]: Failed to start app.service: pass=§",
        ],
    );
    (documents, history.into(), format!("degraded\n{}\n", journal.join("\n")))
}

/// Podman's document with the command that made the container.
fn fake(documents: Documents, history: Value, journal: String) -> Fake {
    Fake::but(documents, move |request| {
        let path = request.bare();
        if path.starts_with("/images/") && path.contains("/history") {
            return Some(Answer::Json(200, history.clone()));
        }
        (path.starts_with("/exec/") && path.contains("/start"))
            .then(|| Answer::Upgrade(frame(1, journal.as_bytes())))
    })
}

fn told(run: &Run) -> String {
    format!("{}\n{}", run.stdout, run.stderr)
}

/// What comes out of a container in all forms.
fn outputs_of_container(fake: &Fake, folder: &Path, calls: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in calls {
        found.push((line.clone(), told(&fake.call(line).run())));
    }
    for entry in std::fs::read_dir(folder).expect("the folder is there").filter_map(Result::ok) {
        let name = format!("file {}", entry.file_name().to_string_lossy());
        found.push((
            name,
            String::from_utf8_lossy(&std::fs::read(entry.path()).expect("the file can be read")).into_owned(),
        ));
    }
    found
}

fn calls(target: &str, folder: &Path) -> Vec<String> {
    let formats = FORMATS.iter().map(|format| format!("doctor {target} --format {format}"));
    let forms = PRESCRIPTIONS.iter().map(|form| format!("doctor {target} --prescription {form}"));
    let verbose = format!(
        "--verbose doctor {target} --output json={0}/out.json --output html={0}/out.html",
        folder.display()
    );
    formats.chain(forms).chain([verbose]).collect()
}

fn check(planted: &Planted, outputs: &[(String, String)]) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for (output, text) in outputs {
        left.extend(planted.left_in(text).into_iter().map(|place| format!("{place} — in {output}")));
    }
    left
}

/// How many secrets are among those that are left.
fn distinct(left: &BTreeSet<String>) -> usize {
    left.iter().filter_map(|line| line.split(" — in ").next()).collect::<BTreeSet<_>>().len()
}

#[test]
fn no_canary_comes_through() {
    let mut planted = Planted::default();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (documents, history, journal) = container(&mut planted);
    let mut outputs = Vec::new();
    for documents in [documents.clone(), running(documents)] {
        let fake = fake(documents, history.clone(), journal.clone());
        let snapshot = folder.path().join("web.json");
        let mut lines = calls("web", folder.path());
        lines.push("snapshot web".to_owned());
        lines.push(format!("snapshot web -o {}", snapshot.display()));
        outputs.extend(outputs_of_container(&fake, folder.path(), &lines));
        outputs.extend(outputs_of_container(
            &fake,
            folder.path(),
            &calls(&format!("--from {}", snapshot.display()), folder.path()),
        ));
    }
    let texts: Vec<(&str, String)> =
        TEXTS.iter().map(|(name, text)| (*name, planted.plant(name, text))).collect();
    let pasted: Vec<String> = planted.all(
        "message",
        &["password=§", "Failed to mount cgroup at /sys/fs/cgroup, token=§: Operation not permitted"],
    );
    for (name, text) in &texts {
        outputs.extend(outputs_of_text(name, text.as_bytes()));
    }
    outputs.extend(outputs_of_text("all.log", planted.all("text", &LINES).join("\n").as_bytes()));
    outputs.extend(
        pasted.iter().map(|message| ("explain".to_owned(), told(&sysdock(["explain", message]).run()))),
    );
    let left = check(&planted, &outputs);
    assert!(planted.0.len() >= AT_LEAST, "{} canaries", planted.0.len());
    assert!(
        left.is_empty(),
        "{} of {} are left:\n{}",
        distinct(&left),
        planted.0.len(),
        left.into_iter().collect::<Vec<_>>().join("\n")
    );
}

fn running(mut documents: Documents) -> Documents {
    documents.container["State"]["Status"] = "running".into();
    documents.container["State"]["Running"] = true.into();
    documents.container["State"]["ExitCode"] = 0.into();
    documents
}

/// What comes out of a text in all forms.
fn outputs_of_text(name: &str, text: &[u8]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("the text can be written");
    let path = path.display().to_string();
    let run = |format: &str| {
        (
            format!("triage {name} --format {format}"),
            told(&sysdock(["--verbose", "triage", &path, "--format", format]).run()),
        )
    };
    FORMATS.iter().map(|format| run(format)).collect()
}

/// A snapshot that another hand filled with secrets tells none when it is read.
#[test]
fn a_foreign_snapshot_reveals_no_secret() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let clean = folder.path().join("clean.json");
    Fake::usual(recorded().exited(255)).call(&format!("snapshot web -o {}", clean.display())).run().ended(0);
    let mut planted = Planted::default();
    let mut snapshot: Value =
        serde_json::from_slice(&std::fs::read(&clean).expect("it was written")).expect("it is JSON");
    snapshot["documents"]["container"]["Config"]["Env"] = json!([
        planted.plant("environment", "DB_PASSWORD=§"),
        planted.plant("environment", "URL=redis://:§@cache/0")
    ]);
    snapshot["documents"]["container"]["Config"]["Cmd"] =
        json!(["/sbin/init", "--token", planted.plant("command", "§")]);
    let lines: Vec<Value> = planted
        .all("log", &LINES)
        .into_iter()
        .map(|text| json!({"line": 1, "source": "stderr", "text": text}))
        .collect();
    snapshot["log"]["lines"] = lines.into();
    let path = folder.path().join("filled.json");
    std::fs::write(&path, snapshot.to_string()).expect("it can be written");
    let calls = calls(&format!("--from {}", path.display()), folder.path());
    let outputs: Vec<(String, String)> =
        calls.iter().map(|line| (line.clone(), told(&sysdock(line.split(' ')).run()))).collect();
    let left = check(&planted, &outputs);
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn a_snapshot_says_how_much_it_hides_and_never_what() {
    let mut planted = Planted::default();
    let (documents, history, journal) = container(&mut planted);
    let fake = fake(documents, history, journal);
    let run = fake.call("snapshot web").run().ended(0);
    for kind in [
        "values hidden: ",
        " of the environment",
        " of labels",
        " of commands and settings",
        " of the image's history",
        " of the log",
    ] {
        assert!(run.stderr.contains(kind), "{kind} in {}", run.stderr);
    }
    assert!(planted.left_in(&run.stderr).is_empty());
}

/// What systemd, engines and guests print speaks of credentials, keys and passwords: it stays as it is.
#[test]
fn messages_that_only_speak_of_secrets_stay() {
    let rules = builtin().expect("the built-in rules can be loaded");
    let examples =
        rules.rules.iter().flat_map(|rule| rule.examples.iter().flat_map(|example| example.lines.clone()));
    let fixtures = fixtures::all();
    let logs =
        fixtures.iter().flat_map(|fixture| fixture.snapshot.log.lines.iter().map(|line| line.text.clone()));
    let facts = fixtures
        .iter()
        .flat_map(|fixture| fixture.snapshot.facts.iter().map(|(_, fact)| fact.value.to_string()));
    let spoken = [
        "Failed to set up credentials: Protocol error",
        "Failed to determine user credentials: No such process",
        "systemd-ask-password-console.path: Started Dispatch Password Requests to Console Directory Watch.",
        "Failed to add watch on /run/systemd/ask-password: Too many open files",
        "Failed to load machine key: No such file or directory",
        "Invalid token: unexpected end of line",
        "pam_unix(login:auth): authentication failure; logname= uid=0",
        "Failed to initialize random seed, pool has no key: ignoring",
        "Secret Service: not available",
    ];
    let mut changed = Vec::new();
    for line in examples.chain(logs).chain(facts).chain(spoken.map(str::to_owned)) {
        let mut redactor = Redactor::default();
        redactor.learn_text(&line);
        let said = redactor.redact(&line);
        if said != line {
            changed.push(format!("{line}\n  → {said}"));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

#[test]
fn the_address_of_an_engine_reveals_no_password() {
    let mut planted = Planted::default();
    let mut left = BTreeSet::new();
    for address in [
        "tcp://me:§@127.0.0.1:1",
        "tcp://me:¤@127.0.0.1:1",
        "http://:§@127.0.0.1:1",
        "ssh://me:§@127.0.0.1",
        "https://me:§@127.0.0.1:2376",
        "tcp://127.0.0.1:1/?token=§",
        "me:§@127.0.0.1",
    ] {
        let address = planted.plant("address", address);
        for line in [
            "--verbose doctor web",
            "--verbose doctor web --format json",
            "config show",
            "selftest",
            "selftest --format json",
            "--verbose snapshot web",
        ] {
            let by_variable = sysdock(line.split(' ')).env("DOCKER_HOST", &address).run();
            let by_podmans = sysdock(line.split(' ')).env("CONTAINER_HOST", &address).run();
            let by_own = sysdock(line.split(' ')).env("SYSDOCK_HOST", &address).run();
            let by_flag = sysdock(["--host", &address].into_iter().chain(line.split(' '))).run();
            let outputs = [by_variable, by_podmans, by_own, by_flag].map(|run| (line.to_owned(), told(&run)));
            left.extend(check(&planted, &outputs));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}
