//! What `/proc` tells of a process.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit};

use super::skip;

/// Descriptors for everything but a crowd, in the test and in the server.
const OTHER_DESCRIPTORS: usize = 200;

/// Lets this process, and the server that it starts, open as many descriptors as a crowd needs.
/// Says that the test is skipped where it may not.
pub(crate) fn may_hold(crowd: usize) -> bool {
    let needed = (crowd + OTHER_DESCRIPTORS) as u64;
    let maximum = getrlimit(Resource::Nofile).maximum;
    let enough = maximum.is_none_or(|maximum| maximum >= needed);
    if enough {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    } else {
        skip(&format!("the limit of open files (ulimit -Hn) is below {needed}"));
    }
    enough
}

/// A field of `/proc/PID/status`, such as `VmRSS`.
pub(crate) fn status_field(pid: Pid, name: &str) -> String {
    let status = read(pid, "status");
    let field = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    field.unwrap_or_else(|| panic!("{name} is not in {status}")).trim().to_owned()
}

/// A field of `/proc/PID/status` that is told in kB, in bytes.
pub(crate) fn status_bytes(pid: Pid, name: &str) -> usize {
    let field = status_field(pid, name);
    let kilobytes = field.strip_suffix(" kB").and_then(|number| number.parse::<usize>().ok());
    kilobytes.unwrap_or_else(|| panic!("{name} is {field:?}")) * 1_024
}

/// Processor time used so far, in ticks of 10 ms.
pub(crate) fn cpu_ticks(pid: Pid) -> u64 {
    let stat = read(pid, "stat");
    // The command's name is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let (user, system) = (11, 12);
    let fields: Vec<&str> = fields.split(' ').collect();
    [user, system].iter().map(|&at| fields[at].parse::<u64>().unwrap()).sum()
}

/// How many descriptors are open.
pub(crate) fn descriptors(pid: Pid) -> usize {
    descriptor_numbers(pid).len()
}

/// The lowest number above which a process may have no descriptor if it is to open only `more`:
/// it may have inherited some with high numbers.
pub(crate) fn descriptor_limit_for(pid: Pid, more: usize) -> u64 {
    let used = descriptor_numbers(pid);
    let free = |limit: u64| limit as usize - used.range(..limit).count();
    (0..).find(|limit| free(*limit) == more).expect("numbers have no end")
}

fn descriptor_numbers(pid: Pid) -> BTreeSet<u64> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    open.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

/// The descriptors that lead to something `of_interest`, such as `socket:[1234]`, and whether each
/// is closed when another program is started.
pub(crate) fn descriptor_flags(pid: Pid, of_interest: impl Fn(&str) -> bool) -> Vec<(u64, bool)> {
    const CLOSE_ON_EXEC: u64 = 0o2_000_000;
    let numbers = descriptor_numbers(pid).into_iter().filter(|number| {
        let leads_to = fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap();
        of_interest(&leads_to.to_string_lossy())
    });
    let closes = |number: &u64| {
        let info = read(pid, &format!("fdinfo/{number}"));
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        u64::from_str_radix(flags, 8).unwrap() & CLOSE_ON_EXEC != 0
    };
    numbers.map(|number| (number, closes(&number))).collect()
}

/// The first child, if there is one.
pub(crate) fn child(pid: Pid) -> Option<Pid> {
    let children = read(pid, &format!("task/{pid}/children"));
    Pid::from_raw(children.split(' ').next()?.parse().ok()?)
}

fn read(pid: Pid, file: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap()
}

/// The most bytes that the system holds for one peer of this IPv4 port: not sent, or sent and not
/// acknowledged.
pub(crate) fn most_unsent_bytes(local: SocketAddr) -> usize {
    let port = format!(":{:04X}", local.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let queues = table.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let ours = fields.next()?.ends_with(&port);
        let queues = fields.nth(2)?;
        ours.then(|| usize::from_str_radix(queues.split_once(':')?.0, 16).ok())?
    });
    queues.max().unwrap_or(0)
}
