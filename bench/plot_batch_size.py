#!/usr/bin/env python3
"""What `angle study` found out about batch sizes: a table, and a figure. Needs nothing but Python.

    bench/plot_batch_size.py STUDY.json… > docs/batch_size.svg    the table goes to stderr

A study's rows are batch sizes with some learning rates each (configs/studies/batch_size_*.json); its first task chooses the rate, its
second one is reported. Studies of the same configuration, each with some of the rows, are taken as one.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from svg_plot import Panel, figure


def by_size(files):
    """{batch size: [(learning rate, score that chooses, score that tells, its deviation)]}, in order."""
    sizes = defaultdict(list)
    for file in files:
        study = json.loads(Path(file).read_text(encoding="utf-8"))
        chooses, tells = ({row["name"]: row for row in task["rows"]} for task in study["tasks"][:2])  # no average of both
        for row in study["rows"]:
            train, name = row["config"]["train"], row["name"]
            if name in tells and tells[name]["scores"]:
                told = tells[name]
                sizes[train["batch_size"]].append(
                    (train["learning_rate"], 100 * chooses[name]["mean"], 100 * told["mean"], 100 * (told["deviation"] or 0)))
    return {size: sorted(sizes[size]) for size in sorted(sizes)}


def chosen(runs):
    return max(runs, key=lambda run: run[1])


def print_table(sizes, names):
    print(f"| batch | learning rates: {names[0]} | chosen | {names[1]} |\n|---:|---|---:|---:|", file=sys.stderr)
    for size, runs in sizes.items():
        tried = ", ".join(f"{rate:g}: {score:.2f}" for rate, score, _, _ in runs)
        rate, _, score, deviation = chosen(runs)
        print(f"| {size} | {tried} | {rate:g} | {score:.2f}{f' ± {deviation:.2f}' if deviation else ''} |", file=sys.stderr)


def short(rate):
    """`2e-5`, `1.6e-4`."""
    digits, exponent = f"{rate:.1e}".split("e")
    return f"{float(digits):g}e{int(exponent)}"


def draw(sizes, names):
    rates = sorted({rate for runs in sizes.values() for rate, *_ in runs})
    by_rate = {f"{size:,}": dict((rate, score) for rate, score, *_ in runs) for size, runs in sizes.items()}
    best = [(name, [chosen(runs)[at] for runs in sizes.values()]) for at, name in ((1, names[0]), (2, names[1]))]
    every = [(name, [scores.get(rate) for rate in rates]) for name, scores in by_rate.items()]
    drawn = [score for _, values in best + every for score in values if score is not None]
    panels, legends = [], []

    def panel(title, x_name, places, lines):
        panels.append(Panel(title, x_name, places, (min(drawn) - 0.3, max(drawn) + 0.3), linear=True))
        for colour, (_, values) in enumerate(lines):
            panels[-1].line(values, colour)
        legends.append([(colour, name) for colour, (name, _) in enumerate(lines)])

    panel("Spearman × 100, the rate chosen by the first", "pairs in a batch", list(by_rate), best)
    ticks = [short(rate) if place % 2 == 0 else "" for place, rate in enumerate(rates)]  # all of them would overlap
    panel(f"{names[0]}, by pairs in a batch", "learning rate", ticks, every)
    return figure(panels, legends)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    first = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names = [task["task"] for task in first["tasks"]]
    sizes = by_size(sys.argv[1:])
    print_table(sizes, names)
    sys.stdout.write(draw(sizes, names))


if __name__ == "__main__":
    main()
