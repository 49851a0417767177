"""The lists of names: one a line, tables with a header. Written by hand for this project from general knowledge.

Names are real, their combinations are not: a generated address exists by chance only.
"""
