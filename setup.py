"""Builds the compiled chain; everything else about the package stands in setup.cfg."""
import sys
from glob import glob

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

if sys.platform == "win32":
    COMPILE_ARGS = ["/O2", "/std:c++17"]
else:
    COMPILE_ARGS = ["-O3", "-std=c++17", "-fno-math-errno"]

setup(
    ext_modules=cythonize(
        [
            Extension(
                "spacy_bio_crf.crf.cpu",
                ["spacy_bio_crf/crf/cpu.pyx"],
                include_dirs=[numpy.get_include(), "spacy_bio_crf/crf"],
                extra_compile_args=COMPILE_ARGS,
                depends=glob("spacy_bio_crf/crf/*.hh"),
                language="c++",
            )
        ],
        language_level=3,
    )
)
