"""What a tag sequence means: schemes, tags and spans, legal sequences. No floats, no spaCy."""
from .constraints import OUTSIDE_ID, TagSet, check_label
from .parse import MISSING, REPAIRS, TokenSpan, parse_tags, split_tag
from .rules import AtMostOne, InOrder, LabelBefore, MaxLength, Rule, Tracks
from .schemes import OUTSIDE, SCHEMES, Scheme, get_scheme
from .states import MAX_STATES, States
from .write import convert_tags, write_tags

__all__ = [
    "AtMostOne",
    "InOrder",
    "LabelBefore",
    "MAX_STATES",
    "MaxLength",
    "MISSING",
    "OUTSIDE",
    "OUTSIDE_ID",
    "REPAIRS",
    "SCHEMES",
    "Rule",
    "Scheme",
    "States",
    "TagSet",
    "TokenSpan",
    "Tracks",
    "check_label",
    "convert_tags",
    "get_scheme",
    "parse_tags",
    "split_tag",
    "write_tags",
]
