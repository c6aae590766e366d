// SPDX-License-Identifier: GPL-3.0-or-later
// node wasm_bench.mjs SEKISHO.WASM FRAMES: how long the web client's module takes for what codec_bench --frames kept, for
// a picture of 1920x1080. Drawing and JPEG are the browser's and are not in it.

import { readFileSync } from "node:fs";

const [module, file] = process.argv.slice(2);
const wire = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)), {}).exports;
const bytes = readFileSync(file);
const memory = new Uint8Array(wire.memory.buffer);
let frames = 0, pixels = 0, longest = 0n, total = 0n;

wire.sek_reset();
memory.set(Buffer.from("850000000000000407800438", "hex"), wire.sek_in());
if (wire.sek_receive(12) !== 0x85)
	throw new Error("SIZE was refused");
for (let at = 0; at < bytes.length;) {
	const n = bytes.readUInt32BE(at);
	memory.set(bytes.subarray(at + 4, at + 4 + n), wire.sek_in());
	at += 4 + n;
	const start = process.hrtime.bigint();
	let more = wire.sek_receive(n) === 0x82 ? 1 : -1;
	while (more > 0) {
		const ops = new Uint32Array(wire.memory.buffer, wire.sek_ops(), wire.sek_op_count() * 10);
		for (let i = 0; i < ops.length; i += 10)
			pixels += ops[i] === 3 ? ops[i + 3] * ops[i + 4] : 0;
		more = wire.sek_next_ops();
	}
	if (more < 0)
		throw new Error(`message ${frames} was refused: ${more}`);
	const took = process.hrtime.bigint() - start;
	total += took;
	longest = took > longest ? took : longest;
	frames++;
}
console.log(`${frames} messages, ${(pixels / 1e6).toFixed(1)} Mpx of exact pixels, ${Number(total / 1000n) / 1000} ms, ` +
	`longest ${Number(longest / 1000n) / 1000} ms, ${(pixels / Number(total) * 1000).toFixed(0)} Mpx/s`);
