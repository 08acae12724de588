'use client'

import {useEffect, useEffectEvent, useMemo, useState} from 'react'
import type {ListedSymbol} from '@/lib/schema/types'
import {onSymbolsChanged} from '@/lib/symbols-changed'

/**
 * The symbols to look up, asked for anew when a run has ended that used others, whose prices are at hand now, and when
 * another tab has imported some.
 */
export function useSymbols(initial: readonly ListedSymbol[], used: readonly string[], runsEnded: number) {
  const [symbols, setSymbols] = useState(initial)
  const listed = useMemo(() => new Map(symbols.map((one) => [one.symbol, one])), [symbols])
  const refresh = useEffectEvent(async (signal: AbortSignal, changed = false) => {
    if (!changed && used.every((symbol) => listed.has(symbol))) return
    const asked = fetch('/api/symbols', {signal}).then((response) => (response.ok ? response.json() : null))
    const answer: ListedSymbol[] | null = await asked.catch(() => null) // out of date, or there is no connection
    if (answer !== null) setSymbols(answer)
  })
  useEffect(() => {
    if (runsEnded === 0) return
    const controller = new AbortController()
    void refresh(controller.signal)
    return () => controller.abort()
  }, [runsEnded])
  useEffect(() => {
    const controller = new AbortController()
    const end = onSymbolsChanged(() => void refresh(controller.signal, true))
    return () => {
      end()
      controller.abort()
    }
  }, [])
  return {symbols, listed}
}
