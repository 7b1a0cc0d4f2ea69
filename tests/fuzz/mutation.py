"""Inputs that are nearly right: files of the corpus, changed by bytes, by words of their language and by lines."""

from random import Random  # noqa: TID251 - seeded with the number of the case: the same case each time

BYTES = (
    b"\x00",
    b"\xff",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"\r",
    b"\n",
    b"\x1b[2J",
    b"\xef\xbb\xbf",
    b" " * 300,
)
NUMBERS = (b"0", b"-1", b"9999", b"10000", b"00010101", b"99991231", b"2147483648", b"1e400", b"nan")
LARGEST = 100_000
"""Bytes; longer inputs are cut, as size itself is tested elsewhere."""


def case(corpus, words, seed):
    """Return the input of this number: one to twelve changes of a file of the corpus."""
    random = Random(seed)
    data = bytearray(random.choice(corpus))
    for _ in range(min(12, 1 + int(random.expovariate(0.5)))):
        random.choice(CHANGES)(random, data, corpus, words)
        del data[LARGEST:]
    return bytes(data)


def _place(random, data):
    return random.randrange(len(data) + 1)


def _flip(random, data, corpus, words):
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _cut(random, data, corpus, words):
    start = _place(random, data)
    del data[start : start + random.choice((1, 2, 8, 64, 4096))]


def _insert(random, data, corpus, words):
    at = _place(random, data)
    data[at:at] = random.choice((*BYTES, *NUMBERS, *words, *words))


def _repeat(random, data, corpus, words):
    start = _place(random, data)
    piece = data[start : start + random.choice((1, 8, 80, 800))]
    data[start:start] = piece * random.choice((1, 2, 30))


def _splice(random, data, corpus, words):
    other = random.choice(corpus)
    start = _place(random, other)
    at = _place(random, data)
    data[at : at + random.choice((0, 1, 200))] = other[start : start + random.choice((20, 200, 5000))]


def _word(random, data, corpus, words):
    """Put one word of the language in the place of another that stands there."""
    there = [word for word in words if word in data]
    if there:
        old = random.choice(there)
        at = data.find(old, random.randrange(len(data)))
        at = at if at >= 0 else data.find(old)
        data[at : at + len(old)] = random.choice(words)


def _number(random, data, corpus, words):
    digits = [at for at, byte in enumerate(data[:LARGEST]) if 48 <= byte <= 57]
    if digits:
        at = random.choice(digits)
        data[at : at + random.choice((1, 2, 4, 8))] = random.choice(NUMBERS)


def _lines(random, data, corpus, words):
    lines = bytes(data).splitlines(keepends=True)
    if len(lines) > 1:
        here, there = random.randrange(len(lines)), random.randrange(len(lines))
        kind = random.randrange(4)
        if kind == 0:
            del lines[here]
        elif kind == 1:
            lines[here], lines[there] = lines[there], lines[here]
        elif kind == 2:
            lines.insert(there, lines[here])
        else:
            lines[here] = lines[here].rstrip(b"\r\n") + random.choice((b"", b"\r", b"\r\n", b"\n ", b"\n\n"))
        data[:] = b"".join(lines)


CHANGES = (_flip, _cut, _insert, _insert, _repeat, _splice, _word, _word, _number, _lines, _lines)
