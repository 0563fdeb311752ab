"""What must survive a crash: journal, state, ledger, lease, commands, the watchdog's records; keys, tokens, the audit.

One SQLite file per writer, written by one thread behind the `Journal` port, over a `Disk` that is handed in; a hash
chain that seals every row and the state changed with it; checks at boot that name what is damaged and touch nothing.
No trading decision, no network, and nothing that repairs a damaged file in place will ever live here.
"""
