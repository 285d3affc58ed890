//! The one place where the program speaks aloud.
//!
//! Results go to the standard output, everything about how it goes (warnings, reasons, questions) to the standard
//! error, so that a result can be piped on. A reader that has gone away, as `head` does, is no failure.

use std::io::{self, Write};

/// Says a line of the result.
pub(crate) fn result(line: &str) {
    write_line(&mut io::stdout().lock(), line);
}

/// Says something about how it goes, to the person in front of the screen.
pub(crate) fn aside(line: &str) {
    write_line(&mut io::stderr().lock(), line);
}

/// Asks a question and reads one line; empty if nobody is there to answer.
pub(crate) fn ask(question: &str) -> String {
    let mut error = io::stderr().lock();
    _ = write!(error, "{question} ");
    _ = error.flush();
    let mut line = String::new();
    _ = io::stdin().read_line(&mut line);
    line.trim().to_owned()
}

fn write_line(out: &mut dyn Write, line: &str) {
    _ = writeln!(out, "{line}");
    _ = out.flush();
}

/// The part of a text that is safe to show on a terminal: a name that came from elsewhere may not move the cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
