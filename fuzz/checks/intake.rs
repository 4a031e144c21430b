//! Any text is read with work that is linear in its length, judged and printed.

use std::sync::LazyLock;

use sysdock::intake::{Supplied, measured};
use sysdock::snapshot::Snapshot;

use super::judged::{MATCHER, RULES};
use super::{files, judged};

/// Containers that are told apart in one text.
const CONTAINERS: usize = 64;
/// Of so many of them all is printed.
const PRINTED: usize = 2;
/// Longest text that is made of arbitrary bytes.
const LONGEST: usize = 64 * 1024;

/// What descriptions of containers, and what breaks them, are made of.
const TOKENS: [&str; 46] = [
    "\n",
    "  ",
    "services:\n",
    "  web:\n    image: debian:12\n",
    "    command: /sbin/init\n",
    "    volumes: [/sys/fs/cgroup:/sys/fs/cgroup:ro]\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n",
    "platforms:\n  - name: a\n    image: x\n",
    "name: ",
    "{a: 1, ",
    "[",
    "{",
    "]",
    "}",
    "- ",
    "? ",
    "&a ",
    "*a, ",
    "<<: *a\n",
    "!!tag ",
    "---\n",
    "\"",
    "'",
    "`",
    "$(",
    "\\\n",
    "\\n",
    "\\\"",
    "{\"Config\": [",
    "{\"Config\": {\"Cmd\": [\"/sbin/init\"]}, \"HostConfig\": {\"Privileged\": true}, \"State\": {\"Status\": \"exited\"}, \"Mounts\": []}\n",
    "{\"log\":\"x\\n\",\"stream\":\"stdout\"}\n",
    "$ docker run --name web -it ",
    "podman run -d ",
    "--privileged ",
    "-v /a:/b:ro ",
    "img /sbin/init\n",
    "tini -- ",
    "env A=1 ",
    "FROM debian:12\n",
    "RUN apt-get install -y systemd ",
    "web-1  | ",
    "db-1  | ",
    "2026-11-03T03:04:05.123Z ",
    "$ docker ps -a\nCONTAINER ID   IMAGE\n",
    "abc  img  \"/sbin/init\"  2 hours ago   Exited (255) 2 hours ago   web\n",
    "a.service loaded failed failed A\n",
];
/// Inputs as people paste them.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let of = |ending| files::with_ending("src/intake/samples", ending);
    ["txt", "json", "yaml"].into_iter().flat_map(of).collect()
});
static EXAMPLES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let examples = RULES.rules.iter().flat_map(|rule| rule.examples.iter());
    examples.flat_map(|example| example.lines.iter().map(String::as_str)).collect()
});

/// Reads the text that the bytes stand for.
///
/// # Panics
/// When reading takes more than it may, or what is said is not fit for a terminal.
pub fn check(bytes: &[u8]) {
    let text = written(bytes);
    let snapshots = read(&text);
    snapshots.iter().take(PRINTED).for_each(judged::check);
}

/// The snapshots of a text.
fn read(text: &[u8]) -> Vec<Snapshot> {
    let read = || measured("text", text, &Supplied::default(), &MATCHER).expect("memory can be read");
    let (snapshots, work) = read();
    assert!(
        work.spent <= work.allowed && work.allowed <= (1 << 20) + 3 * 3 * text.len() as u64,
        "{work:?} for {} bytes",
        text.len()
    );
    assert!((1..=CONTAINERS).contains(&snapshots.len()));
    assert_eq!((&snapshots, work), (&read().0, read().1), "the same text gives the same snapshots");
    snapshots
}

/// The text: most bytes stand for themselves, those that no text has for what descriptions are made of.
fn written(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut last = 0..0;
    let mut left = bytes.iter().copied();
    while let Some(byte) = left.next() {
        let begin = text.len();
        let mut number = || usize::from(left.next().unwrap_or_default());
        match byte {
            0xc0..0xee => text.extend(TOKENS[usize::from(byte - 0xc0)].bytes()),
            0xf0 => text.extend(&SAMPLES[number() % SAMPLES.len()]),
            // Its beginning.
            0xf1 => {
                let sample = &SAMPLES[number() % SAMPLES.len()];
                text.extend(&sample[..sample.len() * number() / 256]);
            }
            0xf2 => text.extend(EXAMPLES[(number() << 8 | number()) % EXAMPLES.len()].bytes()),
            // What came last, again and again.
            0xf3 | 0xf4 => {
                let times = if byte == 0xf3 { number() } else { number() * 16 };
                let part = text[last.clone()].to_vec();
                text.extend(part.repeat(times.min(LONGEST / part.len().max(1))));
            }
            // All of it.
            0xf5 => {
                let whole = text.clone();
                text.extend(whole);
            }
            // A name of its own each time.
            0xf6 => text.extend(format!("n{begin}").bytes()),
            _ => text.push(byte),
        }
        if text.len() > LONGEST {
            text.truncate(LONGEST);
            break;
        }
        last = begin..text.len();
    }
    text
}
