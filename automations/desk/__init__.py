"""What the person does by hand; the command line and the page both call these."""
