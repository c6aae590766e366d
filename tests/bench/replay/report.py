# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a run as one table and as a chart."""
import statistics

ORDER = ["idle", "read", "scroll", "type", "images", "video", "mixed"]
BARE = "xvfb-bare"
OURS = "sekisho"
PARTS = ["capture", "decoder", "encoder"]  # what is compared with the peers' servers; broker and renderd stand apart


def place(workload):
    return ORDER.index(workload) if workload in ORDER else len(ORDER)


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def line(row):
    """One measurement, as it comes in."""
    if "latency" in row:
        return f"  {row['peer']:22} {row['latency']:7} delay {row['p50_ms']} / {row['p95_ms']} ms ({row['seen']} of {row['painted']})"
    fidelity = row["fidelity"]
    cpu = " ".join(f"{name} {s:.2f}" for name, s in sorted(row["cpu"].items()))
    return (f"  {row['peer']:22} {row['workload']:7} {row['bytes'] / 1e6:8.3f} MB  {row['updates_per_s']:6.1f}/s  cpu {cpu}  "
            f"moving {psnr(fidelity, 'mid1')},{psnr(fidelity, 'mid2')} end {psnr(fidelity, 'end')} still {psnr(fidelity, 'settled')}  "
            f"late {row['play_late_max_ms']:.0f} ms x{row['play_late_records']}")


def psnr(fidelity, name):
    f = fidelity.get(name)
    if not f:
        return "-"
    return "exact" if f["exact"] else f"{f['psnr']:.1f}"


def worst(fidelity, names):
    values = [fidelity[n] for n in names if fidelity.get(n)]
    if not values:
        return None
    return min(100.0 if v["exact"] else v["psnr"] for v in values)


def summary(document):
    """(workload, peer) -> medians over the repetitions, in units for people."""
    rows = [r for r in document["rows"] if "workload" in r]
    bare = {w: median([sum(r["cpu"].values()) for r in rows if r["peer"] == BARE and r["workload"] == w])
            for w in {r["workload"] for r in rows}}
    result = {}
    for key in dict.fromkeys((r["workload"], r["peer"]) for r in rows if r["peer"] != BARE):
        mine = [r for r in rows if (r["workload"], r["peer"]) == key]
        own = bare[key[0]] or 0.0

        def cpu(row, names=None):
            if names is None:
                return sum(row["cpu"].values()) - own
            return sum(row["cpu"].get(n, 0.0) for n in names)
        result[key] = {
            "mb": median([r["bytes"] / 1e6 for r in mine]),
            "payload_mb": median([r["payload_bytes"] / 1e6 for r in mine if "payload_bytes" in r]),
            "host_mb": median([r["host_bytes"] / 1e6 for r in mine if "host_bytes" in r]),
            "cpu_s": median([cpu(r, PARTS) if key[1] == OURS else cpu(r) for r in mine]),
            "all_s": median([cpu(r) for r in mine]),
            "parts_s": {n: median([cpu(r, [n]) - (own if n == "xvfb" else 0) for r in mine]) for n in sorted({n for r in mine for n in r["cpu"]})},
            "updates_per_s": median([r["updates_per_s"] for r in mine]),
            "moving": median([worst(r["fidelity"], ["mid1", "mid2"]) for r in mine]),
            "end": median([worst(r["fidelity"], ["end"]) for r in mine]),
            "still": median([worst(r["fidelity"], ["settled"]) for r in mine]),
            "exact_ms": median([r["last_ms"] for r in mine if "last_ms" in r and (worst(r["fidelity"], ["settled"]) or 0) >= 99.995]),
            "peak_mb": median([sum(r["peak_mb"].values()) for r in mine]),
            "late_ms": median([r["play_late_max_ms"] for r in mine]),
        }
    return result


def latencies(document):
    result = {}
    for row in document["rows"]:
        if "latency" in row:
            result.setdefault((row["latency"], row["peer"]), []).append(row)
    return {key: {"p50": median([r["p50_ms"] for r in rows]), "p95": median([r["p95_ms"] for r in rows]),
                  "seen": f"{sum(r['seen'] for r in rows)}/{sum(r['painted'] for r in rows)}"} for key, rows in result.items()}


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def decibel(value):
    return "-" if value is None else "exact" if value >= 99.995 else f"{value:.1f}"


