//! `build`, `run`, and `prove` of images and of silent containers, on the lab's engines.

use std::time::Duration;

use serde_json::{Value, json};

use super::lab::{Container, Lane, fresh_name, lane, plain, turn};
use super::program::{Run, announce, clock, sysdock};

/// A service that every base of these tests has, and that nobody has enabled.
const UNIT: &str = "[Unit]\nDescription=A service of the test\n[Service]\nExecStart=/bin/sleep \
    infinity\n[Install]\nWantedBy=multi-user.target\n";

/// An image of a test; gone when dropped.
struct Image<'l> {
    lane: &'l Lane,
    name: String,
}

impl<'l> Image<'l> {
    /// Claims a name.
    fn named(lane: &'l Lane, purpose: &str) -> Self {
        Self { lane, name: format!("{}:1", fresh_name(purpose)) }
    }

    /// Builds a base from a guest with the engine's own client: a Dockerfile beside the unit `hello.service`.
    fn base(lane: &'l Lane, from: &str, more: &str) -> Self {
        let image = Self::named(lane, "base");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file can be written");
        };
        write("hello.service", UNIT);
        write(
            "Dockerfile",
            &format!("FROM {from}\nCOPY hello.service /etc/systemd/system/hello.service\n{more}"),
        );
        let said = lane.client(&[
            "build",
            "--network",
            "none",
            "-t",
            &image.name,
            &folder.path().display().to_string(),
        ]);
        assert!(said.good, "{}: {}", lane.name, said.stderr);
        image
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        self.lane.client(&["rmi", "-f", &self.name]);
    }
}

fn inspect(container: &Container<'_>, template: &str) -> String {
    container.lane.client(&["container", "inspect", "-f", template, &container.name]).stdout.trim().to_owned()
}

fn inside(container: &Container<'_>, words: &[&str]) -> String {
    container.lane.client(&[&["exec", &container.name][..], words].concat()).stdout.trim().to_owned()
}

/// A container of the image, started by `sysdock run`.
fn started<'l>(image: &Image<'l>, more: &[&str]) -> Container<'l> {
    let container = Container::named(image.lane, "run");
    let words = [&["run", "--name", &container.name, "--network", "none"][..], more, &[&image.name]].concat();
    let run = image.lane.sysdock(&words).run().ended(0);
    assert!(run.stdout.contains("HEALTHY") && run.stderr.contains("starting"), "{run:?}");
    container
}

/// Builds from a base. A proof that goes wrong is tried once more and named: a machine under load boots
/// guests late.
fn built(base: &Image<'_>, image: &Image<'_>, builder: &str) -> Run {
    let words = [
        "build",
        &base.name,
        "-t",
        &image.name,
        "--enable",
        "hello",
        "--network",
        "none",
        "--builder",
        builder,
        "--format",
        "json",
    ];
    let run = base.lane.sysdock(&words).run();
    if run.code == 0 {
        return run;
    }
    announce(&format!("live: build from {} on {}: tried again after {run:?}", base.name, base.lane.name));
    base.lane.sysdock(&words).run().ended(0)
}

/// Builds from a base, and follows the image through its life: proof, start, work, stop from outside,
/// shutdown from within.
fn lives(base: &Image<'_>, builder: &str) {
    let lane = base.lane;
    let image = Image::named(lane, "built");
    let run = built(base, &image, builder);
    let trial = &run.json()["trial"];
    assert!(
        trial["works"] == true && trial["verdict"] == "healthy" && trial["removed"] == true,
        "{}: {trial:#}",
        lane.name
    );
    assert_eq!(
        trial["units"],
        json!([{"unit": "hello.service", "state": "active"}]),
        "{}: {trial:#}",
        lane.name
    );
    assert!(
        run.stderr.contains("building the image") && run.stderr.contains("COPY files"),
        "says what it does: {run:?}"
    );

    let container = started(&image, &[]);
    assert_eq!(inside(&container, &["systemctl", "is-system-running"]), "running", "{}", lane.name);
    assert_eq!(inside(&container, &["systemctl", "is-active", "hello"]), "active", "{}", lane.name);
    let id = inside(&container, &["cat", "/etc/machine-id"]);
    assert_eq!(id.len(), 32, "{}: machine-id {id}", lane.name);
    assert!(lane.client(&["stop", "-t", "60", &container.name]).good, "{}: stop from outside", lane.name);
    assert_eq!(
        inspect(&container, "{{.State.ExitCode}} {{.HostConfig.Privileged}}"),
        "0 false",
        "{}",
        lane.name
    );

    let other = started(&image, &[]);
    assert_ne!(
        inside(&other, &["cat", "/etc/machine-id"]),
        id,
        "{}: containers share a machine-id",
        lane.name
    );
    lane.client(&["exec", &other.name, "systemctl", "poweroff"]);
    assert!(other.await_end(Duration::from_mins(1)), "{}: shutdown from within", lane.name);
    assert_eq!(inspect(&other, "{{.State.ExitCode}}"), "0", "{}", lane.name);
}

