"""A machine that reads a pickle as Python would, and makes nothing of it but stand-ins.

It is written from the list of instructions rather than on top of :mod:`pickle`, so that nothing of
the real machine is left to be reached: there is no line here that imports, calls, or sets an
attribute of anything a file names. Where the two real machines (the one in C, and the one in Python
that joblib builds on) read the same bytes in different ways, the file is refused.
"""

from __future__ import annotations

import struct

from matrix.inspection.machine_state import MachineState
from matrix.inspection.opcodes import ACTIONS, SINCE
from matrix.inspection.read_errors import DamageError, UnreadableError
from matrix.inspection.stand_ins import StandIn


class Machine(MachineState):
    """Reads one pickle from a stream."""

    def load(self) -> StandIn:
        """Read up to the end.

        Raises:
            UnreadableError: it cannot be read; it says how far it was read.
        """
        stream, actions, since = self.stream, ACTIONS, SINCE
        highest = 0
        try:
            while True:
                code = stream.read(1)[0]
                if code == 46:  # "."
                    break
                action = actions.get(code)
                if action is None:
                    raise DamageError(f"holds byte {code:#04x} where an instruction belongs")
                if since[code] > highest:
                    highest = since[code]
                self.findings.step()
                action(self)
            if stream.end_frame():
                self.findings.note("frame-left", "the last frame is longer than the pickle")
            self.findings.protocol = max(self.findings.protocol, highest)
            return self.stack.pop()
        except UnreadableError as fault:
            if fault.position is None:
                fault.position = stream.position
            raise
        except (IndexError, ValueError, OverflowError, struct.error) as error:
            raise DamageError("makes no sense as a pickle", position=stream.position) from error
