"""`python -m spacy bio-crf uncertain`."""
import json

import pytest
import spacy

from .conftest import DEV, write_docs

TEXTS = [text for text, _ in DEV]


@pytest.fixture
def tasks(bio_crf, model, tmp_path):
    def run(path, *options):
        result = bio_crf("uncertain", model, path, *options)
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n\n".join(TEXTS) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("by", ["entropy", "margin", "confidence"])
def test_least_certain_first(tasks, texts, trained, by):
    tagger = trained.get_pipe("bio_crf_tagger")
    found = tasks(texts, "--by", by)
    scores = [task["meta"]["score"] for task in found]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
    assert sorted(task["text"] for task in found) == sorted(TEXTS)
    for task in found:
        posterior = tagger.posterior(trained.make_doc(task["text"]))
        certain = {"margin": posterior.margin, "confidence": posterior.best_probability}
        expected = posterior.entropy() if by == "entropy" else 1 - certain[by]()
        assert task["meta"] == {"score": pytest.approx(expected, abs=1e-5), "measure": by}


def test_limit(tasks, texts):
    assert tasks(texts, "--limit", "3") == tasks(texts, "--limit", "0")[:3]


def test_tasks_of_prodigy_and_doccano(tasks, texts, trained):
    for task in tasks(texts):
        doc = trained(task["text"])
        group = doc.spans["found"]
        rows = [(s["token_start"], s["token_end"] + 1, s["label"]) for s in task["spans"]]
        assert rows == [(span.start, span.end, span.label_) for span in group]
        assert [s["score"] for s in task["spans"]] == pytest.approx(list(group.attrs["scores"]), abs=1e-5)
        assert task["label"] == [[span.start_char, span.end_char, span.label_] for span in group]
        assert [[s["start"], s["end"], s["label"]] for s in task["spans"]] == task["label"]
        assert "".join(token["text"] + " " * token["ws"] for token in task["tokens"]) == task["text"]
        for number, token in enumerate(task["tokens"]):
            assert token["id"] == number and task["text"][token["start"] : token["end"]] == token["text"]


def test_inputs(tasks, texts, trained, tmp_path):
    lines = [json.dumps({"text": text, "meta": {"source": number}}) for number, text in enumerate(TEXTS)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    plain, annotated = tasks(texts), tasks(write_docs(trained, tmp_path / "a.spacy"))
    assert annotated == plain  # the gold of a .spacy file is not taken for the truth
    from_json = tasks(tmp_path / "a.jsonl")
    assert [TEXTS[task["meta"].pop("source")] for task in from_json] == [task["text"] for task in plain]
    assert from_json == plain


def test_file_and_report(bio_crf, model, texts, tmp_path):
    report = bio_crf("uncertain", model, texts, "--limit", "2", "--output", tmp_path / "out.jsonl", "--json")
    told = {"component": "bio_crf_tagger", "chain": None, "measure": "entropy"}
    assert report == {**told, "documents": len(TEXTS), "written": 2}
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_clear_errors(bio_crf, model, tmp_path):
    def fails(code, name, content):
        (tmp_path / name).write_bytes(content)
        output = bio_crf("uncertain", model, tmp_path / name, "--output", tmp_path / "out.jsonl", code=1).output
        assert code in output, output

    fails("line 2", "a.jsonl", b'{"text": "a"}\n{"text": 1}\n')
    fails("E610", "b.jsonl", b'{"text": "a"\n')
    fails("E610", "c.jsonl", b"[1]\n")
    fails("no object", "f.jsonl", b'{"text": "a", "meta": "news"}\n')
    fails("E610", "g.jsonl", b'{"text": "a \\ud800"}\n')
    fails("E1014", "d.spacy", b"a")
    fails("E504", "e.txt", b"a\n\xe9\n")
    assert "E501" in bio_crf("uncertain", model, tmp_path / "nowhere.txt", code=1).output
    assert not (tmp_path / "out.jsonl").exists()


def test_an_empty_file(tasks, tmp_path):
    (tmp_path / "empty.txt").write_text("\n \n")
    assert tasks(tmp_path / "empty.txt") == []


def test_other_components_see_the_documents_first(bio_crf, trained, texts, tmp_path):
    """Entities of an earlier component are known, not guessed; a later component is not run."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "London"}])
    nlp.add_pipe("bio_crf_tagger", source=trained)
    nlp.to_disk(tmp_path / "ruled")
    result = bio_crf("uncertain", tmp_path / "ruled", texts)
    found = {task["text"]: task for task in map(json.loads, result.stdout.splitlines())}
    assert [row[2] for row in found["I like London and Berlin."]["label"]] == ["LOC"]
