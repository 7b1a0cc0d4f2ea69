"""Sections of config files that several kinds of tests use; what a test is about stands in the test.

Each ends where its table does, so that a line may be added to the last one.
"""

ANN = """\
[me]
name = "Ann Smith"
email = "ann@corp.test"
timezone = "Europe/Berlin"
"""
SAM = """\
[me]
name = "Sam Lee"
email = "sam@corp.test"
timezone = "Europe/Berlin"
"""
PRIYA = """
[[boss]]
name = "Priya Raman"
email = "priya@corp.test"
"""
OMAR = """
[[boss]]
name = "Omar Diaz"
email = "omar@corp.test"
"""
INVENTION = """
[invention]
problems = ["What would make half our alerts unnecessary?"]
combine = ["the audit log", "load tests", "new colleagues"]
"""
INCIDENTS = """
[incidents]
exec = ["priya@example.com"]
"""
OFFERS = """
[offers]
ideas = ["take over the capacity report", "sit in for you in vendor calls", "tidy the rota"]
on_track = "The billing move is on plan."
"""
ON_GOOGLE = """
[calendar]
provider = "google"

[mail]
provider = "google"
"""
GOOGLE = """
[google]
api_endpoint = "{url}"
token_file = "{token}"
"""
MAIL_SERVER = """
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
"""
APPROVING = """
[mail]
mode = "approve"
"""
AT_ONCE = "undo_seconds = 0\n"
"""Stands after `APPROVING`, or after the `[mail]` at the end of `ON_GOOGLE`."""
