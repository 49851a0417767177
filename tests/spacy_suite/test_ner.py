"""The behaviour asserted by spaCy's spacy/tests/parser/test_ner.py (MIT)."""
import logging

import pytest
from numpy.testing import assert_equal
from spacy import util
from spacy.attrs import ENT_IOB
from spacy.lang.en import English
from spacy.lang.it import Italian
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import minibatch, registry
from spacy.vocab import Vocab

from spacy_bio_crf.pipeline.tagger import BioCrfTagger

from .util import FACTORY, SMALL, TRAIN_DATA, ents, iobs, make_examples, train, types


@Language.factory("spacy_suite_blocker")
def make_blocker(nlp, name, start: int, end: int):
    def block(doc):
        doc.set_ents([], blocked=[doc[start:end]], default="unmodified")
        return doc

    return block


@pytest.fixture
def untrained():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("MY_LABEL")
    nlp.initialize()
    return nlp


@pytest.fixture(scope="module")
def new_york():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL)
    train(nlp, make_examples(nlp, [("I live in New York", {"entities": [(10, 18, "GPE")]})]))
    assert iobs(nlp("I live in New York")) == ["O", "O", "O", "B", "I"]
    return nlp


def test_issue1967():
    """A label may hold the separator of tags."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    example = Example.from_dict(Doc(nlp.vocab, words=["word"]), {"entities": ["U-JOB-NAME"]})
    nlp.initialize(lambda: [example])
    assert tagger.labels == ("JOB-NAME",)


def test_issue2179():
    """Loading brings the labels that were saved, and no others."""
    nlp = Italian()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("CITIZENSHIP")
    nlp.initialize()
    nlp2 = Italian()
    tagger2 = nlp2.add_pipe(FACTORY, config=SMALL)
    assert tagger2.labels == ()
    nlp2.from_bytes(nlp.to_bytes())
    assert tagger2.labels == ("CITIZENSHIP",)


def test_issue2800():
    """A thousand labels."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    for i in range(1000):
        tagger.add_label(str(i))
    example = Example.from_dict(nlp.make_doc("One sentence"), {"entities": []})
    optimizer = nlp.initialize()
    losses = {}
    for _ in range(3):
        nlp.update([example], sgd=optimizer, losses=losses, drop=0.5)
    assert len(tagger.labels) == 1000
    assert 0 < losses[FACTORY] < float("inf")
    assert {ent.label_ for ent in nlp("One sentence").ents} <= set(tagger.labels)


