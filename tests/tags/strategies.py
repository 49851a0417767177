"""Random spans and tags for the property tests of this room."""
from hypothesis import strategies as st

from spacy_bio_crf.tags import SCHEMES, TagSet

LABELS = ("a", "B-x", "JOB-NAME", "place of birth", "straße", "日付", "O", "-")

schemes = st.sampled_from(sorted(SCHEMES))
touching_schemes = st.sampled_from([name for name, scheme in SCHEMES.items() if scheme.touches])
label_lists = st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True)


@st.composite
def spans_and_length(draw, touching: bool = True):
    """Spans in order and the length of their sequence; without `touching`, neighbours of one label keep a gap."""
    spans, end = [], 0
    for _ in range(draw(st.integers(0, 5))):
        label = draw(st.sampled_from(LABELS))
        start = end + draw(st.integers(0, 2))
        if not touching and spans and spans[-1][1:] == (start, label):
            start += 1
        end = start + draw(st.integers(1, 4))
        spans.append((start, end, label))
    return spans, end + draw(st.integers(0, 2))


@st.composite
def tag_sets(draw):
    return TagSet(draw(schemes), draw(label_lists))


@st.composite
def any_tags(draw):
    """A tag set and any sequence of its tags, legal or not."""
    tag_set = draw(tag_sets())
    return tag_set, draw(st.lists(st.sampled_from(tag_set.names), max_size=8))


@st.composite
def legal_tags(draw):
    """A tag set and the ids of a legal sequence, walked along its constraints."""
    tag_set = draw(tag_sets())
    start, step, end = tag_set.constraints
    ids, allowed = [], start
    for _ in range(draw(st.integers(0, 8))):
        ids.append(draw(st.sampled_from(allowed.nonzero()[0].tolist())))
        allowed = step[ids[-1]]
    while ids and not end[ids[-1]]:
        ids.pop()
    return tag_set, ids
