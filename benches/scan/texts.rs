//! Logs for the benchmark: quiet service logs, and boots on a terminal as the lab recorded them.

/// What a log is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lines of services without escapes.
    Services,
    /// Boots on a terminal.
    Boots,
}

const BOOTS: [&str; 3] = [
    include_str!("../../src/intake/samples/healthy-docker28-v2.txt"),
    include_str!("../../src/intake/samples/healthy-docker20-v1.txt"),
    include_str!("../../src/intake/samples/healthy-podman4-v2.txt"),
];

const FAULTS: [&str; 6] = [
    "Failed to create /init.scope control group: Read-only file system",
    "Failed to mount tmpfs at /run: Operation not permitted",
    "Failed to determine whether /sys is a mount point: Operation not permitted",
    "Failed to allocate manager object: Permission denied",
    "System has not been booted with systemd as init system (PID 1). Can't operate.",
    "app.service: Failed at step NAMESPACE spawning /usr/bin/app: Operation not permitted",
];

/// Numbers that look random and are the same in every run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A log of at least so many bytes, line by line.
pub fn lines(bytes: usize, permille: u64, kind: Kind, mut each: impl FnMut(&str)) -> u64 {
    let boots: Vec<&str> = BOOTS.iter().flat_map(|boot| boot.split_inclusive('\n')).collect();
    let (mut numbers, mut written, mut count) = (Numbers(1), 0, 0);
    while written < bytes {
        count += 1;
        let line = if numbers.next(1000) < permille {
            let fault = FAULTS[numbers.next(FAULTS.len() as u64) as usize];
            if kind == Kind::Boots { format!("\x1b[0;1;31m{fault}\x1b[0m\r\n") } else { format!("{fault}\n") }
        } else if kind == Kind::Boots {
            boots[count % boots.len()].to_owned()
        } else {
            quiet(&mut numbers, count)
        };
        each(&line);
        written += line.len();
    }
    written as u64
}

/// A line of a service that is well.
fn quiet(numbers: &mut Numbers, count: usize) -> String {
    let mut n = |below| numbers.next(below);
    let (day, second, pid, id) = (1 + n(28), n(60), 100 + n(30_000), n(1 << 30));
    let stamp = format!("Nov {day:2} 03:{:02}:{second:02} host{}", count % 60, n(9));
    match n(12) {
        0 => format!("{stamp} systemd[1]: Started session-{id}.scope - Session {id} of User app.\n"),
        1 => format!("{stamp} systemd[1]: Finished logrotate.service - Rotate log files.\n"),
        2 => format!("{stamp} kernel: [{id}.{second:06}] eth0: renamed from veth{id:x}\n"),
        3 => format!(
            "10.{}.{}.7 - - [{day:02}/Nov/2026:03:04:{second:02} +0000] \"GET /api/v1/items/{id} HTTP/1.1\" \
                200 {pid} \"-\" \"curl/8.5\"\n",
            n(255),
            n(255)
        ),
        4 => format!(
            "{{\"level\":\"info\",\"ts\":\"2026-11-{day:02}T03:04:{second:02}Z\",\"caller\":\"server/http.go:{pid}\",\"said\":\"request served\",\"id\":{id}}}\n"
        ),
        5 => format!(
            "time=\"2026-11-{day:02}T03:04:{second:02}Z\" level=info msg=\"connecting to shim {id:x}\" \
                address=\"unix:///run/containerd/s/{id:x}\" namespace=moby\n"
        ),
        6 => format!(
            "{stamp} dockerd[{pid}]: time=\"2026-11-{day:02}T03:04:{second:02}Z\" level=info msg=\"ignoring \
                event\" container={id:x} module=libcontainerd\n"
        ),
        7 => format!(
            "{stamp} sshd[{pid}]: Accepted publickey for app from 10.0.0.{second} port {pid} ssh2: ED25519 \
                SHA256:{id:x}\n"
        ),
        8 => format!(
            "{stamp} kubelet[{pid}]: I11{day:02} 03:04:{second:02}.{id:06} {pid} \
                reconciler.go:224] \"operationExecutor.VerifyControllerAttachedVolume started for volume\" \
                pod=\"default/app-{id}\"\n"
        ),
        9 => format!(
            "2026-11-{day:02} 03:04:{second:02},{:03} INFO  [worker-{pid}] com.example.Worker - processed \
                batch {id} in {second} ms\n",
            n(1000)
        ),
        10 => format!(
            "{stamp} cron[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report \
                /etc/cron.daily)\n"
        ),
        _ => format!(
            "{stamp} app[{pid}]: user={id} action=list items={second} took={}ms cache=hit \
                region=eu-west-{}\n",
            n(400),
            n(3)
        ),
    }
}
