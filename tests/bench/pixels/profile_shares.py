# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of each process goes: perf samples while a workload plays."""
import shutil
import signal
import subprocess

TOP = 14


class Sampler:
    """pids: name -> pids. Without perf it samples nothing."""

    def __init__(self, place, pids):
        self.place, self.pids = place, pids
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
        """name -> lines "percent of this process, object, function", most first."""
        result = {}
        for name, pids in self.pids.items():
            if not self.process:
                break
            out = subprocess.run(["perf", "report", "--stdio", "-q", "--percentage", "relative", "--pid", ",".join(map(str, pids)),
                                  "--sort", "dso,symbol", "-i", self.data], capture_output=True, text=True, check=False).stdout
            result[name] = [" ".join(line.split()) for line in out.splitlines() if line.strip()][:TOP]
        return result
