#!/usr/bin/env python3
"""Trains all-MiniLM-L6-v2 with angle and with its peers on the same pairs with the same recipe and several seeds, and prints a table
of Spearman × 100, mean ± standard deviation.

    scripts/benchmark.sh quality --tasks stsb,mrpc,qnli --seeds 5

The recipe is that of configs/stsb_minilm.json, and the model of the last step is scored for everyone: no choice by validation. STS-B: 4
epochs, scored on its test split. MRPC: 1 epoch, on its test split. QNLI: 1 epoch on three quarters of the validation pairs (the
training pairs are too many for a CPU), scored on the questions of the fourth. Every result is kept in --results at once and not
computed again, so a run that was stopped goes on.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

from benchmark import TRAIN_PEERS
from harness import HERE, RESULTS, print_table, run
from places import ANGLE, SOURCE, cache_directory, data_directory, data_file
from split_pairs import split_qnli

OURS = ("angle-float32", "angle-bfloat16")
EPOCHS = {"stsb": 4, "mrpc": 1, "qnli": 1}
LABEL_SCALE = {"stsb": [0, 5], "mrpc": [0, 1], "qnli": [0, 1]}


def files_of(task, data):
    if task == "qnli":
        return split_qnli(data, RESULTS / "qnli_split")
    return tuple(data_file(data, f"{task}/{split}.tsv") for split in ("train", "test"))


def spearman_of_angle(args, model, test):
    command = [args.angle, "eval", "--task", test, "--model", model, "--threads", args.threads, "--json", "--resamples", 0]
    report = json.loads(run(command).stdout)
    return round(100 * report["evaluations"][0]["scores"]["cosine"]["spearman"], 3)


def train_angle(args, task, precision, seed, train, test):
    model = args.cache / "models" / "all-MiniLM-L6-v2"
    pairs = [{"path": str(train), "format": "scored_pairs", "label_scale": LABEL_SCALE[task]}]
    settings = [f"data.train={json.dumps(pairs)}", f"loss.positive_threshold={LABEL_SCALE[task][1]}", f"train.epochs={EPOCHS[task]}",
                f"train.seed={seed}", f"train.precision={precision}", "evaluation.task="]
    with tempfile.TemporaryDirectory() as folder:
        command = [args.angle, "train", "--config", SOURCE / "configs" / "stsb_minilm.json", "--output", folder + "/run", "--threads",
                   args.threads, *(word for setting in settings for word in ("--set", setting))]
        run(command)
        return {"before": spearman_of_angle(args, model, test), "after": spearman_of_angle(args, folder + "/run", test)}


def train_peer(args, task, peer, seed, train, test):
    command = [os.environ["ANGLE_PEERS_PYTHON"], HERE / "train_worker.py", peer, args.cache / "models" / "all-MiniLM-L6-v2", train, "--score",
               test, "--epochs", EPOCHS[task], "--seed", seed, "--threads", args.threads]
    return json.loads(run(command).stdout)


def result_of(args, task, system, seed):
    train, test = files_of(task, args.data)
    if system in OURS:
        return train_angle(args, task, system.split("-")[1], seed, train, test)
    return train_peer(args, task, system, seed, train, test)


def spread(values):
    mean = f"{statistics.mean(values):.2f}"
    return mean + (f" ± {statistics.stdev(values):.2f} ({len(values)})" if len(values) > 1 else " (1)")


def table(results, args):
    rows = [["before training", *(f"{next((r['before'] for r in results if r['task'] == task), 0):.2f}" for task in args.tasks)]]
    for system in args.systems:
        scores = {task: [r["after"] for r in results if (r["task"], r["system"]) == (task, system)] for task in args.tasks}
        rows.append([system, *(spread(scores[task]) if scores[task] else "" for task in args.tasks)])
    print_table(["Spearman × 100: mean ± standard deviation (seeds)", *args.tasks], rows)


def main():
    systems = [*OURS, *TRAIN_PEERS[:2]]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=lambda text: text.split(","), default=list(EPOCHS))
    parser.add_argument("--systems", type=lambda text: text.split(","), default=systems)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--angle", type=pathlib.Path, default=ANGLE)
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS / "quality.jsonl")
    args = parser.parse_args()
    args.cache, args.data = cache_directory(), data_directory()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for task in args.tasks:
        for seed in range(1, args.seeds + 1):
            for system in args.systems:
                known = args.results.read_text().splitlines() if args.results.exists() else []
                identity = {"task": task, "system": system, "seed": seed}
                if any(identity.items() <= json.loads(line).items() for line in known):
                    continue
                line = json.dumps({**identity, **result_of(args, task, system, seed)})
                with args.results.open("a") as file:
                    file.write(line + "\n")
                print(line, file=sys.stderr, flush=True)
    table([json.loads(line) for line in args.results.read_text().splitlines()], args)


if __name__ == "__main__":
    main()
