"""Builds the compiled chain and features; everything else about the package stands in setup.cfg."""
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
                f"spacy_bio_crf.{room}.{name}",
                [f"spacy_bio_crf/{room}/{name}.pyx"],
                include_dirs=[numpy.get_include(), f"spacy_bio_crf/{room}"],
                extra_compile_args=COMPILE_ARGS,
                depends=glob(f"spacy_bio_crf/{room}/*.hh"),
                language="c++",
            )
            for room, name in (("crf", "cpu"), ("features", "kernels"), ("fast", "kernels"))
        ],
        language_level=3,
    )
)
