"""What a reader of a policy file can mistake: characters that deceive, and plain scalars that mean different things.

A policy is reviewed by people and read by more programs than this one. Whatever looks like something else to either is
noted here with its place, while the text is read; the linter tells it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from catguard.policies.model import Location, Surprise

#: Bidirectional controls (Unicode TR 36, section 3.2), characters without a width (Default_Ignorable_Code_Point, but
#: for those that say how an emoji is shown), and ends of lines that few editors show as such.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\x85\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BREAK = re.compile("\r\n?|\n")
_WORD = re.compile(r"[^\W\d_]+")
#: Scripts with letters that look like Latin ones (Unicode TR 39).
_LIKE_LATIN = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL")
#: Letters of Cyrillic and Greek that nobody can tell from Latin ones (Unicode TR 39, confusables.txt).
_TWINS = frozenset("аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅԌԚԜουνκιρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
#: A number with an exponent, and how YAML 1.1 wants it: with a point and a sign.
_EXPONENT = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+\Z")
_EXPONENT_1_1 = re.compile(r"[-+]?[0-9]*\.[0-9]*[eE][-+][0-9]+\Z")
#: Other texts that are none elsewhere.
_OTHERWISE = (
    (re.compile(r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z"), "a number in base 60 to readers of YAML 1.1"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t][-+0-9:.Zz \t]*)?\Z"), "a date to readers of YAML 1.1"),
    (re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z"), "a number without a size to other readers of YAML"),
)
#: Words that are booleans to readers of YAML 1.1, and text to YAML 1.2 and so to catguard.
_BOOLEANS = re.compile(r"(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)\Z")


def of_text(text: str, name: str) -> Iterator[Surprise]:
    """Yield the characters of a policy text that hide, and the words that look like others."""
    if text.isascii():
        return
    for number, line in enumerate(_BREAK.split(text.removeprefix("\ufeff")), start=1):
        if line.isascii():
            continue
        for found in _HIDDEN.finditer(line):
            character = unicodedata.name(found[0], "a control character").lower()
            place = Location(name, number, found.start() + 1)
            message = f"U+{ord(found[0]):04X}, {character}, cannot be seen and changes what is read"
            yield Surprise(place, "hidden-characters", message)
        for word in _WORD.finditer(line):
            if (foreign := _foreign(word[0], line)) is not None:
                place = Location(name, number, word.start() + word[0].index(foreign) + 1)
                letter = unicodedata.name(foreign).lower()
                yield Surprise(place, "confusable-characters", f"{word[0]!r} has {letter}, U+{ord(foreign):04X}")


def of_prose(text: str, source: str, location: Location) -> Iterator[Surprise]:
    """Yield what will hide in a text that people are shown, though it is written as an escape in its file, `source`."""
    for found in sorted(set(_HIDDEN.findall(text)) - set(source)):
        character = unicodedata.name(found, "a control character").lower()
        message = f"U+{ord(found):04X}, {character}, cannot be seen and changes how the text is shown"
        yield Surprise(location, "hidden-characters", message)


def _foreign(word: str, line: str) -> str | None:
    """Return the first letter of a word that is taken for a Latin one; prose in another script has its own."""
    if word.isascii():
        return None
    others = [letter for letter in word if _script(letter) in _LIKE_LATIN]
    if not others:
        return None
    mixed = any(_script(letter) == "LATIN" for letter in word)
    alone = all(letter.isascii() or letter in _TWINS for letter in line if letter.isalpha())
    return others[0] if mixed or (alone and _TWINS.issuperset(word)) else None


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def of_scalar(text: str, location: Location) -> Surprise | None:
    """Return what is surprising about a plain scalar, one without quotes."""
    if (words := _meanings(text)) is None:
        return None
    return Surprise(location, "yaml-surprise", f"{text} {words}")


def _meanings(text: str) -> str | None:
    """Say how a plain scalar is read here and elsewhere, where that differs."""
    if _BOOLEANS.match(text):
        truth = str(text.lower() in ("yes", "on")).lower()
        return f'is text here and {truth} to readers of YAML 1.1: write {truth}, or "{text}"'
    if not text[:1].isdigit() and text[:1] not in "+-.":
        return None
    if (number := plain_number(text)) is not None:
        return f'is text here and {number} to readers of YAML 1.1: write {number}, or "{text}"'
    if re.match(r"[-+]?0[0-7]+\Z", text):
        return f'is {int(text)} here and {int(text, 8)} to readers of YAML 1.1: write {int(text)}, or "{text}"'
    if re.match(r"[-+]?(0o[0-7]+|0[0-9]+)\Z", text):
        number = str(int(text, 0 if "o" in text else 10))
        return f'is {number} here and text to readers of YAML 1.1: write {number}, or "{text}"'
    if _EXPONENT.match(text) and not _EXPONENT_1_1.match(text) and abs(value := float(text)) != float("inf"):
        plain = f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
        return f'is the number {plain} here and text to readers of YAML 1.1: write {plain}, or "{text}"'
    for form, what in _OTHERWISE:
        if form.match(text):
            return f'is text here and {what}: write "{text}"'
    return None


def plain_number(text: str) -> str | None:
    """Return the number that a text is to readers of YAML 1.1 alone, as everybody reads it: of 1_000 1000."""
    if "_" in text and re.match(r"[-+]?([1-9][0-9_]*|[0-9][0-9_]*\.[0-9_]*)\Z", text):
        return text.replace("_", "")
    if "_" in text and re.match(r"[-+]?0[0-7_]+\Z", text):
        return str(int(text.replace("_", ""), 8))
    if re.match(r"[-+]?0b[01_]*[01]_*\Z", text):
        return str(int(text.replace("_", ""), 2))
    return None
