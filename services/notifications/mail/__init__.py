"""One mail to a mailbox, and what mail systems say of it later."""
