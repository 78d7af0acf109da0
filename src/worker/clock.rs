//! How much processor time a process has had.

use std::time::Duration;

/// Processor time of a process so far, of all its threads; none where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    /// The kernel tells this in hundredths of a second, whatever its own clock.
    const TICK: Duration = Duration::from_millis(10);
    #[allow(clippy::disallowed_methods, reason = "the shell: asks the kernel")]
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name stands in brackets and may hold anything; user and system time are the
    // twelfth and thirteenth field after it.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.saturating_add(system))
}

/// Other systems tell nothing of the kind in a file.
#[cfg(not(target_os = "linux"))]
pub(crate) fn processor_time(_process: u32) -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn work_takes_processor_time() {
        let own = || super::processor_time(std::process::id());
        let before = own().expect("told on Linux");
        let mut sum = 0u64;
        while own().is_some_and(|now| now == before) {
            sum = (0..1_000_000).fold(sum, |a, b| a ^ b);
        }
        assert!(own() > Some(before), "{sum}");
    }
}
