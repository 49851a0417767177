"""The layers of spaCy's CNN encoder and Thinc's Adam, faster: the same parameters, and the same numbers but for rounding."""
from .adam import finish_update
from .models import keep_fast, speed_up

__all__ = ["finish_update", "keep_fast", "speed_up"]