/// Every guest of a lane, with systemd in the base and without.
fn all_bases(lane: &'static Lane, builder: &str) {
    let guests = lane.guests.iter().filter(|guest| lane.cgroup != "v1" || *guest != "sid");
    let one = |guest: &str| {
        let _turn = turn();
        lives(&Image::base(lane, &format!("deb-systemd:{guest}"), ""), builder);
        assert!(plain(lane, guest), "{} has no deb-plain:{guest}", lane.name);
        lives(&Image::base(lane, &format!("deb-plain:{guest}"), ""), builder);
    };
    // A guest that fails has said why; the scope fails with it.
    std::thread::scope(|scope| guests.for_each(|guest| drop(scope.spawn(move || one(guest)))));
}

#[test]
fn images_of_the_classic_builder_boot() {
    clock();
    let Some(lane) = lane("images_of_the_classic_builder_boot", "docker20-v2") else { return };
    all_bases(lane, "classic");
}

#[test]
fn images_of_buildkit_boot() {
    clock();
    let Some(lane) = lane("images_of_buildkit_boot", "docker28-v2") else { return };
    all_bases(lane, "buildkit");
    let _turn = turn();
    lives(&Image::base(lane, "deb-systemd:bookworm", ""), "classic");
}

#[test]
fn images_of_podman_and_on_cgroup_v1_boot() {
    let _turn = turn();
    for name in ["podman4-v2", "docker20-v1"] {
        let Some(lane) = lane("images_of_podman_and_on_cgroup_v1_boot", name) else { continue };
        assert!(plain(lane, "trixie"), "{name} has no deb-plain:trixie");
        lives(&Image::base(lane, "deb-plain:trixie", ""), "auto");
    }
}

/// What the base has enabled starts with `services`, not with `minimal`; the rest of multi-user.target only
/// with `multi-user`.
#[test]
fn the_target_decides_what_boots() {
    let _turn = turn();
    let Some(lane) = lane("the_target_decides_what_boots", "docker28-v2") else { return };
    let base = Image::base(
        lane,
        "deb-systemd:bookworm",
        "USER nobody\nRUN true\nUSER root\nRUN systemctl enable hello\nUSER nobody\n",
    );
    for (extent, hello, logind) in [
        ("minimal", "inactive", "inactive"),
        ("services", "active", "inactive"),
        ("multi-user", "active", "active"),
    ] {
        let image = Image::named(lane, extent);
        lane.sysdock(&["build", &base.name, "-t", &image.name, "--target", extent]).run().ended(0);
        let container = started(&image, &[]);
        assert_eq!(inside(&container, &["systemctl", "is-system-running"]), "running", "{extent}");
        assert_eq!(inside(&container, &["systemctl", "is-active", "hello"]), hello, "{extent}");
        assert_eq!(inside(&container, &["systemctl", "is-active", "systemd-logind"]), logind, "{extent}");
        assert_eq!(inside(&container, &["systemctl", "get-default"]), "container.target", "{extent}");
        let kept =
            lane.client(&["exec", &container.name, "test", "-s", "/lib/systemd/system/getty@.service"]);
        assert!(kept.good, "{extent}: a unit of a package is gone: {}", kept.stderr);
    }
}

#[test]
fn a_unit_that_does_not_start_is_reported() {
    let _turn = turn();
    let Some(lane) = lane("a_unit_that_does_not_start_is_reported", "docker28-v2") else { return };
    let base = Image::base(
        lane,
        "deb-systemd:bookworm",
        "RUN sed -i s,/bin/sleep,/bin/false, /etc/systemd/system/hello.service\n",
    );
    let image = Image::named(lane, "fails");
    let run = lane.sysdock(&["build", &base.name, "-t", &image.name, "--enable", "hello"]).run().ended(1);
    assert!(
        run.stdout.contains("hello.service failed") && run.stdout.contains("does not boot correctly"),
        "{run:?}"
    );
    let run = lane.sysdock(&["build", &base.name, "-t", &image.name, "--enable", "nowhere"]).run().ended(1);
    assert!(run.stderr.contains("nowhere.service") && run.stderr.contains("next:"), "{run:?}");
}

