#!/usr/bin/env python3
"""Files for the tasks of `angle eval` on own data, made of public data sets, and what other programs score on them.

    own_data.py DIRECTORY [--data DATA_DIR]     writes DIRECTORY/{pairs,retrieval,long_retrieval,classes}
    own_data.py DIRECTORY --reference MODEL     scores them with sentence-transformers and scikit-learn

    cd DIRECTORY && angle eval --task pairs:pairs,classify:classes,cluster:classes/test.jsonl,retrieval:retrieval
    cd DIRECTORY && angle eval --task retrieval:long_retrieval --long-texts both
"""
import argparse
import collections
import json
import math
import pathlib
import random
import re
import shutil
import unicodedata

from places import data_directory, data_file

CLASSES = {"stsb": "stsb/train.tsv", "mrpc": "mrpc/train.tsv", "question": "qnli/validation.tsv", "sts12": "sts12/test.tsv"}
TEXTS_PER_CLASS = 500
SENTENCES_PER_LONG_TEXT = 20


def read_rows(path):
    return [line.rstrip("\n").split("\t") for line in path.read_text(encoding="utf-8").split("\n")[1:] if line]


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_jsonl(path, objects):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in objects), encoding="utf-8")


def write_classes(data, directory):
    """The data set that a sentence is from is its class."""
    shuffled = random.Random(1)
    splits = {"train": [], "test": []}
    for label, file in CLASSES.items():
        texts = sorted({row[0] for row in read_rows(data_file(data, file))})
        shuffled.shuffle(texts)
        for i, split in enumerate(splits):
            splits[split] += [{"text": text, "label": label} for text in texts[i * TEXTS_PER_CLASS :][:TEXTS_PER_CLASS]]
    for split, rows in splits.items():
        shuffled.shuffle(rows)
        write_jsonl(directory / f"{split}.jsonl", rows)


def write_retrieval(data, directory, sentences_per_text=1):
    """QNLI's questions that are answered, among texts of its sentences: each a text of its own, or several drawn at random and joined."""
    rows = read_rows(data_file(data, "qnli/validation.tsv"))
    in_order = sorted({row[1] for row in rows})
    if sentences_per_text > 1:
        random.Random(1).shuffle(in_order)
    sentences = {text: f"s{i // sentences_per_text}" for i, text in enumerate(in_order)}
    texts = collections.defaultdict(list)
    for sentence, name in sentences.items():
        texts[name].append(sentence)
    answers = collections.defaultdict(set)
    for question, sentence, label in rows:
        if float(label) == 1:
            answers[question].add(sentences[sentence])
    questions = sorted(answers)
    write_jsonl(directory / "corpus.jsonl", ({"_id": name, "text": " ".join(parts)} for name, parts in texts.items()))
    write_jsonl(directory / "queries.jsonl", ({"_id": f"q{i}", "text": text} for i, text in enumerate(questions)))
    (directory / "qrels").mkdir(exist_ok=True)
    grades = [f"q{i}\t{name}\t1\n" for i, text in enumerate(questions) for name in sorted(answers[text])]
    (directory / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(grades))


def write_pairs(data, directory):
    directory.mkdir(parents=True, exist_ok=True)
    for split in ("train", "test"):
        shutil.copy(data_file(data, f"mrpc/{split}.tsv"), directory)


def score_pairs(embed, directory):
    from sentence_transformers.evaluation import BinaryClassificationEvaluator as Evaluator
    from sklearn.metrics import accuracy_score, average_precision_score, f1_score
    import numpy as np

    def cosines(split):
        rows = read_rows(directory / f"{split}.tsv")
        left, right = (embed([row[side] for row in rows]) for side in (0, 1))
        return (left * right).sum(1), np.array([float(row[2]) for row in rows])

    (scores, labels), chosen_on = cosines("test"), cosines("train")
    by_f1 = Evaluator.find_best_f1_and_threshold(*chosen_on, True)[-1]
    by_accuracy = Evaluator.find_best_acc_and_threshold(*chosen_on, True)[-1]
    print("pairs: average precision", average_precision_score(labels, scores), "F1", f1_score(labels, scores >= by_f1),
          "accuracy", accuracy_score(labels, scores >= by_accuracy), "thresholds", by_f1, by_accuracy)


