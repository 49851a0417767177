"""What is odd about documents: each kind of finding, and nothing where all is well."""
import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc, Span

from spacy_bio_crf.evaluation.check import (
    KINDS,
    SEVERITIES,
    Findings,
    check_document,
    check_parts,
    check_strings,
    check_tokenizer,
    mend_orphans,
    mending_rule,
    statistics,
)
from spacy_bio_crf.evaluation.check.documents import has_odd_edge
from spacy_bio_crf.evaluation.check.tokenizer import _with_rule
from spacy_bio_crf.tags import get_scheme

NLP = spacy.blank("en")


def make_doc(text, *spans, key=None):
    """Spans as (start, end, label) in tokens."""
    doc = NLP.make_doc(text)
    spans = [Span(doc, *span) for span in spans]
    if key is None:
        doc.set_ents(spans)
    else:
        doc.spans[key] = spans
    return doc


def found(check, *arguments, **options):
    """Counts by kind."""
    findings = Findings()
    check(*arguments, **options, findings=findings)
    return {finding.kind: finding.count for finding in findings.sorted()}


def of_document(doc, key=None, scheme="BIO"):
    return found(check_document, doc, key, get_scheme(scheme), "train")


def test_nothing_is_odd_about_a_plain_document():
    assert of_document(make_doc("Ann went to New York.", (0, 1, "PER"), (3, 5, "LOC"))) == {}


def test_overlaps_in_a_group():
    doc = make_doc("the Bank of New York", (0, 5, "ORG"), (1, 5, "ORG"), (3, 5, "LOC"), key="x")
    assert of_document(doc, "x") == {"overlap": 2}
    assert of_document(doc, "other") == {}


def test_neighbours_of_one_label_and_schemes():
    doc = make_doc("Ann Bob Oslo", (0, 1, "PER"), (1, 2, "PER"), (2, 3, "LOC"))
    assert [of_document(doc, scheme=scheme) for scheme in ("BIO", "IOB1", "BILUO")] == [{}, {}, {}]
    assert of_document(doc, scheme="IO") == {"touching": 1}


def test_whitespace():
    doc = make_doc("Ann  went   home", key="x")
    doc.spans["x"] = [Span(doc, 0, 2, "A"), Span(doc, 3, 5, "A"), Span(doc, 2, 3, "A")]
    assert doc[1].is_space and doc[3].is_space
    assert of_document(doc, "x") == {"whitespace": 2}
    assert of_document(NLP.make_doc("  \n")) == {"empty": 1}


def test_sentences():
    doc = make_doc("Ann ran. Bob sat.", (2, 4, "X"))
    assert "sentence" not in of_document(doc)
    for token in doc:
        token.is_sent_start = token.i == 3
    assert of_document(doc)["sentence"] == 1
    doc.set_ents([Span(doc, 3, 5, "X")])
    assert "sentence" not in of_document(doc)


@pytest.mark.parametrize("text", ["Oslo,", "(Oslo", "Oslo)", "“Oslo", 'the "Oslo', "-", "¿Oslo)"])
def test_odd_edges(text):
    assert has_odd_edge(text) == (text != "-")


@pytest.mark.parametrize("text", ["Oslo", "St.", "A (B)", '"X" Y', "don’t", "Inc.", "C++", "O'Neill", ":)"])
def test_fine_edges(text):
    assert not has_odd_edge(text)


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["A", "B"])), max_size=6))
def test_orphans_are_mended_as_tags_are_repaired(rows):
    """As `parse_tags` does with repair="begin"."""
    from spacy_bio_crf.tags import parse_tags

    doc = Doc(NLP.vocab, words=["w"] * len(rows))
    values = [[iob, 0 if iob == 2 else NLP.vocab.strings.add(label)] for iob, label in rows]
    if rows:
        doc.from_array([ENT_IOB, ENT_TYPE], numpy.array(values, dtype="uint64"))
    repairs, findings = {}, Findings()
    spans = parse_tags(["O" if iob == 2 else f"{' IOB'[iob]}-{label}" for iob, label in rows], repair="begin", repairs=repairs)
    mended = mend_orphans(doc, "train", findings)
    assert [(ent.start, ent.end, ent.label_) for ent in mended.ents] == [tuple(span) for span in spans]
    assert sum(finding.count for finding in findings.sorted()) == repairs.get("orphan", 0)


