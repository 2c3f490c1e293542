#!/usr/bin/env python3
"""What scripts/fetch_model.sh and scripts/fetch_data.sh do, against a hub of our own on 127.0.0.1.

Invariants: only the files that `angle` reads are fetched; what is there is not fetched again; a failure says why in one
line, exits with 1 and leaves nothing behind; a data set that fails takes no other with it; a model that `angle` does not run
is told; a download is checked against the hub's size and sha256; the token goes to the hub and to no other host; labels, line
ends and row counts of the data sets come out as `angle` expects them.
"""
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = SOURCE / "scripts"


class Hub(http.server.ThreadingHTTPServer):
    """Repositories as {"models/owner/name": {path: bytes}}. Large files are redirected to another host name."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories = {}
        self.requests = []  # (path, Authorization header)
        self.damaged = set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        hub = self.server
        path = self.path.partition("?")[0].strip("/")
        hub.requests.append((path, self.headers.get("Authorization")))
        kind, _, rest = path.removeprefix("api/").partition("/")
        if path.startswith("storage/"):
            return self.answer(bytes.fromhex(path.removeprefix("storage/")))
        if path.startswith("api/") and (files := hub.repositories.get(f"{kind}/{rest}")) is not None:
            return self.answer(json.dumps({"sha": "c0ffee", "siblings": [self.entry(*file) for file in files.items()]}).encode())
        repository, _, name = path.partition("/resolve/c0ffee/")
        repository = repository if repository.startswith("datasets/") else "models/" + repository
        content = hub.repositories.get(repository, {}).get(name)
        if content is None:
            return self.answer(b"Repository not found", 401)
        if name in hub.damaged:
            content = content[:-1] + b"?"
        if not name.endswith(".safetensors"):
            return self.answer(content)
        self.send_response(302)
        self.send_header("Location", f"{hub.url('localhost')}/storage/{content.hex()}")
        self.end_headers()

    def entry(self, name, content):
        entry = {"rfilename": name, "size": len(content)}
        if name.endswith(".safetensors"):
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest()}
        return entry

    def answer(self, content, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.hub = Hub()
        self.addCleanup(self.hub.server_close)
        self.addCleanup(self.hub.shutdown)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.cache = pathlib.Path(directory.name)
        self.environment = {"HF_ENDPOINT": self.hub.url()}

    def run_script(self, name, *arguments):
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "ANGLE_DATA_DIR"))}
        variables |= {"ANGLE_CACHE_DIR": str(self.cache), "no_proxy": "*"} | self.environment
        return subprocess.run([SCRIPTS / name, *arguments], env=variables, capture_output=True, text=True)

    def succeed(self, name, *arguments):
        result = self.run_script(name, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def fail_with(self, fragment, name, *arguments):
        """The script fails, the last line says why, and nothing half done remains."""
        result = self.run_script(name, *arguments)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(fragment, result.stderr.splitlines()[-1])
        progress = r": fetching |: \d+ rows$| is there$"
        said = [line for line in result.stderr.splitlines() if not re.search(progress, line)]
        self.assertEqual(len(said), 1, result.stderr)
        self.assertEqual(list(self.cache.glob("*/.fetch.*")), [])

    def files(self, directory):
        return sorted(str(path.relative_to(self.cache / directory)) for path in (self.cache / directory).rglob("*") if path.is_file())


class FetchModel(FetchTest):
    def setUp(self):
        super().setUp()
        self.files_of_model = {
            "config.json": b'{"model_type": "bert"}', "modules.json": b"[]", "1_Pooling/config.json": b"{}", "2_Dense/model.safetensors": b"dense",
            "tokenizer.json": b"{}", "vocab.txt": b"a", "README.md": b"#", "pytorch_model.bin": b"pickle",
            "onnx/model.onnx": b"onnx", "openvino/config.json": b"{}", "model.safetensors": b"weights"}
        self.hub.repositories["models/sentence-transformers/small"] = self.files_of_model

    def test_fetches_what_angle_reads_and_nothing_else(self):
        self.succeed("fetch_model.sh", "small")
        self.assertEqual(self.files("models/small"), ["1_Pooling/config.json", "2_Dense/model.safetensors", "config.json",
                                                      "model.safetensors", "modules.json", "tokenizer.json", "vocab.txt"])
        self.assertEqual((self.cache / "models/small/model.safetensors").read_bytes(), b"weights")

    def test_does_not_fetch_again(self):
        self.succeed("fetch_model.sh", "small")
        self.hub.requests.clear()
        self.succeed("fetch_model.sh", "small")
        self.assertEqual(self.hub.requests, [])

    def test_fetches_shards_where_there_is_no_single_file(self):
        del self.files_of_model["model.safetensors"]
        shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
        self.hub.repositories["models/owner/large"] = self.files_of_model | {name: b"part" for name in shards}
        self.succeed("fetch_model.sh", "owner/large")
        self.assertEqual([name for name in self.files("models/owner/large") if name.startswith("model")], shards)

    def test_refuses_a_model_that_is_a_pickle_only(self):
        del self.files_of_model["model.safetensors"]
        self.fail_with("has no model.safetensors; its pytorch_model.bin is a pickle", "fetch_model.sh", "small")

    def test_warns_of_a_model_that_angle_does_not_run(self):
        known = set(re.findall(r'{"([a-z-]+)", Architecture::', (SOURCE / "src/model/encoder_config.cpp").read_text()))
        self.assertIn("bert", known)
        for kind in ("mpnet", *known):
            self.files_of_model["config.json"] = json.dumps({"model_type": kind}).encode()
            self.hub.repositories[f"models/owner/{kind}"] = self.files_of_model
            result = self.run_script("fetch_model.sh", f"owner/{kind}")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(f"angle does not run owner/{kind}, whose model_type is {kind} (supported: bert" in result.stderr, kind == "mpnet")

    def test_says_when_a_model_does_not_exist(self):
        self.fail_with("not there, or not public (HTTP 401)", "fetch_model.sh", "owner/none")

    def test_says_when_the_hub_cannot_be_reached(self):
        self.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.fail_with("cannot be reached", "fetch_model.sh", "small")

    def test_says_when_the_answer_is_not_a_listing(self):
        self.environment["HF_ENDPOINT"] = self.hub.url() + "/storage/00#"
        self.fail_with("is not what a Hugging Face hub says", "fetch_model.sh", "small")

    def test_notices_damage_by_sha256(self):
        self.hub.damaged.add("model.safetensors")
        self.fail_with("its sha256 is not the one that the hub names", "fetch_model.sh", "small")

    def test_keeps_the_token_from_other_hosts(self):
        self.environment["HF_TOKEN"] = "secret"
        self.succeed("fetch_model.sh", "small")
        told = {authorization for path, authorization in self.hub.requests if not path.startswith("storage/")}
        elsewhere = {authorization for path, authorization in self.hub.requests if path.startswith("storage/")}
        self.assertEqual((told, elsewhere), ({"Bearer secret"}, {None}))

    def test_refuses_a_name_that_leaves_the_cache(self):
        self.fail_with("not a model's name", "fetch_model.sh", "../other")


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def stsb_rows(count, text="stsb"):
    return [{"sentence1": f"{text} {index}", "sentence2": "b", "score": 2.5, "genre": "x"} for index in range(count)]


def glue_rows(count, label=0):
    return [{"text1": f"question {index}", "text2": "answer", "label": label, "idx": index} for index in range(count)]


class FetchData(FetchTest):
    def setUp(self):
        super().setUp()
        self.stsb = {f"{split}.jsonl.gz": gzip.compress(jsonl(stsb_rows(count)))
                     for split, count in (("train", 5749), ("validation", 1500), ("test", 1379))}
        self.hub.repositories["datasets/mteb/stsbenchmark-sts"] = self.stsb

    def lines(self, name):
        return (self.cache / "data" / name).read_text(encoding="utf-8").split("\n")[:-1]

    def test_writes_every_split_with_its_header(self):
        self.succeed("fetch_data.sh", "stsb")
        self.assertEqual(self.files("data"), ["stsb/test.tsv", "stsb/train.tsv", "stsb/validation.tsv"])
        self.assertEqual(self.lines("stsb/test.tsv")[:2], ["sentence1\tsentence2\tscore", "stsb 0\tb\t2.5"])
        self.assertEqual(len(self.lines("stsb/train.tsv")), 5750)

    def test_writes_into_the_data_directory_of_the_environment(self):
        self.environment["ANGLE_DATA_DIR"] = str(self.cache / "mine")
        self.succeed("fetch_data.sh", "stsb")
        self.assertEqual(self.files("mine"), ["stsb/test.tsv", "stsb/train.tsv", "stsb/validation.tsv"])
        self.assertFalse((self.cache / "data").exists())

    def test_does_not_fetch_again(self):
        self.succeed("fetch_data.sh", "stsb")
        self.hub.requests.clear()
        self.succeed("fetch_data.sh", "stsb")
        self.assertEqual(self.hub.requests, [])

    def test_writes_tabs_and_line_ends_within_a_text_as_spaces(self):
        rows = stsb_rows(1379)
        rows[0]["sentence1"] = "one\ttwo\nthree\r\nfour \u2028five"
        self.stsb["test.jsonl.gz"] = gzip.compress(jsonl(rows))
        self.succeed("fetch_data.sh", "stsb")
        self.assertEqual(self.lines("stsb/test.tsv")[1], "one two three four \u2028five\tb\t2.5")

    def test_refuses_another_number_of_rows(self):
        self.stsb["validation.jsonl.gz"] = gzip.compress(jsonl(stsb_rows(1499)))
        self.fail_with("stsb/validation.tsv: expected 1500 rows, found 1499", "fetch_data.sh", "stsb")
        self.assertEqual(self.files("data"), ["stsb/train.tsv"])

    def test_knows_how_many_rows_the_training_splits_have(self):
        glue = {"train.jsonl": jsonl(glue_rows(9)), "validation.jsonl": jsonl(glue_rows(9))}
        self.hub.repositories |= {"datasets/SetFit/qqp": glue, "datasets/SetFit/qnli": glue, "datasets/princeton-nlp/datasets-for-simcse": {
            "nli_for_simcse.csv": b"sent0,sent1,hard_neg\na,b,c\n"}}
        self.fail_with("qqp/train.tsv: expected 363846 rows, found 9", "fetch_data.sh", "qqp")
        self.fail_with("qnli/train.tsv: expected 104743 rows, found 9", "fetch_data.sh", "qnli")
        self.fail_with("nli/triples.jsonl.gz: expected 275601 rows, found 1", "fetch_data.sh", "nli")

    def test_fetches_the_others_when_one_is_not_there(self):
        self.hub.repositories["datasets/mteb/biosses-sts"] = {"test.jsonl.gz": gzip.compress(jsonl(stsb_rows(100)))}
        result = self.run_script("fetch_data.sh", "all")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(self.files("data"), ["biosses/test.tsv", "stsb/test.tsv", "stsb/train.tsv", "stsb/validation.tsv"])
        self.assertEqual(result.stderr.splitlines()[-1],
                         "fetch_data: missing: sts12 sts13 sts14 sts15 sts16 sickr mrpc qqp qnli gis nli; the reasons are above, "
                         "and the same command tries these again")

    def test_refuses_labels_that_are_none(self):
        self.hub.repositories["datasets/SetFit/qnli"] = {"train.jsonl": jsonl(glue_rows(9, label=-1)), "validation.jsonl": b""}
        self.fail_with("the label -1 is not a gold label", "fetch_data.sh", "qnli")

    def test_flips_the_label_of_qnli(self):
        rows = glue_rows(104743)
        rows[1]["label"] = 1
        self.hub.repositories["datasets/SetFit/qnli"] = {"train.jsonl": jsonl(rows), "validation.jsonl": jsonl(rows[:5463])}
        self.succeed("fetch_data.sh", "qnli")
        self.assertEqual(self.lines("qnli/validation.tsv")[1:3], ["question 0\tanswer\t1", "question 1\tanswer\t0"])

    def test_joins_the_two_parts_of_the_training_split_of_mrpc(self):
        self.hub.repositories["datasets/SetFit/mrpc"] = {
            "train.jsonl": jsonl(glue_rows(3668)), "validation.jsonl": jsonl(glue_rows(408)), "test.jsonl": jsonl(glue_rows(1725))}
        self.succeed("fetch_data.sh", "mrpc")
        self.assertEqual([len(self.lines(f"mrpc/{split}.tsv")) for split in ("train", "test")], [4077, 1726])
        self.assertEqual(self.lines("mrpc/train.tsv")[1], "question 0\tanswer\t0")

    def test_sets_aside_what_stsb_does_not_have(self):
        seen = [{"sentence1": f"STSB, {index}!", "sentence2": "new", "score": 1.0} for index in range(685)]
        new = [{"sentence1": "new", "sentence2": f"fresh {index}", "score": 4.0} for index in range(815)]
        self.hub.repositories["datasets/mteb/sts13-sts"] = {"test.jsonl.gz": gzip.compress(jsonl(seen + new))}
        self.succeed("fetch_data.sh", "sts13")
        self.assertEqual(self.lines("sts13/test_not_in_stsb.tsv")[1], "new\tfresh 0\t4.0")

    def test_makes_triples_and_labelled_pairs_of_nli(self):
        table = "sent0,sent1,hard_neg\n" + '"A man, old.",A person.,Nobody.\n' * 275601
        self.hub.repositories["datasets/princeton-nlp/datasets-for-simcse"] = {"nli_for_simcse.csv": table.encode()}
        self.succeed("fetch_data.sh", "nli")
        with gzip.open(self.cache / "data/nli/triples.jsonl.gz", "rt", encoding="utf-8") as file:
            self.assertEqual(json.loads(file.readline()), {"anchor": "A man, old.", "positive": "A person.", "negative": "Nobody."})
        self.assertEqual(self.lines("nli/train.tsv")[1:3], ["A man, old.\tA person.\t1", "A man, old.\tNobody.\t0"])

    def test_says_what_a_repository_has_instead_of_a_split(self):
        self.stsb["dev.jsonl.gz"] = self.stsb.pop("validation.jsonl.gz")
        self.fail_with("no file of the split validation (found train.jsonl.gz test.jsonl.gz dev.jsonl.gz)", "fetch_data.sh", "stsb")

    def test_says_when_the_hub_cannot_be_reached(self):
        self.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.fail_with("cannot be reached", "fetch_data.sh", "stsb")

    def test_names_the_tasks_when_one_is_unknown(self):
        self.fail_with("stsbb: unknown task; expected all, or some of: stsb sts12", "fetch_data.sh", "stsbb")


if __name__ == "__main__":
    unittest.main()
