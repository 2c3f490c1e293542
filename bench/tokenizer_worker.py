#!/usr/bin/env python3
"""One peer of angle's tokenizers, on one thread.

    tokenizer_worker.py tokenizers TOKENIZER.json TEXTS            Hugging Face tokenizers
    tokenizer_worker.py sentencepiece SENTENCEPIECE.model TEXTS    libsentencepiece

For each line on stdin it tokenises all texts in one call and prints the seconds of processor time that took.
With --ids it prints the ids of each text as JSON instead. `tokenizer_worker.py train MODEL TEXTS` trains a SentencePiece model, unigram,
of 32,000 pieces where the texts give so many, with the ids of XLM-R.
"""
import argparse
import json
import os
import time

from harness import serve

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")


def hugging_face(model, texts):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(model)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda: tokenizer.encode_batch_fast(texts), lambda encodings: [encoding.ids for encoding in encodings]


def sentencepiece(model, texts):
    from sentencepiece import SentencePieceProcessor
    processor = SentencePieceProcessor(model_file=model)
    return lambda: processor.encode(texts, num_threads=1), lambda ids: ids


def train(model, texts):
    from sentencepiece import SentencePieceTrainer
    with open(model, "wb") as file:
        SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=file, model_type="unigram", vocab_size=32000,
                                   hard_vocab_limit=False, character_coverage=1.0, normalization_rule_name="nmt_nfkc",
                                   shuffle_input_sentence=False, num_threads=1, minloglevel=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tokenizers", "sentencepiece", "train"])
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--ids", action="store_true")
    args = parser.parse_args()
    with open(args.texts, encoding="utf-8", newline="\n") as file:
        texts = file.read().split("\n")[:-1]
    if args.what == "train":
        train(args.model, texts)
        return
    encode, ids_of = {"tokenizers": hugging_face, "sentencepiece": sentencepiece}[args.what](args.model, texts)
    if args.ids:
        for ids in ids_of(encode()):
            print(json.dumps(ids))
        return
    serve(encode, clock=time.process_time)


if __name__ == "__main__":
    main()
