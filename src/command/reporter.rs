//! A treatment's reporter on the terminal: messages on stderr, and a spinner for what takes longer.

use std::cell::RefCell;
use std::fmt::Display;

use crate::options::Options;
use crate::render::output;
use crate::render::progress::Spinner;
use crate::treat::Reporter;

/// See the module.
pub struct TerminalReporter {
    remarks: bool,
    progress: bool,
    /// Of work within work, the inner one last; only the outermost is shown.
    spinners: RefCell<Vec<Option<Spinner>>>,
}

impl TerminalReporter {
    /// Returns one that says what the options want to hear.
    pub fn new(options: &Options) -> Self {
        Self { remarks: options.remarks, progress: options.progress, spinners: RefCell::default() }
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

    fn begin(&self, work: &str) {
        let mut spinners = self.spinners.borrow_mut();
        let is_shown = self.progress && spinners.is_empty();
        spinners.push(is_shown.then(|| Spinner::new(work)));
    }

    fn end(&self) {
        self.spinners.borrow_mut().pop();
    }
}
