"""Ctrl-C while workers are started: held back, whichever thread takes the signal, and then answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from accrual.reading import without_interrupts


@pytest.fixture
def another_thread() -> Iterator[None]:
    """A thread that does not block the signal, as the text index has several."""
    done = threading.Event()
    waiting = threading.Thread(target=done.wait)
    waiting.start()
    yield
    done.set()
    waiting.join()


@pytest.mark.usefixtures("another_thread")
def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), without_interrupts():  # noqa: PT012 - where it is raised is the point
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10):  # Python looks for signals between the turns of a loop
            time.sleep(0.01)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.usefixtures("another_thread")
def test_a_process_started_in_the_block_never_sees_it() -> None:
    with without_interrupts():
        blocked = subprocess.run(
            [sys.executable, "-c", "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, ()))"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert blocked.stdout == "True\n"


def test_outside_the_main_thread_it_changes_no_handler() -> None:
    seen: list[object] = []

    def inside() -> None:
        with without_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
