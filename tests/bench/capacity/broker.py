# SPDX-License-Identifier: GPL-3.0-or-later
"""A broker with any number of synthetic sessions, on cores of its own, and what its processes cost."""
import json
import os
import secrets
import sqlite3
import subprocess
import time

import chain
import machine

GROUPS = ("broker", "decoder", "encoder")


def pss_mib(pid):
    """Proportional set size: what is shared is divided among those who share it, so that a sum counts it once."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def wakeups(pid):
    """How often the process's first thread has slept and been woken."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return sum(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches:"))
    except OSError:
        return 0


def ahead(process):
    """The machine may be shared: what others do must not pass for what we cost. The process and what it starts come first."""
    try:
        with open(f"/proc/{process.pid}/autogroup", "w", encoding="utf-8") as f:
            f.write("-15")
    except OSError:
        pass
    return process


class Broker(chain.Sekisho):
    name = "sekisho"
    note = "broker, decoders, encoders; TLS 1.3 to the render host, TLS and WebSocket to the clients"

    def __init__(self, place, build, options):
        super().__init__(place, None, build)
        self.options = options
        self.sessions_max = max(options.steps) + 8
        self.host_control = None
        self.clients = []
        self.open_users = 0

    def add_users(self, n):
        """One user as an administrator would make it, then copies: hashing a password takes its time."""
        result = subprocess.run(self.as_broker("user", "add", "u0", "--password-stdin"), input=self.password + "\n", capture_output=True,
                                text=True, check=False)
        if result.returncode != 0:
            raise machine.Failed("user add: " + result.stderr.strip())
        with sqlite3.connect(self.dir + "/state/sekisho.db") as store:
            columns = [row[1] for row in store.execute("PRAGMA table_info(users)") if row[1] not in ("id", "name")]
            names = ", ".join(columns)
            store.executemany(f"INSERT INTO users (name, {names}) SELECT ?, {names} FROM users WHERE name = 'u0'",
                              [(f"u{i}",) for i in range(1, n + 1)])
        store.close()

    def start(self):
        self.make()
        # a password nobody else has
        self.password = secrets.token_urlsafe(12)
        self.write("password", self.password + "\n", 0o600)
        self.add_users(max(self.options.steps))
        pki = self.dir + "/pki"
        arguments = ["--name", "render1.sekisho.internal", "--listen", f"{chain.HOST}:{self.host_port}", "--ca", pki + "/ca.crt", "--crl",
                     pki + "/ca.crl", "--certificate", pki + "/render1.sekisho.internal.crt", "--key",
                     pki + "/render1.sekisho.internal.key", "--rate", str(self.options.rate), "--sessions", str(self.sessions_max)]
        if self.options.recording:
            arguments += ["--recording", self.options.recording]
        self.host_control = machine.Dialogue(self.place, ["taskset", "-c", self.options.other_cores, self.dir + "/bin/sekisho-load-host",
                                                          *arguments])
        self.track = self.host_control.read()
        ahead(self.host_control.process)
        self.start_broker()
        time.sleep(3)
        self.base = self.sample()
        for i, (address, port) in enumerate(self.client_places()):
            client = machine.Dialogue(self.place, ["taskset", "-c", self.options.other_cores, self.build + "/bin/capacity_client", address,
                                                   str(port), pki + "/ca.crt", "u", self.dir + "/password",
                                                   str(self.key_users(i)) if self.options.rate else "0"])
            client.read()
            ahead(client.process)
            self.clients.append(client)

    def start_broker(self):
        self.roots = [ahead(self.place.spawn(["taskset", "-c", self.options.cores, *self.as_broker()]))]
        machine.wait_for("broker and render host", lambda: machine.listens(self.client_port) and machine.listens(self.host_port))

    def key_users(self, i):
        """How many users of that client press keys."""
        return 8 if i == 0 else 0

    def client_places(self):
        """Where each client connects to."""
        return [(chain.INNER, self.client_port)] * self.options.clients

    def open(self, n):
        """As many sessions as that, spread over the clients."""
        first, share = self.open_users + 1, (n - self.open_users) // len(self.clients)
        asked = []
        for i, client in enumerate(self.clients):
            last = n if i == len(self.clients) - 1 else first + share - 1
            if last >= first:
                client.process.stdin.write(f"open {first} {last}\n")
                client.process.stdin.flush()
                asked.append(client)
            first = last + 1
        self.open_users = n
        answers = []
        for client in asked:
            line = client.process.stdout.readline()
            if not line:
                raise machine.Failed("a client has ended")
            answers.append(json.loads(line))
        return answers

    def stat(self):
        answers = [client.ask("stat") for client in self.clients]
        total = {key: sum(a[key] for a in answers) for key in ("users", "lost", "failed", "frames", "keyframes", "bytes", "keys")}
        for key in ("key_ms_p50", "key_ms_p95", "key_ms_max"):
            total[key] = max(a[key] for a in answers)
        return total

    def sample(self):
        now = {"at": time.monotonic(), "cpu": {}, "pss": {}, "wakeups": {}, "n": {}}
        for group, pids in self.pids().items():
            if group in GROUPS:
                now["cpu"][group] = sum(machine.cpu_seconds(p) for p in pids)
                now["wakeups"][group] = sum(wakeups(p) for p in pids)
                now["n"][group] = len(pids)
        for name, dialogue in [("host", self.host_control)] + [("clients", c) for c in self.clients]:
            now["cpu"][name] = now["cpu"].get(name, 0) + machine.cpu_seconds(dialogue.process.pid)
        return now

    def memory(self):
        return {group: sum(pss_mib(p) for p in pids) for group, pids in self.pids().items() if group in GROUPS}

    def measure(self, n, seconds):
        started = time.monotonic()
        opened = self.open(n)
        open_s = time.monotonic() - started
        time.sleep(self.options.settle)
        self.stat()
        before, seen = self.sample(), self.stat()
        time.sleep(seconds)
        after, now = self.sample(), self.stat()
        took = after["at"] - before["at"]
        memory = self.memory()
        cpu = {g: (after["cpu"].get(g, 0) - before["cpu"].get(g, 0)) / took for g in after["cpu"]}
        row = {"sessions": n, "opened_in_s": round(open_s, 1), "failed": now["failed"], "lost": now["lost"],
               "first_ms_max": max([a["first_ms_max"] for a in opened], default=0),
               "updates_per_s": (now["frames"] - seen["frames"]) / took / n, "kbytes_per_s": (now["bytes"] - seen["bytes"]) / took / n / 1000,
               "cores": {g: round(v, 4) for g, v in cpu.items()},
               "cores_all": sum(cpu[g] for g in GROUPS if g in cpu),
               "wakeups_per_session_s": {g: (after["wakeups"].get(g, 0) - before["wakeups"].get(g, 0)) / took / n for g in GROUPS},
               "pss_mib": memory, "pss_mib_per_session": (sum(memory.values()) - self.base_mib) / n,
               "keys": now["keys"], "key_ms": [now["key_ms_p50"], now["key_ms_p95"], now["key_ms_max"]]}
        row["ms_per_update"] = 1000 * row["cores_all"] / (self.options.rate * n) if self.options.rate else 0
        return row
