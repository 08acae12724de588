'use client'

import type {BacktestResult} from 'backtest-runner'
import {useEffect, useState} from 'react'
import {digestOf} from '@/lib/canonical'
import {ReceiptView} from './ReceiptView'
import {receiptOf} from './receipt'

/** The receipt of a result that this browser has. */
export function OwnReceipt({result}: {result: BacktestResult}) {
  const [digest, setDigest] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    void digestOf(result.request).then((computed) => current && setDigest(computed))
    return () => {
      current = false
    }
  }, [result])
  return <ReceiptView receipt={receiptOf(result, digest, null)} />
}
