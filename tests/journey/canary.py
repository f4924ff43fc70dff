"""How a word is looked for where nobody should find it: letters and digits alone, in each way that programs write an accent."""
import re
import unicodedata

NO_WORD = bytes(c for c in range(128) if not chr(c).isalnum() or chr(c).isupper())
SHORT = range(4, 6)             # letters: such a word stands in others, and counts where it stands alone


def squeezed(data):
    """Letters and digits only, lower case: spaces, dots, case and quoting do not hide a number or a name."""
    return data.lower().translate(None, NO_WORD)


def forms(word):
    """The word, squeezed, as UTF-8, in capitals, without accents, in Latin-1, escaped in JSON (\\u00e9), in a quoted-printable text or an address (=C3=A9)."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    escaped = "".join(c if ord(c) < 128 else f"u{ord(c):04x}" for c in word)
    quoted = "".join(c if ord(c) < 128 else c.encode().hex() for c in word)
    written = [word.encode(), word.upper().encode(), bare.encode("utf-8", "ignore"), word.encode("latin-1", "ignore"), escaped.encode(), quoted.encode()]
    return {squeezed(w) for w in written if len(squeezed(w)) >= len(squeezed(bare.encode("ascii", "ignore")))}


def dates(birth):
    """19790328 as documents, letters and programs write it; seven digits and more, so that no count is taken for it."""
    year, month, day = birth[:4], birth[4:6], birth[6:8]
    return {f"{day}/{month}/{year}", f"{year}-{month}-{day}"} if len(birth) >= 8 and birth[:8].isdigit() else set()


def wanted(words):
    """{word: what finds it}"""
    found = {}
    for word in words:
        if len(squeezed(word.encode())) in SHORT:
            alone = rb"(?<![0-9a-z\x80-\xff])" + re.escape(word.lower().encode()) + rb"(?![0-9a-z\x80-\xff])"
            found[word] = re.compile(alone)
        else:
            found[word] = forms(word)
    return found


def stands_in(text, squeezed_text, finds):
    return finds.search(text) is not None if isinstance(finds, re.Pattern) else any(form in squeezed_text for form in finds)


def caught(sources, searched):
    """[(place, words)] where any word stands; and how much was looked at."""
    found, looked, size = [], 0, 0
    for name, content in sources:
        text, lower = squeezed(content), content.lower()
        looked, size = looked + 1, size + len(content)
        here = [word for word, finds in searched.items() if stands_in(lower, text, finds)]
        if here:
            found.append((name, here))
    return found, looked, size
