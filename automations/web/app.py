"""The page as a Flask application: a door, two pages to look at, and one address an act."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import flask
import jinja2
from werkzeug.exceptions import HTTPException

from automations.desk.looks import note_look
from automations.desk.review import find_draft, standing
from automations.errors import ConflictError, LockHeldError, MagicloopError, UnknownNameError
from automations.model.records import DraftState
from automations.model.text import visible
from automations.resources import template_root
from automations.web.acts import ACTS, SNOOZES
from automations.web.guard import COOKIE, HEADERS, content_policy
from automations.web.view import build_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automations.apply import Bench
    from automations.model.records import Draft, Recorded
    from automations.web.guard import Guard, Visitor
    from automations.wiring import Session

LARGEST_FORM = 512 * 1024
"""Bytes; a form larger than that is no mail anybody wrote here."""


def create_app(open_session: Callable[[], Session], guard: Guard) -> flask.Flask:
    """Return the application; `open_session` makes a session for one request, which closes it."""
    app = flask.Flask("automations.web", static_folder=None)
    app.jinja_env.loader = jinja2.FileSystemLoader(f"{template_root()}/page")
    app.jinja_env.autoescape = True  # whatever a template is called
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["visible"] = visible
    app.jinja_env.filters["lines"] = _visible_lines
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.before_request(lambda: _let_in(open_session, guard))
    app.after_request(_with_headers)
    app.teardown_request(_close)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(MagicloopError, _failed)
    app.add_url_rule("/open", view_func=lambda: _enter(open_session, guard), endpoint="open")
    app.add_url_rule("/", view_func=_first)
    app.add_url_rule("/draft/<draft_id>", view_func=_draft)
    app.add_url_rule("/draft/<draft_id>/edit", view_func=_edit, endpoint="edit")
    app.add_url_rule("/draft/<draft_id>/<act>", view_func=_act, methods=["POST"])
    return app


def _visible_lines(text: str) -> str:
    """Return text in which everything shows, line by line."""
    return "\n".join(visible(line) for line in text.split("\n"))


# --- the door ---------------------------------------------------------------------------------------


def _let_in(open_session: Callable[[], Session], guard: Guard) -> flask.Response | None:
    """Turn away whoever is not the person at our own page."""
    flask.g.nonce = secrets.token_urlsafe(16)
    flask.g.session, flask.g.visitor = None, None
    asked = flask.request.environ.get("HTTP_HOST", "")
    if not guard.right_host(asked):
        flask.abort(421)
    if flask.request.endpoint == "open":
        return None
    flask.g.session = open_session()
    visitor = guard.visitor(flask.request.cookies.get(COOKIE, ""), flask.g.session.clock.now())
    if visitor is None:
        flask.abort(401)
    flask.g.visitor = visitor
    if flask.request.method == "POST" and not guard.may_act(
        visitor, dict(flask.request.headers), flask.request.form.get("csrf", "")
    ):
        flask.abort(403)
    return None


def _enter(open_session: Callable[[], Session], guard: Guard) -> Any:
    """Take the link that was printed for a cookie."""
    flask.g.session = open_session()
    cookie = guard.enter(flask.request.args.get("token", ""), flask.g.session.clock.now())
    if cookie is None:
        flask.abort(401)
    answer = flask.redirect("/", 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", path="/")
    return answer


def _with_headers(answer: flask.Response) -> flask.Response:
    answer.headers.update(HEADERS)
    answer.headers["Content-Security-Policy"] = content_policy(flask.g.nonce)
    return answer


def _close(_: BaseException | None) -> None:
    session = flask.g.get("session")
    if session is not None:
        session.close()


def _refused(error: HTTPException) -> Any:
    words = {
        401: "This page opens only by the link that was printed where you typed: magicloop web",
        403: "That form did not come from this page. Nothing was done.",
        404: "There is nothing here.",
        421: "This is not the address of this page.",
    }
    text = words.get(error.code or 500, error.description or "It did not work.")
    return flask.render_template("refused.html.j2", words=text), error.code or 500


def _failed(error: MagicloopError) -> Any:
    """Say what went wrong on the page it happened on; where there is none, alone."""
    if isinstance(error, UnknownNameError):
        return flask.render_template("refused.html.j2", words="There is no such draft."), 404
    return flask.render_template("refused.html.j2", words=f"{error.what}. {error.fix}"), 500


# --- the pages --------------------------------------------------------------------------------------


def _first() -> Any:
    """Show the page with the draft that is most pressing."""
    session: Session = flask.g.session
    recorded = session.reading_journal().load(session.policy.person)
    view = build_view(recorded, session.policy, session.clock.now(), None)
    if view.waiting:
        return flask.redirect(f"/draft/{view.waiting[0].id}", 303)
    return _page("page.html.j2", recorded, None)


def _draft(draft_id: str) -> Any:
    """Show a draft as it stands here and outside."""
    return _looked_at("page.html.j2", draft_id)


def _edit(draft_id: str) -> Any:
    """Show a draft's words in a form."""
    return _looked_at("edit.html.j2", draft_id)


