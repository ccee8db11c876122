//! Where the log goes: one descriptor, and how to write to it without waiting.
//!
//! A descriptor we share with other programs (stderr, as a rule) keeps its flags: making it
//! non-blocking would make it so for the shell that started us, too. What to do about an error is
//! left to [`super::log_writer`].

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;

/// A descriptor that lines are written to.
pub(super) struct Outlet {
    fd: OwnedFd,
    way: Way,
}

/// How an outlet is kept from blocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A pipe or terminal, opened by us and non-blocking.
    Own,
    /// A socket, told with each send not to wait.
    Socket,
    /// Shared with others and blocking, so asked before each write of `PIPE_BUF` bytes at most. The
    /// room it grants may be gone by then if another program writes there too: the last resort.
    Asked,
    /// A file or a device like `/dev/null`, which takes bytes or fails.
    File,
}

impl Outlet {
    /// Appends to what stands at `path`, a file or perhaps a FIFO.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::APPEND | OFlags::CREATE;
        Ok(Self::own(open_non_blocking(path, flags)?)?)
    }

    /// Writes to a descriptor that belongs to others too, whose flags are not ours to change.
    pub(super) fn share(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let way = match file_type(fd)? {
            FileType::Fifo | FileType::CharacterDevice => {
                let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
                match open_non_blocking(Path::new(&path), OFlags::empty()).and_then(Self::own) {
                    Ok(outlet) => return Ok(outlet),
                    Err(_) => Way::Asked,
                }
            }
            FileType::Socket => Way::Socket,
            _ => Way::File,
        };
        Ok(Self { fd: fd.try_clone_to_owned()?, way })
    }

    /// Takes over a description that nobody else uses, opened as non-blocking.
    fn own(fd: OwnedFd) -> Result<Self, Errno> {
        let way = match file_type(fd.as_fd())? {
            FileType::Fifo => Way::Own,
            FileType::CharacterDevice if fd.is_terminal() => Way::Own,
            _ => Way::File,
        };
        Ok(Self { fd, way })
    }

    /// Writes some or all of the bytes, or fails with `AGAIN` when there is no room.
    pub(super) fn write(&self, lines: &[u8]) -> Result<usize, Errno> {
        rustix::io::retry_on_intr(|| match self.way {
            Way::Socket => {
                rustix::net::send(&self.fd, lines, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            }
            Way::Asked if !self.is_writable_within(Duration::ZERO)? => Err(Errno::AGAIN),
            Way::Asked | Way::Own | Way::File => rustix::io::write(&self.fd, lines),
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
        self.way == Way::File
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
    fn fill(outlet: &Outlet) -> usize {
        let mut written = 0;
        loop {
            match outlet.write(&[b'x'; 4_096]) {
                Ok(bytes) => written += bytes,
                Err(errno) => {
                    assert_eq!(errno, Errno::AGAIN);
                    return written;
                }
            }
        }
    }

    fn shared_pipe() -> (PipeReader, PipeWriter, Outlet) {
        let (reader, writer) = pipe().unwrap();
        let outlet = Outlet::share(writer.as_fd()).unwrap();
        (reader, writer, outlet)
    }

    #[test]
    fn a_shared_pipe_is_opened_anew_and_keeps_its_flags() {
        let (mut reader, writer, outlet) = shared_pipe();
        assert_eq!(outlet.way, Way::Own);
        let written = fill(&outlet);
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK));

        drop((outlet, writer));
        let mut read = Vec::new();
        assert_eq!(reader.read_to_end(&mut read).unwrap(), written);
    }

    #[test]
    fn a_pipe_that_cannot_be_opened_anew_is_asked_first() {
        let (mut reader, writer) = pipe().unwrap();
        let outlet = Outlet { fd: writer.into(), way: Way::Asked };
        assert!(fill(&outlet) > 0);
        assert_eq!(outlet.is_writable_within(Duration::ZERO), Ok(false));
        reader.read_exact(&mut [0; 4_096]).unwrap();
        assert_eq!(outlet.is_writable_within(Duration::from_secs(9)), Ok(true));
        assert_eq!(fill(&outlet), 4_096);
    }

    #[test]
    fn a_socket_never_waits() {
        let (reader, writer) = UnixStream::pair().unwrap();
        let outlet = Outlet::share(writer.as_fd()).unwrap();
        assert_eq!(outlet.way, Way::Socket);
        assert!(fill(&outlet) > 0);
        assert!(outlet.pollable_fd().is_some());
        drop(reader);
        assert_eq!(outlet.write(b"x"), Err(Errno::PIPE));
    }

    #[test]
    fn a_shared_file_is_written_where_the_others_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("stderr");
        let mut shell = std::fs::File::create(&path).unwrap();
        let outlet = Outlet::share(shell.as_fd()).unwrap();
        assert!(outlet.is_file() && outlet.pollable_fd().is_none());
        for line in ["first\n", "second\n"] {
            io::Write::write_all(&mut shell, line.as_bytes()).unwrap();
            outlet.write(line.as_bytes()).unwrap();
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
        let error = Outlet::open(&path).err().unwrap();
        assert_eq!(Errno::from_io_error(&error), Some(Errno::NXIO));

        let reader = OFlags::RDONLY | OFlags::NONBLOCK;
        let _reader = rustix::fs::open(&path, reader, Mode::empty()).unwrap();
        assert_eq!(Outlet::open(&path).unwrap().way, Way::Own);
    }
}
