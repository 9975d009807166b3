"""Writes golden.ndjson: invented sentences with the scores of the reference.

Run from this folder; the same seed gives the same file:

    python3 -m venv venv && venv/bin/pip install vaderSentiment==3.3.2
    PYTHONIOENCODING=utf-8 venv/bin/python golden.py > golden.ndjson
"""
import functools
import itertools
import json
import operator
import random
import re
import sys

from vaderSentiment import vaderSentiment as vader

# Since Python 3.12 sum() compensates its rounding, so valences that cancel out may
# leave a remainder of 1e-16, to whose sign the reference then adds the emphasis.
# Addition from left to right is what the release was written with.
vader.sum = functools.partial(functools.reduce, operator.add)
random.seed(20140601)
analyzer = vader.SentimentIntensityAnalyzer()
LEXICON = sorted(analyzer.lexicon)
WORDS = [w for w in LEXICON if w.isalpha() and len(w) > 3]
EMOTICONS = [w for w in LEXICON if not any(c.isalnum() for c in w)]
EMOJI = sorted(e for e in analyzer.emojis)
NEGATIONS = sorted(vader.NEGATE)
BOOSTERS = sorted(vader.BOOSTER_DICT)
IDIOMS = sorted(vader.SPECIAL_CASES)
GOOD = ["good", "lovely", "adorable", "cute", "happy", "brilliant", "sweet", "love"]
BAD = ["bad", "awful", "grumpy", "sad", "horrible", "scary", "mean", "hate"]
PLAIN = ["cat", "dog", "kitten", "puppy", "the", "a", "my", "on", "sofa", "with", "and",
         "today", "again", "window", "two", "bowl", "#cats", "#dogs", "@someone", "it's",
         "https://example.test/a1", "walk", "ball", "is", "was", "it"]
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85",
          "\xa0", "\u1680", "\u2000", "\u2003", "\u2009", "\u200a", "\u200b", "\u2028", "\u2029",
          "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff"]
OTHER = [
    "Die Katze ist so süß und liebt ihren Karton", "El perro más bonito del barrio!!",
    "Le chat dort, mais le chien est triste :(", "猫はとてもかわいい 😻", "강아지 너무 귀여워 ❤",
    "القطة لطيفة جدا 😍", "Кот ОЧЕНЬ хороший, но пёс грустный 😢", "החתול חמוד good",
    "Σκύλος ΚΑΛΟΣ good ΟΔΟΣ", "çok iyi bir kedi İYİ good ı I", "ǅ good Good ǆ", "STRASSE straße good",
]
CASED = ["GOOD", "Good", "gOOD", "GOOD1", "G00D", "ÉGOOD", "ⒶⒷ", "ⓐ", "Ⅷ", "ⅷ", "ªª", "ʰ", "ǅ", "Ǆ",
         "ǆ", "𝐀𝐁", "𝐚", "🄰🄱", "ΑΒΓ", "αβγ", "123", "!!!", "漢字", "Þ", "\u212aIND", "\u212aiss", "l\u0130ke",
         "L\u0130KE", "\u212b", "ſad", "ΣAD", "ﬁne", "İ", "A\u0301", "ß", "ẞ"]
sentences = {}


def add(rule, *texts):
    for text in texts:
        sentences.setdefault(text, rule)


def some(items, n):
    return random.sample(items, min(n, len(items)))


add("edge", "", " ", "\n\n", ".", "!", "?", "!!!!", "????", "a", "but", "BUT", "no", "no no", "no no no", "kind", "kind of",
    "least", "never", "not", ":)", ":D", "'", "n't", "N'T", "don't", "so", "\ud800 good", "good\udfff", "\x00 good \x00",
    "\ufffd good", "good" * 50, "!" * 500 + " good", "good?" * 40, "-" * 300, "(good)", "((good))", "'good'", '"ok"', "ok.",
    "ok!", "..ok..", "no.", "no!", "(no)", ":-)good", "good:)", "$:", "}:-(", "can't stand it", "I am fed up", "fed up", "o.O", "O_o",
    ":-Þ", ":Þ", "XD", "xD", "<3", "</3", "d:", "'-:", "ok", "OK", "8)", "x", "=)", ";)", ":p")

for word in some(WORDS, 260):
    add("lexicon", f"the {word} cat")
for e in some(EMOTICONS, 120):
    add("emoticon", f"my dog {e}", f"{e}")
for e in some(EMOJI, 200):
    add("emoji", f"cat {e} today")
