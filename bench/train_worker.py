#!/usr/bin/env python3
"""One peer of `angle train`, timed on demand: for each line on stdin it trains an epoch and prints the seconds that took.

    train_worker.py PEER MODEL_DIRECTORY PAIRS.tsv --threads 2

Pairs are files of scripts/fetch_data.sh. Loading is not counted. The recipe is that of configs/stsb_minilm.json.
With --score FILE.tsv it trains once and prints {"before": …, "after": …, "seconds": …} instead: Spearman × 100 on that file.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

os.environ.update(HF_HUB_OFFLINE="1", WANDB_DISABLED="true", CUDA_VISIBLE_DEVICES="")
import numpy as np
import torch

from harness import serve

LEARNING_RATE = 2e-5
WARMUP_STEPS = 18


def read_pairs(path):
    rows = [line.split("\t") for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()[1:]]
    return [(left, right, float(score)) for left, right, score in rows]


def angle_emb(model_directory, pairs, args):
    from angle_emb import AnglE
    from datasets import Dataset
    model = AnglE.from_pretrained(str(model_directory), max_length=128, pooling_strategy="mean")
    data = Dataset.from_list([{"text1": left, "text2": right, "label": score} for left, right, score in pairs])
    loss = {"cosine_w": 1, "ibn_w": 0, "angle_w": 0.02, "cosine_tau": 20, "ibn_tau": 20, "angle_tau": 20}

    def train():
        model.fit(train_ds=data, output_dir=tempfile.mkdtemp(), batch_size=args.batch_size, epochs=args.epochs,
                  learning_rate=LEARNING_RATE, warmup_steps=WARMUP_STEPS, loss_kwargs=loss, fp16=False, save_steps=0, eval_steps=0,
                  logging_steps=1000, argument_kwargs={"report_to": "none", "use_cpu": True, "seed": args.seed})

    def encode(texts):
        return np.concatenate([model.encode(texts[i:i + 64], to_numpy=True) for i in range(0, len(texts), 64)])
    return train, encode


def sentence_transformers(model_directory, pairs, args, bfloat16):
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments, losses
    model = SentenceTransformer(str(model_directory), device="cpu")
    largest = max(score for _, _, score in pairs)
    data = Dataset.from_list([{"sentence1": left, "sentence2": right, "score": score / largest} for left, right, score in pairs])
    options = SentenceTransformerTrainingArguments(
        output_dir=tempfile.mkdtemp(), num_train_epochs=args.epochs, per_device_train_batch_size=args.batch_size, bf16=bfloat16,
        learning_rate=LEARNING_RATE, warmup_steps=WARMUP_STEPS, report_to="none", save_strategy="no", use_cpu=True,
        logging_steps=1000, seed=args.seed)

    def train():
        SentenceTransformerTrainer(model, options, train_dataset=data, loss=losses.AnglELoss(model)).train()
    return train, lambda texts: model.encode(texts, batch_size=64, show_progress_bar=False)


def spearman(encode, path):
    from scipy.stats import spearmanr
    pairs = read_pairs(path)
    left, right = encode([pair[0] for pair in pairs]), encode([pair[1] for pair in pairs])
    cosine = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    return round(100 * float(spearmanr(cosine, [pair[2] for pair in pairs])[0]), 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=["angle_emb-float32", "sentence-transformers-float32", "sentence-transformers-bfloat16"])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pairs", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--score", type=pathlib.Path, help="pairs with scores to evaluate on")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    results, sys.stdout = sys.stdout, sys.stderr  # the libraries print progress
    pairs = read_pairs(args.pairs)
    if args.peer == "angle_emb-float32":
        train, encode = angle_emb(args.model, pairs, args)
    else:
        train, encode = sentence_transformers(args.model, pairs, args, args.peer.endswith("bfloat16"))
    if args.score:
        before, start = spearman(encode, args.score), time.perf_counter()
        train()
        seconds = round(time.perf_counter() - start, 1)
        print(json.dumps({"before": before, "after": spearman(encode, args.score), "seconds": seconds}), file=results, flush=True)
        return
    serve(train, answers=results)


if __name__ == "__main__":
    main()
