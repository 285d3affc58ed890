//! What a process and a folder cost, as Linux counts it.
//!
//! Processor time and memory come from `/proc`, for this process or for another one by its number. Where there is no
//! `/proc` there are no figures, and what asks gets `None` instead of a zero that looks like a triumph.

use std::fs;
use std::io;
use std::path::Path;

/// A clock tick of `/proc/<pid>/stat`: the kernel shows hundredths of a second to every program.
const TICKS_PER_S: f64 = 100.0;

/// Processor seconds, user and system together, of this process and its threads.
#[must_use]
pub fn own_cpu_s() -> Option<f64> {
    cpu_s_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Processor seconds of another process.
#[must_use]
pub fn cpu_s_of(pid: u32) -> Option<f64> {
    cpu_s_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The most memory that this process ever had resident, in megabytes of 1,048,576 bytes.
#[must_use]
pub fn own_peak_rss_mb() -> Option<f64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:").map(megabytes)
}

/// The most memory that another process ever had resident.
#[must_use]
pub fn peak_rss_mb_of(pid: u32) -> Option<f64> {
    kilobytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmHWM:").map(megabytes)
}

/// The memory that another process has resident now.
#[must_use]
pub fn rss_mb_of(pid: u32) -> Option<f64> {
    kilobytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:").map(megabytes)
}

/// Bytes of all files in a folder, at any depth.
///
/// # Errors
/// If a folder in it cannot be read.
pub fn disk_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { disk_bytes(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

/// The middle one of several figures; 0 of none.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// `utime` and `stime`, the 14th and 15th of the words. The second word is the program's name in brackets and may
/// hold anything, so counting begins behind the last bracket.
fn cpu_s_in(stat: &str) -> Option<f64> {
    let behind_name = stat.rsplit_once(')')?.1;
    let mut words = behind_name.split_ascii_whitespace().skip(11);
    let mut ticks = || words.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_S)
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1_024.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_brackets_and_blanks() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 0 0 0 0 0 250 50 9 9 20 0 1 0 5 6 7";
        assert_eq!(cpu_s_in(stat), Some(3.0));
    }

    #[test]
    fn resident_memory_is_read_from_its_line() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(kilobytes(status, "VmHWM:").map(megabytes), Some(2.0));
        assert_eq!(kilobytes(status, "VmRSS:").map(megabytes), Some(1.0));
    }

    #[test]
    fn a_process_that_is_not_there_has_no_figures() {
        assert_eq!(cpu_s_of(u32::MAX), None);
    }

    #[test]
    fn a_folder_weighs_what_its_files_weigh() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("a"), [0; 10]).unwrap();
        fs::write(folder.path().join("in/b"), [0; 32]).unwrap();
        assert_eq!(disk_bytes(folder.path()).unwrap(), 42);
    }

    #[test]
    fn the_median_of_an_odd_number_is_one_of_them() {
        assert!((median(&[5.0, 1.0, 3.0]) - 3.0).abs() < f64::EPSILON);
    }
}
