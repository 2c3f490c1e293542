#!/usr/bin/env python3
"""Turns downloaded data sets into the files that `angle` reads; scripts/fetch_data.sh calls it.

    convert_dataset.py pairs    --columns text1,text2,label [--flip-label] --rows N --output train.tsv INPUT...
    convert_dataset.py triples  --columns sent0,sent1,hard_neg --output triples.jsonl.gz INPUT...
    convert_dataset.py labelled --columns sent0,sent1,hard_neg --output train.tsv INPUT...
    convert_dataset.py without  --rows N --output test_not_in_stsb.tsv test.tsv SEEN.tsv...

`pairs`: the header `sentence1 sentence2 score`, then a pair a line, tabs between; tabs and line ends within a text become
spaces. `labelled`: each triple as a pair with score 1 and one with score 0. `without`: the pairs of the first file of which
no text is in the others (ignoring case and punctuation). Inputs: .jsonl, .csv, .tsv, also .gz; .parquet with pyarrow.
"""
import argparse
import csv
import gzip
import itertools
import json
import os
import sys

HEADER = ("sentence1", "sentence2", "score")


def rows(path):
    """The rows of a file as dictionaries."""
    if path.endswith(".parquet"):
        from pyarrow import parquet
        yield from parquet.read_table(path).to_pylist()
        return
    opener = gzip.open if path.endswith(".gz") else open
    kind = os.path.splitext(path.removesuffix(".gz"))[1]
    with opener(path, "rt", encoding="utf-8", newline="" if kind == ".csv" else "\n") as file:
        if kind == ".jsonl":
            yield from map(json.loads, file)
        elif kind == ".csv":
            yield from csv.DictReader(file)
        else:
            names = next(file).rstrip("\n").split("\t")
            for line in file:
                yield dict(zip(names, line.rstrip("\n").split("\t"), strict=True))


def columns(paths, names):
    """The named columns of all rows of all files."""
    for path in paths:
        for number, row in enumerate(rows(path), start=1):
            missing = [name for name in names if row.get(name) is None]
            if missing:
                sys.exit(f"{path}: row {number} has no {missing[0]}; expected the columns {', '.join(names)}")
            yield [row[name] for name in names]


def one_line(text):
    return text.replace("\r\n", " ").replace("\t", " ").replace("\n", " ").replace("\r", " ")


def score(label, flip):
    """A gold label as the files write it."""
    number = float(label)
    if number not in (0, 1) if flip else not 0 <= number <= 5:
        sys.exit(f"the label {label} is not a gold label (expected {'0 or 1' if flip else '0 to 5'})")
    return str(1 - int(number)) if flip else str(label)


def write_pairs(path, pairs):
    """Writes the pairs and returns their number."""
    count = 0
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for pair in itertools.chain([HEADER], pairs):
            print(*pair, sep="\t", file=file)
            count += 1
    return count - 1


def pairs(arguments):
    scored = columns(arguments.inputs, arguments.columns.split(","))
    return write_pairs(arguments.output, ((one_line(left), one_line(right), score(label, arguments.flip_label))
                                          for left, right, label in scored))


def triples(arguments):
    count = 0
    with gzip.open(arguments.output, "wt", encoding="utf-8") as file:
        for triple in columns(arguments.inputs, arguments.columns.split(",")):
            print(json.dumps(dict(zip(("anchor", "positive", "negative"), triple)), ensure_ascii=False), file=file)
            count += 1
    return count


def labelled(arguments):
    def both():
        for anchor, positive, negative in columns(arguments.inputs, arguments.columns.split(",")):
            yield one_line(anchor), one_line(positive), 1
            yield one_line(anchor), one_line(negative), 0
    return write_pairs(arguments.output, both())


def without(arguments):
    def key(text):
        return "".join(filter(str.isalnum, text.lower()))
    tested, *seen_files = arguments.inputs
    seen = {key(text) for left, right, _ in columns(seen_files, HEADER) for text in (left, right)}
    return write_pairs(arguments.output, (pair for pair in columns([tested], HEADER)
                                          if key(pair[0]) not in seen and key(pair[1]) not in seen))


FORMS = {"pairs": pairs, "triples": triples, "labelled": labelled, "without": without}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", choices=FORMS)
    parser.add_argument("--columns")
    parser.add_argument("--flip-label", action="store_true", help="0 becomes 1 and 1 becomes 0")
    parser.add_argument("--rows", type=int, help="fail unless there are so many")
    parser.add_argument("--output", required=True)
    parser.add_argument("inputs", nargs="+")
    arguments = parser.parse_args()
    count = FORMS[arguments.form](arguments)
    if arguments.rows is not None and count != arguments.rows:
        sys.exit(f"expected {arguments.rows} rows, found {count}")
    print(count)


if __name__ == "__main__":
    main()
