'use client'

import {type KeyboardEvent, type RefObject, useCallback, useMemo, useState} from 'react'
import type uPlot from 'uplot'
import {firstAt} from '@/lib/chart-data'

export interface Crosshair {
  /** The place in the data that is read out; null when nothing is pointed at. */
  at: number | null
  setAt: (at: number | null) => void
  /** Moves it to a place, and draws it there. */
  show: (at: number) => void
  /** For the element that holds the plots: arrow keys move the cross-hair as if it were a slider. */
  onKeyDown: (event: KeyboardEvent) => void
  /** The first and the last place that is seen. */
  first: number
  last: number
}

const MONTH = 21 // sessions

/** The cross-hair of plots that share an x axis, by mouse, finger and keyboard. */
export function useCrosshair(
  times: readonly number[],
  range: readonly [number, number] | null,
  plots: readonly RefObject<uPlot | null>[],
  onEnter?: (at: number) => void,
): Crosshair {
  const [at, setAt] = useState<number | null>(null)
  const [first, last] = useMemo(() => {
    if (!range) return [0, times.length - 1]
    return [firstAt(times, range[0]), Math.max(0, firstAt(times, range[1] + 1) - 1)]
  }, [times, range])

  const show = useCallback(
    (at: number) => {
      for (const {current} of plots) current?.setCursor({left: current.valToPos(times[at] ?? 0, 'x'), top: 20}, false)
      setAt(at)
    },
    [plots, times],
  )
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return
      const now = at === null || at < first || at > last ? last : at
      const to: Record<string, number> = {
        ArrowLeft: now - (event.shiftKey ? MONTH : 1),
        ArrowRight: now + (event.shiftKey ? MONTH : 1),
        ArrowDown: now - 1,
        ArrowUp: now + 1,
        PageDown: now - MONTH,
        PageUp: now + MONTH,
        Home: first,
        End: last,
      }
      if (onEnter && (event.key === 'Enter' || event.key === ' ')) {
        event.preventDefault()
        onEnter(now)
        return
      }
      if (event.key === 'Escape') {
        for (const {current} of plots) current?.setCursor({left: -10, top: -10})
        setAt(null)
        return
      }
      const wanted = to[event.key]
      if (wanted === undefined) return
      event.preventDefault()
      show(Math.max(first, Math.min(last, wanted)))
    },
    [at, first, last, onEnter, plots, show],
  )
  return {at: at !== null && at >= 0 && at < times.length ? at : null, setAt, show, onKeyDown, first, last}
}
