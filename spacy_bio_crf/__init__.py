"""A spaCy span tagger with an exact, constrained CRF. Names are registered in setup.cfg; this module does nothing."""

__version__ = "0.1.0"
