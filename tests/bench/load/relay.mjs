// SPDX-License-Identifier: GPL-3.0-or-later
// A host's network as a relay on loopback: bytes pass in order, can be delayed, and the line can be cut. Loses nothing while it is up.

import net from "node:net";

export class Relay {
	port = 0;
	delayMs = 0; // each way, of what comes from now on
	#up = true;
	/** @type {Set<net.Socket>} */
	#sockets = new Set();
	/** @type {net.Server} */
	#server;

	/** @param {string} toAddress
	 * @param {number} toPort */
	constructor(toAddress, toPort)
	{
		this.#server = net.createServer(caller => {
			if (!this.#up)
				return void caller.destroy();
			const host = net.connect(toPort, toAddress);
			this.#pass(caller, host);
			this.#pass(host, caller);
		});
	}

	/** @param {string} listen
	 * @param {string} toAddress
	 * @param {number} toPort */
	static async start(listen, toAddress, toPort)
	{
		const relay = new Relay(toAddress, toPort);
		await new Promise((resolve, reject) => {
			relay.#server.on("error", reject);
			relay.#server.listen(0, listen, () => resolve(undefined));
		});
		relay.port = /** @type {net.AddressInfo} */ (relay.#server.address()).port;
		return relay;
	}

	/** @param {net.Socket} from
	 * @param {net.Socket} to */
	#pass(from, to)
	{
		/** @type {{ due: number, data: Buffer }[]} */
		const late = [];
		this.#sockets.add(from);
		from.setNoDelay(true);
		const send = (/** @type {Buffer} */ data) => {
			if (!to.destroyed && !to.write(data)) {
				from.pause();
				to.once("drain", () => from.resume());
			}
		};
		const sendLate = () => {
			while (late[0] && late[0].due <= performance.now())
				send(/** @type {{ data: Buffer }} */ (late.shift()).data);
			if (late[0]) // one timer for the first of them, so that none can overtake another
				setTimeout(sendLate, Math.ceil(late[0].due - performance.now()));
		};
		from.on("data", data => {
			if (this.delayMs === 0 && late.length === 0)
				return send(data);
			late.push({ due: performance.now() + this.delayMs, data });
			if (late.length === 1)
				setTimeout(sendLate, this.delayMs);
		});
		from.on("error", () => to.destroy());
		from.on("close", () => {
			this.#sockets.delete(from);
			to.destroy();
		});
	}

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
