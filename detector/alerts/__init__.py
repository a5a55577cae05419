"""From alerts to messages, without a clock or a socket: group, inhibit, silence, dedupe, route, render.

`desk` takes alerts and keeps threads; `steps` says what each thread needs next; `message` says it in words.
"""
