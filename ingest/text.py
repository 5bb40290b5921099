"""Text as people read it: what spelling differences are folded away, and where words begin and end.

Rules and articles go through the same two functions, `fold` and `cut`; nothing here knows of rules.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple
from zlib import crc32

# --- folding ----------------------------------------------------------------------------------

_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
_LETTERS |= {"ŋ": "n", "ı": "i", "ё": "е"}
_LETTERS |= {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي"}
_SILENT = (
    *range(0x0300, 0x0370),  # what is left of accents once letters are composed: stress marks
    *(*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7),  # Hebrew points
    *(*range(0x0610, 0x061B), 0x0640, *range(0x064B, 0x0660), 0x0670),  # Arabic vowels, tatweel
    *(*range(0x06D6, 0x06DD), *range(0x06DF, 0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE)),
)
_FOLDED: dict[int, str | None] = {ord(a): b for a, b in _LETTERS.items()} | dict.fromkeys(_SILENT)
_ACCENTED = re.compile("([a-z\u00df-\u024f\u0370-\u03ff])[\u0300-\u036f]+")


def fold(word: str) -> str:
    """Return the spelling under which a word is compared: no letter case, no accents.

    Expects a word as `cut` leaves it in `plain` (NFKC, a bounded number of marks on a letter).
    Accents go from Latin and Greek letters only: й is not и, but ё is е.
    """
    if word.isascii():
        return word.lower()
    if word.isalpha() and (len(word) == 1 or max(word) < _ALONE):
        return word.casefold().translate(_LETTER_BY_LETTER)
    return _fold_whole(word.casefold())


def _fold_whole(word: str) -> str:
    letters = unicodedata.normalize("NFD", word)
    letters = unicodedata.normalize("NFC", _ACCENTED.sub(_letter, letters))
    return letters.translate(_FOLDED)


def _letter(accented: re.Match[str]) -> str:
    return accented[1]


class _Folds(dict[int, str]):
    """How single letters fold, remembered: a quarter of the time of folding whole words."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_whole(chr(code))
        return folded


_LETTER_BY_LETTER = _Folds()
_ALONE = "\u0590"
"""Before it are Latin, Greek, Cyrillic and Armenian, whose letters do not join with the next."""


_SIGNS = bytes(code for code in range(128) if not (chr(code).isalnum() or chr(code).isspace()))
_OTHER_SIGNS = re.compile(r"[^\w\s]+|_+")
_OTHER_LETTERS = re.compile(f"[ßẞ{''.join(_LETTERS)}ØŁĐÐÞÆŒĦŊ]")


def bare(text: str) -> str:
    """Return the letters and digits of a text, folded further than its words are, and white space.

    What signs, marks and accents tell apart is one here. Whatever words a text has, the bare
    spelling of each stands in the bare text, with nothing between neighbours but white space and
    the `s` of a possessive.
    """
    if text.isascii():
        return _bare_ascii(text)
    text = unicodedata.normalize("NFKD", _DROPPED.sub("", text).replace("´", "'")).casefold()
    return _OTHER_SIGNS.sub("", text.translate(_FOLDED))


def bare_latin(text: str) -> str:
    """Return what of the bare text is of the letters a to z, digits and white space, sooner."""
    if not text.isascii():
        text = text.replace("´", "'").replace("™", "").replace("℠", "")
        text = unicodedata.normalize("NFKD", text)
        if _OTHER_LETTERS.search(text):
            text = text.casefold().translate(_FOLDED)
    return _bare_ascii(text)


def _bare_ascii(text: str) -> str:
    return text.encode("ascii", "ignore").lower().translate(None, _SIGNS).decode()


def fold_name(name: str) -> str:
    """Return the form under which whole names (feeds, tags) are compared: letter case folded."""
    if not name.isascii():
        name = "".join(normal for _, normal in _clusters(name))
    return name.casefold().strip()


# --- normal form, with the way back -----------------------------------------------------------

# Default-ignorable code points (Unicode 15, DerivedCoreProperties), keycaps, skin tones; and the
# trademark signs, which NFKC would write as letters at the end of a name.
_DROPPED = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\u2120\u2122\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]+"
)
_MOST_MARKS = 30
"""Marks kept on one letter: the Stream-Safe Text Format of UAX #15; normalising is quadratic."""
_SHORT = 100


