"""`make bench`: how fast and how small the station is, each number beside a named baseline of the same run.

A missed target fails nothing: machines differ. Only a measurement that could not be made does.
"""
