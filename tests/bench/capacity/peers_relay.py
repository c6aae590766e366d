# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS relay (haproxy, TLS 1.3 in and out, which does not look at what it carries) with the bytes of the host link at the same
rate: what it costs a gateway merely to stand in between."""
import asyncio
import os
import ssl
import subprocess
import sys
import time

import machine
from broker import ahead, pss_mib, wakeups

CONFIG = """global
  nbthread 2
  maxconn 4000
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-server-options ssl-min-ver TLSv1.3
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
listen relay
  bind 127.0.0.1:{front} ssl crt {pem}
  server s 127.0.0.1:{back} ssl verify none
"""


def traffic(back, front, pem, n, rate, size, ready):
    """The two ends, in a process of their own: n connections through the relay, on each `size` bytes down `rate` times a second."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_side.check_hostname = False
    client_side.verify_mode = ssl.CERT_NONE
    block = bytes(size)
    seen = [0]

    async def serve(reader, writer):
        phase = serve.count * 0.61803 % 1
        serve.count += 1
        due = time.monotonic() + phase / rate
        while True:
            await asyncio.sleep(max(0, due - time.monotonic()))
            writer.write(block)
            await writer.drain()
            due += 1 / rate

    serve.count = 0

    async def read():
        reader, _ = await asyncio.open_connection("127.0.0.1", front, ssl=client_side)
        while True:
            data = await reader.read(262144)
            if not data:
                raise machine.Failed("the relay has closed a connection")
            seen[0] += len(data)

    async def tell():
        while True:
            await asyncio.sleep(1)
            ready.write(f"{time.monotonic()} {seen[0]}\n")
            ready.flush()

    async def main():
        await asyncio.start_server(serve, "127.0.0.1", back, ssl=server_side)
        await asyncio.gather(tell(), *[read() for _ in range(n)])

    asyncio.run(main())


def start(place, options, n, size):
    back, front = machine.free_port(), machine.free_port()
    pem = place.file("relay.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", pem + ".key", "-out", pem + ".crt"], capture_output=True, check=True)
    with open(pem, "w", encoding="utf-8") as out:
        for part in (".crt", ".key"):
            with open(pem + part, encoding="utf-8") as f:
                out.write(f.read())
    with open(place.file("relay.cfg"), "w", encoding="utf-8") as f:
        f.write(CONFIG.format(front=front, back=back, pem=pem))
    relay = ahead(place.spawn(["taskset", "-c", options.cores, "haproxy", "-db", "-f", place.file("relay.cfg")]))
    machine.wait_for("haproxy", lambda: machine.listens(front))
    ends = ahead(place.spawn(["taskset", "-c", options.other_cores, sys.executable, __file__, str(back), str(front), pem, str(n), str(options.rate),
                        str(size), place.file("relay.seen")], {"PYTHONPATH": os.pathsep.join(sys.path)}))
    return relay, ends


def seen(place):
    try:
        with open(place.file("relay.seen"), encoding="utf-8") as f:
            at, count = f.read().split("\n")[-2].split()
        return float(at), int(count)
    except (OSError, IndexError, ValueError):
        return 0.0, 0


def bench(place, build, options, ours):
    size = ours["track"]["frame_bytes"] if ours else 100000
    rows = []
    print(f"relay: haproxy, TLS in and out, {size} bytes {options.rate:g} times a second on each connection")
    print("connections  MB/s      cores   ms/update  MiB/connection")
    for n in [int(v) for v in options.peer_steps.split(",")]:
        relay, ends = start(place, options, n, size)
        machine.wait_for("the traffic", lambda: seen(place)[1] > n * size * 2, 30)
        time.sleep(options.settle)
        before, cpu, woken = seen(place), machine.cpu_seconds(relay.pid), wakeups(relay.pid)
        time.sleep(options.seconds)
        after, cpu2 = seen(place), machine.cpu_seconds(relay.pid)
        took = after[0] - before[0]
        row = {"connections": n, "bytes_per_s": (after[1] - before[1]) / took, "cores": (cpu2 - cpu) / options.seconds,
               "pss_mib": sum(pss_mib(p) for p in machine.family([relay.pid])), "wakeups": wakeups(relay.pid) - woken}
        row["ms_per_update"] = 1000 * row["cores"] / max(1, row["bytes_per_s"] / size)
        rows.append(row)
        print(f"{n:11} {row['bytes_per_s'] / 1e6:5.1f} {row['cores']:10.3f} {row['ms_per_update']:11.2f} {row['pss_mib'] / n:15.2f}", flush=True)
        place.stop([ends, relay])
        subprocess.run(["rm", "-f", place.file("relay.seen")], check=False)
    return {"bytes_an_update": size, "rows": rows}


if __name__ == "__main__":
    _back, _front, _pem, _n, _rate, _size, _path = sys.argv[1:]
    with open(_path, "a", encoding="utf-8") as _file:
        traffic(int(_back), int(_front), _pem, int(_n), float(_rate), int(_size), _file)
