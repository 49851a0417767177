"""`python -m spacy bio-crf explain`."""
import json
from html.parser import HTMLParser

import pytest
import spacy

from spacy_bio_crf.pipeline.explain import compare, explain, weights

from ..conftest import SENTENCES, make_examples, make_nlp, train
from ..linear import LINEAR
from .conftest import write_docs

TEXT = "We like New London , <b> a[red]b Khan & 1"


@pytest.fixture(scope="module")
def linear():
    nlp = make_nlp(model=LINEAR)
    train(nlp, make_examples(nlp), steps=6)
    return nlp


@pytest.fixture
def model(linear, tmp_path):
    linear.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(text for text, _ in SENTENCES), encoding="utf-8")
    return path


def finite(score):
    return None if score in (float("inf"), -float("inf")) else pytest.approx(score, abs=1e-5)


def test_each_token_against_its_rival(bio_crf, model, linear):
    report = bio_crf("explain", model, TEXT, "--top", 0, "--json")
    found = explain(linear.get_pipe("bio_crf_tagger"), linear.make_doc(TEXT))
    assert report["text"] == TEXT and report["component"] == "bio_crf_tagger" and report["notes"] == []
    assert len(report["tokens"]) == len(found) > 5
    for token, one in zip(report["tokens"], found):
        expected = compare(one)
        assert (token["token"], token["text"], token["predicted"]) == (one.token.i, one.token.text, one.tag)
        (table,) = token["tables"]
        assert (table["tag"], table["rival"]) == (expected.tag, expected.rival)
        for tag, key in ((expected.tag, "probability"), (expected.rival, "rival_probability")):
            assert table[key] == pytest.approx(one.probabilities[one.tags.index(tag)], abs=1e-5)
        parts = [(row["part"], row["score"]) for row in table["parts"]]
        assert parts == [(part, finite(score)) for part, score in expected.parts]
        assert table["total"] == finite(expected.total) and table["others"] == {"count": 0, "score": 0}


def test_the_strongest_parts_and_the_rest_add_up(bio_crf, model):
    full = bio_crf("explain", model, TEXT, "--tag", "B-PERSON", "--top", 0, "--json")["tokens"]
    short = bio_crf("explain", model, TEXT, "--tag", "B-PERSON", "--top", 2, "--json")["tokens"]
    for (every,), (some,) in zip(*([token["tables"] for token in tokens] for tokens in (full, short))):
        scores = [abs(row["score"]) for row in every["parts"] if row["score"] is not None]
        kept = [abs(row["score"]) for row in some["parts"] if row["score"] is not None]
        forbidding = [row for row in some["parts"] if row["score"] is None]
        assert len(some["parts"]) == 2 and sorted(kept) == sorted(scores)[len(scores) - len(kept) :]
        assert len(forbidding) == min(2, len(every["parts"]) - len(scores))
        assert some["others"]["count"] == len(every["parts"]) - 2 and every["total"] == some["total"]
        if some["total"] is not None:
            shown = sum(row["score"] for row in some["parts"])
            assert shown + some["others"]["score"] == pytest.approx(some["total"], abs=1e-5)
        assert not forbidding or every["total"] is None


def test_what_is_forbidden_is_named(bio_crf, model):
    (token,) = bio_crf("explain", model, "I like London", "--token", "I", "--tag", "I-LOC", "--json")["tokens"]
    forbidding = [row for row in token["tables"][0]["parts"] if row["score"] is None]
    assert forbidding == [{"part": "tag[-1] = (start)", "score": None, "forbids": "I-LOC"}]
    (token,) = bio_crf("explain", model, "Shaka Khan lives", "--token", "0", "--tag", "O", "--json")["tokens"]
    forbidding = [row for row in token["tables"][0]["parts"] if row["score"] is None]
    assert forbidding == [{"part": "tag[+1] = I-PERSON", "score": None, "forbids": "O"}]


def test_tokens_by_text_or_index(bio_crf, model):
    def chosen(*options):
        report = bio_crf("explain", model, "London 2 Berlin 2 0", *options, "--json")
        return [token["token"] for token in report["tokens"]]

    assert chosen("--token", "London", "--token", "4") == [0, 4]
    assert chosen("--token", "2") == [1, 3]  # a text before an index
    assert chosen("--token", "0") == [4]
    assert chosen("--token", "1") == [1]


def test_scores_per_tag(bio_crf, model, linear):
    (token,) = bio_crf("explain", model, TEXT, "--token", "New", "--per-tag", "--top", 0, "--json")["tokens"]
    (one,) = [e for e in explain(linear.get_pipe("bio_crf_tagger"), linear.make_doc(TEXT)) if e.token.text == "New"]
    probabilities = [table["probability"] for table in token["tables"]]
    assert len(probabilities) == 5 and probabilities == sorted(one.probabilities.tolist(), reverse=True)
    for table in token["tables"]:
        scores = one.scores[:, one.tags.index(table["tag"])]
        parts = {row["part"]: row["score"] for row in table["parts"]}
        assert parts == {part: finite(score) for part, score in zip(one.parts, scores)}
        assert table["total"] == finite(scores.sum()) and "rival" not in table
    (token,) = bio_crf("explain", model, TEXT, "--token", "New", "--per-tag", "--tag", "I-LOC", "--json")["tokens"]
    assert [table["tag"] for table in token["tables"]] == ["I-LOC"]


