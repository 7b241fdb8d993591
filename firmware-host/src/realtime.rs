//! Asks the system for what a flight wants: FIFO priorities, a core of one's own, locked memory, an idle disk class.
//!
//! Everything may be refused; then we fly without, and each function tells what was refused and why. Priorities and
//! cores are those of `ARCHITECTURE.md`. A forked child inherits none of it.

use std::io;
use std::thread::JoinHandle;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpid, getppid, getrlimit, set_parent_process_death_signal,
    setpriority_process, setrlimit,
};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What a thread does; decides what is asked for it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads the driver: FIFO 60, own core.
    SdrRx,
    /// The sense pass: FIFO 55, own core.
    Sense,
    /// The control pass: FIFO 50.
    Control,
    /// Reads the autopilot's line and stamps what it read: FIFO 49. The control pass writes.
    Autopilot,
    /// Writes the flight file: normal, disk class idle.
    Recorder,
    /// Pages, SQL, the operator's socket: normal.
    Ground,
    /// Ground stations' questions and commands: normal.
    Station,
    /// Looks after older flights: normal, disk class idle.
    Keeper,
    /// Writes samples around detections: the least urgent, disk class idle.
    Excerpts,
}

/// Cores from which on two of them may be given away.
const CORES_MIN: usize = 4;
const IOPRIO_WHO_PROCESS: libc::c_int = 1;
const IOPRIO_CLASS_IDLE: libc::c_int = 3;
const IOPRIO_CLASS_SHIFT: libc::c_int = 13;

impl Role {
    /// FIFO priority, if any.
    pub const fn fifo_priority(self) -> Option<i32> {
        match self {
            Role::SdrRx => Some(60),
            Role::Sense => Some(55),
            Role::Control => Some(50),
            Role::Autopilot => Some(49),
            Role::Recorder | Role::Ground | Role::Station | Role::Keeper | Role::Excerpts => None,
        }
    }

    /// Which of the allowed cores, counted from the last, this thread has to itself; `None` = stays off those.
    const fn core_from_last(self) -> Option<usize> {
        match self {
            Role::SdrRx => Some(0),
            Role::Sense => Some(1),
            Role::Control
            | Role::Autopilot
            | Role::Recorder
            | Role::Ground
            | Role::Station
            | Role::Keeper
            | Role::Excerpts => None,
        }
    }

    /// As its thread is called.
    pub const fn name(self) -> &'static str {
        match self {
            Role::SdrRx => "sdr-rx",
            Role::Sense => "sense",
            Role::Control => "control",
            Role::Autopilot => "autopilot-rx",
            Role::Recorder => "recorder",
            Role::Ground => "ground",
            Role::Station => "station",
            Role::Keeper => "keeper",
            Role::Excerpts => "excerpts",
        }
    }
}

/// What a thread does.
pub type Body = Box<dyn FnOnce() + Send>;

/// Starts a thread with its role's name. Nothing is asked for it and its panic is nobody's: the wiring sees to both.
///
/// # Errors
/// The system gives no thread.
pub fn start(role: Role, body: Body) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(role.name().to_string()).spawn(body)
}

/// Asks for the calling thread. Returns what was refused, and why; empty when all was granted.
pub fn ask(role: Role) -> Vec<String> {
    // The main thread is never pinned, so its cores are the process's, whoever started this thread.
    let allowed = cores(Some(getpid()));
    let mut refused = Vec::new();
    let mut note = |what: &str, mend: &str, result: io::Result<()>| {
        if let Err(error) = result {
            refused.push(format!("{}: no {what}: {error}{mend}", role.name()));
        }
    };
    if let Some(priority) = role.fifo_priority() {
        let mend = format!(" (allow it with LimitRTPRIO={priority} in the unit, or ulimit -r)");
        note(&format!("FIFO priority {priority}"), &mend, fifo(priority));
    }
    if let Some(cores) = cores_for(role, &allowed) {
        note("cores of its own", "", pin(&cores));
    } else if role.core_from_last().is_some() {
        let error = io::Error::other(format!("{} allowed, {CORES_MIN} needed", allowed.len()));
        note("core of its own", "", Err(error));
    }
    if matches!(role, Role::Recorder | Role::Keeper | Role::Excerpts) {
        note("idle disk class", "", idle_disk_class());
    }
    if role == Role::Excerpts {
        // Of Linux this is the thread's own.
        note("nice value 10", "", setpriority_process(None, 10).map_err(io::Error::from));
    }
    refused
}

/// The cores a thread may use; `None` = the calling one.
fn cores(thread: Option<Pid>) -> Vec<usize> {
    let Ok(set) = sched_getaffinity(thread) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core)).collect()
}

