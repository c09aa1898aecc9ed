#!/usr/bin/env python3
"""The events of induct-onset, found again from their definitions alone.

    INDUCT_BIN=build/bin python3 tests/peers/onset.py TABLE... [--column p40,p25,margin_40] [--level .5] [--falls]

Crossings, breaks, half-rises and steepest slopes of the columns of tables over epochs, from lib/DEFINITIONS.md,
section 11, and induct/onset/onset.h, compared relative to their size. Breaks are searched here among choices of
points and refined from the best dozen that are not neighbours. Status and interval are not looked at. Prints the
largest difference by event; exit 1 where one exceeds its bound.
Needs numpy.
"""
import argparse
import itertools
import sys

import numpy as np
from strategy import run, table

ROW, MOST, BOUND = 3, 3, 1e-5
STARTS, APART, LATTICE, SHRINK = 12, 6, 5, 0.6


def first_row_above(y, level):
    above = y > level
    found = [i for i in range(len(y) - ROW + 1) if above[i:i + ROW].all()]
    return found[0] if found else None


def residuals(x, y, places):
    """RSS and coefficients of a + b x + sum_k c_k max(0, x - at_k), for many choices of places [choices][breaks]."""
    count = len(places)
    hinges = np.maximum(0, x[None, :, None] - places[:, None, :])
    straight = np.broadcast_to(np.stack([np.ones_like(x), x - x.mean()], -1), (count, len(x), 2))
    q, r = np.linalg.qr(np.concatenate([straight, hinges], -1))
    projected = np.einsum("cnp,n->cp", q, y)
    rest = y - np.einsum("cnp,cp->cn", q, projected)
    return (rest ** 2).sum(-1), r, projected


def has_pieces(x, places):
    """Every piece has as many points as make an event."""
    ends = np.concatenate([np.zeros((len(places), 1), int), np.searchsorted(x, places, side="right"),
                           np.full((len(places), 1), len(x))], -1)
    return (np.diff(ends, axis=-1) >= ROW).all(-1)


def rss_of(x, y, places, at_once=4096):
    values = np.full(len(places), np.inf)
    allowed = np.flatnonzero(has_pieces(x, places))
    for part in np.split(allowed, range(at_once, len(allowed), at_once)):
        values[part] = residuals(x, y, places[part])[0]
    return values


def lattice(centre, step, x):
    offsets = np.array(list(itertools.product(np.linspace(-1, 1, LATTICE), repeat=len(centre))))
    places = centre + offsets * step
    return places[(np.diff(places, axis=-1) > 0).all(-1)]


def refined(x, y, centre):
    step, best = np.gradient(x)[np.searchsorted(x, centre)], np.inf
    while step.max() > 1e-9:
        places = lattice(centre, step, x)
        values = rss_of(x, y, places)
        i = values.argmin()
        moved = values[i] < best and np.any(places[i] != centre)
        centre, best = places[i], values[i]
        step = step if moved and step.max() > 1e-4 else step * SHRINK
    return best, centre


