"""Google Calendar and Gmail, by Google's own client library. Nothing here is loaded before it is needed."""
