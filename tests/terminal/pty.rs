//! A pseudo-terminal: the side where a terminal emulator sits.
//!
//! Invariants: nothing here blocks but [`Pty::wait`], and that for no longer than it is told to;
//! no program that a test starts inherits this side.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

/// The side of the terminal emulator.
#[derive(Debug)]
pub(crate) struct Pty {
    master: OwnedFd,
}

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// No program has the terminal open any more, and all that they wrote was read.
    End,
}

impl Pty {
    /// A terminal of this size, and the side of the programs.
    pub(crate) fn open(columns: u16, rows: u16) -> (Self, File) {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        rustix::io::ioctl_fionbio(&master, true).unwrap();
        let programs = ioctl_tiocgptpeer(&master, flags).unwrap();
        let pty = Self { master };
        pty.resize(columns, rows);
        (pty, programs.into())
    }

    /// Is closed as a window is: the kernel tells the programs with SIGHUP.
    pub(crate) fn hang_up(&mut self) {
        self.master = File::open("/dev/null").unwrap().into();
    }

    /// Has another size from now on; the kernel tells the programs with SIGWINCH.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).unwrap();
    }

    /// What the kernel does with what is typed and written, field by field.
    pub(crate) fn settings(&self) -> [(&'static str, String); 5] {
        let settings = tcgetattr(&self.master).unwrap();
        [
            ("input modes", format!("{:?}", settings.input_modes)),
            ("output modes", format!("{:?}", settings.output_modes)),
            ("control modes", format!("{:?}", settings.control_modes)),
            ("local modes", format!("{:?}", settings.local_modes)),
            ("special codes", format!("{:?}", settings.special_codes)),
        ]
    }

    /// Reads what programs have written.
    pub(crate) fn read(&self, room: &mut [u8]) -> Came {
        match rustix::io::retry_on_intr(|| rustix::io::read(&self.master, &mut *room)) {
            Ok(0) | Err(Errno::IO) => Came::End,
            Ok(count) => Came::Bytes(count),
            Err(Errno::AGAIN) => Came::Nothing,
            Err(error) => panic!("{error}"),
        }
    }

    /// Types as much of this as the kernel takes at this moment; how many bytes it took.
    pub(crate) fn write(&self, bytes: &[u8]) -> usize {
        match rustix::io::retry_on_intr(|| rustix::io::write(&self.master, bytes)) {
            Ok(count) => count,
            Err(Errno::AGAIN) => 0,
            // Nobody is there to read it. Whoever waits for an answer is told.
            Err(Errno::IO) => bytes.len(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until there is something to read or, if that is asked, room to write.
    pub(crate) fn wait(&self, for_room: bool, patience: Duration) {
        let room = if for_room { PollFlags::OUT } else { PollFlags::empty() };
        let mut fds = [PollFd::new(&self.master, PollFlags::IN | room)];
        let timeout = Timespec::try_from(patience).unwrap();
        rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&timeout))).unwrap();
    }
}
