"""The tuned peer's configuration: kernel WebSockets without Nagle's algorithm.

The stock server leaves it on, and a kernel's answer is several small frames, so each waits for the
acknowledgement of the one before: 40 ms with Linux's delayed acknowledgements. Nobody should have to beat
a peer that stands still, so the benchmark measures it without that wait too.
"""

from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

stock_open = KernelWebsocketHandler.open


async def open_without_delay(self, kernel_id):
    self.set_nodelay(True)
    await stock_open(self, kernel_id)


KernelWebsocketHandler.open = open_without_delay