for e, f in zip(some(EMOJI, 60), some(EMOJI, 60)):
    add("emoji", f"{e}{f}", f"good{e}good", f"{e}\n{f} sad", f"VERY good {e} {f}!")
add("emoji", *(t.format(e=e) for e in ["😀", "😻", "😢", "👌", "🆙", "🔛", "❤", "❤️", "👍🏽", "🐈‍⬛", "©", "®", "💔", "🏴", "🎅"]
               for t in ["{e}", "{e}{e}", "{e}cat", "cat{e}", "I am {e} NOT sad", "no {e} here", "not {e}", "so {e} so good", "good\t{e}"]))

for n, w in itertools.product(NEGATIONS, ["good", "awful"]):
    add("negation", f"it is {n} {w}", f"{n} my {w} cat", f"{n} a very {w} dog")
for n in some(NEGATIONS, 30):
    add("negation", f"{n.upper()} good at all", f"{n.capitalize()} the cat on sofa sad", f"{n}, bad", f"({n}) nice")
for c in ["couldn't've", "y'ain't", "wasn't-it", "don’t", "DON'T", "Isn'T", "n'tgood", "éon't", "doubtn't"]:
    add("negation", f"{c} good", f"{c} the good", f"it {c} a a bad cat")
for b, w in itertools.product(BOOSTERS, ["good", "awful"]):
    add("degree", f"it is {b} {w}")
for b, c in zip(some(BOOSTERS, 50), some(BOOSTERS, 50)):
    add("degree", f"{b} {c} good", f"{b} {c} {b} bad", f"{b} the old sad cat", f"{b.upper()} the good {c} BAD dog", f"not {b} good", f"{b}")
for p in ["kind of", "sort of", "just enough", "kinda", "kind-of"]:
    for w in ["good", "sad", "KIND", "shit"]:
        add("degree", f"{p} {w}", f"it was {p} {w}", f"it was only {p} {w}", f"it was {p} the {w}", f"it is {p.upper()} {w}",
            f"a {p} a {w}", f"well {p}", f"the cat was not {p} {w} {p} {w}")

for words in itertools.product(["never", "without", "not", "so", "this", "doubt"], repeat=3):
    add("never so", " ".join(words) + " good")
for words in itertools.product(["never", "without", "so", "this", "doubt", "a"], repeat=2):
    add("never so", " ".join(words) + " bad", "the " + " ".join(words) + " good cat")
for words in itertools.product(["at", "very", "the", "least", "good", "LEAST", "At"], repeat=2):
    add("least", " ".join(words) + " good", "well " + " ".join(words) + " bad cat")
for words in itertools.product(["no", "or", "nor", "good", "bad", "cat"], repeat=3):
    add("no", " ".join(words) + " happy", "NO " + " ".join(words))
for i in IDIOMS + sorted(vader.SENTIMENT_LADEN_IDIOMS):
    add("idiom", i, f"it is {i}", f"this cat is really {i}", f"my dog is {i} today", f"a b c {i} good", f"good a b {i}", f"it is not {i} now",
        f"the cat was {i.upper()}!", f"a b {i} kind of love", f"a b love {i}", f"so so so {i} x y {i}", f"a bad {i} {i}")

for i, j in itertools.permutations(IDIOMS, 2):
    add("idiom", f"a {i} {j} x")

for g, b in itertools.product(GOOD[:5], BAD[:5]):
    add("but", f"{g} but {b}", f"{b} cat but {g} dog but {b}", f"The cat is {g}, BUT the dog is {b}!", f"{g} {g} {b} but {g} {b} {b}")
for _ in range(150):
    half = [random.choice(GOOD[:4] + BAD[:4] + EMOTICONS[:3] + ["very", "not", "cat"]) for _ in range(random.randint(2, 24))]
    half.insert(random.randrange(len(half)), "but")
    add("but", " ".join(half))
for n, m in itertools.product(range(7), range(6)):
    add("emphasis", "a good cat" + "!" * n + "?" * m, "?" * m + "sad " + "!" * n)
    add("emphasis", f"good bad cat {'!' * n} {'?' * m}")
for a, b in itertools.product(CASED, ["good", "GOOD", "sad"]):
    add("capitals", f"{a} {b}", f"VERY {b} {a}")
for a in ["Aⓐ", "Bª", "Xʰ", "Cⅷ", "Dǅ", "Eß", "F漢", "GⒶ", "HⅧ", "I1", "Jα", "KΑ"]:
    add("capitals", f"{a} GOOD", f"{a} VERY BAD")
