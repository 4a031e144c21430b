//! What is undone when the program is told to end in the midst of a change, and what it takes away: an engine
//! and a client that are none.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{Answer, Documents, Fake, NAME, Request, error, recorded};
use super::fixtures;
use super::program::sysdock;

const PATIENCE: Duration = Duration::from_mins(1);
const SIGNALS: [&str; 3] = ["INT", "TERM", "HUP"];

/// A container that a flag cures, as Docker 28 had it.
fn sick() -> Documents {
    let all = fixtures::all();
    let wanted = |fixture: &&fixtures::Fixture| {
        fixture.folder == "run-tmpfs-missing" && fixture.label().contains("docker28-v2-bookworm-bare")
    };
    let fixture = all.iter().find(wanted).expect("there is one");
    let document = |name: &str| fixture.snapshot.documents.get(name).cloned().unwrap_or_default();
    let mut documents = Documents {
        container: document("container"),
        image: document("image"),
        info: document("engine"),
        ..recorded()
    };
    documents.container["Name"] = format!("/{NAME}").into();
    documents.container["Config"]["Env"] = json!(["CANARY=of-nobody"]);
    documents.container["State"]["Pid"] = 0.into();
    documents.files.extend([
        ("/sbin/init", &b"\x7fELF"[..]),
        ("/usr/lib/systemd/systemd", b"\x7fELF"),
        ("/usr/lib/systemd/system/default.target", b""),
        ("/usr/bin/dbus-daemon", b"\x7fELF"),
    ]);
    documents.log =
        b"Failed to mount tmpfs at /run: Operation not permitted\r\n[!!!!!!] Failed to mount API \
        filesystems.\r\n"
            .to_vec();
    documents
}

/// A fake engine client: it records how it was called and where, then does what `script`
/// says.
struct Client {
    folder: tempfile::TempDir,
}

