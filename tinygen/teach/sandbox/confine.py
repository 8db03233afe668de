"""What the child process forbids itself before it runs a student's code.

The time of computing and the size of files are limited everywhere but on Windows, memory on Linux
alone. There a filter of system calls takes away for good what no exercise needs: starting
processes, sending signals, reading other processes, opening connections, mounting, raising the
limits again. Threads may be started. Elsewhere the limit of processes is set to none, which holds
for all users but root.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import platform
import struct
import sys

__all__ = ["confine"]


def confine(memory: int, seconds: float, file_bytes: int) -> None:
    """Give up what a student's code shall not have.

    Parameters
    ----------
    memory : int
        Bytes on top of what the process has now.
    seconds : float
        Of computing; the parent ends the process about then, by the clock.
    file_bytes : int
        Of a file that is written.
    """
    if sys.platform == "win32":
        return
    import resource

    if taken := _taken():
        _lower(resource.RLIMIT_AS, taken + memory)
    _lower(resource.RLIMIT_CPU, int(seconds) + 2)
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    if not _filter_calls():
        _lower(resource.RLIMIT_NPROC, 0)


def _lower(limit: int, value: int) -> None:
    import resource

    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS knows some limits by name only
        resource.setrlimit(limit, (value, value))


def _taken() -> int:
    """The bytes of addresses that this process has taken; zero where the system does not tell."""
    import resource

    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


# ---- the filter of system calls ----------------------------------------------------------------

FORBIDDEN = {
    "x86_64": (
        0xC000003E,
        {
            "fork": 57, "vfork": 58, "execve": 59, "execveat": 322, "kill": 62, "tkill": 200,
            "tgkill": 234, "pidfd_send_signal": 424, "ptrace": 101, "process_vm_readv": 310,
            "process_vm_writev": 311, "setsid": 112, "setpgid": 109, "setrlimit": 160,
            "prlimit64": 302, "socket": 41, "io_uring_setup": 425, "mount": 165, "umount2": 166,
            "unshare": 272, "setns": 308,
        },
        {"clone": 56, "clone3": 435},
    ),
    "aarch64": (
        0xC00000B7,
        {
            "execve": 221, "execveat": 281, "kill": 129, "tkill": 130, "tgkill": 131,
            "pidfd_send_signal": 424, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "setsid": 157, "setpgid": 154, "setrlimit": 164,
            "prlimit64": 261, "socket": 198, "io_uring_setup": 425, "mount": 40, "umount2": 39,
            "unshare": 97, "setns": 268,
        },
        {"clone": 220, "clone3": 435},
    ),
}  # fmt: skip
"""For a processor: its mark in the kernel, the numbers of calls, and of those that make threads."""

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CALL, PROCESSOR, FIRST_ARGUMENT = 0, 4, 16
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
OTHER_CALLS = 0x40000000
"""Where a second table of calls begins, on x86."""
CLONE_THREAD = 0x00010000

NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
"""What ``prctl`` is asked for."""


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def _filter_calls() -> bool:
    """Forbid system calls for the rest of this process's life; whether that could be done."""
    if sys.platform != "linux" or platform.machine() not in FORBIDDEN or sys.maxsize < 1 << 32:
        return False
    steps = _steps(*FORBIDDEN[platform.machine()])
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    control = ctypes.CDLL(None).prctl
    control.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    program = _Program(len(steps), code)
    if control(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return bool(control(SECCOMP, FILTER, ctypes.addressof(program), 0, 0) == 0)


def _steps(
    processor: int, calls: dict[str, int], threads: dict[str, int]
) -> list[tuple[int, int, int, int]]:
    """The filter, in the kernel's little language: (what, steps to skip if so, if not, value)."""
    refuse = ERROR | errno.EPERM
    steps = [
        (LOAD, 0, 0, PROCESSOR),
        (EQUAL, 1, 0, processor),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, CALL),
        (AT_LEAST, 0, 1, OTHER_CALLS),
        (RETURN, 0, 0, refuse),
    ]
    for number in calls.values():
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, refuse)]
    return [
        *steps,
        (EQUAL, 0, 1, threads["clone3"]),
        (RETURN, 0, 0, ERROR | errno.ENOSYS),  # the C library then asks for clone
        (EQUAL, 0, 3, threads["clone"]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, refuse),
        (RETURN, 0, 0, ALLOW),
    ]
