# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of each process goes: perf samples while a workload plays."""
import re
import shutil
import signal
import subprocess

TOP = 14


class Sampler:
    """pids: name -> pids; build: folder of the programs that run. Without perf it samples nothing."""

    def __init__(self, place, pids, build):
        self.place, self.pids, self.build = place, pids, build
        self.known = {}
        self.data = place.file("perf.data")
        self.process = None

    def __enter__(self):
        if shutil.which("perf"):
            everyone = ",".join(str(pid) for pids in self.pids.values() for pid in pids)
            self.process = self.place.spawn(["perf", "record", "-q", "-F", "997", "-e", "cpu-clock", "-o", self.data, "-p", everyone])
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.place.stop([self.process])

    def shares(self):
        """name -> "percent function" of each process, most first. Foreign objects are one line each."""
        result = {}
        for name, pids in self.pids.items():
            if not self.process:
                break
            out = subprocess.run(["perf", "report", "--stdio", "-q", "--percentage", "relative", "--pid", ",".join(map(str, pids)),
                                  "--sort", "dso,symbol", "-i", self.data], capture_output=True, text=True, check=False).stdout
            sums = {}
            for percent, dso, address in re.findall(r"(?m)^ *([0-9.]+)% +(\S+) +\[.\] +(\S+)", out):
                key = self.function(dso, address)
                sums[key] = sums.get(key, 0.0) + float(percent)
            most = sorted(sums.items(), key=lambda item: -item[1])[:TOP]
            result[name] = [f"{percent:.1f}% {key}" for key, percent in most if percent >= 0.5]
        return result

    def function(self, dso, address):
        """perf cannot look into a jail, so it prints addresses: the build's own programs know what stands there."""
        program = f"{self.build}/bin/{dso}"
        if not dso.startswith("sekisho-") or not address.startswith("0x"):
            return address if dso.startswith("sekisho-") else dso
        if (dso, address) not in self.known:
            out = subprocess.run(["addr2line", "-f", "-e", program, address], capture_output=True, text=True, check=False).stdout
            self.known[dso, address] = out.splitlines()[0] if out else address
        return self.known[dso, address]
