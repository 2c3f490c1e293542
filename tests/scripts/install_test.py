#!/usr/bin/env python3
"""`cmake --install` makes a folder that runs wherever it is put.

    install_test.py CMAKE BUILD_DIRECTORY

Invariants: after the folder was moved, its program starts and embeds a text in an environment without a variable but HOME, with the
vector of the program as built; every library comes from the folder or is the system's C and C++ run time; no file of it
names a directory of this machine to look for libraries in.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RUN_TIME = re.compile(r"(ld-linux[^/]*|linux-vdso|lib(c|m|dl|rt|util|pthread|gcc_s|stdc\+\+))\.so")


def run(directory, *command):
    return subprocess.run(command, env={"HOME": str(directory)}, cwd=directory, capture_output=True, text=True)


class InstalledFolder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.directory = pathlib.Path(temporary.name)
        first = cls.directory / "first"
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", first], check=True, stdout=subprocess.DEVNULL)
        cls.folder = first.rename(cls.directory / "moved")

    def programs(self):
        return [self.folder / "bin" / "angle", self.folder / "libexec" / "angle"]

    def embed(self, program):
        texts = self.directory / "texts.txt"
        texts.write_text("The cat sat on the mat.\n", encoding="utf-8")
        result = run(self.directory, program, "embed", texts, "--threads", "1", "--model", SOURCE / "tests/golden/models/tiny-bert")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_starts(self):
        result = run(self.directory, self.folder / "bin" / "angle", "--help")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("embed", result.stdout)

    def test_embeds_like_the_program_as_built(self):
        vector = self.embed(self.folder / "bin" / "angle")
        self.assertIn('"embedding":[', vector)
        self.assertEqual(vector, self.embed(BUILD / "angle"))

    def test_brings_all_libraries_but_the_run_time(self):
        for program in self.programs():
            found = run(self.directory, "/usr/bin/ldd", program)
            self.assertEqual(found.returncode, 0, found.stderr)
            for line in found.stdout.splitlines():
                name, _, place = line.strip().partition(" => ")
                if not RUN_TIME.search(name):
                    self.assertTrue(place.startswith(f"{self.folder}/"), line)

    def test_looks_for_libraries_beside_itself_only(self):
        for file in [*self.programs(), *(self.folder / "lib").iterdir()]:
            dynamic = run(self.directory, "/usr/bin/readelf", "--dynamic", "--wide", file)
            self.assertEqual(dynamic.returncode, 0, dynamic.stderr)
            for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic.stdout):
                for place in path.split(":"):
                    self.assertTrue(place.startswith("$ORIGIN"), f"{file}: {place}")


if __name__ == "__main__":
    CMAKE, BUILD = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
    unittest.main()
