//! The log's output: one descriptor, and how to write to it without waiting.
//!
//! A descriptor that is shared with other programs (stderr, as a rule) keeps its flags: making it
//! non-blocking would make it so for the shell that started us, too. Errors are handled by
//! [`super::log_writer`].

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;

/// A descriptor that lines are written to.
pub(super) struct LogOutput {
    fd: OwnedFd,
    mode: WriteMode,
}

/// The way to write to an output without blocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WriteMode {
    /// A pipe or terminal, opened by us and non-blocking.
    NonBlocking,
    /// A socket: each send asks not to wait.
    Socket,
    /// Shared with others and blocking, so asked before each write of `PIPE_BUF` bytes at most. The
    /// room it grants may be gone by then if another program writes there too: the last resort.
    PollFirst,
    /// A file or a device like `/dev/null`, which takes bytes or fails.
    File,
}

impl LogOutput {
    /// Appends to the file or FIFO at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::APPEND | OFlags::CREATE;
        Ok(Self::own(open_non_blocking(path, flags)?)?)
    }

    /// Writes to a descriptor that other programs use, too, and whose flags we must not change.
    pub(super) fn share(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mode = match file_type(fd)? {
            FileType::Fifo | FileType::CharacterDevice => {
                let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
                match open_non_blocking(Path::new(&path), OFlags::empty()).and_then(Self::own) {
                    Ok(output) => return Ok(output),
                    Err(_) => WriteMode::PollFirst,
                }
            }
            FileType::Socket => WriteMode::Socket,
            _ => WriteMode::File,
        };
        Ok(Self { fd: fd.try_clone_to_owned()?, mode })
    }

    /// Takes over an open file description that is ours alone, opened as non-blocking.
    fn own(fd: OwnedFd) -> Result<Self, Errno> {
        let mode = match file_type(fd.as_fd())? {
            FileType::Fifo => WriteMode::NonBlocking,
            FileType::CharacterDevice if fd.is_terminal() => WriteMode::NonBlocking,
            _ => WriteMode::File,
        };
        Ok(Self { fd, mode })
    }

    /// Writes some or all of the bytes, or fails with `AGAIN` when there is no room.
    pub(super) fn write(&self, lines: &[u8]) -> Result<usize, Errno> {
        rustix::io::retry_on_intr(|| match self.mode {
            WriteMode::Socket => {
                rustix::net::send(&self.fd, lines, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            }
            WriteMode::PollFirst if !self.is_writable_within(Duration::ZERO)? => Err(Errno::AGAIN),
            WriteMode::PollFirst | WriteMode::NonBlocking | WriteMode::File => {
                rustix::io::write(&self.fd, lines)
            }
        })
    }

    /// Waits until there is room, or the reader has gone, or `patience` is over.
    pub(super) fn is_writable_within(&self, patience: Duration) -> Result<bool, Errno> {
        let timeout = Timespec::try_from(patience).map_err(|_| Errno::INVAL)?;
        let mut fds = [PollFd::new(&self.fd, PollFlags::OUT)];
        Ok(rustix::event::poll(&mut fds, Some(&timeout))? > 0)
    }

    /// Whether it is a file or the like: never without room, but perhaps failing.
    pub(super) fn is_file(&self) -> bool {
        self.mode == WriteMode::File
    }

    /// Whether a person looks at it.
    pub(super) fn is_terminal(&self) -> bool {
        self.fd.is_terminal()
    }

    /// The descriptor to watch for room; a file cannot be watched.
    pub(super) fn pollable_fd(&self) -> Option<RawFd> {
        (!self.is_file()).then(|| self.fd.as_raw_fd())
    }
}

/// Without `NONBLOCK`, opening a FIFO would wait for its reader.
fn open_non_blocking(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::from_raw_mode(0o640)))
}

fn file_type(fd: BorrowedFd<'_>) -> Result<FileType, Errno> {
    Ok(FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode))
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter, Read, pipe};
    use std::os::unix::net::UnixStream;

    use super::*;

    /// Writes until there is no room; that this ends is the point.
    fn fill(output: &LogOutput) -> usize {
        let mut written = 0;
        loop {
            match output.write(&[b'x'; 4_096]) {
                Ok(bytes) => written += bytes,
                Err(errno) => {
                    assert_eq!(errno, Errno::AGAIN);
                    return written;
                }
            }
        }
    }

    fn shared_pipe() -> (PipeReader, PipeWriter, LogOutput) {
        let (reader, writer) = pipe().unwrap();
        let output = LogOutput::share(writer.as_fd()).unwrap();
        (reader, writer, output)
    }

    #[test]
    fn a_shared_pipe_is_opened_anew_and_keeps_its_flags() {
        let (mut reader, writer, output) = shared_pipe();
        assert_eq!(output.mode, WriteMode::NonBlocking);
        let written = fill(&output);
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK));

        drop((output, writer));
        let mut read = Vec::new();
        assert_eq!(reader.read_to_end(&mut read).unwrap(), written);
    }

    #[test]
    fn a_pipe_that_cannot_be_opened_anew_is_asked_first() {
        let (mut reader, writer) = pipe().unwrap();
        let output = LogOutput { fd: writer.into(), mode: WriteMode::PollFirst };
        assert!(fill(&output) > 0);
        assert_eq!(output.is_writable_within(Duration::ZERO), Ok(false));
        reader.read_exact(&mut [0; 4_096]).unwrap();
        assert_eq!(output.is_writable_within(Duration::from_secs(9)), Ok(true));
        assert_eq!(fill(&output), 4_096);
    }

    #[test]
    fn a_socket_never_waits() {
        let (reader, writer) = UnixStream::pair().unwrap();
        let output = LogOutput::share(writer.as_fd()).unwrap();
        assert_eq!(output.mode, WriteMode::Socket);
        assert!(fill(&output) > 0);
        assert!(output.pollable_fd().is_some());
        drop(reader);
        assert_eq!(output.write(b"x"), Err(Errno::PIPE));
    }

    #[test]
    fn a_shared_file_is_written_where_the_others_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stderr");
        let mut shell = std::fs::File::create(&path).unwrap();
        let output = LogOutput::share(shell.as_fd()).unwrap();
        assert!(output.is_file() && output.pollable_fd().is_none());
        for line in ["first\n", "second\n"] {
            io::Write::write_all(&mut shell, line.as_bytes()).unwrap();
            output.write(line.as_bytes()).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap();
        assert_eq!(found, "first\nfirst\nsecond\nsecond\n");
    }

    #[test]
    fn a_fifo_without_reader_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, mode, 0).unwrap();
        let error = LogOutput::open(&path).err().unwrap();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::NXIO));

        let reader = OFlags::RDONLY | OFlags::NONBLOCK;
        let _reader = rustix::fs::open(&path, reader, Mode::empty()).unwrap();
        assert_eq!(LogOutput::open(&path).unwrap().mode, WriteMode::NonBlocking);
    }
}