def score_classes(embed, directory):
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score, v_measure_score
    import numpy as np
    rows = {split: read_jsonl(directory / f"{split}.jsonl") for split in ("train", "test")}
    vectors = {split: embed([row["text"] for row in rows[split]]) for split in rows}
    labels = {split: [row["label"] for row in rows[split]] for split in rows}

    def vote(nearest):
        votes = collections.Counter(labels["train"][i] for i in nearest)
        return next(labels["train"][i] for i in nearest if votes[labels["train"][i]] == max(votes.values()))

    regression = LogisticRegression(max_iter=1000, tol=1e-8).fit(vectors["train"], labels["train"]).predict(vectors["test"])
    order = np.argsort(-vectors["test"] @ vectors["train"].T, kind="stable")
    for name, predicted in (("logistic regression", regression), ("10 neighbours", [vote(row[:10]) for row in order])):
        print(f"{name}: accuracy", accuracy_score(labels["test"], predicted), "macro F1",
              f1_score(labels["test"], predicted, average="macro"))
    for seed in range(3):
        found = KMeans(len(CLASSES), n_init=10, random_state=seed).fit(vectors["test"])
        print(f"k-means, seed {seed}: V-measure", v_measure_score(labels["test"], found.labels_), "inertia", found.inertia_)


def words_of(text):
    """Runs of letters and digits of any alphabet, with the marks behind them, in lower case."""
    kinds = "".join(unicodedata.category(character)[0] for character in text)
    return ["".join(character.lower() for character in text[run.start():run.end()]) for run in re.finditer("[LN][LNM]*", kinds)]


def score_bm25(directory):
    """nDCG@10, MRR@10 and recall@100 of BM25 with k1 = 0.9 and b = 0.4 over runs of letters and digits."""
    documents, queries = ([(row["_id"], collections.Counter(words_of(row["text"])))
                           for row in read_jsonl(directory / file)] for file in ("corpus.jsonl", "queries.jsonl"))
    lengths = [sum(words.values()) for _, words in documents]
    postings, relevant, totals = collections.defaultdict(list), collections.defaultdict(set), [0.0, 0.0, 0.0]
    for number, (_, words) in enumerate(documents):
        for word, times in words.items():
            postings[word].append((number, times / (times + 0.9 * (0.6 + 0.4 * lengths[number] * len(documents) / sum(lengths)))))
    for query, document, _ in read_rows(directory / "qrels/test.tsv"):
        relevant[query].add(document)
    for query, words in queries:
        scores = collections.Counter()
        for word, times in words.items():
            idf = math.log(1 + (len(documents) - len(postings[word]) + 0.5) / (len(postings[word]) + 0.5))
            for number, part in postings[word]:
                scores[number] += times * idf * part
        ranked = sorted(scores, key=lambda number: (-scores[number], number))[:100]
        ranks = [rank for rank, number in enumerate(ranked) if documents[number][0] in relevant[query]]
        best = sum(1 / math.log2(rank + 2) for rank in range(min(10, len(relevant[query]))))
        totals[0] += sum(1 / math.log2(rank + 2) for rank in ranks if rank < 10) / best
        totals[1] += 1 / (ranks[0] + 1) if ranks and ranks[0] < 10 else 0
        totals[2] += len(ranks) / len(relevant[query])
    print("BM25: ndcg@10, mrr@10, recall@100", *(total / len(queries) for total in totals))


def score_retrieval(model, directory):
    from sentence_transformers.evaluation import InformationRetrievalEvaluator as Evaluator
    queries, corpus = ({row["_id"]: row["text"] for row in read_jsonl(directory / file)} for file in ("queries.jsonl", "corpus.jsonl"))
    relevant = collections.defaultdict(set)
    for query, document, _ in read_rows(directory / "qrels/test.tsv"):
        relevant[query].add(document)
    scores = Evaluator(queries, corpus, relevant, map_at_k=[100], precision_recall_at_k=[1, 5, 10, 100])(model)
    for name, value in scores.items():
        if any(kind in name for kind in ("ndcg", "mrr", "map", "recall")):
            print(f"retrieval: {name}", value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=data_directory())
    parser.add_argument("--reference", metavar="MODEL")
    args = parser.parse_args()
    if not args.reference:
        write_pairs(args.data, args.directory / "pairs")
        write_classes(args.data, args.directory / "classes")
        write_retrieval(args.data, args.directory / "retrieval")
        write_retrieval(args.data, args.directory / "long_retrieval", SENTENCES_PER_LONG_TEXT)
        return
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(args.reference, device="cpu")
    embed = lambda texts: model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False).astype("float64")
    score_pairs(embed, args.directory / "pairs")
    score_classes(embed, args.directory / "classes")
    score_retrieval(model, args.directory / "retrieval")
    score_bm25(args.directory / "retrieval")


if __name__ == "__main__":
    main()
