#!/usr/bin/env python3
"""Writes src/text/bert_characters.h from the record of what Hugging Face's BERT tokenizer does to each code point.

    scripts/generate_bert_characters.py > src/text/bert_characters.h

The record is tests/golden/tokenizer/bert_chars.json (ranges in hex, inclusive). Its categories are those of Unicode 8,
older than any Unicode library here, so they are kept as tables instead of being asked of libutf8proc.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "tests/golden/tokenizer/bert_chars.json"
TABLES = [
    ("clean_text_removed", "kRemoved", "Dropped by clean_text: control, format and private-use characters, U+FFFD."),
    ("cjk_surrounded_by_spaces", "kIdeographs", "Each a word of its own (handle_chinese_chars)."),
    ("strip_accents_removed", "kMarks", "Non-spacing marks, dropped by strip_accents."),
    ("pre_tokenizer_punctuation", "kPunctuation", "Each a word of its own (pre-tokenizer)."),
]
HEADER = """\
// What Hugging Face's fast BERT tokenizer takes characters for (Unicode 8, with some departures of its own).
//
// Written by scripts/generate_bert_characters.py from tests/golden/tokenizer/bert_chars.json; do not edit.
#pragma once

#include "text/unicode.h"

// clang-format off
namespace angle::bert_characters {
"""


def table(name, comment, ranges):
    lines, line = [], " "
    for first, last in ranges:
        entry = f" {{0x{first}, 0x{last}}},"
        if len(line) + len(entry) > 110:
            lines.append(line)
            line = " "
        line += entry
    lines.append(line)
    body = "\n".join(lines).rstrip(",")
    return f"\n// {comment}\ninline constexpr CodePointRange {name}[] = {{\n{body}}};\n"


def main():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    sys.stdout.write(HEADER)
    for key, name, comment in TABLES:
        sys.stdout.write(table(name, comment, record[key]))
    sys.stdout.write("\n}  // namespace angle::bert_characters\n")


if __name__ == "__main__":
    main()
