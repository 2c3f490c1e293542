#!/usr/bin/env python3
"""Draws the figures of docs/stability.md. Needs nothing but Python.

    bench/plot_stability.py study STUDY.tsv DIRECTORY        what build/release/bench/stability_study printed
    bench/plot_stability.py saturation DIRECTORY NAME=FILE…  what `angle saturation --json` printed
"""

import csv
import json
import math
import sys
from html import escape
from pathlib import Path

STYLE = """<style>
text { font: 12px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 13px }
.axis { stroke: #57606a; fill: none } .grid { stroke: #d0d7de; fill: none } .back { fill: #ffffff }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #1a7f37; fill: #1a7f37 }
.c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #bf3989; fill: #bf3989 }
polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .axis { stroke: #9198a1 } .grid { stroke: #3d444d } .back { fill: #0d1117 }
  .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 }
  .c3 { stroke: #bc8cff; fill: #bc8cff } .c4 { stroke: #f778ba; fill: #f778ba }
}
</style>"""
WIDTH, HEIGHT = 360, 250  # of a panel, in pixels
LEFT, TOP, BOTTOM = 58, 30, 44  # of these, before and around the plot


def text(x, y, content, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(content)}</text>'


def power(exponent):
    digits = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return "10" + digits


class Panel:
    """A plot with a logarithmic y axis and an x axis of named places."""

    def __init__(self, title, x_name, places, y_range, not_finite=False):
        self.places, self.low, self.high = places, math.log10(y_range[0]), math.log10(y_range[1])
        self.parts = [text(LEFT, 16, title, "start", 'class="title"')]
        self.parts.append(text(LEFT + self.plot_width() / 2, HEIGHT - 6, x_name))
        self._draw_axes(not_finite)

    @staticmethod
    def plot_width():
        return WIDTH - LEFT - 12

    def x(self, place):
        return LEFT + (place + 0.5) * self.plot_width() / len(self.places)

    def y(self, value):
        share = (math.log10(max(value, 10**self.low)) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - min(share, 1) * (HEIGHT - BOTTOM - TOP)

    def _draw_axes(self, not_finite):
        step = 1 if self.high - self.low <= 7 else 3
        for exponent in range(math.ceil(self.low), math.floor(self.high) + 1, step):
            y = self.y(10.0**exponent)
            self.parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}h{self.plot_width()}"/>')
            top = not_finite and exponent + step > self.high
            self.parts.append(text(LEFT - 6, y + 4, "NaN, Inf" if top else power(exponent), "end"))
        self.parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}h{self.plot_width()}"/>')
        every = math.ceil(len(self.places) / 8)
        for place, name in enumerate(self.places):
            if place % every == 0:
                self.parts.append(text(self.x(place), HEIGHT - BOTTOM + 15, name))

    def line(self, values, colour):
        """A value for each place; None where there is none, infinity at the top, marked."""
        points = []
        for place, value in enumerate(values):
            if value is None:
                continue
            x, y = self.x(place), self.y(min(value, 10**self.high))
            points.append(f"{x:.1f},{y:.1f}")
            if math.isinf(value):
                self.parts.append(f'<path class="c{colour}" stroke-width="2" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8"/>')
            else:
                self.parts.append(f'<circle class="c{colour}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>')
        self.parts.append(f'<polyline class="c{colour}" points="{" ".join(points)}"/>')


def figure(panels, legends, columns=2):
    """Panels in rows, each with its own legend, a list of (colour, name)."""
    legend_height = 18 * max(len(legend) for legend in legends) + 8
    cell = HEIGHT + legend_height
    rows = math.ceil(len(panels) / columns)
    width, height = WIDTH * min(columns, len(panels)), cell * rows
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">']
    out += [STYLE, f'<rect class="back" width="{width}" height="{height}"/>']
    for i, (panel, legend) in enumerate(zip(panels, legends)):
        out.append(f'<g transform="translate({i % columns * WIDTH} {i // columns * cell})">')
        out += panel.parts
        for k, (colour, name) in enumerate(legend):
            y = HEIGHT + 18 * k + 6
            out.append(f'<path class="c{colour}" stroke-width="3" d="M{LEFT} {y}h22"/>')
            out.append(text(LEFT + 30, y + 4, name, "start"))
        out.append("</g>")
    return "\n".join(out + ["</svg>"]) + "\n"


