//! A local page in headless Chromium: a file in; what its console said, what it asked for and how it looks
//! out.
//!
//! Speaks the `DevTools` protocol over the browser's pipe. The browser reaches nothing: all that it asks of a
//! network goes to a proxy that is not there, and is noted. Where there is no Chromium the tests that need it
//! are named as not run; with `SYSDOCK_REQUIRE_BROWSER=1` that is a failure.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::program::announce;

/// Longest wait for any answer; far more than it needs.
const PATIENCE: Duration = Duration::from_mins(2);

const FLAGS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--remote-debugging-pipe",
];

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Width of the window in CSS pixels.
    pub width: u32,
    /// Height of the window in CSS pixels.
    pub height: u32,
    /// The reader prefers dark colours.
    pub dark: bool,
    /// As it would be printed.
    pub print: bool,
}

/// A desktop window.
pub const DESKTOP: View = View { width: 1280, height: 900, dark: false, print: false };
/// A telephone held upright.
pub const PHONE: View = View { width: 390, height: 844, dark: false, print: false };

/// What happened when a page was opened.
#[derive(Debug, Default)]
pub struct Seen {
    /// Console messages, uncaught errors and the browser's own complaints, each as `LEVEL: TEXT`.
    pub console: Vec<String>,
    /// Addresses of all requests that are neither `file:` nor `data:`.
    pub requests: Vec<String>,
    /// Requests of any kind that failed, such as files that are not there.
    pub failed: Vec<String>,
    /// What the script answered that was run on the page, if any.
    pub answer: Value,
    /// The picture, as PNG.
    pub png: Vec<u8>,
}

impl Seen {
    /// Fails the test unless the page was silent and asked for nothing from elsewhere.
    #[track_caller]
    pub fn quiet(&self, what: &str) {
        assert_eq!(self.requests, [""; 0], "{what} asks for things from elsewhere");
        assert_eq!(self.failed, [""; 0], "{what} misses things");
        assert_eq!(self.console, [""; 0], "{what} says things on the console");
    }
}

/// A running browser; gone when dropped.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    words: ChildStdin,
    answers: Receiver<Value>,
    last: u64,
    _profile: tempfile::TempDir,
}

/// Starts a browser for a test; says that the test does not run where there is none.
pub fn browser(test: &str) -> Option<Browser> {
    let name = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| is_there(name));
    if name.is_none() {
        announce(&format!(
            "browser: {test} not run, chromium is missing (`tests/lab/lab need chromium` installs it)"
        ));
        assert!(
            !std::env::var("SYSDOCK_REQUIRE_BROWSER").is_ok_and(|value| value == "1"),
            "{test} needs chromium"
        );
    }
    name.map(Browser::start)
}

fn is_there(name: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(name).is_file())
}

impl Browser {
    fn start(name: &str) -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        // The protocol's pipe is the file descriptors 3 and 4.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#, name]).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let words = child.stdin.take().expect("stdin is a pipe");
        let mut pipe = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while pipe.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                let value = serde_json::from_slice(message.strip_suffix(&[0]).unwrap_or(&message))
                    .unwrap_or_default();
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        Self { child, words, answers, last: 0, _profile: profile }
    }

    /// Opens a file.
    pub fn open(&mut self, file: &Path, view: View) -> Seen {
        self.run(&format!("file://{}", file.display()), view, "")
    }

    /// Opens a file, or a part of it (`index.html#part` through `address`), and runs a script on it; the
    /// value it ends with, also of a promise, is the answer.
    pub fn run(&mut self, address: &str, view: View, script: &str) -> Seen {
        let mut seen = Seen::default();
        let target =
            self.ask(None, "Target.createTarget", &json!({"url": "about:blank"}), &mut seen)["targetId"]
                .clone();
        let attached =
            self.ask(None, "Target.attachToTarget", &json!({"targetId": target, "flatten": true}), &mut seen);
        let session = attached["sessionId"].as_str().expect("a page can be attached to").to_owned();
        let page = Some(session.as_str());
        for domain in ["Page", "Network", "Runtime", "Log"] {
            self.ask(page, &format!("{domain}.enable"), &json!({}), &mut seen);
        }
        self.arrange(page, view, &mut seen);
        self.ask(page, "Page.navigate", &json!({"url": address}), &mut seen);
        self.until(&mut seen, |message| message["method"] == "Page.loadEventFired");
        // What scripts do after the page is there is to be noticed as well.
        let settle = "new Promise(done => setTimeout(done, 250))";
        let steps = [settle, script, settle];
        for expression in &steps[..if script.is_empty() { 1 } else { 3 }] {
            let wanted = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
            let said = self.ask(page, "Runtime.evaluate", &wanted, &mut seen);
            if *expression == script {
                assert!(said["exceptionDetails"].is_null(), "{address}: {said}");
                seen.answer = said["result"]["value"].clone();
            }
        }
        let picture = self.ask(page, "Page.captureScreenshot", &json!({"format": "png"}), &mut seen);
        seen.png =
            STANDARD.decode(picture["data"].as_str().unwrap_or_default()).expect("a picture is base64");
        self.ask(None, "Target.closeTarget", &json!({"targetId": target}), &mut seen);
        seen
    }

    fn arrange(&mut self, page: Option<&str>, view: View, seen: &mut Seen) {
        let size = json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 500});
        self.ask(page, "Emulation.setDeviceMetricsOverride", &size, seen);
        let (media, colours) =
            (if view.print { "print" } else { "screen" }, if view.dark { "dark" } else { "light" });
        let media = json!({"media": media, "features": [{"name": "prefers-color-scheme", "value": colours}]});
        self.ask(page, "Emulation.setEmulatedMedia", &media, seen);
    }

    /// Calls a method and waits for its result.
    fn ask(&mut self, session: Option<&str>, method: &str, parameters: &Value, seen: &mut Seen) -> Value {
        self.last += 1;
        let id = self.last;
        let mut call = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            call["sessionId"] = json!(session);
        }
        self.words.write_all(format!("{call}\0").as_bytes()).expect("the browser listens");
        let answer = self.until(seen, |message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Takes messages, and notes what they tell, up to the one that is waited for.
    fn until(&mut self, seen: &mut Seen, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.answers.recv_timeout(PATIENCE).expect("the browser answers");
            note(&message, seen);
            if wanted(&message) {
                return message;
            }
        }
    }
}

