import {useEffect, useState} from 'react'
import {Absent} from '@/components/result/parts'
import {DASH, day, listed} from '@/lib/format'
import {ago, backtestOf, type CheckedPrices, hasText, originText, spanText} from '@/lib/prices'
import {type Answer, checkedPrices} from '@/lib/prices-requests'
import type {ListedSymbol} from '@/lib/schema/types'
import {Facts} from './Facts'
import {Findings} from './Findings'
import {PriceChart} from './PriceChart'
import styles from './prices.module.css'

interface Props {
  readonly one: ListedSymbol
  readonly today: string
  /** Whether this server can look into the prices. */
  readonly checks: boolean
}

/** What there is to see of one symbol: its closes, what looks wrong in them, and what is known of it. */
export function PriceDetail({one, today, checks}: Props) {
  return (
    <div className={styles.detail}>
      {checks ? (
        <Checked key={`${one.last} ${one.updated}`} symbol={one.symbol} />
      ) : (
        <Absent>The prices are at the service. This page does not look into them.</Absent>
      )}
      <Facts facts={factsOf(one, today)} />
      <p className={styles.actions}>
        <a className={styles.primary} href={backtestOf(one)}>
          Use {one.symbol} in a backtest
        </a>
      </p>
    </div>
  )
}

function Checked({symbol}: {readonly symbol: string}) {
  const [answer, setAnswer] = useState<Answer<CheckedPrices> | null>(null)
  const [asked, setAsked] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again at a press of the button
  useEffect(() => {
    const controller = new AbortController()
    setAnswer(null)
    checkedPrices(symbol, controller.signal).then(setAnswer, () => undefined) // it was closed
    return () => controller.abort()
  }, [symbol, asked])
  if (answer === null)
    return (
      <p className={styles.waiting} role="status">
        Looking into {symbol} …
      </p>
    )
  if (!answer.ok)
    return (
      <div role="alert" className={styles.fault}>
        <p>
          {answer.detail} {answer.remedy}
        </p>
        <button type="button" className="quiet-button" onClick={() => setAsked(asked + 1)}>
          Try again
        </button>
      </div>
    )
  const {closes, findings} = answer.value
  return (
    <div className={styles.looked}>
      <div>
        <PriceChart symbol={symbol} closes={closes} findings={findings} />
        <p className={styles.note}>{hasText(answer.value)}</p>
      </div>
      <Findings findings={findings} />
    </div>
  )
}

function factsOf(one: ListedSymbol, today: string): [string, string][] {
  const {currency, returns, updated, also} = one
  return [
    ['Where from', originText(one)],
    ['Period', `${spanText(one)}; the last ${ago(one.last, today)}`],
    ['Currency', currency ?? `${DASH} not known`],
    [
      'Dividends',
      returns === 'total' ? 'the prices are adjusted for them' : 'left out: the returns are of the price alone',
    ],
    ['Updated', updated === null ? 'with the program' : `${day(updated.slice(0, 10))}, ${ago(updated, today)}`],
    ...(also.length > 0
      ? [['Not used', `${listed(also.map(originText))}: what stands above goes before`] as [string, string]]
      : []),
  ]
}
