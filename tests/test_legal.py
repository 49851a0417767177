"""Not one illegal sequence in a million random lattices."""
import numpy
import pytest

from spacy_bio_crf import crf
from spacy_bio_crf.tags import SCHEMES, TagSet, parse_tags
from spacy_bio_crf.types import ChainScores

SEQUENCES = 1_000_000 // len(SCHEMES) + 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_decoded_sequence_is_legal(scheme):
    """Scores of size 1 to 1e6, lengths 0 to 8, rows that leave any tags beside "O"."""
    tagset = TagSet(scheme, ["a", "b"])
    n_tags, rng = len(tagset), numpy.random.default_rng(0)
    lengths = rng.integers(0, 9, size=SEQUENCES)
    shape = (int(lengths.sum()), n_tags)
    sizes = 10.0 ** rng.integers(0, 7, size=(shape[0], 1))
    emissions = (rng.standard_normal(shape, dtype="float32") * sizes).astype("float32")
    parameters = [(100 * rng.standard_normal(size)).astype("float32") for size in (n_tags, (n_tags, n_tags), n_tags)]
    allowed = rng.random(shape, dtype="float32") < 0.7
    allowed[:, 0] = True
    scores = ChainScores(emissions, lengths, *parameters, constraints=tagset.constraints)
    tags, best = crf.best_path(scores, allowed)

    ends = numpy.cumsum(lengths)[lengths > 0] - 1
    starts = ends - lengths[lengths > 0] + 1
    inner = numpy.ones(len(tags), dtype=bool)
    inner[starts] = False
    start, step, end = tagset.constraints
    assert numpy.isfinite(best).all()
    assert allowed[numpy.arange(len(tags)), tags].all()
    assert start[tags[starts]].all() and end[tags[ends]].all()
    assert step[tags[:-1], tags[1:]][inner[1:]].all()
    for first, last in zip(starts[:1000], ends[:1000]):  # and by the parser's word, which knows no masks
        parse_tags([tagset.names[tag] for tag in tags[first : last + 1]], scheme)