/// Locks all memory as it comes to be used, so that no pass ever waits for a page. Returns why not, if refused.
pub fn lock_memory() -> Option<String> {
    // With a finite limit MCL_FUTURE would make a later allocation fail, which aborts: all or nothing.
    let unlimited = Rlimit { current: None, maximum: None };
    let is_unlimited =
        getrlimit(Resource::Memlock).current.is_none() || setrlimit(Resource::Memlock, unlimited).is_ok();
    if !is_unlimited {
        return Some(
            "no locked memory: its limit is finite (allow it with LimitMEMLOCK=infinity in the unit)".into(),
        );
    }
    // ONFAULT: whole thread stacks and reserves that are never touched need not become resident.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    mlockall(flags).err().map(|error| format!("no locked memory: {error}"))
}

fn cores_for(role: Role, allowed: &[usize]) -> Option<Vec<usize>> {
    if allowed.len() < CORES_MIN {
        return None;
    }
    let own = |from_last: usize| allowed[allowed.len() - 1 - from_last];
    Some(match role.core_from_last() {
        Some(from_last) => vec![own(from_last)],
        None => allowed[..allowed.len() - 2].to_vec(),
    })
}

fn pin(cores: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|&core| set.set(core));
    Ok(sched_setaffinity(None, &set)?)
}

fn fifo(priority: i32) -> io::Result<()> {
    schedule(libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, priority)
}

fn schedule(policy: libc::c_int, priority: i32) -> io::Result<()> {
    // SAFETY: the parameter lives through the call and is only read; pid 0 is the calling thread.
    let result = unsafe {
        let parameter = libc::sched_param { sched_priority: priority };
        libc::sched_setscheduler(0, policy, &parameter)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes this whole process, which has one thread yet, give way to everybody: it runs when a core is idle, asks the disk last,
/// is the first to go when the machine has no memory, ends with `parent`, and computes and allocates no more than given. What is
/// refused of that is left: it is a courtesy, and whoever started us ends us by the clock.
pub fn give_way(parent: u32, cpu_s: u64, memory_bytes: u64) {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if getppid().is_none_or(|pid| pid.as_raw_nonzero().get().unsigned_abs() != parent) {
        // It died before we asked to die with it.
        std::process::exit(1);
    }
    let _ = schedule(libc::SCHED_IDLE, 0);
    let _ = setpriority_process(None, 19);
    let _ = idle_disk_class();
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    for (resource, most) in [(Resource::Cpu, cpu_s), (Resource::Data, memory_bytes)] {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

fn idle_disk_class() -> io::Result<()> {
    let class = IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT;
    // SAFETY: ioprio_set(2) takes three integers and touches no memory of ours; 0 is the calling thread.
    let result = unsafe { libc::syscall(libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, class) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receivers_cores_are_nobody_elses() {
        let allowed = [0, 1, 2, 3];
        assert_eq!(cores_for(Role::SdrRx, &allowed), Some(vec![3]));
        assert_eq!(cores_for(Role::Sense, &allowed), Some(vec![2]));
        assert_eq!(cores_for(Role::Control, &allowed), Some(vec![0, 1]));
        assert_eq!(cores_for(Role::Recorder, &[0, 2, 4, 6, 7]), Some(vec![0, 2, 4]));
        assert_eq!(cores_for(Role::SdrRx, &[0, 1, 2]), None);
    }

    #[test]
    fn what_is_granted_is_in_force_and_what_is_refused_is_told() {
        // In a thread of its own: what is asked for must not stay with the test runner.
        let check = || {
            let refused = ask(Role::Sense);
            // SAFETY: takes no pointer; 0 is the calling thread.
            let policy = unsafe { libc::sched_getscheduler(0) };
            let is_fifo = policy & !libc::SCHED_RESET_ON_FORK == libc::SCHED_FIFO;
            let told = refused.iter().any(|text| text.starts_with("sense: no FIFO priority 55"));
            assert_ne!(is_fifo, told, "policy {policy}, {refused:?}");
            let is_pinned = cores(None).len() == 1;
            let told = refused.iter().any(|text| text.contains("own"));
            assert_ne!(is_pinned, told, "{refused:?}");
        };
        std::thread::spawn(check).join().unwrap();
    }

    #[test]
    fn the_recorders_disk_class_is_idle() {
        let check = || {
            let refused = ask(Role::Recorder);
            // SAFETY: ioprio_get(2) takes two integers; 0 is the calling thread.
            let class = unsafe { libc::syscall(libc::SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) };
            let is_idle = class >> IOPRIO_CLASS_SHIFT == libc::c_long::from(IOPRIO_CLASS_IDLE);
            assert_ne!(
                is_idle,
                refused.iter().any(|text| text.contains("idle disk class")),
                "{class} {refused:?}"
            );
        };
        std::thread::spawn(check).join().unwrap();
    }
}
