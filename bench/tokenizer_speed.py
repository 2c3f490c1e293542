"""Tokenizers on one thread, beside Hugging Face tokenizers (WordPiece) and libsentencepiece (the unigram models of XLM-R)."""
import json
import os
import pathlib
import subprocess
import tempfile

from harness import HERE, RESULTS, Worker, best, print_table, run, sentences, thinned, write_lines
from mixed_texts import mixed_texts
from places import data_file

# Of an encoder that is never loaded; `angle tokenize` asks how long a text may be, and checks the number of pieces.
XLMR_CONFIG = {"model_type": "xlm-roberta", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
               "max_position_embeddings": 514, "pad_token_id": 1}


def write_texts(args):
    """{name: file}, a text a line."""
    texts = {"STS-B": sentences(data_file(args.data, "stsb/train.tsv"), [0, 1]),
             "QNLI": sentences(data_file(args.data, "qnli/validation.tsv"), [0, 1]), "mixed scripts": mixed_texts(10000)}
    return {name: write_lines(RESULTS / f"tokenizer-{name.replace(' ', '-')}.txt", thinned(lines, args.share)) for name, lines in texts.items()}


def run_worker(*arguments):
    command = [os.environ["ANGLE_PEERS_PYTHON"], HERE / "tokenizer_worker.py", *arguments]
    return run(command).stdout


def train_xlmr(directory, files):
    """A model directory with a SentencePiece model of these texts; returns the number of its pieces."""
    corpus = directory / "corpus.txt"
    corpus.write_text("".join(file.read_text(encoding="utf-8") for file in files), encoding="utf-8")
    model = directory / "sentencepiece.bpe.model"
    run_worker("train", model, corpus)
    script = "import sys, sentencepiece; print(sentencepiece.SentencePieceProcessor(model_file=sys.argv[1]).vocab_size())"
    pieces = int(run([os.environ["ANGLE_PEERS_PYTHON"], "-c", script, model]).stdout)
    (directory / "config.json").write_text(json.dumps({**XLMR_CONFIG, "vocab_size": pieces + 2}))  # <pad> and <mask> join them
    return pieces


def ids_of_angle(args, model, texts):
    command = [args.angle, "tokenize", texts, "--model", model, "--max-seq-length", 512]
    lines = run(command).stdout.split("\n")[:-1]
    return [json.loads(line)["ids"] for line in lines]


def ids_of_peer(peer, model_file, texts):
    rows = map(json.loads, run_worker(peer, model_file, texts, "--ids").split("\n")[:-1])
    if peer == "tokenizers":
        return list(rows)
    return [[0, *(piece + 1 if piece else 3 for piece in row), 2] for row in rows]  # as XLM-R counts: <s> … </s>, <unk> is 3


def measure(args, model, peer, model_file, texts):
    """One row: Mtok/s of both with MB/s of angle, their ratio, texts with the same ids."""
    ours, theirs = ids_of_angle(args, model, texts), ids_of_peer(peer, model_file, texts)
    contenders = {"angle": Worker(args.angle.parent / "bench" / "tokenizer_rate", model, texts),
                  peer: Worker(os.environ["ANGLE_PEERS_PYTHON"], HERE / "tokenizer_worker.py", peer, model_file, texts)}
    seconds = {name: [] for name in contenders}
    for _ in range(args.rounds * 3):
        for name, worker in contenders.items():
            seconds[name].append(worker.measure())
    for worker in contenders.values():
        worker.close()
    least, tokens = best(seconds), sum(map(len, ours))
    rates = {name: tokens / value / 1e6 for name, value in least.items()}
    same = sum(map(list.__eq__, ours, theirs))
    return {"seconds": seconds, "tokens": tokens, "same": same, "texts": len(ours)}, [
        f"{rates['angle']:.3g} Mtok/s, {texts.stat().st_size / least['angle'] / 1e6:.0f} MB/s", f"{rates[peer]:.3g} Mtok/s",
        f"{rates['angle'] / rates[peer]:.1f}", f"{same} of {len(ours)}"]


def tokenizer(args):
    if "ANGLE_PEERS_PYTHON" not in os.environ:
        raise SystemExit("needs the peers; scripts/benchmark.sh --install-peers installs them")
    subprocess.run(["cmake", "--build", str(args.angle.parent), "--target", "tokenizer_rate"], check=True, stdout=subprocess.DEVNULL)
    files, rows, raw = write_texts(args), [], {}
    with tempfile.TemporaryDirectory() as name:
        xlmr, minilm = pathlib.Path(name), args.cache / "models" / "all-MiniLM-L6-v2"
        pieces = train_xlmr(xlmr, files.values())
        kinds = [("WordPiece, all-MiniLM-L6-v2", minilm, "tokenizers", minilm / "tokenizer.json"),
                 (f"unigram of {pieces} pieces, XLM-R", xlmr, "sentencepiece", xlmr / "sentencepiece.bpe.model")]
        for kind, model, peer, model_file in kinds:
            for text, file in files.items():
                raw[f"{kind}, {text}"], cells = measure(args, model, peer, model_file, file)
                rows.append([kind, text, *cells[:1], f"{peer} {cells[1]}", *cells[2:]])
    print_table(["tokenizer", "texts", "`angle`", "peer", "ratio", "texts with the same ids"], rows)
    return raw
