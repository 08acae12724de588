/** What was held as rows: one for each holding, darker where it had more. Readable where much was traded. */
import type uPlot from 'uplot'
import type {Layer} from '@/lib/chart-data'
import {
  baseOptions,
  crosshair,
  FONT,
  fitted,
  type Hands,
  hooksFor,
  isNarrow,
  leftOf,
  pixelRatio,
  rightOf,
  rightPadding,
  timeAxis,
  valueAxis,
} from './frame'
import type {Palette} from './theme'
import type {Plan} from './use-plot'

const GAP = 6 // px between a row and its name

export function stripPlan(
  times: number[],
  layers: readonly Layer[],
  room: number,
  hands: Hands,
): (palette: Palette) => Plan {
  return (palette) => ({
    // The rows are painted by hand; the series is there for the cross-hair to find the rebalances.
    data: [times, times.map(() => null)] as uPlot.AlignedData,
    options: {
      ...baseOptions(),
      padding: [4, rightPadding, 0, 0],
      cursor: {...crosshair(null, palette, false), points: {show: false}},
      scales: {x: {time: true}, y: {range: [-layers.length, 0]}},
      axes: [
        timeAxis(palette),
        {
          ...valueAxis(palette, 'y', () => ({ticks: [], labels: []}), room),
          grid: {show: false},
        },
      ],
      series: [{}, {scale: 'y', points: {show: false}}],
      hooks: {...hooksFor(hands), draw: [paint(times, layers, palette), drawNames(layers, palette)]},
    },
  })
}

/** The names of the rows: in the right margin, as those of lines; on a phone in the left one. */
function drawNames(layers: readonly Layer[], palette: Palette): (u: uPlot) => void {
  return (u) => {
    const ratio = pixelRatio(u)
    const {ctx, bbox} = u
    const isLeft = isNarrow(u.width)
    const x = isLeft ? bbox.left - GAP * ratio : bbox.left + bbox.width + GAP * ratio
    const room = ((isLeft ? leftOf : rightOf)(u.width) - GAP) * ratio
    ctx.save()
    ctx.fillStyle = palette.text
    ctx.textAlign = isLeft ? 'right' : 'left'
    ctx.textBaseline = 'middle'
    ctx.font = FONT.replace('12px', `${12 * ratio}px`)
    layers.forEach(({name}, row) => {
      ctx.fillText(fitted(ctx, name, room), x, bbox.top + ((row + 0.5) * bbox.height) / layers.length)
    })
    ctx.restore()
  }
}

function paint(times: readonly number[], layers: readonly Layer[], palette: Palette): (u: uPlot) => void {
  const highest = (some: readonly Layer[]) =>
    some.reduce((most, {values}) => values.reduce((a, b) => Math.max(a, b), most), 1e-9)
  // The others together would leave every single holding pale: they are measured against themselves.
  const most = highest(layers.filter(({colour}) => colour !== 'other'))
  const together = highest(layers.filter(({colour}) => colour === 'other'))
  return (u) => {
    const {ctx, bbox} = u
    const height = bbox.height / layers.length
    const edge = times.map((time) => Math.round(u.valToPos(time, 'x', true))) // whole pixels: no seams
    const end = bbox.left + bbox.width
    ctx.save()
    layers.forEach(({values, colour}, row) => {
      const top = bbox.top + row * height + 1
      ctx.globalAlpha = 1
      ctx.fillStyle = palette.raised
      ctx.fillRect(bbox.left, top, bbox.width, height - 2)
      ctx.fillStyle = typeof colour === 'number' ? (palette.series[0] ?? palette.text) : palette.bench
      values.forEach((value, n) => {
        if (value <= 0.0005) return
        const from = edge[n] ?? bbox.left
        const wide = (edge[n + 1] ?? end) - from
        if (wide <= 0) return // another rebalance is drawn in this pixel
        ctx.globalAlpha = 0.15 + 0.85 * (value / (colour === 'other' ? together : most))
        ctx.fillRect(from, top, wide, height - 2)
      })
    })
    ctx.restore()
  }
}
