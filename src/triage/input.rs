//! One input of a triage: a file, an archive or stdin in, the reports on its content out.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::counted_reader::CountedReader;
use super::input_list::Input;
use super::plain_file::PlainFile;
use super::unreadable::Unreadable;
use crate::diagnose::{Report, diagnose_with};
use crate::facts::pipeline::complete;
use crate::intake::unpack::{Failing, Limits, Walk};
use crate::intake::{self, FoundText, Supplied, TextSource};
use crate::rule::RuleSet;
use crate::scan::{Matcher, RandomAccess};
use crate::snapshot::saved_file;

/// Bytes that show whether an input is a snapshot.
const HEAD: u64 = 256;

/// What reading one input needs.
pub struct Triage<'t> {
    /// The rules.
    pub rules: &'t RuleSet,
    /// Their signatures, prepared.
    pub matcher: &'t Matcher<'t>,
    /// What was supplied beside the texts.
    pub beside: Supplied,
    /// Bytes read so far.
    pub read: Arc<AtomicU64>,
}

/// The result of one input.
#[derive(Default)]
pub struct Outcome {
    /// Reports, in the order of the text.
    pub reports: Vec<Report>,
    /// What could not be read.
    pub failures: Vec<Unreadable>,
    /// What was left out, in words.
    pub remarks: Vec<String>,
}

impl Triage<'_> {
    /// Reads one input: a file, an archive or stdin.
    pub(super) fn input(&self, input: &Input) -> Outcome {
        if input.path.as_os_str() == "-" {
            return self.walk(
                "stdin",
                &mut CountedReader { from: io::stdin().lock(), read: &self.read },
                None,
                true,
            );
        }
        let name = input.path.display().to_string();
        match File::open(&input.path) {
            Ok(file) => {
                let parts = PlainFile::parts(&file, &self.read);
                self.walk(
                    &name,
                    &mut CountedReader { from: file, read: &self.read },
                    parts.as_ref(),
                    input.named,
                )
            }
            Err(source) => Outcome { failures: vec![Unreadable { name, source }], ..Outcome::default() },
        }
    }

    fn walk(
        &self,
        name: &str,
        from: &mut dyn Read,
        parts: Option<&Arc<dyn RandomAccess>>,
        named: bool,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut each = |name: &str, from: FoundText<'_>| {
            outcome.reports.extend(self.found(name, from)?);
            Ok(())
        };
        let mut walk = Walk::new(Limits::default(), &mut each).in_parts(parts);
        let done = walk.input(name, from, named);
        let left_out = std::mem::take(&mut walk.left_out);
        outcome.reports.extend(
            left_out.iter().filter(|part| !part.is_link).map(|part| self.unseen(&part.name, &part.reason)),
        );
        outcome.remarks.extend(left_out.iter().map(|part| format!("skipped {part}")));
        match done {
            Err(source) => outcome.failures.push(Unreadable { name: name.to_owned(), source }),
            Ok(()) if outcome.reports.is_empty() => {
                outcome.reports.push(self.unseen(name, "it contains no files"));
            }
            Ok(()) => {}
        }
        outcome
    }

    /// Reports on a text that could not be read.
    #[must_use]
    pub fn unseen(&self, name: &str, reason: &str) -> Report {
        diagnose_with(&intake::unseen(name, reason), self.rules, self.matcher)
    }

    /// Judges a text, or only what was supplied beside it if it is empty.
    pub fn text(&self, name: &str, from: impl TextSource) -> Outcome {
        match self.judged(name, from) {
            Ok(reports) => Outcome { reports, ..Outcome::default() },
            Err(source) => {
                Outcome { failures: vec![Unreadable { name: name.to_owned(), source }], ..Outcome::default() }
            }
        }
    }

    /// Judges what was found in an input: a snapshot of a container, or a text.
    fn found(&self, name: &str, from: FoundText<'_>) -> io::Result<Vec<Report>> {
        let FoundText { from, parts, is_binary } = from;
        let mut begin = Vec::new();
        let mut failed = from.take(HEAD).read_to_end(&mut begin).err();
        if failed.is_none() && saved_file::begins_one(&begin) {
            failed = from.take(saved_file::READ_LIMIT).read_to_end(&mut begin).err();
            if let Some(mut snapshot) = saved_file::of_text(&begin, Path::new(name)).map(complete) {
                name.clone_into(&mut snapshot.target.name);
                return Ok(vec![diagnose_with(&snapshot, self.rules, self.matcher)]);
            }
        }
        let mut whole = io::Cursor::new(begin).chain(Failing(failed)).chain(from);
        self.judged(name, FoundText { from: &mut whole, parts, is_binary })
    }

    fn judged(&self, name: &str, from: impl TextSource) -> io::Result<Vec<Report>> {
        let snapshots = intake::snapshots(name, from, &self.beside, self.matcher)?;
        Ok(snapshots.iter().map(|snapshot| diagnose_with(snapshot, self.rules, self.matcher)).collect())
    }
}
