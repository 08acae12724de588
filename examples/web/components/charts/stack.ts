/** What was held as stacked areas, in steps from rebalance to rebalance. */
import uPlot from 'uplot'
import {type Layer, stacked} from '@/lib/chart-data'
import {percentLabels} from '@/lib/chart-ticks'
import {baseOptions, crosshair, type Hands, hooksFor, timeAxis, valueAxis} from './frame'
import {type Palette, paler} from './theme'
import type {Plan} from './use-plot'

const TICKS = [0, 0.25, 0.5, 0.75, 1]

function fillOf({colour}: Layer, palette: Palette): string {
  if (colour === 'other') return palette.other
  if (colour === 'cash') return palette.cash
  const own = palette.series[colour % palette.series.length] ?? palette.other
  return colour < palette.series.length ? own : paler(own, palette.page) // the seventh is the first, paler
}

export function stackPlan(times: number[], layers: readonly Layer[], hands: Hands): (palette: Palette) => Plan {
  return (palette) => {
    const step = uPlot.paths.stepped?.({align: 1})
    const held = (column: readonly number[]) =>
      times.length > column.length ? [...column, column.at(-1) ?? 0] : [...column]
    const colours = layers.map((layer) => fillOf(layer, palette)).reverse()
    const fine = times.length > 150 // lines between so many would be all that is seen
    return {
      data: [times, ...stacked(layers).map(held)] as uPlot.AlignedData,
      options: {
        ...baseOptions(),
        padding: [6, 20, 0, 0],
        cursor: {...crosshair(null, palette, false), points: {show: false}},
        scales: {x: {time: true}, y: {range: [0, 1]}},
        axes: [timeAxis(palette), valueAxis(palette, 'y', () => ({ticks: TICKS, labels: percentLabels(TICKS)}))],
        series: [
          {},
          ...colours.map((fill) => ({
            scale: 'y',
            fill,
            stroke: palette.page,
            width: fine ? 0 : 1,
            points: {show: false},
            ...(step && {paths: step}),
          })),
        ],
        hooks: hooksFor(hands),
      },
    }
  }
}
