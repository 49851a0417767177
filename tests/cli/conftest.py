"""A trained pipeline on disk, and annotated documents that it partly gets wrong."""
import json

import pytest
from typer.testing import CliRunner

from spacy_bio_crf.cli import bio_crf_cli

from ..conftest import SENTENCES
from ..trainings import write_sentences

DEV = [
    *SENTENCES,
    ("Who likes New Khan?", [(10, 18, "PERSON")]),
    ("I like Shaka and Paris.", [(7, 12, "PERSON"), (17, 22, "LOC")]),
    ("New Berlin lives in Khan York.", [(0, 10, "LOC"), (20, 29, "LOC")]),
    ("London Khan is here.", []),
]


def write_docs(nlp, path, sentences=DEV):
    return write_sentences(nlp, path, sentences)


@pytest.fixture
def model(trained, tmp_path):
    trained.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def dev(trained, tmp_path):
    return write_docs(trained, tmp_path / "dev.spacy")


@pytest.fixture
def bio_crf():
    def run(*arguments, code=0):
        result = CliRunner().invoke(bio_crf_cli, [str(argument) for argument in arguments])
        assert result.exit_code == code, (result.output, result.exception)
        return json.loads(result.stdout) if "--json" in arguments and not code else result

    return run
