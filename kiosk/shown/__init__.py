"""What visitors see and hear, as data: words, pictures, and what the station shows at this moment.

The site, which serves the station screen, may import this package too; it loads nothing of the station.
"""