SIMILARITIES = ["cosine", "angle_emb", "hermitian", "phase"]


class Study:
    def __init__(self, file):
        with open(file, encoding="utf-8") as stream:
            self.rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))

    def select(self, **fields):
        return [row for row in self.rows if all(row[name] == value for name, value in fields.items())]

    def handlings(self, similarity):
        return list(dict.fromkeys(row["handling"] for row in self.select(similarity=similarity)))


def name_of(parameter):
    value = float(parameter)
    exponent = math.log10(value) if value > 0 else 0
    return power(round(exponent)) if value > 0 and abs(exponent) > 0.5 else f"{value:g}"


def gradient_error(row):
    bad = int(row["not_finite_gradients"]) + int(row["not_finite_scores"])
    return math.inf if bad else max(float(row["gradient_error"]), 1e-18)


def error_figure(study, number_format, case, x_name, y_range):
    panels, legends = [], []
    for similarity in SIMILARITIES:
        rows = study.select(similarity=similarity, format=number_format, case=case)
        parameters = sorted({row["parameter"] for row in rows}, key=float)
        panel = Panel(f"{similarity}: error of the gradient, {number_format}", x_name, [name_of(p) for p in parameters], y_range, True)
        legend = []
        # Ours last, so that it lies above the others.
        for colour, handling in reversed(list(enumerate(study.handlings(similarity)))):
            by_parameter = {row["parameter"]: gradient_error(row) for row in rows if row["handling"] == handling}
            panel.line([by_parameter.get(p) for p in parameters], colour)
            legend.insert(0, (colour, handling))
        panels.append(panel)
        legends.append(legend)
    return figure(panels, legends)


def claim_figure(study):
    rows = study.select(format="float64", case="angle")
    parameters = sorted({row["parameter"] for row in rows}, key=float)[1:]
    panel = Panel("length of the gradient by direction", "angle between the embeddings (radians)",
                  [name_of(p) for p in parameters], (1e-9, 10))
    names = SIMILARITIES + ["arc"]
    for colour, similarity in enumerate(names):
        by_parameter = {row["parameter"]: float(row["exact_gradient"]) for row in rows if row["similarity"] == similarity}
        panel.line([by_parameter[p] for p in parameters], colour)
    legend = list(enumerate(["cosine", "angle_emb", "hermitian", "phase", "arc: −acos(cosine)"]))
    return figure([panel], [legend])


def draw_study(file, directory):
    study = Study(file)
    (directory / "gradients_small_angle.svg").write_text(claim_figure(study))
    figures = {"small_angle": ("angle", "angle between the embeddings (radians)"),
               "norms": ("norm", "length of the embeddings")}
    for name, (case, x_name) in figures.items():
        svg = error_figure(study, "float32", case, x_name, (1e-9, 1e6))
        (directory / f"error_{name}_float32.svg").write_text(svg)


def draw_saturation(directory, files):
    reports = {name: json.loads(Path(file).read_text()) for name, file in files}
    used = [k for k, column in enumerate(zip(*(r["bins"] for r in reports.values()))) if any(b["pairs"] for b in column)]
    bins = {name: report["bins"][used[0]:] for name, report in reports.items()}
    places = [f"{entry['above']:g}" for entry in next(iter(bins.values()))]

    share = Panel("share of the pairs", "cosine above …", places, (1e-3, 1))
    for colour, name in enumerate(bins):
        share.line([entry["pairs"] / reports[name]["pairs"] or None for entry in bins[name]], colour)
    (directory / "stsb_cosines.svg").write_text(figure([share], [list(enumerate(bins))]))

    panels, legends = [], []
    for name, entries in bins.items():
        panel = Panel(name, "gradient by an embedding; cosine above …", places, (1e-6, 10))
        for colour, term in enumerate(("cosine", "in_batch", "angle")):
            panel.line([entry["objective_gradient"][term] for entry in entries], colour)
        panels.append(panel)
        legends.append(list(enumerate(("cosine objective", "in-batch objective", "angle objective"))))
    (directory / "stsb_gradients.svg").write_text(figure(panels, legends))


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "study":
        draw_study(arguments[1], Path(arguments[2]))
    elif len(arguments) >= 3 and arguments[0] == "saturation" and all("=" in a for a in arguments[2:]):
        draw_saturation(Path(arguments[1]), [a.split("=", 1) for a in arguments[2:]])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
