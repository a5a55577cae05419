"""A local server that speaks each venue's own wire and plays recordings, for tests and the demo.

It shares no parser with the producers that connect to it: what it knows of the venues is written once more, in
`dialects`, so that a misunderstanding on one side shows on the other.
"""
