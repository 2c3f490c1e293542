#!/usr/bin/env python3
"""One peer of `angle embed`, loaded once and timed on demand.

    embed_worker.py PEER MODEL_DIRECTORY TEXTS --threads 2 --cache DIR

For each line on stdin it embeds all texts (tokenise, encode, pool) and prints the seconds that took; reading the texts and
loading the model are not counted. Texts are sorted by length and padded to the longest of their batch, as these libraries do.
"""
import argparse
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"
import numpy as np
import torch

from harness import serve

MAX_LENGTH = 512


def sentence_transformers(model_directory, texts, args, precision):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    transformer = Transformer(str(model_directory), max_seq_length=MAX_LENGTH)
    pooling = Pooling(transformer.get_embedding_dimension(), "mean")
    model = SentenceTransformer(modules=[transformer, pooling], device="cpu").to(precision)
    return lambda: model.encode(texts, batch_size=args.batch_size, show_progress_bar=False, convert_to_tensor=True)


def export_onnx(model_directory, cache):
    """The plain graph, the one with fused attention, and that with dynamic int8 weights; kept in the cache."""
    files = {kind: cache / f"{model_directory.name}-{kind}.onnx" for kind in ("plain", "float32", "int8")}
    if all(file.exists() for file in files.values()):
        return files
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer
    from transformers import AutoModel
    model = AutoModel.from_pretrained(model_directory, attn_implementation="eager").eval()

    class TokenEmbeddings(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(input_ids, attention_mask, token_type_ids)[0]

    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.ones(2, 8, dtype=torch.long)
    torch.onnx.export(TokenEmbeddings().eval(), (example, example, example * 0), str(files["plain"]), input_names=inputs,
                      output_names=["token_embeddings"], opset_version=14, dynamo=False,
                      dynamic_axes={name: {0: "texts", 1: "tokens"} for name in inputs + ["token_embeddings"]})
    fused = optimizer.optimize_model(str(files["plain"]), model_type="bert", num_heads=model.config.num_attention_heads,
                                     hidden_size=model.config.hidden_size)
    fused.save_model_to_file(str(files["float32"]))
    quantize_dynamic(str(files["float32"]), str(files["int8"]), weight_type=QuantType.QInt8, per_channel=True,
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})  # what it cannot infer itself
    return files


def batches(texts, size):
    by_length = sorted(texts, key=len, reverse=True)
    return [by_length[first:first + size] for first in range(0, len(by_length), size)]


def mean_pool(token_embeddings, mask):
    return (token_embeddings * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


def padded(forward, texts, tokenizer, args):
    def embed():
        for batch in batches(texts, args.batch_size):
            inputs = tokenizer(batch, padding=True, truncation=True, max_length=MAX_LENGTH, return_tensors="np")
            mean_pool(forward(inputs), inputs["attention_mask"])
    return embed


def onnx_runtime(model_directory, texts, tokenizer, args, precision):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    file = export_onnx(model_directory, args.cache)[precision]
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    forward = lambda inputs: session.run(None, {name: inputs[name].astype(np.int64) for name in names})[0]
    return padded(forward, texts, tokenizer, args)


def openvino(model_directory, texts, tokenizer, args, precision):
    from openvino import Core
    settings = {"INFERENCE_NUM_THREADS": args.threads, "INFERENCE_PRECISION_HINT": precision}
    model = Core().compile_model(str(export_onnx(model_directory, args.cache)["plain"]), "CPU", settings)
    request = model.create_infer_request()
    names = [entry.get_any_name() for entry in model.inputs]
    forward = lambda inputs: request.infer({name: inputs[name].astype(np.int64) for name in names})[0]
    return padded(forward, texts, tokenizer, args)


def ctranslate2(model_directory, texts, tokenizer, args, precision):
    import ctranslate2 as ct2
    converted = args.cache / f"{model_directory.name}-ctranslate2"
    if not converted.exists():
        ct2.converters.TransformersConverter(str(model_directory)).convert(str(converted))
    encoder = ct2.Encoder(str(converted), device="cpu", compute_type=precision, intra_threads=args.threads, inter_threads=1)

    def embed():
        for batch in batches(texts, args.batch_size):
            ids = tokenizer(batch, truncation=True, max_length=MAX_LENGTH)["input_ids"]
            lengths = np.array([len(row) for row in ids])
            hidden = np.array(encoder.forward_batch(ids).last_hidden_state)
            mean_pool(hidden, (np.arange(hidden.shape[1]) < lengths[:, None]).astype(np.float32))
    return embed


def load(peer, texts, args):
    from transformers import AutoTokenizer
    library, precision = peer.rsplit("-", 1)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    if library == "sentence-transformers":
        return sentence_transformers(args.model, texts, args, {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision])
    if library == "onnxruntime":
        return onnx_runtime(args.model, texts, tokenizer, args, precision)
    if library == "openvino":
        return openvino(args.model, texts, tokenizer, args, {"float32": "f32", "bfloat16": "bf16"}[precision])
    if library == "ctranslate2":
        return ctranslate2(args.model, texts, tokenizer, args, precision)
    raise SystemExit(f"unknown peer {peer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("texts", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    embed = load(args.peer, args.texts.read_text(encoding="utf-8").splitlines(), args)
    serve(embed)


if __name__ == "__main__":
    main()