fn note(message: &Value, seen: &mut Seen) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let told = &message["params"];
    match message["method"].as_str().unwrap_or_default() {
        "Runtime.consoleAPICalled" => {
            let words: Vec<String> =
                told["args"].as_array().into_iter().flatten().map(|word| text(&word["value"])).collect();
            seen.console.push(format!("{}: {}", text(&told["type"]), words.join(" ")));
        }
        "Runtime.exceptionThrown" => seen
            .console
            .push(format!("error: {}", text(&told["exceptionDetails"]["exception"]["description"]))),
        "Log.entryAdded" => {
            seen.console.push(format!("{}: {}", text(&told["entry"]["level"]), text(&told["entry"]["text"])));
        }
        "Network.requestWillBeSent" => {
            let address = text(&told["request"]["url"]);
            if !["file:", "data:", "about:"].iter().any(|own| address.starts_with(own)) {
                seen.requests.push(address);
            }
        }
        "Network.webSocketCreated" => seen.requests.push(text(&told["url"])),
        "Network.loadingFailed" if told["canceled"] != true => seen.failed.push(text(&told["errorText"])),
        _ => {}
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its helpers end with it; nothing of its profile is to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Width and height of a PNG, from its header.
pub fn size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(png.get(..8), Some(&b"\x89PNG\r\n\x1a\n"[..]), "it is no PNG");
    (number(16), number(20))
}

fn opened(browser: &mut Browser, body: &str, view: View) -> Seen {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("page.html");
    let style = "body{background:#fff}@media (prefers-color-scheme:dark){body{background:#000}}@media \
        print{body{background:#888}}";
    std::fs::write(&file, format!("<!doctype html><meta charset=utf-8><style>{style}</style><body>{body}"))
        .expect("the page can be written");
    browser.open(&file, view)
}

#[test]
fn a_page_that_does_nothing_is_quiet() {
    let Some(mut browser) = browser("a_page_that_does_nothing_is_quiet") else { return };
    let seen =
        opened(&mut browser, "<h1>hello</h1><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", DESKTOP);
    seen.quiet("the page");
    assert_eq!(size(&seen.png), (1280, 900));
    assert_eq!(size(&opened(&mut browser, "<h1>hello</h1>", PHONE).png), (390, 844));
}

#[test]
fn what_a_page_says_and_wants_is_noticed() {
    let Some(mut browser) = browser("what_a_page_says_and_wants_is_noticed") else { return };
    let mut see = |body: &str| opened(&mut browser, body, DESKTOP);
    assert_eq!(see("<script>console.error('oh', 3)</script>").console, ["error: oh 3"]);
    assert!(see("<script>nosuch()</script>").console[0].starts_with("error: ReferenceError: nosuch"));
    assert!(
        see("<script>setTimeout(() => Promise.reject(new Error('late')), 100)</script>").console[0]
            .contains("late")
    );
    let seen = see("<img src='http://127.0.0.1:9/x.png'>");
    assert_eq!(seen.requests, ["http://127.0.0.1:9/x.png"]);
    assert!(!seen.failed.is_empty() && !seen.console.is_empty(), "{seen:?}");
    assert_eq!(
        see("<style>body{background:url(https://fonts.example/a)}</style>").requests,
        ["https://fonts.example/a"]
    );
    assert_eq!(
        see("<script>setTimeout(() => fetch('http://127.0.0.1:9/y'), 100)</script>").requests,
        ["http://127.0.0.1:9/y"]
    );
    assert_eq!(see("<link rel=stylesheet href=missing.css>").failed, ["net::ERR_FILE_NOT_FOUND"]);
}

#[test]
fn colours_and_print_are_as_asked() {
    let Some(mut browser) = browser("colours_and_print_are_as_asked") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("page.html");
    std::fs::write(&file, "<!doctype html><title>x</title>").expect("the page can be written");
    let script = "[matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('print').matches, \
        innerWidth].join()";
    for (view, answer) in [
        (DESKTOP, "false,false,1280"),
        (View { dark: true, ..DESKTOP }, "true,false,1280"),
        (View { print: true, ..DESKTOP }, "false,true,1280"),
        (View { width: 800, dark: true, ..DESKTOP }, "true,false,800"),
    ] {
        assert_eq!(browser.run(&format!("file://{}", file.display()), view, script).answer, answer);
    }
    let pictures = [DESKTOP, View { dark: true, ..DESKTOP }, View { print: true, ..DESKTOP }]
        .map(|view| opened(&mut browser, "", view).png);
    assert!(pictures[0] != pictures[1] && pictures[1] != pictures[2], "the pictures are the same");
}
