"""One thread waits for everything: pipes, terminals, ZMQ sockets, children, time."""

import heapq
import itertools
import os
import signal
import time

import zmq


class Timer:
    __slots__ = ("callback",)

    def __init__(self, callback):
        self.callback = callback

    def cancel(self):
        self.callback = None


class Loop:
    def __init__(self):
        self._poller = zmq.Poller()
        self._readers = {}
        self._writers = {}
        self._timers = []
        self._held_since = None
        self._order = itertools.count()
        self._stopped = False
        self._before_waiting = []

    def before_waiting(self, callback):
        """Calls `callback` each time everything that was ready has been handled."""
        self._before_waiting.append(callback)

    def read(self, source, callback):
        """Calls `callback` whenever `source` (a descriptor or a ZMQ socket) can be read; None stops it."""
        self._set(self._readers, source, callback)

    def write(self, source, callback):
        self._set(self._writers, source, callback)

    def _set(self, table, source, callback):
        if callback is None:
            table.pop(source, None)
        else:
            table[source] = callback
        flags = (zmq.POLLIN if source in self._readers else 0) | (zmq.POLLOUT if source in self._writers else 0)
        if flags:
            self._poller.register(source, flags)
        elif source in self._poller:
            self._poller.unregister(source)

    def after(self, delay_s, callback):
        timer = Timer(callback)
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._order), timer))
        return timer

    def hold_timers(self):
        """None fires until `release_timers`, which puts off those that wait by the time between."""
        self._held_since = time.monotonic() if self._held_since is None else self._held_since

    def release_timers(self):
        if self._held_since is None:
            return
        held_s = time.monotonic() - self._held_since
        self._held_since = None
        self._timers = [(due + held_s, order, timer) for due, order, timer in self._timers]

    def every(self, interval_s, callback):
        def tick():
            callback()
            self.after(interval_s, tick)

        self.after(interval_s, tick)

    def on_child_exit(self, callback):
        """Wakes the loop when a child ends; several ends may come as one call."""
        wake_in, wake_out = os.pipe()
        os.set_blocking(wake_in, False)
        os.set_blocking(wake_out, False)
        signal.set_wakeup_fd(wake_out, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

        def woken():
            try:
                while os.read(wake_in, 4096):
                    pass
            except BlockingIOError:
                pass
            callback()

        self.read(wake_in, woken)

    def stop(self):
        self._stopped = True

    def run(self):
        while not self._stopped:
            for source, events in self._poller.poll(self._timeout_ms()):
                if events & (zmq.POLLIN | zmq.POLLERR) and source in self._readers:
                    self._readers[source]()
                if events & (zmq.POLLOUT | zmq.POLLERR) and source in self._writers:
                    self._writers[source]()
            self._fire_timers()
            for callback in self._before_waiting:
                callback()

    def _timeout_ms(self):
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        if not self._timers or self._held_since is not None:
            return None
        return max(0, int((self._timers[0][0] - time.monotonic()) * 1000) + 1)

    def _fire_timers(self):
        now = time.monotonic()
        while self._held_since is None and self._timers and self._timers[0][0] <= now:
            callback = heapq.heappop(self._timers)[2].callback
            if callback is not None:
                callback()