@pytest.mark.parametrize("kind", ["txt", "spacy"])
def test_weights(bio_crf, model, linear, texts, kind, tmp_path):
    path = texts if kind == "txt" else write_docs(linear, tmp_path / "texts.spacy", SENTENCES)
    report = bio_crf("explain", model, "--weights", "--texts", path, "--top", 2, "--json")
    expected = weights(linear.get_pipe("bio_crf_tagger"), [linear.make_doc(text) for text, _ in SENTENCES])
    assert report["named"] == len(expected.features) and report["unnamed"] == 0
    assert set(report["step"]["B-LOC"]) == {"O", "B-LOC", "I-LOC", "B-PERSON"}
    assert report["step"]["B-LOC"]["I-LOC"] == pytest.approx(float(expected.step[1, 2]))
    assert set(report["start"]) == {"O", "B-LOC", "B-PERSON"} and len(report["end"]) == 5
    assert [table["tag"] for table in report["tables"]] == list(expected.tags)
    for column, table in enumerate(report["tables"]):
        scores = sorted(expected.scores[:, column].tolist(), reverse=True)
        assert [row["score"] for row in table["parts"]] == pytest.approx([*scores[:2], *scores[-2:]])
    assert "(start) → I-LOC" not in json.dumps(report)


def test_weights_without_texts_or_of_one_tag(bio_crf, model):
    report = bio_crf("explain", model, "--weights", "--json")
    assert report["named"] == 0 and report["unnamed"] > 10 and report["tables"] == []
    assert report["transitions"]["parts"]
    report = bio_crf("explain", model, "--weights", "I like London", "--tag", "B-LOC", "--json")
    assert report["named"] > 5 and [table["tag"] for table in report["tables"]] == ["B-LOC"]
    assert all("B-LOC" in row["part"] for row in report["transitions"]["parts"])


class Texts(HTMLParser):
    """The texts of a page, and its tags; unclosed ones are left in `open`."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.tags, self.open = [], set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_terminal_and_html(bio_crf, model, texts, tmp_path):
    shown = bio_crf("explain", model, TEXT, "--top", 3).output
    assert "Khan: " in shown and "lower = khan" in shown and "total" in shown and "more)" in shown
    assert "a[red]b: " in shown and "lower = a[red]b" not in shown  # of rich, brackets would be markup

    path = tmp_path / "new" / "page.html"
    assert str(path) in bio_crf("explain", model, TEXT, "--html", path).output.replace("\n", "")
    page = Texts(path.read_text(encoding="utf-8"))
    assert not page.open and not page.tags & {"script", "link", "img", "b"}
    assert page.texts.count(TEXT) == 2 and "lower = khan" in page.texts

    report = bio_crf("explain", model, "--weights", "--texts", texts, "--html", path, "--json")
    page = Texts(path.read_text(encoding="utf-8"))
    assert report["written"] == [str(path)] and not page.open
    assert {"(start)", "(end)", "Features of B-LOC", "lower = london"} <= set(page.texts)
    counts = [len(report["start"]), *(len(row) for row in report["step"].values()), len(report["end"])]
    matrix = path.read_text(encoding="utf-8").partition("</table>")[0]
    assert matrix.count('<td class="score" style="background: rgba') == sum(counts)


def test_rules_and_presets_are_mentioned(bio_crf, linear, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "London"}])
    nlp.add_pipe("bio_crf_tagger", source=linear)
    nlp.to_disk(tmp_path / "ruled")
    report = bio_crf("explain", tmp_path / "ruled", "I like London", "--json")
    assert "on top" in report["notes"][0] and report["tokens"][2]["predicted"] == "B-PERSON"
    assert bio_crf("explain", tmp_path / "ruled", "I like Berlin", "--json")["notes"] == []
    assert "on top" in bio_crf("explain", tmp_path / "ruled", "I like London").output
    nlp.get_pipe("bio_crf_tagger").cfg["constraints"]["max_span_length"] = 1
    nlp.to_disk(tmp_path / "ruled")
    assert len(bio_crf("explain", tmp_path / "ruled", "I like Berlin", "--json")["notes"]) == 1


def test_clear_errors(bio_crf, model, trained, texts, tmp_path):
    def fails(code, *arguments):
        assert code in bio_crf("explain", *arguments, code=1).output

    trained.to_disk(tmp_path / "neural")
    fails("E432", tmp_path / "neural", TEXT)
    fails("E432", tmp_path / "neural", "--weights")
    for options in ([], ["--per-tag"], ["--weights"]):
        fails("E433", model, TEXT, "--tag", "B-SHIP", *options)
    for nothing in ([], [""], [" \n"]):
        fails("E620", model, *nothing)
    fails("E621", model, TEXT, "--token", "Paris")
    fails("E621", model, TEXT, "--token", "99")
    fails("E622", model, TEXT, "--texts", texts)
    fails("E622", model, "--weights", "--token", "New")
    fails("E622", model, "--weights", "--per-tag")
    fails("E501", model, "--weights", "--texts", tmp_path / "nowhere.txt")
    fails("E501", model, "--weights", "--texts", tmp_path)
    fails("E606", model, TEXT, "--component", "other")
    fails("E422", model, TEXT, "--chain", "other")