def test_issue3209():
    """Tags keep their ids when a pipeline is loaded."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config={**SMALL, "scheme": "BILUO"})
    tagger.add_label("ANIMAL")
    nlp.initialize()
    names = ("O", "B-ANIMAL", "I-ANIMAL", "L-ANIMAL", "U-ANIMAL")
    assert tagger.tagset.names == names
    nlp2 = English()
    tagger2 = nlp2.add_pipe(FACTORY, config={**SMALL, "scheme": "BILUO"})
    nlp2.from_bytes(nlp.to_bytes())
    assert tagger2.tagset.names == names


def test_labels_from_BILUO():
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config={**SMALL, "scheme": "BILUO"})
    tagger.add_label("LARGE-ANIMAL")
    nlp.initialize()
    assert tagger.tagset.names == ("O", "B-LARGE-ANIMAL", "I-LARGE-ANIMAL", "L-LARGE-ANIMAL", "U-LARGE-ANIMAL")
    assert set(tagger.labels) == {"LARGE-ANIMAL"}


def test_issue4267(untrained):
    """An entity_ruler after the tagger gives consistent results."""
    doc = untrained("hi")
    assert doc.has_annotation("ENT_IOB")
    assert all(token.ent_iob == 2 for token in doc)
    ruler = untrained.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "SOFTWARE", "pattern": "spacy"}])
    assert untrained.pipe_names == [FACTORY, "entity_ruler"]
    doc = untrained("hi")
    assert doc.has_annotation("ENT_IOB")
    assert all(token.ent_iob == 2 for token in doc)


def test_issue4313(untrained):
    """A preset entity may bear a label that the tagger does not know."""
    doc = untrained("What do you think about Apple ?")
    doc.ents = [*doc.ents, Span(doc, 5, 6, label="MY_ORG")]
    doc = untrained.get_pipe(FACTORY)(doc)
    assert ents(doc) == [("Apple", "MY_ORG")]


def test_accept_blocked_token(new_york):
    doc = new_york.make_doc("I live in New York")
    assert iobs(doc) == types(doc) == ["", "", "", "", ""]
    doc.set_ents([], blocked=[doc[3:5]], default="unmodified")
    assert iobs(doc) == ["", "", "", "B", "B"]
    assert types(doc) == ["", "", "", "", ""]
    doc = new_york.get_pipe(FACTORY)(doc)
    assert iobs(doc) == ["O", "O", "O", "B", "B"]
    assert types(doc) == ["", "", "", "", ""]


@pytest.mark.parametrize("blocked", [3, 4])
def test_no_entity_reaches_into_a_blocked_token(new_york, blocked):
    doc = new_york.make_doc("I live in New York")
    doc.set_ents([], blocked=[doc[blocked : blocked + 1]], default="unmodified")
    doc = new_york.get_pipe(FACTORY)(doc)
    assert doc[blocked].ent_iob_ == "B" and doc[blocked].ent_type_ == ""
    assert all(blocked not in range(ent.start, ent.end) for ent in doc.ents)


def test_no_entity_runs_across_a_blocked_space(new_york):
    text = "I live in New  York"
    assert ents(new_york(text)) == [("New  York", "GPE")]
    doc = new_york.make_doc(text)
    doc.set_ents([], blocked=[doc[4:5]], default="unmodified")
    tagger = new_york.get_pipe(FACTORY)
    path = tagger.predict([doc])[0][0].tags
    assert "I-GPE" not in [tagger.tagset.names[tag] for tag in path]
    doc = tagger(doc)
    assert doc[4].ent_iob_ == "B" and doc[4].ent_type_ == ""


def test_train_empty():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL, last=True).add_label("PERSON")
    examples = make_examples(nlp, [TRAIN_DATA[0], ("", {"entities": []})])
    nlp.initialize()
    for _ in range(2):
        losses = {}
        for batch in minibatch(examples, size=8):
            nlp.update(batch, losses=losses)


def test_train_negative_deprecated():
    """An entity annotated as "not a PERSON" in the old way is refused."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL, last=True).add_label("PERSON")
    examples = make_examples(nlp, [("Who is Shaka Khan?", {"entities": [(7, 17, "!PERSON")]})])
    nlp.initialize()
    with pytest.raises(ValueError):
        nlp.update(examples, losses={})


def test_overwrite_token(untrained, new_york):
    """Tokens outside every entity may still be given one."""
    doc = untrained("I live in New York")
    assert iobs(doc) == ["O", "O", "O", "O", "O"]
    assert types(doc) == ["", "", "", "", ""]
    doc = new_york.get_pipe(FACTORY)(doc)
    assert iobs(doc) == ["O", "O", "O", "B", "I"]
    assert types(doc) == ["", "", "", "GPE", "GPE"]


def test_empty_ner(untrained):
    doc = untrained("John is watching the news about Croatia's elections")
    assert iobs(doc) == ["O"] * 9


def test_ruler_before_ner():
    nlp = English()
    ruler = nlp.add_pipe("entity_ruler")
    nlp.add_pipe(FACTORY, config=SMALL).add_label("MY_LABEL")
    nlp.initialize()
    ruler.add_patterns([{"label": "THING", "pattern": "This"}])
    doc = nlp("This is Antti Korhonen speaking in Finland")
    assert iobs(doc) == ["B", "O", "O", "O", "O", "O", "O"]
    assert types(doc) == ["THING", "", "", "", "", "", ""]


def test_ner_constructor():
    vocab = Vocab()
    model = registry.resolve(SMALL, validate=True)["model"]
    BioCrfTagger(vocab, model, spans_key="sc")
    BioCrfTagger(vocab, model)


def test_ner_before_ruler():
    nlp = English()
    nlp.add_pipe(FACTORY, name="untrained", config=SMALL).add_label("MY_LABEL")
    nlp.initialize()
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "THING", "pattern": "This"}])
    doc = nlp("This is Antti Korhonen speaking in Finland")
    assert iobs(doc) == ["B", "O", "O", "O", "O", "O", "O"]
    assert types(doc) == ["THING", "", "", "", "", "", ""]


def test_block_ner():
    nlp = English()
    nlp.add_pipe("spacy_suite_blocker", config={"start": 2, "end": 5})
    nlp.add_pipe(FACTORY, config=SMALL).add_label("MY_LABEL")
    nlp.initialize()
    doc = nlp("This is Antti L Korhonen speaking in Finland")
    assert iobs(doc) == ["O", "O", "B", "B", "B", "O", "O", "O"]
    assert types(doc) == [""] * 8


