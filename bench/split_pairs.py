#!/usr/bin/env python3
"""Splits pairs where a task lacks a split that training on a CPU needs.

    bench/split_pairs.py            writes runs/qnli_split and runs/mrpc_split, which the studies in configs/studies name

QNLI's 104,743 training pairs are too many for a CPU: of its validation pairs those of three quarters of the questions go to
train.tsv, the others to test.tsv. Neither QNLI nor MRPC has a split left to choose a configuration by: of their training pairs those
of four fifths of the first texts go to fit.tsv, the others to choose.tsv. A first text is in one file only of a pair of files. The
pairs come from scripts/fetch_data.sh qnli mrpc.
"""
import zlib

from places import SOURCE, data_directory, data_file


def checksum_of_first_text(row):
    return zlib.crc32(row.split("\t")[0].encode())


def split(source, folder, names, is_second):
    """Writes the rows of a .tsv to folder/NAME.tsv, by is_second(checksum of the first text); returns the paths of the two."""
    header, *rows = source.read_text(encoding="utf-8").split("\n")[:-1]
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.tsv" for name in names]
    for second, path in enumerate(files):
        kept = [header, *(row for row in rows if is_second(checksum_of_first_text(row)) == bool(second))]
        path.write_text("".join(row + "\n" for row in kept), encoding="utf-8")
    return tuple(files)


def split_qnli(data, folder):
    return split(data_file(data, "qnli/validation.tsv"), folder, ("train", "test"), lambda checksum: checksum % 4 == 0)


def split_to_choose_by(train, folder):
    return split(train, folder, ("fit", "choose"), lambda checksum: checksum // 4 % 5 == 0)


def main():
    data, runs = data_directory(), SOURCE / "runs"
    qnli = split_qnli(data, runs / "qnli_split")
    paths = [*qnli, *split_to_choose_by(qnli[0], runs / "qnli_split"),
             *split_to_choose_by(data_file(data, "mrpc/train.tsv"), runs / "mrpc_split")]
    for path in paths:
        print(path.relative_to(SOURCE))


if __name__ == "__main__":
    main()
