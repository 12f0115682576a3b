"""The part of Cellbook that runs inside a sandbox: it starts kernels, terminals and commands, and carries
their traffic over its own standard input and output. Nothing in it listens on a network.

frames.py is the wire, loop.py waits, outbox.py writes, supervisor.py decides what each frame means; the
other modules are one thing each that can run inside a sandbox.
"""

BUILD = "2"
PROTO_MIN = 1
# 2 knows RESTORED and HOOKED; a supervisor of 1 is woken by RESUME alone
PROTO_MAX = 2
