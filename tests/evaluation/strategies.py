"""Outcomes of predicted spans, drawn by hypothesis."""
import numpy
from hypothesis import strategies as st

from spacy_bio_crf.evaluation import Outcomes

# Few distinct values, so that ties and the edges of bins are met; or any value.
PROBABILITIES = st.one_of(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0]), st.floats(0, 1))


@st.composite
def outcomes(draw, min_size=1, max_size=12, labels=("A", "B", "C"), probabilities=PROBABILITIES):
    rows = draw(
        st.lists(
            st.tuples(probabilities, st.booleans(), st.sampled_from(labels)), min_size=min_size, max_size=max_size
        )
    )
    probability, correct, names = zip(*rows) if rows else ((), (), ())
    missed = {label: draw(st.integers(0, 3)) for label in labels}
    gold = {label: n + sum(c for c, name in zip(correct, names) if name == label) for label, n in missed.items()}
    return Outcomes(
        numpy.array(probability, dtype="float64"),
        numpy.array(correct, dtype=bool),
        numpy.array(names, dtype=object),
        gold,
    )
