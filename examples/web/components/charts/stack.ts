/** What was held as stacked areas, with the targets of the rebalances as marks on their edges. */
import uPlot from 'uplot'
import {type Layer, seconds, stacked, type Targets, targetOf} from '@/lib/chart-data'
import {percentLabels} from '@/lib/chart-ticks'
import {baseOptions, crosshair, type Hands, hooksFor, pixelRatio, rightPadding, timeAxis, valueAxis} from './frame'
import {type Palette, paler} from './theme'
import type {Plan} from './use-plot'

const TICKS = [0, 0.25, 0.5, 0.75, 1]
const MARK = 9 // px of a mark
const APART = 24 // px from a mark to the next one that is drawn

function fillOf({colour}: Layer, palette: Palette): string {
  if (colour === 'other') return palette.other
  if (colour === 'cash') return palette.cash
  const own = palette.series[colour % palette.series.length] ?? palette.other
  return colour < palette.series.length ? own : paler(own, palette.page) // the seventh is the first, paler
}

export function stackPlan(
  times: number[],
  layers: readonly Layer[],
  targets: Targets | undefined,
  room: number,
  hands: Hands,
): (palette: Palette) => Plan {
  return (palette) => {
    const colours = layers.map((layer) => fillOf(layer, palette)).reverse()
    const step = uPlot.paths.stepped?.({align: 1}) // a weight is known from one session to the next that is drawn
    const fine = (targets?.dates.length ?? 0) > 150 // lines between so many would be all that is seen
    return {
      data: [times, ...stacked(layers)] as uPlot.AlignedData,
      options: {
        ...baseOptions(),
        padding: [6, rightPadding, 0, 0],
        cursor: {...crosshair(null, palette, false), points: {show: false}},
        scales: {x: {time: true}, y: {range: [0, 1]}},
        axes: [timeAxis(palette), valueAxis(palette, 'y', () => ({ticks: TICKS, labels: percentLabels(TICKS)}), room)],
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
        hooks: {...hooksFor(hands), ...(targets && {draw: [drawTargets(layers, targets, palette)]})},
      },
    }
  }
}

/** Draws where a rebalance wanted the edges of the areas. Marks that would touch the one before are left out. */
function drawTargets(layers: readonly Layer[], targets: Targets, palette: Palette): (u: uPlot) => void {
  const times = targets.dates.map(seconds)
  return (u) => {
    const ratio = pixelRatio(u)
    const {ctx, bbox} = u
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    let before = -Infinity
    times.forEach((time, n) => {
      const x = u.valToPos(time, 'x', true)
      if (x - before < APART * ratio) return
      before = x
      let edge = 0
      for (const layer of layers) {
        const wanted = targetOf(layer, targets, n)
        edge += wanted
        if (wanted > 0 && edge < 1 - 1e-9) drawMark(ctx, x, u.valToPos(edge, 'y', true), ratio, palette)
      }
    })
    ctx.restore()
  }
}

/** A short line with a rim, so that it stands out from any two colours. */
function drawMark(ctx: CanvasRenderingContext2D, x: number, y: number, ratio: number, palette: Palette): void {
  const half = (MARK / 2) * ratio
  ctx.fillStyle = palette.page
  ctx.fillRect(x - half - ratio, y - 2 * ratio, 2 * (half + ratio), 4 * ratio)
  ctx.fillStyle = palette.text
  ctx.fillRect(x - half, y - ratio, 2 * half, 2 * ratio)
}
