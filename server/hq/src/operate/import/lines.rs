//! The lines of a file, one at a time, with a limit on each.

use std::io::{self, BufRead};

/// The longest line. The largest record fits many times over.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// A line that isn't empty.
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// Its text, or why it is none.
    pub(super) text: Result<String, &'static str>,
    /// How many bytes of the file it took, with those of empty lines before it.
    pub(super) bytes: u64,
}

/// Reads lines. An error of the file ends them.
pub(super) struct Lines<R> {
    source: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, number: 0 }
    }

    /// Reads to the end of a line, keeping as much as a line may have; false at the end of the file.
    fn read(&mut self, line: &mut Vec<u8>, bytes: &mut u64) -> io::Result<bool> {
        let mut any = false;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
            line.extend_from_slice(&chunk[..end.unwrap_or(taken).min(room)]);
            self.source.consume(taken);
            *bytes += taken as u64;
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        let mut bytes = 0;
        loop {
            let mut line = Vec::new();
            match self.read(&mut line, &mut bytes) {
                Ok(true) => self.number += 1,
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
            // Files from some systems begin with a byte order mark.
            let text = if self.number == 1 {
                line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line)
            } else {
                &line
            };
            if !text.iter().all(u8::is_ascii_whitespace) {
                return Some(Ok(Line { number: self.number, text: text_of(text), bytes }));
            }
        }
    }
}

fn text_of(line: &[u8]) -> Result<String, &'static str> {
    if line.len() > LINE_BYTES_MAX {
        return Err("longer than 1 MiB");
    }
    str::from_utf8(line).map(str::to_owned).map_err(|_| "not UTF-8")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn read(bytes: &[u8]) -> Vec<(u64, Result<String, &'static str>)> {
        // A small buffer, so that lines span several.
        let lines = Lines::new(BufReader::with_capacity(7, bytes));
        lines.map(|line| line.unwrap()).map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn lines_keep_their_numbers_although_some_are_empty() {
        let lines = read(b"\xef\xbb\xbf{}\r\n\n  \nthe last line has no end");
        assert_eq!(
            lines,
            [(1, Ok("{}\r".to_owned())), (4, Ok("the last line has no end".to_owned()))]
        );
    }

    #[test]
    fn a_line_that_is_no_text_or_too_long_does_not_stop_the_others() {
        let long = vec![b'x'; LINE_BYTES_MAX + 5];
        let lines = read(&[b"a\n\xff\xfe\n", long.as_slice(), b"\nb\n"].concat());
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1], (2, Err("not UTF-8")));
        assert_eq!(lines[2], (3, Err("longer than 1 MiB")));
        assert_eq!(lines[3], (4, Ok("b".to_owned())));
    }
}
