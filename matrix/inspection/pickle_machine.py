"""A pickle virtual machine that creates stand-ins instead of objects.

A pickle is a program for a stack machine. This implementation does not use :mod:`pickle`: no line
of it imports, calls or sets an attribute of anything that a file names. Files that Python's two
unpicklers (the one in C, and the one in Python that joblib extends) read differently are refused.
"""

from __future__ import annotations

import struct

from matrix.inspection.machine_state import MachineState
from matrix.inspection.opcodes import ACTIONS, FIRST_PROTOCOL
from matrix.inspection.read_errors import DamageError, UnreadableError
from matrix.inspection.stand_ins import StandIn


class Machine(MachineState):
    """Reads one pickle from a stream."""

    def load(self) -> StandIn:
        """Run the pickle up to its STOP opcode.

        Returns:
            The stand-in for the object.

        Raises:
            UnreadableError: the pickle cannot be read; ``position`` says where.
        """
        stream, actions, since = self.stream, ACTIONS, FIRST_PROTOCOL
        highest = 0
        try:
            while True:
                code = stream.read(1)[0]
                if code == 46:  # "."
                    break
                action = actions.get(code)
                if action is None:
                    raise DamageError(f"holds byte {code:#04x} instead of an opcode")
                if since[code] > highest:
                    highest = since[code]
                self.findings.count()
                action(self)
            if stream.end_frame():
                self.findings.add_note("frame-left", "the last frame is longer than the pickle")
            self.findings.protocol = max(self.findings.protocol, highest)
            return self.stack.pop()
        except UnreadableError as fault:
            if fault.position is None:
                fault.position = stream.position
            raise
        except (IndexError, ValueError, OverflowError, struct.error) as error:
            raise DamageError("is not a valid pickle", position=stream.position) from error
