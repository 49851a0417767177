"""Builds the compiled rooms, and packs the ready configs; everything else about the package stands in setup.cfg."""
import shutil
import sys
from glob import glob
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_py import build_py

if sys.platform == "win32":
    COMPILE_ARGS = ["/O2", "/std:c++17"]
else:
    COMPILE_ARGS = ["-O3", "-std=c++17", "-fno-math-errno"]


class WithConfigs(build_py):
    """The ready configs go into the package: `bio-crf config` finds them there."""

    def run(self):
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib, "spacy_bio_crf", "configs")
            folder.mkdir(parents=True, exist_ok=True)
            for path in glob("configs/*.cfg"):
                shutil.copy(path, folder)


setup(
    cmdclass={"build_py": WithConfigs},
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
    ),
)