impl Client {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = folder.path().display();
        let text = format!("#!/bin/sh\nhere={at}\necho \"$*\" >> $here/calls\n{script}\n");
        let path = folder.path().join("docker");
        std::fs::write(&path, text).expect("the client can be written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("it can be made executable");
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    /// Starts sysdock with it, with a mask that would forbid everything to everybody else already.
    fn begin(&self, fake: &Fake, line: &str, mask: &str) -> Child {
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap_or_default());
        let words = format!("umask {mask}; exec {} {line}", env!("CARGO_BIN_EXE_sysdock"));
        // Where the tests were started by nohup, the signal would be ignored here, too.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=HUP", "sh", "-c", &words])
            .env_clear()
            .env("PATH", path)
            .env("XDG_STATE_HOME", self.at("state"));
        command.env("DOCKER_HOST", format!("unix://{}", fake.socket().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("the program can be started")
    }

    fn await_file(&self, name: &str) {
        let began = Instant::now();
        while !self.at(name).exists() {
            assert!(began.elapsed() < PATIENCE, "{name} never came: {}", self.text("calls"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn send(signal: &str, child: &Child) {
    let sent =
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
}

fn ended(mut child: Child) -> (i32, String) {
    let mut said = String::new();
    child.stderr.take().expect("it is a pipe").read_to_string(&mut said).expect("it is text");
    (child.wait().expect("it ends").code().unwrap_or(256), said)
}

/// An engine on which the old container goes by the name that the client gave it.
fn renaming(client: &Client) -> Fake {
    let (documents, renamed) = (sick(), client.at("renamed"));
    Fake::but(documents.clone(), move |request: &Request| {
        let path = request.bare();
        let name = path.strip_prefix("/containers/")?.strip_suffix("/json")?;
        match (name, renamed.exists()) {
            (NAME, true) => Some(error(404, "No such container: web")),
            (name, true) if name.starts_with("web-before-") => {
                Some(Answer::Json(200, documents.container.clone()))
            }
            _ => None,
        }
    })
}

const RENAMES: &str = r#"case "$*" in
  "rename web web-before-"*) touch $here/renamed;;
  "rename web-before-"*" web") rm $here/renamed;;
esac"#;
/// Says where it is, and stays there.
const STAYS: &str = "pwd > $here/folder; ls -lR > $here/list; stat -c '%a' . > $here/mode; touch \
    $here/reached; exec sleep 120";

#[test]
fn an_interrupted_fix_is_rolled_back_for_every_signal() {
    let run = |(signal, step): (&'static str, &'static str)| {
        std::thread::spawn(move || {
            let client = Client::new(&format!("{RENAMES}\ncase \"$*\" in {step}) {STAYS};; esac"));
            let fake = renaming(&client);
            let child = client.begin(&fake, "fix web --yes", "000");
            client.await_file("reached");
            assert_eq!(client.text("mode").trim(), "700", "{signal}");
            assert!(!client.text("list").contains("rw-r"), "{signal}: {}", client.text("list"));
            send(signal, &child);
            let (code, said) = ended(child);
            assert_eq!(code, 1, "{signal} {step}: {said}");
            assert!(
                said.contains("interrupted") && said.contains("web was restored"),
                "{signal} {step}: {said}"
            );
            let folder = client.text("folder");
            assert!(
                folder.starts_with('/') && !Path::new(folder.trim()).exists(),
                "{signal} {step}: {folder} is left"
            );
            assert!(!client.at("renamed").exists(), "{signal} {step}: {}", client.text("calls"));
        })
    };
    let steps = ["\"run -d \"*", "\"rename web web-before-\"*"];
    let threads: Vec<_> =
        SIGNALS.iter().flat_map(|signal| steps.map(|step| (*signal, step))).map(run).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("each signal is heeded"));
}

/// A command of the client that is at work may end by itself: within the engine it would go on, behind what
/// is put back.
#[test]
fn a_step_under_way_may_end_before_it_is_taken_back() {
    let client = Client::new(&format!(
        "{RENAMES}\ncase \"$*\" in \"run -d \"*) touch $here/reached; sleep 1; touch $here/done;; esac"
    ));
    let fake = renaming(&client);
    let child = client.begin(&fake, "fix web --yes", "022");
    client.await_file("reached");
    send("TERM", &child);
    send("HUP", &child);
    send("TERM", &child);
    let (code, said) = ended(child);
    assert!(code == 1 && said.contains("web was restored"), "{said}");
    assert!(client.at("done").exists() && !client.at("renamed").exists(), "{}", client.text("calls"));
}

/// A nohup'd run goes on when its terminal goes away, and the other signals still reach it.
#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let client = Client::new(&format!(
        "{RENAMES}\ncase \"$*\" in \"run -d \"*) touch $here/reached; sleep 2; touch $here/done; {STAYS};; \
            esac"
    ));
    let fake = renaming(&client);
    let child = client.begin(&fake, "fix web --yes 2>&2", "022; trap '' HUP");
    client.await_file("reached");
    send("HUP", &child);
    client.await_file("done");
    send("TERM", &child);
    let (code, said) = ended(child);
    assert!(code == 1 && said.contains("web was restored"), "{said}");
}

/// The labels that a command line gives.
fn labels(line: &str) -> Value {
    let words: Vec<&str> = line.split_whitespace().collect();
    let pairs =
        words.windows(2).filter(|pair| pair[0] == "--label").filter_map(|pair| pair[1].split_once('='));
    Value::Object(pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect())
}

/// An engine that has the container of a trial as soon as the client was asked for it; `spoil` changes its
/// document.
fn trying(client: &Client, spoil: impl Fn(&mut Value) + Send + Sync + 'static) -> Fake {
    let (documents, calls) = (sick(), client.at("calls"));
    Fake::but(documents.clone(), move |request: &Request| {
        if request.is("/images/web-trial-") {
            return Some(error(404, "No such image"));
        }
        let rest = request.bare().strip_prefix("/containers/")?;
        if rest.starts_with("json") {
            return Some(Answer::Json(200, json!([])));
        }
        if request.method == "DELETE" {
            return Some(Answer::Json(200, json!({})));
        }
        let name = rest.strip_suffix("/json").filter(|name| name.starts_with("web-trial-"))?;
        let line =
            std::fs::read_to_string(&calls).ok()?.lines().find(|line| line.starts_with("run "))?.to_owned();
        let mut container = documents.container.clone();
        container["Id"] = "f00d".into();
        container["Name"] = format!("/{name}").into();
        container["Config"]["Labels"] = labels(&line);
        spoil(&mut container);
        Some(Answer::Json(200, container))
    })
}

fn removals(fake: &Fake) -> Vec<String> {
    fake.requests()
        .iter()
        .filter(|request| request.method == "DELETE")
        .map(|request| request.bare().to_owned())
        .collect()
}

#[test]
fn an_interrupted_trial_is_removed_for_every_signal() {
    let run = |signal: &'static str| {
        std::thread::spawn(move || {
            let client = Client::new(&format!("case \"$*\" in \"run -d \"*) {STAYS};; esac"));
            let fake = trying(&client, |_| {});
            let child = client.begin(&fake, "prove web --format json", "077");
            client.await_file("reached");
            let kept = || std::fs::read_dir(client.at("state/sysdock/made")).expect("it is there").count();
            assert!(kept() > 0, "{signal}: a token is kept before the container is made");
            send(signal, &child);
            let (code, said) = ended(child);
            assert_eq!(code, 1, "{signal}: {said}");
            assert_eq!(removals(&fake), ["/containers/f00d?force=1&v=1"], "{signal}: {said}");
            assert!(kept() == 0 && !Path::new(client.text("folder").trim()).exists(), "{signal}: {said}");
        })
    };
    SIGNALS.map(run).into_iter().for_each(|thread| thread.join().expect("each signal is heeded"));
}

