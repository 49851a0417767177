"""Bad settings, bad data, damaged models: one clear error each."""

import numpy
import pytest
import spacy
from spacy.vectors import BaseVectors

from spacy_bio_crf.pipeline.guards import FORMAT

from ..conftest import SMALL_MODEL, make_examples, make_nlp

TOK2VEC = SMALL_MODEL["tok2vec"]
LISTENER = {
    "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
    "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"},
}


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: make_nlp(scheme="BIOX"), "E101.*BIOX"),
        (lambda: make_nlp(set_ents=False), "E401"),
        (lambda: make_nlp().get_pipe("bio_crf_tagger").add_label("A\tB"), "E103"),
        (lambda: make_nlp().get_pipe("bio_crf_tagger").add_label(9), "E187"),
        (lambda: make_nlp()("Not initialized"), "E406"),
        (lambda: make_nlp().initialize(), "E403.*doc.ents"),
        (lambda: make_nlp(set_ents=False, spans_key="k").initialize(), r'E403.*doc.spans\["k"\]'),
    ],
)
def test_bad_settings_get_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_no_data_is_an_error():
    with pytest.raises(TypeError, match="E930"):
        make_nlp().initialize(lambda: [])


def test_gold_with_a_label_that_no_tag_can_carry_is_an_error():
    nlp = make_nlp()
    examples = make_examples(nlp, [("I like London.", [(7, 13, "A\nB")])])
    with pytest.raises(ValueError, match=r"E103.*A\\nB"):
        nlp.initialize(lambda: examples)


def test_number_of_tags_that_does_not_fit_is_an_error():
    nlp = spacy.blank("en")
    nlp.add_pipe("bio_crf_tagger", config={"model": {**SMALL_MODEL, "nO": 100}})
    with pytest.raises(ValueError, match="E410.*nO = 100.*5 tags"):
        nlp.initialize(lambda: make_examples(nlp))


def test_model_without_a_crf_is_an_error():
    with pytest.raises(ValueError, match="E409"):
        spacy.blank("en").add_pipe("bio_crf_tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": TOK2VEC}})


def test_static_vectors_that_are_not_there_are_an_error():
    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": {**TOK2VEC, "pretrained_vectors": True}})
    examples = make_examples(nlp)
    with pytest.raises(ValueError, match="E434.*has static vectors, but the pipeline has none"):
        nlp.initialize(lambda: examples)
    nlp.vocab.set_vector("London", numpy.ones(5, dtype="float32"))
    nlp.initialize(lambda: examples)


def test_static_vectors_may_be_of_another_library():
    class Ones(BaseVectors):
        shape, vectors_length = (1, 5), 5

        def __init__(self, *, strings):
            self.strings = strings

        def __len__(self):
            return 1

        def get_batch(self, keys):
            return numpy.ones((len(keys), 5), dtype="float32")

    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": {**TOK2VEC, "pretrained_vectors": True}})
    nlp.vocab.vectors = Ones(strings=nlp.vocab.strings)
    nlp.get_pipe("bio_crf_tagger").initialize(lambda: make_examples(nlp), nlp=nlp)


def test_labels_as_one_string_are_refused():
    nlp = make_nlp()
    with pytest.raises(ValueError, match="E402.*PERSON"):
        nlp.get_pipe("bio_crf_tagger").initialize(lambda: make_examples(nlp), labels="PERSON")


def test_nan_in_the_weights_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    nlp.get_pipe("bio_crf_tagger").model.get_ref("output_layer").get_param("W")[0, 0] = numpy.nan
    with pytest.raises(ValueError, match="E407.*bio_crf_tagger"):
        nlp("I like London.")
    with pytest.raises(ValueError, match="E407.*bio_crf_tagger"):
        nlp.update(make_examples(nlp))


def test_model_of_another_version_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    cfg = tmp_path / "bio_crf_tagger" / "cfg"
    cfg.write_text(cfg.read_text().replace(f'"format":{FORMAT}', f'"format":{FORMAT + 1}'))
    (tmp_path / "bio_crf_tagger" / "model").write_bytes(b"another structure")
    with pytest.raises(ValueError, match=f"E404.*format {FORMAT + 1}.*format {FORMAT}"):
        spacy.load(tmp_path)


def test_damaged_or_other_model_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    config = (tmp_path / "config.cfg").read_text()
    (tmp_path / "config.cfg").write_text(config.replace("hidden_width = 128", "hidden_width = 0"))
    with pytest.raises(ValueError, match="E411.*bio_crf_tagger"):
        spacy.load(tmp_path)


def test_model_that_does_not_fit_its_labels_is_an_error(trained, tmp_path):
    trained.to_disk(tmp_path)
    cfg = tmp_path / "bio_crf_tagger" / "cfg"
    cfg.write_text(cfg.read_text().replace('"LOC",', ""))
    with pytest.raises(ValueError, match="E405"):
        spacy.load(tmp_path)
