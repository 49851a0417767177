import pytest
import spacy
from spacy.lang.en import English
from spacy.util import fix_random_seed

from .util import FACTORY, SMALL, make_examples, train


@pytest.fixture(autouse=True)
def fixed_seed():
    fix_random_seed(0)


@pytest.fixture(scope="session")
def trained_path(tmp_path_factory):
    """A pipeline that knows its two training sentences by heart."""
    fix_random_seed(0)
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL)
    train(nlp, make_examples(nlp))
    path = tmp_path_factory.mktemp("trained")
    nlp.to_disk(path)
    return path


@pytest.fixture
def trained(trained_path):
    return spacy.load(trained_path)
