"""The routes, a file for each part of the contract. A route checks what came in, asks a reader or the desk, and
answers; nothing is decided here."""
