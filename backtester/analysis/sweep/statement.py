"""What the statistics of a sweep say, in plain words."""

from __future__ import annotations

import math


def statement(
    *, runs: int, profitable: int, distinct: int, trials: int, deflated: float, pbo: float, by_sharpe: bool
) -> str:
    """Return what a person should take from a sweep, in one to three sentences.

    runs: those that did not fail; profitable: how many of them made money; distinct: their different return series.
    trials: N, these and the trials before. deflated: the deflated Sharpe ratio of the best. pbo: the probability of
    backtest overfitting. Both NaN where not defined. by_sharpe: whether the best was chosen by Sharpe ratio, as `pbo`
    chooses in any case; else the words say so.
    """
    if runs == 0:
        return "Every setting failed."
    if distinct > 1:
        choice = f"choice{'' if by_sharpe else ' by Sharpe ratio'} among these settings"
        return f"{_choice(choice, pbo, profitable, runs)} {_best(trials, deflated)}"
    if runs > 1:
        said = f"All settings gave the same returns: there was nothing to choose. {_money(profitable, runs)}"
    else:
        said = "There was one setting: nothing was chosen."
    if trials == distinct:
        return said
    before = "1 was" if trials - distinct == 1 else f"{trials - distinct} were"
    return f"{said} {before} tried before. {_best(trials, deflated)}"


def _choice(choice: str, pbo: float, profitable: int, runs: int) -> str:
    if math.isnan(pbo):
        return (
            f"Whether the {choice} holds on other sessions cannot be said: there are too few "
            f"sessions, or settings with a Sharpe ratio on them. {_money(profitable, runs)}"
        )
    figure = f"(PBO {_probability(pbo)})"
    if pbo < 0.1:
        said = f"The {choice} held on sessions that had no part in it {figure}"
    elif pbo < 0.4:
        said = f"The {choice} carried some information, and was often wrong {figure}"
    elif pbo <= 0.6:
        said = f"The {choice} carried no information {figure}"
    else:
        said = f"The {choice} misled: the best on some sessions was mostly worse on others {figure}"
    agrees = (pbo < 0.4) == (profitable == runs)
    return f"{said}, {'and' if agrees else 'though'} {_money(profitable, runs, start=False)}"


def _money(profitable: int, runs: int, *, start: bool = True) -> str:
    if profitable == runs:
        said = "all of them made money."
    elif profitable == 0:
        said = "none of them made money."
    else:
        said = f"{profitable} of {runs} made money."
    return said[0].upper() + said[1:] if start else said


def _best(trials: int, deflated: float) -> str:
    if math.isnan(deflated):
        return "The best has no deflated Sharpe ratio."
    figure = f"(deflated Sharpe ratio {_probability(deflated)})"
    if deflated >= 0.95:
        return f"The Sharpe ratio of the best is more than the luck of {trials} trials explains {figure}."
    if deflated >= 0.5:
        return f"The Sharpe ratio of the best may be the luck of {trials} trials {figure}."
    return (
        f"The Sharpe ratio of the best is no more than the best of {trials} trials without skill would have {figure}."
    )


def _probability(value: float) -> str:
    """Return a probability in two digits, which never round to certainty."""
    if 0.99 < value < 1:
        return "above 0.99"
    return "below 0.01" if 0 < value < 0.01 else f"{value:.2g}"