def table(document):
    figures, delays = summary(document), latencies(document)
    head = ["workload", "peer", "MB", "payload MB", "host MB", "CPU s", "all CPU s", "upd/s", "moving dB", "end", "still", "exact ms", "peak MB",
            "delay p50", "p95 ms", "late ms"]
    lines = [head]
    workloads = list(dict.fromkeys([w for w, _ in figures] + [w for w, _ in delays]))
    workloads.sort(key=place)
    for w in workloads:
        names = dict.fromkeys([p for x, p in list(figures) + list(delays) if x == w])
        for p in names:
            f, d = figures.get((w, p), {}), delays.get((w, p), {})
            lines.append([w, p, number(f.get("mb"), 3), number(f.get("payload_mb"), 3), number(f.get("host_mb"), 3), number(f.get("cpu_s")),
                          number(f.get("all_s")), number(f.get("updates_per_s"), 1), decibel(f.get("moving")), decibel(f.get("end")),
                          decibel(f.get("still")), number(f.get("exact_ms"), 0), number(f.get("peak_mb"), 0), number(d.get("p50"), 1), number(d.get("p95"), 1),
                          number(f.get("late_ms"), 0)])
    widths = [max(len(l[i]) for l in lines) for i in range(len(head))]
    text = []
    for i, cells in enumerate(lines):
        if i and cells[0] != lines[i - 1][0]:
            text.append("-" * (sum(widths) + 2 * len(widths)))
        text.append("  ".join(c.ljust(widths[k]) if k < 2 else c.rjust(widths[k]) for k, c in enumerate(cells)))
    text.append("")
    text += against(document)
    text.append("")
    for w in workloads:
        f = figures.get((w, OURS))
        if f:
            text.append(f"{OURS} {w}: " + ", ".join(f"{n} {number(s)} s" for n, s in f["parts_s"].items()))
    for row in document["rows"]:
        for process, shares in row.get("profile", {}).items():
            text.append(f"{row['workload']} {process}: " + "; ".join(shares[:8]))
    text.append("")
    text.append("MB: TCP payload to the client (with TLS and WebSocket for sekisho and RDP); payload: our frames alone. CPU: capture + decoder + "
                "encoder for sekisho,\nall of the server above a bare Xvfb for the others; all CPU: with broker, renderd and the X server's "
                "share. dB: worst of two moments in motion,\n0.25 s after the end, and when still. exact: from the last change until the client had the last of it. late: how far the player fell behind.")
    for r in document["rows"]:
        if "error" in r:
            text.append(f"failed: {r['peer']} {r['error']}")
    return "\n".join(text)


# what we want to be, against the best peer of the same run: bytes, CPU (x), and delays in ms (p50, p95)
TARGETS = {"read": (0.7, 1.0), "scroll": (0.5, 0.5), "type": (0.7, 1.0), "images": (0.5, 0.7), "video": (1.0, 1.5), "mixed": (0.5, 0.7)}
EXACT_TARGET_MS = 1000
DELAY_TARGETS = {"idle": (3, 5), "scroll": (10, 20), "video": (10, 16)}


def keep_up(figures, workload, names):
    """Those of the peers that deliver no fewer pictures than TigerVNC without loss: who leaves out half of them has half to do."""
    least = figures.get((workload, "tigervnc-lossless"), {}).get("updates_per_s")
    return [] if least is None else [p for p in names if figures[workload, p]["updates_per_s"] >= 0.9 * least]


def markdown(document):
    """What docs/BENCHMARKS.md takes as it is."""
    text = table(document).split("\n\n")
    load = " ".join(f"{x:.1f}" for x in document["load"])
    return (f"Set {document['set']} at 1920x1080, {document['date']}, commit {document['commit']}; {document['cores']} cores, {document['cpu']}, kernel "
            f"{document['kernel']}, load {load} at the end.\n\n" + "\n\n".join(f"```\n{part.strip()}\n```" for part in text) + "\n")


