//! The Debian package and the image, tried in the lab. `SYSDOCK_PACKAGES` (set by scripts/test) is the folder
//! of the static binary, with the package below `package/`; without it both are named as not run.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::lab::{Container, Lane, lab, lane, turn};
use super::program::{announce, project, roots};
use super::tally;

/// The folder of what was packaged.
fn built(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SYSDOCK_PACKAGES").map(PathBuf::from);
    if folder.is_none() {
        announce(&format!(
            "packages: {test} not run, SYSDOCK_PACKAGES names no folder (`scripts/package deb`)"
        ));
    }
    folder
}

/// What a command inside a container prints; it must succeed.
#[track_caller]
fn inside(container: &Container<'_>, command: &[&str]) -> String {
    let said = container.lane.client(&[&["exec", &container.name][..], command].concat());
    assert!(said.good, "{command:?} on {}: {said:?}", container.lane.name);
    said.stdout
}

#[test]
fn the_debian_package_installs_where_nothing_else_is() {
    let test = "the_debian_package_installs_where_nothing_else_is";
    let Some(folder) = built(test) else { return };
    let Some(lane) = lane(test, "docker20-v2") else { return };
    let package = std::fs::read_dir(folder.join("package"))
        .expect("the package was built")
        .map_while(Result::ok)
        .map(|entry| entry.path());
    let package = package
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .expect("there is a package");
    for guest in ["bullseye", "bookworm"].into_iter().filter(|guest| lane.has(guest)) {
        let container = Container::start(lane, "package", &[], guest, &["sleep", "600"]);
        let said =
            lane.client(&["cp", &package.display().to_string(), &format!("{}:/sysdock.deb", container.name)]);
        assert!(said.good, "{said:?}");
        inside(&container, &["dpkg", "-i", "/sysdock.deb"]);
        assert!(inside(&container, &["sysdock", "--version"]).starts_with("sysdock "));
        let files = inside(&container, &["dpkg", "-L", "sysdock"]);
        for part in [
            "/usr/bin/sysdock",
            "man1/sysdock.1",
            "man1/sysdock-doctor.1",
            "bash-completion/completions/sysdock",
            "/_sysdock",
            "sysdock.fish",
        ] {
            assert!(files.contains(part), "{part}: {files}");
        }
        assert!(
            inside(
                &container,
                &["bash", "-c", "source /usr/share/bash-completion/completions/sysdock; complete -p sysdock"]
            )
            .contains("_sysdock_complete")
        );
        inside(&container, &["dpkg", "--purge", "sysdock"]);
        assert!(!inside(&container, &["ls", "/usr/bin"]).lines().any(|name| name == "sysdock"));
    }
}

/// Builds the image on a lane with the script that users have.
fn image(lane: &Lane) -> String {
    let output =
        Command::new(project("scripts/package")).args(["image", &lane.address]).stdin(Stdio::null()).output();
    let output = output.expect("the script can be started");
    assert!(output.status.success(), "{}: {}", lane.name, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn the_image_examines_a_container_through_the_socket_alone() {
    if built("the_image_examines_a_container_through_the_socket_alone").is_none() {
        return;
    }
    let fits = |lane: &&Lane| lane.is_own() && lane.has("bookworm") && !lane.maps_users();
    let (lanes, others): (Vec<&Lane>, Vec<&Lane>) = lab().lanes.iter().partition(fits);
    others
        .iter()
        .for_each(|lane| tally::left_out(lane, "its root may not read the socket, or it is no own lane"));
    for lane in lanes {
        tally::ran(lane, 1);
        let _turn = turn();
        let image = image(lane);
        let inspected = Container::start(lane, "inspected", &[], "bookworm", &["/sbin/init"]);
        let here = lane.sysdock(&["doctor", "--format", "json", &inspected.name]).run();
        let doctor = Container::named(lane, "doctor");
        let socket = format!("{}:/var/run/docker.sock", lane.own_socket());
        let said = lane.client(&[
            "run",
            "--rm",
            "--network",
            "none",
            "--name",
            &doctor.name,
            "-v",
            &socket,
            &image,
            "doctor",
            "--format",
            "json",
            &inspected.name,
        ]);
        let report: serde_json::Value = serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}: {said:?}", lane.name));
        let (there, here) = (&report["reports"][0], here.report(0));
        assert_eq!((roots(there), &there["verdict"]), (roots(&here), &here["verdict"]), "{}", lane.name);
        // Podman gives systemd what it needs by itself.
        assert!(lane.engine == "podman" || !roots(there).is_empty(), "{}: {there:#}", lane.name);
        lane.client(&["rmi", "-f", &image, "sysdock:latest"]);
    }
}
