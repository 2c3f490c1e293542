#!/usr/bin/env python3
"""Draws the figures of docs/stability.md. Needs nothing but Python.

    bench/plot_stability.py study STUDY.tsv DIRECTORY        what build/release/bench/stability_study printed
    bench/plot_stability.py saturation DIRECTORY NAME=FILE…  what `angle saturation --json` printed
"""

import csv
import json
import math
import sys
from pathlib import Path

from svg_plot import Panel, figure, power

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
