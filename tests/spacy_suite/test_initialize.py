"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_initialize.py (MIT)."""
import pytest
from spacy.lang.en import English
from thinc.api import ConfigValidationError

from .util import FACTORY, SMALL, make_examples


@pytest.fixture
def nlp():
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL)
    return nlp


@pytest.mark.parametrize("settings, where", [({"labls": ["A"]}, "labls"), ({"labels": 3}, "labels")])
def test_initialize_arguments_are_validated(nlp, settings, where):
    nlp.config["initialize"]["components"][FACTORY] = settings
    with pytest.raises(ConfigValidationError) as error:
        nlp.initialize(lambda: make_examples(nlp))
    assert {problem["loc"][0] for problem in error.value.errors} == {where}


def test_initialize_arguments(nlp):
    """Labels of the [initialize] block keep their order, and the examples add none."""
    nlp.config["initialize"]["components"][FACTORY] = {"labels": ["ORG", "LOC"]}
    nlp.initialize(lambda: make_examples(nlp))
    assert nlp.get_pipe(FACTORY).labels == ("ORG", "LOC")
