// SPDX-License-Identifier: GPL-3.0-or-later
// A web site in the outer zone. Its pages tell it what happens in them, so that a test knows what arrived.

import http from "node:http";

/** What a page last told of itself. `who`: the session, which the address named once (?who=), `visit`: likewise; `line`: where on the screen
 * the caret stands, if the field holds one line and the caret is at its end.
 * @typedef {{ who: string, visit: string, page: string, text: string, scroll: number, width: number, height: number, ratio: number,
 *   focus: string, pointer: { x: number, y: number, buttons: number }, visible: string, keys: string[],
 *   line: { x: number, y: number, height: number } | null, painted: boolean }} Report */

/** Told by each page; runs in the isolated browser. */
function tell()
{
	/** @type {any} */
	const page = window, field = /** @type {HTMLTextAreaElement} */ (document.querySelector("textarea"));
	const named = new URLSearchParams(location.search).get("who");
	if (named) {
		sessionStorage.setItem("who", named);
		sessionStorage.setItem("visit", new URLSearchParams(location.search).get("visit") ?? "");
		history.replaceState(null, "", location.pathname);
	}
	const who = sessionStorage.getItem("who") ?? "", visit = sessionStorage.getItem("visit") ?? "";
	let sent = "", busy = false, pointer = { x: -1, y: -1, buttons: 0 };
	/** @type {string[]} */
	const keys = [];
	const measure = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
	const caretLine = () => {
		if (!field || field.value.includes("\n"))
			return null;
		const box = field.getBoundingClientRect();
		measure.font = getComputedStyle(field).font;
		return { x: Math.round(page.screenX + box.left + 1 + measure.measureText(field.value).width),
			y: Math.round(page.screenY + page.outerHeight - page.innerHeight + box.top + 1), height: 30 };
	};
	const report = async () => {
		const body = JSON.stringify({ who, visit, page: location.pathname, text: field ? field.value : "", scroll: Math.round(page.scrollY),
			width: page.innerWidth, height: page.innerHeight, ratio: page.devicePixelRatio,
			focus: document.activeElement ? document.activeElement.tagName : "", pointer, keys,
			visible: document.visibilityState, line: caretLine(),
			painted: performance.getEntriesByType("paint").length > 0 || performance.now() > 1500 });
		if (busy || body === sent)
			return;
		busy = true;
		sent = body;
		await fetch("/report", { method: "POST", body }).catch(() => {});
		busy = false;
	};
	for (const type of ["mousemove", "mousedown", "mouseup"])
		addEventListener(type, event => {
			const mouse = /** @type {MouseEvent} */ (event);
			pointer = { x: mouse.clientX, y: mouse.clientY, buttons: mouse.buttons };
		});
	for (const type of ["keydown", "keyup"])
		addEventListener(type, event => {
			const key = /** @type {KeyboardEvent} */ (event);
			keys.push(`${type === "keydown" ? "+" : "-"}${key.code}:${key.key}`);
			if (keys.length > 400)
				keys.shift();
		}, true);
	setInterval(report, 30);
}

const STYLE = `body{margin:0;font:20px/1.6 "Noto Sans CJK JP",sans-serif;background:#fff;color:#111}
textarea{display:block;width:640px;height:240px;font:20px/1.5 "Noto Sans CJK JP",sans-serif;margin:16px;padding:0}
a{display:inline-block;font-size:28px;padding:12px 32px;background:#0a7d4f;color:#fff}`;

/** @param {string} title
 * @param {string} body */
function html(title, body)
{
	return `<!doctype html><html lang="ja"><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style>${body}` +
		`<script>(${tell})()</script></html>`;
}

const PARAGRAPH = "関所は、街道の要所に置かれ、通行する人と荷物を改めた施設である。隔離されたブラウザーの画面だけが、" +
	"こちら側に届く。";

/** Small squares of many colours, each with a point inside it.
 * @returns {{ x: number, y: number, colour: string }[]} */
export function patternCells()
{
	return Array.from({ length: 600 }, (_, i) => ({ x: 16 * (i % 40) + 3, y: 16 * Math.floor(i / 40) + 5,
		colour: `${i * 37 % 256},${i * 101 % 256},${i * 211 % 256}` }));
}

