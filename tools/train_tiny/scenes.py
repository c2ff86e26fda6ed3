"""Short sentences of everyday scenes and of news, made from templates, for the teacher to compare."""

from __future__ import annotations

import random
from itertools import chain

from .template_words import split_words

_WHO = split_words(
    "A man,A woman,A boy,A girl,A child,A young man,An old man,An old woman,A dog,A brown dog,A cat,A baby,A horse,"
    "A person,Two men,Two women,Two children,Two dogs,Three people,A group of people,A crowd,Some kids,A couple,"
    "A musician,A chef,A cyclist,A football player,A bird,A monkey,A teacher,Several students,A worker,A soldier"
)
_DOES = split_words(
    "playing a guitar,playing the flute,playing the piano,playing football,playing tennis,playing cards,riding a horse,"
    "riding a bicycle,riding a motorcycle,driving a car,slicing an onion,cutting a potato,chopping vegetables,"
    "cooking pasta,frying eggs,peeling an apple,mixing flour and water,pouring milk into a bowl,eating a banana,"
    "eating a sandwich,drinking coffee,drinking water,reading a book,reading a newspaper,writing a letter,"
    "talking on the phone,talking to a friend,singing,dancing,sleeping,sitting on a bench,standing,running,walking,"
    "jumping over a fence,climbing a wall,climbing a mountain,swimming,surfing,skiing,catching a ball,throwing a ball,"
    "kicking a ball,chasing a ball,carrying a box,lifting weights,opening a door,closing a window,cleaning the floor,"
    "washing the dishes,painting a picture,taking a photograph,watching television,looking at a map,waiting for a bus,"
    "buying fruit,selling flowers,feeding the birds,holding a baby,petting a cat,fixing a bicycle,building a house,"
    "shooting a gun,cutting paper with scissors,putting on make-up,brushing her hair,laughing,crying,boxing,fishing"
)
_WHERE = split_words(
    ",,,,in the park,on the beach,in the street,in the kitchen,in the snow,in the water,on a stage,on the grass,"
    "at a market,at home,in a garden,in front of a building,near a lake,in the rain,at night,on a train,in the woods,"
    "outside,indoors,on the road,with friends,alone"
)
_HEADLINES = (
    "{n} killed in {c} {d}", "{c} {d} kills at least {n}", "{d} hits {c}, {n} people injured", "{c} votes for new {o}",
    "{c} {o} resigns over {s}", "{o} of {c} denies {s}", "{c} and {e} sign {t} deal", "{c} rejects {t} deal with {e}",
    "{c} says {e} broke {t} agreement", "{e} warns {c} over {t}", "{c}'s central bank {r} interest rates",
    "Oil prices {m} after {c} {t} talks", "Stocks {m} in {c} on {t} fears", "{c} {m2} sanctions against {e}",
    "{c} beat {e} in {f} final", "{e} lose to {c} in {f}", "{c} court sentences former {o} to {n} years",
    "Thousands protest in {c} over {s}", "Protests against {o} continue in {c}", "{c} {o} to visit {e} for {t} talks",
    "Police in {c} arrest {n} after {s}", "Scientists in {c} find new {v}", "Study: {v} could help against {w}",
    "New {w} cases reported in {c}", "{c} bans {v} imports from {e}", "Company cuts {n} thousand jobs in {c}",
)  # fmt: skip
_FILLERS = {
    "n": split_words("two,three,five,ten,12,20,30,45,100"),
    "c": split_words(
        "China,India,Russia,Egypt,Syria,France,Germany,Japan,Brazil,Iran,Israel,Turkey,Mexico,Spain,Nigeria"
    ),
    "e": split_words(
        "Ukraine,Pakistan,Britain,Italy,Greece,South Korea,Australia,Canada,Iraq,the EU,the US,Kenya,Chile"
    ),
    "d": split_words("bus crash,earthquake,bomb blast,flood,train crash,fire,storm,plane crash,mine explosion,attack"),
    "o": split_words("president,prime minister,mayor,finance minister,army chief,judge"),
    "s": split_words("corruption scandal,tax plan,election result,leaked tapes,bank fraud,arms sales,pension reform"),
    "t": split_words("trade,nuclear,peace,climate,gas,border,debt,security"),
    "r": split_words("raises,cuts,keeps,lowers,increases"),
    "m": split_words("rise,fall,climb,drop,jump,slip"),
    "m2": split_words("lifts,imposes,extends,eases"),
    "f": split_words("World Cup,Olympic hockey,Davis Cup,cricket,rugby,chess"),
    "v": split_words("vaccine,planet,drug,beef,species of frog,seafood,gene,steel,fossil"),
    "w": split_words("cancer,malaria,flu,diabetes,measles,heart disease,obesity"),
}


def scene_sentences(n: int, seed: int = 5) -> list[str]:
    """Return ``n`` sentences, each once, half of them scenes and half headlines."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    made: dict[str, None] = {}
    for text in chain.from_iterable((_scene(rng), _headline(rng)) for _ in range(n)):
        made.setdefault(text)
    return list(made)[:n]


def _scene(rng: random.Random) -> str:
    who, does, where = rng.choice(_WHO), rng.choice(_DOES), rng.choice(_WHERE)
    are = "are" if who.split()[0] in {"Two", "Three", "Some", "Several"} else "is"
    negated = " not" if rng.random() < 0.08 else ""  # noqa: PLR2004 - a few
    plain = f"{who} {are}{negated} {does} {where}".strip()
    if rng.random() < 0.15:  # noqa: PLR2004 - some with the place first
        plain = f"{where.capitalize()}, {who[0].lower()}{who[1:]} {are} {does}" if where else f"{who} {does}"
    return plain + "." * (rng.random() < 0.7)  # noqa: PLR2004 - most


def _headline(rng: random.Random) -> str:
    text = rng.choice(_HEADLINES).format(**{key: rng.choice(words) for key, words in _FILLERS.items()})
    return text[0].upper() + text[1:]
