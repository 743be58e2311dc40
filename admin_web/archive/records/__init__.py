"""What the archive keeps, a class for each table.

Records that people change have a `revision`: it counts their changes, and a change must name the one it was made to.
"""