def starts(x, y, breaks):
    """The best choices of points that differ from each other by more than some points; of three breaks at the first
    points, which are far apart on this axis, and at some of the others."""
    at = range(1, len(x) - 1) if breaks < 3 else sorted({*range(1, 12), *range(12, len(x) - 1, max(1, len(x) // 40))})
    choices = np.array(list(itertools.combinations(at, breaks)))
    choices = choices[has_pieces(x, x[choices])]
    values, taken = rss_of(x, y, x[choices]), []
    for _ in range(STARTS):
        best = values.argmin()
        if np.isinf(values[best]):
            break
        taken.append(choices[best])
        values[(np.abs(choices - choices[best]) <= APART).all(-1)] = np.inf
    return x[np.array(taken)]


def fit(x, y):
    """Places and slopes of the fit with the least BIC."""
    n, made = len(x), []
    for breaks in range(MOST + 1):
        places = np.zeros(0)
        rss = residuals(x, y, np.zeros((1, 0)))[0][0]
        if breaks:
            rss, places = min((refined(x, y, c) for c in starts(x, y, breaks)), key=lambda f: f[0])
        made.append((n * np.log(rss / n) + (2 + 2 * breaks) * np.log(n), places))
    places = min(made, key=lambda m: m[0])[1]
    _, r, projected = residuals(x, y, places[None])
    return places, np.cumsum(np.linalg.solve(r[0], projected[0])[1:])


def rising_break(x, y):
    places, slopes = fit(x, y)
    turns = [(slopes[k + 1] - slopes[k], k) for k in range(len(places))
             if slopes[k + 1] > 0 and slopes[k + 1] > slopes[k]]
    if not turns:
        return None
    k = max(turns)[1]
    return 10 ** places[k], slopes[k + 1]


def steepest(x, y):
    """The steepest of the least-squares lines over a tenth of a decade around each point, or five points."""
    best = (-np.inf, 0)
    for i in range(2, len(x) - 2):
        reach = np.flatnonzero(np.abs(x - x[i]) <= 0.05)
        lo, hi = min(reach[0], i - 2), max(reach[-1], i + 2)
        best = max(best, (np.polyfit(x[lo:hi + 1] - x[i], y[lo:hi + 1], 1)[0], i))
    return best[1], best[0]


def events(epoch, y, level):
    on_axis = epoch >= 1  # crossings and half-rises know epoch 0, fits do not
    x, fitted = np.log10(epoch[on_axis]), y[on_axis]
    found = {"crossing": None, "break": rising_break(x, fitted), "half_rise": None, "steepest": None}
    i = first_row_above(y, level)
    found["crossing"] = i is not None and (epoch[i], level)
    if found["break"]:  # the two that use the future are given only of curves that have a break
        half = (y[0] + y.max()) / 2
        i = first_row_above(y, half)
        found["half_rise"] = i is not None and (epoch[i], y[i])
        i, slope = steepest(x, fitted)
        found["steepest"] = epoch[on_axis][i], slope
    return found


def note(key, apart, bound, worst):
    apart = np.inf if np.isnan(apart) else apart
    worst[key] = max(worst.get(key, (0, 0))[0], apart), bound


def compare_break(row, epoch, slope, worst):
    if row["status"] == "not_yet":
        return
    for what, value in (("epoch", epoch), ("value", slope)):
        if not (row["epoch"] == "nan" and np.isnan(value)):
            note(f"break {what}", abs(float(row[what]) - value) / max(abs(value), 0.1), BOUND, worst)


def check(path, a, worst):
    measured = table(open(path).read())
    options = ["--falls"] if a.falls else []
    rows = table(run("induct-onset", path, "--column", a.column, "--level", str(a.level), "-q", *options))
    for name in a.column.split(","):
        points = np.array([(float(r["epoch"]), float(r[name])) for r in measured])
        epoch, y = points.T
        if a.falls:
            y = np.maximum.accumulate(y) - y
        found = events(epoch, y, a.level)
        for row in (r for r in rows if r["column"] == name):
            theirs = found[row["event"]] or (np.nan, np.nan)
            if row["event"] == "break":
                compare_break(row, *theirs, worst)
                continue
            for what, value in zip(("epoch", "value"), theirs):
                if not (row["epoch"] == "nan" and np.isnan(value)):
                    key = f"{row['event']} {what}"
                    note(key, abs(float(row[what]) - value) / max(abs(value), 0.1), BOUND, worst)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="+")
    parser.add_argument("--column", default="p40,p25,margin_40")
    parser.add_argument("--level", type=float, default=0.5)
    parser.add_argument("--falls", action="store_true")
    a = parser.parse_args()
    worst = {}
    for path in a.tables:
        check(path, a, worst)
    for name, (difference, bound) in worst.items():
        print(f"{name:30} {difference:.1e}  (at most {bound:.0e})")
    sys.exit(any(not difference <= bound for difference, bound in worst.values()))


if __name__ == "__main__":
    main()
