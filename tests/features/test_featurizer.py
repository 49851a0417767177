"""Features of the tokens of documents: their hashes, and their text."""
import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.attrs import IDS
from spacy.lexeme import Lexeme
from spacy.tokens import Doc, Token

from spacy_bio_crf.features import Featurizer
from spacy_bio_crf.features.featurizer import STRINGS
from spacy_bio_crf.model.tokens import in_chain

VOCAB = spacy.blank("en").vocab
WORDS = ["Rio", "rio", "42", "in", "New", "York", "\n", "  "]
FUNCTIONS = {"length": lambda doc: list(map(len, doc)), "is_in": lambda doc: [token.text == "in" for token in doc]}
TEMPLATES = [
    "bias", "form", "lower[-2..2]", "case + case[1]", "suffix1[-1] + digits", "length[-1]", "is_in", "gazetteer:towns",
    "gazetteer:towns[1] + lower", "POS", "IS_ALPHA + POS[1]",
]
few = settings(max_examples=40, deadline=None)


def featurizer(*templates, functions=FUNCTIONS):
    made = Featurizer(templates or TEMPLATES, functions)
    made.set_gazetteers({"towns": ["Rio", "New York", "York"]})
    return made


@st.composite
def docs(draw):
    """A document with parts of speech."""
    words = draw(st.lists(st.sampled_from(WORDS), max_size=7))
    pos = [draw(st.sampled_from(["NOUN", "PROPN", ""])) if word.strip() else "SPACE" for word in words]
    return Doc(VOCAB, words=words, pos=pos)


def features(made, some):
    return made(some, [in_chain(doc) for doc in some])


def values(template, doc, **kwargs):
    """What follows "TEMPLATE = " in the text of the features of one template."""
    rows = featurizer(template, **kwargs).describe(doc, in_chain(doc))
    assert all(text.startswith(f"{template} = ") for (text,) in rows if text)
    return [text[len(template) + 3 :] for (text,) in rows]


@few
@given(st.lists(docs(), max_size=3))
def test_texts_and_hashes_are_in_step(some):
    """Equal texts and they alone have equal hashes; no text is the hash 0."""
    made = featurizer()
    hashes, lengths = features(made, some)
    texts = [row for doc in some for row in made.describe(doc, in_chain(doc))]
    assert lengths.tolist() == [sum(not token.is_space for token in doc) for doc in some]
    assert hashes.shape == (len(texts), len(made.templates)) and hashes.dtype == "uint64" and lengths.dtype == "int32"
    pairs = {(hash, text) for row in zip(hashes.tolist(), texts) for hash, text in zip(*row)}
    assert len(pairs) == len({hash for hash, _ in pairs}) == len({text for _, text in pairs})
    assert all((hash == 0) == (text == "") for hash, text in pairs)


@few
@given(st.lists(docs(), max_size=3))
def test_a_batch_is_its_documents_one_by_one(some):
    made = featurizer()
    alone = [features(made, [doc])[0] for doc in some]
    assert numpy.array_equal(features(made, some)[0], numpy.concatenate([features(made, [])[0], *alone]))


@few
@given(docs())
def test_whitespace_tokens_are_as_if_absent(doc):
    without = [token for token in doc if not token.is_space]
    other = Doc(VOCAB, words=[token.text for token in without], pos=[token.pos_ for token in without])
    assert numpy.array_equal(features(featurizer(), [doc])[0], features(featurizer(), [other])[0])


def test_words_are_described_by_the_tokens_around_them():
    doc = Doc(VOCAB, words=["In", "\n", "Rio", "42"])
    assert values("lower[-1]", doc) == ["(start)", "in", "rio"]
    assert values("lower[+2]", doc) == ["42", "(end)", "(end)"]
    assert values("lower[-1] + case", doc) == ["(start) + title", "in + title", ""]
    assert values("digits", doc) == ["", "", "00"]
    assert values("gazetteer:towns", doc) == ["", "B", ""]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("POS", ["PROPN", "VERB", ""]),
        ("LEMMA", ["rio", "be", ""]),
        ("ENT_TYPE", ["LOC", "", ""]),
        ("ENT_IOB", ["B", "O", "O"]),
        ("IS_TITLE", ["True", "", ""]),
        ("LIKE_NUM", ["", "", "True"]),
        ("LENGTH", None),
        ("IS_SENT_START", ["True", "", ""]),
    ],
)
def test_attributes_of_spacy(name, expected):
    words = ["Rio", "is", "42"]
    pos, lemmas = ["PROPN", "VERB", ""], ["rio", "be", ""]
    doc = Doc(VOCAB, words=words, pos=pos, lemmas=lemmas, ents=["B-LOC", "O", "O"], sent_starts=[True, False, False])
    if expected is None:
        with pytest.raises(ValueError, match="E302"):
            featurizer(name)
    else:
        assert values(name, doc) == expected


