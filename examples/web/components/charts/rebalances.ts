/** Where the rebalances were, and which of them is meant by a place in the chart. */
import type uPlot from 'uplot'
import {nearest, seconds} from '@/lib/chart-data'
import {colourOf, type Run} from '../result/run'
import {pixelRatio} from './frame'
import type {Palette} from './theme'

export interface Marks {
  run: Run
  /** Of the series' colours. */
  colour: number
  times: number[]
}

export interface Decision {
  run: Run
  /** Which of the run's rebalances. */
  at: number
}

export const ROW = 7 // px of a row of marks

export function marksOf(runs: readonly Run[]): Marks[] {
  return runs.flatMap((run) => {
    const dates = run.result.weights?.dates ?? []
    return dates.length > 1 ? [{run, colour: colourOf(run, runs), times: dates.map(seconds)}] : []
  })
}

/** Draws a row of marks for each run under the plot. Marks that would touch are left out: they come with zooming in. */
export function drawMarks(
  marks: readonly Marks[],
  palette: Palette,
  single: boolean,
  opened: () => Decision | null,
): (u: uPlot) => void {
  return (u) => {
    const {min, max} = u.scales.x ?? {}
    if (min == null || max == null) return
    const ratio = pixelRatio(u)
    const {ctx, bbox} = u
    ctx.save()
    ctx.lineWidth = ratio
    marks.forEach(({times, colour}, row) => {
      const inside = times.filter((time) => time >= min && time <= max)
      const dense = inside.length > bbox.width / ratio / 4
      const top = bbox.top + bbox.height + (3 + row * ROW) * ratio
      ctx.strokeStyle = single ? palette.muted : (palette.series[colour] ?? palette.muted)
      ctx.globalAlpha = dense ? 0.25 : 0.65
      ctx.beginPath()
      if (dense) {
        ctx.moveTo(bbox.left, top + (ROW / 2 - 1) * ratio)
        ctx.lineTo(bbox.left + bbox.width, top + (ROW / 2 - 1) * ratio)
      } else
        for (const time of inside) {
          const x = Math.round(u.valToPos(time, 'x', true)) + 0.5
          ctx.moveTo(x, top)
          ctx.lineTo(x, top + (ROW - 2) * ratio)
        }
      ctx.stroke()
      const open = opened()
      const time = open && open.run === marks[row]?.run ? times[open.at] : undefined
      if (time === undefined || time < min || time > max) return
      ctx.fillStyle = palette.accent
      ctx.globalAlpha = 1
      ctx.fillRect(Math.round(u.valToPos(time, 'x', true)) - ratio, top - ratio, 3 * ratio, (ROW + 1) * ratio)
    })
    ctx.restore()
  }
}

/** The rebalance nearest to a place, when it is within so many pixels. `row`: that of the run, when pointed at. */
export function decisionAt(
  u: uPlot,
  marks: readonly Marks[],
  left: number,
  within: number,
  row: number | null = null,
): Decision | null {
  const time = u.posToVal(left, 'x')
  let best: Decision | null = null
  let least = within
  marks.forEach(({run, times}, n) => {
    if (row !== null && n !== row) return
    const at = nearest(times, time)
    const far = at < 0 ? Infinity : Math.abs(u.valToPos(times[at] ?? 0, 'x') - left)
    if (far <= least) {
      best = {run, at}
      least = far
    }
  })
  return best
}
