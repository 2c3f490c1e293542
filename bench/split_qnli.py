#!/usr/bin/env python3
"""Splits QNLI's validation pairs for training on a CPU: its 104,743 training pairs are too many there.

    bench/split_qnli.py            writes runs/qnli_split/train.tsv and test.tsv, which configs/studies/objectives_qnli.json names

Three quarters of the questions go to train, the others to test; a question is in one of them only. The pairs come from
scripts/fetch_data.sh qnli.
"""
import os
import pathlib
import sys
import zlib

SOURCE = pathlib.Path(__file__).resolve().parent.parent


def split_qnli(data, folder):
    header, *rows = (data / "qnli" / "validation.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.tsv" for name in ("train", "test")}
    for name, path in files.items():
        kept = [row for row in rows if (zlib.crc32(row.split("\t")[0].encode()) % 4 == 0) == (name == "test")]
        path.write_text(header + "".join(kept), encoding="utf-8")
    return files["train"], files["test"]


def main():
    cache = pathlib.Path(os.environ.get("ANGLE_CACHE_DIR", pathlib.Path.home() / ".cache" / "angle"))
    data = pathlib.Path(os.environ.get("ANGLE_DATA_DIR", cache / "data"))
    if not (data / "qnli" / "validation.tsv").exists():
        sys.exit(f"{data}/qnli/validation.tsv: no such file; scripts/fetch_data.sh qnli fetches it")
    for path in split_qnli(data, SOURCE / "runs" / "qnli_split"):
        print(path.relative_to(SOURCE))


if __name__ == "__main__":
    main()