/// The plan is handed over as it would be built, and a folder of it builds with the engine's own client.
#[test]
fn a_plan_can_be_kept() {
    let _turn = turn();
    let Some(lane) = lane("a_plan_can_be_kept", "docker28-v2") else { return };
    let run = lane.sysdock(&["build", "deb-systemd:trixie", "--print"]).run().ended(0);
    for words in [
        "==> Dockerfile <==\nFROM deb-systemd:trixie\n",
        "STOPSIGNAL SIGRTMIN+3",
        "==> files/etc/systemd/system/container.target <==",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    let json =
        lane.sysdock(&["build", "deb-systemd:trixie", "--print", "--format", "json"]).run().ended(0).json();
    assert!(
        json["image"]["name"].is_null()
            && json["image"]["files"]["Dockerfile"].as_str().is_some_and(|text| run.stdout.contains(text))
    );
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let place = folder.path().join("image").display().to_string();
    lane.sysdock(&["build", "deb-systemd:trixie", "-o", &place]).run().ended(0);
    let image = Image::named(lane, "kept");
    let said = lane.client(&["build", "--network", "none", "-t", &image.name, &place]);
    assert!(said.good, "{}", said.stderr);
    let run = lane.sysdock(&["prove", &image.name, "--format", "json"]).run().ended(0);
    assert!(
        run.report(0)["trial"]["works"] == true && run.report(0)["target"]["name"] == image.name.as_str(),
        "{run:?}"
    );
    let steps = run.report(0)["prescription"]["steps"].clone();
    assert!(
        steps.as_array().is_some_and(|steps| steps.iter().all(|step| step["kind"] == "run-container")),
        "nothing is retired: {steps:#}"
    );
    let left = lane.client(&["ps", "-aq", "--filter", &format!("ancestor={}", image.name)]);
    assert!(left.good && left.stdout.is_empty(), "the probe is left: {left:?}");
}

/// What the user asks for is given, and what he mounts himself is not mounted over.
#[test]
fn a_start_keeps_the_wishes() {
    let _turn = turn();
    for name in ["docker28-v2", "podman4-v2"] {
        let Some(lane) = lane("a_start_keeps_the_wishes", name) else { continue };
        let mine = ["-e", "MINE=a b", "-v", "/tmp", "--with", "--hostname 'web' --label=mine=yes"];
        let container = Container::named(lane, "wishes");
        let words =
            [&["run", "--name", &container.name, "--network", "none"][..], &mine, &["deb-systemd:trixie"]]
                .concat();
        let printed = lane.sysdock(&[&["run", "--print"][..], &words[1..]].concat()).run().ended(0);
        assert!(printed.stdout.contains("MINE=a b"), "{printed:?}");
        assert!(inspect(&container, "{{.Id}}").is_empty(), "{name}: --print has started it");
        lane.sysdock(&words).run().ended(0);
        let text = inspect(
            &container,
            "{{.Config.Hostname}} {{index .Config.Labels \"mine\"}} {{json .Config.Env}}",
        );
        assert!(text.starts_with("web yes") && text.contains("MINE=a b"), "{name}: {text}");
        assert!(inspect(&container, "{{json .Mounts}}").contains("/tmp"), "{name}");
    }
}

/// Without a terminal systemd says nothing; the unchanged container is made to speak, and is left alone.
#[test]
fn a_silent_container_is_listened_to() {
    let _turn = turn();
    for name in ["docker20-v2", "docker28-v2", "docker20-v1"] {
        let Some(lane) = lane("a_silent_container_is_listened_to", name) else { continue };
        let container = Container::start(lane, "silent", &[], "bookworm", &["/sbin/init"]);
        container.await_end(Duration::from_secs(10));
        assert_eq!(lane.client(&["logs", &container.name]).stdout, "", "{name}");
        let run = lane.sysdock(&["prove", &container.name, "--listen"]).run().ended(1);
        assert!(run.stdout.contains("output on a terminal:\n    │ Failed to mount tmpfs"), "{name}: {run:?}");
        let report = lane
            .sysdock(&["prove", &container.name, "--listen", "--format", "json"])
            .run()
            .ended(1)
            .report(0);
        let evidence = report["findings"][0]["evidence"].as_array().cloned().unwrap_or_default();
        assert!(evidence.iter().any(|one: &Value| one["kind"] == "log"), "{name}: {report:#}");
        assert_eq!(report["target"]["name"], container.name.as_str(), "{name}");
        let names = lane
            .client(&["ps", "-a", "--filter", &format!("name={}", container.name), "--format", "{{.Names}}"])
            .stdout;
        assert_eq!(names.trim(), container.name, "{name}: something is left");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let Some(lane) = lane("what_is_not_there_is_named", "docker28-v2") else { return };
    for command in ["build", "prove"] {
        let run = lane.sysdock(&[command, "no-such-thing:1"]).run().refused(3);
        assert!(
            run.stderr.contains("no container and no image named no-such-thing:1")
                && run.stderr.contains("docker pull"),
            "{run:?}"
        );
    }
    lane.sysdock(&["run", "no-such-thing:1"]).run().refused(3);
    lane.sysdock(&["prove", "deb-systemd:bookworm", "--listen"]).run().refused(2);
    let run = lane.sysdock(&["build", "deb-systemd:bookworm", "--enable", "a;b"]).run().refused(2);
    assert!(run.stderr.contains("`a;b`"), "{run:?}");
}

#[test]
fn both_teach_themselves() {
    for (command, words) in [("build", ["--enable", "container.target"]), ("run", ["--print", "--with"])] {
        let run = sysdock([command, "--help"]).run().ended(0);
        assert!(words.iter().all(|word| run.stdout.contains(word)), "{run:?}");
    }
}
