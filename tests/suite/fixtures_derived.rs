//! Fixtures of guests and machines that the lab has not: a recorded snapshot with other facts and the catalogued wording.
//!
//! Each file says so in its `derived` field, and a test holds it to what stands here. `SYSDOCK_RECORD=1` writes them anew.

use serde_json::{Value, json};
use sysdock::diagnose::diagnose;
use sysdock::rule::builtin;
use sysdock::snapshot::{KeptLine, LogExcerpt, Snapshot, Source, file};

use super::fixtures::{self, Expected, Fixture};
use super::program::project;

/// One derived fixture.
struct Derived {
    folder: &'static str,
    case: &'static str,
    /// The recorded fixture that it starts from.
    from: &'static str,
    /// How it came to be.
    words: &'static str,
    facts: Vec<(&'static str, Value)>,
    lines: &'static [&'static str],
}

const V2_LINES: &[&str] = &[
    "systemd 219 running in system mode. (+PAM +AUDIT +SELINUX +IMA -APPARMOR +SMACK +SYSVINIT +UTMP +LIBCRYPTSETUP +GCRYPT +GNUTLS +ACL +XZ +LZ4 -SECCOMP +BLKID +ELFUTILS +KMOD +IDN)",
    "Failed to mount cgroup at /sys/fs/cgroup/systemd: Operation not permitted",
    "[!!!!!!] Failed to mount API filesystems, freezing.",
];
const HANDLE_LINES: &[&str] = &[
    "Failed to determine whether /sys is a mount point: Operation not permitted",
    "Failed to determine whether /proc is a mount point: Operation not permitted",
    "Failed to determine whether /run is a mount point: Operation not permitted",
    "[!!!!!!] Failed to mount API filesystems, freezing.",
];
const NO_NAME_LINES: &[&str] =
    &["Failed to mount cgroup at /sys/fs/cgroup/systemd: Operation not permitted", "[!!!!!!] Failed to mount API filesystems, freezing."];

fn table() -> Vec<Derived> {
    let centos = || {
        vec![
            ("guest.systemd_version", json!(219)),
            ("guest.os_id", json!("centos")),
            ("guest.os_name", json!("CentOS Linux 7 (Core)")),
            ("guest.run_lock_fatal", json!(false)),
            ("cgroup.mount", json!("hidden")),
        ]
    };
    let xenial = || {
        vec![
            ("guest.systemd_version", json!(229)),
            ("guest.os_id", json!("ubuntu")),
            ("guest.os_name", json!("Ubuntu 16.04.7 LTS")),
            ("cgroup.mode", json!("v1")),
            ("cgroup.mount", json!("rw")),
            ("mount.run", json!(true)),
            ("mount.run_lock", json!(true)),
            ("mount.tmp", json!(true)),
            ("container.env_container", json!("docker")),
            ("seccomp.first_blocked", json!("name_to_handle_at")),
            ("seccomp.blocks", json!(["name_to_handle_at"])),
            ("seccomp.effect", json!("fatal")),
            ("seccomp.name_to_handle_at", json!("denied")),
        ]
    };
    let (tty, silent) = ("cgroup-read-only/docker20-v2-bullseye-cgroup-missing-tty", "run-tmpfs-missing/docker20-v2-bullseye-bare-silent");
    let v1 = "cgroup-mount-missing/docker20-v1-bookworm-cgroup-tmpfs-v1-silent";
    vec![
        Derived {
            folder: "cgroup-v2-host-old-systemd",
            case: "docker20-v2-centos7-tty",
            from: tty,
            words: "a CentOS 7 guest on a cgroup v2 host",
            facts: centos(),
            lines: V2_LINES,
        },
        Derived {
            folder: "cgroup-v2-host-old-systemd",
            case: "docker20-v2-centos7-silent",
            from: tty,
            words: "a CentOS 7 guest on a cgroup v2 host, without a terminal",
            facts: [centos(), vec![("container.tty", json!(false))]].concat(),
            lines: &[],
        },
        Derived {
            folder: "seccomp-blocks-name-to-handle-at",
            case: "docker20-v1-xenial-tty",
            from: silent,
            words: "an Ubuntu 16.04 guest under the default filter of Docker 20.10",
            facts: [xenial(), vec![("container.tty", json!(true))]].concat(),
            lines: HANDLE_LINES,
        },
        Derived {
            folder: "seccomp-blocks-name-to-handle-at",
            case: "docker20-v1-xenial-silent",
            from: silent,
            words: "an Ubuntu 16.04 guest under the default filter of Docker 20.10, without a terminal",
            facts: xenial(),
            lines: &[],
        },
        Derived {
            folder: "host-lacks-systemd-cgroup",
            case: "docker20-v1-bookworm-alpine-host-tty",
            from: v1,
            words: "an Alpine host with cgroup v1 and without name=systemd",
            facts: vec![
                ("host.systemd_cgroup", json!(false)),
                ("cgroup.mount", json!("none")),
                ("cgroup.tmpfs_over", json!(false)),
                ("container.tty", json!(true)),
            ],
            lines: NO_NAME_LINES,
        },
        Derived {
            folder: "host-lacks-systemd-cgroup",
            case: "docker20-v1-bookworm-alpine-host-silent",
            from: v1,
            words: "an Alpine host with cgroup v1 and without name=systemd, without a terminal",
            facts: vec![("host.systemd_cgroup", json!(false)), ("cgroup.mount", json!("none")), ("cgroup.tmpfs_over", json!(false))],
            lines: &[],
        },
    ]
}

impl Derived {
    fn made(&self, recorded: &[Fixture]) -> Snapshot {
        let base = recorded.iter().find(|fixture| fixture.label() == self.from).unwrap_or_else(|| panic!("no fixture {}", self.from));
        let mut snapshot = base.snapshot.clone();
        for (key, value) in &self.facts {
            snapshot.facts.set(key, value.clone(), "derived");
        }
        let lines = self.lines.iter().zip(1..).map(|(text, line)| KeptLine { line, source: Source::Console, text: (*text).to_owned() });
        let (lines, bytes): (Vec<_>, usize) = (lines.collect(), self.lines.iter().map(|line| line.len() + 1).sum());
        snapshot.facts.set("log.bytes", bytes, "derived");
        snapshot.facts.set("log.empty", bytes == 0, "derived");
        snapshot.log = LogExcerpt { lines_read: lines.len() as u64, bytes_read: bytes as u64, lines, ..LogExcerpt::default() };
        snapshot.documents.clear();
        snapshot.target.name = self.case.to_owned();
        snapshot.derived = Some(format!("{}; facts and lines changed in a snapshot recorded as {}", self.words, self.from));
        snapshot
    }
}

#[test]
fn derived_fixtures_are_what_they_say() {
    let recorded = fixtures::all();
    let anew = std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1");
    let rules = builtin().expect("the built-in rules can be loaded");
    for one in table() {
        let snapshot = one.made(&recorded);
        let text = String::from_utf8(file::to_json(&snapshot).expect("a snapshot can be written")).expect("JSON is UTF-8");
        let report = diagnose(&snapshot, &rules);
        assert_eq!(report.root().map(|root| root.id.as_str()), Some(one.folder), "{}: {report:#?}", one.case);
        if anew {
            fixtures::write(one.folder, one.case, &text, &Expected::of(&report));
        }
        let path = project("fixtures").join(one.folder).join(format!("{}.json", one.case));
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{} is not what is derived here", path.display());
    }
}
