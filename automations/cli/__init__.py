"""The command line: parse, wire, one call, print."""

from __future__ import annotations

import os

import click

from automations import __version__
from automations.cli.group import RootGroup
from automations.cli.output import color_wanted

COMMANDS = {
    "run": "automations.cli.run_commands:run",
    "plan": "automations.cli.run_commands:plan",
    "status": "automations.cli.status_commands:status",
    "log": "automations.cli.log_commands:log",
    "review": "automations.cli.review_command:review",
    "draft": "automations.cli.send_commands:draft",
    "invention": "automations.cli.invention_commands:invention",
    "idea": "automations.cli.idea_commands:idea",
    "boss": "automations.cli.boss_commands:boss",
    "offer": "automations.cli.loop_commands:offer",
    "promise": "automations.cli.loop_commands:promise",
    "loop": "automations.cli.loop_commands:loop_group",
    "incident": "automations.cli.aftermath_commands:incident",
    "launch": "automations.cli.aftermath_commands:launch",
    "web": "automations.cli.web_command:web",
    "init": "automations.cli.init_command:init",
    "config": "automations.cli.config_commands:config",
    "connect": "automations.cli.google_commands:connect",
    "disconnect": "automations.cli.google_commands:disconnect",
    "schedule": "automations.cli.schedule_commands:schedule",
    "doctor": "automations.cli.doctor_command:doctor",
    "backup": "automations.cli.keeping_commands:backup",
    "restore": "automations.cli.keeping_commands:restore",
    "uninstall": "automations.cli.uninstall_command:uninstall",
    "completion": "automations.cli.completion_command:completion",
}


@click.group(
    cls=RootGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MAGICLOOP"},
)
@click.option("--config", metavar="PATH", envvar="MAGICLOOP_CONFIG", help="Use this config file.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(__version__, prog_name="magicloop")
@click.pass_context
def main(ctx: click.Context, config: str | None, *, debug: bool) -> None:
    """Keep two hours a month to invent, help your boss, and own your incidents.

    Nothing is sent that you have not approved. Without a config it works on a labelled sample.
    """
    from automations.config.places import find_places
    from automations.wiring import Session

    del debug
    ctx.color = color_wanted()
    session = Session(find_places(os.environ, config))
    ctx.obj = session
    ctx.call_on_close(session.close)
    if ctx.invoked_subcommand is None:
        from automations.cli.status_commands import welcome

        welcome(session)
