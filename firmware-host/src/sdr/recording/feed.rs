//! The bytes of a recording: a file that can be jumped in, or a stream that comes as it comes (stdin, a named pipe).

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;

/// Read ahead to see what it is.
const HEAD_BYTES: usize = 16 * 1_024;
/// A stream that gives nothing for so long is asked again later.
const WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A file or a stream being read.
pub struct Feed {
    file: File,
    /// What was read ahead, and how much of it was taken since.
    head: Vec<u8>,
    taken: usize,
    /// Length of the file; `None` of a stream.
    bytes: Option<u64>,
}

/// What a read came to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// So many bytes, at least one; nothing when there was no room.
    Bytes(usize),
    /// A stream gave nothing within 100 ms.
    Nothing,
    /// There are no more.
    End,
}

impl Feed {
    /// Opens `path`, `-` for stdin, and reads its first bytes; waits for those of a stream.
    pub fn open(path: &str) -> io::Result<Feed> {
        let mut file = match path {
            "-" => File::from(io::stdin().as_fd().try_clone_to_owned()?),
            path => File::open(path)?,
        };
        let facts = file.metadata()?;
        if facts.is_dir() {
            return Err(io::Error::new(ErrorKind::IsADirectory, "a folder, not a recording"));
        }
        let bytes = facts.is_file().then_some(facts.len());
        let mut head = Vec::new();
        file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(Feed { file, head, taken: 0, bytes })
    }

    /// The first bytes, at most 16 KiB.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Length of the file; `None` of a stream.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The file itself, to look around in. [`Feed::jump`] must follow.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Goes to byte `at`. A stream only forward, within what was read ahead.
    pub fn jump(&mut self, at: u64) -> io::Result<()> {
        if self.bytes.is_some() {
            self.taken = self.head.len();
            return self.file.seek(SeekFrom::Start(at)).map(|_| ());
        }
        if at < self.taken as u64 || at > self.head.len() as u64 {
            return Err(io::Error::new(ErrorKind::NotSeekable, "a stream cannot be jumped in"));
        }
        self.taken = at as usize;
        Ok(())
    }

    /// Leaves out `count` bytes of a file.
    pub fn skip(&mut self, count: u64) -> io::Result<()> {
        let count = i64::try_from(count).map_err(|_| io::Error::from(ErrorKind::InvalidInput))?;
        self.file.seek(SeekFrom::Current(count)).map(|_| ())
    }

    /// Reads what is there, into the front of `buffer`.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        if buffer.is_empty() {
            return Ok(Got::Bytes(0));
        }
        let ahead = &self.head[self.taken..];
        if !ahead.is_empty() {
            let count = ahead.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ahead[..count]);
            self.taken += count;
            return Ok(Got::Bytes(count));
        }
        if self.bytes.is_none() && !self.is_ready()? {
            return Ok(Got::Nothing);
        }
        match self.file.read(buffer) {
            Ok(0) => Ok(Got::End),
            Ok(count) => Ok(Got::Bytes(count)),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                Ok(Got::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    fn is_ready(&self) -> io::Result<bool> {
        let mut asked = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut asked, Some(&WAIT)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_is_jumped_in_and_a_stream_is_taken_as_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, [1, 2, 3, 4]).unwrap();
        let mut feed = Feed::open(path.to_str().unwrap()).unwrap();
        assert_eq!((feed.head(), feed.bytes()), (&[1, 2, 3, 4][..], Some(4)));
        feed.jump(1).unwrap();
        let mut buffer = [0; 2];
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer), (Got::Bytes(2), [2, 3]));
        feed.skip(1).unwrap();
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::End);
        assert!(Feed::open(folder.path().to_str().unwrap()).is_err());

        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&[7; HEAD_BYTES]).unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let mut feed = Feed::open(&path).unwrap();
        assert_eq!(feed.bytes(), None);
        feed.jump(HEAD_BYTES as u64 - 1).unwrap();
        assert!(feed.jump(0).is_err(), "what is gone is gone");
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer[0]), (Got::Bytes(1), 7));
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::Nothing, "it waits no longer than 100 ms");
        writer.write_all(&[8, 9]).unwrap();
        assert_eq!((feed.read(&mut buffer).unwrap(), buffer), (Got::Bytes(2), [8, 9]));
        drop(writer);
        assert_eq!(feed.read(&mut buffer).unwrap(), Got::End);
    }
}
