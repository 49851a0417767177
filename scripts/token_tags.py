"""Lets spaCy's `tagger` learn the tags of the entities: a classifier that decides token by token."""
from typing import Callable, Iterator

import spacy
from spacy.language import Language
from spacy.training import Example

from spacy_bio_crf.tags import write_tags


@spacy.registry.augmenters("token_tags.v1")
def create_token_tags(scheme: str) -> Callable[[Language, Example], Iterator[Example]]:
    """Write the entities of the reference as `token.tag_`."""

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        reference = example.reference
        spans = [(ent.start, ent.end, ent.label_) for ent in reference.ents]
        for token, tag in zip(reference, write_tags(spans, len(reference), scheme)):
            token.tag_ = tag
        yield example

    return augment
