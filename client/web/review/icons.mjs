// SPDX-License-Identifier: GPL-3.0-or-later
// The player's signs, drawn: no font has all of them.

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const PATHS = {
	play: "M7 4v16l13-8z",
	pause: "M6 4h4v16H6zM14 4h4v16h-4z",
	"step-back": "M18 5v14l-9-7zM5 5h3v14H5z",
	"step-on": "M6 5v14l9-7zM16 5h3v14h-3z",
	"event-back": "M12 5v14l-8-7zM20 5v14l-8-7z",
	"event-on": "M4 5v14l8-7zM12 5v14l8-7z",
	note: "M4 4h16v12l-5 5H4zM14 20v-5h5z",
	flag: "M5 3h2v18H5zM8 4h11l-3 4 3 4H8z",
	full: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
	help: "M11 17h2v2h-2zM12 4a5 5 0 0 1 2 9.6V15h-4v-2.6l1.3-.6A3 3 0 1 0 9 9H7a5 5 0 0 1 5-5z",
	key: "M3 6h18v12H3zM5 8v2h2V8zM9 8v2h2V8zM13 8v2h2V8zM17 8v2h2V8zM7 13v2h10v-2z",
	pointer: "M5 2v18l4.6-4.4L12.5 22l3-1.3-2.9-6.3H19z",
};

/** @param {string} name
 * @returns {SVGSVGElement} */
export function icon(name)
{
	const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
	for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: "20", height: "20", "aria-hidden": "true" }))
		svg.setAttribute(key, value);
	path.setAttribute("d", PATHS[name] ?? "");
	path.setAttribute("fill", "currentColor");
	path.setAttribute("fill-rule", "evenodd");
	svg.append(path);
	return svg;
}
