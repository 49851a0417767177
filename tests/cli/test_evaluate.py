"""`python -m spacy bio-crf evaluate`."""
import json
import re
import sys

import pytest
import spacy
from spacy.tokens import DocBin, Span
from spacy.training import Corpus

from spacy_bio_crf.cli.page import COLOURS, highlight, label_colours

from ..conftest import make_nlp
from .conftest import DEV, write_docs


@pytest.fixture
def other(trained, tmp_path):
    """A pipeline of other components, which finds the wrong things and gives no probabilities."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "LOC", "pattern": "London"}, {"label": "LOC", "pattern": "Shaka"}])
    nlp.to_disk(tmp_path / "other")
    return tmp_path / "other"


def test_figures_are_those_of_spacy(bio_crf, model, dev):
    report = bio_crf("evaluate", model, dev, "--json")
    nlp = spacy.load(model)
    scores = nlp.evaluate(list(Corpus(dev)(nlp)))
    assert [report["overall"][key] for key in "prf"] == pytest.approx([scores[f"ents_{key}"] for key in "prf"])
    assert {label: row["f"] for label, row in report["labels"].items()} == pytest.approx(
        {label: row["f"] for label, row in scores["ents_per_type"].items()}
    )
    assert report["probabilities"]["ece"] == pytest.approx(scores["ents_ece"], abs=1e-4)
    assert report["documents"] == len(DEV) and report["written"] == []
    assert 0 <= report["overall"]["interval"]["f"]["low"] <= report["overall"]["f"]


def test_missed_gold_has_the_probability_that_the_component_gives_it(bio_crf, model, dev, trained):
    report = bio_crf("evaluate", model, dev, "--json", "--worst", 50)
    rows = [row for row in report["mistakes"]["least_likely"] if not row["cut_before"]]
    assert rows and [row["gold"]["probability"] for row in rows] == sorted(row["gold"]["probability"] for row in rows)
    for row in rows:
        doc = trained.make_doc(row["text"])
        span = doc.char_span(row["gold"]["start"], row["gold"]["end"], label=row["gold"]["label"])
        told = trained.get_pipe("bio_crf_tagger").span_probabilities(doc, [span])[0]
        assert row["gold"]["probability"] == pytest.approx(told, abs=1e-3)


def test_a_pipeline_that_is_not_ours(bio_crf, other, dev):
    report = bio_crf("evaluate", other, dev, "--json")
    assert report["probabilities"] is None and report["mistakes"]["most_confident"] == []
    assert report["overall"]["right"] == 1 and report["overall"]["predicted"] == 5
    assert report["mistakes"]["kinds"]["missed"] and report["mistakes"]["most_frequent"]


def test_gold_that_the_tokenizer_cuts_has_no_probability(bio_crf, model, trained, tmp_path):
    """Its tokens are not those of the pipeline, so it cannot be predicted."""
    doc = spacy.tokens.Doc(trained.vocab, words=["Lon", "don", "is", "here"], spaces=[False, True, True, False])
    doc.set_ents([Span(doc, 0, 1, "LOC")])
    DocBin(docs=[doc]).to_disk(tmp_path / "cut.spacy")
    (row,) = bio_crf("evaluate", model, tmp_path / "cut.spacy", "--json")["mistakes"]["least_likely"]
    assert row["gold"]["text"] == "Lon" and row["gold"]["probability"] == 0.0


def test_a_span_group(bio_crf, model, trained, tmp_path):
    docs = []
    for text, spans in DEV:
        doc = trained.make_doc(text)
        doc.spans["found"] = [doc.char_span(start, end, label) for start, end, label in spans]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "groups.spacy")
    report = bio_crf("evaluate", model, tmp_path / "groups.spacy", "--spans-key", "found", "--json")
    assert report["overall"]["gold"] == sum(len(spans) for _, spans in DEV) and report["overall"]["f"] > 0.4
    assert report["probabilities"]["spans"] == report["overall"]["predicted"]
    message = bio_crf("evaluate", model, tmp_path / "groups.spacy", "--spans-key", "sc", code=1).output
    assert "E625" in message and "'sc'" in message


def test_several_groups_are_taken_together(bio_crf, model, trained, tmp_path):
    """What both groups hold counts once; a document that lacks a group is judged by the other."""
    docs = []
    for text, spans in DEV:
        doc = trained.make_doc(text)
        doc.spans["found"] = [doc.char_span(start, end, label) for start, end, label in spans]
        doc.spans["more"] = [*doc.spans["found"], Span(doc, 0, 1, "FIRST")]
        docs.append(doc)
    del docs[0].spans["more"]
    path = tmp_path / "groups.spacy"
    DocBin(docs=docs).to_disk(path)
    keys = ["--spans-key", "found", "--spans-key", "more"]
    report = bio_crf("evaluate", model, path, *keys, "--train", path, "--json")
    alone = bio_crf("evaluate", model, path, "--spans-key", "found", "--json")["overall"]
    assert report["spans_keys"] == ["found", "more"] and report["documents"] == len(DEV)
    assert report["overall"]["gold"] == report["by_familiarity"]["seen with this label"]["gold"]
    assert report["overall"]["gold"] == alone["gold"] + len(DEV) - 1
    assert [report["overall"][key] for key in ("predicted", "right")] == [alone["predicted"], alone["right"]]


def test_several_corpora_training_part_and_comparison(bio_crf, model, other, dev, trained, tmp_path):
    easy = write_docs(trained, tmp_path / "easy.spacy", DEV[:3])
    report = bio_crf("evaluate", model, dev, easy, "--train", easy, "--against", other, "--samples", 200, "--json")
    assert set(report["by_corpus"]) == {str(dev), str(easy)}
    assert report["by_corpus"][str(easy)]["f"] == 1.0
    assert report["by_familiarity"]["seen with this label"]["gold"] > report["by_familiarity"]["unseen"]["gold"] > 0
    found = report["comparison"]
    assert found["difference"] == pytest.approx(report["overall"]["f"] - found["overall"]["f"]) and found["p"] < 0.05
    itself = bio_crf("evaluate", model, dev, "--against", model, "--samples", 50, "--json")["comparison"]
    assert (itself["difference"], itself["p"]) == (0.0, 1.0)


def test_tables(bio_crf, model, dev, other):
    output = bio_crf("evaluate", model, dev, "--train", dev, "--against", other).output
    for part in ("spurious", "PERSON", "Length", "training part", "boundary", "F1 against", "calibration error", "predicted 'London' LOC"):
        assert part in output, part
    assert "gives no probabilities" in bio_crf("evaluate", other, dev, "--samples", 0).output


def test_files_hold_what_is_printed(bio_crf, model, dev, tmp_path):
    printed = bio_crf("evaluate", model, dev, "--output", tmp_path / "new" / "metrics.json", "--json")
    assert printed["written"] == [str(tmp_path / "new" / "metrics.json")]
    assert json.loads((tmp_path / "new" / "metrics.json").read_text(encoding="utf-8")) == printed


def test_a_page_that_needs_nothing_else(bio_crf, model, other, trained, tmp_path):
    """Markup in texts and labels is shown, not obeyed."""
    evil = write_docs(trained, tmp_path / "evil.spacy", [*DEV, ("<script>x</script> likes Khan", [(0, 1, "<b>&")])])
    output = bio_crf("evaluate", model, evil, "--html", tmp_path / "new" / "report.html", "--against", other).output
    assert "✔" in output
    page = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == page.count("</svg>") == 3 and "displaCy" not in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>&</b>" not in page and "<b>&<" not in page and "&lt;b&gt;&amp;" in page
    outside = re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import', page)
    assert outside == []
    assert "<mark" in page and "probability" in page


def named_ruler(path, *patterns):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": text} for label, text in patterns])
    nlp.to_disk(path)
    return path


def test_a_label_may_be_called_all(bio_crf, trained, tmp_path):
    """Nor does a "$" in it make mathematics of its name."""
    ruler = named_ruler(tmp_path / "ruler", ("all", "London"), ("$a_{$", "Shaka"))
    gold = write_docs(trained, tmp_path / "gold.spacy", [("London is here", [(0, 6, "all")]), ("Shaka is Oslo", [(9, 13, "$a_{$")])])
    output = bio_crf("evaluate", ruler, gold, "--html", tmp_path / "a.html").output
    rows = [line for line in output.splitlines() if re.match(r"│ all ", line)]
    assert [row.split("│")[-4:-1] for row in rows[:2]] == [[" 1 ".rjust(len(cell)) for cell in rows[0].split("│")[-4:-1]],
        [f" {n} ".rjust(len(cell)) for n, cell in zip((1, 2, 2), rows[1].split("│")[-4:-1])]]  # fmt: skip
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.count('<tr class="all">') == 1 and len(re.findall('<td class="text">all</td>', page)) == 2
    assert "$a_{$" in page
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) and set(re.findall(r"url\(#([^)]*)\)", page)) <= set(ids)


def test_corpora_without_annotation(bio_crf, model, trained, dev, tmp_path):
    plain = tmp_path / "plain.spacy"
    DocBin(docs=[trained.make_doc("London is here")]).to_disk(plain)
    assert "E625" in bio_crf("evaluate", model, plain, code=1).output
    doc = trained.make_doc("London is here")
    doc.spans["sc"] = [Span(doc, 0, 1, "LOC")]
    DocBin(docs=[doc]).to_disk(tmp_path / "group.spacy")
    keys = ["--spans-key", "sc", "--spans-key", "typo"]
    assert "'typo'" in bio_crf("evaluate", model, tmp_path / "group.spacy", *keys, code=1).output
    assert "'sc'" in bio_crf("evaluate", model, tmp_path / "group.spacy", *keys[:2], "--train", dev, code=1).output
    assert "E626" in bio_crf("evaluate", model, dev, dev, code=1).output


def test_no_predictions_are_no_lack_of_probabilities(bio_crf, model, trained, tmp_path):
    gold = write_docs(trained, tmp_path / "gold.spacy", [("nothing is here", [(0, 7, "LOC")])])
    assert "gives no probabilities" not in bio_crf("evaluate", model, gold).output


def test_texts_are_read_as_their_letters_are():
    assert "direction: rtl" in highlight("1 שלום", [], {}) and "direction: ltr" in highlight("1 a שלום", [], {})
    colours = label_colours(["loc", "LOC"])
    shown = highlight("ab", [{"start": 0, "end": 1, "label": "loc"}, {"start": 1, "end": 2, "label": "LOC"}], colours)
    assert all(f"background: {colour}" in shown for colour in colours.values())


def test_highlighted_text_is_escaped():
    spans = [{"start": 4, "end": 7, "label": "<b>&"}]
    shown = highlight("a & <i> b", spans, label_colours(["<b>&"]))
    assert "a &amp; <mark" in shown and "&lt;i&gt; <small>&lt;b&gt;&amp;</small>" in shown and COLOURS[0] in shown
    assert "<mark" not in highlight("nothing here", [], {})


def test_clear_errors(bio_crf, model, dev, tmp_path, monkeypatch):
    assert "E624" in bio_crf("evaluate", model, dev, "--against", model, "--samples", 0, code=1).output
    assert "E607" in bio_crf("evaluate", model, __file__, code=1).output
    assert "E050" in bio_crf("evaluate", tmp_path / "nowhere", dev, code=1).output
    assert "E501" in bio_crf("evaluate", model, tmp_path / "nowhere.spacy", code=1).output
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "spacy-bio-crf[evaluation]" in bio_crf("evaluate", model, dev, "--html", tmp_path / "a.html", code=1).output
    assert not (tmp_path / "a.html").exists()
    assert bio_crf("evaluate", model, dev, "--json")["overall"]["f"] > 0.4


def test_two_chains_each_give_the_probabilities_of_their_labels(bio_crf, dev, tmp_path):
    chains = {"people": {"labels": ["PERSON"]}, "places": {"labels": ["LOC"]}}
    nlp = make_nlp(set_ents=False, chains={name: {**one, "spans_key": "all"} for name, one in chains.items()})
    nlp.initialize()
    nlp.to_disk(tmp_path / "two")
    docs = []
    for text, spans in DEV:
        doc = nlp.make_doc(text)
        doc.spans["all"] = [doc.char_span(start, end, label) for start, end, label in spans]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "groups.spacy")
    report = bio_crf("evaluate", tmp_path / "two", tmp_path / "groups.spacy", "--spans-key", "all", "--json", "-n", 50)
    assert len(report["mistakes"]["least_likely"]) == report["overall"]["gold"]
