"""All judges of a run, seated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.world.judges.accounting import EquityJudge, LedgerJudge
from jackline.world.judges.breach import Judge
from jackline.world.judges.cancels import CancelJudge, SweepJudge
from jackline.world.judges.entries import EntryJudge
from jackline.world.judges.exposure import ExposureJudge
from jackline.world.judges.identity import ContentJudge, ExplainedJudge, OwnerJudge
from jackline.world.judges.kill import KillJudge
from jackline.world.judges.limits import HeldBackJudge, LossLimitJudge
from jackline.world.judges.liveness import LivenessJudge
from jackline.world.judges.panel import Panel
from jackline.world.judges.ratchet import RatchetJudge
from jackline.world.judges.reducing import ReducingJudge
from jackline.world.judges.risk import BudgetJudge, LiquidationJudge, RiskBudget
from jackline.world.judges.scene import Scene
from jackline.world.judges.sometimes import SometimesCounter
from jackline.world.judges.stand_in import StandInJudge


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The panel to plug in as a watcher, and the two judges whose figures a report wants."""

    panel: Panel
    exposure: ExposureJudge
    sometimes: SometimesCounter


def seat(scene: Scene, *, budget: RiskBudget, daily_loss_max_fraction: Decimal | None) -> Bench:
    """Seat every judge. `daily_loss_max_fraction` None: the engine runs without that limit."""
    exposure, sometimes = ExposureJudge(scene), SometimesCounter(scene)
    judges: list[Judge] = [
        exposure,
        EntryJudge(scene),
        ReducingJudge(scene),
        RatchetJudge(scene),
        CancelJudge(scene),
        SweepJudge(scene),
        LiquidationJudge(scene),
        BudgetJudge(scene, budget=budget),
        ContentJudge(scene),
        ExplainedJudge(scene),
        OwnerJudge(scene),
        KillJudge(scene),
        StandInJudge(scene),
        HeldBackJudge(scene),
        LedgerJudge(scene),
        EquityJudge(scene),
        LivenessJudge(scene),
        sometimes,
    ]
    if daily_loss_max_fraction is not None:
        judges.append(LossLimitJudge(scene, loss_fraction=daily_loss_max_fraction))
    return Bench(panel=Panel(scene, judges), exposure=exposure, sometimes=sometimes)
