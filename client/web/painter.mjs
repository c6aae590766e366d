// SPDX-License-Identifier: GPL-3.0-or-later
// Draws frames on the canvas, each as a whole: every photograph of a frame is decoded first, then all its operations run
// in order in one go, so that nobody sees half a frame. Runs in the worker.

/** One operation of an UPDATE.
 * @typedef {{ kind: "copy", sx: number, sy: number, x: number, y: number, w: number, h: number }
 *   | { kind: "fill", x: number, y: number, w: number, h: number, color: string }
 *   | { kind: "pixels", x: number, y: number, w: number, h: number, image: ImageData }
 *   | { kind: "jpeg", x: number, y: number, w: number, h: number, image: Promise<ImageBitmap> }} Operation */

/** @typedef {{ keyframe: boolean, operations: Operation[] }} Frame */

const JPEG_OPTIONS = /** @type {const} */ ({ colorSpaceConversion: "none", premultiplyAlpha: "none" });

/** Starts decoding a photograph.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} w what its size must be
 * @param {number} h likewise
 * @returns {Promise<ImageBitmap>} rejected if it is no picture of that size */
export function decodeJpeg(bytes, w, h)
{
	const image = createImageBitmap(new Blob([bytes], { type: "image/jpeg" }), JPEG_OPTIONS).then(bitmap => {
		if (bitmap.width === w && bitmap.height === h)
			return bitmap;
		bitmap.close();
		throw new Error("a photograph of another size");
	});
	image.catch(() => {}); // reported when its frame's turn comes
	return image;
}

export class Painter {
	#canvas;
	#context;

	/** @param {OffscreenCanvas} canvas */
	constructor(canvas)
	{
		const context = canvas.getContext("2d", { alpha: false });
		if (!context)
			throw new Error("no 2d context");
		this.#canvas = canvas;
		this.#context = context;
	}

	/** @param {number} width
	 * @param {number} height */
	resize(width, height)
	{
		if (this.#canvas.width === width && this.#canvas.height === height)
			return;
		// The old picture stays until the keyframe comes: a window that is being resized does not flash.
		const old = this.#canvas.width > 0 && this.#canvas.height > 0 ?
			this.#context.getImageData(0, 0, Math.min(this.#canvas.width, width), Math.min(this.#canvas.height, height)) :
			null;
		this.#canvas.width = width;
		this.#canvas.height = height;
		if (old)
			this.#context.putImageData(old, 0, 0);
	}

	/** @param {Frame} frame */
	async draw(frame)
	{
		/** @type {Map<Operation, ImageBitmap>} */
		const photographs = new Map();
		try {
			for (const operation of frame.operations)
				if (operation.kind === "jpeg")
					photographs.set(operation, await operation.image);
			this.#run(frame, photographs);
		} finally {
			for (const bitmap of photographs.values())
				bitmap.close();
		}
	}

	/** @param {Frame} frame
	 * @param {Map<Operation, ImageBitmap>} photographs */
	#run(frame, photographs)
	{
		const context = this.#context;
		if (frame.keyframe) {
			context.fillStyle = "#000";
			context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
		}
		for (const operation of frame.operations) {
			const { x, y, w, h } = operation;
			switch (operation.kind) {
			case "copy":
				// A canvas drawn on itself is read before it is written.
				context.drawImage(this.#canvas, operation.sx, operation.sy, w, h, x, y, w, h);
				break;
			case "fill":
				context.fillStyle = operation.color;
				context.fillRect(x, y, w, h);
				break;
			case "pixels":
				context.putImageData(operation.image, x, y);
				break;
			case "jpeg":
				context.drawImage(/** @type {ImageBitmap} */ (photographs.get(operation)), x, y);
				break;
			}
		}
	}
}
