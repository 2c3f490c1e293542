#!/usr/bin/env python3
"""Splits QNLI's validation pairs for training on a CPU: its 104,743 training pairs are too many there.

    bench/split_qnli.py            writes runs/qnli_split/train.tsv and test.tsv, which configs/studies/objectives_qnli.json names

Three quarters of the questions go to train, the others to test; a question is in one of them only. The pairs come from
scripts/fetch_data.sh qnli.
"""
import zlib

from places import SOURCE, data_directory, data_file


def split_qnli(data, folder):
    header, *rows = data_file(data, "qnli/validation.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.tsv" for name in ("train", "test")}
    for name, path in files.items():
        kept = [header, *(row for row in rows if (zlib.crc32(row.split("\t")[0].encode()) % 4 == 0) == (name == "test"))]
        path.write_text("".join(row + "\n" for row in kept), encoding="utf-8")
    return files["train"], files["test"]


def main():
    for path in split_qnli(data_directory(), SOURCE / "runs" / "qnli_split"):
        print(path.relative_to(SOURCE))


if __name__ == "__main__":
    main()