for s, t in itertools.product(SPACES, ["not{s}good{s}cat", "good{s}{s}but{s}sad", "{s}so{s}very{s}sad{s}"]):
    add("white space", t.format(s=s))
for p in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…“”’¡¿—":
    add("punctuation", f"{p}good{p} cat", f"not{p}good", f"{p}{p}no{p} sad", f"{p}ok{p}", f"good{p}bad {p}")
add("language", *OTHER)
for o in OTHER:
    add("language", f"{o} " + random.choice(GOOD), f"not {o} " + random.choice(EMOJI))

for _ in range(350):
    words = [random.choice(random.choice([PLAIN, PLAIN, PLAIN, GOOD, BAD, WORDS, BOOSTERS, NEGATIONS, EMOTICONS, EMOJI, ["but", "no", "least"]]))
             for _ in range(random.randint(6, 26))]
    words = [random.choice([w, w, w, w, w.upper(), w.capitalize(), w + random.choice("!?.,;")]) for w in words]
    add("mixture", "".join(w + random.choice([" "] * 12 + ["", "\n", "\xa0"]) for w in words))

OPPOSITES = {}
for w in WORDS:
    OPPOSITES.setdefault(analyzer.lexicon[w], w)
for v in sorted(OPPOSITES):
    if v > 0 and -v in OPPOSITES:
        add("cancelled out", f"{OPPOSITES[v]} and {OPPOSITES[-v]}!!", f"{OPPOSITES[-v]} cat {OPPOSITES[v]} dog??")
for _ in range(120):
    v, w = (round(random.uniform(0.5, 3.4), 1) for _ in "vw")
    three = [OPPOSITES.get(v), OPPOSITES.get(w), OPPOSITES.get(-round(v + w, 1))]
    if all(three):
        random.shuffle(three)
        add("cancelled out", " and ".join(three) + "!", "a cat so ".join(three) + "?!?")

SEQUENCES = ["👩‍❤️‍👨", "🐈‍⬛", "🐕‍🦺", "🏳️‍🌈", "🏴\U000e0067\U000e0062\U000e007f", "🇩🇪", "1️⃣", "#️⃣", "👍🏽", "👎🏿", "❤️‍🔥", "🫠", "🥹", "☺︎", "☹️", "👨‍👩‍👧", "🧑🏾‍🦰", "\U0001faf6\U0001f3fb"]
for e, t in itertools.product(SEQUENCES, ["{e}", "good{e}cat", "not {e} good", "{e}{e} VERY sad!", "so\u200d{e}\ufe0f bad", "#Love{e} #hate"]):
    add("emoji sequence", t.format(e=e))
for w, t in itertools.product(["love", "HATE", "no", "but", "isn't", "least"],
        ["#{w}", "#{w}cat good", "@{w} sad", "@{w}_ GOOD {w}", "https://{w}.test/{w}?a=!", "{w}.test", "“{w}” good", "‘{w}’ sad", "«{w}» good", "{w}’s good", "{w}'s bad",
         "{w}… good", "{w}—good", "{w}/good", "&{w};", "good\u200b{w} bad", "{w}\u0301 good", "{w}１ bad", "1{w}", "{w}\n\n\tgood", "\u202e{w}\u202c sad", "{w}！good？"]):
    add("post", t.format(w=w))
for n in (63, 64, 65, 66, 130, 400):
    half = [random.choice(GOOD + BAD + PLAIN + ["not", "very", "😢", "😻", "NO"]) for _ in range(n)]
    add("long", " ".join(half), " ".join(half[: n // 3] + ["but"] + half[n // 3 + 1 :]))
    add("long", "good!" * n, "bad " * n + "but good", "😍" * n, "." * n + "sad" + "?" * n, "sad\n" * n + "😢!", ":) :( " * n + "BUT :)")


def line(text, rule):
    s = analyzer.polarity_scores(text)
    record = {"rule": rule, "text": text, "neg": s["neg"], "neu": s["neu"], "pos": s["pos"], "compound": s["compound"] + 0.0}
    written = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    # What cannot be seen is written as an escape.
    return re.sub(r"[^\x20-\x7e]", lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], written)


for text, rule in sentences.items():
    sys.stdout.write(line(text, rule) + "\n")
print(f"{len(sentences)} sentences", file=sys.stderr)
