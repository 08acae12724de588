'use client'

import {type RefObject, useEffect, useRef, useState} from 'react'
import uPlot from 'uplot'
import {usePrinting} from '@/lib/printing'
import {type Palette, readPalette, useThemeVersion} from './theme'

export interface Plan {
  options: Omit<uPlot.Options, 'width' | 'height'>
  data: uPlot.AlignedData
}

/**
 * A uPlot in `host`, as wide as that. It is made anew when `plan` or the theme changes (some ten milliseconds) and
 * resized when the width does; uPlot itself follows devicePixelRatio. `range` is what is seen of the x axis.
 */
export function usePlot(
  host: RefObject<HTMLDivElement | null>,
  height: number,
  plan: ((palette: Palette) => Plan) | null,
  range: readonly [number, number] | null,
): RefObject<uPlot | null> {
  const plot = useRef<uPlot | null>(null)
  const width = useWidth(host)
  const wide = width > 0
  const theme = useThemeVersion()
  const seen = useRef(range)
  const size = useRef({width, height})
  seen.current = range
  size.current = {width, height}

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart's colours are read from the theme when it is made
  useEffect(() => {
    if (!host.current || !wide || !plan) return
    const {options, data} = plan(readPalette())
    const made = new uPlot({...options, ...size.current}, data, host.current)
    plot.current = made
    if (data[0].length > 0) {
      const [min, max] = seen.current ?? endsOf(data[0])
      made.setScale('x', {min, max})
    }
    return () => {
      plot.current = null
      made.destroy()
    }
  }, [host, plan, theme, wide])

  useEffect(() => {
    const now = plot.current
    if (now && width > 0 && (now.width !== width || now.height !== height)) now.setSize({width, height})
  }, [width, height])

  useEffect(() => {
    const now = plot.current
    const x = now?.data[0]
    if (!now || !x?.length) return
    const [min, max] = range ?? endsOf(x)
    if (now.scales.x?.min !== min || now.scales.x?.max !== max) now.setScale('x', {min, max})
  }, [range])

  return plot
}

const DAY = 86400

/** The first and the last time; half a day on both sides of one that stands alone, for which uPlot would invent years. */
function endsOf(times: ArrayLike<number>): [number, number] {
  const [first, last] = [times[0] ?? 0, times[times.length - 1] ?? 0]
  return first === last ? [first - DAY / 2, last + DAY / 2] : [first, last]
}

const PAPER = 690 // px of A4 between its margins

/** The width of an element in whole pixels, on paper that of the page; 0 before it is known. */
export function useWidth(host: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  const printing = usePrinting()
  useEffect(() => {
    const element = host.current
    if (!element) return
    setWidth(Math.floor(element.clientWidth))
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [host])
  return printing && width > 0 ? PAPER : width
}
