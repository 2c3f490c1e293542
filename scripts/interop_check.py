#!/usr/bin/env python3
"""Compares the embeddings of angle and sentence-transformers, see interop_check.sh.

1. A model directory that angle trained, loaded by sentence-transformers.
2. A model directory that sentence-transformers fine-tuned and saved, loaded by angle.
"""
import argparse
import os
import pathlib
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from sentence_transformers import SentenceTransformer, losses

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "data" / "samples"
TOLERANCE = 1e-5


def fine_tune(base, directory, steps=10, batch_size=16):
    """A few steps on the sample pairs, enough that every weight moves."""
    model = SentenceTransformer(str(base), device="cpu")
    loss = losses.AnglELoss(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    rows = [line.split("\t") for line in (SAMPLES / "pairs_train.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    model.train()
    for step in range(steps):
        left, right, labels = zip(*rows[step * batch_size:(step + 1) * batch_size])
        features = [model.tokenize(list(texts)) for texts in (left, right)]
        loss(features, torch.tensor([float(label) / 5 for label in labels])).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save(str(directory))


def compare(name, angle, directory, work):
    """Embeds the sample texts with both; the largest difference must be within the tolerance."""
    texts = (SAMPLES / "texts.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    theirs = SentenceTransformer(str(directory), device="cpu").encode(texts, batch_size=16)
    file = work / f"{name}.npy"
    subprocess.run([angle, "embed", SAMPLES / "texts.txt", "--model", directory, "-o", file], check=True)
    ours = np.load(file)
    if ours.shape != theirs.shape:
        sys.exit(f"{name}: angle gives {ours.shape}, sentence-transformers {theirs.shape}")
    difference = np.abs(ours - theirs).max()
    print(f"{name}: {len(texts)} texts, largest difference {difference:.2e}")
    return difference <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("angle", "trained", "base", "work"):
        parser.add_argument(f"--{option}", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    saved = arguments.work / "by_sentence_transformers"
    fine_tune(arguments.base, saved)
    good = [compare("trained_by_angle", arguments.angle, arguments.trained, arguments.work),
            compare("trained_by_sentence_transformers", arguments.angle, saved, arguments.work)]
    if not all(good):
        sys.exit(f"a difference is more than {TOLERANCE}")


if __name__ == "__main__":
    main()
