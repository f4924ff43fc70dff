"""A live process, taken over: system calls made in its name, from inside its own jail, user and memory. Root and x86-64 only.

What a flaw would give an intruder is exactly this, so that what is refused here is refused to him."""
import ctypes
import errno
import os
import signal
import struct
import time

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
GETREGS, SETREGS, CONT, STEP, DETACH, SYSCALL, SETOPTIONS, GETEVENT, SEIZE, INTERRUPT = 12, 13, 7, 9, 17, 24, 0x4200, 0x4201, 0x4206, 0x4207
TRACE_SYSCALLS, TRACE_FORK, TRACE_VFORK, TRACE_CLONE = 1, 2, 4, 8
EVENTS_OF_BIRTH = (1, 2, 3)
ALL = 0x40000000                     # __WALL
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()
ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
NUMBER = {name: number for name, number in zip(
    "open mprotect mmap socket connect bind listen clone fork execve kill prctl setrlimit ptrace setuid chroot mount openat unshare prlimit64 seccomp memfd_create "
    "bpf execveat tgkill process_vm_readv getpid close exit mkdir io_uring_setup unlink rename chmod pidfd_open keyctl setgid munmap write".split(),
    (2, 10, 9, 41, 42, 49, 50, 56, 57, 59, 62, 157, 160, 101, 105, 161, 165, 257, 272, 302, 317, 319, 321, 322, 234, 310, 39, 3, 60, 83, 425, 87, 82, 90, 434, 250,
     106, 11, 1))}
KILLED = "killed"


def ptrace(request, pid, address=0, data=0):
    ctypes.set_errno(0)
    if LIBC.ptrace(request, pid, address, data) == -1 and ctypes.get_errno() != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request} of {pid}")


def gone(status):
    return os.WIFSIGNALED(status) or os.WIFEXITED(status)


class Captive:
    """Stopped from begin to end of a with block. call() gives the call's own value: negative is -errno; KILLED when the kernel ended the process."""

    def __init__(self, pid, seized=False):
        self.pid, self.dead, self.signal = pid, False, 0
        if not seized:
            ptrace(SEIZE, pid, 0, TRACE_SYSCALLS | TRACE_FORK | TRACE_VFORK | TRACE_CLONE)
            ptrace(INTERRUPT, pid)
            os.waitpid(pid, ALL)
        self.kept = self._registers()
        self.memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
        self.gate = self._find_gate()
        self.scratch = self.call("mmap", 0, 65536, 3, 0x22, -1, 0)
        assert isinstance(self.scratch, int) and self.scratch > 0, self.scratch
        self.used = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()
        if not self.dead:
            self._set(self.kept)
            ptrace(DETACH, self.pid, 0, self.signal)

    def _registers(self):
        room = ctypes.create_string_buffer(8 * len(REGISTERS))
        ptrace(GETREGS, self.pid, 0, ctypes.addressof(room))
        return dict(zip(REGISTERS, struct.unpack(f"{len(REGISTERS)}Q", room.raw)))

    def _set(self, registers):
        room = ctypes.create_string_buffer(struct.pack(f"{len(REGISTERS)}Q", *(registers[r] & (1 << 64) - 1 for r in REGISTERS)))
        ptrace(SETREGS, self.pid, 0, ctypes.addressof(room))

    def _find_gate(self):
        """An instruction that calls the kernel, in the C library."""
        with open(f"/proc/{self.pid}/maps") as f:
            for line in f:
                if " r-xp " in line and "/libc" in line:
                    begin, end = (int(x, 16) for x in line.split()[0].split("-"))
                    self.memory.seek(begin)
                    at = self.memory.read(end - begin).find(b"\x0f\x05")
                    if at >= 0:
                        return begin + at
        raise RuntimeError("no gate in the C library")

    def put(self, data):
        """Bytes in its memory; gives their address."""
        at = self.scratch + self.used
        self.used += (len(data) + 15) // 16 * 16
        self.memory.seek(at)
        self.memory.write(data)
        return at

    def text(self, text):
        return self.put(os.fsencode(text) + b"\0")

    def call(self, name, *arguments):
        if self.dead:
            raise RuntimeError("it was killed before")
        registers = dict(self.kept, rip=self.gate, rax=NUMBER[name], orig_rax=-1, **dict(zip(ARGUMENTS, arguments)))
        self._set(registers)
        while True:
            ptrace(STEP, self.pid)
            _, status = os.waitpid(self.pid, ALL)
            if gone(status):
                self.dead = True
                assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS, (name, status)
                return KILLED
            if status >> 16 in EVENTS_OF_BIRTH:
                self._end_child()
            elif os.WSTOPSIG(status) == signal.SIGTRAP:
                value = self._registers()["rax"]
                return value - (1 << 64) if value >> 63 else value
            elif status >> 16 == 0:
                self.signal = os.WSTOPSIG(status)        # given back when it goes on

    def _end_child(self):
        """A child that was made in its name does nothing."""
        number = ctypes.c_ulong()
        ptrace(GETEVENT, self.pid, 0, ctypes.addressof(number))
        os.kill(number.value, signal.SIGKILL)
        os.waitpid(number.value, ALL)


def next_child(parent, cause, seconds=40):
    """The next child that this process makes by itself, seized at the first call after it entered its jail; cause() makes it want one."""
    ptrace(SEIZE, parent, 0, TRACE_SYSCALLS | TRACE_FORK)
    child, jailed, end = None, False, time.monotonic() + seconds
    try:
        cause()
        while not jailed:
            pid, status = os.waitpid(-1, ALL | os.WNOHANG)
            if pid == 0:
                if time.monotonic() > end:
                    raise TimeoutError("no child entered its jail")
                time.sleep(0.0005)
            elif pid == parent:
                if gone(status):
                    raise RuntimeError("the parent ended")
                ptrace(CONT, pid, 0, os.WSTOPSIG(status) if status >> 16 == 0 and os.WSTOPSIG(status) != signal.SIGTRAP else 0)
            elif child in (None, pid):
                child = pid
                if gone(status):
                    child = None
                    continue
                if os.WSTOPSIG(status) == signal.SIGTRAP | 0x80:
                    captive_registers = peek(pid)
                    jailed = captive_registers["orig_rax"] == NUMBER["seccomp"] and captive_registers["rax"] == 0
                if not jailed:
                    ptrace(SYSCALL, pid, 0, os.WSTOPSIG(status) if status >> 16 == 0 and os.WSTOPSIG(status) & 0x7f != signal.SIGTRAP else 0)
            elif not gone(status):
                ptrace(DETACH, pid)                      # a second child, which is let go
    finally:
        let_go(parent)
    return Captive(child, seized=True)


def peek(pid):
    room = ctypes.create_string_buffer(8 * len(REGISTERS))
    ptrace(GETREGS, pid, 0, ctypes.addressof(room))
    return dict(zip(REGISTERS, struct.unpack(f"{len(REGISTERS)}Q", room.raw)))


def let_go(pid):
    try:
        ptrace(INTERRUPT, pid)
        os.waitpid(pid, ALL)
        ptrace(DETACH, pid)
    except (OSError, ChildProcessError) as e:
        if e.errno not in (errno.ESRCH, errno.ECHILD):
            raise
