# SPDX-License-Identifier: GPL-3.0-or-later
"""One workload, or one series of latency markers, on one running peer. The method is that of ../shared/bench/README.md."""
import json
import os
import struct
import subprocess
import time

import machine

RECORD = struct.Struct("<QHHHHBBHI")  # time, x, y, w, h, filter, kind, reserved, bytes
MID_POINTS = (0.37, 0.71)
MID_WINDOW_US = 1500000  # a picture in motion is compared with what the source showed within this time


def flatten(tools, sequence, flat, limit_s=None):
    """Unpacks a sequence, or its first seconds, to what the player can map without decoding. Returns seconds, records and when the
    last of them is painted."""
    with subprocess.Popen([tools + "/seqtool", "flat", sequence, "/dev/stdout"], stdout=subprocess.PIPE) as process, \
            open(flat, "wb") as out:
        source = process.stdout
        header = json.loads(source.readline())
        out.write(b" " * 255 + b"\n")
        records = last_us = 0
        cut = False
        while head := source.read(RECORD.size):
            fields = RECORD.unpack(head)
            cut = limit_s is not None and fields[0] > limit_s * 1e6
            if cut:
                process.terminate()
                break
            out.write(head)
            out.write(source.read(fields[8]))
            records, last_us = records + 1, fields[0]
        header["body"] = "flat"
        header["records"] = records
        header["duration_us"] = int(limit_s * 1e6) if cut else header["duration_us"]
        out.seek(0)
        # the tools look for `"key":` followed by the value
        out.write(json.dumps(header, separators=(",", ":")).encode().ljust(255))
        assert records > 0 and last_us <= header["duration_us"]
    return header["duration_us"] / 1e6, records, last_us


def read_log(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [line.split() for line in f.read().splitlines() if line.strip()]


def percentile(values, q):
    values = sorted(values)
    return round(values[min(len(values) - 1, int(q * len(values)))], 2) if values else None


class Counters:
    """What has been counted of a peer until now; one minus another is what happened between."""

    def __init__(self, peer):
        self.groups = peer.pids()
        self.cpu = {name: {pid: machine.cpu_seconds(pid) for pid in pids} for name, pids in self.groups.items()}
        self.sent, self.received = peer.client_bytes()
        host = peer.host_bytes()
        self.host = host[0] if host else None
        self.stat = peer.control.ask("stat") if peer.control else {}

    def since(self, before):
        cpu = {}
        for name, pids in self.cpu.items():
            cpu[name] = round(sum(max(0.0, now - before.cpu.get(name, {}).get(pid, 0.0)) for pid, now in pids.items()), 4)
        result = {"bytes": self.sent - before.sent, "bytes_up": self.received - before.received, "cpu": cpu,
                  "updates": self.stat.get("updates", 0) - before.stat.get("updates", 0)}
        if self.host is not None:
            result["host_bytes"] = self.host - before.host
        if "bytes" in self.stat:
            result["payload_bytes"] = self.stat["bytes"] - before.stat["bytes"]
        return result

    def peaks_mb(self):
        return {name: round(sum(machine.peak_mb(pid) for pid in pids), 1) for name, pids in self.groups.items()}


def start_player(peer, tools, log, *arguments):
    if os.path.exists(log):
        os.unlink(log)
    environment = {"DISPLAY": peer.display, **getattr(peer, "environment", {})}
    player = peer.place.spawn([tools + "/xplay", *arguments, "--log", log], environment)

    def started():
        if player.poll() is not None:
            raise machine.Failed("the player has ended")
        lines = [l for l in read_log(log) if l[0] == "start"]
        return int(lines[0][1]) if lines and len(lines[0]) > 1 else None
    return player, machine.wait_for("the player", started, 20)


def sleep_until(us):
    left = (us - machine.now_us()) / 1e6
    if left > 0:
        time.sleep(left)


def compare(tools, flat, dump, from_us, until_us):
    out = subprocess.run([tools + "/seqtool", "cmp", flat, dump, str(max(0, int(from_us))), str(max(0, int(until_us)))],
                         capture_output=True, text=True, check=False).stdout
    try:
        return json.loads(out)
    except ValueError:
        return None


def workload(peer, tools, flat, duration_s, settle_s, changed_us):
    """Plays a flat sequence at its recorded pace. Counts from when the first full picture was painted and had 0.7 s to arrive
    until settle_s after the end. changed_us: when the last record is painted."""
    log = peer.place.file("play.log")
    player, start_us = start_player(peer, tools, log, flat, "--hold-ms", "60000")
    end_us = duration_s * 1e6
    before = Counters(peer)
    dumps = []

    def dump(name, from_us, until_us):
        if peer.control:
            path = peer.place.file(name + ".raw")
            at = peer.control.ask("dump " + path)["dump"] - start_us
            dumps.append((name, path, at - MID_WINDOW_US if from_us is None else from_us, at if until_us is None else until_us))

    for i, part in enumerate(MID_POINTS):
        sleep_until(start_us + end_us * part)
        dump(f"mid{i + 1}", None, None)
    sleep_until(start_us + end_us)
    ended = machine.wait_for("the player's end", lambda: [l for l in read_log(log) if l[0] == "end" and len(l) == 5], 60)[0]
    ended_us = int(ended[1])
    sleep_until(ended_us + 250000)
    dump("end", end_us - 1, end_us + 1)
    sleep_until(ended_us + settle_s * 1e6)
    after = Counters(peer)
    dump("settled", end_us - 1, end_us + 1)
    peer.place.stop([player])
    result = after.since(before)
    result.update(duration_s=round(duration_s, 3), updates_per_s=round(result["updates"] / duration_s, 2), peak_mb=after.peaks_mb(),
                  play_late_max_ms=int(ended[3]) / 1000, play_late_records=int(ended[4]), fidelity={})
    if "last" in after.stat:
        result["last_ms"] = round(max(0, after.stat["last"] - start_us - changed_us) / 1000, 1)
    for name, path, from_us, until_us in dumps:
        result["fidelity"][name] = compare(tools, flat, path, from_us, until_us)
        os.unlink(path)
    return result


def latency(peer, tools, kind, flat, markers=50, interval_ms=120):
    """Paint to the client's pixel: markers on a still screen (kind "idle"), or while a workload plays."""
    log = peer.place.file("probe.log")
    arguments = ["--probe", str(markers), "--interval", str(interval_ms)] if kind == "idle" else [flat, "--marker", "170"]
    player, _ = start_player(peer, tools, log, *arguments)
    before = Counters(peer)
    player.wait()
    time.sleep(1.2)
    after = Counters(peer)
    painted = {l[1]: int(l[2]) for l in read_log(log) if l[0] == "mk"}
    delays = []
    for line in read_log(peer.see_log):
        at = painted.get(line[1])
        if line[0] == "see" and at is not None and int(line[2]) >= at:
            delays.append((int(line[2]) - at) / 1000)
            del painted[line[1]]
    return {"painted": len(painted) + len(delays), "seen": len(delays), "p50_ms": percentile(delays, 0.5),
            "p95_ms": percentile(delays, 0.95), "max_ms": percentile(delays, 1), "cpu": after.since(before)["cpu"]}
