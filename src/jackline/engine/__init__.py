"""The asyncio shell around the core: inbox, effect runner, timers, heartbeats, start-up, and the watchdog.

It carries effects out and reports what came of them. No rule of protection, size or price lives here: when this
package has to decide something about risk, the decision belongs into `core`.
"""
