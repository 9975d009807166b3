"""Writes any number of invented sentences with the scores of the reference, for
the test that compares every one of them:

    make test-vader

Arguments: how many random sentences (100000), and their seed (1). One sentence
per code point goes before them. Nothing of it is kept; golden.py writes what is.
"""
import functools
import json
import operator
import random
import string
import sys

from vaderSentiment import vaderSentiment as vader

vader.sum = functools.partial(functools.reduce, operator.add)  # as in golden.py
analyzer = vader.SentimentIntensityAnalyzer()
LEXICON = sorted(analyzer.lexicon)
EMOJI = sorted(analyzer.emojis)  # single code points and sequences
BOOSTERS = sorted(vader.BOOSTER_DICT)
IDIOMS = sorted(vader.SPECIAL_CASES) + sorted(vader.SENTIMENT_LADEN_IDIOMS)
RULES = ["but", "no", "nor", "or", "least", "at", "very", "never", "so", "this", "without", "doubt", "kind", "of", "sort", "just",
         "enough", "not", "the", "shit", "bomb", "bad", "ass", "yeah", "right", "kiss", "death", "to", "die", "for", "beating", "heart"]
PLAIN = ["cat", "dog", "my", "on", "sofa", "and", "is", "it's", "#cats", "#GoodDog", "@a_friend", "https://example.test/Good?a=b!",
         "www.example.test", "7", "3.5", "100%", "2nd", "10/10", "b4", "a", "I", "'", "-", "--", "...", "&", "&amp;", "&lt;3"]
CONTRACTIONS = ["isn't", "ISN'T", "Isn't", "isn’t", "couldn't've", "y'all", "'tis", "ain't", "AINT", "won't,", "n't", "\u02bcn't", "don`t"]
QUOTED = ["“{}”", "‘{}’", '"{}"', "'{}'", "«{}»", "({})", "[{}]", "*{}*", "_{}_", "~{}~", "#{}", "@{}", "{}…", "¡{}!", "¿{}?", "{}—", "{}'s", "{}’s", "{}\u200d", "\ufeff{}"]
MARKS = ["!", "!!", "!!!!!", "?", "??", "???", "????", "?!", "!?!?", ".", "...", ",", ";", ":", "！", "？", "‼", "⁉"]
JOINED = ["🏽", "🏿", "\u200d", "\ufe0f", "\ufe0e", "\u20e3", "♀", "♂", "⚕"]
FLAGS = ["🇩🇪", "🇯🇵", "🏴\U000e0067\U000e0062\U000e007f", "🏳️‍🌈", "👩‍❤️‍👨", "🐈‍⬛", "🐕‍🦺", "1️⃣", "#️⃣", "👍🏽", "❤️", "❤️‍🔥", "🫠", "🥹"]
SPACES = [" "] * 24 + ["  ", "\n", "\r\n", "\n\n", "\t", "\v", "\f", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u200b", "\u2028", "\u2029",
                       "\u202f", "\u205f", "\u3000", "\ufeff", "", "/", "-", ",", "."]
LANGUAGES = ["die süße Katze GROẞ", "le CHÂTEAU est très joli", "猫はかわいい", "강아지", "القطة", "Кот ОЧЕНЬ", "ΟΔΟΣ ΣΑΣ", "İYİ ılık", "ǅ ǆ Ǆ", "ﬁne ﬀ", "ⅧⅨ ⅷ", "ⒶⒷ ⓐ", "𝐆𝐎𝐎𝐃 𝐠𝐨𝐨𝐝",
             "𐐀𐐁 𐐨", "Ა ა", "ꭰ Ꭰ", "ʰ ª", "ſad", "\u212aind of good", "go\u0301od", "good\u0301", "हिन्दी", "ไทย", "𞤀𞤢"]
# What people write and what rules look at. Each is also edited, joined, cased and cut, and stands beside the others.
PHRASES = ["isn’t good", "ISN’T GOOD", "don’t love", "can’t stand", "couldn’t be happier", "kind of nice", "KIND OF nice", "kinda good", "sort of bad", "just enough good",
           "the shit", "this cat is the shit", "THE SHIT!", "he is bad ass", "my bad ass cat", "a badass dog", "bad ass!", "the bomb", "yeah right", "Yeah, right!", "kiss of death", "to die for",
           "cake to die for", "beating heart", "broken heart", "hand to mouth", "upper hand", "cut the mustard", "on the ball", "bus stop", "under the weather", "back handed compliment",
           "least happy", "at least happy", "very least good", "the least bad cat", "LEAST good", "never so good", "never so very good", "never this bad", "NEVER SO happy", "never was so sad",
           "without doubt good", "without a doubt the best", "without any doubt bad", "without DOUBT love", "good but bad but good", "love it, but hate it BUT love it", "but", "But!", "not bad, but not good but great",
           "no good", "no, good", "no or good", "nor good", "no idea good or bad", "not very good", "not so very good", "never ever good", "hardly good", "barely any good", "rarely bad", "seldom sad",
           "!!!!!", "good!!!!!", "????", "good????", "good?!?!", "!", "?", "??", "???", "good!!!!", "sad!? why?? oh!!!", "GOOD good GOOD", "ALL CAPS GOOD", "Some CAPS good", "gOOD", "I AM SO HAPPY", "I am SO happy",
           ":-)", ":-))", ":-(", ":-D", ";-)", ":)", ":(", "=)", ":'(", ":-/", ":-|", ":-P", ":o)", "(-:", "8-)", "<3", "</3", ":-).", "(:-)", "(good :-) )", ":-):-)", "xD", "XD", "D:", ":3", "^_^", ">:(", "):", "o_O",
           "👍🏽", "👍🏿 good", "👩‍🚒", "👩🏽‍❤️‍💋‍👨🏿 love", "🐕‍🦺 good", "🐈‍⬛ bad", "🏳️‍⚧️", "🏳️‍🌈!", "0️⃣", "9️⃣ lives", "*️⃣", "#️⃣", "❤️‍🔥", "❤", "❤️", "♥️", "😂😂😂", "😭😭", "🙂🙃", "😻!!!", "🇬🇧🇺🇸", "🫶🏾", "🥲",
           "good.bad", "good,bad", "good/bad", "good-bad", "good—bad", "good…bad", "o'good", "good's", "l'amour", "rock'n'roll", "e.g. good", "U.S.A. love", "so...good", "#good", "@good", "$good", "good%", "go&od", "g*od",
           "https://good.example/bad?love=hate#sad!", "http://www.love.example", "www.hate.example/!!", "mailto:good@bad.example", "good@bad.example", "t.co/good",
           "good\tbad", "good\nbad", "good\r\n\r\nbad", "good\u00a0bad", "good\u2009very\u2009bad", "not\u00a0good", "not\u200bgood", "not\u2028good", "not\u3000good", "very\tgood", "kind\u00a0of good", "kind\nof good", "  good  ", "", " ", "\n", "\t\t"]
