"""What the start of `angle embed` is made of: differences between commands that do ever more of it. No tool but the program and the
dynamic loader is needed, so anybody can repeat it."""
import os
import time

from harness import print_table, run

TEXT = "The cat sat.\n"


def stages(angle):
    """Each command does what those before it do, and what its name says: (name, command, environment, input)."""
    program, loader = angle.parent / "libexec" / "angle", {"LD_TRACE_LOADED_OBJECTS": "1"}
    launched = {"GOMP_SPINCOUNT": "1000"}  # what the launcher sets
    tokenize, embed = [angle, "tokenize"], [angle, "embed", "--threads", "1"]
    return [("finding and mapping the shared libraries", [program], loader, ""),
            ("relocations of data", [program], {**loader, "LD_WARN": "yes"}, ""),
            ("static objects of LibTorch and others, the end of the process", [program, "--help"], launched, ""),
            ("the launcher, which becomes the program", [angle, "--help"], {}, ""),
            ("tokenizer", tokenize, {}, TEXT),
            ("weights: read, checked, packed", embed, {}, ""),
            ("the first text: encoded and written", embed, {}, TEXT)]


def seconds_of(command, variables, text):
    begin = time.perf_counter()
    run(command, env={**os.environ, **variables}, input=text)
    return time.perf_counter() - begin


def start(args):
    wholes = {f"one line, {precision}": [args.angle, "embed", "--threads", "1", "--precision", precision] for precision in args.precisions}
    parts = stages(args.angle.resolve())
    samples = {name: [] for name in [*wholes, *(part[0] for part in parts)]}
    for _ in range(args.rounds * 5):
        for name, command in wholes.items():
            samples[name].append(seconds_of(command, {}, TEXT))
        for name, *stage in parts:
            samples[name].append(seconds_of(*stage))
    least = {name: 1e3 * min(values) for name, values in samples.items()}
    print_table(["command", "ms, the best"], [[name, f"{least[name]:.0f}"] for name in wholes])
    before = [0.0, *(least[name] for name, *_ in parts)]
    print_table(["part, float32", "ms", "so far"],
                [[name, f"{least[name] - earlier:.0f}", f"{least[name]:.0f}"] for (name, *_), earlier in zip(parts, before)])
    return samples
