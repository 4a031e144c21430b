//! Every form of a cure, carried out by the tool that it is meant for: the guest boots, is what the old
//! container was, and stops in order.
//!
//! Units, compose files and images are used inside the lab's hosts (`tests/lab/lab enter`), where systemd and
//! the tools are; scripts, pods and Molecule from outside.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::lab::{Container, Lane, Said, fresh_name, lab, lane, required, turn_for};
use super::program::{announce, clock, project};

/// What the old container has and the new one must have: words and a variable that no form may change, and
/// settings that are written differently in each.
const SHAPE: [&str; 12] = [
    "--hostname",
    "shape.example",
    "--workdir",
    "/opt",
    "--tmpfs",
    "/scratch:size=16m,mode=1770",
    "--shm-size",
    "32m",
    "--stop-timeout",
    "20",
    "-e",
    GREETING,
];
const GREETING: &str = "GREETING=it's \"5\" %n # {{ x }}";
const COMMAND: [&str; 3] = ["/sbin/init", "--log-level=info", "x=it's $HOME \"%n\""];
/// How long an orderly stop may take at most.
const STOP: Duration = Duration::from_secs(5);

/// A container that does not boot, put aside under another name, and the name for the one that replaces it.
struct Broken<'l> {
    old: Container<'l>,
    new: Container<'l>,
}

impl<'l> Broken<'l> {
    fn start(lane: &'l Lane, shape: &[&str]) -> Self {
        let (old, new) = (Container::named(lane, "broken-old"), Container::named(lane, "broken"));
        let mode: &[&str] = if lane.engine == "podman" { &["--systemd=false"] } else { &[] };
        let head = ["run", "-d", "--network=none", "--name", &new.name];
        let said = lane.client(&[&head[..], mode, shape, &["deb-systemd:bookworm"], &COMMAND].concat());
        assert!(said.good, "{}: {}", lane.name, said.stderr);
        assert!(new.await_end(Duration::from_secs(15)), "{}: it is not broken", lane.name);
        Self { old, new }
    }

    /// The cure in a form; the old container is out of the way then.
    fn cure(&self, form: &str) -> String {
        let run = self.new.lane.sysdock(&["doctor", &self.new.name, "--prescription", form]).run();
        assert!(run.code == 1 && !run.stdout.is_empty(), "{} as {form}: {run:?}", self.new.lane.name);
        run.stdout
    }

    fn put_aside(&self) {
        let said = self.new.lane.client(&["rename", &self.new.name, &self.old.name]);
        assert!(said.good, "{}: {}", self.new.lane.name, said.stderr);
    }

    /// The environment file that the forms ask for.
    fn environment(&self) -> String {
        let each = "{{range .Config.Env}}{{println .}}{{end}}";
        self.new.lane.client(&["container", "inspect", "-f", each, &self.new.name]).stdout
    }
}

fn inside(container: &Container<'_>, words: &[&str]) -> String {
    container.lane.client(&[&["exec", &container.name][..], words].concat()).stdout
}

/// It boots to `running`, nothing in it has failed, and its words are the old one's.
fn boots(container: &Container<'_>, what: &str) {
    container.await_boot();
    let state = said_inside(container, "systemctl is-system-running");
    let failed = said_inside(container, "systemctl --failed --no-legend --plain");
    assert_eq!(state.trim(), "running", "{what} on {}: {failed}", container.lane.name);
}

/// What a script inside says. A client of Podman 4 at times loses what a newer engine sends it at once, so
/// the script waits a moment.
fn said_inside(container: &Container<'_>, script: &str) -> String {
    inside(container, &["sh", "-c", &format!("sleep 1; {script}")])
}

fn has_its_words(container: &Container<'_>, what: &str) {
    let line = said_inside(container, "cat /proc/1/cmdline");
    let words: Vec<&str> = line.trim_end_matches('\0').split('\0').collect();
    // PID 1 may have been replaced by itself under another name.
    assert_eq!(words.get(1..), Some(&COMMAND[1..]), "{what} on {}", container.lane.name);
}

fn has_its_shape(container: &Container<'_>, what: &str) {
    let script = "echo GREETING=$GREETING; uname -n; readlink /proc/1/cwd; \
        grep -c ' /scratch .*size=16384k' /proc/1/mounts; grep -c ' /dev/shm .*size=3[0-9]*k' /proc/1/mounts";
    let said = said_inside(container, script);
    let lines: Vec<&str> = said.lines().collect();
    let lane = &container.lane.name;
    assert_eq!(lines.first(), Some(&GREETING), "{what} on {lane}");
    assert_eq!(lines.get(1..), Some(&["shape.example", "/", "1", "1"][..]), "{what} on {lane}: {said}");
}

