/** The two plots of growth and drawdown as uPlot takes them. */
import type uPlot from 'uplot'
import {extent} from '@/lib/chart-data'
import {drawdownRange, logTicks, moneyLabels, niceTicks, percentLabels, valueRange} from '@/lib/chart-ticks'
import {
  baseOptions,
  crosshair,
  endNames,
  type Hands,
  hooksFor,
  rightPadding,
  roomFor,
  timeAxis,
  valueAxis,
} from './frame'
import type {Curve, Growth} from './growth-data'
import {type Decision, drawMarks, type Marks, ROW} from './rebalances'
import type {Palette} from './theme'
import type {Plan} from './use-plot'

const colourOf = (curve: Curve, palette: Palette): string =>
  curve.colour === null ? palette.bench : (palette.series[curve.colour] ?? palette.text)

/** A series that also says its colour, for the points of the cross-hair. */
function line(
  curve: Curve,
  palette: Palette,
  scale: string,
  width: number,
  fill?: string,
): uPlot.Series & {colour: string} {
  const colour = colourOf(curve, palette)
  const points = {show: curve.values.length === 1, size: 7, fill: colour} // one session alone is no line
  return {scale, colour, stroke: colour, width, points, spanGaps: true, ...(fill && {fill})}
}

const market = (curve: Curve): boolean => curve.colour === null
// The benchmark first: what is drawn later lies above.
const ordered = (growth: Growth): Curve[] => [...growth.curves].sort((a, b) => Number(market(b)) - Number(market(a)))

export function valuePlan(
  growth: Growth,
  log: boolean,
  room: number,
  syncKey: string,
  marks: readonly Marks[],
  hands: Hands,
  opened: () => Decision | null,
): (palette: Palette) => Plan {
  return (palette) => {
    const curves = ordered(growth)
    const single = growth.runs.length === 1
    const names = endNames(
      curves.map((curve, n) => ({text: curve.name, colour: colourOf(curve, palette), series: n + 1, scale: 'y'})),
      palette,
    )
    const hooks = hooksFor(hands)
    return {
      data: [growth.times, ...curves.map(({values}) => values)] as uPlot.AlignedData,
      options: {
        ...baseOptions(),
        padding: [10, rightPadding, marks.length ? marks.length * ROW + 4 : 12, 0],
        cursor: crosshair(syncKey, palette, true),
        scales: {
          x: {time: true},
          y: {distr: log ? 3 : 1, range: (_, low, high) => valueRange(low ?? 1, high ?? 10, log)},
        },
        axes: [
          timeAxis(palette, false),
          valueAxis(palette, 'y', (low, high) => valueTicks(growth, low, high, log), room),
        ],
        series: [{}, ...curves.map((curve) => line(curve, palette, 'y', market(curve) ? 1.2 : 1.8))],
        hooks: {...hooks, draw: [names, drawMarks(marks, palette, single, opened)]},
      },
    }
  }
}

/** The room for the figures of both plots, px. */
export function figuresRoom(growth: Growth, log: boolean): number {
  const values = valueTicks(growth, ...valueRange(growth.least, growth.most, log), log)
  const [deepest] = extent(growth.curves.map(({falls}) => falls)) ?? [0]
  return roomFor([...values.labels, ...fallTicks(...drawdownRange(deepest)).labels])
}

function fallTicks(low: number, high: number): {ticks: number[]; labels: string[]} {
  const {ticks} = niceTicks(low, high, 4)
  return {ticks, labels: percentLabels(ticks)}
}

function valueTicks(growth: Growth, low: number, high: number, log: boolean): {ticks: number[]; labels: string[]} {
  if (growth.unit === 'change') return changeTicks(low, high, log)
  const ticks = log ? logTicks(low, high) : niceTicks(low, high, 5).ticks
  return {ticks, labels: moneyLabels(ticks)}
}

/** Marks of a change since the left edge, which is 1: 0 %, 20 %. */
function changeTicks(low: number, high: number, log: boolean): {ticks: number[]; labels: string[]} {
  const ticks = log ? logTicks(low, high) : niceTicks(low - 1, high - 1, 6).ticks.map((tick) => tick + 1)
  return {ticks, labels: percentLabels(ticks.map((tick) => tick - 1))}
}

export function fallPlan(growth: Growth, room: number, syncKey: string, hands: Hands): (palette: Palette) => Plan {
  return (palette) => {
    const curves = ordered(growth)
    const single = growth.runs.length === 1
    return {
      data: [growth.times, ...curves.map(({falls}) => falls)] as uPlot.AlignedData,
      options: {
        ...baseOptions(),
        padding: [6, rightPadding, 0, 0],
        cursor: crosshair(syncKey, palette, true),
        scales: {x: {time: true}, y: {range: (_, low) => drawdownRange(low ?? 0)}},
        axes: [timeAxis(palette), valueAxis(palette, 'y', fallTicks, room)],
        series: [
          {},
          ...curves.map((curve) =>
            line(
              curve,
              palette,
              'y',
              market(curve) ? 1 : 1.3,
              single && !market(curve) ? `${colourOf(curve, palette)}2e` : undefined,
            ),
          ),
        ],
        hooks: hooksFor(hands),
      },
    }
  }
}
