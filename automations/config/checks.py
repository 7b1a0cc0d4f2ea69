"""What a single key cannot tell: keys that do not go together."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from automations.config.windows import (
    find_overlap,
    longest_stretch,
    parse_windows,
    touches,
    window_words,
)
from automations.errors import ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from automations.config.reader import Reading
    from automations.config.spec import Config
    from automations.model.policy import WeekWindow


def cross_faults(reading: Reading[Config]) -> tuple[ConfigProblem, ...]:
    """Return what is wrong between keys that are each right by themselves."""
    return (
        *_bosses(reading),
        *_addresses(reading),
        *_hours(reading),
        *_lengths(reading),
        *_files(reading),
        *_sending(reading),
        *_server(reading),
        *_password(reading),
        *_notice_url(reading),
        *_ping_url(reading),
    )


def all_windows(texts: str | Iterable[str]) -> tuple[WeekWindow, ...]:
    """Return the windows of a key that holds one text or a list of texts, each of them right."""
    listed = (texts,) if isinstance(texts, str) else texts
    return tuple(window for text in listed for window in parse_windows(text))


def _bosses(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    config = reading.config
    mine = config.me.email.lower() if reading.sound("me.email") else None
    seen: dict[str, int] = {}
    for place, boss in enumerate(config.boss):
        key = f"boss[{place}].email"
        address = boss.email.lower()
        if not reading.sound(key):
            continue
        if address == mine:
            yield ConfigProblem(key, "is your own address (me.email); a boss is somebody else")
        elif address in seen:
            yield ConfigProblem(key, f"is the address of boss[{seen[address]}] too; keep one of the two")
        seen.setdefault(address, place)


def _addresses(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    incidents = reading.config.incidents
    for key, listed in (("incidents.exec", incidents.exec), ("incidents.tactical", incidents.tactical)):
        yield from _twice(key, [address.lower() for address in listed])


def _hours(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    invention = reading.config.invention
    for key, texts in (
        ("invention.working_hours", invention.working_hours),
        ("invention.prefer", invention.prefer),
    ):
        both = find_overlap(all_windows(texts)) if reading.sound(key) else None
        if both:
            one, two = map(window_words, both)
            yield ConfigProblem(key, f"{one} and {two} overlap; join them or keep one")
    if not reading.sound("invention.working_hours", "invention.prefer"):
        return
    working = all_windows(invention.working_hours)
    outside = [one for one in all_windows(invention.prefer) if not touches(one, working)]
    if outside:
        what = f"{window_words(outside[0])} lies outside invention.working_hours, so it is never used"
        yield ConfigProblem("invention.prefer", what)


def _lengths(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    invention = reading.config.invention
    if not reading.sound("invention.hours"):
        return
    wanted = block_minutes(invention.hours)
    given = "invention.floor_minutes" in reading.given and reading.sound("invention.floor_minutes")
    if given and invention.floor_minutes > wanted:
        what = f"{invention.floor_minutes} is more than the {wanted} minutes of invention.hours"
        yield ConfigProblem("invention.floor_minutes", f"{what}; write {wanted} or less")
    if reading.sound("invention.working_hours"):
        longest = longest_stretch(all_windows(invention.working_hours))
        if wanted > longest:
            what = f"{invention.hours:g} hours fit in no working day"
            cure = f"the longest unbroken stretch of invention.working_hours is {longest / 60:.4g} hours"
            yield ConfigProblem("invention.hours", f"{what}; {cure}")


def _files(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    calendar = reading.config.calendar
    yield from _twice("calendar.busy", calendar.busy)
    if calendar.file and calendar.file in calendar.busy:
        what = "is in calendar.busy too, so your blocks would count as meetings; take it out there"
        yield ConfigProblem("calendar.file", what)


def _sending(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    """Without a way to send, an approved mail would wait for ever."""
    config = reading.config
    if config.mail.mode != "approve" or config.mail.provider == "google" or config.smtp.host:
        return
    if reading.sound("mail", "smtp.host"):
        what = "is approve, but nothing here can send: name your mail server in smtp.host"
        yield ConfigProblem("mail.mode", f'{what}, or write mail.provider = "google", or mode = "draft-only"')


def _server(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    smtp = reading.config.smtp
    if not reading.sound("smtp"):
        return
    told = sorted(key for key in reading.given if key.startswith("smtp.") and key != "smtp.password")
    if told and not smtp.host:
        yield ConfigProblem("smtp.host", f'is missing beside {told[0]}; write host = "smtp.example.com"')
    elif smtp.security == "none" and not _is_this_machine(smtp.host):
        what = "is none, so mails and the password could be read on their way"
        yield ConfigProblem("smtp.security", f'{what}; write "starttls" or "tls"')


def _password(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    smtp = reading.config.smtp
    if not reading.sound("smtp"):
        return
    kept = [name for name in ("env", "file", "command") if getattr(smtp.password, name)]
    if len(kept) > 1:
        yield ConfigProblem("smtp.password", f"names {' and '.join(kept)}; keep one of them")
    elif smtp.user and not kept:
        yield ConfigProblem("smtp.password", f"is missing beside smtp.user; {type(smtp.password).CURE}")
    elif kept and not smtp.user:
        yield ConfigProblem("smtp.user", "is missing beside smtp.password; write the name you sign in by")


def _notice_url(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    if not reading.sound("notify"):
        return
    kept = [name for name in ("env", "file", "command") if getattr(reading.config.notify.url, name)]
    if len(kept) > 1:
        yield ConfigProblem("notify.url", f"names {' and '.join(kept)}; keep one of them")


def _ping_url(reading: Reading[Config]) -> Iterator[ConfigProblem]:
    if not reading.sound("monitor"):
        return
    address = reading.config.monitor.ping_url
    kept = [name for name in ("url", "env", "file", "command") if getattr(address, name)]
    if len(kept) > 1:
        yield ConfigProblem("monitor.ping_url", f"names {' and '.join(kept)}; keep one of them")
    elif not kept and "monitor.style" in reading.given:
        yield ConfigProblem("monitor.ping_url", f"is missing beside monitor.style; {type(address).CURE}")


def _is_this_machine(host: str) -> bool:
    if host.lower() in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def block_minutes(hours: float) -> int:
    """Return the length of a block in minutes."""
    return round(hours * 60)


def _twice(key: str, listed: Iterable[str]) -> Iterator[ConfigProblem]:
    seen: dict[str, int] = {}
    for place, one in enumerate(listed):
        if one in seen:
            yield ConfigProblem(f"{key}[{place}]", f"is the same as {key}[{seen[one]}]; keep one of the two")
        seen.setdefault(one, place)
