"""From the checked config file to the values the plan works with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import to_builtins

from automations.config.checks import all_windows, block_minutes
from automations.config.monitor import monitor_of
from automations.config.windows import quiet_hours
from automations.model import policy

if TYPE_CHECKING:
    from automations.config import spec
    from automations.config.accounts import Password

_PORTS = {"starttls": 587, "tls": 465, "none": 25}

EVERY_MONTHS = {"monthly": 1, "every-2-months": 2, "quarterly": 3}


def to_policy(config: spec.Config, folder: str, data_dir: str) -> policy.Policy:
    """Return the policy of a config without problems. Relative paths start at `folder`, the config's own."""
    return policy.Policy(
        me=policy.Me(config.me.name, config.me.email, config.me.timezone),
        bosses=tuple(_boss(one) for one in config.boss),
        goals=tuple(policy.Goal(one.text, one.kind) for one in config.goal),
        invention=_invention(config.invention),
        offers=policy.OffersPolicy(
            due_day=config.offers.due_day,
            ideas=config.offers.ideas,
            on_track=config.offers.on_track,
            hours=config.offers.hours,
            follow_up_days=config.offers.follow_up_days,
        ),
        incidents=_incidents(config.incidents),
        calendar=policy.CalendarSettings(
            provider=config.calendar.provider,
            busy=tuple(_absolute(one, folder) for one in config.calendar.busy),
            file=_absolute(config.calendar.file or str(Path(data_dir) / "invention.ics"), folder),
            visibility=config.calendar.visibility,
            calendars=config.calendar.calendars,
            event_type=config.calendar.event_type,
        ),
        mail=policy.MailSettings(
            provider=config.mail.provider,
            folder=_absolute(config.mail.folder or str(Path(data_dir) / "drafts"), folder),
            mode=config.mail.mode,
            undo_seconds=config.mail.undo_seconds,
            mails_per_run=config.limits.mails_per_run,
            open_with=config.mail.open_with,
        ),
        google=_google(config.google, folder, data_dir),
        smtp=_smtp(config.smtp, folder),
        notify=policy.NotifySettings(config.notify.desktop, _secret(config.notify.url, folder)),
        monitor=monitor_of(to_builtins(config.monitor), folder),
        sample=config.sample,
    )


def _boss(one: spec.Boss) -> policy.Boss:
    return policy.Boss(
        name=one.name,
        email=one.email,
        every_months=EVERY_MONTHS[one.cadence],
        stage=one.stage,
        offers=one.offers,
        capacity=one.capacity,
    )


def _invention(one: spec.Invention) -> policy.InventionPolicy:
    country, _, region = one.holidays.partition("-")
    minutes = block_minutes(one.hours)
    return policy.InventionPolicy(
        minutes=minutes,
        # A floor that was asked for is never above the length; only the default one can be.
        floor_minutes=min(one.floor_minutes, minutes),
        months_ahead=one.months_ahead,
        working_hours=all_windows(one.working_hours),
        prefer=all_windows(one.prefer),
        buffer_minutes=one.buffer_minutes,
        notice_days=one.notice_days,
        on_conflict=policy.OnConflict(one.on_conflict),
        max_moves=one.max_moves,
        country=country,
        region=region,
        problems=one.problems,
        combine=one.combine,
    )


def _incidents(one: spec.Incidents) -> policy.IncidentsPolicy:
    severities: tuple[spec.Sev1 | spec.Sev2 | spec.Sev3 | spec.Sev4, ...] = (
        one.sev1,
        one.sev2,
        one.sev3,
        one.sev4,
    )
    groups = (("exec", one.exec), ("tactical", one.tactical))
    return policy.IncidentsPolicy(
        cadence={
            number: policy.Cadence(
                active=each.active,
                monitoring=each.monitoring,
                first=each.first,
                long_after=each.long_after,
                long=each.long,
                working=getattr(each, "working_hours", False),
            )
            for number, each in enumerate(severities, start=1)
        },
        quiet=quiet_hours(one.quiet_hours),
        audiences=tuple(policy.Audience(kind, to) for kind, to in groups if to),
    )


def _google(one: spec.Google, folder: str, data_dir: str) -> policy.GoogleSettings:
    return policy.GoogleSettings(
        client_file=_absolute(one.client_file, folder) if one.client_file else "",
        token_file=_absolute(one.token_file or str(Path(data_dir) / "google-token.json"), folder),
        service_account=_absolute(one.service_account, folder) if one.service_account else "",
        api_endpoint=one.api_endpoint.rstrip("/"),
        known_drafts=str(Path(data_dir) / "google-drafts.json"),
        notes=str(Path(data_dir) / "google-calendar.json"),
        mail_notes=str(Path(data_dir) / "google-mail.json"),
    )


def _smtp(one: spec.Smtp, folder: str) -> policy.SmtpSettings:
    return policy.SmtpSettings(
        host=one.host,
        port=one.port or _PORTS[one.security],
        user=one.user,
        password=_secret(one.password, folder),
        security=one.security,
        timeout=one.timeout,
        ca_file=_absolute(one.ca_file, folder) if one.ca_file else "",
    )


def _secret(kept: Password, folder: str) -> policy.SecretPlace:
    return policy.SecretPlace(
        env=kept.env, file=_absolute(kept.file, folder) if kept.file else "", command=kept.command
    )


def _absolute(path: str, folder: str) -> str:
    return str((Path(folder) / Path(path).expanduser()).absolute())
