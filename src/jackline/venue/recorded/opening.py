"""Whether an account may be opened on a venue. Recorded shapes open none."""

from __future__ import annotations

from jackline.core.plan import Rung
from jackline.venue.recorded.profiles import AS_OF, RecordedProfile


class OpeningRefused(Exception):
    """No account opens on this venue. The text says why, and what would change it."""


def refuse_opening(profile: RecordedProfile) -> OpeningRefused:
    """Why this venue opens no account, in any mode: there is neither a connection nor a wire to prove it against."""
    reasons = [
        f"its requests are known from recordings of {AS_OF} alone, and none was checked against the venue"
    ]
    if profile.no_rung is not None:
        reasons.append(profile.no_rung)
    elif profile.expiry is None and profile.late_execution_ms_max is None:
        reasons.append("an order there carries no expiry, and how late one may execute is not measured")
    return OpeningRefused(f"C2: {profile.name} opens no account: {'; '.join(reasons)}")


def open_recorded(profile: RecordedProfile) -> None:
    """Always raises `OpeningRefused`: whoever asks for a recorded venue gets the reason, not a half-open account."""
    raise refuse_opening(profile)


def rungs_of(profile: RecordedProfile) -> tuple[Rung, ...]:
    """What a canary may be asked to prove. Raises `OpeningRefused` where there is nothing, with the reason."""
    if not profile.rungs:
        raise refuse_opening(profile)
    return profile.rungs
