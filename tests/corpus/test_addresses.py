"""The built-in address corpus."""
import re
import subprocess
import sys
from itertools import combinations

import pytest
import spacy

from spacy_bio_crf.corpus import Report, address_docs
from spacy_bio_crf.corpus.addresses import LABELS, SPLITS, generate, pieces, us
from spacy_bio_crf.corpus.addresses.names import fold, get_names, split_of

UNSEEN = ("locality", "dependent_locality", "venue", "street")
STREET_NAMES = {
    fold(name if isinstance(name, str) else name.name): split
    for split in SPLITS
    for names in [get_names(split)]
    for name in (*names.us_streets, *names.cities, *names.states, *names.fr_streets, *names.communes, *names.quarters)
}
NUMBERED = re.compile(rf"({'|'.join(us.NUMBERED_ROADS)}) \d+", re.IGNORECASE)


def names_in(split, label, country=None):
    spans_of = generate(split, 4000, seed=1, country=country)
    return {text[start:end] for text, spans in spans_of for start, end, name in spans if name == label}


def street_name(street):
    """The longest known name in a street, whatever its type and direction are; None for a number."""
    words = [fold(re.sub(r"^st\b", "saint", word.lower())) for word in street.split()]
    runs = ("".join(words[i:j]) for i, j in combinations(range(len(words) + 1), 2))
    return max((run for run in runs if run in STREET_NAMES), key=len, default=None)


@pytest.fixture
def no_typing_errors(monkeypatch):
    """A mistyped "Cedar Rapids" would be the known name "Cedar"."""
    monkeypatch.setattr(pieces, "_mistype", lambda text, rng: text)


@pytest.mark.usefixtures("no_typing_errors")
@pytest.mark.parametrize("country", ["us", "fr"])
def test_no_street_of_one_split_has_a_name_of_another(country):
    for split in SPLITS:
        streets = names_in(split, "street", country)
        known = [street_name(street) for street in streets if not NUMBERED.search(street)]
        assert sum(name is not None for name in known) > 0.5 * len(streets)
        assert {STREET_NAMES[name] for name in known if name} == {split}


def test_no_place_of_one_split_in_another():
    for one, other in combinations(SPLITS, 2):
        mine, theirs = ({fold(name) for label in UNSEEN for name in names_in(split, label)} for split in (one, other))
        assert len(mine) > 1000 and len(theirs) > 1000
        assert not mine & theirs


def test_name_lists_are_disjoint():
    for one, other in combinations(SPLITS, 2):
        for field, mine, theirs in zip(get_names(one)._fields, get_names(one), get_names(other)):
            if field != "people":
                assert mine and theirs
                assert not {fold(str(name)) for name in mine} & {fold(str(name)) for name in theirs}


@pytest.mark.parametrize("name", ["Saint-Denis", "New York", "Église"])
def test_spelling_does_not_move_a_name(name):
    assert split_of(name) == split_of(name.upper()) == split_of(name.replace("-", " ").replace("É", "E"))


def test_labels():
    docs = [doc for split in SPLITS for doc in generate(split, 1000)]
    assert {label for _, spans in docs for _, _, label in spans} == set(LABELS)
    assert len(LABELS) == 10


@pytest.mark.parametrize("lang", ["xx", "en", "fr"])
@pytest.mark.parametrize("split", SPLITS)
def test_every_span_is_made_of_tokens(lang, split):
    report = Report()
    docs = list(address_docs(spacy.blank(lang), split, 1000, seed=2, report=report))
    assert report.documents == len(docs) == 1000
    assert report.faithful, report.examples
    assert all(len(doc.ents) == len(spans) for doc, (_, spans) in zip(docs, generate(split, 1000, seed=2)))


def test_spans_are_in_order_and_trimmed():
    for text, spans in generate("train", 2000):
        assert spans
        assert all(end <= start for (_, end, _), (start, _, _) in zip(spans, spans[1:]))
        assert all(text[start:end] == text[start:end].strip() for start, end, _ in spans)


def test_the_seed_decides_everything():
    assert list(generate("dev", 50, seed=3)) == list(generate("dev", 50, seed=3))
    assert list(generate("dev", 50, seed=3)) == list(generate("dev", 99, seed=3))[:50]
    assert list(generate("dev", 50, seed=3)) != list(generate("dev", 50, seed=4))
    code = "from spacy_bio_crf.corpus.addresses import generate; print(ascii(list(generate('dev', 50, seed=3))))"
    run = [sys.executable, "-c", code]
    outputs = {
        subprocess.run(run, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout for seed in "12"
    }
    assert outputs == {ascii(list(generate("dev", 50, seed=3))).encode() + b"\n"}


def test_variety():
    texts = [text for text, _ in generate("train", 3000)]
    assert len(set(texts)) > 2900
    for sign in ("\n", " / ", ", ", "; "):
        assert any(sign in text for text in texts)
    assert any(text.isupper() for text in texts) and any(text.islower() for text in texts)


def test_ambiguous_names():
    """A city in a street, a venue and a locality: its words alone do not tell."""
    labels = {}
    for text, spans in generate("train", 10000, country="us"):
        for start, end, label in spans:
            for name in ("Cleveland", "Saint Louis", "Springfield", "Madison", "Lincoln"):
                if name in text[start:end]:
                    labels.setdefault(name, set()).add(label)
    assert any({"street", "venue", "locality"} <= found for found in labels.values()), labels


def test_countries():
    assert not any(label == "cedex" for _, spans in generate("train", 500, country="us") for _, _, label in spans)
    assert any(label == "cedex" for _, spans in generate("train", 500, country="fr") for _, _, label in spans)
    with pytest.raises(ValueError, match="E513.*de.*fr, us"):
        next(generate("train", 1, country="de"))


def test_unknown_split():
    with pytest.raises(ValueError, match="E512.*valid.*train, dev, test"):
        next(generate("valid", 1))
