"""What visitors see and hear, as data: words, pictures, what the station shows at this moment, a visit in advance.

The site, which serves the station screen, may import this package too; it loads nothing of the station's devices.
"""