@pytest.mark.parametrize("config", [{}, {**SMALL, "scheme": "BIOES"}, {**SMALL, "scheme": "IOB1"}])
def test_overfitting_IO(config, tmp_path):
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=config)
    losses = train(nlp, make_examples(nlp), learn_rate=0.05 if config else 0.01)
    assert losses[FACTORY] < 0.00001

    assert ents(nlp("I like London.")) == [("London", "LOC")]

    nlp.to_disk(tmp_path)
    nlp2 = util.load_model_from_path(tmp_path)
    assert ents(nlp2("I like London.")) == [("London", "LOC")]
    nlp2.get_pipe(FACTORY).add_label("RANDOM_NEW_LABEL")
    assert ents(nlp2("I like London.")) == [("London", "LOC")]

    texts = [
        "Just a sentence.",
        "Then one more sentence about London.",
        "Here is another one.",
        "I like London.",
    ]
    piped = [doc.to_array([ENT_IOB]) for doc in nlp.pipe(texts)]
    piped_again = [doc.to_array([ENT_IOB]) for doc in nlp.pipe(texts)]
    called = [nlp(text).to_array([ENT_IOB]) for text in texts]
    assert_equal(piped, piped_again)
    assert_equal(piped, called)

    doc = nlp.make_doc("I like London and London.")
    doc.ents = [Span(doc, 2, 3, label="LOC", kb_id=1234)]
    doc = tagger(doc)
    assert ents(doc) == [("London", "LOC"), ("London", "LOC")]
    assert [ent.kb_id for ent in doc.ents] == [1234, 0]


def test_ner_warns_no_lookups(caplog):
    nlp = English()
    assert nlp.lang in util.LEXEME_NORM_LANGS
    nlp.vocab.lookups = Lookups()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("A")
    with caplog.at_level(logging.DEBUG):
        nlp.initialize()
        assert "W033" in caplog.text
    caplog.clear()
    nlp.vocab.lookups.add_table("lexeme_norm")
    nlp.vocab.lookups.get_table("lexeme_norm")["a"] = "A"
    with caplog.at_level(logging.DEBUG):
        nlp.initialize()
        assert "W033" not in caplog.text


WRONG = {**SMALL, "incorrect_spans_key": "wrong"}


def with_wrong_spans(nlp, *spans):
    (example,) = make_examples(nlp, [("Who is Shaka Khan?", {"entities": [(7, 17, "PERSON")]})])
    example.reference.spans["wrong"] = [Span(example.reference, *span) for span in spans]
    return example


def test_neg_annotation():
    """Spans known to be wrong, that overlap the right one or are it with another label, are learned along with it."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=WRONG)
    for label in ("PERSON", "ORG"):
        tagger.add_label(label)
    wrong = [(2, 4, "ORG"), (2, 3, "PERSON"), (1, 4, "PERSON")]
    example = with_wrong_spans(nlp, *wrong)
    optimizer = nlp.initialize()
    losses = [nlp.update([example], sgd=optimizer)[FACTORY] for _ in range(20)]
    assert losses[-1] < losses[0] / 10
    assert ents(nlp("Who is Shaka Khan?")) == [("Shaka Khan", "PERSON")]
    doc = nlp.make_doc("Who is Shaka Khan?")
    assert tagger.span_probabilities(doc, wrong).max() < 0.05


@pytest.mark.parametrize("label", ["PERSON", ""])
def test_neg_annotation_conflict(label):
    """A span cannot be both right and wrong, be it wrong with the same label or with any."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=WRONG)
    example = with_wrong_spans(nlp, (2, 4, label))
    optimizer = nlp.initialize(lambda: [example])
    for _ in range(2):
        with pytest.raises(ValueError, match="E868"):
            nlp.update([example], sgd=optimizer)


def test_what_is_wrong_is_unlearned(trained):
    """The tagger takes back a span that it has predicted, and keeps the other."""
    tagger, text = trained.get_pipe(FACTORY), "I like London and Berlin."
    tagger.cfg["incorrect_spans_key"] = "wrong"
    london, berlin = (2, 3, "LOC"), (4, 5, "LOC")
    assert ents(trained(text)) == [("London", "LOC"), ("Berlin", "LOC")]
    (example,) = make_examples(trained, [(text, {"entities": [None, None, "U-LOC", None, None, None]})])
    example.reference.spans["wrong"] = [Span(example.reference, *berlin)]
    optimizer = trained.resume_training()
    for _ in range(60):
        trained.update([example], sgd=optimizer)
    right, wrong = tagger.span_probabilities(trained.make_doc(text), [london, berlin])
    assert right > 0.9 and wrong < 0.1
