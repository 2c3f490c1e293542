#!/usr/bin/env python3
"""Measures angle beside its peers, in turn on the same machine, and prints the tables of BENCHMARKS.md. See scripts/benchmark.sh.

Machines drift, so the contenders of a table run in rounds, one after the other, and each counts with its best round; the
machine's own matrix-product rate is measured in the same rounds. Raw figures go to build/bench/*.json.
"""
import argparse
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import time

from harness import RESULTS, best, print_table, run, run_angle, sentences, start_workers, thinned, write_lines
from places import ANGLE, SOURCE, cache_directory, data_directory, data_file
from precision_scores import precision
from start_time import start
from svg_plot import Panel, figure, power
from tokenizer_speed import tokenizer

PRECISIONS = ("float32", "bfloat16", "int8")
EMBED_PEERS = ("sentence-transformers-float32", "sentence-transformers-bfloat16", "onnxruntime-float32", "onnxruntime-int8",
               "openvino-float32", "openvino-bfloat16", "ctranslate2-float32", "ctranslate2-int8")
TRAIN_PEERS = ("angle_emb-float32", "sentence-transformers-float32", "sentence-transformers-bfloat16")
MEASURED = re.compile(r"embedded.*?, (\d+) tokens, in .*?: .*? texts/s, (\d+) tokens/s")


def embed_with_angle(args, model, texts, precision, threads=None, workers=1):
    """Seconds from the first text read to the last vector written, as angle reports them, and tokens."""
    log = run_angle(args, "embed", texts, "--model", model, "--precision", precision, "--threads", threads or args.threads, "--workers", workers,
                    "--max-seq-length", 512, "--output", RESULTS / "vectors.npy")
    tokens, rate = map(int, MEASURED.search(log).groups())
    return tokens / rate, tokens


def write_texts(data, share):
    """STS-B test pairs, QNLI passages, and passages joined to long texts; a share of each."""
    passages = sentences(data_file(data, "qnli/validation.tsv"), [1], 1500)
    joined = [" ".join(passages[first:first + 14]) for first in range(0, len(passages), 14)]
    texts = {"STS-B": sentences(data_file(data, "stsb/test.tsv"), [0, 1]), "QNLI": passages, "long": joined}
    # angle embeds equal texts once, so that only different ones measure the encoders
    return {name: write_lines(RESULTS / f"{name}-{share}.txt", thinned(list(dict.fromkeys(lines)), share)) for name, lines in texts.items()}


def operations_per_token(model, tokens_per_text):
    """Matrix products of the forward pass: the linear layers, and attention over a text of this length."""
    config = json.loads((model / "config.json").read_text())
    hidden, inner, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    return layers * (2 * (4 * hidden**2 + 2 * hidden * inner) + 4 * hidden * tokens_per_text)


def bert_base_shape(cache):
    """BERT-base with random weights and MiniLM's tokenizer; speed does not depend on the values."""
    directory, unfinished = cache / "bert-base-shape", cache / "bert-base-shape.new"
    if not directory.exists():
        script = ("import sys, torch; from transformers import AutoTokenizer, BertConfig, BertModel; torch.manual_seed(0);"
                  "BertModel(BertConfig()).save_pretrained(sys.argv[1]); AutoTokenizer.from_pretrained(sys.argv[2]).save_pretrained(sys.argv[1])")
        subprocess.run([os.environ["ANGLE_PEERS_PYTHON"], "-c", script, unfinished, cache / "models" / "all-MiniLM-L6-v2"], check=True)
        unfinished.rename(directory)
    return directory


