/** Where an axis has its marks, and what stands beside them. Times are seconds since 1970, UTC. */
import {MONTHS, percent} from './format'

/** Without the dust of binary fractions, and without a minus before zero. */
const round = (value: number): number => Number(value.toPrecision(12)) + 0

/** Marks at 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, most: number): {ticks: number[]; step: number} {
  const raw = (high - low) / most || 1
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((n) => n * power >= raw * (1 - 1e-9)) ?? 10) * power
  const ticks: number[] = []
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(round(n * step))
  return {ticks, step}
}

/** Marks of a logarithmic axis: fewer in each decade the more decades there are. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low)
  const marks =
    decades > 3.5 ? [1] : decades > 1.8 ? [1, 3] : decades > 1.1 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 5, 7] : null
  if (!marks) return niceTicks(low, high, 5).ticks.filter((tick) => tick > 0)
  const ticks: number[] = []
  for (let n = Math.floor(Math.log10(low)); n <= Math.log10(high); n++)
    for (const mark of marks) {
      const tick = round(mark * 10 ** n)
      if (tick >= low && tick <= high) ticks.push(tick)
    }
  return ticks
}

/** Percent as written beside marks: as many decimals as the step needs. */
export function percentLabels(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : 0.01
  const digits = Math.max(0, Math.ceil(-Math.log10(step * 100) - 1e-9))
  return ticks.map((tick) => percent(round(tick), digits))
}

const DAY = 86400
const MONTH_STEPS = [1, 2, 3, 6]
const YEAR_STEPS = [1, 2, 5, 10, 20, 50]
const DAY_STEPS = [1, 2, 5, 10, 15]

/** Marks of a time axis: years, months or days, whichever leave at most so many. */
export function timeTicks(low: number, high: number, most: number): {ticks: number[]; labels: string[]} {
  const start = new Date(low * 1000)
  const span = (high - low) / DAY
  const years = YEAR_STEPS.find((step) => span / 365.25 / step <= most) ?? 100
  const months = MONTH_STEPS.find((step) => span / 30.44 / step <= most)
  const days = DAY_STEPS.find((step) => span / step <= most)
  const ticks: number[] = []
  const labels: string[] = []
  const add = (time: number, label: string) => {
    if (time < low || time > high) return
    ticks.push(time)
    labels.push(label)
  }
  if (days !== undefined) {
    for (let n = Math.ceil(low / DAY); n * DAY <= high; n++) {
      const date = new Date(n * DAY * 1000)
      const past = date.getUTCDate() - 1
      // From the first of the month on; none so late that the next month's first would touch it.
      if (days === 1 || (past % days === 0 && past + 1 + days / 2 <= 31))
        add(n * DAY, `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`)
    }
    return {ticks, labels}
  }
  const step = months ?? 12 * years
  const first = start.getUTCFullYear() * 12 + start.getUTCMonth()
  for (let n = Math.floor(first / step) * step; ; n += step) {
    const time = Date.UTC(Math.floor(n / 12), n % 12, 1) / 1000
    if (time > high) break
    add(time, n % 12 === 0 || step >= 12 ? String(Math.floor(n / 12)) : (MONTHS[n % 12] ?? ''))
  }
  return {ticks, labels}
}

/** Names at the ends of lines: two that would touch are moved apart, in place of none. Positions in px from the top. */
export function spread(places: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = places.map((_, n) => n).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))
  const moved = [...places]
  let last = top - gap
  for (const n of order) {
    last = Math.max(moved[n] ?? 0, last + gap)
    moved[n] = last
  }
  let next = bottom + gap
  for (const n of [...order].reverse()) {
    next = Math.min(moved[n] ?? 0, next - gap)
    moved[n] = next
  }
  return moved
}
