// SPDX-License-Identifier: GPL-3.0-or-later
// The line between the staff member's browser and the broker: passes bytes on, and can be cut.

import net from "node:net";

export class Line {
	port = 0;
	#up = true;
	/** @type {Set<net.Socket>} */
	#sockets = new Set();
	/** @type {net.Server} */
	#server;
	/** Where it leads to: the first that takes a connection. @type {[string, number][]} */
	targets;
	/** Bytes that came from the broker. */
	bytesDown = 0;

	/** @param {string} toAddress
	 * @param {number} toPort */
	constructor(toAddress, toPort)
	{
		this.targets = [[toAddress, toPort]];
		this.#server = net.createServer({ pauseOnConnect: true }, async client => {
			client.on("error", () => {});
			const broker = this.#up ? await this.#reach() : null;
			if (!broker || !this.#up)
				return void client.destroy();
			for (const [from, to] of /** @type {const} */ ([[client, broker], [broker, client]])) {
				this.#sockets.add(from);
				from.setNoDelay(true);
				from.pipe(to);
				from.on("error", () => to.destroy());
				from.on("close", () => {
					this.#sockets.delete(from);
					to.destroy();
				});
			}
			broker.on("data", data => {
				this.bytesDown += data.length;
			});
		});
	}

	/** @returns {Promise<net.Socket | null>} */
	async #reach()
	{
		for (const [address, port] of this.targets) {
			const socket = net.connect(port, address);
			const there = await new Promise(resolve => {
				socket.on("connect", () => resolve(true));
				socket.on("error", () => resolve(false));
			});
			if (there)
				return socket;
		}
		return null;
	}

	/** @param {string} address where browsers connect
	 * @param {string} toAddress the broker's
	 * @param {number} toPort likewise */
	static async start(address, toAddress, toPort)
	{
		const line = new Line(toAddress, toPort);
		await new Promise((resolve, reject) => {
			line.#server.on("error", reject);
			line.#server.listen(0, address, () => resolve(undefined));
		});
		line.port = /** @type {net.AddressInfo} */ (line.#server.address()).port;
		return line;
	}

	/** Breaks what is connected; refuses new connections until mend(). */
	cut()
	{
		this.#up = false;
		for (const socket of this.#sockets)
			socket.destroy();
	}

	mend()
	{
		this.#up = true;
	}

	async stop()
	{
		this.cut();
		await new Promise(resolve => this.#server.close(resolve));
	}
}