def measure_embedding(args, model, texts):
    """{contender: texts/s, …}, Gop/s of the machine, texts, tokens."""
    wanted = [peer for peer in EMBED_PEERS if peer.rsplit("-", 1)[1] in args.precisions]
    peers = start_workers("embed_worker.py", wanted, model, texts, "--threads", args.threads, "--cache", args.cache)
    rates = start_workers("rate_worker.py", args.precisions, "--threads", args.threads)
    seconds = {name: [] for name in [*peers, *(f"angle-{precision}" for precision in args.precisions)]}
    machine = {precision: 0.0 for precision in rates}
    for _ in range(args.rounds):
        for precision in args.precisions:
            taken, tokens = embed_with_angle(args, model, texts, precision)
            seconds[f"angle-{precision}"].append(taken)
            if precision in rates:
                machine[precision] = max(machine[precision], rates[precision].measure())
        for name, worker in peers.items():
            seconds[name].append(worker.measure())
    for worker in [*peers.values(), *rates.values()]:
        worker.close()
    count = len(texts.read_text(encoding="utf-8").splitlines())
    return {"texts": count, "tokens": tokens, "seconds": seconds, "machine_gops": machine,
            "texts_per_second": {name: count / value for name, value in best(seconds).items()}}


def describe(figures, model, precision):
    """One cell: texts/s, ratio to the best peer of that precision, share of the machine's rate."""
    speed = figures["texts_per_second"]
    ours = speed[f"angle-{precision}"]
    rivals = {name: value for name, value in speed.items() if name.endswith(precision) and not name.startswith("angle")}
    cell = f"{ours:.0f}" if ours >= 100 else f"{ours:.1f}"
    if rivals:
        rival = max(rivals, key=rivals.get)
        cell += f" · **{ours / rivals[rival]:.2f}×** {rival.rsplit('-', 1)[0]}"
    if figures["machine_gops"].get(precision):
        per_text = figures["tokens"] / figures["texts"]
        share = ours * per_text * operations_per_token(model, per_text) / 1e9 / figures["machine_gops"][precision]
        cell += f" · {share:.0%}"
    reference = speed.get("sentence-transformers-float32")
    return cell + (f" · {ours / reference:.1f}×" if reference else "")


def embed(args):
    models = {"MiniLM": (args.cache / "models" / "all-MiniLM-L6-v2", 1.0)}
    if "ANGLE_PEERS_PYTHON" in os.environ:
        models["BERT-base shape"] = (bert_base_shape(args.cache), 0.25)
    rows, raw = [], {}
    for name, (model, share) in models.items():
        if args.only and args.only not in name:
            continue
        for kind, texts in write_texts(args.data, share * args.share).items():
            figures = measure_embedding(args, model, texts)
            raw[f"{name}, {kind}"] = figures
            cells = [describe(figures, model, precision) for precision in args.precisions]
            rows.append([name, f"{kind} ({figures['tokens'] / figures['texts']:.0f} tokens)", *cells])
            print(f"{rows[-1]}", file=sys.stderr, flush=True)
    print("texts/s · ratio to the best peer of that precision · share of the machine's matrix-product rate · ratio to sentence-transformers float32\n")
    print_table(["model", "texts", *args.precisions], rows)
    return raw


def precisions_here(args):
    """Those of --precisions that angle runs in on this CPU; the others are reported and left out, of its peers too."""
    line, here = write_lines(RESULTS / "line.txt", ["The cat sat."]), []
    for precision in args.precisions:
        try:
            embed_with_angle(args, args.cache / "models" / "all-MiniLM-L6-v2", line, precision)
            here.append(precision)
        except SystemExit as reason:
            print(f"angle-{precision} cannot take part: {str(reason).splitlines()[-1]}", file=sys.stderr)
    return here


def update_rate(metrics):
    """Tokens a second in the updates alone, but for the first ones, which get their memory from the system, and tokens a text."""
    steps = [json.loads(line) for line in metrics.read_text().splitlines()][5:]
    tokens, pairs = (sum(step[key] for step in steps) for key in ("tokens", "examples"))
    seconds = sum(step["tokens"] / step["tokens_per_second"] for step in steps)
    return tokens / seconds, tokens / (2 * pairs)


