// SPDX-License-Identifier: GPL-3.0-or-later
// Small PDFs for tests.

/** A PDF with so many pages, each with its number on it.
 * @param {number} pages */
export function pdf(pages)
{
	const kids = Array.from({ length: pages }, (_, i) => `${4 + 2 * i} 0 R`).join(" ");
	const objects = ["<< /Type /Catalog /Pages 2 0 R >>", `<< /Type /Pages /Count ${pages} /Kids [${kids}] >>`,
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"];
	for (let i = 1; i <= pages; i++) {
		const text = `BT /F 200 Tf 240 400 Td (${i}) Tj ET`;
		objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> /Contents ${objects.length + 2} 0 R >>`,
			`<< /Length ${text.length} >>\nstream\n${text}\nendstream`);
	}
	let file = "%PDF-1.4\n";
	const at = objects.map((object, i) => {
		const where = file.length;
		file += `${i + 1} 0 obj\n${object}\nendobj\n`;
		return where;
	});
	const table = at.map(n => `${String(n).padStart(10, "0")} 00000 n \n`).join("");
	return Buffer.from(`${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`);
}
