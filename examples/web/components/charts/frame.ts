/** What all canvas charts share: axes, cross-hair, dragging, and names at the ends of lines. */
import uPlot from 'uplot'
import {spread, timeTicks} from '@/lib/chart-ticks'
import type {Palette} from './theme'

export const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
const NARROW = 500 // px: a phone
const WIDE = 780 // px: beside the form, names of a dozen letters have room
export const TICK_PX = 54 // of a date and the room beside it
const LABEL_PX = 7 // of a character, on average

/** Whether a chart is as narrow as on a phone: its names stand above it, and its plot takes the width. */
export const isNarrow = (width: number): boolean => width < NARROW

const FIGURE_GAP = 4 // px from a figure to the plot
let pen: CanvasRenderingContext2D | null = null

/** The room that these figures take beside a plot, px: how wide they are depends on the system's font. */
export function roomFor(figures: readonly string[]): number {
  pen ??= document.createElement('canvas').getContext('2d')
  if (!pen) return 0
  pen.font = FONT
  const widths = figures.map((figure) => pen?.measureText(figure).width ?? 0)
  return Math.ceil(FIGURE_GAP + Math.max(0, ...widths))
}

/** The room for the figures of the value axis, where they do not need more. */
export const leftOf = (width: number): number => (isNarrow(width) ? 44 : 56)

/** The room on the right: for the names of the lines, or for half the last date. */
export const rightOf = (width: number): number => (isNarrow(width) ? 10 : width < WIDE ? 96 : 132)

/** The room on the right of a chart over time: all of them have it, so that days stand above each other. */
export const rightPadding: uPlot.PaddingSide = (u) => rightOf(u.width)

const DATE = (time: number) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC')

/** Canvas pixels in a CSS pixel. */
export const pixelRatio = (u: uPlot): number => u.ctx.canvas.width / u.width || 1

type Splits = (low: number, high: number) => {ticks: number[]; labels: string[]}

const quiet = {show: false} as const

export function timeAxis(palette: Palette, show = true): uPlot.Axis {
  const ticks = (u: uPlot, low: number, high: number) => {
    const inner = u.width - leftOf(u.width) - rightOf(u.width)
    const found = timeTicks(low, high, Math.max(2, Math.floor(inner / TICK_PX)))
    const fits = (at: number) =>
      inner * ((high - (found.ticks[at] ?? low)) / (high - low || 1)) + 10 >=
      (LABEL_PX / 2) * (found.labels[at] ?? '').length
    return {ticks: found.ticks.filter((_, at) => fits(at)), labels: found.labels.filter((_, at) => fits(at))}
  }
  return {
    show,
    stroke: palette.muted,
    font: FONT,
    size: 26,
    gap: 4,
    grid: quiet,
    ticks: {stroke: palette.strong, width: 1, size: 4},
    border: {show: true, stroke: palette.strong, width: 1},
    splits: (u, _, low, high) => ticks(u, low, high).ticks,
    values: (u) => {
      const {min, max} = u.scales.x ?? {}
      return ticks(u, min ?? 0, max ?? 0).labels
    },
  }
}

/** room: px that the figures beside a plot above it need, so that days stand above each other. */
export function valueAxis(palette: Palette, scale: string, splits: Splits, room = 0): uPlot.Axis {
  let labels: string[] = []
  return {
    scale,
    stroke: palette.muted,
    font: FONT,
    size: (u, figures) => Math.max(leftOf(u.width), room, roomFor(figures ?? [])),
    gap: FIGURE_GAP,
    grid: {stroke: palette.grid, width: 1},
    ticks: quiet,
    filter: (_, found) => found, // uPlot would leave most marks of a logarithmic axis without their figures
    splits: (_, __, low, high) => {
      const found = splits(low, high)
      labels = found.labels
      return found.ticks
    },
    values: () => labels,
  }
}

export interface Hands {
  /** The place in the data under the cross-hair; null when it left. */
  onCursor?: (at: number | null) => void
  onZoom?: (range: [number, number]) => void
  onReset?: () => void
}

