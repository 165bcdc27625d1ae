"""Pictures of every page, for whoever changes the look: `python -m tests.browser.pictures`."""
