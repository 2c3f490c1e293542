#!/usr/bin/env python3
"""Prints one table of what scripts/gpu_check.sh found, from the directory that it wrote to. Exits with 1 when a check failed."""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

LOSS_TOLERANCE = 1e-3  # relative, between one process and several


def test_rows(report):
    """What the cases of the GoogleTest report measured, and how each of them ended."""
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if skip is not None:
            verdict = "skipped: " + " ".join((skip.get("message") or "").split("\n", 1)[-1].split())
        else:
            verdict = "FAILED" if case.find("failure") is not None else "ok"
        name = f"{case.get('classname')}.{case.get('name')}"
        rows = [tuple(entry.get("value").split("|", 1)) for entry in case.iter("property")]
        names = [entry.get("name") for entry in case.iter("property")]
        yield name, "", "", verdict
        for what, (measured, expected) in zip(names, rows):
            yield "  " + what, measured, expected, ""


def losses(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def process_rows(results):
    name = "one process on each GPU"
    if not (results / "alone").exists():
        yield name, "", "", "skipped: fewer than two GPUs"
        return
    try:
        alone, together = losses(results / "alone"), losses(results / "together")
    except OSError as error:
        yield name, "", "", f"FAILED: {error}"
        return
    pairs = list(zip(alone, together))
    worst = max((abs(a - b) / abs(a) for a, b in pairs), default=float("inf"))
    complete = len(alone) == len(together)
    yield name, "", "", "ok" if complete and worst <= LOSS_TOLERANCE else "FAILED"
    yield f"  losses of {len(pairs)} steps, against one process", f"{worst:.2e}", f"≤ {LOSS_TOLERANCE:.0e}", ""


def main():
    results = pathlib.Path(sys.argv[1])
    report = results / "gpu_test.xml"
    if report.exists():
        rows = list(test_rows(report))
    else:
        rows = [("gpu_test", "", "", "FAILED: it did not come to its end")]
    rows += process_rows(results)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    sys.exit(any(row[3].startswith("FAILED") for row in rows))


if __name__ == "__main__":
    main()