def test_tokens_that_cross_an_edge_and_the_rule_that_parts_them():
    findings = Findings()
    doc = Doc(NLP.vocab, words=["from", "Oslo", "/", "Rome", "on", "3", "May"], spaces=[True, False, False, True, True, False, False])
    doc.set_ents([Span(doc, 1, 2, "LOC"), Span(doc, 3, 4, "LOC"), Span(doc, 5, 6, "DAY")])
    check_tokenizer(spacy.blank("en"), doc, None, "train", findings, {})
    (finding,) = findings.sorted()
    assert finding.kind == "tokenizer" and finding.count >= 1
    assert any("3May" in example and "infix" in example for example in finding.examples)
    assert found(lambda findings: check_tokenizer(NLP, make_doc("Ann ran", (0, 1, "A")), None, "x", findings, {})) == {}


@pytest.mark.parametrize(
    "token, cut, kind",
    [
        ("3May", 1, "infix"),
        ("Oslo*Rome", 4, "infix"),
        ("Oslo*Rome", 5, "infix"),
        ("^Oslo", 1, "prefix"),
        ("Oslo^", 4, "suffix"),
        ("NewYork", 3, "special case"),
        ("don't", 1, "special case"),
        (":)", 1, "special case"),  # already one, so that no other rule is asked
        ("www.example.com", 4, "special case"),
    ],
)
def test_rules(token, cut, kind):
    tokenizer = spacy.blank("xx").tokenizer
    rule = mending_rule(tokenizer, token, cut)
    assert rule.kind == kind
    if kind != "special case":
        assert cut in [one.idx for one in _with_rule(tokenizer, rule)(token)]


def test_rules_of_another_tokenizer_are_not_known():
    assert str(mending_rule(lambda text: None, "3May", 1)) == "no rule parts it there"


def test_documents_that_occur_again():
    ann, bob = make_doc("Ann ran", (0, 1, "A")), make_doc("Bob ran", (0, 1, "A"))
    again, other = make_doc("ann  RAN"), make_doc("Bob ran", (0, 1, "A"))
    assert found(check_parts, {"train": [ann, ann], "test": [other]}, None) == {"duplicate": 1, "rare label": 1}
    counts = found(check_parts, {"train": [ann, bob], "test": [again, other]}, None)
    assert counts == {"leak": 2, "contradiction": 1, "rare label": 1}


def test_labels_that_training_lacks():
    train = [make_doc(f"Ann{i} ran", (0, 1, "A")) for i in range(10)]
    test = [make_doc("Oslo ran", (0, 1, "LOC")), make_doc("Rome ran", (0, 1, "LOC"))]
    assert found(check_parts, {"train": train, "test": test}, None) == {"unseen label": 1}
    assert found(check_parts, {"test": test, "train": train}, None) == {"unseen label": 1, "rare label": 1}


def test_strings_with_several_labels_and_forgotten_ones():
    docs = [make_doc("in New York", (1, 3, "LOC")) for _ in range(4)] + [make_doc("New York Inc", (0, 2, "ORG"))]
    assert found(check_strings, {"train": docs}, None) == {"ambiguous": 1}
    loose = make_doc("to New York, Ann", (4, 5, "PER"))
    assert found(check_strings, {"train": docs, "dev": [loose]}, None) == {"ambiguous": 1, "maybe missed": 1}
    loose.set_ents([], missing=[loose[1:2]], default="unmodified")
    assert found(check_strings, {"train": docs, "dev": [loose]}, None) == {"ambiguous": 1}
    assert found(check_strings, {"train": docs[:2], "dev": [make_doc("New York")]}, None) == {}


def test_statistics():
    doc = make_doc("Ann went to New York.", (0, 1, "PER"), (3, 5, "LOC"))
    doc.set_ents([], missing=[doc[1:3]], default="unmodified")
    told = statistics([doc, NLP.make_doc("a b c d e f g")], None)
    assert told["tokens"] == 13 and told["missing_tokens"] == 9 and told["longest_document"] == 7
    assert told["spans"] == 2 and told["without_spans"] == 1
    assert told["labels"]["LOC"] == {"spans": 1, "forms": 1, "mean_length": 2.0, "longest": 2}


def test_the_worst_come_first_and_examples_are_few():
    findings = Findings()
    for kind in reversed(KINDS):
        for i in range(9):
            findings.add(kind, "train", str(i))
    severities = [finding.severity for finding in findings.sorted()]
    assert severities == sorted(severities, key=SEVERITIES.index) and set(severities) == set(SEVERITIES)
    assert all(finding.count == 9 and len(finding.examples) == 5 for finding in findings.sorted())
    assert {one.severity for one in findings.worse_or_equal("warning")} == {"error", "warning"}
    assert len(findings.worse_or_equal("note")) == len(KINDS)