ARRAYS = [*STRINGS, *sorted(name for name in IDS if name.startswith(("IS_", "LIKE_")) and hasattr(Lexeme, name.lower()))]


@few
@given(st.lists(docs(), max_size=2), st.booleans())
def test_attributes_from_arrays_are_those_of_the_tokens(some, changed):
    """Also where a flag or a norm of the vocabulary has been changed meanwhile, and where vocabularies differ."""
    other = spacy.blank("da").vocab
    other["in"].is_stop, other["rio"].norm_ = changed, "x" * changed
    some = [*some, Doc(other, words=["in", "rio", "42"], tags=["", "T", "N"], deps=["ROOT", "dep", ""], ents=["O", "B-PER", "O"])]
    made = Featurizer(ARRAYS, {})
    assert made._arrays == ARRAYS
    hashes = features(made, some)[0]
    slow = Featurizer(ARRAYS, {})
    slow._others, slow._arrays = slow._arrays + slow._others, []
    assert numpy.array_equal(hashes, features(slow, some)[0])


@pytest.fixture
def extension():
    Token.set_extension("own", default=None)
    yield
    Token.remove_extension("own")


def test_custom_extension(extension):
    doc = Doc(VOCAB, words=list("abcdefg"))
    for token, value in zip(doc, [None, "", False, 0, True, 12, "x y"]):
        token._.own = value
    assert values("_.own", doc) == ["", "", "", "", "True", "12", "x y"]
    hashes = features(featurizer("_.own"), [doc])[0][:, 0].tolist()
    assert hashes[:4] == [0] * 4 and len(set(hashes[4:])) == 3


def test_functions_come_first_and_see_the_whole_document():
    seen = []
    shadow = {"lower": lambda doc: seen.append(doc) or ["x"] * len(doc), "POS": lambda doc: iter(range(len(doc)))}
    doc = Doc(VOCAB, words=["A", "\n", "B"])
    assert values("lower", doc, functions=shadow) == ["x", "x"] and seen == [doc]
    assert values("POS", doc, functions=shadow) == ["", "2"]


@pytest.mark.parametrize("give", [lambda doc: [], lambda doc: ["x"] * (len(doc) + 1)])
def test_a_function_gives_a_value_a_token(give):
    doc = Doc(VOCAB, words=["a", "b"])
    with pytest.raises(ValueError, match="E303.*'bad'.* (0|3) values for 2 tokens"):
        features(featurizer("bad", functions={"bad": give}), [doc])


@pytest.mark.parametrize("name", ["nothing", "lover", "prefix7", "towns"])
def test_unknown_attributes(name):
    with pytest.raises(ValueError, match=f"E302.*'{name}'.*suffix6.*length"):
        Featurizer(["lower", f"lower + {name}[1]"], FUNCTIONS)


def test_a_gazetteer_must_be_there():
    made = Featurizer(["gazetteer:towns", "gazetteer:rivers"], {})
    with pytest.raises(ValueError, match=r"E304.*'towns'.*none"):
        made.set_gazetteers({})
    with pytest.raises(ValueError, match=r"E304.*'rivers'.*\['towns'\]"):
        made.set_gazetteers({"towns": []})
    made.set_gazetteers({"towns": [], "rivers": ["Elbe"], "unused": []})
    assert set(made.gazetteers) == {"towns", "rivers"}
    doc = Doc(VOCAB, words=["Elbe"])
    assert made.describe(doc, in_chain(doc)) == [["", "gazetteer:rivers = B"]]


def test_documents_without_tokens():
    none = Doc(VOCAB)
    for some in ([], [none], [none, Doc(VOCAB, words=["\n"]), none]):
        hashes, lengths = features(featurizer(), some)
        assert hashes.shape == (0, len(featurizer().templates)) and lengths.tolist() == [0] * len(some)


def test_attributes_that_are_no_strings():
    doc = Doc(VOCAB, words=["a", "b"])
    doc[0].set_morph("Case=Nom")
    described = featurizer("MORPH", "IS_ALPHA").describe(doc, in_chain(doc))
    assert described == [["MORPH = Case=Nom", "IS_ALPHA = True"], ["", "IS_ALPHA = True"]]


@pytest.mark.parametrize(
    "name", ["ancestors", "similarity", "no_such_thing", "IS_ANCESTOR", "is_ancestor", "is_stop", "Lower", "prefix", "suffix"]
)
def test_attributes_that_are_none(name):
    with pytest.raises(ValueError, match="E302"):
        Featurizer([name], {})


def test_functions_must_be_callable():
    with pytest.raises(ValueError, match="E311.*hello"):
        Featurizer(["f"], {"f": "hello"})
