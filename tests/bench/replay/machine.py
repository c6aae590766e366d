# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of the bench and what the kernel says about them: CPU, memory, bytes on sockets."""
import os
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "bench")  # the corpus and its tools
PROGRAMS = ["pixels_client", "pixels_screen", "sekisho-broker", "sekisho-decoder", "sekisho-encoder", "sekisho-renderd", "sekisho-capture",
            "sekisho-certs"]
TOOLS = {"xplay": "-lX11 -lXext -lzstd", "xwatch": "-lX11 -lXext -lXdamage -lzstd", "vncsink": "-lvncclient -lzstd",
         "seqtool": "-lzstd -lm"}


class Failed(Exception):
    """Something did not start, or did not answer."""


def prepare(groups, *more):
    """Packages of these groups, then the release build of the chain's programs and more, or the one that SEK_BUILD names. Returns
    the build's folder."""
    if os.geteuid() != 0:
        raise SystemExit("run as root: a session has a uid of its own")
    lib = f'root="$1"; . "$root/tests/support/lib.sh"; install_packages {groups}; '
    build = os.environ.get("SEK_BUILD")
    if not build:
        lib += "build release " + " ".join([*PROGRAMS, *more])
        build = ROOT + "/build/release"
    if subprocess.run(["bash", "-euc", lib, "bash", ROOT], check=False).returncode != 0:
        raise SystemExit("packages or build failed; see above")
    return os.path.abspath(build)


def build_tools(place, corpus, source=None, names=tuple(TOOLS)):
    """Compiles the corpus's own tools, whose sources lie beside it unless said otherwise; returns their folder."""
    beside = [os.path.dirname(os.path.abspath(corpus)), SHARED]
    source = source or next((d + "/src" for d in beside if os.path.isfile(d + "/src/xplay.c")), "src")
    os.mkdir(place.file("tools"))
    compilers = [subprocess.Popen(["cc", "-O3", "-w", "-o", place.file("tools/" + name), f"{source}/{name}.c", *TOOLS[name].split()])
                 for name in names]
    if any([c.wait() != 0 for c in compilers]):
        raise Failed(f"the tools in {source} cannot be built")
    return place.file("tools")


def wait_for(what, condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failed(f"waited {seconds} s for: {what}")


def now_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class Place:
    """One temporary folder in memory and the processes that were started in it; both are gone after close()."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="sekisho-pixels-", dir="/dev/shm")
        os.chmod(self.path, 0o755)
        self.processes = []

    def file(self, name):
        return os.path.join(self.path, name)

    def spawn(self, command, env=None, **more):
        log = open(self.file("processes.log"), "ab")
        options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True, **more}
        process = subprocess.Popen(command, env={**os.environ, **(env or {})}, **options)
        log.close()
        self.processes.append(process)
        return process

    def stop(self, processes=None):
        """Ends these (all, if none are named), newest first, each with what it started in its process group."""
        mine = [p for p in reversed(self.processes) if processes is None or p in processes]
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for process in mine:
                if process.poll() is None:
                    os.killpg(process.pid, sign)
            end = time.monotonic() + 8
            while time.monotonic() < end and any(p.poll() is None for p in mine):
                time.sleep(0.02)
        self.processes = [p for p in self.processes if p not in mine]

    def close(self):
        self.stop()
        subprocess.run(["rm", "-rf", self.path], check=False)


class Dialogue:
    """A client that obeys lines on its input and answers each with one line of JSON (../shared/bench/README.md)."""

    def __init__(self, place, command, env=None):
        self.process = place.spawn(command, env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.name = command[0]

    def read(self):
        import json
        import select
        if not select.select([self.process.stdout], [], [], 30)[0]:
            raise Failed(f"{self.name} does not answer")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{self.name} has ended")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()


def _stats():
    """pid -> (name, parent) of every process."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        close = text.rindex(")")
        found[int(entry)] = (text[text.index("(") + 1:close], int(text[close + 2:].split()[1]))
    return found


def family(roots):
    """pid -> name of these processes and of all that descend from them."""
    stats = _stats()
    found = {pid: stats[pid][0] for pid in roots if pid in stats}
    grown = True
    while grown:
        grown = False
        for pid, (name, parent) in stats.items():
            if pid not in found and parent in found:
                found[pid] = name
                grown = True
    return found


def cpu_seconds(pid):
    """User and system time of all threads, ended ones too, in nanoseconds' resolution (/proc has ticks of 10 ms)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def peak_mb(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def tcp_sent(port):
    """Bytes that the peers of all connections on this local port have acknowledged, and bytes received there."""
    text = subprocess.run(["ss", "-tinH", "state", "established", f"sport = :{port}"], capture_output=True, text=True,
                          check=True).stdout
    sent = received = 0
    for word in text.split():
        if word.startswith("bytes_acked:"):
            sent += int(word[12:])
        elif word.startswith("bytes_received:"):
            received += int(word[15:])
    return sent, received


def listens(port):
    return bool(subprocess.run(["ss", "-tlnH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout.strip())


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def free_display():
    number = 60
    while os.path.exists(f"/tmp/.X{number}-lock") or os.path.exists(f"/tmp/.X11-unix/X{number}"):
        number += 1
    return number


def forget_display(number):
    """What a killed X server leaves behind."""
    for path in (f"/tmp/.X{number}-lock", f"/tmp/.X11-unix/X{number}"):
        if os.path.lexists(path):
            os.unlink(path)


def start_xvfb(place, *extra):
    """An X server as in a session, without a session; returns process and number."""
    number = free_display()
    process = place.spawn(["Xvfb", f":{number}", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset", "-nocursor",
                           "-extension", "GLX", *extra])
    wait_for(f"display :{number}", lambda: os.path.exists(f"/tmp/.X11-unix/X{number}"))
    return process, number