/// The engine's own stop ends it in order.
fn stops(container: &Container<'_>, what: &str) {
    let begin = Instant::now();
    let said = container.lane.client(&["stop", "-t", "20", &container.name]);
    let took = begin.elapsed();
    let code = container.lane.client(&["inspect", "-f", "{{.State.ExitCode}}", &container.name]).stdout;
    let lane = &container.lane.name;
    assert!(said.good && code.trim() == "0", "{what} on {lane}: exit code {code}, {}", said.stderr);
    assert!(took < STOP, "{what} on {lane}: stopped after {took:?}");
}

/// Runs a program, for five minutes at most, with a text as its input.
fn call(program: &Path, words: &[&str], environment: &[(&str, &str)], input: &str) -> Said {
    let mut command = Command::new("timeout");
    command.arg("300").arg(program).args(words).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program can be started");
    let mut pipe = child.stdin.take().expect("its input is a pipe");
    // A program that does not read it may have ended.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("a program can be waited for");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { good: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Runs a shell script in the host of a lane, as the engine's user.
fn in_host(lane: &Lane, script: &str, input: &str) -> Said {
    call(&project("tests/lab/lab"), &["enter", &lane.name, "sh", "-euc", script], &[], input)
}

/// Does the same, and must succeed.
fn must(lane: &Lane, script: &str, input: &str) -> String {
    let said = in_host(lane, script, input);
    assert!(said.good, "{}: {script}: {}{}", lane.name, said.stdout, said.stderr);
    said.stdout
}

/// What a test has put into a host; gone when dropped.
struct Placed<'l> {
    lane: &'l Lane,
    /// Takes it away again.
    script: String,
}

impl Drop for Placed<'_> {
    fn drop(&mut self) {
        in_host(self.lane, &self.script, "");
    }
}

/// Runs something on each of the lanes that answer; the others are told by name.
fn on_each(test: &str, names: &[&str], carry_out: impl Fn(&Lane) + Sync) {
    clock();
    let lanes: Vec<&Lane> = names.iter().filter_map(|name| lane(test, name)).collect();
    std::thread::scope(|scope| {
        for lane in &lanes {
            scope.spawn(|| {
                // Fewer at once than elsewhere: the time of a stop is measured.
                let _turn = turn_for(4);
                carry_out(lane);
            });
        }
    });
    let names: Vec<&str> = lanes.iter().map(|lane| lane.name.as_str()).collect();
    announce(&format!("live: {test} on {} lanes: {}", names.len(), names.join(" ")));
}

#[test]
fn scripts_and_command_lines_start_the_guest() {
    let names: Vec<&str> =
        lab().lanes.iter().filter(|lane| lane.is_own()).map(|lane| lane.name.as_str()).collect();
    assert!(!required() || !names.is_empty(), "the lab is required but no lane answers");
    on_each("scripts_and_command_lines_start_the_guest", &names, |lane| {
        for form in ["sh", &lane.engine] {
            let broken = Broken::start(lane, &SHAPE);
            let (folder, script) = (tempfile::tempdir().expect("a temporary folder"), broken.cure(form));
            let at = if lane.engine == "podman" { "CONTAINER_HOST" } else { "DOCKER_HOST" };
            std::fs::write(folder.path().join(format!("{}.env", broken.new.name)), broken.environment())
                .expect("a file can be written");
            if form != "sh" {
                broken.put_aside();
            }
            let enter = format!("cd {} && eval \"$(cat)\"", folder.path().display());
            let said = call(Path::new("sh"), &["-euc", &enter], &[(at, &lane.address)], &script);
            assert!(said.good, "{form} on {}: {}\n{script}", lane.name, said.stderr);
            boots(&broken.new, form);
            has_its_words(&broken.new, form);
            has_its_shape(&broken.new, form);
            stops(&broken.new, form);
            let mine = format!("name={}-before", broken.new.name);
            for name in lane.client(&["ps", "-aq", "--filter", &mine]).stdout.lines() {
                lane.client(&["rm", "-f", "-v", name]);
            }
        }
    });
}

