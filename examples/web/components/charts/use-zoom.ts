'use client'

import {type KeyboardEvent, useCallback, useMemo, useState} from 'react'
import {firstAt, nearest} from '@/lib/chart-data'
import {zoomedPlaces} from '@/lib/visible'
import {type Growth, zoomedInto} from './growth-data'

export interface Zoom {
  /** What is seen of the x axis, in seconds; null for all. */
  readonly range: readonly [number, number] | null
  /** The first and the last place that is seen. */
  readonly places: readonly [number, number]
  /** The curves as they are drawn. */
  readonly seen: Growth
  readonly zoom: (range: readonly [number, number]) => void
  readonly reset: () => void
  /** Plus and minus around a place, 0 for all; whether the key was one of them. */
  readonly onKey: (event: KeyboardEvent, around: number) => boolean
}

const FACTORS: Readonly<Record<string, number>> = {'+': 0.5, '=': 0.5, '-': 2, _: 2}

/** Which part of the growth is seen. */
export function useZoom(growth: Growth): Zoom {
  const {times} = growth
  const last = times.length - 1
  const [places, setPlaces] = useState<readonly [number, number] | null>(null)
  const zoom = useCallback(
    ([from, to]: readonly [number, number]) => {
      const [first, end] = [firstAt(times, from), nearest(times, to)]
      const inside = (times[end] ?? 0) > to ? end - 1 : end
      if (inside - first >= 2) setPlaces(first === 0 && inside === last ? null : [first, inside])
    },
    [times, last],
  )
  const reset = useCallback(() => setPlaces(null), [])
  const onKey = (event: KeyboardEvent, around: number): boolean => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== event.currentTarget) return false
    const factor = FACTORS[event.key]
    if (factor === undefined && event.key !== '0') return false
    event.preventDefault()
    setPlaces(factor === undefined ? null : zoomedPlaces(places ?? [0, last], around, factor, last))
    return true
  }
  const seen = useMemo(() => (places ? zoomedInto(growth, places) : growth), [growth, places])
  const range = useMemo(
    () => (places ? ([times[places[0]] ?? 0, times[places[1]] ?? 0] as const) : null),
    [places, times],
  )
  return {range, places: places ?? [0, last], seen, zoom, reset, onKey}
}
