import {seconds} from './chart-data'

/** Equal growth, equal height: the way the growth chart shows it, in a drawing of this height. */
export function logScale(values: readonly number[], height: number): (value: number) => number {
  const logs = values.filter((value) => value > 0).map(Math.log)
  const low = logs.reduce((least, one) => Math.min(least, one), Infinity)
  const range = logs.reduce((most, one) => Math.max(most, one), -Infinity) - low || 1
  return (value) => height - 1 - ((Math.log(Math.max(value, Number.MIN_VALUE)) - low) / range) * (height - 2)
}

/** A line as the path of an SVG, by date: the points of a thinned series stand at unequal distances. */
export function curvePath(
  dates: readonly string[],
  values: readonly number[],
  width: number,
  scale: (value: number) => number,
): string {
  const times = dates.map(seconds)
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const perSecond = width / Math.max(1, last - first)
  return values
    .map((value, index) => {
      const across = ((times[index] ?? first) - first) * perSecond
      return `${index === 0 ? 'M' : 'L'}${across.toFixed(1)} ${scale(value).toFixed(1)}`
    })
    .join('')
}