def _attaches(char: str) -> bool:
    """Tell whether a character composes with the one before it: marks, jamo, half-width voicing."""
    return (
        unicodedata.category(char)[0] == "M" or char in "ﾞﾟ" or "\u1160" <= char <= "\u11ff"
    ) or "\ud7b0" <= char <= "\ud7ff"


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character with its marks in NFKC, and where it starts; ignorable ones are gone."""
    start, cluster = 0, ""
    for place, char in enumerate(text):
        if _DROPPED.match(char):
            continue
        if cluster and _attaches(char):
            cluster += char if len(cluster) <= _MOST_MARKS else ""
            continue
        if cluster:
            yield start, unicodedata.normalize("NFKC", cluster)
        start, cluster = place, "'" if char == "´" else char  # NFKC makes it a space and a mark
    if cluster:
        yield start, unicodedata.normalize("NFKC", cluster)


def _normal(text: str) -> tuple[str, list[int] | None]:
    """Return the NFKC of a text, and for each of its characters where it starts in the original.

    None instead of the list: nothing moved.
    """
    if text.isascii() or (
        len(text) < _SHORT and not _DROPPED.search(text) and unicodedata.is_normalized("NFKC", text)
    ):
        return text, None
    clusters = list(_clusters(text))
    starts = [start for start, normal in clusters for _ in normal]
    return "".join(normal for _, normal in clusters), starts


# --- shapes -----------------------------------------------------------------------------------

_HYPHENS = "-\u058a\u05be\u2010\u2011\u2012\u2013\u2212"
_APOSTROPHES = "'`\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\u05f3\u05f4"
_ENDERS = "!?\u061f\u06d4\u0964\u0965\u0589\u1362\u203c"
_SPACELESS = (
    *((0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1950, 0x19DF)),
    *((0x1A20, 0x1AAF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x303C), (0x3041, 0x31BF)),
    *((0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0xA4CF), (0xA960, 0xA97F), (0xA9E0, 0xA9FF)),
    *((0xAA60, 0xAADF), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x16FE0, 0x1B2FF), (0x20000, 0x3FFFF)),
)
"""Blocks written without spaces, or (Hangul) with particles grown on: Thai to CJK extensions."""
_NO_WORD = "©®°¦"
_VOWELS = frozenset("aeiouyh")


class _Shapes(dict[int, str]):
    """One ASCII letter for what a character is, so that one small pattern finds the words.

    `a` letter or mark, `9` digit, `c` character of a script without spaces, `s` emoji or symbol,
    `f` half a flag, `'` apostrophe, `-` hyphen, `!` sentence end, `|` the ideographic full stop,
    `"` quote or bracket, `. , & + #` themselves, blank for anything else.
    """

    def __missing__(self, code: int) -> str:
        self[code] = shape = _shape(chr(code))
        return shape


def _shape(char: str) -> str:
    for shape, chars in (("-", _HYPHENS), ("'", _APOSTROPHES), ("!", _ENDERS), ("|", "。")):
        if char in chars:
            return shape
    if char in ".,&+#":
        return char
    kind, code = unicodedata.category(char), ord(char)
    if kind[0] in "LM" or kind == "Nl":
        return "c" if any(low <= code <= high for low, high in _SPACELESS) else "a"
    if kind[0] == "N":
        return "9"
    if kind in {"Ps", "Pe", "Pi", "Pf"} or char == '"':
        return '"'
    return _symbol(char, kind, code)


def _symbol(char: str, kind: str, code: int) -> str:
    """Tell emoji and pictographs, which are words, from bullets, arrows and box drawing."""
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "f"
    drawing = 0x2190 <= code <= 0x21FF or 0x2400 <= code <= 0x25FF or code >= 0xFFF0 > 0xFFFF - code
    if 0x1F000 <= code <= 0x1FAFF or (kind == "So" and char not in _NO_WORD and not drawing):
        return "s"
    return " "


_SHAPES = _Shapes()

_WORD = re.compile(
    r"""
    (?P<one>c|s|ff?)
    | (?P<initials>(?<![a9.])a(?:\.a)+(?!\.?[a9])\.?(?:'a(?![a9]))?)   # U.S.  J.K.  U.S.'s
    | (?:[a9]+(?:
          (?: '(?=[a9])                                             # O'Brien
            | (?<=9)\.(?=9)                                         # 3.5  10.1.2.3
            | (?<!9999)(?<=9),(?=999(?!9))                          # 1,000
            | &(?=[a9])                                             # AT&T
          )[a9]+)*
        (?:\+\+(?!a)|\#(?![a9]))?)                                  # C++  C#
    """,
    re.VERBOSE,
)
_ENDS = re.compile("[.!|]")
_END = re.compile(r"""\||(?<=c)[!.]|!(?=c)|(?<![.!])[.!]+["']*$""")

_LETTERS_AS_THEY_ARE = (
    r"A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    r"\u1ea0-\u1ef9\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f\u05d0-\u05ea"
    r"\u0621-\u063a\u0641-\u064a"
)
"""Latin, Greek, Cyrillic, Hebrew and Arabic letters that NFKC leaves alone."""


def _wrapped(core: str) -> re.Pattern[str]:
    """Return the pattern of words with the signs that may stand around them.

    Its last two groups are what is between the words and a sign that may end a sentence, and
    that sign. No group is possessive: Python before 3.11.5 gets those wrong.
    """
    core = core.replace("W", rf"[{_LETTERS_AS_THEY_ARE}]++")
    return re.compile(
        rf"""["'“‘„‚«»‹›(\[$€£@•]*+ {core}
        ((?:['’][sS])?["'”’“‘«»‹›)\]%]*+) (?:[,;:]|([.!?…]))? ["'”’“‘«»‹›)\]]*+""",
        re.VERBOSE,
    )


_SIMPLE = _wrapped(r"(W|[0-9]++(?:\.[0-9]++)+)")
"""Nearly all words of most texts, cut at a fraction of the cost; the rest goes by its shape."""
_PARTS = _wrapped("(?: (W) ['’] (W) | (W(?:[-‑–]W)+) )")
_HYPHEN = re.compile("[-‑–]")

# --- words ------------------------------------------------------------------------------------

ABBREVIATIONS = frozenset(
    """
    mr mrs ms mx dr prof st ste mt ft rev hon pres gov sen rep amb gen lt col maj capt cpt cmdr cdr
    adm sgt cpl pvt pte brig supt insp det sr jr esq messrs mme mlle mgr bros inc ltd corp co cie
    plc dept univ assn est approx ca cf vs al no nos nr fig vol pp ed art sec para jan feb mar apr
    jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun ave blvd rd ctr
    hr fr frl dipl ing bzw evtl ggf inkl usw str tel abs bd nr sog gest geb sra srta dra ud uds dott
    sig ing avv on dhr mevr mw bv im ul пл г гг им ул тыс млн млрд руб св проф акад ген зам
    """.split()  # noqa: SIM905 - a table reads better in lines
)
"""Words whose dot ends no sentence, folded: titles, ranks, months and the like, in several tongues."""

_ELIDED = frozenset(
    """
    l d j m t s n c qu jusqu lorsqu puisqu quoiqu presqu quelqu
    un dell all dall nell sull coll gl degl agl dagl negl sugl quell quest bell sant
    """.split()  # noqa: SIM905
)
"""What French, Italian and Catalan shorten before a vowel (l'État, dell'Italia), folded."""


class Word(NamedTuple):
    """One word of a text; `start` and `end` count code points of what was cut, end exclusive."""

    key: str
    start: int
    end: int
    plain: str
    """Letter case and accents as written, in NFKC and without apostrophes and initials' dots."""


class Joined(NamedTuple):
    """A further spelling of `width` words from `first` on: hyphenated ones as one, `.net` with its dot."""

    key: str
    first: int
    width: int


class Cut(NamedTuple):
    """The words of a piece of text.

    `breaks` are numbers of words before which a sentence has ended; len(words) means at the end.
    """

    words: tuple[Word, ...]
    joined: tuple[Joined, ...] = ()
    breaks: tuple[int, ...] = ()


def simply(chunk: str) -> tuple[str, int, str, bool] | None:
    """Return key, start and spelling of a chunk's only word, and whether a sentence ends behind it.

    None for a chunk that takes more looking at; `cut` gives the same at a higher cost.
    """
    plain = chunk[:-1] if chunk[-1:] in ",;:." else chunk
    if plain.isalnum() and plain.isascii():  # most of all
        key = plain.lower()
        return key, 0, plain, chunk[-1] == "." and not is_short(key)
    found = _SIMPLE.fullmatch(chunk)
    if found is None:
        return None
    plain, closing, stop = found.groups()
    key = fold(plain)
    ended = bool(stop) and (bool(closing) or stop != "." or not is_short(key))
    return key, found.start(1), plain, ended


def is_short(key: str) -> bool:
    """Tell whether the dot behind a word may be its own."""
    return (len(key) == 1 and key.isalpha()) or key in ABBREVIATIONS


def cut(chunk: str) -> Cut:
    """Cut a piece of text, as `str.split` gives it, into its words.

    Linear in time whatever the text. Quotes and punctuation part words; the end of a sentence is
    seen at the end of the chunk and, in scripts without spaces, anywhere.
    """
    if simple := simply(chunk):
        key, start, plain, ended = simple
        return Cut((Word(key, start, start + len(plain), plain),), (), (1,) if ended else ())
    return _cut_by_shape(chunk)


Token = tuple[str, int, int]
"""A spelling in a chunk, the number of its first word there and of the one after its last."""


class Tokens(NamedTuple):
    """What `cut` finds in a chunk, but for where it stands and how it is written."""

    width: int
    """Its number of words."""
    tokens: list[Token]
    breaks: tuple[int, ...]


def tokens(chunk: str) -> Tokens:
    """Return words and joined forms of a chunk; for those that `simply` has nothing to say of.

    Plain words joined by hyphens, and plain words with one apostrophe, are most of these and
    need not go by shape.
    """
    found = _PARTS.fullmatch(chunk)
    if found is None or found[2] in ("s", "S"):
        words, joined, breaks = _cut_by_shape(chunk)
        every = [(word.key, at, at + 1) for at, word in enumerate(words)]
        every += [(key, first, first + width) for key, first, width in joined]
        return Tokens(len(words), every, breaks)
    head, tail, hyphenated, closing, stop = found.groups()
    if hyphenated is None:
        keys = _around_apostrophe(head, tail)
        every = [(key, at, at + 1) for at, key in enumerate(keys)]
    else:
        keys = [fold(plain) for plain in _HYPHEN.split(hyphenated)]
        every = [(key, at, at + 1) for at, key in enumerate(keys)]
        every += [(key, first, first + width) for key, first, width in _joined(keys, 0)]
    ended = bool(stop) and (bool(closing) or stop != "." or not is_short(keys[-1]))
    return Tokens(len(keys), every, (len(keys),) if ended else ())


def _around_apostrophe(head: str, tail: str) -> list[str]:
    """Return one word without its apostrophe, or two where the first is a shortened article."""
    first = fold(head)
    if first in _ELIDED and fold(tail[0])[:1] in _VOWELS:
        return [first, fold(tail)]
    return [fold(head + tail)]


def _cut_by_shape(chunk: str) -> Cut:
    normal, starts = _normal(chunk)
    shape = normal.translate(_SHAPES)
    words, joined, quiet = _words(normal, shape)
    breaks = [
        bisect_left(words, end.start(), key=_start)
        for end in (_END.finditer(shape) if _ENDS.search(shape) else ())
        if end.start() != quiet or end[0].count(".") > 1 or "!" in end[0]
    ]
    if starts is not None:
        words = [_moved(word, starts, len(chunk)) for word in words]
    return Cut(tuple(words), tuple(joined), tuple(breaks))


_start = attrgetter("start")


def _moved(word: Word, starts: list[int], length: int) -> Word:
    """Return a word with its place in the original text, the marks on its last letter included."""
    after = bisect_right(starts, starts[word.end - 1])
    end = starts[after] if after < len(starts) else length
    return word._replace(start=starts[word.start], end=end)


def _words(normal: str, shape: str) -> tuple[list[Word], list[Joined], int]:
    """Return words, joined forms, and the place of the one dot that would end no sentence."""
    words: list[Word] = []
    joined: list[Joined] = []
    first, last_end, quiet = 0, -2, -1
    quoted = "'" in shape
    for found in _WORD.finditer(shape):
        start, end = found.span()
        kind = found.lastgroup
        whole = kind != "one"
        if not (whole and start == last_end + 1 and shape[last_end] == "-"):
            if len(words) - first > 1:
                joined += _joined([word.key for word in words[first:]], first)
            first = len(words)
        last_end = end if whole else -2
        if not whole:
            words.append(Word(fold(normal[start:end]), start, end, normal[start:end]))
            continue
        while quoted and (length := _elided(normal, shape, start, end)):
            words.append(_word(normal, shape, start, start + length))
            start += length + 1
            first = len(words)
        word = _word(normal, shape, start, end)
        if not word.key:
            continue  # accents without a letter
        words.append(word)
        if kind == "initials":
            quiet = end - 1
        elif word.end == end and is_short(word.key):
            quiet = end
        if start and _dotted(shape, start):
            joined.append(Joined(f".{word.key}", len(words) - 1, 1))
    if len(words) - first > 1:
        joined += _joined([word.key for word in words[first:]], first)
    return words, joined, quiet


_BEFORE_A_DOT = ("", " ", '"', "'")


def _dotted(shape: str, start: int) -> bool:
    """Tell whether a word has a dot of its own before it, as .NET has; not after a word or dots."""
    return shape.startswith(".a", start - 1) and shape[start - 2 : start - 1] in _BEFORE_A_DOT


def _elided(normal: str, shape: str, start: int, end: int) -> int:
    """Return the length of the shortened article that a word begins with, 0 where there is none."""
    length = shape.find("'", start, min(end, start + 9)) - start
    if length < 0 or fold(normal[start + length + 1 : start + length + 2])[:1] not in _VOWELS:
        return 0
    return length if fold(normal[start : start + length]) in _ELIDED else 0


def _word(normal: str, shape: str, start: int, end: int) -> Word:
    """Return one word without its possessive ending and the signs that do not count."""
    if shape.endswith("'a", start + 1, end) and normal[end - 1] in "sS":
        end -= 2
    plain = normal[start:end]
    if not shape[start:end].isalnum():
        plain = "".join(
            char
            for place, char in enumerate(plain, start)
            if shape[place] not in "',"
            and not (shape[place] == "." and shape[place - 1] == "a")  # of initials
        )
    return Word(fold(plain), start, end, plain)


def _joined(keys: list[str], first: int) -> list[Joined]:
    """Return the joined forms of hyphenated words, numbered from `first`: every run of up to four.

    Four parts cover names and models (Su-27-like, Bab-el-Mandeb-2); the whole is there too.
    """
    count = len(keys)
    if count == 2:  # nearly always
        return [Joined(keys[0] + keys[1], first, 2)]
    joined = [
        Joined("".join(keys[start:stop]), first + start, stop - start)
        for start in range(count - 1)
        for stop in range(start + 2, min(start + 4, count) + 1)
    ]
    return [*joined, Joined("".join(keys), first, count)] if count > 4 else joined


# --- what a text index needs --------------------------------------------------------------------

LONGEST_KEY = 60
"""Code points of a word in the index; longer ones are found by their beginning."""


TITLE = "^"
"""Stands in the index before a word of the title."""


def is_run(key: str) -> bool:
    """Tell whether a word is one character of a script without spaces (CJK, Thai)."""
    return len(key) == 1 and not key.isascii() and _SHAPES[ord(key)] == "c"


PAIRS = "\U000f0000"
"""The first of the characters, of private use, that stand in the index for two neighbouring words."""
_PAIRS = ord(PAIRS)
_KINDS_OF_PAIRS = 65_534
"""Of so many an article of 400 words has one in 150: with the words themselves that is enough."""


FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being between both but by
    can could did do does during each even for from had has have he her here him his how i if in
    into is it its just like many me more most my no not now of off on one only or other our out
    over own same she should so some such than that the their them then there these they this those
    through to too under until up very was we were what when where which while will with would you
    your
    aber als am an auch auf aus bei bis da damit das dass dem den denn der des die diese dieser
    dieses doch du durch ein eine einem einen einer eines er es etwa euch fur gegen hat hatte haben
    hier ich ihm ihr ihre im in ins ist ja jetzt kann kein keine konnen man mehr mit mir muss nach
    nicht noch nun nur ob oder schon sehr sein seine seit sich sie sind so soll um und uns unter
    viele vom von vor wann warum was weil wenn werden wie wieder will wir wird wo wurde zu zum zur
    alors apres au aussi aux avant avec c ce ces cette chez comme d dans de depuis des dont du elle
    elles en entre est et etait ete etre eux fait il ils j je l la le les leur leurs lui mais meme
    moins n ne nos notre nous on ont ou par pas pendant peu peut plus pour qu quand que quel qui s
    sa sans se ses si son sont sous sur tout tous tres un une vers vos votre vous y
    al algo ante asi aun aunque cada como con contra cual cuando de del desde donde dos el ella
    ellos en entre era es esa ese eso esta este esto estos fue ha han hasta hay la las lo los mas
    me mi mientras muy ni no nos o otra otro otros para pero poco por porque que quien se sea segun
    ser si sin sobre son su sus tambien tan tiene toda todo todos tras un una uno unos y ya yo
    a agli al alla alle anche che chi ci come con cosi cui da dai dal dalla degli dei del della
    delle di dopo dove e ed era fra gia gli ha hanno i il in io l la le loro lo ma mi nei nel nella
    nelle non o ogni per perche piu poi prima puo quale quando quanto quella quello questa questo
    se si sia solo sono stato su sui sul sulla suo sua tra tutti tutto un una uno
    a ainda ao aos apos as ate com como da das de dele depois do dos e ela ele eles em entao entre
    era essa esse esta este foi foram ha isso ja la mais mas mesmo meu muito na nao nas nem no
    nos num numa o onde os ou para pela pelas pelo pelos por porque qual quando que quem se sem ser
    seu seus so sobre sua suas tambem tem um uma
    aan al als bij dan dat de deze die dit door dus een en er ge haar had heb hebben heeft het hij
    hoe hun ik in is kan maar meer met mijn na naar niet nog nu of om onder ons ook op over te tegen
    toch toen tot uit uw van veel voor wat wel werd wij wordt worden zal ze zich zij zijn zo zou
    alla allt andra att av bli blir da de dem den denna der det dig din du efter ej eller en er ett
    fick for fra fran han har hans hon hur hvis i ikke ingen inte jag jeg kan kun man med meg men
    mer mig min mot mye mycket na nar nog nogle noen og ogsa om opp pa sa sag seg sig sin sina ska
    skal skulle som ta til till ut vad ved vi vid vil vill vara var vare ved
    aby albo ale bardzo bez bo by byc byl byla bylo byly co czy dla do gdy go i ich ile jak jako je
    jego jej jest jeszcze juz kiedy ktora ktore ktory ktorych lub ma mi mnie moze na nad nas nawet
    nich nie nim o od on ona one oraz po pod przed przez przy sa sie sobie ta tak takze tego tej ten
    to tu tych tylko tym u w we wiec wszystko z za ze zeby
    ako ale ani aj az bez bol bola bolo bude by byl byla bylo co do i ich ja jak jako je jeho jej
    jen jeste ji jsem jsou k ke ked kde kdy kdyz ktera ktere ktery ma mezi mu na nad nebo nei neni
    nez o od pak po pod podle pro proto pri s sa se si so som su svoj ta tak take tam ten to tu ty
    u uz v vo vsak z za zo ze
    а без более бы был была были было быть в вам вас весь во вот все всего вы где да даже для до его
    ее если есть еще же за здесь и из или им их к как когда кто ли либо мне может мы на над надо
    наш не него нее нет ни них но ну о об однако он она они оно от очень по под после потому при
    про с сам свои себя со так также такой там те тем то того тоже той только том тот ты у уже хотя
    чего чем что чтобы эта эти это этот я
    але би був була були було в вже від він вона вони для до з за зі і із й його її їх коли ми на
    не ні о об по при про та так також те ти то той у це цього чи що щоб як який яка які
    ama ancak bir bu cok da daha de degil diye en gibi hem her icin ile ise ki kadar ne o olan
    olarak oldu olan sonra su ve veya ya
    azok az ez ezek hogy is meg mint nem csak de egy ha van volt vagy
    ale am ar au ca care ce cea cel cele cu dar de din este fi fost in la mai nu o pe pentru prin
    sa sau se si sunt un unei unui
    και να το του τησ των την τον τα τι η ο οι με για απο στο στη στην στον στα θα δεν που σε οτι
    ειναι ενα μια ωσ κι αλλα
    في من الي عن ان او ما لا هذا هذه التي الذي مع هو هي كان بعد قد ثم
    של על את לא עם זה הוא היא גם או כי אם כל אל יש מה
    """.split()  # noqa: SIM905 - a table reads better in lines
)
"""Words that any text has, folded, of the languages most feeds are in.

With a neighbour of theirs they make two thirds of all pairs, and few of those that are asked for.
The index of a store is made with them: another list needs another index.
"""


def pair(one: str, two: str) -> str | None:
    """Return what stands in the index for two words next to each other; None where nothing does."""
    if is_run(one) and is_run(two):
        return one + two
    left, right = _numbers(one), _numbers(two)
    return _paired(31 * left[0] + right[0]) if left and right else None


def _numbers(*keys: str) -> tuple[int, ...]:
    return tuple(crc32(key.encode("utf-8", "replace")) for key in keys if key not in FUNCTION_WORDS)


def _paired(both: int) -> str:
    """Return the character for 31 times the number of a word and that of its neighbour."""
    return chr(_PAIRS + both % _KINDS_OF_PAIRS)


def searchable(*texts: str) -> set[str]:
    """Return every word by which texts can be found, as `cut` has them, each once; and pairs.

    Neighbours in scripts without spaces are there as they are: single characters are too common
    to look for. An index of these keys gives every article that a rule's words are in, and more.
    """
    keys: set[str] = set()
    sums: set[int] = set()
    for text in texts:
        before: tuple[int, ...] = ()
        earlier: tuple[int, ...] = ()  # with a function word between
        run = ""
        for chunk in text.split():
            found, starts, later, ends, sooner, passes, first, last = (
                _keys(chunk) if len(chunk) < _SHORT else _keys_of(chunk)
            )
            if not found:
                continue  # signs alone; the words around them are neighbours
            keys.update(found)
            if run and first:
                keys.add(run + first)
            for one in before:
                for two in starts:
                    sums.add(31 * one + two)
                for two in later:
                    sums.add(31 * one + two)
            for one in earlier:
                for two in starts:
                    sums.add(31 * one + two)
            earlier = (*before, *sooner) if passes else sooner
            before, run = ends, last
    keys.update(map(_paired, sums))
    return keys


class _Keys(NamedTuple):
    """What the index has of a chunk."""

    keys: tuple[str, ...]
    starts: tuple[int, ...] = ()
    """Numbers of the words it begins with, in every spelling, to be paired with those before."""
    later: tuple[int, ...] = ()
    """Of those behind a function word that it begins with."""
    ends: tuple[int, ...] = ()
    """Of those it ends with, where no sentence ends there."""
    sooner: tuple[int, ...] = ()
    """Of those before a function word that it ends with."""
    passes: bool = False
    """Whether it is nothing but a function word."""
    first: str = ""
    """Its first word where that is one of a script without spaces."""
    last: str = ""


def _keys_of(chunk: str) -> _Keys:
    if simple := simply(chunk):  # nearly always
        key, _, _, ended = simple
        number = _numbers(key)
        passes = not (number or ended)
        return _Keys((key[:LONGEST_KEY],), number, (), () if ended else number, (), passes)
    width, every, breaks = tokens(chunk)
    starting: dict[int, list[str]] = {}
    ending: dict[int, list[str]] = {}
    for key, start, end in every:
        starting.setdefault(start, []).append(key)
        ending.setdefault(end, []).append(key)
    between = [(start, end) for key, start, end in every if key in FUNCTION_WORDS]
    near = [(place, place) for place in range(1, width)] + between
    pairs = [
        pair(key, after)
        for start, end in near
        for key in ending.get(start, ())
        for after in starting.get(end, ())
    ]
    keys = dict.fromkeys([*(key[:LONGEST_KEY] for key, _, _ in every), *filter(None, pairs)])
    last = [start for start, end in between if end == width]
    ended = width in breaks
    return _Keys(
        tuple(keys),
        _numbers(*starting.get(0, ())),
        _numbers(*(key for start, end in between if not start for key in starting.get(end, ()))),
        () if ended else _numbers(*ending.get(width, ())),
        () if ended else _numbers(*(key for place in last for key in ending.get(place, ()))),
        0 in last and not ended,
        every[0][0] if width and is_run(every[0][0]) else "",
        every[width - 1][0] if width and is_run(every[width - 1][0]) else "",
    )


_keys = lru_cache(maxsize=50_000)(_keys_of)
