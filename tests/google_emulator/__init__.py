"""A Google for tests: Calendar, Gmail and the token endpoint over real HTTP on the loopback.

What is believed rather than documented is marked "assumption" and can be switched where tests need both.
"""

from google_emulator.calendar import CalendarApi
from google_emulator.discovery import ApiError, Call
from google_emulator.faults import Fault
from google_emulator.gmail import GmailApi
from google_emulator.server import Emulator

__all__ = ["ApiError", "CalendarApi", "Call", "Emulator", "Fault", "GmailApi"]
