"""The folder between the processes: takes, stories and status, each written so that a power cut loses nothing.

Every file has exactly one writer. A thing is finished when an atomic rename says so.
"""