def _looked_at(template: str, draft_id: str) -> Any:
    """Show a draft that waits as it stands outside too, where nobody holds the lock, and note that it was shown.

    What was edited there is taken over. One hold of the lock spans it all, so that what is noted is what was shown.
    """
    session: Session = flask.g.session
    recorded, draft = _here(session, draft_id)
    if draft.state is not DraftState.WAITING:
        return _page(template, recorded, draft)
    with ExitStack() as held:
        bench = _bench_unless_busy(session, held)
        if bench is None:
            return _page(template, *_here(session, draft_id))
        bench, draft = _refreshed(bench, draft_id)
        text = _page(template, bench.recorded, draft)
        if draft.state is DraftState.WAITING:
            with suppress(ConflictError):
                note_look(bench, draft)
    return text


def _here(session: Session, draft_id: str) -> tuple[Recorded, Draft]:
    """Return the memory as it is, and a draft in it."""
    recorded = session.reading_journal().load(session.policy.person)
    return recorded, _named(recorded, draft_id)


def _bench_unless_busy(session: Session, held: ExitStack) -> Bench | None:
    """Take the lock for as long as `held` lasts; say on the page why not, where it cannot be."""
    visitor: Visitor = flask.g.visitor
    try:
        return held.enter_context(session.bench())
    except LockHeldError:
        visitor.tell("note", "A run is at work; this is how it stood before it.")
    except MagicloopError as error:
        visitor.tell("error", f"{error.what}. {error.fix}")
    return None


def _refreshed(bench: Bench, draft_id: str) -> tuple[Bench, Draft]:
    """Return a draft as it stands outside, or, where that cannot be read, here; and the memory as it then is."""
    visitor: Visitor = flask.g.visitor
    draft = _named(bench.recorded, draft_id)
    try:
        bench, draft, adopted = standing(bench, draft_id)
        if adopted is not None:
            visitor.tell("note", "You edited it outside; these are the words now.")
    except MagicloopError as error:
        visitor.tell("error", f"{error.what}. {error.fix}")
        bench = replace(bench, recorded=bench.world.journal.load(draft.person))
        draft = _named(bench.recorded, draft_id)
    return bench, draft


def _named(recorded: Recorded, draft_id: str) -> Draft:
    """Return the draft of exactly this id.

    :raises UnknownNameError: there is none; a shortened id or a key is none here.
    """
    draft = find_draft(recorded, draft_id)
    if draft.id != draft_id:
        raise UnknownNameError("draft", draft_id)
    return draft


def _page(
    template: str, recorded: Recorded, draft: Draft | None, *, typed: Mapping[str, str] | None = None
) -> Any:
    """Render a page; `typed` are words for the fields of a form in place of the draft's own."""
    session: Session = flask.g.session
    visitor: Visitor = flask.g.visitor
    view = build_view(recorded, session.policy, session.clock.now(), draft)
    return flask.render_template(
        template,
        view=view,
        card=view.card,
        typed=typed or {},
        csrf=visitor.csrf,
        nonce=flask.g.nonce,
        messages=visitor.told(),
        snoozes=SNOOZES,
    )


# --- the acts ---------------------------------------------------------------------------------------


def _act(draft_id: str, act: str) -> Any:
    """Do what a form asks for, then show the page anew: going back or reloading does nothing again.

    An edit that is refused is shown with what was typed.
    """
    session: Session = flask.g.session
    visitor: Visitor = flask.g.visitor
    if act not in ACTS:
        flask.abort(404)
    form = {name: flask.request.form[name] for name in flask.request.form}
    try:
        with session.bench() as bench:
            visitor.tell("done", ACTS[act](bench, _named(bench.recorded, draft_id), form))
    except UnknownNameError:
        flask.abort(404)
    except MagicloopError as error:
        visitor.tell("error", f"{error.what}{f' ({error.fix})' if error.fix else ''}")
        if act == "edit":  # what was typed stands nowhere else
            visitor.tell(
                "note",
                "Not taken over. Your words are below; to keep them puts them in place of what stands now.",
            )
            return _page("edit.html.j2", *_here(session, draft_id), typed=form)
        return flask.redirect(f"/draft/{draft_id}", 303)
    stays = act in ("edit", "approve", "undo", "resolve")
    return flask.redirect(f"/draft/{draft_id}" if stays else "/", 303)
