//! Prints messages about a treatment to stderr, and shows a spinner for longer work.

use std::cell::RefCell;
use std::fmt::Display;

use crate::options::Options;
use crate::render::output;
use crate::render::progress::Spinner;
use crate::treat::Reporter;

/// Reports a treatment on the terminal.
pub struct TerminalReporter {
    remarks: bool,
    progress: bool,
    /// Spinners of nested work, the innermost last; only the outermost is shown.
    spinners: RefCell<Vec<Option<Spinner>>>,
    /// Remarks that belong after the result.
    later: RefCell<Vec<String>>,
}

impl TerminalReporter {
    /// Returns a reporter that prints what the options allow.
    pub fn new(options: &Options) -> Self {
        Self {
            remarks: options.remarks,
            progress: options.progress,
            spinners: RefCell::default(),
            later: RefCell::default(),
        }
    }

    /// Prints the remarks that belong after the result, once it is printed.
    pub fn finish(&self) {
        self.later.take().iter().for_each(|message| self.remark(message));
    }
}

impl Reporter for TerminalReporter {
    fn tell(&self, message: &dyn Display) {
        output::tell(message);
    }

    fn remark(&self, message: &dyn Display) {
        if self.remarks {
            output::tell(message);
        }
    }

    fn remark_after(&self, message: &dyn Display) {
        self.later.borrow_mut().push(message.to_string());
    }

    fn begin(&self, work: &str) {
        let mut spinners = self.spinners.borrow_mut();
        let is_shown = self.progress && spinners.is_empty();
        spinners.push(is_shown.then(|| Spinner::new(work)));
    }

    fn end(&self) {
        self.spinners.borrow_mut().pop();
    }
}
