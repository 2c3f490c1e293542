"""Made-up texts of many scripts, with words as frequent as in a language (Zipf's law); the same in every run."""
import itertools
import random

LETTERS = {"Latin": "aàáâäãåæbcçdðeèéêëfgğhiìíîïjklłmnñoòóôöõøœpqrsşßštþuùúûüvwxyýÿzžż",
           "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєўџљњћ",
           "Greek": "αάβγδεέζηήθιίϊκλμνξοόπρσςτυύϋφχψωώ"}
KANA = [chr(code) for code in (*range(0x3042, 0x3094), *range(0x30A2, 0x30F4))]
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
EMOJI = [*map(chr, range(0x1F600, 0x1F645)), "👩‍👩‍👧", "👍🏽", "❤️", "🇯🇵"]
WORDS = 5000  # of a language



class Frequent:
    """Draws values, the n-th about 1/n times as often as the first."""

    def __init__(self, draw, values):
        self.draw, self.values = draw, values
        self.sums = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(values))))

    def some(self, fewest, most):
        return self.draw.choices(self.values, cum_weights=self.sums, k=self.draw.randint(fewest, most))


def vocabulary(draw, letters):
    return Frequent(draw, ["".join(draw.choices(letters, k=draw.randint(1, 10))) for _ in range(WORDS)])


def mixed_texts(count):
    draw = random.Random(1)
    words = {script: vocabulary(draw, letters) for script, letters in LETTERS.items()}
    words["Japanese"] = vocabulary(draw, KANA + HAN[::5])
    words["Chinese"] = Frequent(draw, draw.sample(HAN, len(HAN)))

    def phrase(script):
        separator, end = ("", "。") if script in ("Chinese", "Japanese") else (" ", draw.choice(".,!?"))
        return separator.join(words[script].some(5, 20)).capitalize() + end

    texts = (" ".join(phrase(script) for script in draw.sample(list(words), draw.randint(1, 2))) for _ in range(count))
    return [text + (" " + draw.choice(EMOJI) if draw.random() < 0.2 else "") for text in texts]
