// SPDX-License-Identifier: GPL-3.0-or-later
// Work that must be done strictly one after the other although each piece may wait: a bounded queue.

export class Queue {
	#tail = Promise.resolve();
	#waiting = 0;
	#stopped = false;
	#most;
	#failed;

	/** @param {number} most pieces that may wait; one more is a failure
	 * @param {(error: unknown) => void} failed called once, for the first piece that fails; nothing runs after it */
	constructor(most, failed)
	{
		this.#most = most;
		this.#failed = failed;
	}

	/** @param {() => void | Promise<void>} work */
	add(work)
	{
		if (this.#stopped)
			return;
		if (this.#waiting >= this.#most)
			return this.#fail(new Error("too much is waiting"));
		this.#waiting += 1;
		this.#tail = this.#tail.then(async () => {
			this.#waiting -= 1;
			if (!this.#stopped)
				await work();
		}).catch(error => this.#fail(error));
	}

	/** Drops everything that waits. */
	stop()
	{
		this.#stopped = true;
	}

	/** @param {unknown} error */
	#fail(error)
	{
		if (this.#stopped)
			return;
		this.#stopped = true;
		this.#failed(error);
	}
}
