"""What every venue's adapter is made of: where requests go, who looks at them before they leave, how they are paced,
asked again and understood when they break.

Nothing here knows a venue's paths, numbers or words. No policy, no retry of an entry, no order types: those are each
venue's own package or the core's.
"""
