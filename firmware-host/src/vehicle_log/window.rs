//! A file through a window of some size: what is looked at lies in memory, the rest does not.

use std::fs::File;
use std::io::{self, Read};

/// Records are looked at whole, and the longest is one of ULog.
pub const PEEK_BYTES_MAX: usize = 1 << 17;
const BUFFER_BYTES: usize = 1 << 20;

/// The window; it goes forward only.
pub struct Window<R = File> {
    file: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where it stands in the file, bytes.
    pub offset: u64,
}

impl<R: Read> Window<R> {
    /// At the file's begin.
    pub fn new(file: R) -> Window<R> {
        Window { file, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, offset: 0 }
    }

    /// The next `bytes` (at most [`PEEK_BYTES_MAX`]); fewer only where the file ends.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn peek(&mut self, bytes: usize) -> io::Result<&[u8]> {
        let bytes = bytes.min(PEEK_BYTES_MAX);
        if self.end - self.start < bytes && self.start + bytes > BUFFER_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        while self.end - self.start < bytes {
            match self.file.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + bytes)])
    }

    /// Goes on by `bytes` of those that were looked at.
    pub fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.offset += bytes as u64;
    }
}
