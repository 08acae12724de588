import {dateAxis, moneyAxis} from '@/components/charts/axis'
import {type Line, type Mark, Plot} from '@/components/charts/Plot'
import {SessionsTable} from '@/components/charts/SessionsTable'
import {extent, nearest, seconds} from '@/lib/chart-data'
import {DASH, day, plain} from '@/lib/format'
import {type Closes, type Finding, titleOf} from '@/lib/prices'
import styles from './prices.module.css'

const HEIGHT = 220
const MOST_TIPS = 120
const MARK_COLOUR = 5

interface Props {
  readonly symbol: string
  readonly closes: Closes
  readonly findings: readonly Finding[]
}

/** The closes of a symbol, and dots where something looks wrong. */
export function PriceChart({symbol, closes: {dates, close}, findings}: Props) {
  const times = dates.map(seconds)
  const places = findings.flatMap(({code, day: date}) => {
    const at = date === null || code === 'STALE_PRICES' ? -1 : nearest(times, seconds(date))
    return date === null || at < 0 ? [] : [{code, date, close: close[at] ?? 0}]
  })
  const lines: Line[] = [
    {name: '', colour: 0, points: dates.map((_, n) => [times[n] ?? 0, close[n]]), dots: dates.length === 1},
    {name: '', colour: MARK_COLOUR, points: places.flatMap((one) => apart(seconds(one.date), one.close)), dots: true},
  ]
  const [low, high] = extent([close]) ?? [0, 1]
  const y = moneyAxis([close], (ticks) => ticks.map(price))
  const title = `Close of ${symbol}, ${day(dates[0])} to ${day(dates.at(-1))}`
  const marked = places.map(({code, date}) => `${titleOf(code)} on ${day(date)}`)
  return (
    <figure className={styles.chart}>
      <figcaption>
        <h3>{title}</h3>
        {y.log && <span>logarithmic scale</span>}
      </figcaption>
      <Plot
        said={`Line chart. ${title}: between ${price(low)} and ${price(high)}. ${marked.join('; ')}`.trim()}
        height={HEIGHT}
        x={dateAxis(dates)}
        y={y}
        lines={lines}
        tips={tipsOf(dates, close)}
      />
      <SessionsTable caption={title} dates={dates} columns={[['Close', close]]} write={price} />
    </figure>
  )
}

/** A point that no line joins to the next. */
const apart = (time: number, value: number): (readonly [number, number | null])[] => [
  [time, value],
  [time, null],
]

function tipsOf(dates: readonly string[], close: readonly number[]): Mark[] {
  const step = Math.ceil(dates.length / MOST_TIPS)
  return dates.flatMap((date, n) =>
    n % step === 0 ? [{at: seconds(date), label: `${day(date)}: ${price(close[n] ?? 0)}`}] : [],
  )
}

/** A price in whatever currency: 1,234; 12.5; 0.00012. */
function price(value: number | null | undefined): string {
  if (value == null) return DASH
  if (value >= 1000) return plain(value, 0)
  return value >= 0.0001 || value === 0 ? String(Number(value.toPrecision(4))) : value.toExponential(2)
}
