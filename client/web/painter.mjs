// SPDX-License-Identifier: GPL-3.0-or-later
// Draws frames on the canvas, each as a whole: every photograph of a frame is decoded first, then all its operations run
// in order on a picture in memory, and what they changed is put on the canvas in one go, so that nobody sees half a frame.
// Runs in the worker.
//
// Why not on the canvas itself: a canvas that is drawn on itself, which is what a scroll is, copies all of itself first, and
// again before the next operation writes to it. In memory it is one memmove.

/** One operation of an UPDATE. Colours and pixels are words of the bytes R, G, B, 255 in memory.
 * @typedef {{ kind: "copy", sx: number, sy: number, x: number, y: number, w: number, h: number }
 *   | { kind: "fill", x: number, y: number, w: number, h: number, colour: number }
 *   | { kind: "pixels", x: number, y: number, w: number, h: number, pixels: Uint32Array }
 *   | { kind: "jpeg", x: number, y: number, w: number, h: number, image: Promise<ImageBitmap> }} Operation */

/** @typedef {{ keyframe: boolean, operations: Operation[] }} Frame */
/** @typedef {{ x: number, y: number, w: number, h: number }} Rect */

const JPEG_OPTIONS = /** @type {const} */ ({ colorSpaceConversion: "none", premultiplyAlpha: "none" });
const BLACK = 0xff000000;
/** More rectangles than this are put on the canvas as the one that holds them all. */
const MOST_DIRTY = 32;
/** More than this are kept as the whole picture. */
const MOST_HIDDEN = 4096;

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

/** @param {OffscreenCanvas} canvas
 * @param {CanvasRenderingContext2DSettings} settings */
function contextOf(canvas, settings)
{
	const context = canvas.getContext("2d", settings);
	if (!context)
		throw new Error("no 2d context");
	return context;
}

/** @param {number} width
 * @param {number} height */
function blackPicture(width, height)
{
	const image = new ImageData(width, height), words = new Uint32Array(image.data.buffer);
	words.fill(BLACK);
	return { image, words };
}

/** What must be put on the canvas for these rectangles: themselves, or the one that holds them all if that is hardly more.
 * @param {Rect[]} rects
 * @returns {Rect[]} */
export function dirtyParts(rects)
{
	let left = Infinity, top = Infinity, right = 0, bottom = 0, area = 0;
	for (const { x, y, w, h } of rects) {
		left = Math.min(left, x);
		top = Math.min(top, y);
		right = Math.max(right, x + w);
		bottom = Math.max(bottom, y + h);
		area += w * h;
	}
	const whole = { x: left, y: top, w: right - left, h: bottom - top };
	return rects.length > 1 && (rects.length > MOST_DIRTY || area * 2 > whole.w * whole.h) ? [whole] : rects;
}

export class Painter {
	#canvas;
	#context;
	/** @type {OffscreenCanvasRenderingContext2D | null} */
	#mirror = null;
	/** What the canvas shows, or will once the frame is complete. */
	#picture = blackPicture(1, 1);
	/** Photographs become pixels here. */
	#darkroom = contextOf(new OffscreenCanvas(1, 1), { alpha: false, willReadFrequently: true });
	/** @type {Rect[]} */
	#dirty = [];

	/** @param {OffscreenCanvas} canvas */
	constructor(canvas)
	{
		this.#canvas = canvas;
		this.#context = contextOf(canvas, { alpha: false, willReadFrequently: true });
	}

	/** A second canvas shows the same; null: no more.
	 * @param {OffscreenCanvas | null} canvas */
	mirror(canvas)
	{
		this.#mirror = canvas && contextOf(canvas, { alpha: false, willReadFrequently: true });
		this.#fit();
	}

	/** The canvases are as large as the picture and show it. */
	#fit()
	{
		const { image } = this.#picture;
		for (const context of this.#contexts) {
			context.canvas.width = image.width;
			context.canvas.height = image.height;
			context.putImageData(image, 0, 0);
		}
	}

