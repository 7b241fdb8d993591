//! How much memory there is to take: of the machine, and of the group that the system put this process in.

/// Bytes that can be taken before the system is short of them; `None` where it does not tell.
pub fn available_bytes() -> Option<u64> {
    let of_machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| of_machine(&text));
    [of_machine, of_group()].into_iter().flatten().min()
}

fn of_machine(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// What is left of the tightest limit of the control groups (version 2) that it is in.
fn of_group() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mut least = None;
    loop {
        let number = |file: &str| {
            let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{path}/{file}")).ok()?;
            text.trim().parse::<u64>().ok()
        };
        if let Some((limit, used)) = number("memory.max").zip(number("memory.current")) {
            // What is kept of files is given back when memory is asked for.
            let stat = std::fs::read_to_string(format!("/sys/fs/cgroup/{path}/memory.stat"));
            let left = limit.saturating_sub(used.saturating_sub(of_files(&stat.unwrap_or_default())));
            least = Some(least.map_or(left, |least: u64| least.min(left)));
        }
        let Some((above, _)) = path.rsplit_once('/') else { return least };
        path = above;
    }
}

fn of_files(stat: &str) -> u64 {
    let of = |line: &str| {
        let rest = line.strip_prefix("inactive_file ").or(line.strip_prefix("active_file "))?;
        rest.trim().parse::<u64>().ok()
    };
    stat.lines().filter_map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_tells_is_read() {
        let text = "MemTotal:        8048664 kB\nMemFree:          123456 kB\nMemAvailable:    4096 kB\n";
        assert_eq!(of_machine(text), Some(4 << 20));
        assert_eq!(of_machine("MemTotal: 1 kB\n"), None);
        assert_eq!(of_files("anon 7\nfile 9\ninactive_file 30\nactive_file 12\n"), 42);
        assert!(available_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }
}
