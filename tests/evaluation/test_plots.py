"""The reliability diagram."""
import sys

import numpy
import pytest

from spacy_bio_crf.evaluation import plot_reliability


def test_a_diagram_is_drawn(tmp_path):
    from PIL import Image

    p = numpy.array([0.0, 0.2, 0.9, 1.0])
    plot_reliability(tmp_path / "a.png", p > 0.5, {"before": p, "after": p**2})
    image = Image.open(tmp_path / "a.png")
    assert image.format == "PNG" and image.width > image.height > 500
    assert len(image.convert("RGB").getcolors(2**20)) > 4


def test_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"E615.*matplotlib.*spacy-bio-crf\[evaluation\]"):
        plot_reliability(tmp_path / "a.png", numpy.array([True]), {"before": numpy.array([0.5])})
    assert not list(tmp_path.iterdir())
