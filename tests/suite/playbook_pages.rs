//! The book as pages in a browser: built by mdBook, silent, asking for nothing, legible on a telephone,
//! searchable.
//!
//! `SYSDOCK_MDBOOK` is the mdBook program; without it, what scripts/test put into its cache, else the one of
//! the PATH. `SYSDOCK_REQUIRE_BROWSER=1` makes a missing one a failure. `SYSDOCK_SCREENSHOTS` is a folder
//! that pictures are kept in.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::browser::{DESKTOP, PHONE, Seen, View, browser, size};
use super::program::{announce, project};

fn mdbook() -> Option<PathBuf> {
    let given = std::env::var_os("SYSDOCK_MDBOOK").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("mdbook"));
    given
        .into_iter()
        .chain([cache.join("sysdock-tools/bin/mdbook")])
        .chain(found)
        .find(|program| program.is_file())
}

/// The built book; says that the test does not run where there is no mdBook.
fn built(test: &str) -> Option<tempfile::TempDir> {
    let Some(program) = mdbook() else {
        announce(&format!("book: {test} not run, mdbook is missing (`scripts/test` installs it)"));
        assert!(
            !std::env::var("SYSDOCK_REQUIRE_BROWSER").is_ok_and(|value| value == "1"),
            "{test} needs mdbook"
        );
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output =
        Command::new(program).arg("build").arg("-d").arg(folder.path()).arg(project("docs/book")).output();
    let output = output.expect("mdbook can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    Some(folder)
}

fn keep(seen: &Seen, name: &str) {
    if let Some(folder) = std::env::var_os("SYSDOCK_SCREENSHOTS") {
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), &seen.png)
            .expect("a picture can be kept");
    }
}

#[test]
fn pages_are_quiet_and_fit_in_every_view() {
    let test = "pages_are_quiet_and_fit_in_every_view";
    let (Some(book), Some(mut browser)) = (built(test), browser(test)) else { return };
    let dark = |view: View| View { dark: true, ..view };
    let views = [
        ("desktop", DESKTOP),
        ("desktop-dark", dark(DESKTOP)),
        ("phone", PHONE),
        ("phone-dark", dark(PHONE)),
        ("print", View { print: true, ..DESKTOP }),
    ];
    for page in ["index", "ids/cgroup-read-only", "messages", "compatibility", "permissions"] {
        let mut pictures = Vec::new();
        for (name, view) in views {
            let address = format!("file://{}/{page}.html", book.path().display());
            let script = "document.documentElement.scrollWidth <= innerWidth && document.querySelector('main \
                h1').innerText.length > 3";
            let seen = browser.run(&address, view, script);
            keep(&seen, &format!("{}-{name}", page.replace('/', "-")));
            seen.quiet(&format!("{page} {name}"));
            assert_eq!(seen.answer, true, "{page} {name}: it is wider than the window, or has no heading");
            assert_eq!(size(&seen.png), (view.width, view.height));
            pictures.push(seen.png);
        }
        assert!(pictures[0] != pictures[1] && pictures[2] != pictures[3], "{page}: dark is as light");
    }
}

/// A reader on a machine without a server opens the file and searches; the index is a script of its own, not
/// fetched.
#[test]
fn a_message_is_found_from_a_file() {
    let test = "a_message_is_found_from_a_file";
    let (Some(book), Some(mut browser)) = (built(test), browser(test)) else { return };
    let address = format!("file://{}/index.html?search=statx%20not%20permitted", book.path().display());
    let script = "new Promise(done => { let left = 60; const look = () => { \
                  const found = [...document.querySelectorAll('#mdbook-searchresults a, #searchresults \
        a')].map(link => link.href); \
                  if (found.length || !left--) done(found.join(' ')); else setTimeout(look, 100) }; look() \
        })";
    let seen = browser.run(&address, DESKTOP, script);
    keep(&seen, "search");
    seen.quiet("the search");
    assert!(
        seen.answer.as_str().is_some_and(|found| found.contains("seccomp-blocks-new-syscalls.html")),
        "{:?}",
        seen.answer
    );
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    let Some(book) = built("every_link_of_the_book_leads_somewhere") else { return };
    let mut pages = vec![book.path().to_owned(), book.path().join("ids")];
    let mut checked = 0;
    while let Some(folder) = pages.pop() {
        for entry in std::fs::read_dir(&folder).expect("the book can be read").filter_map(Result::ok) {
            if entry.path().extension().is_some_and(|ext| ext == "html")
                && !["toc.html", "404.html"].contains(&&*entry.file_name().to_string_lossy())
            {
                checked += links(&entry.path());
            }
        }
    }
    assert!(checked > 300, "only {checked} links");
}

/// Checks the links within the book of one page; gives how many there are.
fn links(page: &Path) -> usize {
    let text = std::fs::read_to_string(page).expect("a page can be read");
    let mut count = 0;
    let main = text.split("<main>").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap_or_default();
    for link in main.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        if link.starts_with("http") {
            continue;
        }
        let (file, part) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() {
            page.to_owned()
        } else {
            page.parent().expect("a page lies in a folder").join(file)
        };
        let there = std::fs::read_to_string(&target)
            .unwrap_or_else(|error| panic!("{}: {link}: {error}", page.display()));
        assert!(
            part.is_empty() || there.contains(&format!("id=\"{part}\"")),
            "{}: {link} leads to no part",
            page.display()
        );
        count += 1;
    }
    count
}
