#!/usr/bin/env python3
"""Prints what a CTest run (JUnit XML) skipped and why, what failed, and last how many tests passed, failed, were skipped.

    test_summary.py build/release/tests.xml
"""
import collections
import re
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """The test cases of a report. Control characters that a test printed would make it invalid XML."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "?", file.read())
    return ElementTree.fromstring(text.encode()).iter("testcase")


def why_skipped(case):
    """What GTEST_SKIP() was given, which GoogleTest prints below `file:line: Skipped`; None if CTest could not run the test."""
    if case.get("status") == "disabled":
        return "disabled"
    said = re.search(r": Skipped\n(.*?)\n?\[  SKIPPED \]", case.findtext("system-out") or "", re.DOTALL)
    return (" ".join(said[1].split()) or "no reason given") if said else None


def main():
    skipped = collections.defaultdict(list)
    passed, failed = [], []
    for case in cases(sys.argv[1]):
        if case.get("status") == "run":
            passed.append(case.get("name"))
        elif case.get("status") != "fail" and (why := why_skipped(case)):
            skipped[why].append(case.get("name"))
        else:
            failed.append(case.get("name"))

    for why, names in skipped.items():
        print(f"skipped {len(names)}: {why} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})")
    for name in failed:
        print(f"FAILED: {name}")
    print(f"{len(passed)} passed, {len(failed)} failed, {sum(map(len, skipped.values()))} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
