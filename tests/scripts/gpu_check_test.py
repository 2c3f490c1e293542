#!/usr/bin/env python3
"""What scripts/gpu_check.sh makes of what it starts, all of which is played here: no GPU and no build is needed.

Invariants: a model is trained by one process on each GPU that a program may use, and not where there is only one; a check that
fails, losses that differ and a test program that does not come to its end are told in the table and by the exit code.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ONE_GPU, TWO_GPUS = "GPU 0: H200 (UUID: GPU-a)\n", "GPU 0: H200 (UUID: GPU-a)\nGPU 1: H200 (UUID: GPU-b)\n"
DIVIDED_GPU = ONE_GPU + "  MIG 1g.18gb     Device  0: (UUID: MIG-c)\n  MIG 1g.18gb     Device  1: (UUID: MIG-d)\n"
REPORT = '<testsuites><testsuite><testcase classname="Attention" name="Agrees">{}</testcase></testsuite></testsuites>'
TRAIN = """while [ $# -gt 0 ]; do case $1 in --processes) processes=$2 ;; --output) output=$2 ;; esac; shift; done
mkdir -p "$output"
[ "$processes" = 1 ] && loss=$LOSS_OF_ONE || loss=2.5
echo "{\\"loss\\": $loss}" > "$output/metrics.jsonl"
echo "$processes" >> processes"""


class GpuCheck(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("gpu_check.sh", "gpu_table.py"):
            (self.folder / "scripts").mkdir(exist_ok=True)
            shutil.copy(SOURCE / "scripts" / name, self.folder / "scripts")
        for name in ("scripts/setup.sh", "scripts/fetch_model.sh", "bin/cmake"):
            self.play(name, "")
        self.play("bin/nvidia-smi", '[ "$1" = --list-gpus ] && printf "%s" "$GPUS"; true')
        self.play("build/cuda/tests/gpu_test", 'echo "$REPORT" > "${1#--gtest_output=xml:}"; [ -z "$FAILS" ]')
        self.play("build/cuda/angle", TRAIN)

    def play(self, name, script):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/bash\n" + script + "\n", encoding="utf-8")
        file.chmod(0o755)

    def check(self, gpus, **variables):
        """The exit code, the table, and with how many processes the model was trained."""
        environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        environment |= {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "GPUS": gpus, "REPORT": REPORT.format(""), "FAILS": "", "LOSS_OF_ONE": "2.5"}
        result = subprocess.run([self.folder / "scripts" / "gpu_check.sh"], env=environment | variables, capture_output=True, text=True)
        processes = self.folder / "processes"
        return result.returncode, result.stdout, processes.read_text().split() if processes.exists() else []

    def test_trains_on_two_gpus(self):
        code, table, processes = self.check(TWO_GPUS)
        self.assertEqual((code, processes), (0, ["1", "2"]), table)
        self.assertRegex(table, r"Attention.Agrees +ok\none process on each GPU +ok\n  losses of 1 steps")

    def test_counts_no_part_of_a_gpu_and_none_that_is_hidden(self):
        for gpus, variables in ((ONE_GPU, {}), (DIVIDED_GPU, {}), (TWO_GPUS, {"CUDA_VISIBLE_DEVICES": "1"}),
                                (DIVIDED_GPU, {"CUDA_VISIBLE_DEVICES": "MIG-c,MIG-d"})):
            code, table, processes = self.check(gpus, **variables)
            self.assertEqual((code, processes), (0, []), table)
            self.assertIn("skipped: fewer than two GPUs", table)

    def test_fails_with_what_it_starts(self):
        code, table, _ = self.check(ONE_GPU, REPORT=REPORT.format('<failure message="x"/>'), FAILS="yes")
        self.assertEqual(code, 1)
        self.assertRegex(table, r"Attention.Agrees +FAILED")
        code, table, _ = self.check(TWO_GPUS, LOSS_OF_ONE="2.6")
        self.assertEqual(code, 1)
        self.assertRegex(table, r"one process on each GPU +FAILED")
        self.play("build/cuda/tests/gpu_test", "kill -SEGV $$")
        code, table, _ = self.check(ONE_GPU)
        self.assertEqual(code, 1)
        self.assertIn("FAILED: it did not come to its end", table)


if __name__ == "__main__":
    unittest.main()
