"""Backups: one file that holds what cannot be made again, checked whole before anything is put back."""
