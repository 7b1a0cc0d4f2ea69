"""Putting the program on a scheduler of this machine: systemd, launchd or cron."""
