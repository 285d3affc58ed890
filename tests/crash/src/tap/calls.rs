//! The calls themselves. Each does what its namesake in the C library does, by the system's own call.

#![allow(clippy::missing_safety_doc, reason = "each is the C library's function of that name")]
#![cfg(target_os = "linux")]

use super::watch::{self, Asked};
use libc::{
    AT_FDCWD, SYS_close, SYS_fdatasync, SYS_fsync, SYS_ftruncate, SYS_lseek, SYS_mkdirat,
    SYS_openat, SYS_pwrite64, SYS_renameat2, SYS_unlinkat, SYS_write, c_char, c_int, c_long,
    c_uint, c_void, mode_t, off_t, size_t, ssize_t, syscall,
};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::slice;

/// Lets a call through, or fails it as the watched disk would.
fn pass(asked: &Asked<'_>, call: impl FnOnce() -> c_long) -> c_long {
    match watch::pass(asked, call) {
        Ok(answer) => answer,
        Err(errno) => {
            // SAFETY: the C library gives each thread a place for its error number.
            unsafe { *libc::__errno_location() = errno };
            -1
        }
    }
}

/// SAFETY: a caller of these functions gives a path that ends with a zero.
unsafe fn path_of<'p>(path: *const c_char) -> &'p Path {
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()))
}

/// SAFETY: a caller of these functions gives a buffer of that length.
unsafe fn bytes_of<'b>(buffer: *const c_void, len: size_t) -> &'b [u8] {
    if len == 0 { &[] } else { unsafe { slice::from_raw_parts(buffer.cast(), len) } }
}

unsafe fn open_any(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    let asked = Asked::Open { path: unsafe { path_of(path) }, flags };
    pass(&asked, || unsafe { syscall(SYS_openat, AT_FDCWD, path, flags, mode) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { open_any(path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { open_any(path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    pass(&Asked::Close { fd }, || unsafe { syscall(SYS_close, fd) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, buffer: *const c_void, len: size_t) -> ssize_t {
    let at = || unsafe { syscall(SYS_lseek, fd, 0 as off_t, libc::SEEK_CUR) }.cast_unsigned();
    let asked = Asked::Write { fd, at: &at, bytes: unsafe { bytes_of(buffer, len) } };
    pass(&asked, || unsafe { syscall(SYS_write, fd, buffer, len) }) as ssize_t
}

unsafe fn write_at(fd: c_int, buffer: *const c_void, len: size_t, at: off_t) -> ssize_t {
    let bytes = unsafe { bytes_of(buffer, len) };
    let asked = Asked::Write { fd, at: &|| at.cast_unsigned(), bytes };
    pass(&asked, || unsafe { syscall(SYS_pwrite64, fd, buffer, len, at) }) as ssize_t
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(fd: c_int, buffer: *const c_void, len: size_t, at: off_t) -> ssize_t {
    unsafe { write_at(fd, buffer, len, at) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, buffer: *const c_void, len: size_t, at: off_t) -> ssize_t {
    unsafe { write_at(fd, buffer, len, at) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(fd: c_int, len: off_t) -> c_int {
    let asked = Asked::Resize { fd, len: len.cast_unsigned() };
    pass(&asked, || unsafe { syscall(SYS_ftruncate, fd, len) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, len: off_t) -> c_int {
    let asked = Asked::Resize { fd, len: len.cast_unsigned() };
    pass(&asked, || unsafe { syscall(SYS_ftruncate, fd, len) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    pass(&Asked::Sync { fd }, || unsafe { syscall(SYS_fsync, fd) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    pass(&Asked::Sync { fd }, || unsafe { syscall(SYS_fdatasync, fd) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let asked = Asked::Rename { from: unsafe { path_of(from) }, to: unsafe { path_of(to) } };
    let call = || unsafe { syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0 as c_uint) };
    pass(&asked, call) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    let asked = Asked::Remove { path: unsafe { path_of(path) } };
    pass(&asked, || unsafe { syscall(SYS_unlinkat, AT_FDCWD, path, 0 as c_int) }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    let asked = Asked::MakeFolder { path: unsafe { path_of(path) } };
    pass(&asked, || unsafe { syscall(SYS_mkdirat, AT_FDCWD, path, mode) }) as c_int
}
