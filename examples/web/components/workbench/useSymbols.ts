'use client'

import {useEffect, useEffectEvent, useMemo, useState} from 'react'
import type {ListedSymbol} from '@/lib/schema/types'

/** The symbols to look up, asked for anew when a run has ended that used others: their prices are at hand now. */
export function useSymbols(initial: readonly ListedSymbol[], used: readonly string[], runsEnded: number) {
  const [symbols, setSymbols] = useState(initial)
  const listed = useMemo(() => new Map(symbols.map((one) => [one.symbol, one])), [symbols])
  const refresh = useEffectEvent(async (signal: AbortSignal) => {
    if (used.every((symbol) => listed.has(symbol))) return
    const response = await fetch('/api/symbols', {signal}).catch(() => null)
    if (response?.ok) setSymbols((await response.json()) as ListedSymbol[])
  })
  useEffect(() => {
    if (runsEnded === 0) return
    const controller = new AbortController()
    void refresh(controller.signal)
    return () => controller.abort()
  }, [runsEnded])
  return {symbols, listed}
}