/** For the picture in the README: text, a drawing of our own, a field. */
const ARTICLE = `<style>
.top{display:flex;gap:24px;align-items:center;padding:20px 48px;background:#233;color:#fff}
.top b{font-size:26px;letter-spacing:.1em}
input{flex:1;font:20px/1.5 "Noto Sans CJK JP";padding:4px 12px;border:2px solid #9bb;border-radius:8px}
main{display:grid;grid-template-columns:1fr 460px;gap:40px;padding:28px 48px}
h1{font-size:30px;margin:0 0 12px}p{margin:0 0 14px;font-size:18px}svg{width:100%;border-radius:12px}
</style><div class="top"><b>街道資料館</b><input placeholder="資料をさがす"></div><main><div>
<h1>街道と関所</h1><p>関所は、街道の要所に置かれ、通行する人と荷物を改めた施設である。旅人は手形を示し、役人の問いに答えてから門をくぐった。</p><p>箱根では山と湖のあいだの狭い土地に門が構えられ、遠見番所から湖上の見張りが続けられた。</p><p>荷を改める作法は細かく定められ、許しのないものは通さない。通すものは、ここで必ず改める。その考え方は、いまの情報の守りにも通じている。</p></div>
<svg viewBox="0 0 460 340"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f7c98b"/>
<stop offset=".6" stop-color="#e9a7a0"/><stop offset="1" stop-color="#8fb3d1"/></linearGradient></defs>
<rect width="460" height="340" fill="url(#s)"/><circle cx="350" cy="90" r="38" fill="#fff3d6"/>
<path d="M0 230L110 96L150 140L190 110L310 240Z" fill="#54708a"/><path d="M110 96L84 128L104 136L118 122L132 134L134 122Z" fill="#fff"/>
<path d="M160 250L300 150L460 260V340H160Z" fill="#3d5c55"/><path d="M0 236H460V340H0Z" fill="#2f4f4a"/>
<path d="M210 340L224 236H240L264 340Z" fill="#d9c7a4"/><g fill="#3b2a20"><path d="M150 150H314V162H150ZM160 176H304V186H160Z"/>
<path d="M172 150H184V300H172ZM280 150H292V300H280Z"/></g></svg></main>`;

/** @type {Record<string, (() => string) | undefined>} */
const PAGES = {
	"/": () => html("はじめ", `<h1>outer zone</h1><p><a id="next" href="/second">次のページ</a></p>`),
	"/type": () => html("入力", `<textarea autofocus spellcheck="false"></textarea><p>外側のページ</p>`),
	"/second": () => html("二番目", `<body style="background:#14c8a0"><h1>二番目のページ</h1>`),
	"/long": () => html("長い", Array.from({ length: 200 }, (_, i) => `<p>${i + 1}. ${PARAGRAPH}</p>`).join("")),
	"/link": () => html("リンク", `<style>a{position:fixed;left:100px;top:100px;width:300px;height:80px}</style>` +
		`<a href="/second">クリック</a>`),
	"/cursor": () => html("カーソル", `<body style="cursor:crosshair;height:100vh">`),
	"/pattern": () => html("模様", `<body style="overflow:hidden">${patternCells().map(({ x, y, colour }) =>
		`<i style="position:absolute;left:${x - x % 8}px;top:${y - y % 8}px;width:8px;height:8px;background:rgb(${colour})"></i>`)
		.join("")}`),
	"/restless": () => html("落ち着かない", `<script>setTimeout(() => location.href = "/restless?" + Math.random(), 20)</script>`),
	"/article": () => html("街道と関所 ― 資料館", ARTICLE),
};

export class Site {
	/** @type {string[]} paths with their queries, in order of request; not the reports */
	requests = [];
	/** What each session's page told last. @type {Map<string, Report>} */
	reports = new Map();
	/** @type {http.Server} */
	#server = http.createServer((request, response) => this.#answer(request, response));
	url = "";
	/** What is no page, by its path. @type {Map<string, { type: string, body: Buffer | string, attachment?: boolean }>} */
	files = new Map();

	/** @param {string} address */
	static async start(address)
	{
		const site = new Site();
		await new Promise((resolve, reject) => {
			site.#server.on("error", reject);
			site.#server.listen(0, address, () => resolve(undefined));
		});
		const { port } = /** @type {import("node:net").AddressInfo} */ (site.#server.address());
		site.url = `http://${address}:${port}`;
		return site;
	}

	/** @param {http.IncomingMessage} request
	 * @param {http.ServerResponse} response */
	#answer(request, response)
	{
		const target = request.url ?? "/";
		if (request.method === "POST" && target === "/report") {
			/** @type {Buffer[]} */
			const parts = [];
			request.on("data", part => parts.push(part));
			request.on("end", () => {
				/** @type {Report} */
				const report = JSON.parse(Buffer.concat(parts).toString("utf8"));
				this.reports.set(report.who, report);
				response.end();
			});
			return;
		}
		if (target !== "/favicon.ico")
			this.requests.push(target);
		const { pathname } = new URL(target, "http://site"), file = this.files.get(pathname), page = PAGES[pathname];
		if (file) {
			response.writeHead(200, { "Content-Type": file.type, "Cache-Control": "no-store",
				...file.attachment ? { "Content-Disposition": "attachment" } : {} });
			response.end(file.body);
			return;
		}
		response.writeHead(page ? 200 : 404, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
		response.end(page?.() ?? html("無い", "<h1>404</h1>"));
	}

	async stop()
	{
		this.#server.closeAllConnections();
		await new Promise(resolve => this.#server.close(resolve));
	}
}
