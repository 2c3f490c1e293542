"""What reduced precision costs: scores on the STS sets, and the cosine of vectors to those in float32."""
import array
import json
import math
import operator

from harness import RESULTS, print_table, run, run_angle, sentences, thinned, write_lines
from places import data_file

TASKS = ("sts12", "sts13", "sts14", "sts15", "sts16", "stsb")
NPY_HEADER = 128  # bytes, as angle writes it


def write_share(args, task):
    """The pairs of the test split to score, as a task of its own."""
    header, *rows = data_file(args.data, f"{task}/test.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    return write_lines(RESULTS / f"precision-{task}.tsv", [header, *thinned(rows, args.share)])


def scores(args, model, files, precision):
    command = [args.angle, "eval", "--task", ",".join(map(str, files)), "--model", model, "--precision", precision, "--threads", args.threads,
               "--resamples", 0, "--json"]
    report = json.loads(run(command).stdout)
    return [100 * evaluation["scores"]["cosine"]["spearman"] for evaluation in report["evaluations"]]


def vectors(args, model, texts, precision):
    """All components, one vector after the other, and the number of components of one."""
    output = RESULTS / "precision.npy"
    run_angle(args, "embed", texts, "--model", model, "--precision", precision, "--threads", args.threads, "--output", output)
    values = array.array("f", output.read_bytes()[NPY_HEADER:])
    return values, len(values) // len(texts.read_text(encoding="utf-8").split("\n")[:-1])


def mean_cosine(left, right, dims):
    def dot(a, b):
        return sum(map(operator.mul, a, b))
    rows = [(left[at:at + dims], right[at:at + dims]) for at in range(0, len(left), dims)]
    return sum(dot(a, b) / math.sqrt(dot(a, a) * dot(b, b)) for a, b in rows) / len(rows)


def precision(args):
    model = args.cache / "models" / "all-MiniLM-L6-v2"
    files = [write_share(args, task) for task in TASKS]
    texts = write_lines(RESULTS / "precision.txt", dict.fromkeys(text for file in files for text in sentences(file, [0, 1])))
    reference, dims = vectors(args, model, texts, "float32")
    rows, raw = [], {}
    for name in args.precisions:
        found = scores(args, model, files, name)
        cosine = mean_cosine(reference, vectors(args, model, texts, name)[0], dims)
        raw[name] = {"scores": dict(zip(TASKS, found)), "cosine": cosine}
        rows.append([name, *(f"{score:.2f}" for score in found), f"{sum(found) / len(found):.2f}", f"{cosine:.5f}"])
    print_table(["Spearman × 100", *TASKS, "average", "mean cosine to float32"], rows)
    return raw