#[test]
fn quadlet_starts_and_stops_the_guest() {
    on_each("quadlet_starts_and_stops_the_guest", &["sid-podman", "sid-podman-rootless"], |lane| {
        let broken = Broken::start(lane, &SHAPE);
        let (page, environment) = (broken.cure("quadlet"), broken.environment());
        broken.put_aside();
        let (user, folder) = if lane.name.ends_with("-rootless") {
            ("--user", "$HOME/.config/containers/systemd")
        } else {
            ("--system", "/etc/containers/systemd")
        };
        let unit = &broken.new.name;
        let gone =
            format!("systemctl {user} stop {unit}; rm {folder}/{unit}.*; systemctl {user} daemon-reload");
        let _placed = Placed { lane, script: gone.replace("; ", " || true; ") };
        must(lane, &format!("mkdir -p {folder}; cat > {folder}/{unit}.env"), &environment);
        must(lane, &format!("cat > {folder}/{unit}.container"), &page);
        let said =
            in_host(lane, &format!("systemctl {user} daemon-reload; systemctl {user} start {unit}"), "");
        let log = in_host(lane, &format!("journalctl {user} -u {unit} -n 20 --no-pager"), "").stdout;
        assert!(said.good, "{}: {}\n{log}\n{page}", lane.name, said.stderr);
        assert_eq!(must(lane, &format!("systemctl {user} is-active {unit}"), "").trim(), "active");
        boots(&broken.new, "quadlet");
        has_its_words(&broken.new, "quadlet");
        has_its_shape(&broken.new, "quadlet");
        let begin = Instant::now();
        must(lane, &format!("systemctl {user} stop {unit}"), "");
        assert!(begin.elapsed() < STOP, "{}: stopped after {:?}", lane.name, begin.elapsed());
        let result = must(lane, &format!("systemctl {user} show -P Result {unit}"), "");
        assert_eq!(result.trim(), "success", "{}", lane.name);
    });
}

/// Why no pod starts on a lane, whatever it is to hold.
fn no_pods(lane: &Lane) -> Option<String> {
    let name = fresh_name("pod");
    lane.client(&["pod", "create", "--network", "none", "--name", &name]);
    let said = lane.client(&["pod", "start", &name]);
    lane.client(&["pod", "rm", "-f", &name]);
    (!said.good).then(|| format!("an empty pod does not start: {}", said.stderr.trim()))
}

#[test]
fn kube_play_starts_and_stops_the_pod() {
    let test = "kube_play_starts_and_stops_the_pod";
    on_each(test, &["podman4-v2", "sid-podman", "sid-podman-rootless"], |lane| {
        if let Some(why) = no_pods(lane) {
            announce(&format!("live: {test} not run on {}: {why}", lane.name));
            return;
        }
        let broken = Broken::start(lane, &[]);
        let (folder, page) = (tempfile::tempdir().expect("a temporary folder"), broken.cure("kubernetes"));
        let file = folder.path().join("pod.yaml").display().to_string();
        std::fs::write(&file, &page).expect("a file can be written");
        broken.put_aside();
        let said = lane.client(&["kube", "play", "--network", "none", &file]);
        let pod = Container { lane, name: format!("{0}-{0}", broken.new.name) };
        assert!(said.good, "{}: {}\n{page}", lane.name, said.stderr);
        boots(&pod, "kubernetes");
        has_its_words(&pod, "kubernetes");
        stops(&pod, "kubernetes");
        let said = lane.client(&["pod", "rm", "-f", &broken.new.name]);
        assert!(said.good, "{}: {}", lane.name, said.stderr);
    });
}

const DOCKERS: [&str; 2] = ["sid-docker", "sid-docker-rootless"];

#[test]
fn compose_starts_and_stops_the_service() {
    on_each("compose_starts_and_stops_the_service", &DOCKERS, |lane| {
        let broken = Broken::start(lane, &SHAPE);
        let (page, environment) = (broken.cure("compose"), broken.environment());
        broken.put_aside();
        let name = &broken.new.name;
        let _placed = Placed { lane, script: format!("rm -r /tmp/{name}") };
        must(lane, &format!("mkdir /tmp/{name}; cat > /tmp/{name}/{name}.env"), &environment);
        must(lane, &format!("cat > /tmp/{name}/compose.yml"), &page);
        must(lane, &format!("docker compose -f /tmp/{name}/compose.yml up -d"), "");
        boots(&broken.new, "compose");
        has_its_words(&broken.new, "compose");
        has_its_shape(&broken.new, "compose");
        stops(&broken.new, "compose");
        must(lane, &format!("docker compose -f /tmp/{name}/compose.yml down"), "");
    });
}

/// What the doctor says to put into the file of a container that came from Compose, put there.
#[test]
fn a_mended_compose_file_starts_the_service() {
    on_each("a_mended_compose_file_starts_the_service", &DOCKERS, |lane| {
        let name = fresh_name("project");
        let file = "services:\n  web:\n    image: deb-systemd:bookworm\n    command: /sbin/init\n    \
            network_mode: none\n    environment: {GREETING: it's $$5}\n";
        let compose = format!("docker compose -p {name} -f /tmp/{name}/compose.yml");
        let _placed = Placed { lane, script: format!("rm -r /tmp/{name}") };
        must(lane, &format!("mkdir /tmp/{name}; cat > /tmp/{name}/compose.yml"), file);
        must(lane, &format!("{compose} up -d"), "");
        let web = Container { lane, name: format!("{name}-web-1") };
        assert!(web.await_end(Duration::from_secs(15)), "{}: it is not broken", lane.name);
        let report = lane.sysdock(&["doctor", &web.name, "--format", "json"]).run().report(0);
        let advice = report["prescription"]["steps"][0]["title"].as_str().unwrap_or_default().to_owned();
        assert!(advice.contains(&format!("/tmp/{name}/compose.yml")), "{advice}");
        let at = advice.find("services:\n").unwrap_or_else(|| panic!("no lines in {advice}"));
        must(lane, &format!("cat > /tmp/{name}/lines.yml"), &advice[at..]);
        must(lane, &format!("{compose} -f /tmp/{name}/lines.yml up -d web"), "");
        boots(&web, "compose lines");
        assert_eq!(said_inside(&web, "printenv GREETING").trim(), "it's $5");
        stops(&web, "compose lines");
        must(lane, &format!("{compose} down"), "");
    });
}