	get #contexts()
	{
		return this.#mirror ? [this.#context, this.#mirror] : [this.#context];
	}

	/** @param {number} width
	 * @param {number} height */
	resize(width, height)
	{
		const { image: old, words } = this.#picture;
		if (this.#canvas.width === width && this.#canvas.height === height && old.width === width && old.height === height)
			return;
		// The old picture stays until the keyframe comes: a window that is being resized does not flash.
		const w = Math.min(old.width, width), h = Math.min(old.height, height);
		this.#picture = blackPicture(width, height);
		for (let y = 0; y < h; y++)
			this.#picture.words.set(words.subarray(y * old.width, y * old.width + w), y * width);
		this.#dirty = [];
		this.#fit();
	}

	/** @param {Frame} frame
	 * @param {boolean} [show] false: the canvas keeps what it shows until the next one that is shown, or show() */
	async draw(frame, show = true)
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
		if (show)
			this.show();
	}

	/** Puts on the canvas what was drawn without being shown. */
	show()
	{
		for (const { x, y, w, h } of this.#dirty.length > 0 ? dirtyParts(this.#dirty) : [])
			for (const context of this.#contexts)
				context.putImageData(this.#picture.image, 0, 0, x, y, w, h);
		this.#dirty = [];
	}

	/** @param {Frame} frame
	 * @param {Map<Operation, ImageBitmap>} photographs */
	#run(frame, photographs)
	{
		const { image, words } = this.#picture;
		if (frame.keyframe) {
			words.fill(BLACK);
			this.#dirty.push({ x: 0, y: 0, w: image.width, h: image.height });
		}
		for (const operation of frame.operations) {
			switch (operation.kind) {
			case "copy":
				this.#copy(operation.sx, operation.sy, operation);
				break;
			case "fill":
				this.#fill(operation, operation.colour);
				break;
			case "pixels":
				this.#put(operation, operation.pixels);
				break;
			case "jpeg":
				this.#put(operation, this.#develop(/** @type {ImageBitmap} */ (photographs.get(operation))));
				break;
			}
			this.#dirty.push(operation);
		}
		if (this.#dirty.length > MOST_HIDDEN) // nobody has looked for long
			this.#dirty = [{ x: 0, y: 0, w: image.width, h: image.height }];
	}

	/** As if all was read before any was written: the rows in the order that overwrites none that is still to be read.
	 * @param {number} sx
	 * @param {number} sy
	 * @param {Rect} to */
	#copy(sx, sy, { x, y, w, h })
	{
		const { image: { width }, words } = this.#picture;
		for (let i = 0; i < h; i++) {
			const row = y > sy ? h - 1 - i : i, from = (sy + row) * width + sx;
			words.copyWithin((y + row) * width + x, from, from + w);
		}
	}

	/** @param {Rect} to
	 * @param {number} colour */
	#fill({ x, y, w, h }, colour)
	{
		const { image: { width }, words } = this.#picture;
		for (let row = y; row < y + h; row++)
			words.fill(colour, row * width + x, row * width + x + w);
	}

	/** @param {Rect} to
	 * @param {Uint32Array} pixels rows packed */
	#put({ x, y, w, h }, pixels)
	{
		const { image: { width }, words } = this.#picture;
		for (let row = 0; row < h; row++)
			words.set(pixels.subarray(row * w, row * w + w), (y + row) * width + x);
	}

	/** The pixels of a photograph.
	 * @param {ImageBitmap} bitmap */
	#develop(bitmap)
	{
		const { canvas } = this.#darkroom, { width, height } = bitmap;
		if (canvas.width < width || canvas.height < height) {
			canvas.width = Math.max(canvas.width, width);
			canvas.height = Math.max(canvas.height, height);
		}
		this.#darkroom.drawImage(bitmap, 0, 0);
		return new Uint32Array(this.#darkroom.getImageData(0, 0, width, height).data.buffer);
	}
}
