"""The scripts of the project work on the component as it is."""
import importlib.util
from pathlib import Path

from spacy_bio_crf.tags import parse_tags

from .conftest import SENTENCES


def test_compare_reads_the_best_legal_tags(trained):
    path = Path(__file__).parents[1] / "scripts" / "compare.py"
    spec = importlib.util.spec_from_file_location("compare", path)
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    docs = [trained.make_doc(text) for text, _ in SENTENCES]
    for doc, tags, (_, gold) in zip(docs, compare.crf_tags(trained, docs), SENTENCES):
        spans = [(doc[s.start].idx, doc[s.end - 1].idx + len(doc[s.end - 1]), s.label) for s in parse_tags(tags)]
        assert spans == gold
    assert len(list(compare.emission_tags(trained, docs))) == len(docs)
