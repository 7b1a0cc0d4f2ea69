"""What ended or refused a sign-in, by the code Google's sign-in gives, and the exact cure of each."""

from __future__ import annotations

CONNECT = "magicloop connect google"
CONSOLE = "https://console.cloud.google.com"
AUDIENCE = f"{CONSOLE}/auth/audience"
CLIENTS = f"{CONSOLE}/auth/clients"
DELEGATION = "https://admin.google.com/ac/owl/domainwidedelegation"
TESTING_ENDED = "testing_ended"
"""Our own code: `invalid_grant` at the age at which sign-ins of a project in Testing die."""

_CURES = {
    "invalid_grant": (
        "Google no longer accepts the sign-in: it was revoked, your password changed, or it was unused for months",
        CONNECT,
    ),
    TESTING_ENDED: (
        "the sign-in died after 7 days, because your Google Cloud project's publishing status is Testing",
        f"press Publish app at {AUDIENCE}, then: {CONNECT}",
    ),
    "invalid_rapt": ("your organisation wants you to sign in anew", CONNECT),
    "invalid_client": (
        "the OAuth client is unknown to Google or its secret is wrong",
        f"download the client again at {CLIENTS}, then: {CONNECT}",
    ),
    "deleted_client": (
        "the OAuth client was deleted in the Google Cloud console",
        f"make a Desktop client at {CLIENTS}, then: {CONNECT}",
    ),
    "unauthorized_client": (
        "this client may not ask for these scopes",
        f"a service account: have every scope delegated at {DELEGATION}; else make a Desktop client: {CONNECT}",
    ),
    "admin_policy_enforced": (
        "the administrator of your Workspace blocks this app",
        f"ask them to trust its client id at https://admin.google.com/ac/owl/list, then: {CONNECT}",
    ),
    "org_internal": (
        "the app is Internal to another organisation than the account's",
        f"sign in with an account of that organisation, or make the audience External at {AUDIENCE}",
    ),
    "access_denied": (
        "access was refused on Google's page; it also refuses accounts that are no test users of an app in Testing",
        f"press Publish app at {AUDIENCE}, then allow it: {CONNECT}",
    ),
    "redirect_uri_mismatch": (
        "the OAuth client is not of type Desktop",
        f"make a client of type Desktop app at {CLIENTS}, then: {CONNECT}",
    ),
    "no_refresh_token": ("the sign-in cannot be renewed: it holds no refresh token", CONNECT),
}
_CLOCK = (
    "Google refused the signature's time: this machine's clock is wrong",
    "set the clock (timedatectl set-ntp true), then: magicloop run",
)


def cure_of(code: str, said: str = "") -> tuple[str, str]:
    """Return what happened and what to do; `said` is Google's own sentence, looked at, never shown."""
    if code == "invalid_grant" and "jwt" in said.lower():
        return _CLOCK
    return _CURES.get(code, (f"Google no longer accepts the sign-in ({code})", CONNECT))