/** Cross-hair and dragging. Zooming is told, not done: the range belongs to all charts that share the axis. */
export function crosshair(syncKey: string | null, palette: Palette, zooms: boolean): uPlot.Cursor {
  return {
    y: false,
    points: {size: 7, width: 0, fill: (u, n) => String((u.series[n] as {colour?: string}).colour ?? palette.text)},
    drag: {x: zooms, y: false, setScale: false, dist: 6},
    bind: {dblclick: () => null},
    ...(syncKey && {sync: {key: syncKey, setSeries: false}}),
  }
}

export function hooksFor(hands: Hands): uPlot.Hooks.Arrays {
  return {
    setCursor: [
      (u) => hands.onCursor?.(u.cursor.left === undefined || u.cursor.left < 0 ? null : (u.cursor.idx ?? null)),
    ],
    setSelect: [
      (u) => {
        const {left, width} = u.select
        if (width < 6) return
        const range: [number, number] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]
        u.setSelect({left: 0, top: 0, width: 0, height: 0}, false)
        hands.onZoom?.(range)
      },
    ],
    ready: [(u) => followFinger(u, hands)],
  }
}

/** A finger moves the cross-hair sideways; up and down it scrolls the page. */
function followFinger(u: uPlot, hands: Hands): void {
  u.over.style.touchAction = 'pan-y'
  const move = (event: PointerEvent) => {
    if (event.pointerType === 'mouse') return
    const box = u.over.getBoundingClientRect()
    u.setCursor({left: Math.max(0, Math.min(event.clientX - box.left, box.width)), top: box.height / 2})
  }
  u.over.addEventListener('pointerdown', move)
  u.over.addEventListener('pointermove', move)
  u.over.addEventListener('dblclick', () => hands.onReset?.())
}

interface EndName {
  text: string
  colour: string
  /** Its series in the chart. */
  series: number
  scale: string
}

/** Names beside the last values, moved apart where they would touch: no legend is needed for a few lines. */
export function endNames(names: readonly EndName[], palette: Palette): (u: uPlot) => void {
  return (u) => {
    if (isNarrow(u.width)) return // they stand above, with the values
    const ratio = pixelRatio(u)
    const {ctx, bbox} = u
    const last = u.series[0]?.idxs?.[1] ?? 0
    const found = names.flatMap((name) => {
      const column = u.data[name.series]
      let n = last
      while (n > 0 && column?.[n] == null) n--
      const value = column?.[n]
      const range = u.scales[name.scale]
      if (value == null || range?.min == null) return []
      return [{name, y: u.valToPos(Math.max(value, range.min), name.scale, true)}]
    })
    const places = spread(
      found.map(({y}) => y),
      15 * ratio,
      bbox.top,
      bbox.top + bbox.height,
    )
    ctx.save()
    ctx.textBaseline = 'middle'
    ctx.textAlign = 'left'
    ctx.font = FONT.replace('12px', `${12 * ratio}px`)
    const room = u.width * ratio - (bbox.left + bbox.width) - 20 * ratio
    found.forEach(({name}, n) => {
      const x = bbox.left + bbox.width + 6 * ratio
      const y = places[n] ?? 0
      ctx.fillStyle = name.colour
      ctx.fillRect(x, y - 1.5 * ratio, 8 * ratio, 3 * ratio)
      ctx.fillStyle = palette.text
      ctx.fillText(fitted(ctx, name.text, room), x + 12 * ratio, y)
    })
    ctx.restore()
  }
}

/** As much of a text as there is room for. */
export function fitted(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text
  let kept = text
  while (kept.length > 1 && ctx.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1)
  return `${kept.trimEnd()}…`
}

/** Options that every time chart has. */
export function baseOptions(): Pick<uPlot.Options, 'legend' | 'tzDate' | 'ms' | 'focus'> {
  return {legend: {show: false}, tzDate: DATE}
}
