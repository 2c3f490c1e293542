#!/usr/bin/env python3
"""Prints what a test run skipped and why, what failed, and last how many test cases passed, failed, were skipped.

    test_summary.py build/release/tests.xml build/release/tests/results

The first argument is CTest's JUnit report, the second the directory where the GoogleTest programs leave theirs.
"""
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """The test cases of a report. Control characters that a test printed would make it invalid XML."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "?", text)
    return list(ElementTree.fromstring(text.encode()).iter("testcase"))


class Counts:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = collections.defaultdict(list)  # by reason

    def add_program(self, test, report):
        """The cases of a GoogleTest program. A program that crashed leaves no report, or one without a failure."""
        failed_before = len(self.failed)
        for case in cases(report) if report.exists() else []:
            name = f"{case.get('classname')}.{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None:
                self.failed.append(name)
            elif skip is not None:
                said = (skip.get("message") or "").split("\n", 1)[-1]
                self.skipped[" ".join(said.split()) or "no reason given"].append(name)
            elif case.get("status") == "run":
                self.passed += 1
        if test.get("status") != "run" and len(self.failed) == failed_before:
            self.failed.append(f"{test.get('name')} (the program {test.findtext('failure') or test.get('status')})")

    def add_test(self, test):
        if test.get("status") == "run":
            self.passed += 1
        else:
            self.failed.append(test.get("name"))


def main():
    counts = Counts()
    results = pathlib.Path(sys.argv[2])
    for test in cases(pathlib.Path(sys.argv[1])):
        if test.get("name").startswith("scripts."):
            counts.add_test(test)
        else:
            counts.add_program(test, results / f"{test.get('name')}.xml")
    for why, names in counts.skipped.items():
        print(f"skipped {len(names)}: {why} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})")
    for name in counts.failed:
        print(f"FAILED: {name}")
    print(f"{counts.passed} passed, {len(counts.failed)} failed, {sum(map(len, counts.skipped.values()))} skipped")
    sys.exit(1 if counts.failed else 0)


if __name__ == "__main__":
    main()
