"""PLAN: values, evaluation, jets, hashing, seeds. Pure: no I/O, no clock, no chance."""
