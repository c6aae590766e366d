// SPDX-License-Identifier: GPL-3.0-or-later
// node wasm_zstd.mjs ZSTDDEC.mjs FRAMES.zstd1: how long zstd's own decoder, compiled to WebAssembly (npm's zstddec), takes to unpack what
// entropy_bench --frames kept. From records to pixels it is as long again as wasm_bench.mjs needs for FRAMES.stored.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [decoder, file] = process.argv.slice(2);
const { ZSTDDecoder } = await import(pathToFileURL(decoder).href);
const zstd = new ZSTDDecoder();
const bytes = readFileSync(file);
let total = 0n, batches = 0, unpacked = 0;

await zstd.init();
for (let at = 0; at < bytes.length; batches++) {
	const packedBytes = bytes.readUInt32BE(at), rawBytes = bytes.readUInt32BE(at + 4);
	const packed = bytes.subarray(at + 8, at + 8 + packedBytes), start = process.hrtime.bigint();
	unpacked += zstd.decode(packed, rawBytes).length;
	total += process.hrtime.bigint() - start;
	at += 8 + packedBytes;
}
console.log(`${batches} batches, ${(unpacked / 1e6).toFixed(1)} MB of records, ${Number(total / 1000n) / 1000} ms`);
