"""What must outlive the process, in one SQLite file: the notification log, silences, the history of alerts."""