def train_with_angle(args, output, pairs, precision):
    """Seconds of the whole command; start, loading and saving, which are not counted for the peers, are in it."""
    settings = [f"data.train=[{json.dumps({'path': str(pairs), 'format': 'scored_pairs', 'label_scale': [0, 5]})}]",
                "train.epochs=1", "train.max_steps=0", f'train.precision="{precision}"', "evaluation.task="]
    subprocess.run(["rm", "-rf", str(output)], check=True)
    begin = time.perf_counter()
    run_angle(args, "train", "--config", SOURCE / "configs" / "stsb_minilm.json", "--threads", args.threads, "--output", output,
              *(word for setting in settings for word in ("--set", setting)))
    return time.perf_counter() - begin


def train(args):
    pairs = RESULTS / "pairs.tsv"
    lines = data_file(args.data, "stsb/train.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    pairs.write_text("".join(lines[:961]), encoding="utf-8")
    model = args.cache / "models" / "all-MiniLM-L6-v2"
    precisions = [precision for precision in args.precisions if precision != "int8"]
    rates = start_workers("rate_worker.py", precisions, "--threads", args.threads)
    peers = [peer for peer in TRAIN_PEERS if peer.rsplit("-", 1)[1] in precisions]
    seconds = {name: [] for name in [*(f"angle-{precision}" for precision in precisions), *peers]}
    gops, machine, output = {}, dict.fromkeys(rates, 0), RESULTS / "train"
    for _ in range(args.rounds):
        for precision in precisions:
            seconds[f"angle-{precision}"].append(train_with_angle(args, output, pairs, precision))
            if precision in rates:
                tokens, per_text = update_rate(output / "metrics.jsonl")
                gops[precision] = max(3 * tokens * operations_per_token(model, per_text) / 1e9, gops.get(precision, 0))
                machine[precision] = max(rates[precision].measure(), machine[precision])
        for peer in peers:  # a process for each training: angle_emb can't train twice
            for worker in start_workers("train_worker.py", [peer], model, pairs, "--threads", args.threads).values():
                seconds[peer].append(worker.measure())
                worker.close()
    for worker in rates.values():
        worker.close()
    seconds = {name: values for name, values in seconds.items() if values}
    speed = {name: 960 / value for name, value in best(seconds).items()}
    reference = speed.get("angle_emb-float32")
    shares = {f"angle-{precision}": rate / machine[precision] for precision, rate in gops.items()}
    rows = [[name, f"{value:.0f}", f"{value / reference:.2f}×" if reference else "", f"{shares[name]:.0%}" if name in shares else ""]
            for name, value in speed.items()]
    print_table(["", "pairs/s", "to angle_emb", "updates alone: share of the machine's rate"], rows)
    return {"seconds": seconds, "pairs_per_second": speed, "training_gops": gops, "machine_gops": machine}


def workers(args):
    """angle embed with one encoder of all threads, and with one of a thread for each thread; the vectors have to be the same bytes."""
    texts = dict.fromkeys(sentences(data_file(args.data, "stsb/train.tsv"), [0, 1]))
    file = write_lines(RESULTS / "workers.txt", thinned(list(texts), args.share))
    counts, model = dict.fromkeys((1, args.threads)), args.cache / "models" / "all-MiniLM-L6-v2"
    seconds = {precision: {count: [] for count in counts} for precision in args.precisions}
    for _ in range(args.rounds):
        for precision in args.precisions:
            vectors = set()
            for count in counts:
                seconds[precision][count].append(embed_with_angle(args, model, file, precision, workers=count)[0])
                vectors.add((RESULTS / "vectors.npy").read_bytes())
            if len(vectors) > 1:
                raise SystemExit(f"{precision}: other vectors with another number of workers")
    speed = {precision: {count: len(thinned(list(texts), args.share)) / value for count, value in best(seconds[precision]).items()}
             for precision in args.precisions}
    rows = [[f"encoders: {count}", *(f"{speed[precision][count]:.0f}" for precision in args.precisions)] for count in counts]
    rows.append(["ratio", *(f"{speed[precision][args.threads] / speed[precision][1]:.2f}" for precision in args.precisions)])
    print_table(["texts/s", *args.precisions], rows)
    return {"seconds": seconds, "texts_per_second": speed}


def peak_memory(args, *arguments):
    """Most resident bytes of one run."""
    process = subprocess.Popen([str(args.angle), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"angle {' '.join(map(str, arguments))} failed")
    return usage.ru_maxrss * 1024


def memory(args):
    """angle embed on ever more text: MiniLM for 1 MB, the tiny model of the golden files for more."""
    passages = sentences(data_file(args.data, "qnli/validation.tsv"), [1])
    block = "".join(passage + "\n" for passage in passages)
    rows = []
    models = [("MiniLM", args.cache / "models" / "all-MiniLM-L6-v2", (0.1, 1))]
    if args.tiny_model:
        models.append(("tiny", args.tiny_model, (1, 10, 100)))
    for name, model, sizes in models:
        for megabytes in sizes:
            texts = RESULTS / "memory.txt"
            with texts.open("w", encoding="utf-8") as file:
                while file.tell() < megabytes * 1e6:
                    file.write(block[:int(megabytes * 1e6)])
            peak = peak_memory(args, "embed", texts, "--model", model, "--threads", args.threads, "--output", RESULTS / "vectors.npy")
            rows.append([name, f"{megabytes} MB", f"{peak / 1e6:.0f} MB"])
            texts.unlink()
    print_table(["model", "text", "most resident memory"], rows)
    return rows


def texts_of(tokens, count):
    """So many different texts of so many tokens: common words, each one token, between [CLS] and [SEP]."""
    words = "the of and to in is was for on as with by at from that this it his her are be".split()
    draw = random.Random(tokens)
    texts = {}
    while len(texts) < count:
        texts[" ".join(draw.choices(words, k=tokens - 2))] = None
    return list(texts)


def embedding_speed(args, tokens_per_text, threads):
    """{precision: tokens/s} on MiniLM, of about 60,000 tokens."""
    texts = write_lines(RESULTS / "growth.txt", texts_of(tokens_per_text, 60000 // tokens_per_text))
    speed = {}
    for precision in args.precisions:
        runs = [embed_with_angle(args, args.cache / "models" / "all-MiniLM-L6-v2", texts, precision, threads) for _ in range(args.rounds)]
        speed[precision] = max(tokens / seconds for seconds, tokens in runs)
    return speed


def training_speed(args, pairs_per_step):
    """{precision: tokens/s of the fastest step} of MiniLM on STS-B."""
    speed, output = {}, RESULTS / "train"
    settings = [f"train.batch_size={pairs_per_step}", "train.max_steps=8", "train.warmup_steps=0", "evaluation.task="]
    for precision in args.precisions:
        if precision == "int8":
            continue
        subprocess.run(["rm", "-rf", str(output)], check=True)
        run_angle(args, "train", "--config", SOURCE / "configs" / "stsb_minilm.json", "--threads", args.threads, "--output", output,
                  *(word for setting in [*settings, f"train.precision={precision}"] for word in ("--set", setting)))
        steps = [json.loads(line) for line in (output / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        speed[precision] = max(step["tokens_per_second"] for step in steps if "tokens_per_second" in step)
    return speed


def growth_along(values, measure):
    """{precision: {value: speed}}."""
    measured = {value: measure(value) for value in values}
    return {precision: {value: measured[value][precision] for value in values} for precision in measured[values[0]]}


def growth_of_loss(args):
    """{objective: {pairs: seconds}}, value and gradient."""
    subprocess.run(["cmake", "--build", str(args.angle.parent), "--target", "loss_growth"], check=True, stdout=subprocess.DEVNULL)
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    lines = run([args.angle.parent / "bench" / "loss_growth"], env=environment).stdout
    seconds = {}
    for objective, pairs, value in (line.split("\t") for line in lines.splitlines()):
        seconds.setdefault(objective, {})[int(pairs)] = float(value)
    return seconds


def decades(values):
    """The powers of ten around some values."""
    return 10.0**math.floor(math.log10(min(values))), 10.0**math.ceil(math.log10(max(values)))


def growth_panel(title, x_name, curves, name_of=str):
    """A panel of {name: {place: value}} and its legend."""
    places = list(next(iter(curves.values())))
    panel = Panel(title, x_name, [name_of(place) for place in places], decades([value for curve in curves.values() for value in curve.values()]))
    for colour, curve in enumerate(curves.values()):
        panel.line([curve[place] for place in places], colour)
    return panel, list(enumerate(curves))


def draw_growth(args, embedding, threads, batch, ranking):
    panels, legends = zip(
        growth_panel("angle embed, MiniLM: tokens/s", "tokens a text", embedding),
        growth_panel("angle embed, 32 tokens a text: tokens/s", "threads", threads),
        growth_panel("training MiniLM: tokens/s", "pairs a step", batch),
        growth_panel("ranking loss and its gradient: seconds", "pairs", {f"{args.threads} threads": ranking}, lambda n: power(round(math.log10(n)))))
    return figure(panels, legends)


def print_speeds(name, speeds):
    values = list(next(iter(speeds.values())))
    print_table([name, *map(str, values)],
                [[f"{precision}, thousand tokens/s", *(f"{speed[n] / 1e3:.1f}" for n in values)] for precision, speed in speeds.items()])


def growth(args):
    embedding = growth_along([8, 16, 32, 64, 128, 256, 512], lambda tokens: embedding_speed(args, tokens, args.threads))
    print_speeds("tokens a text", embedding)
    cores = os.cpu_count()
    threads = growth_along([2**n for n in range(cores.bit_length()) if 2**n <= cores], lambda count: embedding_speed(args, 32, count))
    print_speeds("threads", threads)
    batch = growth_along([8, 32, 128, 512], lambda pairs: training_speed(args, pairs))
    print_speeds("training: pairs a step", batch)
    loss = growth_of_loss(args)
    for objective, seconds in loss.items():
        print_table([f"{objective}: pairs", *map(str, seconds)], [["ms", *(f"{1e3 * value:.3g}" for value in seconds.values())]])
    (SOURCE / "docs" / "growth.svg").write_text(draw_growth(args, embedding, threads, batch, loss["ranking"]), encoding="utf-8")
    return {"embedding": embedding, "threads": threads, "batch": batch, "loss": loss}


def main():
    parts = {"embed": embed, "workers": workers, "train": train, "tokenizer": tokenizer, "precision": precision, "start": start, "memory": memory,
             "growth": growth}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="default: all")
    parser.add_argument("--angle", type=pathlib.Path, default=ANGLE)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precisions", type=lambda text: text.split(","), default=list(PRECISIONS))
    parser.add_argument("--only", help="embed: only the model whose name contains this")
    parser.add_argument("--share", type=float, default=1.0, help="embed, workers, tokenizer, precision: use this share of the texts")
    parser.add_argument("--tiny-model", type=pathlib.Path, help="memory: a small model, for much text")
    args = parser.parse_args()
    args.cache, args.data = cache_directory(), data_directory()
    RESULTS.mkdir(parents=True, exist_ok=True)
    args.precisions = precisions_here(args)
    left_out = 0
    for name in args.parts or parts:
        print(f"## {name}\n", flush=True)
        try:
            raw = parts[name](args)
            (RESULTS / f"{name}.json").write_text(json.dumps(raw, indent=1) + "\n")
        except (SystemExit, RuntimeError, subprocess.CalledProcessError) as reason:  # a data set that is missing, say: the other parts may do without it
            print(f"{name}: {reason}", file=sys.stderr)
            left_out += 1
    sys.exit(left_out > 0)


if __name__ == "__main__":
    main()
