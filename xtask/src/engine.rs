//! A lane of the test lab: its address, its flags, its client. Starts and stops no engine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow, ensure};

/// One engine of the lab.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its address, as `DOCKER_HOST` wants it.
    pub address: String,
    /// `docker` or `podman`.
    pub kind: String,
    /// `v1` or `v2`.
    pub cgroup: String,
    /// Guests that it has.
    pub guests: Vec<String>,
    /// Flags with which systemd boots here, with [`NAME`] for the container's name.
    flags: Vec<String>,
}

/// Stands for a container's name.
const NAME: &str = "@name@";

/// What a client command printed.
#[derive(Debug)]
pub struct Said {
    /// Whether it succeeded.
    pub good: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { good: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// A path of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn lab(arguments: &[&str]) -> Result<String> {
    let output = Command::new(project("tests/lab/lab"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("tests/lab/lab cannot be started")?;
    let said = Said::from(output);
    ensure!(said.good, "tests/lab/lab {arguments:?}: {}", said.stderr.trim());
    Ok(said.stdout)
}

/// The folder where everything of the lab lives.
pub fn home() -> Result<String> {
    Ok(lab(&["home"])?.trim().to_owned())
}

impl Lane {
    /// The lane of that name, when it answers.
    pub fn find(name: &str) -> Result<Self> {
        let status = lab(&["status"])?;
        let lines = status.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let words = lines.into_iter().find(|words| words.first().is_some_and(|first| first == name));
        let words =
            words.ok_or_else(|| anyhow!("the lane {name} does not answer, see `tests/lab/lab help`"))?;
        let [name, address, kind, _version, cgroup, guests @ ..] = words.as_slice() else {
            return Err(anyhow!("cannot read {words:?}"));
        };
        let (name, address, kind, cgroup) = (name.clone(), address.clone(), kind.clone(), cgroup.clone());
        let flags = lab(&["flags", &name, NAME])?.lines().map(str::to_owned).collect();
        Ok(Self { name, address, kind, cgroup, guests: guests.to_vec(), flags })
    }

    /// Flags with which systemd boots here.
    pub fn flags(&self, container: &str) -> Vec<String> {
        self.flags.iter().map(|flag| flag.replace(NAME, container)).collect()
    }

    /// Runs the engine's client, for a minute at most.
    pub fn client<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Said> {
        self.client_within("60", arguments)
    }

    /// Runs the engine's client, for so many seconds at most.
    pub fn client_within<S: AsRef<str>>(&self, seconds: &str, arguments: &[S]) -> Result<Said> {
        let (program, at) = if self.kind == "podman" { ("podman", "--url") } else { ("docker", "-H") };
        let mut command = Command::new("timeout");
        command
            .args([seconds, program, at, &self.address])
            .args(arguments.iter().map(AsRef::as_ref))
            .stdin(Stdio::null());
        Ok(command.output().context("the engine's client cannot be started")?.into())
    }

    /// The engine and its runtime in words, such as `Docker 28.5.2, runc 1.3.3, cgroup v2`.
    pub fn describe(&self) -> Result<String> {
        let said = self
            .client(&["version", "--format", "{{range .Server.Components}}{{.Name}} {{.Version}}\n{{end}}"])?
            .stdout;
        let version =
            |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map(short).unwrap_or_default();
        if self.kind == "podman" {
            return Ok(format!("Podman {}, cgroup {}", version("Podman Engine "), self.cgroup));
        }
        Ok(format!("Docker {}, runc {}, cgroup {}", version("Engine "), version("runc "), self.cgroup))
    }

    /// Version of systemd in a guest.
    pub fn systemd(&self, guest: &str) -> Result<i64> {
        let image = image(guest);
        let run = ["run", "--rm", "--network", "none", "-e", "SYSTEMD_COLORS=0"];
        let said = self.client(&[&run[..], &[&image, "systemctl", "--version"]].concat())?;
        let number = said.stdout.split_whitespace().nth(1).and_then(|word| word.parse().ok());
        number.ok_or_else(|| anyhow!("{guest} on {}: no version in {said:?}", self.name))
    }

    /// The folder of its control groups as its engine sees it.
    fn cgroups(&self) -> PathBuf {
        let socket = Path::new(self.address.trim_start_matches("unix://"));
        let pid = std::fs::read_to_string(socket.with_file_name("engine.pid")).unwrap_or_default();
        PathBuf::from(format!("/proc/{}/root/sys/fs/cgroup", pid.trim()))
    }

    /// Runs a command in the host of the lane, as the user of its engine; fails for a lane without a host.
    pub fn enter(&self, command: &[&str]) -> Result<String> {
        lab(&[&["enter", &self.name], command].concat())
    }

    /// Names of all lanes that answer.
    pub fn all() -> Result<Vec<String>> {
        let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
        Ok(lab(&["status"])?.lines().filter_map(name).collect())
    }

    /// Removes a container, and the control groups that a bind of them left.
    pub fn remove(&self, container: &str) {
        let at_once: &[&str] = if self.kind == "podman" { &["-t", "0"] } else { &[] };
        let _ = self.client(&[&["rm", "-f", "-v"], at_once, &[container]].concat());
        let group = self.cgroups().join(container);
        if group.is_dir() {
            remove_groups(&group);
        }
    }
}

/// The image of a guest.
pub fn image(guest: &str) -> String {
    format!("deb-systemd:{guest}")
}

fn short(version: &str) -> String {
    version.trim().split(['+', '~', '-']).next().unwrap_or_default().to_owned()
}

/// The inner ones go first.
fn remove_groups(group: &Path) {
    for entry in std::fs::read_dir(group).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&entry.path());
        }
    }
    let _ = std::fs::remove_dir(group);
}
