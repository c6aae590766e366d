# SPDX-License-Identifier: GPL-3.0-or-later
"""away.py TO-PORT MS: passes each connection on, each byte so many milliseconds later in each direction, at any rate. Prints its own port."""
import asyncio
import socket
import sys


async def pump(reader, writer, seconds):
    """What is read waits in order; the line has no limit but its length."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue()

    async def deliver():
        while True:
            at, data = await queue.get()
            await asyncio.sleep(max(0.0, at - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    task = asyncio.ensure_future(deliver())
    try:
        while data := await reader.read(262144):
            queue.put_nowait((loop.time() + seconds, data))
    except OSError:
        pass
    queue.put_nowait((loop.time() + seconds, b""))
    await task


async def main(port, seconds):
    async def on_client(reader, writer):
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        for w in (writer, there_writer):
            w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(pump(reader, there_writer, seconds), pump(there_reader, writer, seconds), return_exceptions=True)

    server = await asyncio.start_server(on_client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