/// The scenario around an emitted platform; the connection plugins need no Python in the guest for `raw`.
fn scenario(folder: &Path, driver: &str, page: &str) {
    let scenario = folder.join("molecule/default");
    std::fs::create_dir_all(&scenario).expect("a folder can be made");
    let head = format!("driver: {{name: {driver}}}\nprovisioner: {{name: ansible}}\n");
    std::fs::write(scenario.join("molecule.yml"), head + page).expect("a file can be written");
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n  - ansible.builtin.raw: \
        systemctl is-system-running --wait\n";
    std::fs::write(scenario.join("converge.yml"), play).expect("a file can be written");
}

#[test]
fn molecule_creates_and_converges_the_guest() {
    let test = "molecule_creates_and_converges_the_guest";
    let lanes = ["docker28-v2", "sid-docker-rootless", "sid-podman"];
    let tools = call(&project("tests/lab/molecule"), &[], &[], "");
    if !tools.good {
        announce(&format!("live: {test} not run: {}", tools.stderr.trim()));
        assert!(!required(), "{}", tools.stderr);
        return;
    }
    let path = format!("{}:{}", tools.stdout.trim(), std::env::var("PATH").unwrap_or_default());
    on_each(test, &lanes, |lane| {
        let broken = Broken::start(lane, &["--ulimit", "nofile=1024:4096", "--hostname", "shape.example"]);
        let (folder, page) = (tempfile::tempdir().expect("a temporary folder"), broken.cure("molecule"));
        scenario(folder.path(), &lane.engine, &page);
        broken.put_aside();
        let place = folder.path().display().to_string();
        let environment = [
            ("PATH", path.as_str()),
            ("HOME", &place),
            ("DOCKER_HOST", &lane.address),
            ("CONTAINER_HOST", &lane.address),
            ("NO_COLOR", "1"),
        ];
        for command in ["converge", "destroy"] {
            let words = ["-c", "cd \"$0\" && exec molecule \"$1\"", &place, command];
            let said = call(Path::new("sh"), &words, &environment, "");
            assert!(said.good, "{command} on {}: {}{}\n{page}", lane.name, said.stdout, said.stderr);
            if command == "converge" {
                boots(&broken.new, "molecule");
                has_its_words(&broken.new, "molecule");
                stops(&broken.new, "molecule");
            }
        }
    });
}

#[test]
fn buildkit_and_buildah_build_the_dockerfile() {
    let lanes = ["sid-docker", "sid-docker-rootless", "sid-podman", "sid-podman-rootless"];
    on_each("buildkit_and_buildah_build_the_dockerfile", &lanes, |lane| {
        let broken = Broken::start(lane, &SHAPE);
        let (page, image) = (broken.cure("dockerfile"), format!("{}:1", broken.new.name));
        broken.put_aside();
        let builders: &[&str] = if lane.engine == "podman" {
            &["podman build", "buildah build"]
        } else {
            &["docker buildx build --load"]
        };
        for builder in builders {
            let build = format!(
                "f=$(mktemp -d); cat > $f/Dockerfile; {builder} --network none -t {image} $f; rm -r $f"
            );
            must(lane, &build, &page);
            let flags = lane.flags(&broken.new.name);
            let mut words: Vec<&str> = vec!["run", "-d", "--network=none", "--name", &broken.new.name];
            // The image has the stop signal itself.
            let own = |pair: &&[String]| pair.first().is_some_and(|flag| flag == "--stop-signal");
            let signal = flags.windows(2).position(|pair| own(&pair));
            let kept = |at: usize| signal.is_none_or(|signal| at != signal && at != signal + 1);
            words.extend(flags.iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, flag)| flag.as_str()));
            words.push(&image);
            let said = lane.client(&words);
            assert!(said.good, "{builder} on {}: {}", lane.name, said.stderr);
            boots(&broken.new, builder);
            has_its_words(&broken.new, builder);
            stops(&broken.new, builder);
            lane.client(&["rm", "-f", "-v", &broken.new.name]);
            lane.client(&["rmi", "-f", &image]);
        }
    });
}
