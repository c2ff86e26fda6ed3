"""Sentences whose meaning turns on order, negation, number or role, made from templates.

Every triple is a sentence, another that means the same, and one of nearly the same words that does
not. Words, names and some wordings are split: the development triples share none of the training's names
and nouns, and two kinds of sentence (`UNSEEN_KINDS`) are never trained on.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .template_words import DEVELOPMENT_WORDS, TRAINING_WORDS, Words

UNSEEN_KINDS = ("knows", "unless")


@dataclass(frozen=True)
class Triple:
    """A sentence, one of the same meaning, and one of nearly the same words with another meaning."""

    kind: str
    anchor: str
    same: str
    different: str


_ACTS = (
    ("sees", "seen"), ("helps", "helped"), ("beats", "beaten"), ("teaches", "taught"), ("calls", "called"),
    ("follows", "followed"), ("blames", "blamed"), ("hires", "hired"), ("trusts", "trusted"), ("accuses", "accused"),
    ("invites", "invited"), ("visits", "visited"), ("attacks", "attacked"), ("defends", "defended"),
    ("pays", "paid"), ("thanks", "thanked"), ("warns", "warned"), ("replaces", "replaced"), ("bites", "bitten"),
    ("loves", "loved"), ("ignores", "ignored"), ("defeats", "defeated"), ("chases", "chased"), ("saves", "saved"),
)  # fmt: skip
_GIVEN = (
    ("gives", "to", "gets", "from"), ("sells", "to", "buys", "from"), ("lends", "to", "borrows", "from"),
    ("sends", "to", "receives", "from"), ("hands", "to", "takes", "from"), ("owes", "to", "is owed", "by"),
    ("shows", "to", "is shown", "by"), ("promises", "to", "is promised", "by"),
)  # fmt: skip
_OPPOSITES = (
    ("open", "closed"), ("alive", "dead"), ("full", "empty"), ("safe", "dangerous"), ("true", "false"),
    ("cheap", "expensive"), ("legal", "illegal"), ("possible", "impossible"), ("present", "absent"),
    ("happy", "unhappy"), ("clean", "dirty"), ("new", "old"), ("easy", "difficult"), ("guilty", "innocent"),
    ("on", "off"), ("complete", "incomplete"), ("visible", "invisible"), ("correct", "wrong"), ("asleep", "awake"),
    ("healthy", "ill"), ("early", "late"), ("strong", "weak"), ("valid", "invalid"), ("working", "broken"),
)  # fmt: skip
_COMPARED = (
    ("taller", "shorter"), ("older", "younger"), ("faster", "slower"), ("richer", "poorer"), ("stronger", "weaker"),
    ("heavier", "lighter"), ("better", "worse"), ("bigger", "smaller"), ("louder", "quieter"), ("earlier", "later"),
)  # fmt: skip
_NUMBERS = (
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    [str(number) for number in range(1, 13)],
)
_VERBS = (
    "likes",
    "wants",
    "needs",
    "knows how to use",
    "has",
    "remembers",
    "eats with",
    "accepts",
    "finds",
    "supports",
)
_BARE = ("like", "want", "need", "know how to use", "have", "remember", "eat with", "accept", "find", "support")


def _cap(text: str) -> str:
    return text[0].upper() + text[1:]


def _role(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.people, 2)
    does, done = rng.choice(_ACTS)
    active, passive = f"{a} {does} {b}", f"{b} is {done} by {a}"
    wrong = rng.choice((f"{b} {does} {a}", f"{a} is {done} by {b}"))
    first, second = (active, passive) if rng.random() < 0.5 else (passive, active)  # noqa: PLR2004 - even
    return Triple("role", first, second, wrong)


def _transfer(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.people, 2)
    gives, to, gets, from_ = rng.choice(_GIVEN)
    thing = f"{rng.choice(('a', 'the', 'one'))} {rng.choice(w.things)}"
    sides = (f"{a} {gives} {thing} {to} {b}", f"{b} {gets} {thing} {from_} {a}")
    wrong = rng.choice((f"{b} {gives} {thing} {to} {a}", f"{a} {gets} {thing} {from_} {b}"))
    first, second = rng.sample(sides, 2)
    return Triple("transfer", first, second, wrong)


def _time(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.events, 2)
    sides = (f"{a} comes before {b}", f"{b} comes after {a}", f"{a} is followed by {b}", f"first {a}, then {b}")
    wrong = (f"{b} comes before {a}", f"{a} comes after {b}", f"{b} is followed by {a}", f"first {b}, then {a}")
    first, second = rng.sample(sides, 2)
    return Triple("time", first, second, rng.choice(wrong))


def _compare(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.people, 2)
    more, less = rng.choice(_COMPARED)
    sides = (f"{a} is {more} than {b}", f"{b} is {less} than {a}", f"compared with {b}, {a} is {more}")
    wrong = (f"{b} is {more} than {a}", f"{a} is {less} than {b}", f"compared with {a}, {b} is {more}")
    first, second = rng.sample(sides, 2)
    return Triple("compare", first, second, rng.choice(wrong))


def _way(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.places, 2)
    what = rng.choice(("train", "flight", "bus", "road trip", "parcel", "migration"))
    sides = (f"the {what} from {a} to {b}", f"the {what} to {b} from {a}", f"a {what} that leaves {a} for {b}")
    wrong = (f"the {what} from {b} to {a}", f"the {what} to {a} from {b}", f"a {what} that leaves {b} for {a}")
    first, second = rng.sample(sides, 2)
    return Triple("way", first, second, rng.choice(wrong))


def _negation(rng: random.Random, w: Words) -> Triple:
    a, thing, number = rng.choice(w.people), rng.choice(w.things), rng.randrange(len(_VERBS))
    yes = (f"{a} {_VERBS[number]} the {thing}", f"{a} does {_BARE[number]} the {thing}",
           f"it is true that {a} {_VERBS[number]} the {thing}")  # fmt: skip
    no = (f"{a} does not {_BARE[number]} the {thing}", f"{a} doesn't {_BARE[number]} the {thing}",
          f"it is not true that {a} {_VERBS[number]} the {thing}",
          f"{a} never {_VERBS[number]} the {thing}")  # fmt: skip
    right, wrong = (yes, no) if rng.random() < 0.5 else (no, yes)  # noqa: PLR2004 - even
    first, second = rng.sample(right, 2)
    return Triple("negation", first, second, rng.choice(wrong))


def _opposite(rng: random.Random, w: Words) -> Triple:
    thing = f"the {rng.choice(w.things)}" if rng.random() < 0.6 else rng.choice(w.people)  # noqa: PLR2004
    good, bad = rng.sample(rng.choice(_OPPOSITES), 2)
    right = (f"{thing} is {good}", f"{thing} is not {bad}", f"{thing} isn't {bad}", f"{thing} is indeed {good}")
    wrong = (f"{thing} is not {good}", f"{thing} is {bad}", f"{thing} isn't {good}")
    first, second = rng.sample(right, 2)
    return Triple("opposite", first, second, rng.choice(wrong))


def _number(rng: random.Random, w: Words) -> Triple:
    a, thing = rng.choice(w.people), rng.choice(w.things)
    right, wrong = rng.sample(range(1, 12), 2)
    verb = rng.choice(("has", "buys", "loses", "counts", "needs"))
    style = rng.randrange(2)
    return Triple(
        "number",
        f"{a} {verb} {_NUMBERS[style][right]} {thing}s",
        f"{a} {verb} {_NUMBERS[1 - style][right]} {thing}s",
        f"{a} {verb} {_NUMBERS[rng.randrange(2)][wrong]} {thing}s",
    )


def _all_none(rng: random.Random, w: Words) -> Triple:
    thing, (good, _) = rng.choice(w.things), rng.choice(_OPPOSITES)
    groups = (
        (f"all {thing}s are {good}", f"every {thing} is {good}", f"no {thing} is not {good}"),
        (f"no {thing}s are {good}", f"none of the {thing}s is {good}", f"not one {thing} is {good}"),
        (f"some {thing}s are {good}", f"a few {thing}s are {good}", f"not all {thing}s are not {good}"),
    )
    right, wrong = rng.sample(groups, 2)
    first, second = rng.sample(right, 2)
    return Triple("all or none", first, second, rng.choice(wrong))


def _without(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.things, 2)
    verb = rng.choice(("How do I use", "how to sell", "Can I keep", "I bought", "We found"))
    yes = (f"{verb} a {a} with a {b}", f"{verb} a {a} that has a {b}", f"{verb} a {a} including a {b}")
    no = (f"{verb} a {a} without a {b}", f"{verb} a {a} that has no {b}", f"{verb} a {a} but not a {b}")
    right, wrong = rng.sample((yes, no), 2)
    first, second = rng.sample(right, 2)
    return Triple("without", first, second, rng.choice(wrong))


def _knows(rng: random.Random, w: Words) -> Triple:
    a, b = rng.sample(w.people, 2)
    does, done = rng.choice(_ACTS)
    place = rng.choice(w.places)
    return Triple(
        "knows", f"in {place}, {a} {does} {b}", f"in {place}, {b} is {done} by {a}", f"in {place}, {b} {does} {a}"
    )


def _unless(rng: random.Random, w: Words) -> Triple:
    a, thing = rng.choice(w.people), rng.choice(w.things)
    good, _ = rng.choice(_OPPOSITES)
    return Triple(
        "unless",
        f"{a} never said that the {thing} was {good}",
        f"{a} did not say the {thing} was {good}",
        rng.choice((f"{a} said that the {thing} was {good}", f"{a} always said the {thing} was {good}")),
    )


_TRAINED: tuple[Callable[[random.Random, Words], Triple], ...] = (
    _role, _transfer, _time, _compare, _way, _negation, _opposite, _number, _all_none, _without,
)  # fmt: skip
# Order and role are learnt last, so they are drawn more often.
_DRAWN = (*_TRAINED, _role, _role, _role, _transfer, _transfer, _transfer, _way, _compare, _time, _opposite)


def training_triples(n: int, seed: int) -> list[Triple]:
    """Return ``n`` triples of the kinds and words that are trained on."""
    return _drawn(n, seed, TRAINING_WORDS, _DRAWN)


def development_triples(n: int = 600, seed: int = 7) -> list[Triple]:
    """Return ``n`` triples of other words, two kinds of which no training sees."""
    return _drawn(n, seed, DEVELOPMENT_WORDS, (*_TRAINED, _knows, _unless))


def _drawn(
    n: int, seed: int, words: Words, kinds: tuple[Callable[[random.Random, Words], Triple], ...]
) -> list[Triple]:
    rng = random.Random(seed)  # noqa: S311 - no secret
    made = (kinds[number % len(kinds)](rng, words) for number in range(n))
    return [Triple(t.kind, _cap(t.anchor), _cap(t.same), _cap(t.different)) for t in made]
