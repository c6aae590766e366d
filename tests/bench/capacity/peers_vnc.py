# SPDX-License-Identifier: GPL-3.0-or-later
"""TigerVNC's Xvnc behind websockify (TLS), as noVNC is served: the same pictures at the same rate, each session with a client that
decodes (libvncclient, as it always asks for the next update) behind a small bridge from WebSocket to TCP."""
import asyncio
import base64
import os
import ssl
import struct
import subprocess
import sys
import time

import machine
from broker import ahead, pss_mib


def bridge(ports, front):
    """For each port: whoever connects there gets the WebSocket with that port's token."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    async def down(reader, writer):
        while True:
            head = await reader.readexactly(2)
            n = head[1] & 127
            if n == 126:
                n = struct.unpack(">H", await reader.readexactly(2))[0]
            elif n == 127:
                n = struct.unpack(">Q", await reader.readexactly(8))[0]
            data = await reader.readexactly(n)
            if head[0] & 15 in (0, 2):
                writer.write(data)
                await writer.drain()
            elif head[0] & 15 == 8:
                return

    async def up(reader, writer):
        while True:
            data = await reader.read(65536)
            if not data:
                return
            size = bytes([128 | len(data)]) if len(data) < 126 else bytes([254]) + struct.pack(">H", len(data)) if len(data) < 65536 \
                else bytes([255]) + struct.pack(">Q", len(data))
            writer.write(b"\x82" + size + bytes(4) + data)  # a mask of zeroes
            await writer.drain()

    async def serve(token, reader, writer):
        wss_in, wss_out = await asyncio.open_connection("127.0.0.1", front, ssl=context, limit=1 << 22)
        key = base64.b64encode(os.urandom(16)).decode()
        wss_out.write(f"GET /?token={token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\r\n".encode())
        await wss_in.readuntil(b"\r\n\r\n")
        await asyncio.gather(down(wss_in, writer), up(reader, wss_out))

    async def main():
        for i, port in enumerate(ports):
            await asyncio.start_server(lambda r, w, t=f"s{i}": serve(t, r, w), "127.0.0.1", port)
        await asyncio.Event().wait()

    asyncio.run(main())


class Displays:
    """n X servers and the player; X servers on the measured cores, the player on the others."""

    def __init__(self, place, build, options, n):
        self.place, self.build, self.options, self.n = place, build, options, n
        self.servers, self.numbers, self.ports, self.more = [], [], [], []

    def start(self, command):
        for _ in range(self.n):
            number, port = machine.free_display(), machine.free_port()
            self.servers.append(ahead(self.place.spawn(["taskset", "-c", self.options.cores, *command(number, port)])))
            machine.wait_for(f"display :{number}", lambda n=number: os.path.exists(f"/tmp/.X11-unix/X{n}"))
            self.numbers.append(number)
            self.ports.append(port)

    def play(self):
        player = self.place.spawn(["taskset", "-c", self.options.other_cores, self.build + "/bin/capacity_screens", self.options.recording,
                                   str(self.options.rate), *[f":{n}" for n in self.numbers]], stdout=subprocess.PIPE, text=True)
        self.more.append(ahead(player))
        if player.stdout.readline() != "ready\n":
            raise machine.Failed("capacity_screens did not start")

    def cpu(self, roots):
        return sum(machine.cpu_seconds(pid) for pid in machine.family([p.pid for p in roots]))

    def stop(self):
        self.place.stop(self.more + self.servers)
        for number in self.numbers:
            machine.forget_display(number)


def bare(place, build, options, n):
    """What an X server needs for the same pictures, in cores for each display."""
    d = Displays(place, build, options, n)
    try:
        d.start(lambda number, port: ["Xvfb", f":{number}", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"])
        d.play()
        time.sleep(options.settle)
        before = d.cpu(d.servers)
        time.sleep(options.seconds)
        return (d.cpu(d.servers) - before) / options.seconds / n
    finally:
        d.stop()


def connect(d, place, options, tools):
    """websockify with TLS and a file of tokens, the bridge, and a client for each display."""
    pem, tokens = place.file("vnc.pem"), place.file("tokens")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", pem + ".key", "-out", pem], capture_output=True, check=True)
    with open(tokens, "w", encoding="utf-8") as f:
        f.writelines(f"s{i}: 127.0.0.1:{port}\n" for i, port in enumerate(d.ports))
    front = machine.free_port()
    proxy = place.spawn(["taskset", "-c", options.cores, "websockify", f"--cert={pem}", f"--key={pem}.key", "--ssl-only",
                         "--token-plugin=TokenFile", f"--token-source={tokens}", f"127.0.0.1:{front}"])
    machine.wait_for("websockify", lambda: machine.listens(front))
    ports = []
    while len(ports) < d.n:
        port = machine.free_port()
        if port not in ports:
            ports.append(port)
    across = place.spawn(["taskset", "-c", options.other_cores, sys.executable, __file__, str(front), *map(str, ports)],
                         {"PYTHONPATH": os.pathsep.join(sys.path)})
    machine.wait_for("the bridge", lambda: all(machine.listens(p) for p in ports))
    d.more += [ahead(proxy), ahead(across)]
    clients = []
    for i, port in enumerate(ports):
        client = machine.Dialogue(place, ["taskset", "-c", options.other_cores, tools + "/vncsink", f"127.0.0.1:{port}",
                                          place.file(f"see{i}.log"), "tight copyrect", "8", "2"])
        d.more.append(ahead(client.process))
        client.read()
        clients.append(client)
    return proxy, clients


def measure(place, build, options, n, tools):
    d = Displays(place, build, options, n)
    try:
        d.start(lambda number, port: ["Xvnc", f":{number}", "-geometry", "1920x1080", "-depth", "24", "-SecurityTypes", "None", "-rfbport",
                                      str(port), "-localhost", "-AlwaysShared"])
        d.play()
        proxy, clients = connect(d, place, options, tools)
        time.sleep(options.settle)
        updates = sum(c.ask("stat")["updates"] for c in clients)
        before = d.cpu(d.servers), d.cpu([proxy])
        time.sleep(options.seconds)
        after = d.cpu(d.servers), d.cpu([proxy])
        updates = sum(c.ask("stat")["updates"] for c in clients) - updates
        pss = [sum(pss_mib(p) for p in machine.family([r.pid for r in roots])) for roots in (d.servers, [proxy])]
        return {"sessions": n, "updates_per_s": updates / options.seconds / n, "cores": {
            "xvnc": (after[0] - before[0]) / options.seconds, "websockify": (after[1] - before[1]) / options.seconds},
            "pss_mib": {"xvnc": pss[0], "websockify": pss[1]}}
    finally:
        d.stop()


def bench(place, build, options, ours):
    if not options.recording:
        print("tigervnc: left out, there is no recording to play")
        return None
    tools = machine.build_tools(place, os.path.dirname(os.path.dirname(options.recording)), names=["vncsink"])
    steps = [int(v) for v in options.peer_steps.split(",")]
    x = bare(place, build, options, min(4, max(steps)))
    rows = []
    print(f"tigervnc: Xvnc (Tight, JPEG quality 8), websockify with TLS; a bare X server needs {x:.4f} cores for the same pictures")
    print("sessions  updates/s   cores: xvnc  websockify     all   minus X   ms/update   MiB/session: xvnc  websockify")
    for n in steps:
        r = measure(place, build, options, n, tools)
        total = sum(r["cores"].values())
        r["cores_all"], r["cores_without_x"] = total, total - n * x
        r["ms_per_update"] = 1000 * r["cores_without_x"] / (options.rate * n)
        rows.append(r)
        print(f"{n:8} {r['updates_per_s']:10.2f} {r['cores']['xvnc']:13.3f} {r['cores']['websockify']:11.3f} {total:7.3f} "
              f"{r['cores_without_x']:9.3f} {r['ms_per_update']:11.2f} {r['pss_mib']['xvnc'] / n:18.1f} {r['pss_mib']['websockify'] / n:11.1f}",
              flush=True)
    return {"bare_x_cores": x, "rows": rows}


if __name__ == "__main__":
    bridge([int(p) for p in sys.argv[2:]], int(sys.argv[1]))