POOLS = [LEXICON, LEXICON, LEXICON, BOOSTERS, sorted(vader.NEGATE), RULES, RULES, IDIOMS, EMOJI, PLAIN, PLAIN, CONTRACTIONS, LANGUAGES, FLAGS, MARKS, PHRASES, PHRASES]
LETTERS = string.ascii_letters + string.punctuation + " \n"


def cased(word):
    kind = random.random()
    if kind < 0.7:
        return word
    if kind < 0.85:
        return word.upper()
    if kind < 0.93:
        return word.capitalize()
    return "".join(random.choice([c, c.upper()]) for c in word)


def word():
    w = cased(random.choice(random.choice(POOLS)))
    if random.random() < 0.12:
        w = random.choice(QUOTED).format(w)
    if random.random() < 0.12:
        w += random.choice(MARKS)
    if random.random() < 0.04:
        w += random.choice(JOINED)
    return w


def mixture(longest):
    return "".join(w for _ in range(random.randint(1, longest)) for w in (word(), random.choice(SPACES)))


def template():
    parts = [random.choice(RULES), random.choice(BOOSTERS), random.choice(sorted(vader.NEGATE)), random.choice(IDIOMS), random.choice(["but", "BUT", "But,"])]
    random.shuffle(parts)
    return " ".join(cased(p) for p in parts[:random.randint(1, 5)] + [random.choice(LEXICON)] + parts[:random.randint(0, 3)]) + random.choice(["", "!", "??", "!!!?", " :("])


def said():
    text = random.choice([" ", " ", ", ", ". ", "! ", "\n", "\t", "\u00a0", " but ", " and ", ""]).join(random.choice(PHRASES) for _ in range(random.randint(1, 5)))
    return text if random.random() < 0.7 else cased(text)


def code_point():
    while True:
        c = random.choice([random.randrange(0x250), random.randrange(0x3000), random.randrange(0x10000), random.randrange(0x1f000, 0x20000), random.randrange(0x110000)])
        if not 0xd800 <= c <= 0xdfff:
            return chr(c)


def noise():
    letters = [random.choice([code_point(), random.choice(LETTERS), random.choice(LEXICON), " "]) for _ in range(random.randint(0, 30))]
    return "".join(letters)


def edited():
    text = list(template())
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text) + 1)
        text[at:at + random.randint(0, 1)] = random.choice([code_point(), random.choice(LETTERS)])
    return "".join(text)


def show(text):
    s = analyzer.polarity_scores(text)
    sys.stdout.write(json.dumps({"rule": "broad", "text": text, "neg": s["neg"], "neu": s["neu"], "pos": s["pos"], "compound": s["compound"] + 0.0}) + "\n")


count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
for c in range(0x110000):
    # One sentence shows whether it is white space, stripped, cased, an emoji, or folds into a letter.
    if not 0xd800 <= c <= 0xdfff and (c < 0x3100 or 0xa000 <= c < 0xac00 or 0xd7a4 <= c < 0x20000 or c % 97 == 0):
        c = chr(c)
        show(f"not{c}good {c} GOOD {c}lov{c}e but isn{c}'t sad{c}")
        show(f"{c}A VERY {c} bad")
for phrase in PHRASES:
    for text in [phrase, phrase.upper(), phrase + "!", phrase + " ????", "a cat, " + phrase, "GOOD " + phrase, phrase + " but sad", "my very old cat is " + phrase + " today"]:
        show(text)
for n in range(count):
    kind = n % 12
    show(mixture(6) if kind < 2 else mixture(25) if kind < 4 else template() if kind < 7 else edited() if kind < 9 else said() if kind < 11 else noise())
for n in range(20):
    show(mixture(3000))
for word in ["good", "!", "?", ":-)", "but ", "not ", "GOOD good ", "é", "\u00a0", "\n", "kind of good "]:
    show(word * (10_000 // len(word)))
show("😻" * 300)  # the reference takes the square of the words, and each of these is seven