def against(document):
    """One line for each target: ours, the best peer's, the factor, met or missed."""
    figures, delays = summary(document), latencies(document)
    lines = []

    def compare(workload, what, field, names, target):
        ours = figures[workload, OURS][field]
        best = min((figures[workload, p][field], p) for p in names)
        if best[0] > 0:
            factor = ours / best[0]
            lines.append(f"{workload:7} {what:32} {ours:8.3f}  {best[0]:8.3f} {best[1]:20} x {factor:5.2f}  wanted x {target:.2f}  "
                         f"{'met' if factor <= target else 'missed'}")
    for workload, (bytes_x, cpu_x) in TARGETS.items():
        others = [p for w, p in figures if w == workload and p != OURS]
        exact = [p for p in others if (figures[workload, p]["still"] or 0) >= 99.995]
        lossy = [p for p in others if p not in exact]
        if (workload, OURS) not in figures or not others:
            continue
        if exact and workload != "video":
            compare(workload, "MB, exact when still", "mb", exact, bytes_x)
        if lossy and workload == "video":
            compare(workload, "MB, lossy when still", "mb", lossy, bytes_x)
        compare(workload, "CPU s", "cpu_s", others, cpu_x)
        brisk = keep_up(figures, workload, others)
        if brisk and len(brisk) < len(others):
            if [p for p in lossy if p in brisk] and workload == "video":
                compare(workload, "  of those that keep up, MB", "mb", [p for p in lossy if p in brisk], bytes_x)
            compare(workload, "  of those that keep up, CPU s", "cpu_s", brisk, cpu_x)
        exact_ms = figures[workload, OURS]["exact_ms"]
        if exact_ms is not None:
            lines.append(f"{workload:7} {'exact after, ms':32} {exact_ms:8.0f}  {'':8} {'':20} wanted {EXACT_TARGET_MS:6d}   "
                         f"{'met' if exact_ms <= EXACT_TARGET_MS else 'missed':>9}")
        tiger = figures.get((workload, "tigervnc-lossless"))
        if tiger:
            ours = figures[workload, OURS]["updates_per_s"]
            lines.append(f"{workload:7} {'updates/s, at least as many':32} {ours:8.1f}  {tiger['updates_per_s']:8.1f} {'tigervnc-lossless':20} "
                         f"{'met' if ours >= tiger['updates_per_s'] * 0.98 else 'missed':>26}")
    for where, limits in DELAY_TARGETS.items():
        ours = delays.get((where, OURS))
        if not ours:
            continue
        for field, limit in zip(("p50", "p95"), limits):
            best = min(((d[field], p) for (w, p), d in delays.items() if w == where and p != OURS and d[field] is not None), default=None)
            met = ours[field] is not None and ours[field] <= limit
            lines.append(f"{where:7} {'delay ' + field + ', ms':32} {number(ours[field]):>8}  {number(best and best[0]):>8} {best[1] if best else '-':20} "
                         f"wanted {limit:7.2f}  {'met' if met else 'missed':>9}")
    return lines


COLOURS = ["#0b6e4f", "#7a8b99", "#a9b7c0", "#c98b2b", "#b5523b", "#6d5a9c", "#8f7a5c", "#4d7ea8"]


def chart(document):
    """Small multiples: rows are measures, columns are workloads, one bar for each peer. Each cell has its own scale."""
    figures, delays = summary(document), latencies(document)
    names = list(dict.fromkeys([p for _, p in list(figures) + list(delays)]))
    workloads = sorted(dict.fromkeys([w for w, _ in figures]), key=place)
    places = [w for w in ["idle", *workloads] if any(x == w for x, _ in delays)]
    measures = [("bytes to the client, MB", workloads, lambda w, p: figures.get((w, p), {}).get("mb")),
                ("server CPU, s", workloads, lambda w, p: figures.get((w, p), {}).get("cpu_s")),
                ("updates per second", workloads, lambda w, p: figures.get((w, p), {}).get("updates_per_s")),
                ("delay paint to pixel, p95 ms", places, lambda w, p: delays.get((w, p), {}).get("p95"))]
    bar, gap, cell_w, left, top = 13, 3, 190, 16, 46 + 18 * ((len(names) + 4) // 5)
    cell_h = len(names) * (bar + gap) + 34
    width = left + cell_w * max(len(workloads), len(places), 5) + 10
    height = top + len(measures) * (cell_h + 26) + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="20" font-size="15">Recorded browsing, set {document["set"]}, commit {document["commit"]}, {document["date"]}</text>']
    for i, name in enumerate(names):
        x, y = left + (i % 5) * 180, 34 + 18 * (i // 5)
        out.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{COLOURS[i % len(COLOURS)]}"/><text x="{x + 15}" y="{y + 9}">{name}</text>')
    y = top
    for title, columns, value in measures:
        out.append(f'<text x="{left}" y="{y + 14}" font-size="13" font-weight="bold">{title}</text>')
        for k, w in enumerate(columns):
            x = left + k * cell_w
            values = [value(w, p) for p in names]
            most = max([v for v in values if v is not None] + [1e-9])
            out.append(f'<text x="{x}" y="{y + 32}" fill="#444">{w}</text>')
            for i, v in enumerate(values):
                if v is None:
                    continue
                by = y + 38 + i * (bar + gap)
                length = max(1, (cell_w - 74) * max(v, 0) / most)
                out.append(f'<rect x="{x}" y="{by}" width="{length:.1f}" height="{bar}" fill="{COLOURS[i % len(COLOURS)]}"/>'
                           f'<text x="{x + length + 4:.1f}" y="{by + bar - 3}">{v:.3g}</text>')
        y += cell_h + 26
    out.append("</svg>")
    return "\n".join(out) + "\n"
