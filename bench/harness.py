"""What the benchmarks share: contenders in processes of their own, and tables."""
import os
import subprocess
import sys
import tempfile
import time

from places import SOURCE

HERE = SOURCE / "bench"
RESULTS = SOURCE / "build" / "bench"


class Worker:
    """A process that says that it is ready, and then measures once for each line it is sent."""

    def __init__(self, *command):
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.process.wait()
            self.log.seek(0)
            raise RuntimeError((self.log.read().strip().splitlines() or ["no message"])[-1][:200])
        return line

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.answer())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(work, clock=time.perf_counter, answers=sys.stdout):
    """The other end of a Worker: works once for each line on stdin, and answers with the seconds that took."""
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        start = clock()
        work()
        print(clock() - start, file=answers, flush=True)


def start_workers(script, peers, *arguments):
    """Those that can run this; the others are reported and left out."""
    workers = {}
    if "ANGLE_PEERS_PYTHON" not in os.environ:
        return workers
    for peer in peers:
        try:
            workers[peer] = Worker(os.environ["ANGLE_PEERS_PYTHON"], HERE / script, peer, *arguments)
        except RuntimeError as error:
            print(f"{peer} cannot take part: {error}", file=sys.stderr)
    return workers


def run(command, **options):
    """What a command leaves, its stdout and stderr; ends the benchmark with its messages when it fails."""
    command = list(map(str, command))
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {result.returncode}\n{result.stderr}")
    return result


def run_angle(args, *arguments):
    return run([args.angle, *arguments]).stderr


def sentences(path, columns, rows=None):
    """Columns of a file of scored pairs, one after the other."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:-1]
    return [line.split("\t")[column] for column in columns for line in lines[:rows]]


def thinned(values, share):
    """A share of a list, from everywhere in it."""
    return values[::max(1, round(1 / share))]


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def best(samples):
    return {name: min(values) for name, values in samples.items()}


def print_table(head, rows):
    for row in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(row) + " |")
    print(flush=True)
