#!/usr/bin/env python3
"""The machine's own matrix-product rate: for each line on stdin, Gop/s of a linear layer that fits the caches.

    rate_worker.py {float32,bfloat16,int8} --threads 2

2,048 × 768 → 3,072 with the weight packed for oneDNN; the best of several products. A ceiling to hold the encoder against.
"""
import argparse
import sys
import time

import torch

ROWS, INNER, OUTER = 2048, 768, 3072


def product(precision):
    weight, rows = torch.randn(OUTER, INNER), torch.randn(ROWS, INNER)
    if precision != "int8":
        kind = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
        packed = torch.ops.mkldnn._reorder_linear_weight(weight.to(kind), ROWS)
        rows = rows.to(kind)
        return lambda: torch.ops.mkldnn._linear_pointwise(rows, packed, None, "none", [], "none")
    packed = torch.ops.onednn.qlinear_prepack(torch.randint(-127, 127, (OUTER, INNER), dtype=torch.int8), [ROWS, INNER])
    rows = torch.randint(0, 255, (ROWS, INNER), dtype=torch.uint8)
    scale, zero = torch.ones(OUTER), torch.zeros(OUTER, dtype=torch.int64)
    # Without the instructions, oneDNN rounds the result to bfloat16 by its reference, which takes minutes.
    output = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
    return lambda: torch.ops.onednn.qlinear_pointwise(rows, 1.0, 128, packed, scale, zero, None, 1.0, 0, output, "none", [], "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("precision", choices=["float32", "bfloat16", "int8"])
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with torch.inference_mode():
        run = product(args.precision)
        run()
        print("ready", flush=True)
        for _ in sys.stdin:
            best = float("inf")
            for _ in range(15):
                start = time.perf_counter()
                run()
                best = min(best, time.perf_counter() - start)
            print(2 * ROWS * INNER * OUTER / best / 1e9, flush=True)


if __name__ == "__main__":
    main()