/// A container that has the name of the trial and is not the one that was made stays.
#[test]
fn a_trial_removes_nothing_that_it_did_not_make() {
    let spoils: [fn(&mut Value); 4] = [
        |container| container["Config"]["Labels"] = json!({}),
        |container| {
            container["Config"]["Labels"]["sysdock.trial.token"] = "0123456789abcdef0123456789abcdef".into();
        },
        |container| container["Config"]["Labels"]["sysdock.trial"] = Value::Null,
        |container| container["Name"] = "/web-db".into(),
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let client = Client::new(
            "case \"$*\" in \"run -d \"*) echo 'Conflict. The name is in use' >&2; exit 125;; esac",
        );
        let fake = trying(&client, spoil);
        let (code, said) = ended(client.begin(&fake, "prove web", "022"));
        assert_eq!((code, removals(&fake)), (1, Vec::new()), "case {number}: {said}");
        assert!(said.contains("was not removed"), "case {number}: {said}");
    }
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A container that is there before the program begins.
#[derive(Clone)]
struct There {
    name: &'static str,
    labels: Value,
    of_image: Value,
    /// The token that is kept here for its name.
    kept: Option<&'static str>,
}

fn there() -> There {
    let labels = json!({"sysdock.trial": "1767225600", "sysdock.trial.token": TOKEN});
    There { name: "web-trial-12-1767225000", labels, of_image: json!({}), kept: Some(TOKEN) }
}

/// Runs `prove` with these words; gives what was removed and what was said.
fn swept(there: &There, words: &str) -> (Vec<String>, String) {
    let state = tempfile::tempdir().expect("a temporary folder can be made");
    let made = state.path().join("sysdock/made");
    std::fs::create_dir_all(&made).expect("a folder can be made");
    if let Some(token) = there.kept {
        std::fs::write(made.join(there.name), token).expect("a file can be written");
    }
    let mut documents = sick();
    documents.image["Config"]["Labels"] = there.of_image.clone();
    let it = Arc::new(there.clone());
    let document = documents.container.clone();
    let fake = Fake::but(documents, move |request: &Request| {
        let rest = request.bare().strip_prefix("/containers/")?;
        if request.method == "DELETE" {
            return Some(Answer::Json(200, json!({})));
        }
        if rest.starts_with("json") {
            return Some(Answer::Json(
                200,
                json!([{"Id": "f00d", "Names": [format!("/{}", it.name)], "Labels": it.labels}]),
            ));
        }
        (rest == format!("{}/json", it.name)).then(|| {
            let mut container = document.clone();
            container["Id"] = "f00d".into();
            container["Name"] = format!("/{}", it.name).into();
            container["Config"]["Labels"] = it.labels.clone();
            Answer::Json(200, container)
        })
    });
    let run = fake.call(&format!("prove {words}")).env("XDG_STATE_HOME", state.path()).run();
    (removals(&fake), run.stderr)
}

#[test]
fn only_what_was_made_here_is_swept() {
    let labels = |until: &str, token: &str| json!({"sysdock.trial": until, "sysdock.trial.token": token});
    for one in [there(), There { name: "sysdock-probe-12-1767225000", ..there() }] {
        let (removed, said) = swept(&one, "--sweep");
        assert_eq!(removed, ["/containers/f00d?force=1&v=1"], "{said}");
        assert!(said.contains("left behind by a trial"), "{said}");
    }
    // Names that are not a trial's: they are the user's own, and no command that removes them is given.
    for name in ["web", "db-trial", "web-trial-12", "web-trial-a-b", "sysdock-probe-x", "web-trial-1-2-old"] {
        let (removed, said) = swept(&There { name, ..there() }, "--sweep");
        assert!(removed.is_empty() && said.contains("is kept") && !said.contains("rm -f"), "{name}: {said}");
    }
    for (number, one) in [
        There { of_image: there().labels, ..there() },
        There { of_image: json!({"sysdock.trial": "1767225600"}), ..there() },
        There { of_image: json!({"sysdock.trial.token": TOKEN}), ..there() },
        There { kept: None, ..there() },
        There { kept: Some("ffffffffffffffffffffffffffffffff"), ..there() },
        There { kept: Some(""), labels: labels("1767225600", ""), ..there() },
        There { labels: json!({"sysdock.trial": "1767225600"}), ..there() },
        There { labels: json!({"sysdock.trial": ""}), kept: None, ..there() },
    ]
    .into_iter()
    .enumerate()
    {
        for words in ["--sweep", "web"] {
            let (removed, said) = swept(&one, words);
            assert!(removed.is_empty(), "case {number}, {words}: {removed:?}");
            assert!(
                said.contains("looks like") && said.contains("docker rm -f web-trial-12-1767225000"),
                "case {number}, {words}: {said}"
            );
        }
    }
}

#[test]
fn what_still_has_time_is_swept_only_when_that_is_asked_for() {
    let later =
        There { labels: json!({"sysdock.trial": "4102444800", "sysdock.trial.token": TOKEN}), ..there() };
    let (removed, said) = swept(&later, "web");
    assert!(removed.is_empty() && !said.contains("looks like"), "{said}");
    assert_eq!(swept(&later, "--sweep").0.len(), 1);
    assert_eq!(swept(&there(), "web").0.len(), 1, "its time is over");
}

/// Killed in the midst of it, the environment of a container is left; the next run takes it away at once.
#[test]
fn what_a_killed_run_left_is_gone_with_the_next_one() {
    let client = Client::new(&format!("case \"$*\" in \"run -d \"*) {STAYS};; esac"));
    let fake = trying(&client, |_| {});
    let mut child = client.begin(&fake, "prove web", "000");
    client.await_file("reached");
    let folder = PathBuf::from(client.text("folder").trim());
    assert!(folder.exists());
    // Another run lets the folder of one that lives alone.
    let other = || drop(fake.call("prove --sweep").env("XDG_STATE_HOME", client.at("state")).run().ended(0));
    other();
    assert!(folder.exists(), "it is in use");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(folder.exists(), "nobody could remove it");
    other();
    assert!(!folder.exists(), "{} is left", folder.display());
}

#[test]
fn what_is_left_in_the_folder_for_temporary_files_goes_too() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    // No process has such a number: the kernel's highest is 4194304 (proc(5), pid_max).
    let (dead, other) = (place.path().join("sysdock-4194999-77-abcDE1"), place.path().join("sysdock-other"));
    for folder in [&dead, &other] {
        std::fs::create_dir(folder).expect("a folder can be made");
    }
    let fake =
        Fake::but(sick(), |request| request.is("/containers/json").then(|| Answer::Json(200, json!([]))));
    fake.call("prove --sweep").env("TMPDIR", place.path()).env("XDG_STATE_HOME", place.path()).run().ended(0);
    assert!(!dead.exists() && other.exists());
    sysdock(["--version"]).run().ended(0);
}
