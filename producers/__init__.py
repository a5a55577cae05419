"""From venues to events: what each venue says, the sockets that listen, recordings and their replay. Never imports
the detector.
"""
